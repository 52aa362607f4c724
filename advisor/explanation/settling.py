"""How much an answer to each open question would settle, counted over all that is still open."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engine.decision import Decision, Engine
from advisor.model import NOT_APPLICABLE


class Settling(NamedTuple):
    """An open question: of all `profiles` still open, so many are `settled` once it is answered.

    `agreeing` are those that end where most do after that answer.
    """

    question: str
    settled: int
    agreeing: int
    profiles: int


def settlings(engine: Engine, decision: Decision) -> tuple[Settling, ...]:
    """Return the open questions on which the outcome hangs, those that settle most first.

    Questions that need not make sense are left out, as the interview does. None are left where
    the outcome is decided.
    """
    if len(decision.possible) == 1:
        return ()
    space = engine.space(decision.given)
    given = {engine.encoding.index[id] for id in decision.given}
    open_ = [question for question in space.asked if question not in given]
    found = []
    for question, table in zip(open_, space.marginals(engine.ranking, open_), strict=True):
        senseless = any(NOT_APPLICABLE in engine.options(question, choice) for choice in table)
        if len(table) < 2 or senseless:
            continue
        rows = list(table.values())
        found.append(
            Settling(
                engine.encoding.questions[question],
                sum(sum(row) for row in rows if sum(map(bool, row)) == 1),
                sum(max(row) for row in rows),
                sum(map(sum, rows)),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.settled, -one.agreeing)))
