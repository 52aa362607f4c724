"""Write the cards of the demo checkpoints: `python -m advisor.inference.demo.describe FOLDER`.

Runs the evaluation and writes, beside each checkpoint, a README.md for people and an
advisor_card.json for the runners. The figures are the evaluation's, to the digit.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.inference.checkpoint import read_checkpoint
from advisor.inference.demo import HOME, evaluate, texts
from advisor.inference.demo.cards import CARD, read_card
from advisor.inference.demo.colours import COLOUR_NAMES

WARNING = (
    "a demo: it knows only plain pictures of one circle, rectangle or triangle; about anything "
    "else it is confidently wrong"
)
PACKAGE = "python -m advisor.inference.demo.train"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """What a card says beyond the figures."""

    title: str
    summary: str
    family: str
    tasks: tuple[str, ...]
    classes: tuple[str, ...]
    objective: str
    recipe: tuple[str, ...]
    limits: tuple[str, ...] = ()
    remark: str = ""


EARLIER = (
    "The first phase of these weights ran on an earlier version of the drawing script (shapes from "
    "13 % of the side up, instead of 15 %), so a rerun gives a network as good, not the same bytes."
)
PORTRAITS = {
    "clip": Portrait(
        title="Demo CLIP",
        summary="A small CLIP that ranks the labels you name for a picture of one plain shape.",
        family="clip",
        tasks=("zero-shot-classification",),
        classes=("CLIPModel",),
        objective="Contrastive, with every true text of a batch as a positive.",
        recipe=(
            f"{PACKAGE} clip FIRST --steps 3400",
            f"{PACKAGE} clip FOLDER --start FIRST --steps 1000 --rate 5e-4 --seed 12",
        ),
        limits=(
            "Some names overlap: a navy shape may also be called blue. Such pairs were left out "
            "of training, so do not offer both as labels.",
        ),
    ),
    "vision-encoder-decoder": Portrait(
        title="Demo VisionEncoderDecoder",
        summary="A small ViT joined to a small BERT decoder; writes colour, shape and place.",
        family="vision-encoder-decoder",
        tasks=("captioning",),
        classes=("VisionEncoderDecoderModel",),
        objective="Cross-entropy of the caption given the picture.",
        recipe=(
            f"{PACKAGE} vision-encoder-decoder FIRST --steps 2800",
            f"{PACKAGE} vision-encoder-decoder FOLDER --start FIRST --steps 2400 --batch 64 "
            "--rate 5e-4 --seed 12",
        ),
        limits=("It takes no question and no prompt.",),
        remark=EARLIER,
    ),
    "blip": Portrait(
        title="Demo BLIP",
        summary="A small BLIP: one set of weights writes captions, answers questions and matches.",
        family="unified-vlp",
        tasks=("captioning", "vqa", "image-text-matching"),
        classes=(
            "BlipForConditionalGeneration",
            "BlipForQuestionAnswering",
            "BlipForImageTextRetrieval",
        ),
        objective="Captioning, answering and matching together, as in the BLIP paper.",
        recipe=(
            f"{PACKAGE} blip FIRST --steps 2800",
            f"{PACKAGE} blip FOLDER --start FIRST --steps 2400 --batch 64 --rate 5e-4 --seed 12",
        ),
        limits=(
            "It answers the question forms of easy-vqa and `where is it?`; other wordings are "
            "guesses.",
        ),
        remark=EARLIER,
    ),
}


def main() -> None:
    """Evaluate and describe the checkpoints of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=HOME)
    parser.add_argument("--kind", choices=sorted(PORTRAITS))
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--keep", action="store_true", help="keep the figures of the card")
    options = parser.parse_args()
    for order, kind in enumerate(PORTRAITS):
        if options.kind in {None, kind}:
            folder = options.folder / kind
            measured = read_card(folder).get("measured") if options.keep else None
            measured = measured or evaluate.MEASURES[kind](folder, options.count)
            describe(folder, PORTRAITS[kind], measured, order)
            sys.stdout.write(json.dumps({kind: measured}, indent=2) + "\n")


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
        "measured": measured,
        "words": words,
    }
    (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_page(folder, portrait, measured), encoding="utf-8")


def _page(folder: Path, portrait: Portrait, measured: dict[str, Any]) -> str:
    weights = read_checkpoint(folder, folder.name).weights
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors")) / 1e6
    rows = [
        f"| {what} | {found['share']:.1%} | {found['right']} of {found['of']} |"
        for what, found in measured.items()
    ]
    limits = [
        "One shape a picture. Photographs, text, several shapes, gradients: it answers all the "
        "same, and confidently wrong.",
        f"It knows {len(COLOUR_NAMES)} colours ({', '.join(COLOUR_NAMES)}) and three shapes; a "
        "square is called a rectangle.",
        "Every pair of colour and shape was in training, so these figures say nothing about pairs "
        "never seen; small networks like this one are known to do much worse on those.",
        "Small shapes (under a fifth of the picture's side) and turned rectangles are wrong most "
        "often: one in eight and one in seven when the VisionEncoderDecoder demo was checked.",
        *portrait.limits,
    ]
    return "\n".join(
        [
            f"# {portrait.title}",
            "",
            _wrapped(
                f"{portrait.summary} It ships with advisor so that trying costs nothing; it is a "
                "toy, not a recommendation."
            ),
            "",
            _wrapped(
                f"{weights.parameters:,} parameters, {size:.2f} MB in float16. Classes: "
                f"{', '.join(f'`{name}`' for name in portrait.classes)}."
            ),
            "",
            "## Training data",
            "",
            "60,000 pictures of one plain shape (64 to 512 pixels a side, white, black, grey and",
            "pastel grounds), drawn by `advisor/inference/demo/pictures.py` from a seed, and the",
            "training pictures of the public easy-vqa set (PyPI `easy-vqa`). No other data.",
            f"Objective: {portrait.objective}",
            "",
            "```",
            *portrait.recipe,
            "```",
            "",
            *([_wrapped(portrait.remark), ""] if portrait.remark else []),
            "## Measured",
            "",
            "`python -m advisor.inference.demo.evaluate` prints these. Held-out pictures come from",
            "a seed of their own; the other program rasterises with NumPy and shares no code with",
            "the training pictures.",
            "",
            "| what | right | of |",
            "| --- | --: | --: |",
            *rows,
            "",
            "## Limits",
            "",
            *[_wrapped(f"- {limit}") for limit in limits],
            "",
        ]
    )


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 100, subsequent_indent="  " if text.startswith("- ") else "")


if __name__ == "__main__":
    main()
