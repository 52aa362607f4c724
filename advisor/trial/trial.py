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
from advisor.trial.placement import place
from advisor.trial.resolution import Loading, resolve
from advisor.trial.runner import act_and_use, class_to_load, load_runner, shipped_table
from advisor.trial.runtime import library, network_class, transformers, versions

DEFAULT_REPEAT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a checkpoint gave, and how long that took in milliseconds."""

    family: str | None
    checkpoint: str
    class_name: str
    task: str
    answers: tuple[Prediction, ...]
    load_ms: float
    first_ms: float
    latency_ms: float
    device: str
    dtype: str
    warnings: tuple[str, ...]
    versions: dict[str, str]
    revision: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the trial under the keys of the contract, times to 0.1 ms."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        for name in ("load_ms", "first_ms", "latency_ms"):
            values[name] = round(values[name], 1)
        values["class"] = values.pop("class_name")
        values["answers"] = [answer.as_json() for answer in self.answers]
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
    _, use = act_and_use(rulebase, local, task)
    network_class(class_to_load(use, local))  # imported before the clock starts
    begun = time.perf_counter()
    runner = load_runner(local, task, rulebase=rulebase, **loading)
    load_ms = (time.perf_counter() - begun) * 1000
    times = []
    for _ in range(1 + repeat):
        begun = time.perf_counter()
        reply = runner.run(opened, request)
        if runner.placement.on_cuda:
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
        device=runner.placement.device,
        dtype=runner.placement.dtype,
        warnings=tuple(dict.fromkeys((*opened.warnings, *runner.warnings, *reply.warnings))),
        versions=versions(),
        revision=local.revision,
    )
