"""The commands that write: their words, and what they need in a folder.

`tests/test_writers.py` holds that none is missing; `kills.py` stops each of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TESTS = (ROOT / "tests", ROOT / "tests" / "trial", ROOT / "tests" / "unified_vlp")
sys.path[:0] = [str(folder) for folder in (*TESTS, ROOT / "examples" / "unified-vlp")]
CODE = (
    "from transformers import AutoModelForVision2Seq\n"
    'm = AutoModelForVision2Seq.from_pretrained("Salesforce/blip-image-captioning-base")\n'
)
CHOICE = "{name: a, checkpoint: Salesforce/blip-vqa-base, needs: {task: vqa}}"
FORMATS = ("json", "markdown", "html", "sarif", "junit")
OUTPUTS = [word for format in FORMATS for word in ("--output", f"{format}=report.{format}")]
CAPTIONING = ("--task", "captioning")
IMAGE = str(ROOT / "examples" / "images" / "red-circle.png")


class Writer(NamedTuple):
    """A command that writes: its words, and what it needs in its folder.

    `by` names the modules that do the writing. One that is `heavy` needs torch.
    Files that it `tells` how the run went in differ after one that was broken off.
    """

    words: tuple[str, ...]
    by: tuple[str, ...]
    prepare: Callable[[Path], None] = lambda _folder: None
    heavy: bool = False
    tells: tuple[str, ...] = ()


def code(folder: Path) -> None:
    """Write a project with something to do for every command on code."""
    for number in range(40):
        (folder / f"f{number:03}.py").write_text(CODE)
    (folder / "advisor.yaml").write_text(f"choices:\n  - {CHOICE}\n")
    (folder / "known.json").write_text('{"baseline_version": 1, "findings": []}\n')


def overlay(folder: Path) -> None:
    """Write an overlay that no cache knows yet."""
    (folder / "our").mkdir()
    source = {"id": "ours", "title": "Our trials", "kind": "results", "read": "2026-11"}
    (folder / "our" / "sources.yaml").write_text(json.dumps({"sources": [source]}))


def pictures(folder: Path) -> None:
    """Write pictures with captions, and tiny networks to train."""
    from PIL import Image

    rows = []
    for number, colour in enumerate(["red", "blue"] * 4):
        Image.new("RGB", (32, 32), colour).save(folder / f"{number}.png")
        rows.append(f"{number}.png,a {colour} square")
    (folder / "pairs.csv").write_text("image,text\n" + "\n".join(rows) + "\n")


def parts(folder: Path) -> None:
    """Write an encoder and a decoder to join, beside pictures to train on."""
    sys.path.insert(0, str(ROOT / "tests" / "trial"))
    import torch
    import transformers
    from networks import TEXT, VISION, bert_tokenizer

    pictures(folder)
    torch.manual_seed(3)
    words = bert_tokenizer()
    transformers.ViTModel(transformers.ViTConfig(**VISION)).save_pretrained(folder / "vit")
    images = transformers.ViTImageProcessorPil(size={"height": 32, "width": 32})
    images.save_pretrained(folder / "vit")
    config = transformers.BertConfig(**TEXT, vocab_size=len(words))
    transformers.BertForMaskedLM(config).save_pretrained(folder / "bert")
    words.save_pretrained(folder / "bert")


def labelled(folder: Path) -> None:
    """Write labelled pictures: a folder for each label."""
    from PIL import Image

    for colour in ("red", "blue"):
        (folder / "data" / colour).mkdir(parents=True)
        for number in range(6):
            image = Image.new("RGB", (32 + number, 32), colour)
            image.save(folder / "data" / colour / f"{number}.png")


def published(folder: Path) -> None:
    """Write weights of a unified VLP as they were published, with their vocabulary."""
    import original
    import recipe
    import torch
    from toy_vocabulary import toy_words

    known = original.Original(TESTS[2] / "original-small-7.npz")
    weights = recipe.weights(known.sizes, known.seed, answers=False, end=known.end)
    tensors = {name: torch.from_numpy(value) for name, value in weights.items()}
    torch.save(tensors, folder / "model.30.bin", _use_new_zipfile_serialization=False)
    (folder / "vocab.txt").write_text("\n".join(toy_words()) + "\n")


PAGE = ("--output", "html=page.html")
LOOKED_UP = {
    "compare": ("clip", "unified-vlp"),
    "show": ("clip",),
    "list": ("criteria",),
    "rules check": (),
    "rules test": (),
    "rules audit": (),
    "rules coverage": (),
    "rules diff": ("--rules", str(ROOT / "examples" / "overlay")),
}
"""Commands that write nothing but a page of their answer, where they are asked for one."""
TRAINING = ("--epochs", "2", "--batch-size", "2", "--checkpoint-every", "1")
WRITERS = {
    "check --fix": Writer(("check", "--fix", "."), ("check.finding",), code),
    "check --lock": Writer(("check", "--lock", "."), ("check.command",), code),
    "check --write-baseline": Writer(
        ("check", "--write-baseline", "known.json", "."), ("check.command",), code
    ),
    "check --output": Writer(
        ("check", *OUTPUTS, "."),
        ("console.output",),
        code,
        tells=tuple(f"report.{format}" for format in FORMATS),  # they count files, own ones too
    ),
    "init --force": Writer(("init", "--force"), ("check.command",), code),
    "rules cache": Writer(("list", "criteria", "--rules", "our"), ("rulebase.store",), overlay),
    "recommend --output": Writer(
        ("recommend", *CAPTIONING, "--output", "html=a.html"), ("console.output",)
    ),
    "explain --output": Writer(
        ("explain", *CAPTIONING, "--output", "json=a.json"), ("console.output",)
    ),
    "code --output": Writer(("code", *CAPTIONING, "--output", "python=a.py"), ("console.output",)),
    "code --project": Writer(
        ("code", *CAPTIONING, "--project", "ours"), ("decide.project_folder",)
    ),
    "skills add": Writer(("skills", "add", "."), ("agents.command",)),
    "try --vectors": Writer(
        (
            "try",
            "--image",
            IMAGE,
            "--task",
            "embeddings",
            "--checkpoint",
            "demo:clip",
            "--repeat",
            "0",
            "--vectors",
            "v.npy",
            "--output",
            "html=a.html",
        ),
        ("trial.answer",),
        heavy=True,
    ),
    "compose": Writer(
        ("compose", "--encoder", "vit", "--decoder", "bert", "--save", "joined"),
        ("trial.composition",),
        parts,
        heavy=True,
    ),
    "compose --finetune": Writer(
        (
            "compose",
            "--encoder",
            "vit",
            "--decoder",
            "bert",
            "--finetune",
            "pairs.csv",
            "--save",
            "trained",
            "--torch-device",
            "cpu",
            *TRAINING,
        ),
        ("trial.trainer",),
        parts,
        heavy=True,
    ),
    "train vlp": Writer(
        (
            "train",
            "vlp",
            "pairs.csv",
            "--aim",
            "pretraining",
            "--save",
            "start",
            "--torch-device",
            "cpu",
            *TRAINING,
        ),
        ("trial.unified_training", "trial.trainer"),
        pictures,
        heavy=True,
    ),
    "convert vlp": Writer(
        (
            "convert",
            "vlp",
            "model.30.bin",
            "converted",
            "--vocabulary",
            "vocab.txt",
        ),
        ("unified_vlp.conversion",),
        published,
        heavy=True,
    ),
    "evaluate": Writer(
        (
            "evaluate",
            "data",
            "--candidate",
            "demo:clip",
            "--candidate",
            "again=demo:clip",
            "--run",
            "run",
            "--batch-size",
            "4",
            "--torch-device",
            "cpu",
            *PAGE,
            "--no-input",
        ),
        ("evaluate.run_file", "console.output"),
        labelled,
        heavy=True,
    ),
    "site": Writer(("site", "public"), ("site.command",)),
    **{
        name: Writer((*name.split(), *words, *PAGE), ("console.output",))
        for name, words in LOOKED_UP.items()
    },
}
"""By name: the words of the command, and what of it writes."""
