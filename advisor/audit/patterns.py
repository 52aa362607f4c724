"""Sets of complete profiles as few patterns, `{question: [options]}`, with exact counts.

A pattern covers no admissible profile but those concerned, and it is maximal: no option can be
added to it. Combinations that cannot be do not count, so patterns leave out what follows anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

from advisor.audit.diagram import EMPTY, Cube, Diagram, axes_of
from advisor.engine.encoding import Encoding
from advisor.engine.space import Choice, Space

MOST_CUBES = 200
"""So many patterns are looked for; what needs more is not fit to be read."""


class Pattern(NamedTuple):
    """Profiles whose answers lie within `options`; questions that it does not name are open.

    Of its `profiles`, so many are `fresh`: in no pattern before it.
    """

    options: dict[str, list[str]]
    profiles: int
    fresh: int


class Cover(NamedTuple):
    """The profiles concerned, and the patterns that cover exactly these; `left` are not covered."""

    profiles: int
    patterns: tuple[Pattern, ...]
    left: int


def patterns(space: Space, concerned: Callable[[int], bool], most: int | None = None) -> Cover:
    """Return patterns of the profiles of a space whose outcome is concerned.

    At most `most` patterns, those first that add the most profiles; all of them if None.
    """
    diagram = Diagram(axes_of(space))
    function = diagram.read(space, concerned)
    return cover(diagram, function, True, space.encoding, most)


def cover(
    diagram: Diagram, function: int, label: Hashable, encoding: Encoding, most: int | None = None
) -> Cover:
    """Return patterns of the profiles that a function gives this label; as `patterns` does.

    `encoding` names the questions and options of the diagram's axes.
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
        options = _options(diagram, diagram.occurring(concerned, cube), cube, encoding)
        found.append(Pattern(options, diagram.total(concerned, cube), fresh))
    return Cover(diagram.total(concerned), tuple(found), diagram.total(rest))


def _cubes(diagram: Diagram, concerned: int, others: int) -> list[Cube]:
    """Return maximal cubes that together hold what is concerned, none of them needless."""
    cubes: list[Cube] = []
    rest = concerned
    while rest != EMPTY and len(cubes) < MOST_CUBES:
        start: Cube = [{place} for place in diagram.first(rest)]
        levels = range(len(start))
        grown = [
            _plain(diagram, concerned, others, _grow(diagram, others, start, order))
            for order in (levels, levels[::-1])
        ]
        best = max(grown, key=lambda cube: (diagram.total(rest, cube), -_named(diagram, cube)))
        rest = diagram.without(rest, best)
        cubes.append(best)
    return _needed(diagram, concerned, cubes)


def _grow(diagram: Diagram, others: int, start: Cube, order: range) -> Cube:
    """Widen a cube option by option, question by question, as long as nothing else is met."""
    cube = list(start)
    for level in order:
        for place in range(len(diagram.axes[level].choices)):
            if place in cube[level]:
                continue
            if not diagram.meets(others, [*cube[:level], {place}, *cube[level + 1 :]]):
                cube[level] = cube[level] | {place}
    return cube


def _plain(diagram: Diagram, concerned: int, others: int, cube: Cube) -> Cube:
    """Return a cube that holds no less and names fewer questions: what follows is left open."""
    plain = diagram.occurring(concerned, cube)
    for level in reversed(range(len(plain))):
        open_ = [*plain[:level], set(range(len(diagram.axes[level].choices))), *plain[level + 1 :]]
        if not diagram.meets(others, open_):
            plain = open_
    return _grow(diagram, others, plain, range(len(plain)))


def _named(diagram: Diagram, cube: Cube) -> int:
    """Return how many questions a cube has to name."""
    return sum(
        len(places) < len(axis.choices) for places, axis in zip(cube, diagram.axes, strict=True)
    )


def _needed(diagram: Diagram, concerned: int, cubes: list[Cube]) -> list[Cube]:
    """Leave out each cube that the others hold already, the smallest first."""
    kept = list(cubes)
    for cube in sorted(cubes, key=lambda cube: diagram.total(concerned, cube)):
        others = [one for one in kept if one is not cube]
        own = diagram.within(concerned, cube)
        for one in others:
            own = diagram.without(own, one)
        if own == EMPTY:
            kept = others
    return kept


def _options(
    diagram: Diagram, occurring: Cube, cube: Cube, encoding: Encoding
) -> dict[str, list[str]]:
    """Return what a cube says: questions of which it lacks an option, with those that occur."""
    return {
        encoding.questions[axis.question]: [
            _name(encoding, axis.question, axis.choices[place])
            for place in sorted(occurring[level])
        ]
        for level, axis in enumerate(diagram.axes)
        if len(cube[level]) < len(axis.choices)
    }


def _name(encoding: Encoding, question: int, choice: Choice) -> str:
    return "+".join(encoding.options[question][option] for option in choice)
