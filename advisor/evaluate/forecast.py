"""What an evaluation will take before it is begun: downloads, memory, time and money."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from advisor.decide.memory import MB, file_dtype, memory_gb, weights_mb
from advisor.draw.blocks import Heading, Item, Items, Page, Pairs, Table, Text
from advisor.draw.formats import Report, document
from advisor.errors import AdvisorError
from advisor.evaluate.endpoint import is_endpoint
from advisor.evaluate.execution import prepared
from advisor.evaluate.lineup import Arrangement, line_up
from advisor.evaluate.page import money
from advisor.evaluate.worker import Worker
from advisor.files import size_shown
from advisor.phrasing import count, joined
from advisor.trial.candidate import Candidate

TIMED_IMAGES = 8
"""Images that a checkpoint on this machine answers to see how fast it is."""
NOT_HERE = "not-downloaded"


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
    """What an evaluation will take: `timed` of its images, or questions, said how fast it is."""

    made: Arrangement
    candidates: tuple[Expected, ...]
    timed: int

    @property
    def seconds(self) -> float | None:
        """The time of all candidates, one after the other; None where that of one is unknown."""
        times = [each.seconds for each in self.candidates if not each.cannot]
        return None if None in times or not times else sum(filter(None, times))

    def cost(self, seconds: float | None) -> float | None:
        """Return what a time costs; None where it, or the price of an hour, is unknown."""
        price = self.made.options.price
        return price * seconds / 3600 if price and seconds is not None else None

    @property
    def report(self) -> Report:
        """The report of it, ready to be drawn."""
        return Report(lambda: as_json(self), lambda: as_page(self))


def forecast(made: Arrangement) -> Forecast:
    """Return what an evaluation will take; nothing is fetched for it.

    A checkpoint that is on this machine answers a few images; of one that is not, the catalogue
    says what is to be fetched and what memory it takes, and nobody how fast it will be.
    """
    timed = max(1, min(TIMED_IMAGES, len(made.data.images) // 2))
    candidates = line_up(made, fetch=False)
    return Forecast(made, tuple(_expected(made, each, timed) for each in candidates), timed)


def _expected(made: Arrangement, candidate: Candidate, timed: int) -> Expected:
    expected = Expected(candidate.name, candidate.checkpoint, here=candidate.failed is None)
    if is_endpoint(candidate.checkpoint):
        return expected
    if candidate.failed is not None:
        listed = made.rulebase.checkpoints.get(candidate.checkpoint)
        if candidate.kind != NOT_HERE:
            return expected._replace(cannot=candidate.failed)
        if listed is None or listed.parameters_millions is None:
            return expected
        gb = memory_gb(listed)
        return expected._replace(
            download_mb=weights_mb(listed.parameters_millions * 1e6, file_dtype(listed)),
            memory_mb=None if gb is None else gb * 1024,
        )
    expected = expected._replace(memory_mb=candidate.memory_mb)
    try:
        return expected._replace(seconds=_seconds(made, candidate, timed))
    except AdvisorError as error:
        return expected._replace(cannot=error.message)


def _seconds(made: Arrangement, candidate: Candidate, timed: int) -> float:
    """Return the time for all images, from loading and from the second of two small blocks."""
    data, begun = made.data, time.perf_counter()
    worker = Worker(candidate, made.asking)
    worker.runner  # noqa: B018 - it is loaded, which is timed apart
    loading, took = time.perf_counter() - begun, 0.0
    images = data.images[: 2 * timed]
    for block in prepared(images, timed, made.store, data.act, candidate.digest, set()):
        if block.missing:  # of the same file twice, one is answered
            begun = time.perf_counter()
            worker.answer(block.missing)
            took = (time.perf_counter() - begun) / len(block.missing)
    return loading + took * len(data.images)


def as_json(expected: Forecast) -> dict[str, Any]:
    """Return the JSON document of `advisor evaluate --dry-run`; times and MB to a tenth."""
    data = expected.made.data

    def rounded(values: dict[str, Any], seconds: float | None) -> dict[str, Any]:
        cost = expected.cost(seconds)
        tenths = {k: round(v, 1) if isinstance(v, float) else v for k, v in values.items()}
        return {**tenths, "cost": None if cost is None else round(cost, 4)}

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
        candidates=[rounded(each._asdict(), each.seconds) for each in expected.candidates],
        **rounded({"seconds": expected.seconds}, expected.seconds),
    )


def as_page(expected: Forecast) -> Page:
    """Return a forecast as a page: what is to be run, what will be, and why the rest will not."""
    data, images, runs = expected.made.data, expected.made.images, expected.candidates
    priced = ("cost",) if expected.made.options.price else ()
    questions = f", {count(len(data.images), 'question')}" if len(data.images) > images else ""
    rows = tuple(
        (
            each.candidate,
            "none" if each.here else _size(each.download_mb),
            _size(each.memory_mb),
            _duration(each.seconds),
            *((money(expected.cost(each.seconds)) or "unknown",) if priced else ()),
        )
        for each in runs
        if not each.cannot
    )
    facts = (("task", data.task), ("images", f"{images}{questions}"))
    page: Page = [Heading(f"Evaluation plan: {data.name}", 1), Pairs(facts)]
    if rows:
        page.append(Table(("candidate", "download", "memory", "time", *priced), rows, wide=0))
    if cannot := [Item("-", f"{each.candidate}: {each.cannot}") for each in runs if each.cannot]:
        page += [Heading("Skipped"), Items(tuple(cannot))]
    notes = []
    if expected.seconds is not None:
        cost = money(expected.cost(expected.seconds))
        notes.append(f"in all {_duration(expected.seconds)}{cost and f', which costs {cost}'}")
    if any(each.seconds is not None for each in runs):
        timed = count(expected.timed, "question" if questions else "image")
        notes.append(f"times are measured on {timed} on this machine, and memory is estimated")
    if servers := [each.candidate for each in runs if is_endpoint(each.checkpoint)]:
        notes.append(f"{count(images, 'image')} would be sent to {joined(servers)}")
    if any(not each.here and not each.cannot for each in runs):
        notes.append("the speed of a candidate is unknown until its weights are on this machine")
    return [*page, *(Text(f"{each}.", "quiet") for each in notes)]


def _size(mb: float | None) -> str:
    return "unknown" if mb is None else f"about {size_shown(int(mb * MB))}"


def _duration(seconds: float | None) -> str:
    """Return a time as people say it."""
    if seconds is None or seconds >= 6000:
        return "unknown" if seconds is None else f"about {seconds / 3600:.1f} h"
    return f"about {max(1, seconds):.0f} s" if seconds < 100 else f"about {seconds / 60:.0f} min"
