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
from demo_training.describe import WARNING, row, wrapped
from demo_training.vlp_network import vocabulary

torch: Any = library("torch")
transformers: Any = library("transformers")
NAME, ANSWERS = "unified-vlp", "answers"
SUMMARY = (
    "A small version of the network of the 2020 paper. One shared transformer is pre-trained with "
    "both masks, and fine-tuned once for captions and once for answers."
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
        f"| {row(what)} | {found['share']:.1%} | {found['right']} of {found['of']} |"
        for what, found in measured.items()
    ]
    claim = [line for lines in ablations for line in (*lines, "")]
    if claim:
        claim = [
            "## The claim of the paper, tested with small networks",
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
                f"{SUMMARY} The model is included in advisor for a first try without a download. It "
                "is a demo, not a recommendation."
            ),
            "",
            wrapped(
                f"{weights[0]:,} parameters for captions (`UnifiedVLPForCaptioning`) and "
                f"{weights[1]:,} for answers (`UnifiedVLPForAnswering`, in the folder `answers`), "
                f"{size:.2f} MB in float16. `import advisor.unified_vlp` loads the classes, and "
                "`advisor try` imports them itself."
            ),
            "",
            wrapped(
                "The input of the paper's network is region features from a Faster R-CNN. Here, the "
                "16 cells of a small convolutional network replace this detector (`visual: grid`). "
                "As in the paper, the detector is trained first and then frozen. The detector learns "
                "the color, shape and position of the shape from labeled images. Its stored features "
                "are the input of the transformer, which uses no pixels in training."
            ),
            "",
            "## Training data",
            "",
            wrapped(
                "100,000 images with one plain shape (64 to 512 pixels per side, with white, black, "
                "gray and pastel backgrounds), drawn by `demo_training/images.py` from a seed, and "
                "the training images of the public easy-vqa set (PyPI `easy-vqa`). No other data. "
                "The training of the detector also uses mirrored and rotated copies."
            ),
            "",
            wrapped(
                "The objective of the transformer is masked words, with 3 examples under the "
                "sequence-to-sequence mask for each example under the bidirectional mask. Then the "
                "transformer is fine-tuned for captions under the first mask, and for answers "
                "(binary cross-entropy on [CLS] times [SEP]) under the second. 40 % of the words are "
                "masked, at most 4. The paper masks 15 %, at most 3, but these texts are short."
            ),
            "",
            "In `examples/demo-training` of advisor's repository:",
            "",
            "```",
            *(f"python -m demo_training.vlp_train {command}" for command in COMMANDS),
            "```",
            "",
            wrapped(
                "Training uses one thread. The same machine writes the same bytes again, and the "
                "same command resumes an interrupted run. Another processor type may round "
                "differently."
            ),
            "",
            "## Measured",
            "",
            wrapped(
                "`python -m demo_training.vlp_evaluate FOLDER FOLDER/answers` prints these results. "
                "Held-out images use a separate seed. The other program draws with NumPy and shares "
                "no code with the training images."
            ),
            "",
            "| test | accuracy | correct |",
            "| --- | --: | --: |",
            *rows,
            "",
            *claim,
            "## Limits",
            "",
            wrapped(
                "- Images have one shape. On photos, text, several shapes or gradients, the model "
                "still answers, but the answer is wrong, with a high score."
            ),
            wrapped(
                f"- The model recognizes {len(COLOUR_NAMES)} colors ({', '.join(COLOUR_NAMES)}) and "
                "three shapes. A square counts as a rectangle."
            ),
            wrapped(
                "- The model answers the question forms of easy-vqa and `where is it?`. Answers to "
                "other questions are guesses. Captions and answers have separate fine-tuned weights."
            ),
            *([] if claim else [wrapped(NOT_RUN)]),
            "",
        ]
    )


NOT_RUN = (
    "- The test of the paper's claim (`python -m demo_training.vlp_ablation`: with and without "
    "pre-training, one mask only, both, three seeds each) was not run for this card."
)
CLAIM = (
    "These are short runs (`python -m demo_training.vlp_ablation RUNS --detector DETECTOR`). All "
    "runs use the same detector and fine-tuning on 2,000 images, with or without pre-training on all "
    "images. The values are the accuracy of captions on 1,000 held-out images and of answers on "
    "1,000 held-out questions, with a 95 % interval (Student's t) over three seeds. A seed sets the "
    "initial weights and the batches. The results are in `examples/demo-training/runs`."
)

FOUND = (
    "With pre-training, the caption accuracy rises faster with either mask. After 40 steps it is "
    "about a half instead of a twentieth. After 150 steps, pre-training makes no difference, because "
    "the detector makes the task easy. The answer accuracy is low in all runs. Networks of this size "
    "do not show which mask is better for which task."
)

if __name__ == "__main__":
    main()
