"""Whether a text in code is longer than what the checkpoint can take in."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case
from advisor.check.problem import Problem
from advisor.check.rules.prompt import constants
from advisor.scan.usage import Usage

RULE = "text-over-context"


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """A constant text of more words, or a `max_length` of more tokens, than the context holds."""
    identity = case.identity(usage)
    checkpoint = identity.checkpoint if identity else None
    if checkpoint is None or checkpoint.text_context is None:
        return
    context = checkpoint.text_context
    processors = {load.place for load in usage.processors}
    for call in usage.calls:
        if call.kind != "call" or call.name != "__call__" or call.receiver.place not in processors:
            continue
        cut = call.arguments.get("truncation")
        for name, argument in call.arguments.items():
            limit = argument.value
            if name == "max_length" and type(limit) is int and limit > context:
                message = (
                    f"`max_length={limit}` is more than the {context} tokens of {checkpoint.id}"
                )
                fix = f"use `max_length={context}`"
            elif (
                longest := max((len(text.split()) for text in constants(argument)), default=0)
            ) > context:
                done = "is cut at" if cut and cut.value else "is over"
                message = (
                    f"a text of {longest} words {done} the {context} tokens of {checkpoint.id}"
                )
                fix = "shorten it, or use a checkpoint with a longer context"
            else:
                continue
            yield case.problem(
                RULE,
                message,
                argument.place,
                checkpoint=checkpoint.id,
                fix=fix,
                sources=checkpoint.sources.get("text_context"),
            )
