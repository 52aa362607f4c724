"""Tensors of an untrusted pickle file: a child process unpickles it and writes safetensors.

torch's `weights_only` runs no code, but a few bytes can make it use gigabytes or hours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from advisor.child import MB, NO_MEMORY, ChildError, LimitExceededError, Limits, run_in_child
from advisor.errors import AdvisorError, refused_path
from advisor.writing import FREE_SPACE, disk_is_full, passing_folder

COPIES = 5
"""Most copies of a file in memory: read, aliases as separate tensors, and written."""
SPARE_MB = 256
READ_MB_PER_SECOND = 20
"""Unpickling speed of the slowest machine; with its disk it may take four times as long."""
SPARE_SECONDS = 20


class PickledError(AdvisorError, kind="not-tensors"):
    """A file has values other than named tensors of real numbers, or exceeds its limits."""


def tensors_of(file: Path) -> dict[str, Any]:
    """Return name -> tensor for a file of `torch.save`.

    The limits of memory and time follow from the file's size. Raises PickledError if the file has
    other values or exceeds the limits, and AdvisorError for errors of the system.
    """
    from safetensors.torch import load

    size_mb = file.stat().st_size / MB
    seconds = SPARE_SECONDS + size_mb / READ_MB_PER_SECOND
    limits = Limits(
        memory_mb=SPARE_MB + COPIES * size_mb, cpu_seconds=seconds, wall_seconds=4 * seconds
    )
    with passing_folder() as scratch:
        safe = scratch / "model.safetensors"
        try:
            run_in_child(write_safe, str(file), str(safe), limits=limits, imports=("torch",))
            return dict(load(safe.read_bytes()))
        except OSError as error:
            raise refused_path(error) from error
        except LimitExceededError as error:
            raise PickledError(
                f"loading `{file}` exceeds the memory or time limit for a file of {size_mb:,.1f} MB"
            ) from error
        except ChildError as error:
            if disk_is_full(error):
                raise AdvisorError(
                    f"the disk has no space for a copy of `{file}`", hint=FREE_SPACE
                ) from error
            if error.kind != PickledError.__name__:
                raise AdvisorError(f"`{file}` cannot be read: {error}") from error
            raise PickledError(f"`{file}` {error}") from error


def write_safe(file: str, safe: str) -> None:
    """Unpickle named tensors in `file` and write them to `safe` as safetensors; runs in a child.

    Raises PickledError for other values.
    """
    import torch
    from safetensors.torch import save_file

    try:
        stored = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        if isinstance(error, (MemoryError, OSError)) or NO_MEMORY in str(error):
            raise
        raise PickledError(
            "is not a state dict of tensors, and advisor unpickles only tensors"
        ) from error
    if not isinstance(stored, dict) or not all(
        isinstance(name, str) and _is_plain(value) for name, value in stored.items()
    ):
        raise PickledError("has values that are not named tensors")
    dense = torch.contiguous_format
    save_file({name: value.clone(memory_format=dense) for name, value in stored.items()}, safe)


def _is_plain(value: Any) -> bool:
    """True for a dense CPU tensor of real numbers: not nested, quantized, sparse or complex."""
    import torch

    if not isinstance(value, torch.Tensor) or value.is_nested or value.is_quantized:
        return False
    return value.layout is torch.strided and value.device.type == "cpu" and not value.is_complex()
