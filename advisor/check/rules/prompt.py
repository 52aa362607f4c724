"""Whether the task prompt in code is the one that the checkpoint was fine-tuned with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.check.case import Case
from advisor.check.problem import Problem
from advisor.model import Checkpoint
from advisor.scan.usage import Argument, Call, Location, Usage

RULE = "prompt-of-another"
TOKEN = re.compile(r"<s_[A-Za-z0-9_.-]+>")
"""A task token as checkpoints of a document reader learn them in fine-tuning."""


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """A task token that opens the prompt, and that only another fine-tune knows, or none."""
    identity = case.identity(usage)
    checkpoint = identity.checkpoint if identity else None
    if checkpoint is None or usage.trained or checkpoint.processor not in _processors(case):
        return
    for text, place in _texts(usage.calls):
        token = TOKEN.match(text.strip())
        if token is None or _knows(checkpoint, token.group()):
            continue
        other = _owner(case, token.group())
        whose = f"that of {other.id}" if other else "one that no catalogued checkpoint learnt"
        message = f"the prompt `{token.group()}` is {whose}, not of {checkpoint.id}"
        fix = f"its prompt is `{checkpoint.prompt}`" if checkpoint.prompt else None
        if other and not fix:
            fix = f"load {other.id}, or fine-tune with your own token"
        yield case.problem(
            RULE,
            message,
            place,
            checkpoint=checkpoint.id,
            fix=fix,
            sources=checkpoint.sources.get("prompt"),
        )
        return


def _processors(case: Case) -> set[str | None]:
    """The processors of checkpoints that are prompted by such tokens."""
    catalogue = case.rulebase.checkpoints.values()
    return {one.processor for one in catalogue if one.prompt and TOKEN.match(one.prompt)}


def _owner(case: Case, token: str) -> Checkpoint | None:
    catalogue = case.rulebase.checkpoints.values()
    return next((one for one in catalogue if one.prompt and one.prompt.startswith(token)), None)


def _knows(checkpoint: Checkpoint, token: str) -> bool:
    return checkpoint.prompt is not None and token in checkpoint.prompt


def _texts(calls: tuple[Call, ...]) -> Iterator[tuple[str, Location]]:
    """Constant texts that calls are given, also those of which only a part is known."""
    for call in calls:
        for argument in call.arguments.values():
            for text in constants(argument):
                yield text, argument.place


def constants(argument: Argument) -> tuple[str, ...]:
    """Return the texts in an argument that the code itself tells."""
    value = argument.value
    if isinstance(value, str):
        return (value,)
    if isinstance(value, tuple):
        return tuple(member for member in value if isinstance(member, str))
    return argument.pieces
