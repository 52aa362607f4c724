"""Load checkpoints and run them on images: the only door to torch, transformers and Pillow.

Importing this package imports none of them; they are fetched when something is used.

    >>> from advisor.trial import Request, run_trial
    >>> trial = run_trial("demo:clip", "zero-shot-classification", "shape.png",
    ...                   Request(texts=("a red circle", "a blue triangle")))
    >>> trial.answers[0].text
    'a red circle'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.trial.answer import Answer, Reply, Request
    from advisor.trial.composition import Composition, compose
    from advisor.trial.demo import DemoCheckpoint, demo_checkpoints
    from advisor.trial.download import Download
    from advisor.trial.finetuning import FineTuning, finetune
    from advisor.trial.images import Gallery, OpenedImage, list_images, open_image
    from advisor.trial.local_checkpoint import Checkpoint
    from advisor.trial.resolution import resolve
    from advisor.trial.runner import Runner, load_runner, supported_tasks
    from advisor.trial.trial import Trial, run_trial
    from advisor.trial.vectors import write_vectors

__all__ = [
    "Answer",
    "Checkpoint",
    "Composition",
    "DemoCheckpoint",
    "Download",
    "FineTuning",
    "Gallery",
    "OpenedImage",
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
    "local_checkpoint": ("Checkpoint",),
    "composition": ("Composition", "compose"),
    "demo": ("DemoCheckpoint", "demo_checkpoints"),
    "download": ("Download",),
    "finetuning": ("FineTuning", "finetune"),
    "images": ("Gallery", "OpenedImage", "list_images", "open_image"),
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
