"""A candidate behind a server: what it is run as, and its answers to blocks of images."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from advisor.decide.command_lines import act_of, use_for, uses_of
from advisor.decide.programs import prompts_for
from advisor.evaluate.endpoint import Endpoint, RefusedError, data_url
from advisor.evaluate.execution import AnsweredBlock, Block, Facts, decoded_image
from advisor.evaluate.labelled import EvaluationSet
from advisor.evaluate.measuring import IN_WORDS
from advisor.evaluate.responses import AskedImage, Asking, Response, digest_of_order
from advisor.model.library import ANY_TYPE, EXTRACT, LABEL
from advisor.rulebase.store import load_rules
from advisor.trial.answer import Request
from advisor.trial.candidate import Candidate
from advisor.trial.failures import UnsupportedError
from advisor.trial.prompted import Chat, worded

TOGETHER = 8
"""Requests that are under way at once, at most."""
HELLO = ({"type": "text", "text": "Answer with yes."},)
"""Asked before any image leaves: whether the key, the model and the address are right."""


def as_served(
    candidate: Candidate, data: EvaluationSet, endpoint: Endpoint, asking: Asking
) -> Candidate:
    """Return a candidate as it is run: in its digest are server, model, and what answers there.

    The server is asked for that, without an image. UnsupportedError where its texts are no answer.
    """
    scored_by = IN_WORDS if asking.act == LABEL else ""
    ready = candidate._replace(task=data.task, scored_by=scored_by)
    model = ServedModel(ready, asking, endpoint)
    if data.many or not model.prompts:
        why = "one of several labels" if data.many else f"a text, no answer to `{data.task}`"
        raise UnsupportedError(f"a server would give {why}", hint="choose another candidate")
    answered = endpoint.complete(HELLO, model.limit).fingerprint
    identity = json.dumps([endpoint.address, endpoint.model, answered, model.prompts])
    return ready._replace(digest=digest_of_order(ready, asking, identity, {}))


class ServedModel:
    """Answers blocks by asking a server, about several images at once."""

    decodes, workers = True, 1

    def __init__(self, candidate: Candidate, asking: Asking, endpoint: Endpoint) -> None:
        self.candidate, self.asking, self.endpoint = candidate, asking, endpoint
        self.limit = asking.max_new_tokens or Chat.limits.get(asking.act, 0)
        self.fingerprints: dict[str, None] = {}
        self.cut, self.asked = False, False
        if not asking.thinking:
            endpoint.optional["chat_template_kwargs"] = {"enable_thinking": False}
        rulebase = load_rules(overlays=tuple(map(Path, asking.overlays)))
        act, task = act_of(rulebase, candidate.task), candidate.task
        self.use = use_for(uses_of(rulebase, None), act) if act else None
        loads = self.use.loads[ANY_TYPE] if self.use else None
        self.prompts = prompts_for(rulebase, self.use, loads, task) if self.use and loads else ()

    def facts(self) -> Facts | None:
        """Return what the user should know, None where nothing was asked."""
        if not self.asked:
            return None
        warnings = []
        if self.cut:
            warnings.append(f"answers were cut after {self.limit} tokens; raise --max-new-tokens")
        if len(self.fingerprints) > 1:
            warnings.append(f"the server changed meanwhile: {', then '.join(self.fingerprints)}")
        return Facts(tuple(warnings), None, None)

    def answers(self, blocks: Iterable[Block]) -> Iterator[tuple[Block, AnsweredBlock | None]]:
        """Yield the answers to blocks in their order, None for those of which none is missing."""
        self.endpoint.stopped.clear()
        pool = ThreadPoolExecutor(TOGETHER, thread_name_prefix="advisor-asking")
        try:
            for block in blocks:
                if not block.missing:
                    yield block, None
                    continue
                self.asked, begun = True, time.perf_counter()
                given = list(pool.map(self._answer, block.missing))
                ms = (time.perf_counter() - begun) * 1000
                tokens = sum(read for _, (read, _) in given), sum(wrote for _, (_, wrote) in given)
                responses = tuple(response for response, _ in given)
                yield block, AnsweredBlock(responses, ms, len(responses), tokens)
        finally:
            self.endpoint.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def _answer(self, asked: AskedImage) -> tuple[Response, tuple[int, int]]:
        """Return what the server answers about an image, and the tokens that it took."""
        response = Response(asked.image.number, asked.key)
        image = decoded_image(asked)
        if isinstance(image, str):
            return response._replace(unreadable=image), (0, 0)
        asking = self.asking
        request = Request(
            texts=asking.texts,
            question=asked.image.question or None,
            prompt=asking.prompt,
            template=asking.template,
        )
        prompt = worded(asking.act, self.prompts, request)
        picture = {"type": "image_url", "image_url": {"url": data_url(asked.data or b"", image)}}
        words = [{"type": "text", "text": prompt}] if prompt else []
        try:
            said = self.endpoint.complete([picture, *words], self.limit)
        except RefusedError as error:
            return response._replace(failed=error.message), (0, 0)
        self.fingerprints.setdefault(said.fingerprint)
        self.cut |= said.cut
        return response._replace(**self._read(said.text, cut=said.cut)), said.tokens

    def _read(self, text: str, *, cut: bool) -> dict[str, Any]:
        """Return the fields of a response that a text makes, without what was thought before it."""
        opens, closes = self.use.thought if self.use and self.use.thought else ("", "")
        if closes and closes in text:
            text = text.rpartition(closes)[2].strip()
        elif opens and text.startswith(opens):
            text = ""
        if cut and not text:
            return {"failed": f"no answer within {self.limit} tokens; raise --max-new-tokens"}
        if self.asking.act != EXTRACT:
            return {"text": text}
        try:
            fields = json.loads(text[text.index("{") : text.rindex("}") + 1])
        except (ValueError, RecursionError):
            return {"failed": "it wrote no JSON object"}
        return {"text": text, "fields": fields}
