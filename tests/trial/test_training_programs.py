"""The programs that train, run as they are written: on pairs of the user, saved, and used again."""

import ast
import json
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from networks import stop_soon
from printed_programs import hold_style, lines_of, run_program
from test_snippets import execute, network_of, run

from advisor.decide.programs import program_for, snippet
from advisor.rulebase.store import load_rules
from tests import warm

RULEBASE = load_rules()
COLOURS = {"red": (220, 30, 30), "blue": (40, 60, 200), "green": (20, 160, 60)}
NO_PROGRAM = {
    ("BridgeTowerModel", "image-text-matching"),
    ("FlavaForPreTraining", "image-text-matching"),
    ("GitForCausalLM", "video-captioning"),
    ("LxmertForQuestionAnswering", "vqa"),
    ("VisualBertForQuestionAnswering", "vqa"),
}
"""What the catalogue says can be fine-tuned, and nobody here wrote a program for."""


def trainable():
    """Each class and task that can be fine-tuned, with a checkpoint that has it."""
    found = {}
    for checkpoint in RULEBASE.checkpoints.values():
        for task in checkpoint.fine_tune if checkpoint.loader == "transformers" else ():
            key = (checkpoint.model_class, checkpoint.processor, task)
            found.setdefault(key, (checkpoint, task))
    return list(found.values())


def by_program():
    """One checkpoint and task for each program and class."""
    found = {}
    for checkpoint, task in trainable():
        if program := program_for(checkpoint, task, RULEBASE.programs, "fine-tune"):
            found.setdefault((program.id, checkpoint.model_class), (checkpoint, task))
    return found


CASES = by_program()


def test_what_can_be_fine_tuned_has_a_program_or_is_named_here():
    without = {
        (checkpoint.model_class, task)
        for checkpoint, task in trainable()
        if not program_for(checkpoint, task, RULEBASE.programs, "fine-tune")
    }
    assert without == NO_PROGRAM


@pytest.fixture
def pairs(tmp_path, monkeypatch):
    """Twelve pictures of one colour each, with what is to be said of them."""
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    lines = ["image,question,text"]
    for number in range(12):
        name = list(COLOURS)[number % 3]
        Image.new("RGB", (60, 40), COLOURS[name]).save(tmp_path / f"images/{number}.png")
        lines.append(f"images/{number}.png,what is in the picture ?,a {name} square")
    (tmp_path / "pairs.csv").write_text("\n".join(lines), encoding="utf-8")
    Image.new("RGB", (60, 40), COLOURS["red"]).save(tmp_path / "photo.jpg")
    return tmp_path / "pairs.csv"


def losses(printed):
    """The loss on the pairs that were held out, before training and after it."""
    (line,) = [line for line in printed.splitlines() if "held-out pairs: " in line]
    before, after = re.findall(r"([\d.]+) (?:before|after)", line)
    return float(before), float(after)


def learns(printed):
    before, after = losses(printed)
    assert after < before


def trained(code, id, folder, *words):
    """Run a program that trains a tiny network in place of its checkpoint; what it printed."""
    with as_called(*words):
        return run(code, id, folder)


@contextmanager
def as_called(*words):
    before, sys.argv = sys.argv, ["train.py", *map(str, words)]
    try:
        yield
    finally:
        sys.argv = before


def training_code(checkpoint, task):
    if isinstance(checkpoint, str):
        checkpoint = RULEBASE.checkpoint(checkpoint)
    return snippet(checkpoint, task, RULEBASE, use="fine-tune", whole=True)


ONE = "train-encoder-decoder"
"""The program that the default run trains with; the others train among the slow tests. Its toy is
the one that CI learns."""


def as_asked(pairs, program, task):
    """Write the pairs as a program wants them: with questions, with fields, or texts alone."""
    if task == "field-extraction":
        lines = pairs.read_text().splitlines()[1:]
        rows = [f'{line.split(",")[0]},"{{""total"": ""{line.split()[-2]}""}}"' for line in lines]
        pairs.write_text("\n".join(["image,text", *rows]))
    elif "answers" not in program and "answerer" not in program:
        rows = [line.split(",") for line in pairs.read_text().splitlines()]
        pairs.write_text("\n".join(f"{row[0]},{row[2]}" for row in rows))


