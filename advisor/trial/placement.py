"""The device and precision of a checkpoint, and the memory there, free and at its peak.

Peaks are in MB of 2^20 bytes, of the GPU if one is used. `decide.memory` estimates the memory that
a checkpoint needs.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.decide.memory import BYTES, MB, OVERHEAD_MB, file_dtype, loaded_dtype, weights_mb
from advisor.errors import check_name
from advisor.model import Checkpoint
from advisor.trial.local_checkpoint import Weights
from advisor.trial.runtime import OutOfMemoryError, UnsupportedError, library

QUANTIZED = {"8-bit": 1.0, "4-bit": 0.5}
"""Bytes of a weight of a linear layer; other weights stay in the precision of computation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A device and a precision, as named by torch, or one of `QUANTIZED`.

    A quantized network computes in `computes_in`.
    """

    device: str
    dtype: str
    computes_in: str = ""

    @property
    def torch_dtype(self) -> Any:
        """The torch dtype of the computation."""
        return getattr(library("torch"), self.computes_in or self.dtype)

    @property
    def on_cuda(self) -> bool:
        """True on a CUDA device."""
        return self.device.startswith("cuda")


def place(
    device: str = "auto",
    dtype: str | None = None,
    weights: Weights | None = None,
    listed: Checkpoint | None = None,
) -> Placement:
    """Choose device and precision; `auto` takes CUDA, then Apple's GPU, then the CPU.

    Without `dtype` a GPU computes in bfloat16 if it can, else in float16. A CPU computes in the
    precision of the memory estimate: that of `weights` if it has two bytes (else float32), or that
    in which `decide.memory` loads a `listed` catalog checkpoint, if this differs from its file.
    Raises UnsupportedError for a missing device, or quantization on Apple's GPU.
    """
    if dtype in QUANTIZED:
        library("bitsandbytes", "quantize", "--quantize")
        placement = place(device, None, weights, listed)
        if placement.device.startswith("mps"):
            raise UnsupportedError(
                f"bitsandbytes does not quantize on `{placement.device}`",
                hint="pass --torch-device cpu, or --dtype float16 instead of --quantize",
                kind="no-such-device",
            )
        return Placement(device=placement.device, dtype=dtype, computes_in=placement.dtype)
    torch = library("torch")
    if dtype is not None:
        check_name("dtype", dtype, BYTES, "dtypes")
    number_of = {
        "cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": int(torch.backends.mps.is_available()),
        "cpu": 1,
    }
    if device == "auto":
        device = next(kind for kind, number in number_of.items() if number)
    kind, number = "", 0
    with contextlib.suppress(RuntimeError):  # of a name that torch does not know
        kind, number = torch.device(device).type, torch.device(device).index or 0
    if number >= number_of.get(kind, 0):
        raise UnsupportedError(
            f"torch finds no device `{device}` on this machine",
            hint="use auto, cpu, cuda or mps",
            kind="no-such-device",
        )
    if kind == "cpu":
        usual = weights.dtype if weights and BYTES.get(weights.dtype) == 2 else "float32"
        if listed and loaded_dtype(listed) != file_dtype(listed):
            usual = loaded_dtype(listed)
        return Placement(device="cpu", dtype=dtype or usual)
    bfloat16 = kind == "cuda" and torch.cuda.is_bf16_supported()
    return Placement(device=device, dtype=dtype or ("bfloat16" if bfloat16 else "float16"))


def estimated_mb(weights: Weights, placement: Placement) -> float:
    """Return the estimated peak MB of loading and running once on the device."""
    loaded = weights_mb(weights.parameters, placement.computes_in or placement.dtype)
    if placement.dtype in QUANTIZED:  # tables of words are not
        tables = weights_mb(weights.table_parameters, placement.computes_in)
        rest = weights.parameters - weights.table_parameters
        loaded = tables + rest * QUANTIZED[placement.dtype] / MB
    if placement.device != "cpu":
        return loaded
    read = 0 if weights.dtype == placement.dtype else weights.stored_bytes / MB
    return OVERHEAD_MB + loaded + read


def refuse_what_does_not_fit(name: str, weights: Weights, placement: Placement) -> None:
    """Raise OutOfMemoryError before loading if the free memory is clearly too small."""
    needed = estimated_mb(weights, placement)
    free = available_mb(placement)
    if free is None or needed - OVERHEAD_MB <= free:
        return
    smaller = "--dtype bfloat16" if placement.dtype == "float32" else "--quantize 8 or 4"
    smaller = "a smaller checkpoint" if placement.dtype in QUANTIZED else smaller
    raise OutOfMemoryError(
        f"`{name}` needs about {needed / 1024:.1f} GB of memory in {placement.dtype}, and "
        f"{free / 1024:.1f} GB are free",
        hint=f"try {smaller}",
    )


def available_mb(placement: Placement) -> float | None:
    """Return the free MB of the device, or None if the system does not tell."""
    if placement.on_cuda:
        return float(library("torch").cuda.mem_get_info(placement.device)[0]) / MB
    if placement.device != "cpu":
        return None
    limits = [field_mb("/proc/meminfo", "MemAvailable:")]
    with contextlib.suppress(OSError, ValueError):  # what a control group (a container) allows
        group = Path("/sys/fs/cgroup")
        limit = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
        limits.append((limit - used) / MB)
    return min((limit for limit in limits if limit is not None), default=None)


def begin_peak(placement: Placement) -> None:
    """Return unused memory to the system and reset the peak, as far as the system supports it."""
    import ctypes
    import gc

    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    torch = library("torch")
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if placement.on_cuda:
        torch.cuda.reset_peak_memory_stats(placement.device)
        return
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_mb(placement: Placement) -> float | None:
    """Return the peak MB since `begin_peak`, of this process or of the GPU; None if unknown.

    If the system cannot reset the peak, it is that since the start of the process.
    """
    if placement.on_cuda:
        return float(library("torch").cuda.max_memory_allocated(placement.device)) / MB
    peak = field_mb("/proc/self/status", "VmHWM:")
    if peak is not None:
        return peak
    with contextlib.suppress(ImportError):
        import resource

        largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return largest / MB if sys.platform == "darwin" else largest / 1024
    return None


def field_mb(file: str, field: str) -> float | None:
    """Return a kB field of a kernel file in MB; None if it is missing."""
    with contextlib.suppress(OSError):
        for line in Path(file).read_text(encoding="ascii").splitlines():
            if line.startswith(field):
                return int(line.split()[1]) / 1024
    return None
