"""The programs of `advisor code` as tools: through a folder, killed and gone on with, line by line.

Each distinct program runs on a tiny network of its class; what it writes of many images together is
compared with what transformers gives for one alone.
"""

import itertools
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from inspect import signature
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from printed_programs import lines_of, run_program, tiny_chat
from test_snippets import RUN, WRAPPED

from advisor.decide.programs import program_for, snippet
from advisor.decide.recommendation import recommend
from advisor.errors import AdvisorError
from advisor.model import AS_IS
from advisor.rulebase.store import load_rules
from benchmarks import search
from tests import warm

RULEBASE = load_rules()
DEFAULT = {"blip-caption", "label-each-on-its-own", "search-pictures"}
"""Programs that the default run takes; the others are slow."""
QUESTION = "what is in the picture ?"
OF_FOLDERS, OF_MASKS = ("git-video", "vilt-pair", "chat-video"), ("clipseg", "groupvit")


def distinct():
    """One checkpoint and task for each program, class and tool around it."""
    found = {}
    for (name, _, task), (checkpoint, kind) in RUN.items():
        program = program_for(checkpoint, task, RULEBASE.programs)
        if program.tools:
            tool = tool_of(checkpoint, task)
            found.setdefault((program.id, name, tool), (checkpoint, task, kind))
    return found


def tool_of(checkpoint, task):
    """Which of the contracts a program has, by what it defines."""
    code = tool_code(checkpoint, task)
    calls = (
        "objects", "masks", "scores", "text_vectors", "image_vectors", "answers", "page_vectors",
    )  # fmt: skip
    called = next(each for each in calls if f"def {each}(" in code)
    flags = re.findall(r'"--(question|prompt|labels|fields|text|threshold)"', code)
    return "-".join([called, *flags])


def tool_code(checkpoint, task):
    return snippet(checkpoint, task, RULEBASE, thinking=False, whole=True)


TOOLS = distinct()


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder of twelve files: eleven look like images, of which one is broken."""
    from PIL import Image, ImageDraw

    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    picture = Image.new("RGB", (60, 40), (40, 60, 200))
    ImageDraw.Draw(picture).ellipse((10, 5, 40, 35), fill=(220, 30, 30))
    turned = Image.Exif()
    turned[0x0112] = 6
    picture.save(folder / "a.jpg")
    picture.convert("L").save(folder / "grey.png")
    picture.convert("P").save(folder / "palette.png")
    picture.convert("CMYK").save(folder / "cmyk.jpg")
    picture.convert("RGBA").save(folder / "alpha.png")
    picture.rotate(90, expand=True).save(folder / "turned.jpg", exif=turned)
    picture.resize((72, 40)).save(folder / "wide.WEBP")
    picture.save(folder / "b.bmp")
    picture.rotate(180).save(folder / "more" / "c.jpg")
    picture.save(folder / "more" / "größe.gif")
    (folder / "broken.jpg").write_bytes((folder / "a.jpg").read_bytes()[:200])
    (folder / "notes.txt").write_text("no image")
    monkeypatch.chdir(tmp_path)
    return folder


def called(code, checkpoint, folder, *words, short=True):
    """Run a program on a folder in place of its checkpoint with a command line; its names.

    What it writes is `short`, since tiny networks see no end.
    """
    code = code.replace(f'name = "{checkpoint.id}"', f"name = {str(folder)!r}")
    if not short:
        return run_program(code, *words)
    return run_program(re.sub(r'("--max-tokens", .*default=)\d+', r"\g<1>6", code), *words)


def marks(key):
    """Return the marks of a program: a few run by default, a quarter in CI, all in its long run."""
    if key[0] in DEFAULT:
        return ()
    return [pytest.mark.slow, *([pytest.mark.long] if list(TOOLS).index(key) % 4 else [])]


WORDS = {
    "question": ("--question", QUESTION),
    "labels": ("--labels", "a photo of a cat, a photo of a dog, what is this"),
    "text": ("--text", "a photo of a dog"),
    "fields": ("--fields", "vendor,total"),
}


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(key, marks=marks(key))
        for key in TOOLS
        if "vectors" not in key[2] and key[0] not in (*OF_FOLDERS, *OF_MASKS)
    ],
    ids="-".join,
)
def test_a_folder_is_worked_through_and_what_was_killed_goes_on(key, tiny, photos, capfd):
    import torch

    checkpoint, task, kind = TOOLS[key]
    code, network = tool_code(checkpoint, task), tiny(kind)
    if "import pypdfium2" in code:
        pytest.importorskip("pypdfium2")
    words = [word for flag in key[2].split("-")[1:] for word in WORDS.get(flag, ())]
    torch.manual_seed(0)
    names = called(code, checkpoint, network, photos.name, "--output", "out.jsonl", *words)
    told = lines_of("out.jsonl")
    assert [Path(line["image"]).name for line in told] == sorted(
        (path.name for path in photos.rglob("*.*") if path.suffix != ".txt"),
        key=lambda name: next(photos.rglob(name)).as_posix(),
    )
    failed = {Path(line["image"]).name: line["error"] for line in told if "error" in line}
    assert list(failed) == ["broken.jpg"], failed
    given = {"image", "question", "text", "offered", "prompt", "not_json", "cut"}
    result = next(iter(set(told[0]) - given), "text")
    if "labels" in key[2] and not key[2].startswith("scores"):  # these have a score of each
        assert {line["offered"] for line in told} == {WORDS["labels"][1].replace(", ", "; ")}
    for line in told:
        if "error" not in line:
            image = names["picture"](line["image"])
            written = {each: line[each] for each in (result, "cut") if each in line}
            assert close(written, alone(names, key, image, words, result)), line
    whole = Path("out.jsonl").read_bytes()
    Path("out.jsonl").write_bytes(whole[: len(whole) * 2 // 5])
    called(code, checkpoint, network, photos.name, "--output", "out.jsonl", "--resume", *words)
    again = sorted(lines_of("out.jsonl"), key=lambda line: line["image"])  # errors are last
    assert [line["image"] for line in again] == [line["image"] for line in told]
    other = [pair for pair in zip(told, again, strict=True) if not close(*pair)]
    assert not other
    printed = capfd.readouterr().err
    assert "1 failed" in printed
    assert not re.search("warn|deprecat|ignored|not initialized", printed, re.IGNORECASE), printed


CHATS = [key for key in TOOLS if key[0] == "chat" and key[2] == "answers-question"]
LABELS = [key for key in TOOLS if key[0].startswith("label-")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "key",
    [
        pytest.param(key, marks=[pytest.mark.long] if number else ())
        for keys in (CHATS, LABELS)
        for number, key in enumerate(keys)
    ],
    ids="-".join,
)
def test_a_program_says_what_a_pipeline_of_transformers_does(key, tiny, photos, tmp_path):
    """Of which others wrote all: how images and texts are prepared, and what is made of results.

    Pipelines pad texts for SigLIP to 64 tokens, and its published tokenizers give no mask.
    """
    import networks
    import transformers

    checkpoint, task, kind = TOOLS[key]
    network = tiny(kind)
    if kind.startswith("siglip"):
        build = getattr(networks, kind)
        network = build(tmp_path / "network", longest=64, model_input_names=["input_ids"])
    chats = key in CHATS
    words = WORDS["question" if chats else "labels"]
    code = tool_code(checkpoint, task)
    names = called(code, checkpoint, network, photos.name, "--output", "o.jsonl", *words)
    pipeline = transformers.pipeline(
        "image-text-to-text" if chats else "zero-shot-image-classification", model=str(network)
    )
    for line in (line for line in lines_of("o.jsonl") if "error" not in line):
        image = names["picture"](line["image"])
        if chats:
            content = [{"type": "image", "image": image}, {"type": "text", "text": QUESTION}]
            turn = [{"role": "user", "content": content}]
            how = {"generate_kwargs": {"do_sample": False}, "max_new_tokens": 6}
            (said,) = pipeline(text=turn, return_full_text=False, **how)
            assert line["answer"] == said["generated_text"].strip()
        else:
            labels = names["labels"]
            scored = pipeline(image, candidate_labels=labels, hypothesis_template="{}")
            scores = {each["label"]: each["score"] for each in scored}
            assert close({label: line["labels"][label] for label in labels}, scores)


OF_ONE_CALL = re.compile(
    "blip|florence|git-cap|got|instructblip|kosmos-2-5|nougat|paligemma|pix2|trocr"
)
WRITERS = [key for key in TOOLS if key[2][:7] == "answers" and OF_ONE_CALL.match(key[0])]
"""Programs whose class writes from what its processor makes of an image and a prompt."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "key",
    [
        pytest.param(key, marks=[] if key[0] == "blip-2-answer" else pytest.mark.long)
        for key in WRITERS
    ],
    ids="-".join,
)
def test_a_program_writes_what_its_class_generates_from_its_processor(key, tiny, photos):
    """For an image alone, in the lines of every model's documentation; a prompt is no answer."""
    import transformers

    checkpoint, task, kind = TOOLS[key]
    words = [word for flag in key[2].split("-")[1:] for word in WORDS.get(flag, ())]
    code = tool_code(checkpoint, task)
    if "import pypdfium2" in code:
        pytest.importorskip("pypdfium2")
    names = called(code, checkpoint, tiny(kind), photos.name, "--output", "o.jsonl", *words)
    model = getattr(transformers, key[1]).from_pretrained(tiny(kind))
    processor = transformers.AutoProcessor.from_pretrained(tiny(kind))
    lines = [line for line in lines_of("o.jsonl") if "error" not in line]
    assert len(lines) == 10
    for line in lines:
        prompt = line.pop("prompt", names.get("prompt", ""))
        prompt = prompt.replace("{question}", line.pop("question", ""))
        image = names["picture"](line.pop("image"))
        given = processor(images=image, **({"text": prompt} if prompt else {}), return_tensors="pt")
        (ids,) = model.generate(**given, max_new_tokens=6, do_sample=False).tolist()
        asked = given["input_ids"][0].tolist() if "input_ids" in given else []
        written = ids[len(asked) :] if ids[: len(asked)] == asked else ids
        text = processor.decode(written, skip_special_tokens=True).strip()
        assert text in line.values(), (text, line)


