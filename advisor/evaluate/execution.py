"""Running candidates over a set, one after the other, in a folder that can be taken up again."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from advisor.errors import AdvisorError, UsageError
from advisor.evaluate.annotation import ImageStore
from advisor.evaluate.image_blocks import Block, Prepared, blocks_of, prepared
from advisor.evaluate.journal import Journal, open_journal
from advisor.evaluate.labelled import EvaluationSet
from advisor.evaluate.lineup import Entrant
from advisor.evaluate.manifest import (
    MANIFEST,
    kept_for_us,
    read_manifest,
    write_images,
    write_manifest,
)
from advisor.evaluate.recorded import (
    EvaluatedCandidate,
    EvaluationRun,
    given_file,
    timing_file,
)
from advisor.evaluate.work_order import WorkOrder
from advisor.evaluate.worker import AnsweredBlock, Worker

Telling = Callable[[str], None]
"""Is told what the user should know."""


class Facts(NamedTuple):
    """What is known of a candidate once it is loaded, and what that took."""

    warnings: tuple[str, ...]
    load_ms: float
    peak_mb: float | None


class Team(Protocol):
    """Who answers: one worker in this process, or actors elsewhere."""

    decodes: bool
    """True where it wants files, and decodes them itself."""

    def answers(
        self, blocks: Iterable[Prepared]
    ) -> Iterator[tuple[Prepared, AnsweredBlock | None]]:
        """Yield the answers to blocks in their order, None for those that are held."""

    def facts(self) -> Facts | None:
        """Return what is known of the checkpoint, None where nothing had to be loaded."""


Hiring = Callable[[WorkOrder], Team]
"""Returns a team for an order; a context manager that lets it go is around it."""


class Watching(NamedTuple):
    """Who is told how far a run is: `progress` with the candidate, images done and of how many."""

    tell: Telling = lambda _line: None
    progress: Callable[[str, int, int], None] = lambda _name, _done, _total: None


class AloneHere:
    """One worker in this process; the checkpoint is loaded when the first answer is missing."""

    decodes = False

    def __init__(self, order: WorkOrder) -> None:
        self.order = order
        self.worker: Worker | None = None
        self.load_ms = 0.0

    def answers(
        self, blocks: Iterable[Prepared]
    ) -> Iterator[tuple[Prepared, AnsweredBlock | None]]:
        """Yield the answers to blocks in their order, None for those that are held."""
        for block in blocks:
            if block.held:
                yield block, None
                continue
            if self.worker is None:
                begun = time.perf_counter()
                self.worker = Worker(self.order)
                self.load_ms = (time.perf_counter() - begun) * 1000
            yield block, self.worker.answer(block.opened)

    def facts(self) -> Facts | None:
        """Return what is known of the checkpoint, None where nothing had to be loaded."""
        worker = self.worker
        if worker is None:
            return None
        return Facts(worker.warnings, self.load_ms, worker.peak_mb)


def execute(
    folder: Path,
    data: EvaluationSet,
    store: ImageStore,
    entrants: Sequence[Entrant],
    settings: dict[str, Any],
    *,
    fresh: bool = False,
    hire: Hiring = AloneHere,
    watching: Watching = Watching(),  # noqa: B008 - it is frozen
) -> EvaluationRun:
    """Run every candidate on every image, or on those that have no answer yet in the folder.

    With `fresh`, what a run left there goes first. What fails for one candidate stops no other: it
    says so in the run that is returned. Raises AdvisorError where another process is at it.
    """
    run = EvaluationRun(folder, data, tuple(each.candidate for each in entrants), settings)
    blocks = blocks_of(data.images, settings["batch"])
    with kept_for_us(folder, fresh=fresh):
        run = _taken_up(run)
        write_manifest(run)
        write_images(run)
        for entrant in entrants:
            if entrant.order is None:
                continue
            told = _Warned(run, entrant.candidate.number)
            try:
                _run_one(told, entrant, entrant.order, blocks, store, hire, watching)
                run = told.run
            except AdvisorError as error:
                if error.kind in ("disk-full", "cannot-write"):
                    raise
                candidate = told.run.candidates[told.number]
                watching.tell(f"{candidate.name}: {error.message}")
                run = _with(told.run, candidate._replace(failed=error.message))
            write_manifest(run)
    return run


def _taken_up(run: EvaluationRun) -> EvaluationRun:
    """Return the run with what an earlier sitting of it knows; refuse a folder of another one."""
    if not (run.folder / MANIFEST).exists():
        return run
    try:
        before = read_manifest(run.folder)
        known = {each["number"]: each for each in before["candidates"]}
        warned = {number: tuple(map(str, each["warnings"])) for number, each in known.items()}
        batch = before["settings"]["batch"]
        same = before["data"]["digest"] == run.data.digest and [
            known[number]["checkpoint"] for number in sorted(known)
        ] == [each.checkpoint for each in run.candidates]
    except (AdvisorError, KeyError, TypeError) as error:
        raise UsageError(
            f"`{run.folder}` holds something else than this evaluation",
            hint="name another folder: --run DIR",
        ) from error
    if not same:
        raise UsageError(
            f"`{run.folder}` holds the evaluation of other images or candidates",
            hint="name another folder: --run DIR; or begin anew with --fresh",
        )
    if batch != run.settings["batch"]:
        raise UsageError(
            f"`{run.folder}` was begun with {batch} images at once, and what a network computes "
            "may depend on that",
            hint=f"go on with --batch-size {batch}, or begin anew with --fresh",
        )
    return run._replace(
        candidates=tuple(each._replace(warnings=warned[each.number]) for each in run.candidates)
    )


def _run_one(
    told: _Warned,
    entrant: Entrant,
    order: WorkOrder,
    blocks: Sequence[Block],
    store: ImageStore,
    hire: Hiring,
    watching: Watching,
) -> None:
    """Run one candidate; `told` hears the warnings of its checkpoint before any answer is kept."""
    run, number, name = told.run, told.number, entrant.candidate.name
    total = len(run.data.images)
    given, timed = run.folder / given_file(number), run.folder / timing_file(number)
    team = hire(order)
    with Journal(given, [len(block.images) for block in blocks]) as journal:
        ready = prepared(blocks, store, entrant.digest, journal.holds, decode=not team.decodes)
        with closing(ready), open_journal(timed) as times:
            times.seek(0, os.SEEK_END)
            done, last, smallest, first = 0, time.perf_counter(), 0, True
            for block, answered in team.answers(ready):
                done += len(block.asked)
                if answered is not None:
                    journal.cut(block.number)
                    _refuse_only_failures(answered, block.number)
                    if first:
                        told.hear(team.facts())
                    journal.write(answered.responses)
                    now = time.perf_counter()
                    times.write(
                        _timed(answered, len(block.asked), (now - last) * 1000, first=first)
                    )
                    first = False
                    smallest = _told_halved(answered, smallest, len(block.asked), name, watching)
                last = time.perf_counter()
                watching.progress(name, done, total)
            facts = team.facts()
            if facts is not None:
                line = {"load_ms": round(facts.load_ms, 1), "peak_mb": facts.peak_mb}
                times.write(json.dumps(line).encode() + b"\n")


class _Warned:
    """A run whose manifest has the warnings of a checkpoint as soon as it is loaded.

    Otherwise a run that is killed between the last answer and its end would not have them.
    """

    def __init__(self, run: EvaluationRun, number: int) -> None:
        self.run, self.number = run, number

    def hear(self, facts: Facts | None) -> None:
        """Write the warnings down."""
        candidate = self.run.candidates[self.number]
        if facts is not None and facts.warnings != candidate.warnings:
            self.run = _with(self.run, candidate._replace(warnings=facts.warnings))
            write_manifest(self.run)


def _refuse_only_failures(answered: AnsweredBlock, number: int) -> None:
    """Raise where a candidate cannot answer any image of the first block."""
    failures = [each.failed for each in answered.responses if each.failed]
    readable = sum(not each.unreadable for each in answered.responses)
    if number == 0 and failures and len(failures) == readable:
        raise AdvisorError(failures[0], kind="broken-checkpoint")


def _told_halved(
    answered: AnsweredBlock, smallest: int, size: int, name: str, watching: Watching
) -> int:
    """Say when memory has no room for a whole block; return the batch that there is room for."""
    if answered.batch < size and answered.batch != smallest:
        watching.tell(
            f"{name}: memory has no room for {size} images at once; going on with "
            f"{answered.batch}, so that another run may differ in the last digits"
        )
        return answered.batch
    return smallest


def _timed(answered: AnsweredBlock, images: int, wall_ms: float, *, first: bool) -> bytes:
    """Return a line of what was timed; the first block of a sitting waits for the checkpoint."""
    line = {
        "images": images,
        "ms": round(answered.ms, 3),
        "wall_ms": round(wall_ms, 3),
        "batch": answered.batch,
        **({"first": True} if first else {}),
    }
    return json.dumps(line).encode() + b"\n"


def _with(run: EvaluationRun, candidate: EvaluatedCandidate) -> EvaluationRun:
    others = {each.number: each for each in run.candidates} | {candidate.number: candidate}
    return run._replace(candidates=tuple(others[number] for number in sorted(others)))
