"""What an evaluation will take before it is begun: downloads, memory, time and money."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from advisor.decide.memory import file_dtype, memory_gb, weights_mb
from advisor.draw.blocks import Heading, Item, Items, Page, Pairs, Table, Text
from advisor.draw.formats import document
from advisor.errors import AdvisorError
from advisor.evaluate.endpoint import is_endpoint
from advisor.evaluate.image_blocks import prepared
from advisor.evaluate.labelled import EvaluationSet, ImageStore
from advisor.evaluate.page import money
from advisor.evaluate.responses import Asking
from advisor.evaluate.worker import Worker
from advisor.phrasing import count, joined
from advisor.rulebase.base import RuleBase
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
    """What an evaluation will take; `price` is that of an hour, in whatever money it was given."""

    data: EvaluationSet
    candidates: tuple[Expected, ...]
    price: float | None
    rule_base: str

    @property
    def seconds(self) -> float | None:
        """The time of all candidates, one after the other; None where that of one is unknown."""
        known = [each.seconds for each in self.candidates if not each.cannot]
        return None if None in known or not known else sum(filter(None, known))

    def cost(self, seconds: float | None) -> float | None:
        """Return what a time costs; None where either is unknown."""
        return None if self.price is None or seconds is None else self.price * seconds / 3600


def forecast(
    rulebase: RuleBase,
    data: EvaluationSet,
    store: ImageStore,
    candidates: Sequence[Candidate],
    asking: Asking,
    price: float | None = None,
) -> Forecast:
    """Return what an evaluation will take.

    A checkpoint that is on this machine answers a few images; of one that is not, the catalogue
    says what is to be fetched and what memory it takes, and nobody how fast it will be.
    """
    expected = tuple(_expected(rulebase, data, store, each, asking) for each in candidates)
    return Forecast(data, expected, price, rulebase.digest)


def _expected(
    rulebase: RuleBase, data: EvaluationSet, store: ImageStore, candidate: Candidate, asking: Asking
) -> Expected:
    expected = Expected(candidate.name, candidate.checkpoint, here=candidate.failed is None)
    if is_endpoint(candidate.checkpoint):
        return expected
    if candidate.failed is not None:
        if candidate.kind != NOT_HERE:
            return expected._replace(cannot=candidate.failed)
        listed = rulebase.checkpoints.get(candidate.checkpoint)
        if listed is None or listed.parameters_millions is None:
            return expected
        gb = memory_gb(listed)
        return expected._replace(
            download_mb=weights_mb(listed.parameters_millions * 1e6, file_dtype(listed)),
            memory_mb=None if gb is None else gb * 1024,
        )
    expected = expected._replace(memory_mb=candidate.memory_mb)
    try:
        return expected._replace(seconds=_seconds(data, store, candidate, asking))
    except AdvisorError as error:
        return expected._replace(cannot=error.message)


def _seconds(data: EvaluationSet, store: ImageStore, candidate: Candidate, asking: Asking) -> float:
    """Return the time for all images, from loading and from the second of two small blocks."""
    begun = time.perf_counter()
    worker = Worker(candidate, asking)
    worker.runner  # noqa: B018 - it is loaded, which is timed apart
    loading = time.perf_counter() - begun
    size = _timed(data)
    took = 0.0
    for block in prepared(data.images[: 2 * size], size, store, data.act, candidate.digest, set()):
        if block.opened:  # of the same file twice, one is answered
            begun = time.perf_counter()
            worker.answer(block.opened)
            took = (time.perf_counter() - begun) / len(block.opened)
    return loading + took * len(data.images)


def _timed(data: EvaluationSet) -> int:
    """Return the size of the two blocks that are answered, the second of which is timed."""
    return max(1, min(TIMED_IMAGES, len(data.images) // 2))


def as_json(found: Forecast) -> dict[str, Any]:
    """Return the JSON document of `advisor evaluate --dry-run`."""
    data = found.data
    return document(
        found.rule_base,
        data={
            "name": data.name,
            "task": data.task,
            "images": len({each.id for each in data.images}),
            "questions": len(data.images) if any(each.question for each in data.images) else None,
            "classes": len(data.classes) or None,
            "left_out": [each._asdict() for each in data.left_out],
        },
        candidates=[
            {
                **each._asdict(),
                **{key: _rounded(getattr(each, key)) for key in AMOUNTS},
                "cost": _rounded(found.cost(each.seconds), 4),
            }
            for each in found.candidates
        ],
        seconds=_rounded(found.seconds),
        cost=_rounded(found.cost(found.seconds), 4),
    )


def as_page(found: Forecast) -> Page:
    """Return a forecast as a page."""
    data = found.data
    images = len({each.id for each in data.images})
    asked = f", {count(len(data.images), 'question')}" if len(data.images) > images else ""
    facts = [("task", data.task), ("images", f"{images}{asked}")]
    facts += [("classes", str(len(data.classes)))] if data.classes else []
    facts += [("left out", f"{count(len(data.left_out), 'image')}")] if data.left_out else []
    columns = ["candidate", "download", "memory", "time"] + (["cost"] if found.price else [])
    rows = [
        [
            each.candidate,
            "none" if each.here else _megabytes(each.download_mb),
            _megabytes(each.memory_mb),
            _duration(each.seconds),
            *([money(found.cost(each.seconds)) or "unknown"] if found.price else []),
        ]
        for each in found.candidates
        if not each.cannot
    ]
    page: Page = [Heading(f"Would be evaluated: {data.name}", 1), Pairs(tuple(facts))]
    page += [Table(tuple(columns), tuple(map(tuple, rows)), wide=0)] if rows else []
    cannot = [each for each in found.candidates if each.cannot]
    if cannot:
        lines = tuple(Item("-", f"{each.candidate}: {each.cannot}") for each in cannot)
        page += [Heading("Skipped"), Items(lines)]
    cost = money(found.cost(found.seconds))
    total = f"in all {_duration(found.seconds)}{cost and f', which costs {cost}'}"
    notes = [total] if found.seconds is not None else []
    if any(each.seconds is not None for each in found.candidates):
        timed = count(_timed(data), "question" if asked else "image")
        notes.append(f"time is measured on {timed} here; memory is estimated")
    if servers := [each.candidate for each in found.candidates if is_endpoint(each.checkpoint)]:
        notes.append(f"{count(images, 'image')} would leave for {joined(servers)}")
    if any(not each.here and not each.cannot for each in found.candidates):
        notes.append("the speed of a candidate that is not on this machine is unknown")
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
