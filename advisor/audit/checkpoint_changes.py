"""In which cases another checkpoint comes first under another rule base, exactly.

The decision diagrams that both have for a task are laid over each other. A *case* is a complete
profile as far as the two tell profiles apart: of each question that both ask an option, a kind
that it covers, or an interval of sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from advisor.audit.patterns import laid_over
from advisor.decide.outlook import diagram_for
from advisor.decide.recommendation import recommend
from advisor.engine.decision import Engine
from advisor.engine.diagram import Choice, Diagram
from advisor.engine.profile import Answer, read_answer
from advisor.engine.task_diagram import Axis, AxisValue, TaskDiagram
from advisor.model import NOT_APPLICABLE, TASK
from advisor.rulebase.base import RuleBase

Pair = tuple[str, str]
"""The checkpoint that came first and the one that does; empty where there is none."""


class CheckpointMove(NamedTuple):
    """So many cases of a task in which `old` came first and `new` does; None where there is none.

    `need` is the most typical of them: the answers to give, all others being assumed.
    """

    task: str
    need: dict[str, str]
    old: str | None
    new: str | None
    cases: int


class PickChange(NamedTuple):
    """A task whose typical profile gets another checkpoint first; None where there is none."""

    task: str
    old: str | None
    new: str | None


class TaskChange(NamedTuple):
    """How many profiles, or cases, of a task were compared, and of how many the answer changes."""

    task: str
    compared: int
    changed: int


class CheckpointDifference(NamedTuple):
    """Where first checkpoints change, by task; `moves` are those of the most cases.

    `typical` are the tasks of which nothing else has to be said, the most often asked first.
    """

    tasks: tuple[TaskChange, ...]
    moves: tuple[CheckpointMove, ...]
    typical: tuple[PickChange, ...]

    @property
    def compared(self) -> int:
        """How many cases were compared."""
        return sum(one.compared for one in self.tasks)

    @property
    def changed(self) -> int:
        """In how many of them another checkpoint comes first."""
        return sum(one.changed for one in self.tasks)


def checkpoint_difference(
    old: RuleBase, new: RuleBase, common: Mapping[str, Sequence[str]], most: int | None
) -> CheckpointDifference:
    """Compare what comes first for the tasks and answers that are `common` to two rule bases.

    At most `most` moves are named, all of them if None. Raises TooMuchOpenError for a task whose
    diagram is too large.
    """
    engines = Engine.known(old), Engine.known(new)
    tasks = []
    moves: list[tuple[int, _Compared, Pair]] = []
    for task in common[TASK]:
        given = {TASK: Answer((task,), None, "flag")}
        if all(engine.admits(given) for engine in engines):
            compared = _Compared(engines, task, common)
            tasks.append(TaskChange(task, sum(compared.cases.values()), compared.changed))
            changes = [pair for pair in compared.cases if pair[0] != pair[1]]
            moves += [(compared.cases[pair], compared, pair) for pair in changes]
    moves.sort(key=lambda move: -move[0])
    typical = [PickChange(one.task, _first(old, one.task), _first(new, one.task)) for one in tasks]
    return CheckpointDifference(
        tuple(tasks),
        tuple([compared.move(pair) for _, compared, pair in moves[:most]]),
        tuple([change for change in typical if change.old != change.new]),
    )


def _first(rulebase: RuleBase, task: str) -> str | None:
    picks = recommend(rulebase, {TASK: task}).advice[0].selection.picks
    return picks[0].checkpoint.id if picks else None


class _Compared:
    """The diagrams of two rule bases for a task, as one over the answers that both know."""

    def __init__(
        self, engines: Sequence[Engine], task: str, common: Mapping[str, Sequence[str]]
    ) -> None:
        self.task = task
        sides = [(engine.rulebase, diagram_for(engine, task, {})) for engine in engines]
        self.axes = list(_common_axes(sides, common))
        self.store = Diagram([[(n,) for n in range(len(axis.values))] for axis in self.axes])
        one, other = (self._read(rulebase, diagram) for rulebase, diagram in sides)
        self.both = self.store.combine(
            one, other, lambda a, b: None if a is None or b is None else (a, b)
        )
        self.cases: dict[Pair, int] = self.store.counts(self.both)

    @property
    def changed(self) -> int:
        """In how many cases another checkpoint comes first."""
        return sum(cases for (old, new), cases in self.cases.items() if old != new)

    def _read(self, rulebase: RuleBase, diagram: TaskDiagram) -> int:
        """Return which checkpoint comes first; what one alone asks is filled as an open answer."""
        levels = [diagram.levels.get(axis.question) for axis in self.axes]
        places = [
            range(len(axis.values))
            if level is None
            else [_place(rulebase, diagram.axes[level], value) or 0 for value in axis.values]
            for level, axis in zip(levels, self.axes, strict=True)
        ]
        columns = list(zip(levels, places, strict=True))
        return laid_over(self.store, diagram, diagram.root, columns, lambda leaf: leaf.checkpoint)

    def move(self, pair: Pair) -> CheckpointMove:
        """Return the cases of a pair, with the most typical of them."""
        store = self.store
        concerned = store.relabel(self.both, lambda found: True if found == pair else None)
        profile, _ = store.first(concerned) or ([], None)
        given: dict[int, list[Choice]] = {}
        while (assumed := store.first(self.both, given)) and assumed[0] != profile:
            level = next(n for n, choice in enumerate(profile) if choice != assumed[0][n])
            given[level] = [profile[level]]
        need = {
            self.axes[level].question: self.axes[level].typed(place)
            for level, ((place,),) in given.items()
            if self.axes[level].values[place].options not in ((), (NOT_APPLICABLE,))
        }
        old, new = (id or None for id in pair)
        return CheckpointMove(self.task, need, old, new, self.cases[pair])


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
        numbers = {one.least for _, axis in axes for one in axis.values if one.least is not None}
        values = [value for value in first.values if value.least is None]
        for least in sorted(numbers, reverse=True):
            band = read_answer(rulebase.question(question), least, "flag").options
            values.append(AxisValue(band, least=least))
        known = [
            value
            for value in values
            if value.least is not None or set(value.options) <= set(options)
            if all(_place(base, axis, value) is not None for base, axis in axes)
        ]
        known.sort(key=lambda value: value.options == (NOT_APPLICABLE,))
        yield Axis(question, tuple(known), first.many)


def _place(rulebase: RuleBase, axis: Axis, value: AxisValue) -> int | None:
    """Return the place of an answer among those of a rule base; None where it has no such one."""
    if value.least is None:
        return axis.values.index(value) if value in axis.values else None
    answer = read_answer(rulebase.question(axis.question), value.least, "flag")
    return next(iter(axis.places(answer)), None)
