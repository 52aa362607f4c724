"""A loaded candidate that answers blocks of images: in this process, or as an actor elsewhere."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from advisor.errors import AdvisorError, MissingExtraError
from advisor.evaluate.image_blocks import Block, Opened
from advisor.evaluate.responses import AskedImage, Asking, Response
from advisor.model.library import EXTRACT, LABEL, SEARCH
from advisor.rulebase.store import load_rules
from advisor.trial.answer import Request
from advisor.trial.candidate import Candidate
from advisor.trial.failures import OutOfMemoryError, UnsupportedError
from advisor.trial.images import OpenedImage
from advisor.trial.placement import begin_peak, keep_freed_memory, peak_mb
from advisor.trial.runner import Runner, load_runner
from advisor.trial.runtime import library


class AnsweredBlock(NamedTuple):
    """The responses of a block in its order, what it took, and the batch that memory allowed.

    `tokens` are those that a server read and wrote.
    """

    responses: tuple[Response, ...]
    ms: float
    batch: int
    tokens: tuple[int, int] | None = None


class Facts(NamedTuple):
    """What is known of a candidate once it is loaded, and what that took."""

    warnings: tuple[str, ...]
    load_ms: float | None
    peak_mb: float | None


class Worker:
    """Answers one block after the other; the checkpoint is loaded when the first is missing."""

    decodes, workers = False, 1

    def __init__(self, candidate: Candidate, asking: Asking) -> None:
        self.candidate, self.asking, self.batch = candidate, asking, 0
        self.load_ms: float | None = None

    @cached_property
    def runner(self) -> Runner:
        """The loaded checkpoint."""
        torch, begun = library("torch"), time.perf_counter()
        candidate, asking = self.candidate, self.asking
        if asking.threads:
            torch.set_num_threads(asking.threads)
        rulebase = load_rules(overlays=tuple(map(Path, asking.overlays)))
        runner = load_runner(
            candidate.checkpoint,
            candidate.task,
            rulebase=rulebase,
            device=candidate.device,
            dtype=candidate.dtype,
            revision=candidate.revision,
            offline=True,
            pretrained_only=candidate.pretrained_only,
            max_new_tokens=asking.max_new_tokens,
            thinking=asking.thinking,
            seed=asking.seed,
        )
        begin_peak(runner.placement)
        keep_freed_memory()
        self.load_ms = (time.perf_counter() - begun) * 1000
        return runner

    def facts(self) -> Facts | None:
        """Return what is known of the checkpoint, None where nothing had to be loaded."""
        if self.load_ms is None:
            return None
        runner = self.runner
        warnings = runner.scoring_warnings if self.asking.act == LABEL else runner.warnings
        return Facts(tuple(warnings), self.load_ms, peak_mb(runner.placement))

    def answers(self, blocks: Iterable[Block]) -> Iterator[tuple[Block, AnsweredBlock | None]]:
        """Yield the answers to blocks in their order, None for those of which none is missing."""
        for block in blocks:
            yield block, self.answer(block.opened) if block.missing else None

    def answer(self, block: Sequence[Opened]) -> AnsweredBlock:
        """Return the answers to a block, in its order; OutOfMemoryError where one is too much.

        What memory has no room for is halved, for all blocks to come as well.
        """
        runner, begun = self.runner, time.perf_counter()
        readable = [(asked, image) for asked, image in block if not isinstance(image, str)]
        answered = {each.number: each for each in self._all(readable)}
        if runner.placement.on_cuda:
            library("torch").cuda.synchronize()
        ms = (time.perf_counter() - begun) * 1000
        responses = tuple(
            Response(asked_image.image.number, asked_image.key, unreadable=image)
            if isinstance(image, str)
            else answered[asked_image.image.number]
            for asked_image, image in block
        )
        return AnsweredBlock(responses, ms, self.batch or len(block))

    def _all(self, block: Sequence[tuple[AskedImage, OpenedImage]]) -> list[Response]:
        responses: list[Response] = []
        rest = list(block)
        while rest:
            size = self.batch or len(rest)
            some, rest = rest[:size], rest[size:]
            try:
                responses += self._some(some)
            except OutOfMemoryError:
                if len(some) == 1:
                    raise
                self.batch = max(1, len(some) // 2)
                rest = some + rest
                if self.runner.placement.on_cuda:
                    library("torch").cuda.empty_cache()
        return responses

    def _some(self, block: Sequence[tuple[AskedImage, OpenedImage]]) -> list[Response]:
        """Answer a batch; where it fails as a whole, each image alone."""
        try:
            return self._responses(block)
        except (OutOfMemoryError, MissingExtraError):
            raise
        except AdvisorError as error:
            if len(block) > 1:
                return [each for one in block for each in self._some([one])]
            ((asked_image, _),) = block
            return [Response(asked_image.image.number, asked_image.key, failed=error.message)]

    def _responses(self, block: Sequence[tuple[AskedImage, OpenedImage]]) -> list[Response]:
        images = [image for _, image in block]
        if self.candidate.baseline:
            return self._vectors([asked_image for asked_image, _ in block], images)
        if self.asking.act == LABEL:
            return self._scored([asked_image for asked_image, _ in block], images)
        if self.asking.act == SEARCH:
            return self._embedded([asked_image for asked_image, _ in block], images)
        requests = [
            Request(question=asked_image.image.question or None, prompt=self.asking.prompt)
            for asked_image, _ in block
        ]
        replies = self.runner.run_all(images, requests)
        found = []
        for (asked_image, _), reply in zip(block, replies, strict=True):
            first = reply.answers[0]
            plain = json.loads(json.dumps(first.fields, default=str))  # what JSON has a form for
            found.append(
                Response(
                    asked_image.image.number,
                    asked_image.key,
                    text=first.text,
                    probability=first.probability,
                    fields=plain if self.asking.act == EXTRACT else None,
                )
            )
        return found

    def _scored(self, asked: Sequence[AskedImage], images: Sequence[OpenedImage]) -> list[Response]:
        asking = self.asking
        request = Request(
            texts=asking.texts,
            template=asking.template,
            prompt=asking.prompt,
            label_map=asking.label_map,
        )
        with self.runner.running():
            rows = self.runner.label_scores(images, request)
        if any(map(math.isnan, chain.from_iterable(rows))):
            raise UnsupportedError(
                f"`{self.candidate.checkpoint}` answers with values that are not numbers",
                hint="its weights are damaged, or --dtype float32 is needed",
            )
        return [
            Response(each.image.number, each.key, scores=tuple(row))
            for each, row in zip(asked, rows, strict=True)
        ]

    def _vectors(
        self, asked: Sequence[AskedImage], images: Sequence[OpenedImage]
    ) -> list[Response]:
        """Return unit vectors of images, to which a baseline is fitted."""
        runner: Any = self.runner
        with runner.running():
            rows = runner.image_vectors(images).numpy().astype("<f4")
        return [
            Response(each.image.number, each.key, vectors=row.tobytes())
            for each, row in zip(asked, rows, strict=True)
        ]

    def _embedded(
        self, asked: Sequence[AskedImage], images: Sequence[OpenedImage]
    ) -> list[Response]:
        runner: Any = self.runner
        template = self.asking.template
        of_each = [[template.format(text) for text in each.image.references] for each in asked]
        with runner.running():
            vectors = runner.image_vectors(images).numpy().astype("<f4")
            rows = runner.text_vectors([text for texts in of_each for text in texts]).numpy()
        responses, start = [], 0
        for each, vector, texts in zip(asked, vectors, of_each, strict=True):
            packed = vector.tobytes() + rows[start : start + len(texts)].astype("<f4").tobytes()
            start += len(texts)
            responses.append(Response(each.image.number, each.key, vectors=packed))
        return responses
