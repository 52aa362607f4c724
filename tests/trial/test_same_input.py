"""What was measured is what is taken home: programs, `try` and `evaluate` give networks one input.

Each distinct program runs on a tiny network of its class, and so does the runner that `try` and
`evaluate` share. Token ids, pixel values and all else that enters the network are compared, and the
settings by which it writes. How many tokens it may write is among them: `try` and `evaluate` keep
within the positions of a network, and published ones have more of those.
"""

import ast
import contextlib
import functools

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import torch
import transformers
from test_program_tools import OF_CLIPS, OF_FOLDERS, TOOLS, WORDS, WRAPPED, called, marks, tool_of
from test_snippets import RULEBASE

from advisor.decide.command_lines import act_of
from advisor.decide.programs import snippet
from advisor.errors import AdvisorError
from advisor.evaluate.responses import AskedImage, Asking, LabelledImage
from advisor.evaluate.worker import Worker
from advisor.model.library import ANSWER, CAPTION
from advisor.trial import Request, load_runner, open_image, supported_tasks
from advisor.trial.candidate import candidate_of
from advisor.trial.local_checkpoint import read_checkpoint
from advisor.trial.runtime import ImageError

METHODS = ("generate", "forward", "get_image_features", "get_text_features")
SETTINGS = (
    "do_sample", "num_beams", "bad_words_ids", "repetition_penalty", "no_repeat_ngram_size",
    "length_penalty", "early_stopping", "min_length", "eos_token_id", "pad_token_id",
    "decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id", "suppress_tokens",
    "max_new_tokens",
)  # fmt: skip
SAMPLING = ("temperature", "top_p", "top_k", "min_p")
LABELS = ("a photo of a cat", "a photo of a dog", "what is this")
TEXT = "a photo of a dog"
QUESTION = WORDS["question"][1]
CHAT = ("chat", "Qwen3VLForConditionalGeneration", "answers-labels")
"""A program that the default run takes, beside those that it works through a folder with."""
REFUSED = ("got-ocr", "judge-by-policies", "kosmos-2-5", "pix2struct")
FIELDS = "no way to name fields in `try`: its prompt asks for all that the document has"


@contextlib.contextmanager
def recorded():
    """Collect what enters a network of transformers: the method, tensors by name, and settings.

    Only the outermost call counts. What is written is cut after two tokens.
    """
    calls, inside = [], []

    def watched(method, real):
        @functools.wraps(real)
        def call(self, *given, **named):
            if inside or not isinstance(self, transformers.PreTrainedModel):
                return real(self, *given, **named)
            tensors = {name: each for name, each in named.items() if torch.is_tensor(each)}
            settings = {}
            if method == "generate":
                words = {name: each for name, each in named.items() if name not in tensors}
                config, _ = self._prepare_generation_config(None, **words)
                names = (*SETTINGS, *(SAMPLING if config.do_sample else ()))
                settings = {name: getattr(config, name, None) or None for name in names}
                named["max_new_tokens"] = 2
            calls.append((method, tensors, settings))
            inside.append(method)
            try:
                return real(self, *given, **named)
            finally:
                inside.pop()

        return call

    with pytest.MonkeyPatch.context() as patch:
        watch = {transformers.GenerationMixin: ("generate",), **network_classes()}
        for holder, methods in watch.items():
            for method in methods:
                patch.setattr(holder, method, watched(method, getattr(holder, method)))
        yield calls


@functools.cache
def network_classes():
    """The classes that programs load, with those of their own methods that are called."""
    found = {}
    for checkpoint, _, _ in TOOLS.values():
        for loaded in (checkpoint.model_class, "AutoModel"):
            holder = getattr(transformers, loaded or "", None)
            if isinstance(holder, type) and issubclass(holder, transformers.PreTrainedModel):
                found[holder] = tuple(name for name in METHODS if name in vars(holder))
    return found


def of_program(key, network, folder):
    """What the printed program gives its network for the images of a folder."""
    checkpoint, task, _ = TOOLS[key]
    code = snippet(checkpoint, task, RULEBASE, whole=True)
    if "import pypdfium2" in code:
        pytest.importorskip("pypdfium2")
    flags = tool_of(checkpoint, task).split("-")[1:]
    words = {"question": QUESTION, "labels": ", ".join(LABELS), "text": TEXT}
    given = [word for flag in flags if flag in words for word in (f"--{flag}", words[flag])]
    with recorded() as calls:
        if '"train"' in code:
            with pytest.raises(SystemExit):  # of one label it learns nothing
                called(code, checkpoint, network, "train", folder.name)
        elif '"--index"' in code:
            called(code, checkpoint, network, "index", folder.name)
            if "text_vectors" in key[2]:
                called(code, checkpoint, network, "query", TEXT)
        else:
            words = (folder.name, "--output", "out.jsonl", *given)
            called(code, checkpoint, network, *words, short=False)
    return calls


