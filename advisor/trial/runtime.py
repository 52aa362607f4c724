"""The libraries of the `try` extra: imported when used, kept quiet, with plain errors."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
from collections.abc import Iterator
from typing import Any

from advisor.distribution import install_hint
from advisor.errors import AdvisorError, MissingExtraError
from advisor.hub import misset
from advisor.writing import disk_is_full


class InferenceError(AdvisorError, kind="inference"):
    """A checkpoint or an image cannot be used."""


class ImageError(InferenceError, kind="unreadable-image"):
    """A file cannot be read as an image, or does not fit the checkpoint."""


class OutOfMemoryError(InferenceError, kind="out-of-memory"):
    """The checkpoint does not fit into memory."""


class UnsupportedError(InferenceError, kind="unsupported"):
    """The checkpoint, its class or the device does not support the request."""


class BrokenCheckpointError(InferenceError, kind="broken-checkpoint"):
    """The checkpoint's files are damaged, incomplete or not usable by transformers."""


class MissingInputError(InferenceError, kind="missing-input"):
    """The task needs an input that was not passed: labels, a question, other images."""


OWN_CLASSES, OWN_NETWORKS = "UnifiedVLP", "advisor.unified_vlp"
"""Prefix of the classes that transformers lacks, and their module."""
PANIC = "PanicException"
"""The type that tokenizers raises if its Rust code panics; a BaseException without a module."""
NO_MEMORY = ("not enough memory", "can't allocate memory", "out of memory")
"""Phrases of torch's RuntimeError for too little memory."""
DEBUG = "set `ADVISOR_DEBUG=1` to print the traceback"
_PIP = re.compile(r"pip install (?:-U |--upgrade )?([A-Za-z][\w.-]*\w)")
_LIBRARY = re.compile(r"requires? the (\w+) library but it was not found", re.IGNORECASE)


def library(name: str, extra: str = "try", what: str = "running a checkpoint") -> Any:
    """Import a library of an extra; MissingExtraError names `what` needs it and how to install it.

    The threads of torch are set to sleep while they wait, which only works before its import:
    spinning threads make small networks up to twenty times slower beside other work.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        return importlib.import_module(name)
    except ImportError as error:
        top = (error.name or name).partition(".")[0]
        raise MissingExtraError(
            f"{what} needs the library `{top}`, which is not installed",
            hint=install_hint(extra),
        ) from error
    except ValueError as error:
        raise misset(name, error) from error


def transformers() -> Any:
    """Import transformers together with torch, quietly."""
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    library("torch")
    return library("transformers")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence the progress bars, advice and warnings of transformers, and forbid Hub requests.

    advisor's own warnings report the relevant facts.
    """
    import warnings

    hub = library("huggingface_hub.constants")
    offline = hub.HF_HUB_OFFLINE
    logging = library("transformers.utils.logging")
    # A level set on loggers empties the caches of all of them, which costs as much as a small
    # network takes for an image; one set on what prints costs nothing.
    levels = {printer: printer.level for printer in logging.get_logger().handlers}
    bars = logging.is_progress_bar_enabled()
    for printer in levels:
        printer.setLevel(logging.CRITICAL)
    if bars:
        logging.disable_progress_bar()
    hub.HF_HUB_OFFLINE = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        hub.HF_HUB_OFFLINE = offline
        for printer, level in levels.items():
            printer.setLevel(level)
        if bars:
            logging.enable_progress_bar()


def network_class(name: str) -> Any:
    """Return a class of transformers or of advisor by name; None if it does not exist.

    Importing advisor's own classes registers them with the Auto classes of this process.
    """
    if name.startswith(OWN_CLASSES):
        return getattr(library(OWN_NETWORKS), name, None)
    return getattr(transformers(), name, None)


def versions() -> dict[str, str]:
    """Return the versions of Python, torch, transformers and Pillow."""
    import platform

    libraries = {"torch": "torch", "transformers": "transformers", "pillow": "PIL"}
    computing = {name: str(library(module).__version__) for name, module in libraries.items()}
    return {"python": platform.python_version(), **computing}


@contextlib.contextmanager
def plain_errors(name: str) -> Iterator[None]:
    """Turn errors of torch and transformers while they use `name` into an AdvisorError."""
    try:
        yield
    except AdvisorError:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != PANIC:
            raise
        match = _PIP.search(str(error)) or _LIBRARY.search(str(error))
        needed = match[1].lower() if match else ""
        if isinstance(error, ModuleNotFoundError) and not needed:
            needed = error.name or ""
        if needed or isinstance(error, ImportError):
            raise MissingExtraError(
                f"`{name}` needs a library that is not installed: {needed or first_words(error)}",
                hint=f"pip install {needed}" if needed else install_hint("try"),
            ) from error
        no_memory = isinstance(error, (MemoryError, library("torch").OutOfMemoryError))
        if no_memory or (
            isinstance(error, RuntimeError) and any(sign in str(error) for sign in NO_MEMORY)
        ):
            raise OutOfMemoryError(
                f"running `{name}` used up the memory",
                hint="try a smaller checkpoint, --dtype bfloat16, or a smaller image",
            ) from error
        if disk_is_full(error):
            raise InferenceError(
                f"the disk is full, so `{name}` was not written completely",
                hint="free some disk space and run the command again",
                kind="disk-full",
            ) from error
        message, hint = f"transformers cannot use `{name}`: {first_words(error)}", DEBUG
        if _asks_the_hub(error):
            message = (
                f"`{name}` refers to files in other Hub repositories, which advisor does not "
                "download"
            )
            hint = "put those files into the checkpoint folder, or choose another checkpoint"
        raise BrokenCheckpointError(message, hint=hint) from error


def _asks_the_hub(error: BaseException | None) -> bool:
    """Return whether an error, or one of its causes, is that of a Hub request while offline."""
    errors = library("huggingface_hub.errors")
    while error is not None:
        if isinstance(error, (errors.OfflineModeIsEnabled, errors.LocalEntryNotFoundError)):
            return True
        error = error.__cause__ or error.__context__
    return False


def first_words(error: BaseException) -> str:
    """Return the message of an error as one line of at most 300 characters."""
    return " ".join(str(error).split())[:300] or type(error).__name__
