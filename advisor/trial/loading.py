"""Loading a network with the class its use needs, and reading the loading report."""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Iterator
from typing import Any

from advisor.errors import AdvisorError, MissingExtraError
from advisor.trial import peak_memory
from advisor.trial.extra import COMMAND as EXTRA
from advisor.trial.extra import library, quiet, transformers
from advisor.trial.failures import (
    BrokenCheckpointError,
    DiskFullError,
    OutOfMemoryError,
    UnsupportedError,
    WeightsMismatchError,
)
from advisor.trial.local_checkpoint import Checkpoint
from advisor.trial.model_types import Row
from advisor.trial.placement import Placement

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
PIP = re.compile(r"pip install (?:-U |--upgrade )?([A-Za-z][\w.-]*\w)")
LIBRARY = re.compile(r"requires? the (\w+) library but it was not found", re.IGNORECASE)
FROM_DISK = {"local_files_only": True, "trust_remote_code": False}


def load_network(
    checkpoint: Checkpoint, row: Row, placement: Placement, *, pretrained_only: bool = False
) -> tuple[Any, tuple[str, ...]]:
    """Return the network in evaluation mode on its device, and what the user should know.

    Weights that the class needs and the file lacks are refused (they would be random numbers),
    unless the checkpoint is known to be pre-trained only; then they are a warning.
    """
    loader = row.import_class()
    if loader is None:
        raise UnsupportedError(
            f"the installed transformers {transformers().__version__} has no class `{row.loads}`",
            hint="pip install --upgrade transformers",
        )
    peak_memory.refuse_what_does_not_fit(checkpoint.name, checkpoint.weights, placement)
    with plain_errors(checkpoint.name), quiet():
        network, report = loader.from_pretrained(
            checkpoint.folder,
            dtype=placement.torch_dtype,
            use_safetensors=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
            **FROM_DISK,
        )
        network = network.to(placement.device).eval()
    notes = _judge(checkpoint, row, network, report, pretrained_only)
    return network, notes


def load_part(checkpoint: Checkpoint, class_name: str) -> Any:
    """Load a tokenizer, image processor or processor by the name of its class."""
    with plain_errors(checkpoint.name), quiet():
        part = getattr(transformers(), class_name).from_pretrained(checkpoint.folder, **FROM_DISK)
    _refuse_no_words(checkpoint, getattr(part, "tokenizer", part))
    return part


def _refuse_no_words(checkpoint: Checkpoint, tokenizer: Any) -> None:
    """Raise where transformers made a tokenizer of nothing, since its files are missing."""
    added = getattr(tokenizer, "added_tokens_decoder", None)
    if added is not None and len(tokenizer) <= len(added):
        raise BrokenCheckpointError(
            f"the tokenizer of `{checkpoint.name}` knows no words: its files are missing",
            hint="fetch the checkpoint again, with tokenizer.json or what it keeps its words in",
            kind="incomplete-checkpoint",
        )


def load_processor(checkpoint: Checkpoint) -> Any:
    """Return the processor, or None where the folder has none that unites picture and text.

    Too little memory and a library that is missing are raised: they say nothing of the folder.
    """
    try:
        processor = load_part(checkpoint, "AutoProcessor")
    except BrokenCheckpointError:
        return None
    whole = hasattr(processor, "image_processor") and hasattr(processor, "tokenizer")
    return processor if whole else None


@contextlib.contextmanager
def plain_errors(name: str) -> Iterator[None]:
    """Turn what torch and transformers raise into one of our sentences."""
    try:
        yield
    except AdvisorError:
        raise
    except MemoryError as error:
        raise _no_room(name) from error
    except ImportError as error:
        needed = _needed(error)
        raise MissingExtraError(
            f"`{name}` needs the library {needed}, which is not installed"
            if needed
            else f"`{name}` needs a library that is not installed: {_first_words(error)}",
            hint=f"pip install {needed}" if needed else EXTRA,
        ) from error
    except Exception as error:
        if isinstance(error, library("torch").OutOfMemoryError) or _says_no_room(error):
            raise _no_room(name) from error
        if says_disk_full(error):
            raise DiskFullError(
                f"the disk filled up while `{name}` was written",
                hint="free some space and start again",
            ) from error
        if needed := _needed(error):
            raise MissingExtraError(
                f"`{name}` needs the library {needed}, which is not installed",
                hint=f"pip install {needed}",
            ) from error
        raise BrokenCheckpointError(
            f"transformers cannot use `{name}`: {_first_words(error)}",
            hint="`ADVISOR_DEBUG=1` shows where it failed",
        ) from error


def _needed(error: BaseException) -> str:
    """Return the package that an error of transformers asks for, empty where it asks for none."""
    found = PIP.search(str(error)) or LIBRARY.search(str(error))
    if found:
        return found[1].lower()
    return getattr(error, "name", None) or "" if isinstance(error, ModuleNotFoundError) else ""


def _first_words(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def says_disk_full(error: BaseException | None) -> bool:
    """Return whether an error, or what it came from, is a disk or a quota that is full.

    The weights' library passes on only the text of the system's error.
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if any(f"os error {number})" in str(error) for number in FULL):
            return True
        error = error.__cause__ or error.__context__
    return False


def _says_no_room(error: Exception) -> bool:
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "not enough memory" in text or "can't allocate memory" in text or "out of memory" in text
    )


def _no_room(name: str) -> OutOfMemoryError:
    return OutOfMemoryError(
        f"the memory ran out while `{name}` was used",
        hint="try a smaller checkpoint, --dtype bfloat16, or a smaller picture",
    )


def _judge(
    checkpoint: Checkpoint, row: Row, network: Any, report: dict[str, Any], pretrained_only: bool
) -> tuple[str, ...]:
    name, class_name = checkpoint.name, type(network).__name__
    missing = sorted(
        key for key in report.get("missing_keys", ()) if not key.startswith(row.harmless)
    )
    mismatched = sorted(str(each[0]) for each in report.get("mismatched_keys", ()))
    lacking = missing + mismatched
    notes = []
    if lacking:
        parts = _parts(lacking)
        if not pretrained_only:
            made = f"; it was saved from {_classes(checkpoint)}" if checkpoint.architectures else ""
            raise WeightsMismatchError(
                f"`{name}` lacks {len(lacking)} of the weights that {class_name} needs ({parts}), "
                f"so its answers would be random{made}",
                hint="choose a checkpoint that was fine-tuned for this task",
            )
        notes.append(
            f"{len(lacking)} weights are random ({parts}): `{name}` is only pre-trained and must "
            "be fine-tuned before its answers mean anything"
        )
    elif pretrained_only:
        notes.append(f"`{name}` is only pre-trained: fine-tune it before you judge its answers")
    unused = sorted(report.get("unexpected_keys", ()))
    made_for_this = not checkpoint.architectures or class_name in checkpoint.architectures
    if unused and not made_for_this:
        notes.append(
            f"`{name}` was saved from {_classes(checkpoint)} and is loaded as {class_name}: "
            f"{len(unused)} of its weights stay unused ({_parts(unused)})"
        )
    return tuple(notes)


def _classes(checkpoint: Checkpoint) -> str:
    return " and ".join(checkpoint.architectures)


def _parts(keys: list[str]) -> str:
    """Return the outermost parts that a list of weight names belongs to."""
    parts = list(dict.fromkeys(key.split(".")[0] for key in keys))
    return ", ".join(parts[:4]) + (", ..." if len(parts) > 4 else "")