@pytest.mark.slow
@pytest.mark.parametrize("key", [key for key in TOOLS if key[0] == "owl"], ids="-".join)
def test_a_program_finds_what_a_pipeline_of_transformers_does(key, tiny, photos):
    import transformers

    checkpoint, task, kind = TOOLS[key]
    words = (photos.name, "--output", "o.jsonl", "--labels", "cat, dog")
    names = called(tool_code(checkpoint, task), checkpoint, tiny(kind), *words)
    pipeline = transformers.pipeline("zero-shot-object-detection", model=str(tiny(kind)))
    for line in (line for line in lines_of("o.jsonl") if "error" not in line):
        image = names["picture"](line["image"])
        theirs = [
            (each["label"], [*each["box"].values()], each["score"])
            for each in pipeline(image, candidate_labels=["cat", "dog"], threshold=0.1)
        ]
        ours = [
            (each["label"], [int(side) for side in each["box"]], each["score"])
            for each in next(each for each in line.values() if isinstance(each, list))
        ]
        assert close(sorted(ours), sorted(theirs)), (ours, theirs)


def close(one, two):
    """True where both are the same, numbers within what batches change in float32."""
    if isinstance(one, float) or isinstance(two, float):
        return one == pytest.approx(two, abs=2e-4)
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(close(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(close, one, two))
    return one == two


def is_index(key):
    """True for a program that keeps an index of a vector an image; a probe learns from one."""
    return "vectors" in key[2] and "probe" not in key[0] and key[0] != "search-pages"


def alone(names, key, image, words, result):
    """What the network gives for one image, called as transformers documents it."""
    contract, *flags = key[2].split("-")
    given = dict(zip(words[::2], words[1::2], strict=True))
    if contract == "scores" and "labels" in flags:
        labels = names["labels"]
        return {result: dict(zip(labels, names["scores"]([image], labels)[0], strict=True))}
    if contract == "scores":
        return {result: names["scores"]([image], [given["--text"]])[0]}
    if contract == "objects":
        return {result: names["objects"]([image], names["texts"])[0]}
    if contract == "answers" and not flags:
        return names["answers"]([image])[0]
    if "fields" in flags:  # no tiny network writes JSON, so each is asked once more
        return names["answers"]([image], [f"{names['wanted']} Write only JSON."])[0] | {
            "fields": None
        }
    prompt = names["prompt"].replace("{question}", given.get("--question", ""))
    prompt = prompt.replace("{labels}", given.get("--labels", "").replace(", ", "; "))
    return names["answers"]([image], [prompt])[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "key", [pytest.param(key, marks=marks(key)) for key in TOOLS if is_index(key)], ids="-".join
)
def test_an_index_is_made_gone_on_with_and_asked(key, tiny, photos, capfd):
    import numpy as np

    checkpoint, task, kind = TOOLS[key]
    code, network = tool_code(checkpoint, task), tiny(kind)
    again = photos / "more" / "again.jpg"
    again.write_bytes((photos / "a.jpg").read_bytes())
    capfd.readouterr()
    names = called(code, checkpoint, network, "index", photos.name)
    kept = lines_of("index/images.jsonl")
    failed = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [Path(line["image"]).name for line in failed if line["error"]] == ["broken.jpg"]
    assert "größe.gif" in Path("index/images.jsonl").read_text(encoding="utf-8")
    vectors = np.fromfile("index/vectors.f16", np.float16).reshape(len(kept), -1)
    for line, vector in zip(kept, vectors, strict=True):
        own = names["image_vectors"]([names["picture"](line["image"])])[0].numpy()
        assert own == pytest.approx(vector, abs=2e-3)
    whole = Path("index/vectors.f16").read_bytes()
    text = Path("index/images.jsonl").read_bytes()
    Path("index/images.jsonl").write_bytes(text[: len(text) * 2 // 5])
    Path("index/vectors.f16").write_bytes(whole[: len(whole) * 3 // 5])
    called(code, checkpoint, network, "index", photos.name)
    assert lines_of("index/images.jsonl") == kept
    resumed = np.fromfile("index/vectors.f16", np.float16).reshape(len(kept), -1)
    assert resumed == pytest.approx(vectors, abs=2e-3)
    capfd.readouterr()
    if task == "deduplication":
        pairs_are_found(code, checkpoint, network, kept, vectors, capfd)
    else:
        nearest_are_printed(code, checkpoint, network, key, kept, vectors, names, capfd)


def nearest_are_printed(code, checkpoint, network, key, kept, vectors, names, capfd):
    asked = [names["image_vectors"]([names["picture"]("photos/a.jpg")])[0].numpy()]
    words = ["photos/a.jpg"]
    if "text_vectors" in key[2]:
        asked.append(names["text_vectors"](["a photo of a dog"])[0].numpy())
        words.append("a photo of a dog")
    for word, vector in zip(words, asked, strict=True):
        called(code, checkpoint, network, "query", word, "--best", 20)
        assert "größe.gif" in capfd.readouterr().out
        called(code, checkpoint, network, "query", word, "--best", 3)
        nearest = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
        cosines = vectors.astype("float32") @ vector
        assert [each["cosine"] for each in nearest] == pytest.approx(
            sorted(cosines.tolist(), reverse=True)[:3], abs=1e-5
        )
        places = {line["image"]: place for place, line in enumerate(kept)}
        for each in nearest:
            assert cosines[places[each["image"]]] == pytest.approx(each["cosine"], abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "key",
    [
        pytest.param(key, marks=[pytest.mark.long] if key[1] != "CLIPModel" else ())
        for key in TOOLS
        if key[0].startswith("search-pictures")
    ],
    ids="-".join,
)
def test_cosines_are_those_of_the_features_of_a_class(key, tiny, photos, capfd):
    """Of one image and one text, from the parts of its processor.

    As a whole, that of SigLIP 2 takes 256 patches, whatever the settings of its images say.
    """
    import torch
    import transformers

    checkpoint, task, kind = TOOLS[key]
    names = called(tool_code(checkpoint, task), checkpoint, tiny(kind), "index", photos.name)
    capfd.readouterr()
    called(tool_code(checkpoint, task), checkpoint, tiny(kind), "query", "a red dog", "--best", 20)
    found = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert len(found) == 10
    model = getattr(transformers, key[1]).from_pretrained(tiny(kind))
    processor = transformers.AutoProcessor.from_pretrained(tiny(kind))
    places = model.config.text_config.max_position_embeddings
    longest = {"padding": "max_length", "max_length": places}
    padding = longest if "full-length" in key[0] else {"padding": True}
    with torch.inference_mode():
        words = processor(text=["a red dog"], return_tensors="pt", **padding)
        if "full-length" in key[0]:  # the published tokenizers give no mask
            words = {"input_ids": words["input_ids"]}
        text = model.get_text_features(**words).pooler_output
        for line in found:
            picture = names["picture"](line["image"])
            pixels = processor.image_processor(images=picture, return_tensors="pt")
            image = model.get_image_features(**pixels).pooler_output
            wanted = torch.nn.functional.cosine_similarity(image.float(), text.float())
            assert line["cosine"] == pytest.approx(wanted.item(), abs=2e-3)


@pytest.mark.slow
def test_a_search_is_exact_among_vectors_that_16_bits_cannot_tell_apart(tiny, photos, capfd):
    import torch

    checkpoint, task, kind = next(
        case for key, case in TOOLS.items() if key[0] in DEFAULT and is_index(key)
    )
    code, network = tool_code(checkpoint, task), tiny(kind)
    names = called(code, checkpoint, network, "index", photos.name)
    (asked,) = names["text_vectors"](["a photo of a dog"])
    noise = torch.randn(40_000, len(asked), generator=torch.Generator().manual_seed(0))
    stored = torch.nn.functional.normalize(asked + 0.02 * noise, dim=-1).half()
    Path("index/vectors.f16").write_bytes(stored.numpy().tobytes())
    Path("index/images.jsonl").write_text("".join(f'{{"image": "{n}"}}\n' for n in range(40_000)))
    capfd.readouterr()
    called(code, checkpoint, network, "query", "a photo of a dog")
    nearest = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    exact = stored.float() @ asked
    best = exact.topk(10)
    assert len((stored @ asked.half()).unique()) < len(exact.unique()) / 4
    assert {int(each["image"]) for each in nearest} == {*best.indices.tolist()}
    assert [each["cosine"] for each in nearest] == pytest.approx(best.values.tolist(), abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["transformers", "onnx"])
def test_the_benchmark_of_searches_measures_what_is_printed(runtime, tmp_path):
    import numpy as np

    search.make(tmp_path, 20_000)  # more than a block
    measured = search.run(search.ours(runtime, 20_000), sys.executable, tmp_path)
    stored = np.fromfile(tmp_path / "vectors.f16", np.float16).reshape(20_000, -1)
    exact = stored.astype("float32") @ np.load(tmp_path / "asked.npy")
    assert measured["places"] == [str(place) for place in np.argsort(-exact)[:10]]
    assert min(measured["seconds"], measured["named"], measured["memory"]) > 0


def pairs_are_found(code, checkpoint, network, kept, vectors, capfd):
    from PIL import Image

    words, output = ("duplicates", "--threshold", 0.9), Path("index/duplicates-0.9.jsonl")
    stored = Path("index/vectors.f16")  # of a run that was killed before it wrote their lines
    stored.write_bytes(stored.read_bytes() * 2)
    small = code.replace(" = 4096, ", " = 4, ")
    assert small != code
    called(small, checkpoint, network, *words)
    told = capfd.readouterr()
    assert re.search(r"\rindex/duplicates-0.9.jsonl: 4 of 11, 0\.\d\d hours left", told.err)
    lines = lines_of(output)
    with_pairs = [line for line in lines if line["equal"] or line["near"]]
    assert [json.loads(line) for line in told.out.splitlines()] == with_pairs
    assert f"{len(with_pairs)} of 11 images have a duplicate: {output}" in told.err
    apart = [place for place, line in enumerate(kept) if not line["image"].endswith("again.jpg")]
    assert [line["image"] for line in lines] == [line["image"] for line in kept]
    equal = {line["image"]: line["equal"] for line in lines if line["equal"]}
    assert equal == {"photos/more/again.jpg": ["photos/a.jpg"]}
    cosines = vectors.astype("float32") @ vectors.astype("float32").T
    wanted = {
        (kept[two]["image"], kept[one]["image"]): cosines[one, two]
        for one, two in itertools.combinations(apart, 2)
        if cosines[one, two] >= 0.9
    }
    found = {
        (line["image"], other): line["near"][other] for line in lines for other in line["near"]
    }
    assert found == pytest.approx(wanted, abs=1e-5)
    text = output.read_bytes()
    output.write_bytes(text[: len(text) * 3 // 5])
    called(small, checkpoint, network, *words)
    again = lines_of(output)
    assert all(close(*both) for both in zip(again, lines, strict=True))
    Path("photos/new.png").write_bytes(Path("photos/alpha.png").read_bytes())
    Image.open("photos/a.jpg").save("photos/near.png")
    called(small, checkpoint, network, "index", "photos")
    assert re.search(r"skipped: .*\.txt", capfd.readouterr().err)
    called(small, checkpoint, network, *words)
    *earlier, near, copy = lines_of(output)
    assert earlier == again
    assert (near["image"], copy["image"]) == ("photos/near.png", "photos/new.png")
    assert near["near"]["photos/a.jpg"] > 0.99
    assert "größe.gif" in output.read_text(encoding="utf-8")
    assert (copy["equal"], copy["near"]) == (["photos/alpha.png"], {})
    called(small, checkpoint, network, "duplicates", "--threshold", 0.8)
    assert len(lines_of("index/duplicates-0.8.jsonl")) == len(lines_of(output)) == len(again) + 2


@pytest.mark.parametrize(
    "key",
    [pytest.param(key, marks=pytest.mark.slow) for key in TOOLS if key[0] == "search-pages"],
    ids="-".join,
)
def test_pages_are_indexed_gone_on_with_and_asked(key, tiny, photos, capfd):
    """By late interaction, as the processor scores them; a PDF has its pages."""
    pytest.importorskip("pypdfium2")
    from PIL import Image

    checkpoint, task, kind = TOOLS[key]
    code, network = tool_code(checkpoint, task), tiny(kind)
    pages = [Image.open(photos / name).convert("RGB") for name in ("a.jpg", "wide.WEBP")]
    pages[0].save(photos / "bill.pdf", save_all=True, append_images=pages[1:])
    names = called(code, checkpoint, network, "index", photos.name)
    kept = lines_of("index/pages.jsonl")
    assert [Path(line["image"]).name for line in kept if "error" in line] == ["broken.jpg"]
    assert [line["page"] for line in kept if line["image"] == "photos/bill.pdf"] == [1, 2]
    text = Path("index/pages.jsonl").read_bytes()
    Path("index/pages.jsonl").write_bytes(text[: len(text) * 2 // 5])
    called(code, checkpoint, network, "index", photos.name)
    assert lines_of("index/pages.jsonl") == kept
    capfd.readouterr()
    called(code, checkpoint, network, "query", "what is red ?", "--best", 20)
    nearest = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert len(nearest) == len(kept) - 1
    processor, model = names["processor"], names["model"]
    asked = model(**processor.process_queries(text=["what is red ?"], return_tensors="pt"))
    for line in nearest:
        page = names["picture"](line["image"], line.get("page"))
        image = processor.process_images(images=[page], return_tensors="pt")
        wanted = processor.score_retrieval(asked.embeddings, model(**image).embeddings)
        assert line["score"] == pytest.approx(wanted.detach().item(), abs=2e-2)
    scores = [line["score"] for line in nearest]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.slow
@pytest.mark.parametrize("key", [k for k in TOOLS if k[0] in OF_MASKS], ids="-".join)
def test_masks_are_saved_for_each_label(key, tiny, photos):
    """As transformers gives them, in the size of the image; and again after a kill."""
    import torch
    from PIL import Image

    checkpoint, task, kind = TOOLS[key]
    code, network = tool_code(checkpoint, task), tiny(kind)
    words = ("photos", "--labels", "a cat,a dog", "--output", "out.jsonl")
    names = called(code, checkpoint, network, *words)
    written = lines_of("out.jsonl")
    failed = [Path(line["image"]).name for line in written if "error" in line]
    assert (len(written), failed) == (11, ["broken.jpg"])
    processor, model, texts = names["processor"], names["model"], ["a cat", "a dog"]
    for line in (line for line in written if "error" not in line):
        image = names["picture"](line["image"])
        assert list(line["masks"]) == texts
        with torch.inference_mode():
            given = {"text": texts, "padding": True, "return_tensors": "pt"}
            if key[0] == "clipseg":
                wanted = model(**processor(images=[image] * 2, **given)).logits.sigmoid()
            else:
                inputs = processor(images=image, **given)
                groups = model(**inputs, output_segmentation=True).segmentation_logits[0]
                wanted = torch.stack([(groups.argmax(dim=0) == n).float() for n in range(2)])
        for mask, file in zip(wanted, line["masks"].values(), strict=True):
            saved = Image.open(file)
            assert (saved.mode, saved.size) == ("L", image.size)
            grey = Image.fromarray((mask * 255).byte().numpy()).resize(image.size)
            apart = zip(saved.tobytes(), grey.tobytes(), strict=True)
            assert max(abs(one - two) for one, two in apart) <= 1
    whole = Path("out.jsonl").read_bytes()
    Path("out.jsonl").write_bytes(whole[: len(whole) * 2 // 5])
    called(code, checkpoint, network, *words, "--resume")
    assert lines_of("out.jsonl") == written


def test_who_is_given_clips_takes_videos_in_transformers():
    import transformers

    (use,) = (use for use in RULEBASE.uses if use.clips)
    entries = [each for each in RULEBASE.checkpoints.values() if {*use.clips} & {*each.tasks}]
    given = {
        each.model_type
        for each in entries
        if program_for(each, use.clips[0], RULEBASE.programs).id == "chat-video"
    }
    takes = (
        each.model_type
        for each in entries
        if "video_processor" in signature(getattr(transformers, each.processor)).parameters
    )
    assert given == {*takes}
    assert len(given) > 10


OF_CLIPS = [key for key in TOOLS if key[0] == "chat-video"]


@pytest.mark.slow
@pytest.mark.filterwarnings(WRAPPED)
@pytest.mark.parametrize(
    "key",
    [
        pytest.param(key, marks=[pytest.mark.long] if key in OF_CLIPS[2:] else ())
        for key in TOOLS
        if key[0] in OF_FOLDERS
    ],
    ids="-".join,
)
def test_each_folder_of_images_has_a_line(key, tiny, photos):
    """The frames of a video, and two images compared, as transformers is called for them."""
    import torch

    checkpoint, task, kind = TOOLS[key]
    code, network = tool_code(checkpoint, task), tiny(kind)
    for number, files in enumerate((("a.jpg", "grey.png"), ("cmyk.jpg", "turned.jpg"))):
        folder = photos / "pairs" / str(number)
        folder.mkdir(parents=True)
        for place, name in enumerate(files):
            (folder / f"{place}-{name}").write_bytes((photos / name).read_bytes())
    (photos / "pairs" / "torn").mkdir()
    for place in range(2):
        (photos / "pairs" / "torn" / f"{place}.jpg").write_bytes(b"no image")
    words = ["photos/pairs", "--output", "out.jsonl"]
    words += ["--text", "a photo of a dog"] if key[0] == "vilt-pair" else []
    names = called(code, checkpoint, network, *words)
    written = lines_of("out.jsonl")
    assert [Path(line["image"]).name for line in written] == ["0", "1", "torn"]
    assert "UnidentifiedImageError" in written[2]["error"]
    assert {line.get("text") for line in written} == {words[4] if len(words) > 3 else None}
    processor, model = names["processor"], names["model"]
    for line in written[:2]:
        images = [names["picture"](file) for file in sorted(Path(line["image"]).iterdir())]
        with torch.inference_mode():
            if key[0] == "vilt-pair":
                inputs = processor(images, "a photo of a dog", return_tensors="pt")
                logits = model(
                    input_ids=inputs.input_ids, pixel_values=inputs.pixel_values.unsqueeze(0)
                ).logits
                wanted = model.config.id2label[int(logits.argmax(-1))]
            elif key[0] == "chat-video":
                times = {"fps": 1, "duration": 2, "frames_indices": [0, 1]}
                seen = {"type": "video", "video": images}
                content = [seen, {"type": "text", "text": "Describe what happens."}]
                inputs = processor.apply_chat_template(
                    [{"role": "user", "content": content}],
                    tokenize=True, return_dict=True, return_tensors="pt",
                    add_generation_prompt=True,
                    processor_kwargs={"video_metadata": [{"total_num_frames": 2, **times}]},
                )  # fmt: skip
                ids = model.generate(**inputs, max_new_tokens=6, do_sample=False)
                ids = ids[:, inputs["input_ids"].shape[1] :]
                wanted = processor.batch_decode(ids, skip_special_tokens=True)[0].strip()
            else:
                half = model.config.num_image_with_embedding // 2
                frames = [images[0]] * half + [images[1]] * half
                pixels = processor(images=frames, return_tensors="pt").pixel_values
                ids = model.generate(pixel_values=pixels.unsqueeze(0), max_new_tokens=6)
                wanted = processor.batch_decode(ids, skip_special_tokens=True)[0].strip()
        assert next(line[name] for name in ("answer", "caption") if name in line) == wanted
    before = Path("out.jsonl").read_bytes()
    Path("out.jsonl").write_bytes(before[: len(before) * 2 // 5])
    called(code, checkpoint, network, *words, "--resume")
    assert Path("out.jsonl").read_bytes() == before


SERVED = "Qwen3VLForConditionalGeneration"
"""The class of a tiny network whose widths the kernels for 4 bits on CPUs take."""
FORMS = {
    (program_for(form, task, RULEBASE.programs).id, form.model_class, precision): (form, task)
    for checkpoint in RULEBASE.checkpoints.values()
    for precision in checkpoint.losses
    for form in [RULEBASE.checkpoint(f"{checkpoint.id}:{precision}")]
    for task in form.tasks
    if program_for(form, task, RULEBASE.programs).id not in OF_FOLDERS
}
"""Programs of a form that work through images; one of clips is loaded in the same way."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "key",
    [pytest.param(key, marks=[pytest.mark.long] if key[1] != SERVED else ()) for key in FORMS],
    ids="-".join,
)
def test_a_form_in_fewer_bits_is_rounded_as_it_loads(key, tiny, photos, tmp_path):
    """Also of networks of other widths than those that the kernels for 4 bits on CPUs take."""
    bits = pytest.importorskip("bitsandbytes").nn
    pytest.importorskip("pypdfium2")
    form, task = FORMS[key]
    code = snippet(form, task, RULEBASE, thinking=False, whole=True)
    words = ["photos", "--output", "out.jsonl"]
    words += ["--text", "a photo of a dog"] if '"--text"' in code else []
    words += ["--fields", "vendor,total"] if '"--fields"' in code else []
    network = tmp_path / "network"
    if key[1] == SERVED:
        tiny_chat(network)
    else:
        network = tiny(next(kind for (_, name, _), (*_, kind) in TOOLS.items() if name == key[1]))
    checkpoint = RULEBASE.checkpoint(form.hub_id)
    names = called(code, checkpoint, network, *words)
    kind = bits.Linear8bitLt if key[2] == "int8" else bits.Linear4bit
    assert [each for each in names["model"].modules() if isinstance(each, kind)]
    written = Path("out.jsonl").read_bytes()
    failed = [Path(line["image"]).name for line in lines_of("out.jsonl") if "error" in line]
    assert (failed, written.count(b"\n")) == (["broken.jpg"], 11)
    Path("out.jsonl").write_bytes(written[: len(written) * 2 // 5])
    called(code, checkpoint, network, *words, "--resume")
    again = lines_of("out.jsonl")
    before = [json.loads(line) for line in written.splitlines()]
    assert [line["image"] for line in again] == [line["image"] for line in before]
    assert len({str(line) for line in again}) == 11


def a_tool(task, name):
    """The program of a class for a task, with its checkpoint and the kind of its network."""
    wanted = (one for key, one in TOOLS.items() if key[1] == name and one[1] == task)
    checkpoint, task, kind = next(wanted)
    return tool_code(checkpoint, task), checkpoint, kind


def programs_of_needs(number):
    """The programs of each task as nobody says more, and of so many random needs."""
    draw = random.Random(33)
    others = [question for question in RULEBASE.questions if question.id != "task"]
    tasks = [task.id for task in RULEBASE.tasks]
    needs = [{"task": task} for task in tasks]
    while len(needs) < len(tasks) + number:
        asked = draw.sample(others, draw.randint(0, 2))
        answers = {question.id: draw.choice(question.options).id for question in asked}
        needs.append({"task": draw.choice(tasks)} | answers)
    for need in needs:
        try:
            (advice,) = recommend(RULEBASE, need).advice
        except AdvisorError:  # contradicts itself
            continue
        if advice.selection.picks:
            first = advice.selection.picks[0]
            yield first.checkpoint, advice.task, advice.use_of(first)


@pytest.mark.slow
def test_the_programs_of_default_pages_and_random_needs_run_here():
    """Or those of open_clip and PaddleOCR, which are others' packages, or they train."""
    reached = set()
    for checkpoint, task, use in programs_of_needs(200):
        others = checkpoint.loader != "transformers" or task in checkpoint.pipelines
        if use == AS_IS and not others:
            whole = RULEBASE.checkpoint(checkpoint.hub_id)  # forms in fewer bits are called alike
            program = program_for(whole, task, RULEBASE.programs)
            reached.add((program.id, checkpoint.model_class, tool_of(whole, task)))
    assert len(reached) > 15
    assert reached <= TOOLS.keys()


def test_each_row_of_a_table_asks_its_own_question(tiny, photos):
    code, checkpoint, kind = a_tool("vqa", "BlipForQuestionAnswering")
    rows = ["image,question", "photos/a.jpg,what is this ?", "photos/a.jpg,is it a cat ?"]
    Path("asked.csv").write_text("\n".join([*rows, "photos/absent.jpg,what is the dog ?"]))
    called(code, checkpoint, tiny(kind), "asked.csv", "--output", "out.jsonl")
    told = lines_of("out.jsonl")
    assert [line["question"] for line in told] == [
        "what is this ?", "is it a cat ?", "what is the dog ?",
    ]  # fmt: skip
    assert ["error" in line for line in told] == [False, False, True]
    before = Path("out.jsonl").read_bytes()
    called(code, checkpoint, tiny(kind), "asked.csv", "--output", "out.jsonl", "--resume")
    assert Path("out.jsonl").read_bytes() == before


def test_a_right_answer_in_a_table_is_no_other_item_and_commas_need_quotes(tiny, photos, capfd):
    code, checkpoint, kind = a_tool("vqa", "BlipForQuestionAnswering")
    rows = [f"{photos.name}/{name},what is this ?,a cat" for name in ("a.jpg", "b.bmp")]
    Path("asked.csv").write_text("\n".join(["image,question,answer", *rows]), encoding="utf-8")
    words = ("asked.csv", "--output", "out.jsonl")
    called(code, checkpoint, tiny(kind), *words)
    before = Path("out.jsonl").read_bytes()
    assert before.count(b"\n") == 2
    called(code, checkpoint, tiny(kind), *words, "--resume")
    assert Path("out.jsonl").read_bytes() == before
    text = f"image,question\n{photos.name}/a.jpg,what is this, a cat ?"
    Path("asked.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit):
        called(code, checkpoint, tiny(kind), "asked.csv", "--output", "other.jsonl")
    assert "in quotes if it has commas" in capfd.readouterr().err


def test_labels_come_from_a_file_with_commas_in_quotes(tiny, photos, capfd):
    code, checkpoint, kind = a_tool("zero-shot-classification", "CLIPModel")
    Path("labels.csv").write_text('label\na cat\n"a dog, what"\n', encoding="utf-8")
    words = (photos.name, "--limit", "1", "--labels")
    called(code, checkpoint, tiny(kind), *words, "labels.csv", "--output", "out.jsonl")
    (line,) = lines_of("out.jsonl")
    assert list(line["labels"]) == ["a cat", "a dog, what"]
    with pytest.raises(SystemExit):
        called(code, checkpoint, tiny(kind), *words, "no.csv", "--output", "other.jsonl")
    assert "no.csv does not exist" in capfd.readouterr().err


def test_a_question_that_nobody_gave_stands_in_each_line(tiny, photos):
    code, checkpoint, kind = a_tool("vqa", "BlipForQuestionAnswering")
    called(code, checkpoint, tiny(kind), photos.name, "--output", "out.jsonl", "--limit", "1")
    (line,) = lines_of("out.jsonl")
    assert line["question"] == "what is in the image?"


def test_what_failed_is_tried_again_on_resume_and_each_image_has_one_line(tiny, photos, capfd):
    code, checkpoint, kind = a_tool("vqa", "BlipForQuestionAnswering")
    words = (photos.name, "--output", "out.jsonl")
    called(code, checkpoint, tiny(kind), *words)
    assert re.search(r"skipped: \.txt$", capfd.readouterr().err, re.MULTILINE)
    (photos / "broken.jpg").write_bytes((photos / "a.jpg").read_bytes())
    (photos / "notes.txt").unlink()
    called(code, checkpoint, tiny(kind), *words, "--resume")
    printed = capfd.readouterr().err
    assert "skipped" not in printed
    assert "1 of 1, 0 failed" in printed
    assert "1 lines added to out.jsonl" in printed
    told = lines_of("out.jsonl")
    assert len({line["image"] for line in told}) == len(told) == 11
    assert not [line for line in told if "error" in line]
    assert not list(Path().glob("*.part"))


@pytest.mark.parametrize(
    ("task", "name", "flag", "values", "key"),
    [
        (
            "captioning",
            "Qwen3VLForConditionalGeneration",
            "--prompt",
            ["a cat ?", "a dog"],
            "prompt",
        ),
        ("zero-shot-classification", "CLIPModel", "--labels", ["cat,dog", "dog,cat"], "offered"),
        ("image-text-matching", "BlipForImageTextRetrieval", "--text", ["a cat", "a dog"], "text"),
    ],
)
def test_an_answer_to_other_words_is_no_answer_on_resume(
    task, name, flag, values, key, tiny, photos
):
    """What an answer depends on stands in its line, so that each is given once."""
    code, checkpoint, kind = a_tool(task, name)
    words = (photos.name, "--output", "new/out.jsonl", "--limit", "2", flag)
    called(code, checkpoint, tiny(kind), *words, values[0])
    first = Path("new/out.jsonl").read_bytes()
    called(code, checkpoint, tiny(kind), *words, values[1], "--resume")
    both = Path("new/out.jsonl").read_bytes()
    assert both.startswith(first)
    told = [line[key] for line in lines_of("new/out.jsonl")]
    assert told == [value.replace(",", "; ") for value in values for _ in range(2)]
    called(code, checkpoint, tiny(kind), *words, values[0], "--resume")
    assert Path("new/out.jsonl").read_bytes() == both


def test_fields_that_were_not_asked_for_are_read_on_resume(tiny, photos):
    pytest.importorskip("pypdfium2")
    checkpoint = RULEBASE.checkpoint("Qwen/Qwen3-VL-4B-Instruct")
    code = tool_code(checkpoint, "field-extraction")
    words = (photos.name, "--output", "out.jsonl", "--limit", "2", "--fields")
    called(code, checkpoint, tiny("qwen3_vl"), *words, "total")
    called(code, checkpoint, tiny("qwen3_vl"), *words, "iban", "--resume")
    asked = [line["prompt"] for line in lines_of("out.jsonl")]
    assert ['{"total": null}' in each for each in asked] == [True, True, False, False]
    assert ['{"iban": null}' in each for each in asked] == [False, False, True, True]


def test_a_cut_text_is_counted_and_written_again_where_more_may_be_written(tiny, photos, capfd):
    code, checkpoint, kind = a_tool("vqa", "Qwen3VLForConditionalGeneration")
    words = (photos.name, "--limit", "4", "--output", "out.jsonl")
    called(code, checkpoint, tiny(kind), *words)
    assert "4 of 4, 1 failed, 3 cut" in capfd.readouterr().err
    before = lines_of("out.jsonl")
    called(code, checkpoint, tiny(kind), *words, "--resume")
    assert "1 of 1, 1 failed, 0 cut" in capfd.readouterr().err
    longer = ("--resume", "--max-tokens", "600")
    called(code, checkpoint, tiny(kind), *words, *longer)
    after = lines_of("out.jsonl")
    assert {line["image"] for line in after} == {line["image"] for line in before}
    both = zip(before, after, strict=True)
    assert sum(len(two["answer"]) > len(one["answer"]) for one, two in both if "cut" in one) == 3


def test_what_is_complete_loads_nothing_and_what_fails_wholly_says_so(tiny, photos, capfd):
    code, checkpoint, kind = a_tool("zero-shot-classification", "CLIPModel")
    words = ("--labels", "a cat,a dog", "--output", "out.jsonl")
    with pytest.raises(SystemExit) as ended:
        called(code, checkpoint, tiny(kind), "photos/broken.jpg", *words)
    assert ended.value.code == 1
    assert "1 of 1, 1 failed" in capfd.readouterr().err
    called(code, checkpoint, tiny(kind), "photos/a.jpg", *words, "--resume")
    capfd.readouterr()
    called(code, checkpoint, photos / "no network", "photos/a.jpg", *words, "--resume")
    assert "nothing to add to out.jsonl" in capfd.readouterr().err
    with pytest.raises(SystemExit) as ended:
        called(code, checkpoint, tiny(kind), "photos", "--labels", " ,", "--output", "no.jsonl")
    assert ended.value.code == 2
    assert "--labels  , names no label" in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "name", "words", "mark", "how"),
    [
        ("vqa", "BlipForQuestionAnswering", ("photos",), "question, ", "add --resume"),
        (
            "field-extraction",
            "Qwen3VLForConditionalGeneration",
            ("photos", "--fields", "total"),
            "loading the model",
            "add --resume",
        ),
        (
            "document-vqa",
            "Qwen3VLForConditionalGeneration",
            ("photos",),
            "question, unless a CSV has its own: What is the total",
            "add --resume",
        ),
        (
            "supervised-classification",
            "CLIPModel",
            ("train", "photos"),
            "skipped: .txt",
            "run it again",
        ),
        ("image-search", "CLIPModel", ("index", "photos"), "skipped: .txt", "run it again"),
        ("deduplication", "CLIPModel", ("photos",), "skipped: .txt", "run it again"),
    ],
)
def test_a_stopped_program_says_how_it_goes_on(task, name, words, mark, how, tiny, photos):
    """By the signal of Ctrl-C, while it loads or works; what is asked for is said before that."""
    if task in ("field-extraction", "document-vqa"):
        pytest.importorskip("pypdfium2")
    checkpoint, kind = next(
        (entry, kind) for key, (entry, _, kind) in TOOLS.items() if key[1] == name
    )
    command = placed((tool_code(checkpoint, task), checkpoint, kind), tiny)
    image = min(photos.glob("*.png"))
    keeps_index = task in ("image-search", "deduplication")
    for number in range(500 if keeps_index else 0):  # more than a moment's work
        shutil.copy(image, photos / f"copy-{number}.png")
    process = subprocess.Popen([*command, *words], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while mark not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(0.1)  # past the line that it is writing: no handler may write into that
    process.send_signal(signal.SIGINT)
    _, printed = process.communicate(timeout=60)
    assert process.returncode == 130, printed
    assert printed.endswith(f"stopped: to continue, {how}\n")
    assert "Traceback" not in printed


def test_an_image_of_16_bits_keeps_its_shades(tiny, photos):
    """Pillow alone makes all of them white but the darkest 256 of 65,536."""
    from PIL import Image

    code, checkpoint, kind = a_tool("vqa", "BlipForQuestionAnswering")
    names = called(code, checkpoint, tiny(kind), photos.name, "--output", "out.jsonl")
    shades = [0, 13000, 30000, 65535]
    deep = b"".join(shade.to_bytes(2, "little") for shade in shades)
    for name in ("deep.png", "deep.tif"):
        Image.frombytes("I;16", (4, 1), deep).save(name)
        seen = names["picture"](name).getchannel("R").tobytes()
        assert list(seen) == pytest.approx([shade / 257 for shade in shades], abs=1)


def test_jpeg_2000_is_read_and_of_another_type_it_is_said_which_are(tiny, photos, capfd):
    from PIL import Image

    code, checkpoint, kind = a_tool("vqa", "BlipForQuestionAnswering")
    with Image.open(photos / "b.bmp") as picture:
        picture.save("page.JP2", "JPEG2000")
    called(code, checkpoint, tiny(kind), "page.JP2", "--output", "out.jsonl")
    assert [line.keys() - {"cut"} for line in lines_of("out.jsonl")] == [
        {"image", "question", "answer"}
    ]
    Path("page.heic").write_bytes(Path("page.JP2").read_bytes())
    for name, what in (("page.heic", "has no images. Types read: .bmp"), ("no.csv", "does not ex")):
        with pytest.raises(SystemExit):
            called(code, checkpoint, tiny(kind), name, "--output", "other.jsonl")
        assert f"{name} {what}" in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["a photo of a dog", "photos/grey.png"])
def test_a_folder_and_what_to_search_for_make_the_index_and_answer(asked, tiny, photos, capfd):
    """As the two commands do one after the other; later what was added since is found too."""
    code, checkpoint, kind = a_tool("image-search", "CLIPModel")
    called(code, checkpoint, tiny(kind), photos.name, "--best", 20, asked)
    found = capfd.readouterr().out.splitlines()
    called(code, checkpoint, tiny(kind), "index", photos.name, "--index", "other")
    called(code, checkpoint, tiny(kind), "query", "--best", 20, asked, "--index", "other")
    assert capfd.readouterr().out.splitlines() == found
    shutil.copy(photos / "grey.png", photos / "new.png")
    called(code, checkpoint, tiny(kind), photos.name)
    told = capfd.readouterr()
    assert "2 of 2" in told.err
    assert [json.loads(line).keys() for line in told.out.splitlines()] == [{"image", "error"}]
    called(code, checkpoint, tiny(kind), photos.name, asked, "--best", 20)
    assert "photos/new.png" in capfd.readouterr().out


@pytest.mark.slow
def test_a_folder_alone_has_its_duplicates_printed(tiny, photos, capfd):
    code, checkpoint, kind = a_tool("deduplication", "CLIPModel")
    shutil.copy(photos / "a.jpg", photos / "z.jpg")
    called(code, checkpoint, tiny(kind), photos.name, "--threshold", 2)
    failed, copy = map(json.loads, capfd.readouterr().out.splitlines())
    assert (failed["image"], "error" in failed) == ("photos/broken.jpg", True)
    assert copy == {"image": "photos/z.jpg", "equal": ["photos/a.jpg"], "near": {}}
    called(code, checkpoint, tiny(kind), "duplicates", "--threshold", 2)
    assert json.loads(capfd.readouterr().out) == copy
    (photos / "empty").mkdir()
    with pytest.raises(SystemExit, match="2"):
        called(code, checkpoint, tiny(kind), "photos/empty")
    assert "no images. Types read: " in capfd.readouterr().err
    for words in (("duplicates", "--index", "other"), ("nosuch",)):
        with pytest.raises(SystemExit, match="2"):
            called(code, checkpoint, tiny(kind), *words)
        assert "does not exist: begin with a folder" in capfd.readouterr().err


def test_a_folder_without_images_or_a_broken_one_asked_for_is_said(tiny, photos, capfd):
    code, checkpoint, kind = a_tool("image-search", "SiglipModel")
    (photos / "empty").mkdir()
    told = (("nosuch", "does not exist"), ("photos/empty", "has no images. Types read: .bmp .gif"))
    for folder, what in told:
        with pytest.raises(SystemExit) as stopped:
            called(code, checkpoint, tiny(kind), "index", folder)
        assert stopped.value.code == 2
        assert f"{folder} {what}" in capfd.readouterr().err
        assert not Path("index").exists()
    called(code, checkpoint, tiny(kind), "index", photos.name)
    with pytest.raises(SystemExit) as stopped:
        called(code, checkpoint, tiny(kind), "query", "photos/broken.jpg")
    assert stopped.value.code == 2
    assert "error: photos/broken.jpg: " in capfd.readouterr().err


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("vqa", "Qwen3VLForConditionalGeneration"),
        ("vqa", "Gemma3ForConditionalGeneration"),
        pytest.param("captioning", "VisionEncoderDecoderModel", marks=pytest.mark.slow),
    ],
)
def test_a_text_that_reached_its_limit_is_marked_and_a_whole_one_is_not(
    task, name, tiny, photos, tmp_path
):
    """The last token that the limit lets it write is then the end of its text.

    The one of Gemma 3 is special, and its tokenizer has no name for it.
    """
    from transformers import AutoTokenizer, GenerationConfig

    code, checkpoint, kind = a_tool(task, name)
    called(code, checkpoint, tiny(kind), photos.name, "--output", "cut.jsonl", "--limit", "3")
    assert [line.get("cut") for line in lines_of("cut.jsonl")] == [True] * 3
    whole = shutil.copytree(tiny(kind), tmp_path / "whole")
    tokenizer = AutoTokenizer.from_pretrained(whole)
    settings = GenerationConfig.from_pretrained(whole)
    end = tokenizer.eos_token_id or tokenizer.sep_token_id
    if isinstance(settings.eos_token_id, list):
        end = settings.eos_token_id[-1]
        assert end not in tokenizer.all_special_ids
    settings.update(forced_eos_token_id=end, eos_token_id=end, pad_token_id=end)
    settings.save_pretrained(whole)
    called(code, checkpoint, whole, photos.name, "--output", "whole.jsonl", "--limit", "3")
    assert ["cut" in line for line in lines_of("whole.jsonl")] == [False] * 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("captioning", "Florence2ForConditionalGeneration"),
        ("captioning", "Kosmos2ForConditionalGeneration"),
        pytest.param("ocr-page", "Kosmos2_5ForConditionalGeneration", marks=pytest.mark.long),
        ("captioning", "PaliGemmaForConditionalGeneration"),
    ],
)
def test_a_text_that_ends_with_a_mark_of_a_place_is_cut(task, name, tiny, photos, monkeypatch):
    """Such marks are special tokens, as the end of a text is: here another than the end."""
    from transformers import AutoTokenizer, GenerationMixin

    code, checkpoint, kind = a_tool(task, name)
    tokenizer = AutoTokenizer.from_pretrained(tiny(kind))
    ends = {end := tokenizer.eos_token_id, tokenizer.pad_token_id}
    place = next(id for id in tokenizer.all_special_ids if id not in ends)
    generate = GenerationMixin.generate
    for last in (place, end):

        def ended(model, *words, last=last, **named):
            ids = generate(model, *words, **named)
            ids[:, -1] = last
            return ids

        monkeypatch.setattr(GenerationMixin, "generate", ended)
        called(code, checkpoint, tiny(kind), photos.name, "--output", f"{last}.jsonl")
        lines = [line for line in lines_of(f"{last}.jsonl") if "error" not in line]
        assert [line.get("cut", False) for line in lines] == [last == place] * 10


def test_an_output_that_is_there_is_kept(tiny, photos, capfd):
    code, checkpoint, kind = a_tool("vqa", "BlipForQuestionAnswering")
    Path("answer.jsonl").write_text("mine\n")
    with pytest.raises(SystemExit) as stopped:
        called(code, checkpoint, tiny(kind), photos.name)
    assert stopped.value.code == 2
    assert "answer.jsonl exists: add --resume or name another --output" in capfd.readouterr().err
    assert Path("answer.jsonl").read_text() == "mine\n"


READS = """
asked = []
texts = iter([["no", '```json\\n{"vendor": "A", "total": 3, "tax": 1}\\n```'], ['{"total": 4}']])


def answers(images, prompts):
    asked.extend(prompts)
    return [{"fields": text} for text in next(texts)]
"""
"""What a network that reads would write of two pages, one of which it is asked for once more."""


def test_fields_are_parsed_asked_for_once_more_and_marked(tiny, photos):
    pytest.importorskip("pypdfium2")
    from PIL import Image

    checkpoint, kind = RULEBASE.checkpoint("Qwen/Qwen3-VL-4B-Instruct"), "qwen3_vl"
    code = tool_code(checkpoint, "field-extraction")
    pages = [Image.open(photos / name).convert("RGB") for name in ("a.jpg", "b.bmp")]
    pages[0].save("bill.pdf", save_all=True, append_images=pages[1:])
    Path("torn.pdf").write_bytes(Path("bill.pdf").read_bytes()[:99])
    fields = ("--fields", "vendor, total", "--output", "out.jsonl")
    names = called(code, checkpoint, tiny(kind), "bill.pdf", *fields)
    told = lines_of("out.jsonl")
    assert [(line["image"], line["page"]) for line in told] == [("bill.pdf", 1), ("bill.pdf", 2)]
    assert all(line["fields"] is None and line["not_json"] for line in told)
    assert names["picture"]("bill.pdf", 1).size[0] > 100
    pages[0].save("bill.tif", save_all=True, append_images=[pages[1].rotate(180)])
    called(code, checkpoint, tiny(kind), "bill.tif", *fields[:2], "--output", "tiff.jsonl")
    assert [line["page"] for line in lines_of("tiff.jsonl")] == [1, 2]
    turned = pages[1].rotate(180).tobytes()
    assert names["picture"]("bill.tif", 2).tobytes() == turned
    with pytest.raises(SystemExit, match="True"):  # all have failed
        called(code, checkpoint, tiny(kind), "torn.pdf", *fields[:2], "--output", "torn.jsonl")
    assert [line["image"] for line in lines_of("torn.jsonl") if "error" in line] == ["torn.pdf"]
    placed = code.replace("\nsize = ", f"\n{READS}\nsize = ")
    names = called(
        placed, checkpoint, tiny(kind), "bill.pdf", *fields[:2], "--output", "read.jsonl"
    )
    assert [(line["page"], line["fields"]) for line in lines_of("read.jsonl")] == [
        (1, {"vendor": None, "total": 4}),
        (2, {"vendor": "A", "total": 3}),
    ]
    assert '{"vendor": null, "total": null}' in names["asked"][0]
    assert names["asked"][2].endswith("Write only JSON.")


@pytest.mark.slow
def test_a_killed_process_loses_one_batch_and_goes_on_to_the_same_bytes(tiny, photos):
    command = [*placed(a_tool("vqa", "BlipForQuestionAnswering"), tiny), photos.name]
    command += ["--batch-size", "4", "--output"]
    for number in range(20):
        (photos / f"copy{number:03}.jpg").write_bytes((photos / "a.jpg").read_bytes())
    subprocess.run([*command, "whole.jsonl"], check=True, capture_output=True)
    warm.killed_after("out.jsonl", [*command, "out.jsonl"])
    whole = Path("whole.jsonl").read_bytes()
    assert 0 < Path("out.jsonl").stat().st_size < len(whole)
    subprocess.run([*command, "out.jsonl", "--resume"], check=True, capture_output=True)
    assert Path("out.jsonl").read_bytes() == whole


@pytest.mark.slow
def test_a_probe_that_is_killed_encodes_no_image_again(tiny, photos):
    tool = a_tool("supervised-classification", "CLIPModel")
    command = [*placed(tool, tiny), photos.name, "--index"]
    for number, folder in itertools.product(range(100), (photos, photos / "more")):
        (folder / f"copy{number:03}.jpg").write_bytes((photos / "a.jpg").read_bytes())
    how = {"check": True, "capture_output": True, "text": True}
    printed = subprocess.run([*command, "whole"], **how).stdout
    warm.killed_after("index/vectors.jsonl", [*command, "index"])
    kept = Path("index/vectors.jsonl").read_bytes()
    whole = lines_of("whole/vectors.jsonl")
    before = kept[: kept.rfind(b"\n") + 1]
    assert 0 < before.count(b"\n") < len(whole)
    assert subprocess.run([*command, "index"], **how).stdout == printed
    assert Path("index/vectors.jsonl").read_bytes().startswith(before)
    assert all(close(*both) for both in zip(lines_of("index/vectors.jsonl"), whole, strict=True))


def placed(tool, tiny):
    """Write a program for a tiny network, and return the words that run it."""
    code, checkpoint, kind = tool
    code = code.replace(f'name = "{checkpoint.id}"', f"name = {str(tiny(kind))!r}")
    Path("program.py").write_text(code, encoding="utf-8")
    return [*warm.python(), "program.py"]
