"""What two rule bases answer for one task, case by case, exactly.

The decision diagrams that both have for it are laid over each other. A *case* is a complete
profile as far as the two tell profiles apart: of each question that both ask an option, a kind
that it covers, or an interval of sizes. A question that only one of them asks is filled there as it
would be for a user who does not answer it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from advisor.decide.outlook import diagram_for
from advisor.engine.decision import Engine
from advisor.engine.diagram import EMPTY, Choice, Diagram
from advisor.engine.profile import read_answer
from advisor.engine.task_diagram import Axis, AxisValue, TaskDiagram
from advisor.model import NOT_APPLICABLE
from advisor.rulebase.base import RuleBase

Ending = tuple[str, str]
"""The family and its first checkpoint; empty where there is none."""
EndingPair = tuple[Ending | None, Ending | None]
"""What the old rule base and the new one answer; None where it admits no such case."""


class TaskPair:
    """The diagrams of two rule bases for a task, as one over the answers `common` to both.

    `cases` says in how many there are which answers. Raises TooMuchOpenError where a diagram is too
    large.
    """

    def __init__(
        self, engines: Sequence[Engine], task: str, common: Mapping[str, Sequence[str]]
    ) -> None:
        self.task = task
        sides = [(engine.rulebase, diagram_for(engine, task, {})) for engine in engines]
        self.axes = list(_common_axes(sides, common))
        self.store = Diagram([[(n,) for n in range(len(axis.values))] for axis in self.axes])
        first, other = (self._read(rulebase, diagram) for rulebase, diagram in sides)
        both = self.store.combine(first, other, lambda a, b: (a, b))
        self.cases: dict[EndingPair, int] = self.store.counts(both)
        self.admitted = self.store.relabel(both, lambda pair: None if None in pair else pair)

    def _read(self, rulebase: RuleBase, diagram: TaskDiagram) -> int:
        """Return what a rule base answers; what it alone asks is filled as an open answer."""
        levels = [diagram.levels.get(axis.question) for axis in self.axes]
        places = [
            range(len(axis.values))
            if level is None
            else [_place(rulebase, diagram.axes[level], value) or 0 for value in axis.values]
            for level, axis in zip(levels, self.axes, strict=True)
        ]
        columns = list(zip(levels, places, strict=True))
        return laid_over(self.store, diagram, diagram.root, columns, lambda leaf: leaf.choice)

    def need(self, concerned: Collection[EndingPair]) -> dict[str, str]:
        """Return the most typical of some cases: the answers to give, all others being assumed."""
        store = self.store
        node = store.relabel(self.admitted, lambda pair: True if pair in concerned else None)
        profile, _ = store.first(node) or ([], None)
        given: dict[int, list[Choice]] = {}
        while (assumed := store.first(self.admitted, given)) and assumed[0] != profile:
            level = next(n for n, choice in enumerate(profile) if choice != assumed[0][n])
            given[level] = [profile[level]]
        return {
            self.axes[level].question: self.axes[level].typed(place)
            for level, ((place,),) in given.items()
            if self.axes[level].values[place].options not in ((), (NOT_APPLICABLE,))
        }


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
        lambda label, other: other if label is None else label,
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


def _common_axes(
    sides: Sequence[tuple[RuleBase, TaskDiagram]], common: Mapping[str, Sequence[str]]
) -> Iterator[Axis]:
    """Yield the questions that bear on either diagram, with the answers that both know."""
    for question, options in common.items():
        axes = [
            (rulebase, diagram.axes[diagram.levels[question]])
            for rulebase, diagram in sides
            if question in diagram.levels
        ]
        if not axes:
            continue
        rulebase, first = axes[0]
        numbers = {band.least for _, axis in axes for band in axis.values if band.least is not None}
        values = [value for value in first.values if value.least is None]
        for least in sorted(numbers, reverse=True):
            band = read_answer(rulebase.question(question), least, "flag").options
            values.append(AxisValue(band, least=least))
        axis_values = [
            value
            for value in values
            if value.least is not None or set(value.options) <= set(options)
            if all(_place(base, axis, value) is not None for base, axis in axes)
        ]
        axis_values.sort(key=lambda value: value.options == (NOT_APPLICABLE,))
        yield Axis(question, tuple(axis_values), first.many)


def _place(rulebase: RuleBase, axis: Axis, value: AxisValue) -> int | None:
    """Return the place of an answer among those of a rule base; None where it has no such one."""
    if value.least is None:
        return axis.values.index(value) if value in axis.values else None
    answer = read_answer(rulebase.question(axis.question), value.least, "flag")
    return next(iter(axis.places(answer)), None)
