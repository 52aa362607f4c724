"""Put the demo's unified VLP together: `python -m demo_training.vlp_describe TRAINED FIGURES`.

TRAINED holds the folders `captions` and `answers`, FIGURES is what `vlp_evaluate` printed. Writes
the captioner in float16 with processor and cards, and the answerer in its folder `answers`.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from pathlib import Path
from typing import Any

from advisor.trial.demo import CARD, HOME
from advisor.trial.local_checkpoint import read_checkpoint
from advisor.trial.runtime import library, quiet
from advisor.unified_vlp import (
    UnifiedVLPForAnswering,
    UnifiedVLPForCaptioning,
    UnifiedVLPProcessor,
    UnifiedVLPRegionReader,
)
from demo_training import texts, vlp_ablation
from demo_training.colours import COLOUR_NAMES
from demo_training.describe import WARNING, wrapped
from demo_training.vlp_network import vocabulary

torch: Any = library("torch")
transformers: Any = library("transformers")
NAME, ANSWERS = "unified-vlp", "answers"
SUMMARY = (
    "The network of the 2020 paper in small: one shared transformer, pre-trained under both masks, "
    "fine-tuned once for captions and once for answers."
)
QUESTION = "what shape is in the image?"
LATER = "--batch 64 --rate 1e-3 --detector DETECTOR"
COMMANDS = (
    "detector DETECTOR --steps 10000 --batch 64 --rate 2e-3 --warm_up 200",
    f"pretraining PRETRAINED --steps 2000 --warm_up 100 --seed 12 {LATER}",
    f"captions TRAINED/captions --start PRETRAINED --steps 2500 --warm_up 50 --seed 13 {LATER}",
    f"answers TRAINED/answers --start PRETRAINED --steps 6000 --warm_up 50 --seed 14 {LATER}",
)


def main() -> None:
    """Write the checkpoint and its cards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path)
    parser.add_argument("figures", type=Path, help="what `vlp_evaluate` printed")
    parser.add_argument("folder", type=Path, nargs="?", default=HOME / NAME)
    parser.add_argument("--runs", type=Path, nargs="*", default=[], help="of `vlp_ablation`")
    options = parser.parse_args()
    measured = json.loads(options.figures.read_text(encoding="utf-8"))
    every = [vlp_ablation.told(vlp_ablation.read_runs(file)) for file in options.runs]
    shutil.rmtree(options.folder, ignore_errors=True)
    _save(UnifiedVLPForCaptioning, options.trained / "captions", options.folder)
    _save(UnifiedVLPForAnswering, options.trained / "answers", options.folder / ANSWERS)
    words = sorted({word for text in texts.corpus() for word in re.findall(r"[a-z]+", text)})
    card = {
        "family": "unified-vlp",
        "tasks": ["captioning", "vqa"],
        "folders": {"vqa": ANSWERS},
        "summary": SUMMARY,
        "order": 3,
        "warnings": [WARNING],
        "question": QUESTION,
        "measured": measured,
        "words": words,
    }
    page = _page(options.folder, measured, every)
    (options.folder / "README.md").write_text(page, encoding="utf-8")
    for folder in (options.folder, options.folder / ANSWERS):
        (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        for file in folder.iterdir():
            file.chmod(0o755 if file.is_dir() else 0o644)


def _save(kind: Any, source: Path, folder: Path) -> None:
    """Write one network in float16 with its processor."""
    with quiet():
        network = kind.from_pretrained(source, dtype=torch.float32).half()
        network.save_pretrained(folder)
        tokenizer = transformers.BertTokenizer(vocab=vocabulary(), do_lower_case=True)
        reader = UnifiedVLPRegionReader.of(network.config)
        UnifiedVLPProcessor(reader, tokenizer).save_pretrained(folder)


def _page(folder: Path, measured: dict[str, Any], ablations: list[list[str]]) -> str:
    folders = (folder, folder / ANSWERS)
    weights = [read_checkpoint(each, each.name).weights.parameters for each in folders]
    size = sum(path.stat().st_size for path in folder.rglob("*.safetensors")) / 1e6
    rows = [
        f"| {what} | {found['share']:.1%} | {found['right']} of {found['of']} |"
        for what, found in measured.items()
    ]
    claim = [line for lines in ablations for line in (*lines, "")]
    if claim:
        claim = [
            "## The paper's claim in small",
            "",
            wrapped(CLAIM),
            "",
            *claim,
            wrapped(FOUND),
            "",
        ]
    return "\n".join(
        [
            "# Demo Unified VLP",
            "",
            wrapped(
                f"{SUMMARY} It ships with advisor so that trying costs nothing; it is a toy, not a "
                "recommendation."
            ),
            "",
            wrapped(
                f"{weights[0]:,} parameters for captions (`UnifiedVLPForCaptioning`) and "
                f"{weights[1]:,} for answers (`UnifiedVLPForAnswering`, in the folder `answers`), "
                f"{size:.2f} MB in float16. The classes come with `import advisor.unified_vlp`; "
                "`advisor try` does that by itself."
            ),
            "",
            wrapped(
                "The paper's network looks at regions that a Faster R-CNN found. Here the 16 cells "
                "of a small convolutional network stand in for that detector (`visual: grid`). As in "
                "the paper it is trained first and then left as it is: it learns colour, shape and "
                "where the shape stands from labelled images, and what it sees is stored and given "
                "to the transformer, which sees no pixels in training."
            ),
            "",
            "## Training data",
            "",
            wrapped(
                "100,000 images of one plain shape (64 to 512 pixels a side, white, black, grey and "
                "pastel grounds), drawn by `demo_training/images.py` from a seed, and the training "
                "images of the public easy-vqa set (PyPI `easy-vqa`). No other data. The detector "
                "sees them mirrored and turned as well."
            ),
            "",
            wrapped(
                "Objective of the transformer: hidden words, 3 examples under the "
                "sequence-to-sequence mask to 1 under the bidirectional one; then captions under "
                "the first, and answers (binary cross-entropy on [CLS] times [SEP]) under the "
                "second. 40 % of the words are hidden and at most 4, in place of 15 % and 3: the "
                "texts are short."
            ),
            "",
            "In `examples/demo-training` of advisor's repository:",
            "",
            "```",
            *(f"python -m demo_training.vlp_train {command}" for command in COMMANDS),
            "```",
            "",
            wrapped(
                "On one thread; the same machine writes the same bytes again, and a run that was "
                "cut off goes on. Another kind of processor may round otherwise."
            ),
            "",
            "## Measured",
            "",
            wrapped(
                "`python -m demo_training.vlp_evaluate FOLDER FOLDER/answers` prints these of this "
                "folder. Held-out images are drawn from a seed of their own; the other program "
                "rasterises with NumPy and shares no code with the training images."
            ),
            "",
            "| what | right | of |",
            "| --- | --: | --: |",
            *rows,
            "",
            *claim,
            "## Limits",
            "",
            wrapped(
                "- One shape an image. Photographs, text, several shapes, gradients: it answers all "
                "the same, and confidently wrong."
            ),
            wrapped(
                f"- It knows {len(COLOUR_NAMES)} colours ({', '.join(COLOUR_NAMES)}) and three "
                "shapes; a square is called a rectangle."
            ),
            wrapped(
                "- It answers the question forms of easy-vqa and `where is it?`; other wordings are "
                "guesses. Captions and answers are two fine-tunings, not one network."
            ),
            *([] if claim else [wrapped(NOT_RUN)]),
            "",
        ]
    )


NOT_RUN = (
    "- The paper's claim in small (`python -m demo_training.vlp_ablation`: with and without "
    "pre-training, one mask only, both, three seeds each) was not run for this card."
)
CLAIM = (
    "Short runs of one recipe (`python -m demo_training.vlp_ablation RUNS --detector DETECTOR`): the "
    "same detector, fine-tuning on 2,000 images, with and without pre-training on all images "
    "before. The share of 1,000 held-out images whose caption, and of as many questions whose "
    "answer, is right; the interval is Student's over three seeds, which begin otherwise and see "
    "other batches. The runs stand in `examples/demo-training/runs`."
)

FOUND = (
    "Pre-training makes captions begin quicker, under either mask: after 40 steps half of them or so "
    "are right in place of a twentieth. After 150 steps nothing is left of it: this task is easy "
    "once the detector sees. Answers have hardly begun to be learned in either. Which mask, or both, "
    "is better for what does not show at this size."
)

if __name__ == "__main__":
    main()
