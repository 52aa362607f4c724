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


CARD = """\
---
license: apache-2.0
library_name: transformers
---

# Unified VLP, converted from `{file}`

Unified Vision-Language Pre-Training for Image Captioning and VQA (Zhou et al., AAAI 2020,
[arXiv 1909.11059](https://arxiv.org/abs/1909.11059)). The code that trained it is
[LuoweiZhou/VLP](https://github.com/LuoweiZhou/VLP), Apache-2.0. The terms of the data it was
trained on, and of the vocabulary (BERT-base cased), are their own.

The class comes with advisor. Without the import, transformers says that it does not know the
model type `unified_vlp`.

```python
import advisor.unified_vlp
from transformers import AutoProcessor, {auto}

folder = "."
model = {auto}.from_pretrained(folder).eval()
processor = AutoProcessor.from_pretrained(folder)
{use}
```

It takes stored regions of a picture, not its pixels: features (100, 2048), class probabilities
(100, 1601) and boxes (100, 6) of one particular Faster R-CNN,
[detectron-vlp](https://github.com/LuoweiZhou/detectron-vlp) (Python 2, Caffe2, a GPU).
Features of another detector do not fit.

## Left out of the file, and remarks

{left}
"""


def card(file: str, class_name: str, dropped: Mapping[str, str], notes: Sequence[str]) -> str:
    """Return the README.md of a folder that was converted from `file`."""
    lines = [f"`{name}`: {why}" for name, why in dropped.items()] + list(notes)
    return CARD.format(
        file=visible(file),
        auto=AUTO[class_name],
        use=USES[class_name],
        left="\n".join(f"- {visible(line)}" for line in lines) or "- nothing",
    )
