"""Workers as actors of Ray Core, on this machine or on a cluster: the same answers, in order.

The driver reads the files and fixes the blocks; an actor holds one loaded checkpoint while its
candidate runs. If an actor dies, its blocks are answered again by its replacement.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle
from tempfile import TemporaryDirectory
from typing import Any

from advisor.child import as_a_child
from advisor.errors import AdvisorError
from advisor.evaluate.execution import AnsweredBlock, Block, Facts, decoded_image
from advisor.evaluate.responses import AskedImage, Asking
from advisor.evaluate.worker import Worker
from advisor.trial.candidate import Candidate
from advisor.trial.runtime import library, plain_errors

LOCAL = "local"
"""The address that starts a cluster on this machine for the time of the run."""
RETRIES = 3
"""Maximum restarts of an actor, and retries of a block whose actor died."""
A_HEAD = 2
"""Blocks assigned to each actor in advance, so that it never waits for the driver."""


class Actor(Worker):
    """A worker in a Ray process, which receives files and returns errors of the checkpoint.

    Its process starts in an empty folder, so that its import path is safe. Then it changes to the
    driver's `folder` if that exists there, so that relative paths keep their meaning.
    """

    def __init__(self, folder: str, candidate: Candidate, asking: Asking) -> None:
        with suppress(OSError):
            os.chdir(folder)
        super().__init__(candidate, asking)

    def answer_files(self, block: Sequence[AskedImage]) -> AnsweredBlock | AdvisorError:
        """Return the answers to a block, or the error of the checkpoint."""
        try:
            return self.answer(list(map(decoded_image, block)))
        except AdvisorError as error:
            return AdvisorError(error.message, hint=error.hint, kind=error.kind)

    def process(self) -> int:
        """Return the id of its process."""
        return os.getpid()


class RayPool:
    """Actors that answer blocks; results come in the order of the blocks."""

    decodes = True

    def __init__(self, ray: Any, candidate: Candidate, actors: Sequence[Any]) -> None:
        self.ray, self.candidate, self.actors, self.workers = ray, candidate, actors, len(actors)

    def answers(self, blocks: Iterable[Block]) -> Iterator[tuple[Block, AnsweredBlock]]:
        """Yield each block with the answers to its missing images, in order."""
        running: deque[tuple[Block, Any]] = deque()
        turns = cycle(self.actors)
        try:
            for block in blocks:
                running.append((block, next(turns).answer_files.remote(block.missing)))
                if len(running) > A_HEAD * self.workers:
                    yield self._finished(*running.popleft())
            while running:
                yield self._finished(*running.popleft())
        finally:
            for _, promise in running:
                self.ray.cancel(promise, force=False)

    def facts(self) -> Facts | None:
        """Return the facts of the actor with the highest peak memory, None if none was loaded."""
        facts = self.ray.get([actor.facts.remote() for actor in self.actors])
        return max(filter(None, facts), key=lambda each: each["peak_mb"] or 0.0, default=None)

    def _finished(self, block: Block, promise: Any) -> tuple[Block, AnsweredBlock]:
        """Wait for the answers to a block; raise AdvisorError if the actor or checkpoint failed."""
        try:
            answered = self.ray.get(promise)
        except self.ray.exceptions.RayError as error:
            raise AdvisorError(
                f"the worker of `{self.candidate.checkpoint}` died {RETRIES + 1} times "
                f"({type(error).__name__})",
                hint="a worker often dies when memory runs out. Use fewer --workers or a "
                "smaller checkpoint",
                kind="out-of-memory",
            ) from error
        if isinstance(answered, AdvisorError):
            raise answered
        return block, answered


@contextmanager
def ray_pools(address: str, workers: int = 0) -> Iterator[Any]:
    """Yield a function that starts actors for a candidate; disconnect from the cluster at the end.

    `address` is that of a cluster, or LOCAL; `workers` is the number of actors, 0 being one for
    each GPU (or CPU) of the cluster. The function first ends the actors of the previous candidate.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray = library("ray", "ray", "`--ray`")
    local = {"include_dashboard": False, "num_cpus": workers or None} if address == LOCAL else {}
    folder = os.getcwd()  # noqa: PTH109 - it travels as text
    actors: list[Any] = []
    threads = library("torch").get_num_threads()

    def hire(candidate: Candidate, asking: Asking) -> RayPool:
        while actors:  # those of the candidate before: two may be too large for the memory
            ray.kill(actors.pop())
        kind = "GPU" if candidate.device.startswith("cuda") else "CPU"
        number = workers or max(1, int(ray.cluster_resources().get(kind, 1)))
        retries = {"max_restarts": RETRIES, "max_task_retries": RETRIES}
        remote = ray.remote(num_cpus=1, num_gpus=int(kind == "GPU"), **retries)(Actor)
        asking = asking._replace(threads=threads)
        actors.extend(remote.remote(folder, candidate, asking) for _ in range(number))
        return RayPool(ray, candidate, tuple(actors))

    with TemporaryDirectory(prefix="advisor-ray-") as empty:  # Ray lets workers import from theirs
        with plain_errors("ray"), as_a_child(empty):
            ray.init(address=address, log_to_driver=False, logging_level="ERROR", **local)
        try:
            yield hire
        finally:
            ray.shutdown()
