"""Workers that answer blocks of images: a checkpoint in this process or an actor, or a server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

from advisor.decide.command_lines import act_of, use_for
from advisor.decide.programs import prompts_for
from advisor.errors import AdvisorError, MissingExtraError
from advisor.evaluate.endpoint import Endpoint, RefusedError, data_url
from advisor.evaluate.execution import AnsweredBlock, Block, Facts
from advisor.evaluate.measuring import IN_WORDS
from advisor.evaluate.metrics import Array, np
from advisor.evaluate.responses import AskedImage, Asking, EvaluationSet, Response, digest_of_order
from advisor.evaluate.vector_classifiers import is_head, load_head
from advisor.model.library import ANY_TYPE, EXTRACT, LABEL, SEARCH
from advisor.rulebase.store import load_rules
from advisor.trial.candidate import Candidate
from advisor.trial.contrastive import Contrastive
from advisor.trial.images import OpenedImage
from advisor.trial.placement import begin_peak, peak_mb
from advisor.trial.prompted import worded
from advisor.trial.resolution import Loading
from advisor.trial.runner import Runner, load_runner
from advisor.trial.runtime import OutOfMemoryError, UnsupportedError, library


class Worker:
    """Answers blocks in order; the checkpoint is loaded when the first answer is missing."""

    decodes, workers = False, 1

    def __init__(self, candidate: Candidate, asking: Asking) -> None:
        self.candidate, self.asking, self.batch = candidate, asking, 0
        self.load_ms: float | None = None

    @cached_property
    def runner(self) -> Runner:
        """The loaded checkpoint; the first access loads it."""
        torch, begun = library("torch"), time.perf_counter()
        candidate, asking = self.candidate, self.asking
        if asking.threads:
            torch.set_num_threads(asking.threads)
        thinking = asking.thinking and asking.act != LABEL  # a thought would precede the label
        limit, seed = asking.max_new_tokens, asking.seed
        common = Loading(offline=True, max_new_tokens=limit, thinking=thinking, seed=seed)
        loading = candidate.loading(common)
        if is_head(candidate.checkpoint):
            runner: Runner = load_head(candidate.checkpoint, loading)
        else:
            rules = load_rules(overlays=tuple(map(Path, asking.overlays)))
            settings = loading._asdict()
            runner = load_runner(candidate.checkpoint, candidate.task, rulebase=rules, **settings)
        begin_peak(runner.placement)
        self.load_ms = (time.perf_counter() - begun) * 1000
        return runner

    def facts(self) -> Facts | None:
        """Return facts about the loaded checkpoint, None if nothing had to be loaded."""
        if self.load_ms is None:
            return None
        runner = self.runner
        peak = peak_mb(runner.placement)
        return {"warnings": runner.warnings, "load_ms": self.load_ms, "peak_mb": peak}

    def answers(self, blocks: Iterable[Block]) -> Iterator[tuple[Block, AnsweredBlock]]:
        """Yield each block with the answers to its missing images, in order."""
        for block in blocks:
            yield block, self.answer(block.missing)

    def answer(self, queries: Sequence[AskedImage]) -> AnsweredBlock:
        """Return the answers to images in order; raise OutOfMemoryError if one alone does not fit.

        A batch that does not fit is halved, for all later blocks as well.
        """
        if not queries:
            return AnsweredBlock((), 0.0, 0)
        runner, begun = self.runner, time.perf_counter()
        readable = [each for each in queries if not isinstance(each.opened, str)]
        answered = {each.number: each for each in self._answered(readable)} if readable else {}
        if runner.placement.on_cuda:
            library("torch").cuda.synchronize()
        ms = (time.perf_counter() - begun) * 1000
        responses = tuple(
            Response(each.image.number, each.key, unreadable=each.opened)
            if isinstance(each.opened, str)
            else answered[each.image.number]
            for each in queries
        )
        return AnsweredBlock(responses, ms, self.batch or len(queries))

    def _answered(self, queries: Sequence[AskedImage]) -> list[Response]:
        """Answer images in batches that fit into memory; if a batch fails, each image alone."""
        size = self.batch or len(queries)
        if len(queries) > size:
            parts = [queries[start : start + size] for start in range(0, len(queries), size)]
            return [response for part in parts for response in self._answered(part)]
        try:
            return self._responses(queries)
        except OutOfMemoryError:
            if len(queries) == 1:
                raise
            self.batch = len(queries) // 2
            if self.runner.placement.on_cuda:
                library("torch").cuda.empty_cache()
            return self._answered(queries)
        except MissingExtraError:
            raise
        except AdvisorError as error:
            if len(queries) > 1:
                return [response for each in queries for response in self._answered([each])]
            return [Response(queries[0].image.number, queries[0].key, failed=error.message)]

    def _responses(self, queries: Sequence[AskedImage]) -> list[Response]:
        """Return the responses to images as one batch: vectors, label scores or text."""
        asking, candidate = self.asking, self.candidate
        images = [each.opened for each in queries if isinstance(each.opened, OpenedImage)]
        parts: list[dict[str, Any]] = []
        if not images or candidate.baseline or candidate.compares_vectors or asking.act == SEARCH:
            parts = [{"vectors": each} for each in self._vectors(queries, images)]
        elif asking.act == LABEL:
            with self.runner.running():
                scores = np.array(self.runner.label_scores(images, asking.request()))
            parts = [{"scores": tuple(row)} for row in self._numbers(scores).tolist()]
        else:
            requests = [asking.request(each.image.question) for each in queries]
            for reply in self.runner.run_all(images, requests):
                first = reply.answers[0]
                plain = json.loads(json.dumps(first.fields, default=str))  # as JSON has it
                fields = plain if asking.act == EXTRACT else None
                text = {"text": first.text, "probability": first.probability}
                parts.append({**text, "fields": fields})
        return [
            Response(each.image.number, each.key, **part)
            for each, part in zip(queries, parts, strict=True)
        ]

    def _vectors(self, queries: Sequence[AskedImage], images: Sequence[OpenedImage]) -> list[bytes]:
        """Return the bytes of each image's unit vector, followed in a search by those of its texts.

        Without images, they are the `label_rows` of each label.
        """
        runner, template = self.runner, self.asking.template
        assert isinstance(runner, Contrastive)
        texts = [template.format(text) for each in queries for text in each.image.references]
        with runner.running():
            rows = (
                runner.image_vectors(images)
                if images
                else runner.label_rows([each.image.question for each in queries])
            )
            of_texts = runner.text_vectors(texts).numpy() if texts else np.empty((0, 1))
        ends = np.cumsum([len(each.image.references) for each in queries])[:-1]
        parts = np.split(of_texts.astype("<f4"), ends)
        vectors = self._numbers(rows.numpy().astype("<f4"))
        return [row.tobytes() + some.tobytes() for row, some in zip(vectors, parts, strict=True)]

    def _numbers(self, rows: Array) -> Array:
        """Return the rows; raise UnsupportedError if one has NaN."""
        if np.isnan(rows).any():
            raise UnsupportedError(
                f"`{self.candidate.checkpoint}` returned NaN scores",
                hint="pass --dtype float32. If the scores stay NaN, download the weights again",
            )
        return rows


TOGETHER = 8
"""Maximum number of simultaneous requests."""
HELLO = ({"type": "text", "text": "Answer with yes."},)
"""A message that tests the key, the model and the address before any image is sent."""


def as_served(
    candidate: Candidate, data: EvaluationSet, endpoint: Endpoint, asking: Asking
) -> Candidate:
    """Return a candidate of a server with its digest, which covers address, model and version.

    This sends one request, without an image. Raises UnsupportedError if text is no answer to the
    task.
    """
    scored_by = IN_WORDS if asking.act == LABEL else ""
    ready = candidate._replace(task=data.task, scored_by=scored_by)
    model = ServedModel(ready, asking, endpoint)
    if data.many or not model.prompts:
        text = f"text, which is not an answer to `{data.task}`"
        why = f"a server returns {'one of several labels' if data.many else text}"
        raise UnsupportedError(why, hint="choose another candidate")
    answered = endpoint.complete(HELLO, model.limit).fingerprint
    identity = json.dumps([endpoint.address, endpoint.model, answered, model.prompts])
    return ready._replace(digest=digest_of_order(ready, asking, identity, {}))


class ServedModel:
    """Answers blocks by asking a server, with several requests at once."""

    decodes, workers = False, 1

    def __init__(self, candidate: Candidate, asking: Asking, endpoint: Endpoint) -> None:
        self.candidate, self.asking, self.endpoint = candidate, asking, endpoint
        self.fingerprints: dict[str, None] = {}
        self.cut = False
        if not asking.thinking:
            endpoint.optional["chat_template_kwargs"] = {"enable_thinking": False}
        rulebase = load_rules(overlays=tuple(map(Path, asking.overlays)))
        act, task = act_of(rulebase, candidate.task), candidate.task
        self.limit = asking.max_new_tokens or (act.limit(task) if act else 0)
        self.use = use_for(rulebase.uses_of(None), act) if act else None
        loads = self.use.loads[ANY_TYPE] if self.use else None
        self.prompts = prompts_for(rulebase, self.use, loads, task) if self.use and loads else ()

    def facts(self) -> Facts | None:
        """Return the warnings for the user, None if nothing was answered."""
        if not self.fingerprints:
            return None
        warnings = []
        if self.cut:
            warnings.append(
                f"some answers were cut after {self.limit} tokens. Pass a higher --max-new-tokens"
            )
        if len(self.fingerprints) > 1:
            then = ", then ".join(self.fingerprints)
            warnings.append(f"the model on the server changed during the evaluation: {then}")
        return {"warnings": warnings}

    def answers(self, blocks: Iterable[Block]) -> Iterator[tuple[Block, AnsweredBlock]]:
        """Yield each block with the answers to its missing images, in order."""
        self.endpoint.stopped.clear()
        pool = ThreadPoolExecutor(TOGETHER, thread_name_prefix="advisor-asking")
        try:
            for block in blocks:
                begun = time.perf_counter()
                given = list(pool.map(self._answer, block.missing))
                ms = (time.perf_counter() - begun) * 1000
                tokens = sum(read for _, (read, _) in given), sum(wrote for _, (_, wrote) in given)
                responses = tuple(response for response, _ in given)
                yield block, AnsweredBlock(responses, ms, len(responses), tokens)
        finally:
            self.endpoint.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def _answer(self, query: AskedImage) -> tuple[Response, tuple[int, int]]:
        """Return the server's response about an image, and its (input, output) tokens."""
        response = Response(query.image.number, query.key)
        asking, image = self.asking, query.opened
        if not isinstance(image, OpenedImage):
            return response._replace(unreadable=image), (0, 0)
        prompt = worded(asking.act, self.prompts, asking.request(query.image.question))
        picture = {"type": "image_url", "image_url": {"url": data_url(query.data or b"", image)}}
        words = [{"type": "text", "text": prompt}] if prompt else []
        try:
            reply = self.endpoint.complete([picture, *words], self.limit)
        except RefusedError as error:
            return response._replace(failed=error.message), (0, 0)
        self.fingerprints.setdefault(reply.fingerprint)
        self.cut |= reply.cut
        return response._replace(**self._read(reply.text, cut=reply.cut)), reply.tokens

    def _read(self, text: str, *, cut: bool) -> dict[str, Any]:
        """Return the fields of Response for a generated text, without the thinking before it."""
        opens, closes = self.use.thought if self.use and self.use.thought else ("", "")
        if closes and closes in text:
            text = text.rpartition(closes)[2].strip()
        elif opens and text.startswith(opens):
            text = ""
        if cut and not text:
            limit = f"no answer within {self.limit} tokens"
            return {"failed": f"{limit}. Pass a higher --max-new-tokens"}
        if self.asking.act != EXTRACT:
            return {"text": text}
        try:
            fields = json.loads(text[text.index("{") : text.rindex("}") + 1])
        except (ValueError, RecursionError):
            return {"failed": "the output has no JSON object"}
        return {"text": text, "fields": fields}
