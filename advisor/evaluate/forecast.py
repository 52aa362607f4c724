"""What an evaluation will take before it is begun: downloads, memory, time and money."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from advisor.decide.memory import file_dtype, memory_gb, weights_mb
from advisor.draw.blocks import Heading, Item, Items, Page, Pairs, Table, Text
from advisor.draw.formats import document
from advisor.errors import AdvisorError
from advisor.evaluate.endpoint import is_endpoint
from advisor.evaluate.execution import prepared
from advisor.evaluate.lineup import Arrangement, line_up
from advisor.evaluate.page import money
from advisor.evaluate.responses import EvaluationSet
from advisor.evaluate.worker import Worker
from advisor.phrasing import count, joined
from advisor.trial.candidate import Candidate

TIMED_IMAGES = 8
"""Images that a checkpoint on this machine answers to see how fast it is."""
NOT_HERE = "not-downloaded"
AMOUNTS = ("download_mb", "memory_mb", "seconds")


class Expected(NamedTuple):
    """What one candidate will take; None where nobody knows.

    `here` is True where it need not be fetched, `cannot` says why it will not run.
    """

    candidate: str
    checkpoint: str
    here: bool
    download_mb: float | None = None
    memory_mb: float | None = None
    seconds: float | None = None
    cannot: str | None = None


class Forecast(NamedTuple):
    """What an evaluation will take."""

    made: Arrangement
    candidates: tuple[Expected, ...]

    @property
    def seconds(self) -> float | None:
        """The time of all candidates, one after the other; None where that of one is unknown."""
        times = [each.seconds for each in self.candidates if not each.cannot]
        return None if None in times or not times else sum(filter(None, times))

    def cost(self, seconds: float | None) -> float | None:
        """Return what a time costs; None where it, or the price of an hour, is unknown."""
        price = self.made.options.price
        return price * seconds / 3600 if price and seconds is not None else None


def forecast(made: Arrangement) -> Forecast:
    """Return what an evaluation will take; nothing is fetched for it.

    A checkpoint that is on this machine answers a few images; of one that is not, the catalogue
    says what is to be fetched and what memory it takes, and nobody how fast it will be.
    """
    candidates = line_up(made, fetch=False)
    return Forecast(made, tuple(_expected(made, candidate) for candidate in candidates))


def _expected(made: Arrangement, candidate: Candidate) -> Expected:
    expected = Expected(candidate.name, candidate.checkpoint, here=candidate.failed is None)
    if is_endpoint(candidate.checkpoint):
        return expected
    if candidate.failed is not None:
        if candidate.kind != NOT_HERE:
            return expected._replace(cannot=candidate.failed)
        listed = made.rulebase.checkpoints.get(candidate.checkpoint)
        if listed is None or listed.parameters_millions is None:
            return expected
        gb = memory_gb(listed)
        return expected._replace(
            download_mb=weights_mb(listed.parameters_millions * 1e6, file_dtype(listed)),
            memory_mb=None if gb is None else gb * 1024,
        )
    expected = expected._replace(memory_mb=candidate.memory_mb)
    try:
        return expected._replace(seconds=_seconds(made, candidate))
    except AdvisorError as error:
        return expected._replace(cannot=error.message)


def _seconds(made: Arrangement, candidate: Candidate) -> float:
    """Return the time for all images, from loading and from the second of two small blocks."""
    data, begun = made.data, time.perf_counter()
    worker = Worker(candidate, made.asking)
    worker.runner  # noqa: B018 - it is loaded, which is timed apart
    loading = time.perf_counter() - begun
    size, took = _timed(data), 0.0
    images = data.images[: 2 * size]
    for block in prepared(images, size, made.store, data.act, candidate.digest, set()):
        if block.opened:  # of the same file twice, one is answered
            begun = time.perf_counter()
            worker.answer(block.opened)
            took = (time.perf_counter() - begun) / len(block.opened)
    return loading + took * len(data.images)


def _timed(data: EvaluationSet) -> int:
    """Return the size of the two blocks that are answered, the second of which is timed."""
    return max(1, min(TIMED_IMAGES, len(data.images) // 2))


def as_json(expected: Forecast) -> dict[str, Any]:
    """Return the JSON document of `advisor evaluate --dry-run`."""
    data = expected.made.data
    return document(
        expected.made.rulebase.digest,
        data={
            "name": data.name,
            "task": data.task,
            "images": expected.made.images,
            "questions": len(data.images) if any(each.question for each in data.images) else None,
            "classes": len(data.classes) or None,
            "left_out": [each._asdict() for each in data.left_out],
        },
        candidates=[
            {
                **each._asdict(),
                **{key: _rounded(getattr(each, key)) for key in AMOUNTS},
                "cost": _rounded(expected.cost(each.seconds), 4),
            }
            for each in expected.candidates
        ],
        seconds=_rounded(expected.seconds),
        cost=_rounded(expected.cost(expected.seconds), 4),
    )


def as_page(expected: Forecast) -> Page:
    """Return a forecast as a page."""
    data, images, priced = expected.made.data, expected.made.images, expected.made.options.price
    questions = f", {count(len(data.images), 'question')}" if len(data.images) > images else ""
    facts = [("task", data.task), ("images", f"{images}{questions}")]
    facts += [("classes", str(len(data.classes)))] if data.classes else []
    facts += [("left out", count(len(data.left_out), "image"))] if data.left_out else []
    columns = ("candidate", "download", "memory", "time", *(("cost",) if priced else ()))
    rows = tuple(
        (
            each.candidate,
            "none" if each.here else _megabytes(each.download_mb),
            _megabytes(each.memory_mb),
            _duration(each.seconds),
            *((money(expected.cost(each.seconds)) or "unknown",) if priced else ()),
        )
        for each in expected.candidates
        if not each.cannot
    )
    page: Page = [Heading(f"Evaluation plan: {data.name}", 1), Pairs(tuple(facts))]
    page += [Table(columns, rows, wide=0)] if rows else []
    cannot = [each for each in expected.candidates if each.cannot]
    if cannot:
        lines = tuple(Item("-", f"{each.candidate}: {each.cannot}") for each in cannot)
        page += [Heading("Skipped"), Items(lines)]
    cost = money(expected.cost(expected.seconds))
    total = f"in all {_duration(expected.seconds)}{cost and f', which costs {cost}'}"
    notes = [total] if expected.seconds is not None else []
    if any(each.seconds is not None for each in expected.candidates):
        timed = count(_timed(data), "question" if questions else "image")
        notes.append(f"times are measured on {timed} on this machine, and memory is estimated")
    if servers := [each.candidate for each in expected.candidates if is_endpoint(each.checkpoint)]:
        notes.append(f"{count(images, 'image')} would be sent to {joined(servers)}")
    if any(not each.here and not each.cannot for each in expected.candidates):
        notes.append("the speed of a candidate is unknown until its weights are on this machine")
    return [*page, *(Text(f"{each}.", "quiet") for each in notes)]


def _megabytes(mb: float | None) -> str:
    if mb is None:
        return "unknown"
    return f"about {mb / 1024:.1f} GB" if mb >= 1024 else f"about {mb:.0f} MB"


def _duration(seconds: float | None) -> str:
    """Return a time as people say it."""
    if seconds is None:
        return "unknown"
    if seconds < 100:
        return f"about {max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 100 else f"about {seconds / 3600:.1f} h"


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)
