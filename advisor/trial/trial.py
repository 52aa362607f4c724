"""A trial: one checkpoint on one image, with what it answered and what that cost."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.trial import peak_memory
from advisor.trial.answer import Answer, Reply, Request
from advisor.trial.extra import transformers, versions
from advisor.trial.images import OpenedImage, open_image
from advisor.trial.placement import place
from advisor.trial.resolution import Agreement, resolve
from advisor.trial.runner import Runner, load_runner, row_for

if TYPE_CHECKING:
    from advisor.trial.download import Progress
    from advisor.trial.local_checkpoint import Checkpoint

DEFAULT_REPEAT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a checkpoint gave, how long it took in milliseconds, and the peak of memory in MB."""

    family: str | None
    checkpoint: str
    class_name: str
    task: str
    answers: tuple[Answer, ...]
    load_ms: float
    first_ms: float
    latency_ms: float
    memory_mb: float | None
    estimated_memory_mb: float
    device: str
    dtype: str
    warnings: tuple[str, ...]
    versions: dict[str, str]
    revision: str | None = None

    @property
    def estimate_error(self) -> float | None:
        """How far the estimate was off, as a share of the measured peak; 0.05 is 5 % too much."""
        if not self.memory_mb:
            return None
        return self.estimated_memory_mb / self.memory_mb - 1

    def as_json(self) -> dict[str, Any]:
        """Return the trial under the keys of the contract, times to 0.1 ms, memory to 0.1 MB."""
        return {
            "family": self.family,
            "checkpoint": self.checkpoint,
            "revision": self.revision,
            "class": self.class_name,
            "task": self.task,
            "answers": [answer.as_json() for answer in self.answers],
            "load_ms": round(self.load_ms, 1),
            "first_ms": round(self.first_ms, 1),
            "latency_ms": round(self.latency_ms, 1),
            "memory_mb": None if self.memory_mb is None else round(self.memory_mb, 1),
            "estimated_memory_mb": round(self.estimated_memory_mb, 1),
            "estimate_error": None
            if self.estimate_error is None
            else round(self.estimate_error, 3),
            "device": self.device,
            "dtype": self.dtype,
            "warnings": list(self.warnings),
            "versions": dict(self.versions),
        }


def run_trial(
    checkpoint: str | Path,
    task: str,
    image: str | Path | OpenedImage,
    request: Request | None = None,
    *,
    family: str | None = None,
    repeat: int = DEFAULT_REPEAT,
    device: str = "auto",
    dtype: str | None = None,
    revision: str | None = None,
    offline: bool = False,
    agree: Agreement | None = None,
    progress: Progress | None = None,
    max_new_tokens: int | None = None,
    seed: int = 0,
    pretrained_only: bool = False,
) -> Trial:
    """Load a checkpoint, run it `repeat` times after a first run, and return what came of it.

    `family` is only passed through. The image is opened before anything is loaded, so that a
    broken one costs nothing; importing and downloading are not part of `load_ms`.
    """
    image = image if isinstance(image, OpenedImage) else open_image(image)
    transformers()
    placement = place(device, dtype)
    found: Checkpoint = resolve(
        checkpoint, revision=revision, offline=offline, agree=agree, progress=progress
    )
    row_for(found, task)[1].import_class()
    peak_memory.release()
    peak_memory.begin_peak(placement)
    begun = time.perf_counter()
    runner = load_runner(
        found,
        task,
        device=placement.device,
        dtype=placement.dtype,
        max_new_tokens=max_new_tokens,
        seed=seed,
        pretrained_only=pretrained_only,
    )
    load_ms = (time.perf_counter() - begun) * 1000
    reply, first_ms = _timed(runner, image, request)
    later = [_timed(runner, image, request)[1] for _ in range(repeat)]
    return Trial(
        family=family,
        checkpoint=found.name,
        class_name=runner.class_name,
        task=task,
        answers=reply.answers,
        load_ms=load_ms,
        first_ms=first_ms,
        latency_ms=statistics.median(later) if later else first_ms,
        memory_mb=peak_memory.peak_mb(placement),
        estimated_memory_mb=peak_memory.estimated_mb(
            found.weights, placement, tables_read_whole=runner.tables_read_whole
        ),
        device=placement.device,
        dtype=placement.dtype,
        warnings=tuple(dict.fromkeys((*image.warnings, *runner.warnings, *reply.warnings))),
        versions=versions(),
        revision=found.revision,
    )


def _timed(runner: Runner, image: OpenedImage, request: Request | None) -> tuple[Reply, float]:
    begun = time.perf_counter()
    reply = runner.run(image, request)
    if runner.setting.placement.device.startswith("cuda"):
        import torch

        torch.cuda.synchronize()
    return reply, (time.perf_counter() - begun) * 1000
