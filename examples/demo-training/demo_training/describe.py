"""Write the cards of the demo checkpoints: `python -m demo_training.describe FIGURES`.

FIGURES is what `evaluate` printed. Writes, beside each checkpoint, a README.md for people and an
advisor_card.json for the runners, with those figures to the digit.
"""

from __future__ import annotations

import argparse
import json
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.trial.demo import CARD, HOME
from advisor.trial.local_checkpoint import read_checkpoint
from demo_training import texts
from demo_training.colours import COLOUR_NAMES, LABELS
from demo_training.recipe import Recipe

WARNING = (
    "a demo: it recognizes only plain images of one circle, rectangle or triangle. On all other "
    "images it is wrong, with high scores"
)
WITHOUT = "--without-pairs --steps 1200"
PACKAGE = "python -m demo_training.train"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """What a card says beyond the figures."""

    title: str
    summary: str
    family: str
    tasks: tuple[str, ...]
    classes: tuple[str, ...]
    objective: str
    phases: tuple[str, str]
    limits: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    question: str = ""


PORTRAITS = {
    "clip": Portrait(
        title="Demo CLIP",
        summary="A small CLIP. It ranks your labels for an image of one plain shape.",
        family="clip",
        tasks=("zero-shot-classification",),
        classes=("CLIPModel",),
        objective="Contrastive learning. Every true text of a batch is a positive.",
        phases=("--steps 3400", "--steps 1000 --rate 5e-4 --seed 12"),
        limits=(
            "Some names overlap. For example, a navy shape is also blue. Training left such pairs "
            "out, so do not use both as labels.",
        ),
        labels=LABELS,
    ),
    "vision-encoder-decoder": Portrait(
        title="Demo VisionEncoderDecoder",
        summary=(
            "A small ViT combined with a small BERT decoder. It generates the color, the shape and "
            "the position."
        ),
        family="vision-encoder-decoder",
        tasks=("captioning",),
        classes=("VisionEncoderDecoderModel",),
        objective="Cross-entropy of the caption given the image.",
        phases=("--steps 4400", "--steps 2400 --batch 64 --rate 5e-4 --seed 12"),
        limits=("The model has no input for a question or a prompt.",),
    ),
    "blip": Portrait(
        title="Demo BLIP",
        summary=(
            "A small BLIP. One set of weights generates captions, answers questions and scores "
            "pairs."
        ),
        family="unified-vlp",
        tasks=("captioning", "vqa", "image-text-matching"),
        classes=(
            "BlipForConditionalGeneration",
            "BlipForQuestionAnswering",
            "BlipForImageTextRetrieval",
        ),
        objective="Captioning, question answering and matching together, as in the BLIP paper.",
        phases=("--steps 4400", "--steps 2400 --batch 64 --rate 5e-4 --seed 12"),
        limits=(
            "The model answers the question forms of easy-vqa and `where is it?`. Answers to other "
            "questions are guesses.",
        ),
        question="what shape is in the image?",
    ),
}


