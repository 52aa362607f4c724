"""The libraries of the `try` extra: fetched at the moment of use, missed with a clear sentence."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator
from typing import Any

from advisor.errors import MissingExtraError

COMMAND = "pip install 'advisor[try]'"


def library(name: str) -> Any:
    """Import a library of the extra; MissingExtraError says how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        top = (error.name or name).partition(".")[0]
        raise MissingExtraError(
            f"running a checkpoint needs the library `{top}`, which is not installed",
            hint=COMMAND,
        ) from error


def transformers() -> Any:
    """Import transformers together with torch, quietly."""
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    library("torch")
    return library("transformers")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence the progress bars, advice and warnings of transformers; ours say what matters."""
    import warnings

    logging = library("transformers.utils.logging")
    # A level set on loggers empties the caches of all of them, which costs as much as a small
    # network takes for a picture; one set on what prints costs nothing.
    printers = list(logging.get_logger().handlers)
    levels = [printer.level for printer in printers]
    bars = logging.is_progress_bar_enabled()
    for printer in printers:
        printer.setLevel(logging.CRITICAL)
    if bars:
        logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for printer, level in zip(printers, levels, strict=True):
            printer.setLevel(level)
        if bars:
            logging.enable_progress_bar()


def versions() -> dict[str, str]:
    """Return the versions of what computes: Python, torch, transformers, Pillow."""
    import platform

    found = {"python": platform.python_version()}
    for name in ("torch", "transformers", "PIL"):
        found[{"PIL": "pillow"}.get(name, name)] = str(library(name).__version__)
    return found
