"""All minimal reasons of an outcome and all minimal changes of it, as sets of questions.

A reason is a set of questions whose answers alone force the outcome, whatever the others are
(a prime implicant). A change is a set of questions that can be answered otherwise, and no other,
so that another family wins. Each is read off the diagram of a task's winners in a pass of its own,
from the terminals upwards. They are each other's minimal hitting sets (Ignatiev and others, 2020:
"On Relating 'Why?' and 'Why Not?' Explanations"), which is checked every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple

from advisor.engine.diagram import EMPTY, Choice, Diagram
from advisor.engine.space import Ranking, Space
from advisor.errors import AdvisorError

MOST = 2000
"""More minimal sets than this are no explanation, and joining them takes too long."""

Antichain = tuple[int, ...]
"""Sets of which none holds another, in ascending order of size, then of value."""


class Prime(NamedTuple):
    """Bit n stands for the n-th of `questions`; `changes` are those to each other winner."""

    questions: tuple[int, ...]
    reasons: Antichain
    changes: dict[int, Antichain]

    @property
    def smallest_changes(self) -> Antichain:
        """The changes that hold no other one, wherever they lead."""
        return minimal(change for sets in self.changes.values() for change in sets)

    def members(self, bits: int) -> tuple[int, ...]:
        """Return the questions in a set."""
        return tuple(q for place, q in enumerate(self.questions) if bits >> place & 1)


def prime(
    space: Space, ranking: Ranking, present: Sequence[Choice], questions: Sequence[int]
) -> Prime:
    """Return all minimal reasons and changes of a complete profile in a space.

    `present` holds the choice of each question, `questions` those that may stand in a reason.
    Raises RuntimeError where reasons and changes contradict each other, which only a mistake in
    here can cause.
    """
    won = Diagram(space.choices)
    root = won.read(space, space.root, ranking.winner)
    bits = {question: 1 << place for place, question in enumerate(questions)}
    ((winner,), _) = won.reachable(root, {q: (choice,) for q, choice in enumerate(present)})
    others = sorted(won.labels(root) - {winner})
    found = Prime(
        tuple(questions),
        _reasons(won, root, winner, present, bits),
        {other: _changes(won, root, other, present, bits) for other in others},
    )
    changes = found.smallest_changes
    if hitting(changes) != found.reasons or hitting(found.reasons) != changes:
        raise RuntimeError("minimal reasons and minimal changes do not hit each other")
    return found


def _changes(
    won: Diagram, root: int, wanted: int, present: Sequence[Choice], bits: dict[int, int]
) -> Antichain:
    """Return the minimal sets of questions by which profiles that `wanted` wins differ."""

    def above(level: int, held: int, behind: dict[int, Antichain]) -> Antichain:
        bit = bits.get(level, 0)
        return minimal(
            change | (0 if child == held else bit)
            for child, changes in behind.items()
            for change in changes
        )

    return _upwards(won, root, present, lambda winner: winner == wanted, above)


def _reasons(
    won: Diagram, root: int, winner: int, present: Sequence[Choice], bits: dict[int, int]
) -> Antichain:
    """Return the minimal sets of questions that force a winner from the first node on."""

    def above(level: int, held: int, behind: dict[int, Antichain]) -> Antichain:
        whatever: Antichain = (0,)
        for reasons in behind.values():
            whatever = unions(whatever, reasons)
        if bit := bits.get(level, 0):
            fixed = (bit | reason for reason in behind.get(held, (0,)))
            whatever = minimal([*whatever, *fixed])
        return whatever

    return _upwards(won, root, present, lambda found: found == winner, above)


def _upwards(
    won: Diagram,
    root: int,
    present: Sequence[Choice],
    accept: Callable[[int], bool],
    above: Callable[[int, int, dict[int, Antichain]], Antichain],
) -> Antichain:
    """Work sets out from the terminals upwards.

    `above` makes those of a node from its level, the child of the present choice, and those of
    each child; children that no profile leads to are left out.
    """

    @cache
    def walk(node: int) -> Antichain:
        level, children = won.level[node], won.children[node]
        if level == won.bottom:
            return (0,) if accept(won.label[node]) else ()
        held = children[won.choices[level].index(present[level])]
        return above(level, held, {child: walk(child) for child in children if child != EMPTY})

    return walk(root)


def minimal(sets: Iterable[int]) -> Antichain:
    """Return the sets that hold no other one. Raises AdvisorError where there are too many."""
    kept: list[int] = []
    for one in sorted(set(sets), key=lambda bits: (bits.bit_count(), bits)):
        if not any(other & one == other for other in kept):
            kept.append(one)
            if len(kept) > MOST:
                raise AdvisorError(
                    f"there are more than {MOST:,} minimal reasons or changes",
                    hint="give more answers, or leave out --all",
                    kind="too-many-reasons",
                )
    return tuple(kept)


def unions(one: Antichain, other: Antichain) -> Antichain:
    """Return the minimal sets that hold a set of each."""
    return minimal(first | second for first in one for second in other)


def hitting(sets: Antichain) -> Antichain:
    """Return the minimal sets that share a member with each of these sets (Berge's algorithm)."""
    found: Antichain = (0,)
    for one in sets:
        members = tuple(1 << place for place in range(one.bit_length()) if one >> place & 1)
        hit = [chosen for chosen in found if chosen & one]
        missed = [chosen for chosen in found if not chosen & one]
        found = minimal([*hit, *(chosen | member for chosen in missed for member in members)])
    return found