@pytest.mark.parametrize(
    "key",
    [pytest.param(key, marks=() if key[0] == ONE else pytest.mark.slow) for key in CASES],
    ids=lambda key: f"{key[0]}-{key[1]}",
)
def test_it_learns_saves_and_what_it_saved_runs(key, tiny, pairs):
    checkpoint, task = CASES[key]
    as_asked(pairs, key[0], task)
    kind = network_of(checkpoint, task)
    assert kind, checkpoint.model_class
    code = training_code(checkpoint, task)
    words = ("--batch-size", 4, "--learning-rate", "1e-3", "--epochs", 4)
    learns(trained(code, checkpoint.id, tiny(kind), *words))
    saved = pairs.with_name("fine-tuned")
    assert (saved / "model.safetensors").is_file()
    config = json.loads((saved / "config.json").read_text())
    assert config["architectures"] == [checkpoint.model_class]
    if task in checkpoint.tasks or program_for(checkpoint, task, RULEBASE.programs):
        again = snippet(checkpoint, task, RULEBASE)
        stop_soon(saved / "generation_config.json")
        again = again.replace('prompt = ""', 'prompt = "<s_task>"')  # as the program says
        assert run(again, checkpoint.id, saved).endswith("\n")
    with pytest.raises(SystemExit) as refused:
        trained(code, checkpoint.id, tiny(kind))
    assert refused.value.code == 2


def test_an_image_that_cannot_be_read_is_left_out_and_a_finished_training_stays(
    tiny, pairs, capsys
):
    checkpoint, task = next(case for key, case in CASES.items() if key[0] == ONE)
    as_asked(pairs, ONE, task)
    for number, kept in ((3, 40), (4, 0)):
        file = pairs.with_name("images") / f"{number}.png"
        file.write_bytes(file.read_bytes()[:kept])
    (pairs.with_name("images") / "5.png").unlink()
    code, network = training_code(checkpoint, task), tiny(network_of(checkpoint, task))
    printed = trained(code, checkpoint.id, network, "--epochs", 1)
    left = [line for line in printed.splitlines() if line.startswith("left out: ")]
    assert [Path(line.split(": ")[1]).name for line in left] == ["3.png", "4.png", "5.png"]
    assert "8 pairs to train on, 1 held out, of 12" in printed
    weights = pairs.with_name("fine-tuned") / "model.safetensors"
    before = weights.read_bytes()
    with pytest.raises(SystemExit) as stopped:
        trained(code, checkpoint.id, network, "--epochs", 2, "--resume")
    assert not stopped.value.code
    assert "fine-tuned has a finished model" in capsys.readouterr().err
    assert weights.read_bytes() == before


CHATS = {key: case for key, case in CASES.items() if key[0].startswith("train-chat")}
ENDS = {"Gemma3ForConditionalGeneration": "<end_of_turn>"}
"""What the template of a class writes after an answer; others write the tokenizer's `</s>`."""


@pytest.mark.parametrize("key", CHATS, ids="-".join)
def test_of_a_conversation_the_answer_and_its_end_are_learnt_and_nothing_else(key, tiny, pairs):
    """The end is one that stops what is generated, in the longest text of a batch and in others."""
    checkpoint, task = CHATS[key]
    code = training_code(checkpoint, task).partition("\nsettings = TrainingArguments")[0]
    code = code.replace(f'"{checkpoint.id}"', repr(str(tiny(network_of(checkpoint, task)))))
    as_asked(pairs, key[0], "")
    names: dict = {}
    with as_called():
        exec(code, names)
    rows = [{**names["pairs"][0], "text": text} for text in ("a cat", "a red square .")]
    end = ENDS.get(key[1], "</s>")
    learnt = names["batch"](rows)["labels"]
    words = names["processor"].tokenizer
    texts = [words.decode([id for id in row if id >= 0]).strip() for row in learnt.tolist()]
    assert [text.replace(" ", "") for text in texts] == [f"acat{end}", f"aredsquare.{end}"]
    assert words.convert_tokens_to_ids(end) in names["ends"].view(-1).tolist()
    names["processor"].chat_template = names["processor"].chat_template.replace(end, "")
    with pytest.raises(SystemExit, match="the chat template writes no end token"):
        names["batch"](rows)


