"""A loaded candidate that answers blocks of images: in this process, or as an actor elsewhere."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from advisor.errors import AdvisorError, MissingExtraError
from advisor.evaluate.execution import AnsweredBlock, Block, Facts, Opened
from advisor.evaluate.linear_head import is_head, load_head
from advisor.evaluate.responses import AskedImage, Asking, Response
from advisor.model.library import EXTRACT, LABEL, SEARCH
from advisor.rulebase.store import load_rules
from advisor.trial.answer import Request
from advisor.trial.candidate import Candidate
from advisor.trial.failures import OutOfMemoryError, UnsupportedError
from advisor.trial.images import OpenedImage
from advisor.trial.placement import begin_peak, keep_freed_memory, peak_mb
from advisor.trial.resolution import Loading
from advisor.trial.runner import Runner, load_runner
from advisor.trial.runtime import library


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
        loading = Loading(
            device=candidate.device,
            dtype=candidate.dtype,
            revision=candidate.revision,
            offline=True,
            pretrained_only=candidate.pretrained_only,
            max_new_tokens=asking.max_new_tokens,
            thinking=asking.thinking,
            seed=asking.seed,
        )
        if is_head(candidate.checkpoint):
            runner: Runner = load_head(candidate.checkpoint, loading)
        else:
            rules = load_rules(overlays=tuple(map(Path, asking.overlays)))
            how = loading._asdict()
            runner = load_runner(candidate.checkpoint, candidate.task, rulebase=rules, **how)
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
            Response(asked.image.number, asked.key, unreadable=image)
            if isinstance(image, str)
            else answered[asked.image.number]
            for asked, image in block
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
            ((asked, _),) = block
            return [Response(asked.image.number, asked.key, failed=error.message)]

    def _responses(self, block: Sequence[tuple[AskedImage, OpenedImage]]) -> list[Response]:
        asking, images = self.asking, [image for _, image in block]
        empty = [Response(asked.image.number, asked.key) for asked, _ in block]
        if self.candidate.baseline or asking.act == SEARCH:
            packed = self._vectors([asked for asked, _ in block], images)
            return [r._replace(vectors=each) for r, each in zip(empty, packed, strict=True)]
        if asking.act == LABEL:
            rows = self._scores(images)
            return [r._replace(scores=tuple(row)) for r, row in zip(empty, rows, strict=True)]
        requests = [
            Request(question=asked.image.question or None, prompt=asking.prompt)
            for asked, _ in block
        ]
        answers = [reply.answers[0] for reply in self.runner.run_all(images, requests)]
        found = []
        for response, first in zip(empty, answers, strict=True):
            plain = json.loads(json.dumps(first.fields, default=str))  # what JSON has a form for
            fields = plain if asking.act == EXTRACT else None
            found.append(
                response._replace(text=first.text, probability=first.probability, fields=fields)
            )
        return found

    def _scores(self, images: Sequence[OpenedImage]) -> list[list[float]]:
        """Return the score of each label for each image."""
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
        return rows

    def _vectors(self, asked: Sequence[AskedImage], images: Sequence[OpenedImage]) -> list[bytes]:
        """Return unit vectors of each image and, where texts search, of its texts."""
        runner: Any = self.runner
        of_each = [
            [self.asking.template.format(t) for t in each.image.references] for each in asked
        ]
        texts = [text for some in of_each for text in some]
        with runner.running():
            vectors = runner.image_vectors(images).numpy().astype("<f4")
            rows = runner.text_vectors(texts).numpy().astype("<f4") if texts else ()
        packed, start = [], 0
        for vector, some in zip(vectors, of_each, strict=True):
            own = rows[start : start + len(some)]
            packed.append(vector.tobytes() + b"".join(row.tobytes() for row in own))
            start += len(some)
        return packed
