"""An evaluation on one's own images as evidence, which ranks above published results.

An evaluation says of each pair of candidates whether one is significantly better. Each such pair
becomes a table of its own on a benchmark (yardstick) before all others, so that it settles this
pair; a pair that it does not tell apart is left to published results.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from advisor.decide.advice import TaskAdvice
from advisor.decide.precedence import HERE
from advisor.errors import BrokenFileError, UsageError
from advisor.files import MEGABYTE, path_shown, read_bounded
from advisor.foreign import visible
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

DECIMALS = 3
LARGEST = 50 * MEGABYTE
YARDSTICK = "measured-here"
NOT_READ = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""The exceptions that reading a file of any other kind raises."""
HINT = "pass a file that `advisor evaluate ... --format json` wrote"


class OwnMeasurements(NamedTuple):
    """The part of an evaluation that ranks checkpoints; `digest` is the file's SHA-256.

    `values` are the values of checkpoints on the `metric` that decided, in the file's order;
    `ahead` the pairs of checkpoints of which the first is significantly better.
    """

    file: str
    digest: str
    data: str
    task: str
    images: int
    metric: str
    values: dict[str, float]
    ahead: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """The metric and the name of the data, in words."""
        return visible(f"{self.metric} on your {self.data}")

    @property
    def said(self) -> str:
        """The file, metric, data and every value, in a line."""
        reached = ", ".join(f"{id} {value:.3f}" for id, value in self.values.items())
        images = count(self.images, "image")
        where = f"{self.file}: {self.metric} on {images} of {self.data}"
        return visible(f"{where}, ranked first: {reached}")


def read_measurements(file: Path) -> OwnMeasurements:
    """Return what `advisor evaluate` wrote; UsageError or BrokenFileError if a file has none."""
    shown = path_shown(file)
    try:
        content = read_bounded(file, LARGEST)
    except OSError as error:
        raise UsageError(f"cannot read `{shown}`: {error.strerror}", hint=HINT) from error
    try:
        return _read(json.loads(content), shown, hashlib.sha256(content).hexdigest())
    except NOT_READ as error:
        raise BrokenFileError(f"`{shown}` is not from `advisor evaluate`", hint=HINT) from error


def _read(body: dict[str, Any], shown: str, digest: str) -> OwnMeasurements:
    """Return the measurements in parsed JSON; raises one of NOT_READ for other content."""
    results = body["results"]
    ids = [id for result in results for id in result["metrics"]]
    metric = next((id for id in body["verdict"]["priority"] if id in ids), ids[0] if ids else "")
    checkpoints: dict[str, str] = {}
    for result in results:  # of one checkpoint under two names the first counts
        if metric in result["metrics"] and result["checkpoint"] not in checkpoints.values():
            checkpoints[str(result["candidate"])] = str(result["checkpoint"])
    values = {
        str(result["checkpoint"]): float(result["metrics"][metric]["value"])
        for result in results
        if result["candidate"] in checkpoints
    }
    if not all(map(math.isfinite, values.values())):
        raise ValueError("the value of a metric is not a finite number")
    ahead = []
    for pair in body["comparisons"]:
        sides = pair["first"], pair["second"]
        if pair["metric"] != metric or pair["reliable"] is not True or pair["ahead"] not in sides:
            continue
        if all(side in checkpoints for side in sides):
            other = sides[1] if pair["ahead"] == sides[0] else sides[0]
            ahead.append((checkpoints[pair["ahead"]], checkpoints[other]))
    data = body["data"]
    heading = (str(data["name"]), str(data["task"]), int(data["images"]))
    return OwnMeasurements(shown, digest, *heading, metric, _shown(values, ahead), tuple(ahead))


def _shown(values: dict[str, float], ahead: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Return values to three decimals, or to as many as keep each pair in `ahead` apart."""
    for decimals in range(DECIMALS, sys.float_info.dig):
        shown = {id: round(value, decimals) for id, value in values.items()}
        if all(shown[leader] != shown[other] for leader, other in ahead):
            return shown
    return values


def measured_rules(rulebase: RuleBase, file: Path) -> RuleBase:
    """Return the rules with an evaluation that ranks first for its task.

    Raises UsageError if the rules lack its task or all its checkpoints, and as `read_measurements`.
    """
    own = read_measurements(file)
    task = rulebase.task(own.task).id
    if not own.values.keys() & rulebase.checkpoints.keys():
        raise UsageError(
            f"`{own.file}` has no result for a cataloged checkpoint",
            hint="run `advisor list checkpoints` to see the cataloged checkpoints",
        )
    core = rulebase.part("core")
    content = f"{core['digest']}{own.digest}".encode()
    made = rulebase.with_parts(
        {
            f"orders/{task}": _first_of(own, rulebase.order(task)),
            "core": {
                **core,
                "digest": hashlib.sha256(content).hexdigest()[: len(core["digest"])],
                "overlays": [*core["overlays"], own.said],
            },
        }
    )
    made.measurements = own
    return made


def _first_of(own: OwnMeasurements, order: dict[str, Any]) -> dict[str, Any]:
    """Return the ranking data of a task with the evaluation before all else, in any language."""
    tables = [[[HERE, own.metric, {id: own.values[id] for id in pair}]] for pair in own.ahead]
    lower = any(own.values[ahead] < own.values[behind] for ahead, behind in own.ahead[:1])
    yardstick: dict[str, Any] = {
        "name": own.name,
        "better": "lower" if lower else "higher",
        "noise": 0,
        "between": 0,
        "share": None,
        "languages": [],
        "tables": {"": tables},
    }
    lists = {language: [YARDSTICK, *ids] for language, ids in order["lists"].items()}
    return {
        **order,
        "lists": {"others": [YARDSTICK], "en": [YARDSTICK], **lists},
        "protocols": {**order["protocols"], HERE: [own.file, None]},
        "yardsticks": {YARDSTICK: yardstick, **order["yardsticks"]},
    }


def measured_notes(rulebase: RuleBase, advice: Sequence[TaskAdvice]) -> Iterator[str]:
    """Yield notes if an evaluation is of another task, or has another family ahead of the pick."""
    own: OwnMeasurements = rulebase.measurements
    of_task = [advised for advised in advice if advised.task == rulebase.task(own.task).id]
    if not of_task:
        yield f"`{own.file}` evaluates {own.task}, so it does not affect this ranking"
    for task_advice in of_task:
        first = task_advice.selection.first and task_advice.selection.first.checkpoint
        for ahead, behind in own.ahead:
            checkpoint = rulebase.checkpoints.get(ahead)
            if first and behind == first.id and checkpoint and checkpoint.family != first.family:
                yield (
                    f"on your images {ahead} ({checkpoint.family}) was significantly better "
                    f"than {behind}"
                )