def main() -> None:
    """Describe the checkpoints of a folder with the figures that the evaluation printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", type=Path, help="what `evaluate` printed")
    parser.add_argument("folder", type=Path, nargs="?", default=HOME)
    options = parser.parse_args()
    measured = json.loads(options.figures.read_text(encoding="utf-8"))
    for order, kind in enumerate(PORTRAITS):
        if kind in measured:
            describe(options.folder / kind, PORTRAITS[kind], measured[kind], order)


def describe(folder: Path, portrait: Portrait, measured: dict[str, Any], order: int) -> None:
    """Write both cards, and the classes that the weights serve into config.json."""
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["architectures"] = list(portrait.classes)
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    words = sorted({word for text in texts.corpus() for word in re.findall(r"[a-z]+", text)})
    card = {
        "family": portrait.family,
        "tasks": list(portrait.tasks),
        "summary": portrait.summary,
        "order": order,
        "warnings": [WARNING],
        **({"labels": list(portrait.labels)} if portrait.labels else {}),
        **({"question": portrait.question} if portrait.question else {}),
        "measured": measured,
        "words": words,
    }
    (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_page(folder, portrait, measured), encoding="utf-8")


def _page(folder: Path, portrait: Portrait, measured: dict[str, Any]) -> str:
    recipe = Recipe()
    weights = read_checkpoint(folder, folder.name).weights
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors")) / 1e6
    rows = [
        f"| {row(what)} | {found['share']:.1%} | {found['right']} of {found['of']} |"
        for what, found in measured.items()
    ]
    limits = [
        "Images have one shape. On photos, text, several shapes or gradients, the model still "
        "answers, but the answer is wrong, with a high score.",
        f"The model recognizes {len(COLOUR_NAMES)} colors ({', '.join(COLOUR_NAMES)}) and three "
        "shapes. A square counts as a rectangle.",
        _unseen(folder.name, measured),
        "Answers for small shapes and rotated rectangles are wrong more often. See the table.",
        *portrait.limits,
    ]
    return "\n".join(
        [
            f"# {portrait.title}",
            "",
            wrapped(
                f"{portrait.summary} The model is included in advisor for a first try without a "
                "download. It is a demo, not a recommendation."
            ),
            "",
            wrapped(
                f"{weights.parameters:,} parameters, {size:.2f} MB in float16. Classes: "
                f"{', '.join(f'`{name}`' for name in portrait.classes)}."
            ),
            "",
            "## Training data",
            "",
            wrapped(
                f"{recipe.images:,} images per phase with one plain shape (64 to 512 pixels per "
                "side, with white, black, gray and pastel backgrounds), drawn by "
                "`demo_training/images.py` from a seed, and the training images of the public "
                "easy-vqa set (PyPI `easy-vqa`). No other data."
            ),
            "",
            wrapped(f"Objective: {portrait.objective}"),
            "",
            "In `examples/demo-training` of advisor's repository:",
            "",
            "```",
            f"{PACKAGE} {folder.name} FIRST {portrait.phases[0]}",
            f"{PACKAGE} {folder.name} FOLDER --start FIRST {portrait.phases[1]}",
            "```",
            "",
            wrapped(
                "Training uses one thread. The same machine writes the same bytes again. Another "
                "processor type may round differently and train a different network."
            ),
            "",
            "## Measured",
            "",
            wrapped(
                "`python -m demo_training.evaluate --unseen UNSEEN` prints these results. Held-out "
                "images use a separate seed. The other program draws with NumPy and shares no code "
                "with the training images. torchvision prepared the images. Without torchvision, "
                "Pillow prepares them, and a few answers may differ."
            ),
            "",
            "| test | accuracy | correct |",
            "| --- | --: | --: |",
            *rows,
            "",
            "## Limits",
            "",
            *[wrapped(f"- {limit}") for limit in limits],
            "",
        ]
    )


def _unseen(kind: str, measured: dict[str, Any]) -> str:
    """Return what is known about pairs of colour and shape that training never showed."""
    if not any("never seen" in what for what in measured):
        return (
            "Every pair of color and shape was in training. The accuracy on unseen pairs was not "
            "measured. For networks of this size, it is much lower (see the other cards)."
        )
    return (
        "Every pair of color and shape was in training. The accuracy on unseen pairs is much "
        "lower. The table has the results of another network, trained for fewer steps without six "
        f"of the pairs (`{PACKAGE} {kind} UNSEEN/{kind} {WITHOUT}`), on held-out images of these "
        "six pairs and of the other pairs."
    )


def row(name: str) -> str:
    """Return the name of a measurement as the card shows it."""
    shown = name.replace("colour", "color").replace("rectangles askew", "rotated rectangles")
    shown = shown.replace("a pair never seen", "an unseen pair")
    return shown.replace(", of those:", ", other program:")


def wrapped(text: str) -> str:
    """Return a text in lines of a hundred characters."""
    return textwrap.fill(text, 100, subsequent_indent="  " if text.startswith("- ") else "")


if __name__ == "__main__":
    main()
