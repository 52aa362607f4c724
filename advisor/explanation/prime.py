"""All minimal reasons of an outcome and all minimal changes of it, as sets of questions.

A reason is a set of questions whose answers alone force the outcome, whatever the others are
(a prime implicant). A change is a set of questions that can be answered otherwise, and no other,
so that another family wins. Each is read off the space of a task in one pass of its own, from the
last question to the first. They are each other's minimal hitting sets (Ignatiev and others, 2020:
"On Relating 'Why?' and 'Why Not?' Explanations"), which is checked every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.engine.space import Choice, Space
from advisor.explanation.antichain import Antichain, hitting, joined, minimal


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
    space: Space, winners: Sequence[int], present: Sequence[Choice], questions: Sequence[int]
) -> Prime:
    """Return all minimal reasons and changes of a complete profile in a space.

    `winners` holds who wins for each of the space's outcomes, `present` the choice of each
    question, `questions` those that may stand in a reason. Raises RuntimeError where reasons and
    changes contradict each other, which only a mistake in here can cause.
    """
    bits = {question: 1 << place for place, question in enumerate(questions)}
    winner = winners[_end(space, present)]
    found = Prime(
        tuple(questions),
        _reasons(space, winners, winner, present, bits),
        {
            other: _changes(space, winners, other, present, bits)
            for other in sorted(set(winners) - {winner})
        },
    )
    changes = found.smallest_changes
    if hitting(changes) != found.reasons or hitting(found.reasons) != changes:
        raise RuntimeError("minimal reasons and minimal changes do not hit each other")
    return found


def _end(space: Space, present: Sequence[Choice]) -> int:
    """Return the last node of a profile."""
    node = 0
    for layer in space.layers:
        choice = present[layer.question]
        node = next(edge.target for edge in layer.edges[node] if choice in edge.choices)
    return node


def _changes(
    space: Space,
    winners: Sequence[int],
    wanted: int,
    present: Sequence[Choice],
    bits: dict[int, int],
) -> Antichain:
    """Return the minimal sets of questions by which profiles that `wanted` wins differ."""
    behind: list[Antichain] = [(0,) if winner == wanted else () for winner in winners]
    for layer in reversed(space.layers):
        bit = bits.get(layer.question, 0)
        held = present[layer.question]
        behind = [
            minimal(
                change | (0 if held in edge.choices else bit)
                for edge in edges
                for change in behind[edge.target]
            )
            for edges in layer.edges
        ]
    return behind[0]


def _reasons(
    space: Space,
    winners: Sequence[int],
    winner: int,
    present: Sequence[Choice],
    bits: dict[int, int],
) -> Antichain:
    """Return the minimal sets of questions that force a winner from the first node on."""
    behind: list[Antichain] = [(0,) if found == winner else () for found in winners]
    for layer in reversed(space.layers):
        bit = bits.get(layer.question, 0)
        held = present[layer.question]
        nodes = []
        for edges in layer.edges:
            whatever: Antichain = (0,)
            for edge in edges:
                whatever = joined(whatever, behind[edge.target])
            if bit:
                kept = [behind[edge.target] for edge in edges if held in edge.choices]
                fixed = (bit | reason for reason in (kept[0] if kept else (0,)))
                whatever = minimal([*whatever, *fixed])
            nodes.append(whatever)
        behind = nodes
    return behind[0]
