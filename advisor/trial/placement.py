"""Where a checkpoint runs and in which precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisor.trial.extra import library
from advisor.trial.failures import UnsupportedError

DTYPES = ("float32", "bfloat16", "float16")
BYTES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A device and a precision, in torch's own words."""

    device: str
    dtype: str

    @property
    def torch_dtype(self) -> Any:
        """The precision as torch has it."""
        return getattr(library("torch"), self.dtype)

    @property
    def bytes_each(self) -> int:
        """Bytes of one number."""
        return BYTES[self.dtype]


def place(device: str = "auto", dtype: str | None = None) -> Placement:
    """Choose device and precision; `auto` takes CUDA, then Apple's GPU, then the CPU.

    Without `dtype` a CPU computes in float32 (half precision is many times slower there, whatever
    the file holds) and a GPU in bfloat16 where it can, else in float16.
    """
    torch = library("torch")
    if dtype is not None and dtype not in DTYPES:
        raise UnsupportedError(
            f"unknown dtype `{dtype}`", hint=f"use one of {', '.join(DTYPES)}", kind="unknown-dtype"
        )
    chosen = _best(torch) if device == "auto" else device
    _check(torch, chosen)
    chosen = "cpu" if chosen.startswith("cpu:") else chosen  # there is but one
    if dtype is None:
        dtype = "float32" if chosen == "cpu" else _half(torch, chosen)
    return Placement(device=chosen, dtype=dtype)


def _best(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _half(torch: Any, device: str) -> str:
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    return "float16"


def _check(torch: Any, device: str) -> None:
    kind = device.partition(":")[0]
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if kind not in there:
        raise UnsupportedError(
            f"unknown device `{device}`", hint="use auto, cpu, cuda or mps", kind="unknown-device"
        )
    if not there[kind]:
        raise UnsupportedError(
            f"this machine has no device `{device}` that torch can use",
            hint="use --device cpu",
            kind="no-such-device",
        )
    index = device.partition(":")[2]
    if index and (
        not index.isdigit() or (kind == "cuda" and int(index) >= torch.cuda.device_count())
    ):
        raise UnsupportedError(
            f"this machine has no device `{device}`", hint="use --device cpu", kind="no-such-device"
        )