def of_runner(key, network, path):
    """What the runner of `try` and `evaluate` gives its network for an image, and its room."""
    checkpoint, task, _ = TOOLS[key]
    runner = load_runner(read_checkpoint(network, checkpoint.id), task, device="cpu")
    image, flags = open_image(path), tool_of(checkpoint, task).split("-")
    room = 0
    with recorded() as calls:
        if "vectors" in key[2]:
            with runner.running():
                runner.image_vectors([image])
                if "text_vectors" in key[2]:
                    runner.text_vectors((TEXT,))
        else:
            texts = LABELS if "labels" in flags else (TEXT,) if "text" in flags else ()
            question = QUESTION if "question" in flags else None
            request = Request(texts=texts, question=question)
            runner.run(image, request)
            if any(method == "generate" for method, *_ in calls):
                runner.loading = runner.loading._replace(max_new_tokens=10**6)
                runner.run(image, request)
                room = calls.pop()[2]["max_new_tokens"]
    return calls, room


def of_evaluation(key, network, path):
    """What enters the network where `evaluate` scores the labels of an image."""
    checkpoint, task, _ = TOOLS[key]
    runner = load_runner(read_checkpoint(network, checkpoint.id), task, device="cpu")
    with recorded() as calls, runner.running():
        runner.label_scores([open_image(path)], Request(texts=LABELS))
    return calls


def of_worker(key, network, path):
    """What enters the network where `evaluate` has texts written about an image."""
    checkpoint, task, _ = TOOLS[key]
    act, question = act_of(RULEBASE, task), QUESTION if "question" in key[2] else ""
    worker = Worker(candidate_of(RULEBASE, str(network)), Asking("{}", None, act.id, ()))
    worker.runner = load_runner(read_checkpoint(network, checkpoint.id), task, device="cpu")
    image = LabelledImage(0, path.name, question)
    with recorded() as calls:
        answered = worker.answer([AskedImage(image, "key", opened=open_image(path))])
    assert not answered.responses[0].failed
    return calls


def alike(*both):
    """Return tensors in the coarser of their precisions: a large network is loaded in 16 bits."""
    coarse = min((each.dtype for each in both), key=lambda dtype: dtype.itemsize)
    floats = all(each.is_floating_point() for each in both)
    return [each.to(coarse) for each in both] if floats else both


def merged(calls):
    """Return calls of the towers of a network as the one call of both that they are worth."""
    if any(method == "generate" for method, *_ in calls):
        return calls
    tensors = {}
    for _, each, _ in calls:
        tensors |= each
    return [("forward", tensors, {})]


def differences(ours, theirs, room=0):
    """Say in what two lists of calls differ; towers of a network may be called one by one.

    In the first a text may be longer than there is `room` for.
    """
    found, ours, theirs = [], merged(ours), merged(theirs)
    for _, _, settings in ours if room else ():
        settings["max_new_tokens"] = min(settings["max_new_tokens"], room)
    if [call[0] for call in ours] != [call[0] for call in theirs]:
        found.append(f"calls {[call[0] for call in ours]}, {[call[0] for call in theirs]}")
    for (_, one, how), (_, two, what) in zip(ours, theirs, strict=False):
        if one.keys() != two.keys():
            found.append(f"inputs {sorted(one)}, {sorted(two)}")
        for name in sorted(one.keys() & two.keys()):
            mine, other = alike(one[name], two[name])
            if mine.shape != other.shape or not torch.equal(mine, other):
                found.append(f"{name} {tuple(mine.shape)} {mine}, {tuple(other.shape)} {other}")
        found += [f"{name} {how[name]}, {what[name]}" for name in how if how[name] != what[name]]
    return found


@pytest.mark.parametrize(
    "key",
    [pytest.param(key, marks=() if key == CHAT else marks(key)) for key in TOOLS],
    ids="-".join,
)  # fmt: skip
def test_a_program_gives_its_network_what_try_and_evaluate_do(key, tiny, tmp_path, monkeypatch):
    from PIL import Image, ImageDraw

    checkpoint, task, kind = TOOLS[key]
    if "fields" in key[2]:
        pytest.skip(FIELDS)
    if key[0] in REFUSED:
        pytest.skip("`try` says that it has no runner for it")
    if task not in supported_tasks(read_checkpoint(tiny(kind), checkpoint.id), RULEBASE):
        pytest.skip(f"`try` does not run {key[1]} for {task}")
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "photos"
    folder.mkdir()
    picture = Image.new("RGB", (60, 40), (40, 60, 200))
    ImageDraw.Draw(picture).ellipse((10, 5, 40, 35), fill=(220, 30, 30))
    picture.save(folder / "a.jpg")
    if key[0] in OF_FOLDERS:  # of several images; `try` is given one, and refuses it
        with pytest.raises(AdvisorError):
            of_runner(key, tiny(kind), folder / "a.jpg")
        return
    ours = of_program(key, tiny(kind), folder)
    theirs, room = of_runner(key, tiny(kind), folder / "a.jpg")
    assert ours
    assert not differences(ours, theirs, room)
    if key[2] == "scores-labels":
        assert not differences(ours, of_evaluation(key, tiny(kind), folder / "a.jpg"))
    elif act_of(RULEBASE, task).id in (CAPTION, ANSWER):
        assert not differences(ours, of_worker(key, tiny(kind), folder / "a.jpg"), room)


