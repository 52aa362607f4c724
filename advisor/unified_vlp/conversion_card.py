"""The card of a converted checkpoint: what it is, where it is from, how it is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.foreign import visible

AUTO = {
    "UnifiedVLPForCaptioning": "AutoModelForImageTextToText",
    "UnifiedVLPForAnswering": "AutoModelForVisualQuestionAnswering",
}
USES = {
    "UnifiedVLPForCaptioning": """\
inputs = processor(images="regions.npz")
print(processor.decode(model.generate(**inputs, num_beams=5)[0]))""",
    "UnifiedVLPForAnswering": """\
inputs = processor(images="regions.npz", text="what is in the picture?")
print(model.answer_texts(model.answers(model(**inputs).logits)))""",
}


def card(file: str, class_name: str, dropped: Mapping[str, str], notes: Sequence[str]) -> str:
    """Return the README.md of a folder that was converted from `file`."""
    left = [f"- `{visible(name)}`: {visible(why)}" for name, why in dropped.items()] or [
        "- nothing"
    ]
    remarks = [f"- {visible(note)}" for note in notes]
    auto = AUTO[class_name]
    return "\n".join(
        [
            "---",
            "license: apache-2.0",
            "library_name: transformers",
            "---",
            "",
            f"# Unified VLP, converted from `{visible(file)}`",
            "",
            "Unified Vision-Language Pre-Training for Image Captioning and VQA (Zhou et al., AAAI 2020,",
            "[arXiv 1909.11059](https://arxiv.org/abs/1909.11059)). The code that trained it is",
            "[LuoweiZhou/VLP](https://github.com/LuoweiZhou/VLP), Apache-2.0. The terms of the data it was",
            "trained on, and of the vocabulary (BERT-base cased), are their own.",
            "",
            "## How to load it",
            "",
            "The class comes with advisor. Without the import, transformers says that it does not know the",
            "model type `unified_vlp`.",
            "",
            "```python",
            "import advisor.unified_vlp",
            f"from transformers import AutoProcessor, {auto}",
            "",
            'folder = "."',
            f"model = {auto}.from_pretrained(folder).eval()",
            "processor = AutoProcessor.from_pretrained(folder)",
            *USES[class_name].splitlines(),
            "```",
            "",
            "## What it takes",
            "",
            "Stored regions of a picture, not its pixels: features (100, 2048), class probabilities",
            "(100, 1601) and boxes (100, 6) of one particular Faster R-CNN,",
            "[detectron-vlp](https://github.com/LuoweiZhou/detectron-vlp) (Python 2, Caffe2, a GPU).",
            "Features of another detector do not fit.",
            "",
            "## What was left out of the file",
            "",
            *left,
            *(["", "## Remarks", "", *remarks] if remarks else []),
            "",
        ]
    )
