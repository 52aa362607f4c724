"""Memory: what loading a checkpoint will take, and what it took.

The estimate, in MB of 2^20 bytes:

    370 + parameters * bytes(dtype) + (parameters * bytes(file) where the precisions differ)

Assumptions: the interpreter with torch, transformers and torchvision takes 370 MB; weights of the
file's own precision are mapped, not copied, so that of the word tables of a text encoder only the
rows looked up are ever read (they are taken off); weights that are cast exist twice while they
load; one picture at a time, so that activations are small beside the weights. On a GPU only the
weights are counted, since the peak measured there is the GPU's.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from advisor.trial.extra import library
from advisor.trial.failures import OutOfMemoryError
from advisor.trial.local_checkpoint import Weights
from advisor.trial.placement import Placement

MB = 2**20
INTERPRETER_MB = 370.0


def estimated_mb(
    weights: Weights, placement: Placement, *, tables_read_whole: bool = True
) -> float:
    """Return the peak MB that loading and running once should take on the device.

    Networks that write text read their word table whole, dual encoders do not.
    """
    here = weights.parameters * placement.bytes_each / MB
    if placement.device != "cpu":
        return here
    if weights.dtype != placement.dtype:
        return INTERPRETER_MB + here + weights.stored_bytes / MB
    unread = 0 if tables_read_whole else weights.table_parameters
    return INTERPRETER_MB + here - unread * placement.bytes_each / MB


def refuse_what_does_not_fit(name: str, weights: Weights, placement: Placement) -> None:
    """Raise OutOfMemoryError before loading where the machine has clearly too little memory."""
    needed = estimated_mb(weights, placement)
    free = available_mb(placement)
    if free is None or needed - INTERPRETER_MB <= free:
        return
    smaller = "a smaller checkpoint" if placement.bytes_each < 4 else "--dtype bfloat16"
    raise OutOfMemoryError(
        f"`{name}` needs about {needed / 1024:.1f} GB in {placement.dtype}, and "
        f"{free / 1024:.1f} GB are free",
        hint=f"try {smaller}",
    )


def available_mb(placement: Placement) -> float | None:
    """Return the MB that can still be had on the device, None where nothing tells."""
    if placement.device.startswith("cuda"):
        return float(library("torch").cuda.mem_get_info(placement.device)[0]) / MB
    if placement.device != "cpu":
        return None
    limits = [
        amount for amount in (_machine_mb(), _group_mb(), _process_mb()) if amount is not None
    ]
    return min(limits, default=None)


def begin_peak(placement: Placement) -> None:
    """Start measuring the peak afresh, where the system can."""
    if placement.device.startswith("cuda"):
        library("torch").cuda.reset_peak_memory_stats(placement.device)
        return
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_mb(placement: Placement) -> float | None:
    """Return the peak MB since `begin_peak`: of this process, or of the GPU.

    Where the system keeps no peak that can be reset, it is the peak of the whole process.
    """
    if placement.device.startswith("cuda"):
        return float(library("torch").cuda.max_memory_allocated(placement.device)) / MB
    peak = _status_mb("VmHWM:")
    if peak is not None:
        return peak
    with contextlib.suppress(ImportError):
        import resource

        largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return largest / MB if sys.platform == "darwin" else largest / 1024
    return None


def release() -> None:
    """Give memory of unreachable networks back to the system, as far as it goes."""
    import ctypes
    import gc

    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    torch = library("torch")
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _status_mb(field: str) -> float | None:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith(field):
                return int(line.split()[1]) / 1024
    return None


def _machine_mb() -> float | None:
    with contextlib.suppress(OSError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) / 1024
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / MB
    return None


def _group_mb() -> float | None:
    """Return what the control group (a container, say) still allows."""
    with contextlib.suppress(OSError, ValueError):
        root = Path("/sys/fs/cgroup")
        limit = int((root / "memory.max").read_text(encoding="ascii"))
        return (limit - int((root / "memory.current").read_text(encoding="ascii"))) / MB
    return None


def _process_mb() -> float | None:
    """Return what the limit on address space (`ulimit -v`) still allows."""
    with contextlib.suppress(ImportError):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        used = _status_mb("VmSize:")
        if soft != resource.RLIM_INFINITY and used is not None:
            return max(0.0, soft / MB - used)
    return None
