"""What an evaluation will run and download, said before it is begun."""

from __future__ import annotations

from typing import Any, NamedTuple

from advisor.decide.memory import MB, file_dtype, memory_gb, weights_mb
from advisor.draw.blocks import Heading, Item, Items, Page, Pairs, Table, Text
from advisor.draw.formats import document
from advisor.evaluate.endpoint import is_endpoint
from advisor.evaluate.lineup import Arrangement, line_up
from advisor.files import size_shown
from advisor.phrasing import count, joined
from advisor.trial.candidate import Candidate


class Expected(NamedTuple):
    """What one candidate will take; None where nobody knows.

    `here` is True where it need not be fetched, `cannot` says why it will not run.
    """

    candidate: str
    checkpoint: str
    here: bool
    download_mb: float | None = None
    memory_mb: float | None = None
    cannot: str | None = None


def forecast(made: Arrangement) -> tuple[Expected, ...]:
    """Return what each candidate will take; nothing is loaded for it, and nothing fetched."""
    return tuple(_expected(made, candidate) for candidate in line_up(made, fetch=False))


def _expected(made: Arrangement, candidate: Candidate) -> Expected:
    """Return what a candidate takes by its files here, else by the catalogue."""
    here = candidate.failed is None
    listed = made.rulebase.checkpoints.get(candidate.checkpoint)
    expected = Expected(candidate.name, candidate.checkpoint, here, memory_mb=candidate.memory_mb)
    if not here and candidate.kind != "not-downloaded":
        return expected._replace(cannot=candidate.failed)
    if here or listed is None or listed.parameters_millions is None:
        return expected
    gb = memory_gb(listed)
    return expected._replace(
        download_mb=round(weights_mb(listed.parameters_millions * 1e6, file_dtype(listed)), 1),
        memory_mb=None if gb is None else round(gb * 1024, 1),
    )


def as_json(made: Arrangement, expected: tuple[Expected, ...]) -> dict[str, Any]:
    """Return the JSON document of `advisor evaluate --dry-run`."""
    data = made.data
    return document(
        made.rulebase.digest,
        data={
            "name": data.name,
            "task": data.task,
            "images": made.images,
            "questions": len(data.images) if any(each.question for each in data.images) else None,
            "classes": len(data.classes) or None,
            "left_out": [each._asdict() for each in data.left_out],
        },
        candidates=[each._asdict() for each in expected],
    )


def as_page(made: Arrangement, expected: tuple[Expected, ...]) -> Page:
    """Return a forecast as a page: what is to be run on what, and why the rest will not."""
    data, images = made.data, made.images
    questions = f", {count(len(data.images), 'question')}" if len(data.images) > images else ""
    runs = [each for each in expected if not each.cannot]
    rows = tuple(
        (each.candidate, "none" if each.here else _size(each.download_mb), _size(each.memory_mb))
        for each in runs
    )
    facts = (("task", data.task), ("images", f"{images}{questions}"))
    page: Page = [Heading(f"Evaluation plan: {data.name}", 1), Pairs(facts)]
    page += [Table(("candidate", "download", "memory"), rows, wide=0)] if rows else []
    if cannot := [f"{each.candidate}: {each.cannot}" for each in expected if each.cannot]:
        page += [Heading("Skipped"), Items(tuple(Item("-", line) for line in cannot))]
    if servers := [each.candidate for each in runs if is_endpoint(each.checkpoint)]:
        sent = f"{count(images, 'image')} would be sent to {joined(servers)}."
        page.append(Text(sent, "quiet"))
    return page


def _size(mb: float | None) -> str:
    return "unknown" if mb is None else f"about {size_shown(int(mb * MB))}"
