"""Profiles in which only the declared rank parts the winner from another family.

A tie is *declared* where an entry under `ties` in criteria.yaml names all families that are equal
and its conditions hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.audit.claim import Claim, claimed
from advisor.audit.context import Ground
from advisor.audit.defect import Defect
from advisor.engine.space import Space
from advisor.model import Condition
from advisor.model.evidence import Tie

Equals = tuple[int, ...]
"""Families that nothing but rank parts, the winner first."""


def no_undeclared_tie(ground: Ground) -> Claim:
    """Claim that each tie is declared with its reason, and that each declared one happens."""
    space = ground.everything
    ties: dict[Equals, int] = {}
    for outcome, weight in zip(space.outcomes, space.weights(), strict=True):
        if weight and (equals := equals_of(ground, outcome)):
            ties[equals] = ties.get(equals, 0) + weight
    defects = []
    undeclared = 0
    for equals in sorted(ties):
        defect, number = _undeclared(ground, space, equals)
        undeclared += number
        defects += [defect] if defect else []
    defects += [d for tie in ground.rulebase.ties if (d := _idle(ground, tie))]
    number = sum(ties.values())
    text = f"rank alone decides {number:,} profiles"
    text += f", {undeclared:,} of them undeclared" if undeclared else ", all of them declared"
    return claimed("ties", text if number else "rank alone decides no profile", defects)


def equals_of(ground: Ground, outcome: int) -> Equals:
    """Return the families equal to the winner, with it, by rank; empty where it wins by more."""
    order = ground.ranking.order(outcome)
    best = ground.ranking.signs(outcome, order[0]) if order else ()
    equals = tuple(f for f in order if ground.ranking.signs(outcome, f) == best)
    return equals if len(equals) > 1 else ()


def _undeclared(ground: Ground, space: Space, equals: Equals) -> tuple[Defect | None, int]:
    names = [ground.encoding.families[family] for family in equals]
    declared = [tie.when for tie in ground.rulebase.ties if set(names) <= set(tie.between)]
    spaces = list(_outside(ground, declared)) if declared else [space]

    def holds(outcome: int) -> bool:
        return equals_of(ground, outcome) == equals

    number = sum(ground.number(one, holds) for one in spaces)
    if not number:
        return None, 0
    found = [
        pattern
        for one in spaces
        if ground.number(one, holds)
        for pattern in ground.patterns(one, holds).patterns
    ]
    place = ground.rulebase.place("family", names[0])
    message = f"{' and '.join(f'`{name}`' for name in names)} are equal in {number:,} profiles"
    return Defect("undeclared-tie", names[0], place, message, tuple(found)), number


def _outside(ground: Ground, conditions: list[Condition]) -> Iterator[Space]:
    """Yield spaces that together hold each profile in which no condition holds, exactly once."""
    yield from _cut(ground, conditions, [])


def _cut(ground: Ground, conditions: list[Condition], kept: list[Condition]) -> Iterator[Space]:
    if not conditions:
        yield ground.space(*kept)
        return
    inside: list[Condition] = []
    for id, options in conditions[0].items():
        known = ground.encoding.options[ground.encoding.index[id]]
        others = [option for option in known if option not in options]
        if others:
            yield from _cut(ground, conditions[1:], [*kept, *inside, {id: others}])
        inside.append({id: options})


def _idle(ground: Ground, tie: Tie) -> Defect | None:
    names = set(tie.between)
    space = ground.space(tie.when)
    for outcome in space.outcomes:
        equals = {ground.encoding.families[family] for family in equals_of(ground, outcome)}
        if equals and equals <= names:
            return None
    message = f"`{tie.id}` declares a tie between {' and '.join(tie.between)} that never happens"
    return Defect("idle-tie", tie.id, tie.place, message)
