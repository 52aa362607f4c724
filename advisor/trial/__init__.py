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
    from advisor.trial.answer import Request as Request
    from advisor.trial.answer import write_vectors as write_vectors
    from advisor.trial.composition import compose as compose
    from advisor.trial.composition import finetune as finetune
    from advisor.trial.demo import demo_checkpoints as demo_checkpoints
    from advisor.trial.images import OpenedImage as OpenedImage
    from advisor.trial.images import list_images as list_images
    from advisor.trial.images import open_image as open_image
    from advisor.trial.resolution import Download as Download
    from advisor.trial.resolution import Loading as Loading
    from advisor.trial.resolution import resolve as resolve
    from advisor.trial.runner import Runner as Runner
    from advisor.trial.runner import load_runner as load_runner
    from advisor.trial.runner import supported_tasks as supported_tasks
    from advisor.trial.trial import Trial as Trial
    from advisor.trial.trial import run_trial as run_trial

_HOMES = {
    "answer": ("Request", "write_vectors"),
    "composition": ("compose", "finetune"),
    "demo": ("demo_checkpoints",),
    "images": ("OpenedImage", "list_images", "open_image"),
    "resolution": ("Download", "Loading", "resolve"),
    "runner": ("Runner", "load_runner", "supported_tasks"),
    "trial": ("Trial", "run_trial"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