@pytest.mark.slow
@pytest.mark.filterwarnings(WRAPPED)
@pytest.mark.parametrize(
    "key",
    [pytest.param(key, marks=[pytest.mark.long] if n else ()) for n, key in enumerate(OF_CLIPS)],
    ids="-".join,
)
def test_a_clip_enters_the_network_as_try_gives_its_folder(key, tiny, tmp_path, monkeypatch):
    from PIL import Image

    checkpoint, task, kind = TOOLS[key]
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "clip"
    folder.mkdir()
    frames = tuple(folder / f"{number}.png" for number in range(5))
    for number, file in enumerate(frames):
        Image.new("RGB", (60, 40), (40 * number, 60, 200)).save(file)
    ours = of_program(key, tiny(kind), folder)
    runner = load_runner(read_checkpoint(tiny(kind), checkpoint.id), task, device="cpu")
    asked = Request(prompt="Describe what happens.", others=frames)
    with recorded() as theirs:
        runner.run(open_image(frames[0]), asked)
    assert [
        tensors for _, tensors, _ in ours if {"pixel_values_videos", "pixel_values"} & {*tensors}
    ]
    for *_, settings in (*ours, *theirs):  # `try` keeps within the positions of a network
        settings.pop("max_new_tokens")
    assert not differences(ours, theirs)
    shown = open_image(frames[0])
    for file in frames:
        file.write_bytes(b"")
    with recorded() as calls:  # no network is given a clip without frames
        with pytest.raises(ImageError, match="needs the frames of a clip"):
            runner.run(shown, asked)
        with runner.running(), pytest.raises(ImageError, match="needs the frames of a clip"):
            runner.label_scores([shown], Request(texts=LABELS))
    assert not calls


@functools.cache
def opened_by_programs():
    """The function that opens an image in each program of every tool; equal ones once."""
    written = {}
    for checkpoint, task, _ in TOOLS.values():
        tree = ast.parse(snippet(checkpoint, task, RULEBASE, whole=True))
        names = [node for node in tree.body if getattr(node, "name", "") == "picture"]
        nodes = [node for node in tree.body if ast.unparse(node).startswith("from PIL")]
        imports = sorted({name.name for node in nodes for name in node.names})
        for function in names:
            function.returns, function.args.args[0].annotation = None, None
            text = f"from PIL import {', '.join(imports)}\n{ast.unparse(function)}"
            written[text] = (checkpoint.id, task)
    assert len(written) == 2  # of images, and of pages
    return written


CLEAR = ("RGBA", "LA", "transparent P", "transparent RGB")
MODES = ("RGB", "L", "1", "P", "CMYK", "I;16", "dark I;16", "clear I;16", "turned", *CLEAR)


@pytest.mark.parametrize("mode", MODES)
def test_an_image_is_opened_alike_by_programs_and_try(mode, tmp_path):
    """Whatever a file holds: sixteen bits keep their high byte, what is transparent is white."""
    import numpy as np
    from PIL import Image

    values = np.random.default_rng(0).integers(0, 256, (30, 40, 4), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6 if mode == "turned" else 1
    if mode.endswith("I;16"):
        deep = values[..., 0].astype(np.uint16) * (1 if mode.startswith("dark") else 257) + 1
        image = Image.fromarray(deep)
    elif mode in ("RGBA", "LA"):
        image = Image.fromarray(values).convert(mode)
    else:
        image = Image.fromarray(values).convert("RGB")
        image = image.convert(mode.replace("turned", "RGB").removeprefix("transparent "))
    clear = {"transparent P": bytes(range(256))}
    clear |= dict.fromkeys(("transparent RGB", "clear I;16"), image.getpixel((3, 5)))
    path = tmp_path / ("a.jpg" if mode in ("CMYK", "turned") else "a.png")
    image.save(path, exif=exif, transparency=clear.get(mode))
    ours = open_image(path).pixels
    if mode in CLEAR:
        from transformers.image_transforms import convert_to_rgb

        with Image.open(path) as file:
            assert ours.tobytes() == convert_to_rgb(file, return_numpy=True).tobytes()
            assert ours.tobytes() != file.convert("RGBA").convert("RGB").tobytes()
    for code in opened_by_programs():
        names = {}
        exec(code, names)
        theirs = names["picture"](str(path))
        assert (theirs.mode, theirs.size) == (ours.mode, ours.size)
        assert theirs.tobytes() == ours.tobytes()
