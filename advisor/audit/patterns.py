"""Sets of complete profiles as few patterns, `{question: [options]}`, with exact counts.

A pattern covers no admissible profile but those concerned, and it is maximal: no option can be
added to it. Combinations that cannot be do not count, so patterns leave out what follows anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cache, reduce
from typing import Any, NamedTuple

from advisor.engine.diagram import EMPTY, Choice, Diagram

MOST_CUBES = 200
"""So many patterns are looked for; what needs more is not fit to be read."""


class Pattern(NamedTuple):
    """Profiles whose answers lie within `options`; questions that it does not name are open.

    Of its `profiles`, so many are `fresh`: in no pattern before it.
    """

    options: dict[str, list[str]]
    profiles: int
    fresh: int


class PatternCover(NamedTuple):
    """The profiles concerned, and the patterns that cover exactly these; `left` are not covered."""

    profiles: int
    patterns: tuple[Pattern, ...]
    left: int


Cube = dict[int, set[Choice]]
"""The choices to keep at every level."""

Asked = Sequence[tuple[str, Sequence[str]]]
"""For each level of a diagram its question and the options that choices speak of."""


def cover(
    diagram: Diagram, function: int, label: Hashable, asked: Asked, most: int | None = None
) -> PatternCover:
    """Return patterns of the profiles that a function gives this label.

    At most `most` patterns, those first that add the most profiles; all of them if None.
    """
    concerned = diagram.relabel(function, lambda found: True if found == label else None)
    others = diagram.relabel(function, lambda found: None if found == label else True)
    cubes = _cubes(diagram, concerned, others)
    found: list[Pattern] = []
    rest = concerned
    while cubes and len(found) != most:
        cube = max(cubes, key=lambda one: diagram.total(rest, one))
        cubes.remove(cube)
        fresh = diagram.total(rest, cube)
        rest = diagram.without(rest, cube)
        occurring = diagram.reachable(concerned, cube).choices
        options = {
            asked[level][0]: [
                "+".join([asked[level][1][option] for option in choice])
                for choice in diagram.choices[level]
                if choice in occurring[level]
            ]
            for level in cube
            if len(cube[level]) < len(diagram.choices[level])
        }
        found.append(Pattern(options, diagram.total(concerned, cube), fresh))
    return PatternCover(diagram.total(concerned), tuple(found), diagram.total(rest))


def laid_over(
    store: Diagram,
    source: Diagram,
    node: int,
    columns: Sequence[tuple[int | None, Sequence[int]]],
    label: Callable[[Any], Hashable | None],
) -> int:
    """Return a function of another diagram over the levels of this one, whatever their order.

    `columns` has for each level of `store` that of the source, None where it has none, and which
    of its children those of a node are. A level of the source that none names is filled with its
    first choice that leaves a label, as an unanswered question is. Where `label` says None, there
    is no profile.
    """
    named = {level for level, _ in columns}
    first = source.project(
        source.relabel(node, label),
        set(range(source.bottom)) - named,
        lambda one, other: other if one is None else one,
    )

    @cache
    def walk(at: int, node: int) -> int:
        if node == EMPTY:
            return EMPTY
        if at == store.bottom:
            return store.terminal(source.label[node])
        level, places = columns[at]
        if not places:  # no answer that both know
            return EMPTY
        if level is None:
            return walk(at + 1, node)
        children = source.cofactors(node, level)
        return store.node(at, tuple([walk(at + 1, children[place]) for place in places]))

    return walk(0, first)


def _cubes(diagram: Diagram, concerned: int, others: int) -> list[Cube]:
    """Return maximal cubes that together hold what is concerned, none of them needless."""
    cubes: list[Cube] = []
    rest = concerned
    while len(cubes) < MOST_CUBES and (start := diagram.first(rest)):
        single = {level: {choice} for level, choice in enumerate(start[0])}
        grown = [
            _plain(diagram, concerned, others, _grow(diagram, others, single, order))
            for order in (single, reversed(single))
        ]
        best = max(grown, key=lambda cube: (diagram.total(rest, cube), -_named(diagram, cube)))
        rest = diagram.without(rest, best)
        cubes.append(best)
    return _needed(diagram, concerned, cubes)


def _grow(diagram: Diagram, others: int, start: Cube, order: Iterable[int]) -> Cube:
    """Widen a cube option by option, question by question, as long as nothing else is met."""
    cube = dict(start)
    for level in order:
        for choice in diagram.choices[level]:
            if choice not in cube[level] and not diagram.meets(others, {**cube, level: {choice}}):
                cube[level] = cube[level] | {choice}
    return cube


def _plain(diagram: Diagram, concerned: int, others: int, cube: Cube) -> Cube:
    """Return a cube that holds no less and names fewer questions: what follows is left open."""
    plain = dict(enumerate(diagram.reachable(concerned, cube).choices))
    for level in reversed(plain):
        open_ = {**plain, level: set(diagram.choices[level])}
        if not diagram.meets(others, open_):
            plain = open_
    return _grow(diagram, others, plain, plain)


def _named(diagram: Diagram, cube: Cube) -> int:
    """Return how many questions a cube has to name."""
    return sum(len(cube[level]) < len(diagram.choices[level]) for level in cube)


def _needed(diagram: Diagram, concerned: int, cubes: list[Cube]) -> list[Cube]:
    """Leave out each cube that the others hold already, the smallest first."""
    kept = list(cubes)
    for cube in sorted(cubes, key=lambda cube: diagram.total(concerned, cube)):
        others = [one for one in kept if one is not cube]
        if reduce(diagram.without, others, diagram.within(concerned, cube)) == EMPTY:
            kept = others
    return kept
