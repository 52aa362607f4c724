"""Whether an encoder and a decoder that were just joined are used before they are trained."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case, writes
from advisor.check.problem import Problem
from advisor.check.rules.stage import trained_elsewhere
from advisor.scan.usage import Usage

RULE = "composed-untrained"


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """`generate` on a model put together from parts in the same file, with no training in it."""
    if usage.model is None or usage.model.kind != "composition":
        return
    call = writes(usage)
    if call is None or usage.trained or trained_elsewhere(case, usage):
        return
    message = "the encoder and decoder were joined here, and nothing trains what joins them"
    fix = "fine-tune it on pairs first, or load a checkpoint that was"
    yield case.problem(RULE, message, call.place, fix=fix)
