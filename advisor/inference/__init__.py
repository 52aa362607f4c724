"""Load checkpoints and run them on pictures: the only door to torch, transformers and Pillow.

Importing this package imports none of them; they are fetched when something is used.

    >>> from advisor.inference import Request, run_trial
    >>> trial = run_trial("demo:clip", "zero-shot-classification", "shape.png",
    ...                   Request(texts=("a red circle", "a blue triangle")))
    >>> trial.answers[0].text
    'a red circle'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.inference.answer import Answer, Reply, Request
    from advisor.inference.checkpoint import Checkpoint
    from advisor.inference.composition import Composition, compose
    from advisor.inference.demo import DemoCheckpoint, demo_checkpoints
    from advisor.inference.download import Download
    from advisor.inference.finetuning import FineTuning, finetune
    from advisor.inference.images import Gallery, Picture, list_images, open_image
    from advisor.inference.resolution import resolve
    from advisor.inference.runner import Runner, load_runner, supported_tasks
    from advisor.inference.trial import Trial, run_trial
    from advisor.inference.vectors import write_vectors

__all__ = [
    "Answer",
    "Checkpoint",
    "Composition",
    "DemoCheckpoint",
    "Download",
    "FineTuning",
    "Gallery",
    "Picture",
    "Reply",
    "Request",
    "Runner",
    "Trial",
    "compose",
    "demo_checkpoints",
    "finetune",
    "list_images",
    "load_runner",
    "open_image",
    "resolve",
    "run_trial",
    "supported_tasks",
    "write_vectors",
]

_HOMES = {
    "answer": ("Answer", "Reply", "Request"),
    "checkpoint": ("Checkpoint",),
    "composition": ("Composition", "compose"),
    "demo": ("DemoCheckpoint", "demo_checkpoints"),
    "download": ("Download",),
    "finetuning": ("FineTuning", "finetune"),
    "images": ("Gallery", "Picture", "list_images", "open_image"),
    "resolution": ("resolve",),
    "runner": ("Runner", "load_runner", "supported_tasks"),
    "trial": ("Trial", "run_trial"),
    "vectors": ("write_vectors",),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
