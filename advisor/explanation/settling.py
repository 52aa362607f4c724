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
    space = engine.space(decision.given)
    if len(decision.possible) == 1:
        return ()
    found = []
    for place, table in enumerate(space.marginals(engine.ranking)):
        id = engine.encoding.questions[place]
        makes_sense = not any(NOT_APPLICABLE in engine.options(place, choice) for choice in table)
        if id in decision.given or len(table) < 2 or not makes_sense or place in space.idle:
            continue
        rows = list(table.values())
        found.append(
            Settling(
                id,
                sum(sum(row) for row in rows if sum(map(bool, row)) == 1),
                sum(max(row) for row in rows),
                sum(map(sum, rows)),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.settled, -one.agreeing)))
