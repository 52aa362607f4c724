"""Running candidates on a set, one after the other, into a file from which a run can resume.

The set is cut into blocks that are answered together; files are read and decoded ahead. Blocks are
fixed before the run, and the missing answers of one are computed together, so the results do not
depend on where a run resumes or which worker answers a block.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from advisor.errors import AdvisorError
from advisor.evaluate.responses import (
    WITHOUT_LOOKING,
    AskedImage,
    Asking,
    EvaluationRun,
    LabelledImage,
    Response,
    key_of,
)
from advisor.model.library import LABEL, SEARCH
from advisor.trial.annotations import ImageStore
from advisor.trial.candidate import Candidate
from advisor.trial.images import open_encoded
from advisor.trial.runtime import ImageError

THREADS = 3


class Block(NamedTuple):
    """Images that are answered together, with their files read.

    `keys` are (image number, answer key) for all of them; `missing` are the images without an
    answer.
    """

    keys: tuple[tuple[int, str], ...]
    missing: Sequence[AskedImage]


def prepared(
    images: Sequence[LabelledImage],
    size: int,
    store: ImageStore,
    act: str,
    digest: str,
    stored: set[str],
    decode: bool = True,
    labels: Sequence[LabelledImage] = (),
) -> Generator[Block]:
    """Yield the images in blocks of `size`; the next block is read and, with `decode`, decoded.

    `digest` is the candidate's, `stored` are the keys of existing answers. Of equal files with
    equal questions only the first is answered. `labels` (for dual encoders) come first, in blocks
    of their own; they have negative numbers and a text instead of a file.
    """

    def ready(image: LabelledImage) -> AskedImage:
        if image.number < 0:
            return AskedImage(image, key_of(digest, LABEL, (image.question,)))
        texts = (image.question, *(image.references if act == SEARCH else ()))
        try:
            data = store.read(image.id)
        except OSError as error:
            why = f"`{image.id}` cannot be read: {error.strerror or error}"
            return AskedImage(image, key_of(digest, why, texts), opened=why)
        key = key_of(digest, hashlib.sha256(data).hexdigest(), texts)
        query = AskedImage(image, key, data)
        return decoded_image(query) if decode and key not in stored else query

    with ThreadPoolExecutor(THREADS, thread_name_prefix="advisor-reading") as pool:
        parts = iter([p[n : n + size] for p in (labels, images) for n in range(0, len(p), size)])

        def begun() -> list[Future[AskedImage]]:
            return [pool.submit(ready, image) for image in next(parts, ())]

        answered, ahead = set(stored), begun()
        while ahead:
            queries = [job.result() for job in ahead]
            ahead = begun()
            missing: dict[str, AskedImage] = {}
            for each in queries:
                if each.key not in answered:
                    missing.setdefault(each.key, each)
            answered.update(missing)
            keys = tuple((each.image.number, each.key) for each in queries)
            yield Block(keys, list(missing.values()))


def decoded_image(query: AskedImage) -> AskedImage:
    """Return the query with its image decoded, or with the reason why it cannot be."""
    if query.data is None:
        return query
    try:
        return query._replace(opened=open_encoded(query.data, query.image.id))
    except ImageError as error:
        return query._replace(opened=error.message)


class AnsweredBlock(NamedTuple):
    """The responses of a block in its order, the milliseconds, and the batch size that fitted.

    `tokens` are the (input, output) tokens of a server.
    """

    responses: tuple[Response, ...]
    ms: float
    batch: int
    tokens: tuple[int, int] | None = None


Facts = dict[str, Any]
"""Facts about a loaded candidate: `warnings`, `load_ms` and `peak_mb`."""


class WorkerPool(Protocol):
    """Workers that answer blocks: one in this process, Ray actors, or a server."""

    decodes: bool
    """True if the pool decodes the image files itself."""
    workers: int
    """Number of workers that answer in parallel."""

    def answers(self, blocks: Iterable[Block]) -> Iterator[tuple[Block, AnsweredBlock]]:
        """Yield each block with the answers to its missing images, in order."""

    def facts(self) -> Facts | None:
        """Return facts about the loaded checkpoint, None if nothing had to be loaded."""


Telling = Callable[[str], None]
"""Shows a line to the user."""
Progress = Callable[[str, int, int], None]
"""Receives a candidate's name, its number of images done, and the total."""


