"""The programs that train, run as they are written: on pairs of the user, saved, and used again."""

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from networks import stop_soon
from test_snippets import execute, network_of, run

from advisor.decide.programs import program_for, snippet
from advisor.rulebase.store import load_rules

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
    """The loss on what was kept apart, before and after each epoch."""
    lines = [line for line in printed.splitlines() if "kept apart" in line]
    return [float(line.split()[-1]) for line in lines]


def learns(printed):
    found = losses(printed)
    assert len(found) > 3
    assert found[-1] < found[0]


ONE = "train-encoder-decoder"
"""The program that the default run trains with; the others train among the slow tests."""


@pytest.mark.parametrize(
    "key",
    [pytest.param(key, marks=() if key[0] == ONE else pytest.mark.slow) for key in CASES],
    ids=lambda key: f"{key[0]}-{key[1]}",
)
def test_it_learns_saves_and_what_it_saved_runs(key, tiny, pairs):
    checkpoint, task = CASES[key]
    if task == "field-extraction":
        text = pairs.read_text().splitlines()
        rows = [",".join([*line.split(",")[:1], '"{""total"": ""red""}"']) for line in text[1:]]
        pairs.write_text("\n".join(["image,text", *rows]))
    elif "answers" not in key[0] and "answerer" not in key[0]:
        rows = [line.split(",") for line in pairs.read_text().splitlines()]
        pairs.write_text("\n".join(f"{row[0]},{row[2]}" for row in rows))
    kind = network_of(checkpoint, task)
    assert kind, checkpoint.model_class
    code = snippet(checkpoint, task, RULEBASE, use="fine-tune")
    learns(run(code, checkpoint.id, tiny(kind)))
    saved = pairs.with_name("fine-tuned")
    assert (saved / "model.safetensors").is_file()
    config = json.loads((saved / "config.json").read_text())
    assert config["architectures"] == [checkpoint.model_class]
    if task in checkpoint.tasks or program_for(checkpoint, task, RULEBASE.programs):
        again = snippet(checkpoint, task, RULEBASE)
        stop_soon(saved / "generation_config.json")
        again = again.replace('prompt = ""', 'prompt = "<s_task>"')  # as the program says
        assert run(again, checkpoint.id, saved).endswith("\n")
    with pytest.raises(SystemExit, match="is there already"):
        run(code, checkpoint.id, tiny(kind))


DUAL_ENCODERS = {
    "openai/clip-vit-base-patch32": "clip",
    "google/siglip2-base-patch16-512": "siglip",
    "google/siglip2-base-patch16-naflex": "siglip2",
}


@pytest.mark.parametrize("id", DUAL_ENCODERS)
def test_two_towers_learn_pairs_and_search_with_what_was_saved(id, tiny, pairs):
    from PIL import Image

    kind, names = DUAL_ENCODERS[id], list(COLOURS)
    for number in range(40):
        name = names[number % 3]
        Image.new("RGB", (60, 40), COLOURS[name]).save(pairs.with_name("images") / f"{number}.png")
    rows = [f"images/{number}.png,a {names[number % 3]} square" for number in range(40)]
    pairs.write_text("\n".join(["image,text", *rows]))
    code = snippet(RULEBASE.checkpoint(id), "image-search", RULEBASE, use="fine-tune")
    quick = code.replace("= 3, 32, 1e-5", "= 6, 8, 3e-3")
    assert quick != code
    learns(run(quick, id, tiny(kind)))
    pairs.with_name("images").rename(pairs.with_name("photos"))
    found = snippet(RULEBASE.checkpoint(id), "image-search", RULEBASE)
    printed = run(
        found.replace("a photo of a dog", "a red square"), id, pairs.parent / "fine-tuned"
    )
    assert len(printed.splitlines()) == 10


@pytest.mark.parametrize(
    ("id", "kind"),
    [("openai/clip-vit-base-patch32", "clip"), ("facebook/dinov2-base", "dinov2")],
)
def test_a_classifier_learns_folders_and_sorts_a_new_picture(id, kind, tiny, pairs):
    from PIL import Image

    for name, colour in COLOURS.items():
        folder = pairs.with_name("images") / name
        folder.mkdir()
        for number in range(6):
            shade = tuple(max(0, value - 3 * number) for value in colour)
            Image.new("RGB", (60, 40), shade).save(folder / f"{number}.png")
    checkpoint = RULEBASE.checkpoint(id)
    for use in ("as-is", "fine-tune"):
        code = snippet(checkpoint, "supervised-classification", RULEBASE, use=use)
        printed = run(code, id, tiny(kind)).splitlines()
        assert printed[0] == "15 pictures of 3 classes; saved in classifier.pt"
        assert printed[1] == "of 3 kept apart 100% are right; the commonest class is 33%"
        assert printed[2].endswith("  red")


def test_chat_models_train_adapters_that_are_merged_into_the_weights(tiny, pairs):
    import torch
    from safetensors.torch import load_file

    id, kind = "Qwen/Qwen3-VL-4B-Instruct", "qwen3_vl"
    code = snippet(RULEBASE.checkpoint(id), "captioning", RULEBASE, use="fine-tune")
    learns(run(code, id, tiny(kind)))
    before = load_file(tiny(kind) / "model.safetensors")
    after = load_file(pairs.with_name("fine-tuned") / "model.safetensors")
    assert set(before) == set(after)
    changed = {name for name, weight in before.items() if not torch.equal(weight, after[name])}
    assert changed
    assert not [name for name in changed if "visual" in name or "embed" in name or "norm" in name]


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
        before, name, after = code.partition(f"\n{place} = ")
        assert name
        code = f"{before}{name}{str(tmp_path / part)!r} #{after.partition('#')[2]}"
    learns(execute(code))
    answered = snippet(
        RULEBASE.checkpoint("nlpconnect/vit-gpt2-image-captioning"), "captioning", RULEBASE
    )
    printed = run(answered, "nlpconnect/vit-gpt2-image-captioning", tmp_path / "fine-tuned")
    assert printed.endswith("\n")
