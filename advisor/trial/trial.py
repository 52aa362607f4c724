"""A trial: one checkpoint on one image, with what it answered and what that cost."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from advisor.rulebase.base import RuleBase
from advisor.trial.answer import Prediction, Request
from advisor.trial.images import OpenedImage, open_image
from advisor.trial.placement import begin_peak, estimated_mb, peak_mb, place
from advisor.trial.resolution import Loading, resolve
from advisor.trial.runner import act_and_use, class_to_load, load_runner, shipped_table
from advisor.trial.runtime import library, network_class, transformers, versions

DEFAULT_REPEAT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a checkpoint gave, how long it took in milliseconds, and the peak of memory in MB."""

    family: str | None
    checkpoint: str
    class_name: str
    task: str
    answers: tuple[Prediction, ...]
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
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        for name in ("load_ms", "first_ms", "latency_ms", "memory_mb", "estimated_memory_mb"):
            values[name] = None if values[name] is None else round(values[name], 1)
        error = self.estimate_error
        values["class"] = values.pop("class_name")
        values["answers"] = [answer.as_json() for answer in self.answers]
        values["estimate_error"] = None if error is None else round(error, 3)
        return values | {"warnings": list(self.warnings)}


def run_trial(
    checkpoint: str | Path,
    task: str,
    image: str | Path | OpenedImage,
    request: Request | None = None,
    *,
    family: str | None = None,
    repeat: int = DEFAULT_REPEAT,
    rulebase: RuleBase | None = None,
    **loading: Any,
) -> Trial:
    """Load a checkpoint, run it `repeat` times after a first run, and return what came of it.

    `family` is only passed through; `loading` are fields of Loading, as `load_runner` takes them.
    The image is opened before anything is loaded, so that a broken one costs nothing; importing
    and downloading are not part of `load_ms`.
    """
    opened = image if isinstance(image, OpenedImage) else open_image(image)
    request, rulebase = request or Request(), rulebase or shipped_table()
    transformers()
    how = Loading(**loading)
    place(how.device, how.dtype)  # what is not there is refused before anything is fetched
    local = resolve(checkpoint, how)
    placement = place(how.device, how.dtype, local.weights, rulebase.checkpoints.get(local.name))
    _, use = act_and_use(rulebase, local, task)
    network_class(class_to_load(use, local))  # imported before the clock starts
    begin_peak(placement)
    begun = time.perf_counter()
    runner = load_runner(local, task, rulebase=rulebase, **loading)
    load_ms = (time.perf_counter() - begun) * 1000
    times = []
    for _ in range(1 + repeat):
        begun = time.perf_counter()
        reply = runner.run(opened, request)
        if placement.on_cuda:
            library("torch").cuda.synchronize()
        times.append((time.perf_counter() - begun) * 1000)
    return Trial(
        family=family,
        checkpoint=local.name,
        class_name=runner.class_name,
        task=task,
        answers=reply.answers,
        load_ms=load_ms,
        first_ms=times[0],
        latency_ms=statistics.median(times[1:] or times),
        memory_mb=peak_mb(placement),
        estimated_memory_mb=estimated_mb(
            local.weights, placement, tables_read_whole=runner.tables_read_whole
        ),
        device=placement.device,
        dtype=placement.dtype,
        warnings=tuple(dict.fromkeys((*opened.warnings, *runner.warnings, *reply.warnings))),
        versions=versions(),
        revision=local.revision,
    )