TOYS = {key[0]: key for key in CASES if "MoeFor" not in key[1]}
"""A class for each program that writes."""
LONGER = {
    "train-document-reader": (200, "1e-2"), "train-document-answerer": (200, "1e-2"),
    "train-paligemma-answers": (300, "3e-3"),
}  # fmt: skip
"""Epochs and learning rate of toys that take longer than others."""
PROMPTS = {
    "train-document-reader": "<s_task>",
    "train-document-answerer": "<s_task><s_question>{question}</s_question>",
}
"""What a program says that prompts are like, where training makes them."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "program",
    [pytest.param(id, marks=() if id == ONE else pytest.mark.long) for id in TOYS],
)
def test_a_toy_is_learnt_so_that_95_of_100_texts_are_right(program, tiny, pairs):
    """New images of a color, sorted by the program that runs what was saved."""
    from PIL import Image

    pytest.importorskip("pypdfium2")
    checkpoint, task = CASES[TOYS[program]]
    as_asked(pairs, program, task)
    epochs, rate = LONGER.get(program, (150, "3e-3"))
    words = ("--batch-size", 4, "--learning-rate", rate, "--epochs", epochs)
    network = tiny(network_of(checkpoint, task))
    printed = trained(training_code(checkpoint, task), checkpoint.id, network, *words)
    assert PROMPTS.get(program, "").partition("{")[0] in printed
    Path("new").mkdir()
    for number in range(100):
        name = list(COLOURS)[number % 3]
        shade = tuple(max(0, value - number // 10) for value in COLOURS[name])
        Image.new("RGB", (60, 40), shade).save(f"new/{name}-{number}.png")
    code = snippet(checkpoint, task, RULEBASE, whole=True)
    code = re.sub(r"max_new_tokens=(min\()?\d+", r"max_new_tokens=\g<1>24", code)
    code = re.sub(r'^name = ".*"$', 'name = "fine-tuned"', code, flags=re.MULTILINE)
    if program in PROMPTS:
        code = re.sub(
            r'^prompt = ".*"$', f'prompt = "{PROMPTS[program]}"', code, flags=re.MULTILINE
        )
    asked = ("--question", "what is in the picture ?") if '"--question"' in code else ()
    run_program(code, "new", "--output", "o.jsonl", *asked)
    written = {Path(line.pop("image")).stem: line for line in lines_of("o.jsonl")}
    colors = {name: set(re.findall("|".join(COLOURS), str(line))) for name, line in written.items()}
    right = [name for name, seen in colors.items() if seen == {name.split("-")[0]}]
    assert len(right) >= 95, written
    ended = [name for name, line in written.items() if not line.get("cut")]
    assert len(ended) >= 95, written


DUAL_ENCODERS = {
    "openai/clip-vit-base-patch32": "clip",
    "google/siglip2-base-patch16-512": "siglip",
    "google/siglip2-base-patch16-naflex": "siglip2",
}


@pytest.mark.slow
@pytest.mark.parametrize("id", DUAL_ENCODERS)
def test_two_towers_learn_pairs_and_search_with_what_was_saved(id, tiny, pairs):
    from PIL import Image

    kind, names = DUAL_ENCODERS[id], list(COLOURS)
    for number in range(40):
        name = names[number % 3]
        Image.new("RGB", (60, 40), COLOURS[name]).save(pairs.with_name("images") / f"{number}.png")
    rows = [f"images/{number}.png,a {names[number % 3]} square" for number in range(40)]
    pairs.write_text("\n".join(["image,text", *rows]))
    words = ("--epochs", 6, "--batch-size", 8, "--learning-rate", "3e-3")
    learns(trained(training_code(id, "image-search"), id, tiny(kind), *words))
    pairs.with_name("images").rename(pairs.with_name("photos"))
    code = snippet(RULEBASE.checkpoint(id), "image-search", RULEBASE)
    for name in names:
        asked = code.replace("a photo of a dog", f"a {name} square")
        nearest = run(asked, id, pairs.parent / "fine-tuned").splitlines()
        right = [line for line in nearest if names[int(Path(line.split()[-1]).stem) % 3] == name]
        assert len(nearest) == 10
        assert len(right) == 10 or kind == "siglip2", nearest  # its tiny tokenizer has no colors


@pytest.mark.slow
@pytest.mark.parametrize(
    ("id", "kind"),
    [("openai/clip-vit-base-patch32", "clip"), ("facebook/dinov2-base", "dinov2")],
)
def test_a_probe_learns_folders_and_sorts_new_images(id, kind, tiny, pairs):
    """Said by cross-validation; a broken image and one that is gone count for nothing."""
    from PIL import Image

    for name, colour in COLOURS.items():
        folder = pairs.with_name("photos") / name
        folder.mkdir(parents=True)
        for number in range(6):
            shade = tuple(max(0, value - 3 * number) for value in colour)
            Image.new("RGB", (60, 40), shade).save(folder / f"{number}.png")
        (folder / "broken.png").write_bytes(b"no image")
    checkpoint, code = RULEBASE.checkpoint(id), {}
    kept = Path("as-is/vectors.jsonl")
    for use in ("as-is", "fine-tune"):
        task = "supervised-classification"
        code[use] = snippet(checkpoint, task, RULEBASE, use=use, whole=True)
        trained(code[use], id, tiny(kind), "train", "photos", "--index", use)
        Path("photos/red/0.png").unlink(missing_ok=True)
    assert code["as-is"] == code["fine-tune"]
    before = kept.read_bytes()
    assert len(before.splitlines()) == 18
    printed = trained(code[use], id, tiny(kind), "train", "photos", "--index", "as-is")
    *broken, right, usual = printed.splitlines()
    assert [Path(json.loads(line)["image"]).name for line in broken] == ["broken.png"] * 3
    assert [right, usual] == [
        "5-fold cross-validation: 17 of 17 are right",
        "always predicting the most frequent label: 6 are right",
    ]
    assert kept.read_bytes() == before
    words = ("label", "photos", "--index", "as-is")
    assert len(trained(code[use], id, tiny(kind), *words, "--limit", 3).splitlines()) == 3
    printed = trained(code[use], id, tiny(kind), *words)
    lines = [json.loads(line) for line in printed.splitlines()]
    assert len(lines) == 20
    for line in lines:
        path = Path(line["image"])
        assert ("error" in line) == (path.name == "broken.png")
        if "labels" in line:
            assert sum(line["labels"].values()) == pytest.approx(1)
            assert max(line["labels"], key=line["labels"].get) == path.parent.name


@pytest.mark.slow
def test_chat_models_train_adapters_that_are_merged_into_the_weights(tiny, pairs):
    import torch
    from safetensors.torch import load_file

    id, kind = "Qwen/Qwen3-VL-4B-Instruct", "qwen3_vl"
    code = training_code(id, "captioning")
    learns(trained(code, id, tiny(kind), "--batch-size", 4, "--accumulate", 2, "--epochs", 4))
    before = load_file(tiny(kind) / "model.safetensors")
    after = load_file(pairs.with_name("fine-tuned") / "model.safetensors")
    assert set(before) == set(after)
    changed = {name for name, weight in before.items() if not torch.equal(weight, after[name])}
    assert changed
    assert not [name for name in changed if "visual" in name or "embed" in name or "norm" in name]


@pytest.mark.slow
def test_an_adapter_is_saved_alone_where_that_is_asked_for(tiny, pairs):
    from peft import PeftModel
    from transformers import AutoModelForImageTextToText

    id, folder = "Qwen/Qwen3-VL-4B-Instruct", tiny("qwen3_vl")
    trained(training_code(id, "captioning"), id, folder, "--adapter", "--epochs", 1)
    saved = pairs.with_name("fine-tuned")
    assert (saved / "adapter_model.safetensors").is_file()
    assert not (saved / "model.safetensors").exists()
    base = AutoModelForImageTextToText.from_pretrained(folder)
    assert PeftModel.from_pretrained(base, saved).peft_config["default"].r == 16


def test_above_a_billion_parameters_adapters_are_trained_and_below_all_weights():
    for checkpoint, task in trainable():
        program = program_for(checkpoint, task, RULEBASE.programs, "fine-tune")
        code = training_code(checkpoint, task)
        if program and "KeptTrainer" in code and "runners" in program._fields:
            chats = "apply_chat_template" in code
            large = (checkpoint.parameters_millions or 0) >= 1000
            assert not chats or ("get_peft_model" in code) == large, checkpoint.id


def test_programs_that_train_are_formatted_and_have_at_most_160_lines(tmp_path):
    number = 0
    for checkpoint, task in {key: CASES[key] for key in CASES}.values():
        code = training_code(checkpoint, task)
        ast.parse(code)
        if "TrainingArguments" in code:
            number += 1
            assert len(code.splitlines()) <= 160, checkpoint.id
            (tmp_path / f"train_{number}.py").write_text(f"{code}\n", encoding="utf-8")
    assert number > 15
    hold_style(tmp_path)


@pytest.mark.slow
def test_what_was_killed_goes_on_and_ends_in_the_same_weights(tiny, pairs):
    import torch
    from safetensors.torch import load_file

    id, task, folder = "nlpconnect/vit-gpt2-image-captioning", "captioning", tiny("gpt2_captioner")
    code = training_code(id, task).replace(f'name = "{id}"', f"name = {str(folder)!r}")
    rows = [line.split(",") for line in pairs.read_text().splitlines()]
    pairs.write_text("\n".join(f"{row[0]},{row[2]}" for row in rows))
    Path("train.py").write_text(code, encoding="utf-8")
    command = [*warm.python(), "train.py", "--epochs", "8", "--batch-size", "4", "--output"]
    subprocess.run([*command, "whole"], check=True, capture_output=True)
    warm.killed_after("cut/steps/*/trainer_state.json", [*command, "cut"])
    assert not Path("cut/model.safetensors").exists()
    subprocess.run([*command, "cut", "--resume"], check=True, capture_output=True)
    whole, cut = (load_file(f"{name}/model.safetensors") for name in ("whole", "cut"))
    assert all(torch.allclose(whole[name], cut[name], atol=1e-6) for name in whole)
    assert not Path("cut/steps").exists()


@pytest.mark.slow
def test_parts_are_joined_trained_and_saved(pairs, tmp_path):
    import transformers
    from networks import TEXT, VISION, bert_tokenizer

    from advisor.decide.programs import joining_program

    words = bert_tokenizer()
    transformers.ViTModel(transformers.ViTConfig(**VISION)).save_pretrained(tmp_path / "vit")
    size = {"height": 32, "width": 32}
    transformers.ViTImageProcessorPil(size=size).save_pretrained(tmp_path / "vit")
    config = transformers.BertConfig(**TEXT, vocab_size=len(words))
    transformers.BertForMaskedLM(config).save_pretrained(tmp_path / "bert")
    words.save_pretrained(tmp_path / "bert")
    code = joining_program("captioning", RULEBASE.programs)
    for place, part in (("encoder", "vit"), ("decoder", "bert")):
        code, changed = re.subn(
            f'^{place} = ".*"$', f"{place} = {str(tmp_path / part)!r}", code, flags=re.MULTILINE
        )
        assert changed == 1
    with as_called():
        learns(execute(code))
    answered = snippet(
        RULEBASE.checkpoint("nlpconnect/vit-gpt2-image-captioning"), "captioning", RULEBASE
    )
    printed = run(answered, "nlpconnect/vit-gpt2-image-captioning", tmp_path / "fine-tuned")
    assert printed.endswith("\n")
    settings = tmp_path / "fine-tuned" / "generation_config.json"  # a text that nothing ends
    endless = json.loads(settings.read_text()) | {"eos_token_id": None}
    settings.write_text(json.dumps(endless))
    printed = run(answered, "nlpconnect/vit-gpt2-image-captioning", tmp_path / "fine-tuned")
    assert printed.endswith("\n")
