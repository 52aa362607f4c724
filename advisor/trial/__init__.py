"""Load checkpoints and run them on images: the only door to torch, transformers and Pillow.

Importing this package imports none of them; they are fetched when something is used.

    >>> from advisor.trial import Request, run_trial
    >>> trial = run_trial("demo:clip", "zero-shot-classification", "shape.png",
    ...                   Request(texts=("a red circle", "a blue triangle")))
    >>> trial.answers[0].text
    'a red circle'
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "answer": ("Request", "write_vectors"),
    "composition": ("compose", "finetune"),
    "demo": ("demo_checkpoints",),
    "images": ("OpenedImage", "list_images", "open_image"),
    "resolution": ("Download", "Loading", "resolve"),
    "runner": ("Runner", "load_runner", "supported_tasks"),
    "attempt": ("Trial", "run_trial"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
