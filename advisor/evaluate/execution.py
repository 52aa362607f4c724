"""Running candidates over a set, one after the other, into a file that can be taken up again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from advisor.errors import AdvisorError
from advisor.evaluate.image_blocks import Block, prepared
from advisor.evaluate.labelled import ImageStore
from advisor.evaluate.responses import WITHOUT_LOOKING, Asking, EvaluationRun
from advisor.evaluate.worker import AnsweredBlock, Facts, Worker
from advisor.trial.candidate import Candidate

Telling = Callable[[str], None]
"""Is told what the user should know."""


class WorkerPool(Protocol):
    """Who answers: one worker in this process, or actors elsewhere."""

    decodes: bool
    """True where it wants files, and decodes them itself."""
    workers: int
    """How many answer at once, so that a block may be there before it is waited for."""

    def answers(self, blocks: Iterable[Block]) -> Iterator[tuple[Block, AnsweredBlock | None]]:
        """Yield the answers to blocks in their order, None for those of which none is missing."""

    def facts(self) -> Facts | None:
        """Return what is known of the checkpoint, None where nothing had to be loaded."""


Hiring = Callable[[Candidate, Asking], WorkerPool]
"""Returns who answers for a candidate; a context manager that lets them go is around it."""


class Watching(NamedTuple):
    """Who is told how far a run is: `progress` with the candidate, images done and of how many."""

    tell: Telling = lambda _line: None
    progress: Callable[[str, int, int], None] = lambda _name, _done, _total: None


def execute(
    run: EvaluationRun,
    store: ImageStore,
    asking: Asking,
    *,
    fresh: bool = False,
    hire: Hiring = Worker,
    watching: Watching = Watching(),  # noqa: B008 - it is frozen
) -> EvaluationRun:
    """Run every candidate on every image for which the file of the run has no answer yet.

    With `fresh`, the answers that it has go first. What fails for one candidate stops no other: it
    says so in the run that is returned.
    """
    run.file.begin(run, fresh=fresh)
    for number, candidate in enumerate(run.candidates):
        if candidate.failed is not None or candidate.baseline in WITHOUT_LOOKING:
            continue
        try:
            candidate = _run_one(run, candidate, store, asking, hire, watching)
        except AdvisorError as error:
            if error.kind in ("disk-full", "cannot-write"):
                raise
            watching.tell(f"{candidate.name}: {error.message}")
            candidate = candidate.ended_by(error)
        others = run.candidates
        run = replace(run, candidates=(*others[:number], candidate, *others[number + 1 :]))
        run.file.keep(run)
    return run


def _run_one(
    run: EvaluationRun,
    candidate: Candidate,
    store: ImageStore,
    asking: Asking,
    hire: Hiring,
    watching: Watching,
) -> Candidate:
    """Run one candidate, and return it with the warnings of its checkpoint."""
    file, images, size = run.file, run.data.images, run.settings["batch"]
    pool = hire(candidate, asking)
    ready = prepared(
        images, size, store, run.data.act, candidate.digest, file.keys(), decode=not pool.decodes
    )
    done, smallest, first = 0, 0, True
    with closing(ready):
        last = time.perf_counter()
        for block, answered in pool.answers(ready):
            done += len(block.keys)
            if answered is None:
                file.write(candidate, block.keys)
            else:
                failures = [each.failed for each in answered.responses if each.failed]
                readable = sum(not each.unreadable for each in answered.responses)
                if first and failures and len(failures) == readable:  # it cannot answer at all
                    raise AdvisorError(failures[0], kind="broken-checkpoint")
                wall_ms = max((time.perf_counter() - last) * 1000, answered.ms / pool.workers)
                timing: dict[str, Any] = {
                    "images": len(answered.responses),
                    "ms": round(answered.ms, 3),
                    "wall_ms": round(wall_ms, 3),
                    "batch": answered.batch,
                }
                if answered.tokens:
                    timing["tokens"] = answered.tokens
                if first and (loaded := pool.facts()):  # it waits for the checkpoint, too
                    timing |= {"first": True, "warnings": loaded.warnings}
                file.write(candidate, block.keys, answered.responses, timing)
                first = False
                images_of_block = len(answered.responses)
                if answered.batch < images_of_block and answered.batch != smallest:
                    smallest = answered.batch
                    watching.tell(
                        f"{candidate.name}: memory has no room for {images_of_block} images at"
                        f" once; going on with {smallest}, so that another run may differ in the"
                        " last digits"
                    )
            last = time.perf_counter()
            watching.progress(candidate.name, done, len(images))
    if facts := pool.facts():
        known = {"warnings": facts.warnings, "peak_mb": facts.peak_mb}
        if facts.load_ms is not None:
            known["load_ms"] = round(facts.load_ms, 1)
        file.write(candidate, (), (), known)
    return candidate._replace(warnings=file.warnings(candidate))