def execute(
    run: EvaluationRun,
    store: ImageStore,
    asking: Asking,
    hire: Callable[[Candidate, Asking], WorkerPool],
    *,
    fresh: bool = False,
    tell: Telling = lambda _line: None,
    progress: Progress = lambda _name, _done, _total: None,
) -> EvaluationRun:
    """Run every candidate on every image for which the file of the run has no answer yet.

    `hire` returns the workers of a candidate. With `fresh`, existing answers are deleted first. An
    error of one candidate is recorded in the returned run and stops no other, unless the disk is
    full or the file cannot be written.
    """
    run.file.begin(run, fresh=fresh)
    for number, candidate in enumerate(run.candidates):
        if candidate.failed is not None or candidate.baseline in WITHOUT_LOOKING:
            continue
        try:
            labels = [
                LabelledImage(number - len(asking.texts), "", asking.template.format(text))
                for number, text in enumerate(asking.texts if candidate.compares_vectors else ())
            ]
            pool = hire(candidate, asking)
            candidate = _run_one(run, candidate, store, labels, pool, tell, progress)
        except AdvisorError as error:
            if error.kind in ("disk-full", "cannot-write"):
                raise
            tell(f"{candidate.name}: {error.message}")
            candidate = candidate.ended_by(error)
        others = run.candidates
        run = replace(run, candidates=(*others[:number], candidate, *others[number + 1 :]))
        run.file.keep(run)
    return run


def _run_one(
    run: EvaluationRun,
    candidate: Candidate,
    store: ImageStore,
    labels: Sequence[LabelledImage],
    pool: WorkerPool,
    tell: Telling,
    progress: Progress,
) -> Candidate:
    """Run one candidate; raise AdvisorError if its first block or any label fails."""
    file, images, size = run.file, run.data.images, run.settings["batch"]
    ready = prepared(
        images, size, store, run.data.act, candidate.digest, file.keys(), not pool.decodes, labels
    )
    done, smallest, first, last = 0, 0, True, time.perf_counter()
    with closing(ready):
        for block, answered in pool.answers(ready):
            number, timing = len(answered.responses), dict[str, Any]()
            of_labels = block.keys[0][0] < 0
            readable = [each for each in answered.responses if not each.unreadable]
            failures = [each.failed for each in readable]
            if (of_labels and any(failures)) or (first and failures and all(failures)):
                why = next(filter(None, failures))  # it cannot answer at all
                raise AdvisorError(why, kind="broken-checkpoint")
            if readable and not of_labels:
                passed = (time.perf_counter() - last) * 1000
                timing = {
                    "images": len(readable),
                    "ms": round(answered.ms, 3),
                    "wall_ms": round(max(passed, answered.ms / pool.workers), 3),
                    "batch": answered.batch,
                }
                timing |= {"tokens": answered.tokens} if answered.tokens else {}
                if first and (loaded := pool.facts()):  # it waits for the checkpoint, too
                    timing |= {"first": True, "warnings": loaded["warnings"]}
                first = False
            file.write(candidate, block.keys, answered.responses, timing)
            if answered.batch < number and answered.batch != smallest:
                smallest = answered.batch
                tell(
                    f"{candidate.name}: a batch of {number} images does not fit in memory. "
                    f"The batch size is now {smallest}, so results may differ in the last "
                    "digits."
                )
            done += 0 if of_labels else len(block.keys)
            progress(candidate.name, done, len(images))
            last = time.perf_counter()
    if facts := pool.facts():
        file.write(candidate, (), (), facts)
    return candidate._replace(warnings=file.warnings(candidate))
