"""The understanding of a sentence as JSON, added to the document of the recommendation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from advisor.decide.outlook import ASSUMED, UNDETERMINED
from advisor.model import TASK
from advisor.need.named import named_json
from advisor.need.reading import AnswerRead
from advisor.need.remainder import unused
from advisor.need.understood import Understood
from advisor.need.wishes import Span, TaskRead


def as_json(understanding: Understood, today: str | None = None) -> dict[str, Any]:
    """Return the JSON document of `advisor recommend "..." --format json`."""
    body = understanding.recommendation.to_dict(today)
    reading = understanding.reading
    if understanding.between:
        body["outcome"] = UNDETERMINED
        guessed = {ASSUMED: UNDETERMINED}
        body["certainty"] = {of: guessed.get(how, how) for of, how in body["certainty"].items()}
    body["need"] = reading.text
    body["understood"] = [
        *(_task(understanding, task) for task in reading.tasks),
        *(_answer(understanding, read) for read in (*reading.answers, *reading.concluded)),
        *(
            _words(understanding, (limit.span,)) | {"bound": limit.bound, "value": limit.text}
            for limit in understanding.limits
        ),
        *(_words(understanding, (span,)) | {"names": name} for name, span in reading.names),
        *(_words(understanding, (span,)) | {"read_as": word} for span, word in reading.corrected),
        *(_words(understanding, (span,)) | {"negated": True} for span in reading.taken_back),
    ]
    body["named"] = named_json(understanding)
    body["besides"] = [_task(understanding, beside) for beside in reading.besides if beside.spans]
    body["unused"] = [_words(understanding, (span,)) for span in unused(understanding)]
    body["not_understood"] = [_words(understanding, (span,)) for span in reading.not_understood]
    for document in body.get("tasks", [body]):
        _with_spans(understanding, document["profile"])
        document["hints"] = [*understanding.confirming, *document["hints"]]
    body["command"] = understanding.command
    return body


def hull(spans: Iterable[Span]) -> list[int]:
    """Return [start, end] from the least start to the largest end; `spans` must not be empty."""
    starts, ends = zip(*spans, strict=True)
    return [min(starts), max(ends)]


def _with_spans(understanding: Understood, profile: dict[str, Any]) -> None:
    """Add `span` to the answers of a JSON profile that were read from the text, in place."""
    spans = {answer_read.question: answer_read.spans for answer_read in understanding.kept}
    if TASK not in understanding.given and understanding.tasks:
        spans[TASK] = understanding.tasks[0].spans
    for question, where in spans.items():
        if where and question in profile and profile[question]["origin"] == "text":
            profile[question]["span"] = hull(where)


def _words(understanding: Understood, spans: Iterable[Span]) -> dict[str, Any]:
    """Return `words` and `span` of some spans as JSON; without spans, of the whole sentence."""
    reading = understanding.reading
    spans = tuple(spans) or ((0, len(reading.text)),)
    return {"words": " ... ".join(reading.words(spans)), "span": hull(spans)}


def _task(understanding: Understood, task: TaskRead) -> dict[str, Any]:
    return {**_words(understanding, task.spans), "question": TASK, "options": [task.task]}


def _answer(understanding: Understood, answer_read: AnswerRead) -> dict[str, Any]:
    body: dict[str, Any] = {
        **_words(understanding, answer_read.spans),
        "question": answer_read.question,
        "options": list(answer_read.answer.options),
    }
    if answer_read.answer.value is not None:
        body["value"] = answer_read.answer.value
    if answer_read.answer.named:
        body["named"] = list(answer_read.answer.named)
    if answer_read.implication:
        body |= {"implication": answer_read.implication, "because": answer_read.because}
    if answer_read in understanding.dropped:
        body["dropped"] = True
    return body
