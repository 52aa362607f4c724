"""Whether scores are read the way they were trained."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case
from advisor.check.problem import Problem
from advisor.scan.usage import Usage

RULE = "softmax-for-sigmoid"


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """A softmax over logits that were trained with a sigmoid for each pair."""
    identity = case.identity(usage)
    if identity is None or identity.model_type not in case.knowledge(RULE, "model_types"):
        return
    functions, logits = case.knowledge(RULE, "functions"), set(case.knowledge(RULE, "logits"))
    for call in usage.calls:
        if call.name in functions and logits & set(call.of):
            message = f"{identity.id} was trained with a sigmoid for each pair, not with a softmax"
            yield case.problem(
                RULE,
                message,
                call.place,
                checkpoint=identity.id,
                fix="use `torch.sigmoid(logits)`; the order stays the same",
            )
