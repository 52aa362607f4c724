"""The answers of a question of the diagram as options to choose from, in words.

A band of numbers within which the answer differs covers its parts, as an option covers kinds.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.engine.task_diagram import Axis
from advisor.model import Option, Question


def options_of(
    axis: Axis, question: Question, after: Mapping[int, int]
) -> list[tuple[Option, list[int]]]:
    """Return the options that are possible, each with its places.

    `after` has what follows each place that is possible.
    """
    found: list[tuple[Option, list[int]]] = []
    for option in question.options:
        places = [place for place in after if axis.values[place].options == (option.id,)]
        if not places:
            continue
        parts = [place for place in places if axis.values[place].least is not None]
        covers = option.covers
        if len({after[place] for place in places}) > 1 and parts:
            numbers = {at: axis.typed(at) for at in parts}
            if option.up_to is not None:  # the part that the band is taken for
                numbers = {
                    at: f"{option.up_to:g}" if n == option.id else n for at, n in numbers.items()
                }
            covers = {n: [_words(axis, at, option, question)] for at, n in numbers.items()}
        found.append((option._replace(covers=covers), places))
    return found


def _words(axis: Axis, place: int, option: Option, question: Question) -> str:
    """Return a part of a band in words."""
    least, above = axis.values[place].least or 0.0, axis.values[place - 1] if place else None
    most = option.up_to
    if above is not None and above.options == axis.values[place].options:
        most = above.least
    unit = question.unit or ""
    return f"{least:.3g} {unit} or more" if most is None else f"{least:.3g} to {most:.3g} {unit}"
