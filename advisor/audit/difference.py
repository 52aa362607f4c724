"""The exact difference between the answers of two rule bases: family and first checkpoint.

The decision diagrams that both have for each task are combined, on the questions and options that
both know. A *case* is a complete profile as far as the two tell profiles apart: of each question
that both ask an option, a kind that it covers, or an interval of sizes. A question that only one of
them asks is filled there as it would be for a user who does not answer it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from advisor.decide.outlook import diagram_for
from advisor.decide.recommendation import recommend
from advisor.engine.decision import Engine
from advisor.engine.diagram import Choice, Diagram
from advisor.engine.profile import Answer, read_answer
from advisor.engine.task_diagram import Axis, AxisValue, TaskDiagram
from advisor.errors import AdvisorError
from advisor.model import NOT_APPLICABLE, TASK
from advisor.rulebase.base import RuleBase

Ending = tuple[str, str]
"""The family and its first checkpoint; empty if there is none."""
EndingPair = tuple[Ending | None, Ending | None]
"""The answers of the old rule base and of the new one; None for one that admits no such case."""
FAMILY, CHECKPOINT = range(2)
"""The parts of an ending."""

Options = dict[str, list[str]]
"""Question -> options."""


class EntryChanges(NamedTuple):
    """The ids of the entries of one kind that differ between two rule bases.

    `reordered` is True if those in both are in another order, and the order counts.
    """

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    reordered: bool = False


class Move(NamedTuple):
    """The `cases` of a task that get `old` from one rule base and `new` from another.

    Both are families, or first checkpoints; None if there is no checkpoint. `need` has the answers
    to give for the most typical of the cases, all others being assumed.
    """

    task: str
    need: dict[str, str]
    old: str | None
    new: str | None
    cases: int


class TaskChange(NamedTuple):
    """The number of cases of a task that were compared, and of those with another answer."""

    task: str
    compared: int
    changed: int


class Changes(NamedTuple):
    """Changes of the family, or of the first checkpoint: counts by task, and the largest moves."""

    tasks: tuple[TaskChange, ...]
    moves: tuple[Move, ...]

    @property
    def compared(self) -> int:
        """The number of cases compared."""
        return sum(task.compared for task in self.tasks)

    @property
    def changed(self) -> int:
        """The number of cases with another answer."""
        return sum(task.changed for task in self.tasks)


class Side(NamedTuple):
    """What only one rule base has; `cases` counts those of common answers that it alone admits."""

    rulebase: RuleBase
    tasks: tuple[str, ...]
    questions: tuple[str, ...]
    options: Options
    cases: int

    @property
    def unshared(self) -> bool:
        """True if a task, an option or a case is only in this rule base; questions do not count."""
        return bool(self.tasks or self.options or self.cases)


class RuleBaseDifference(NamedTuple):
    """The changes from an old to a new rule base.

    `typical` has the tasks that get another first checkpoint if only the task is given, in the
    order of the old rule base, each with the old and the new one, None if there is none.
    """

    families: Changes
    checkpoints: Changes
    typical: list[dict[str, str | None]]
    old: Side
    new: Side
    entries: tuple[EntryChanges, ...]

    @property
    def keeps_answers(self) -> bool:
        """True if every case of the old rule base gets the same answer from the new one."""
        return not (self.families.changed or self.checkpoints.changed or self.old.unshared)


def difference(old: RuleBase, new: RuleBase, most: int | None = None) -> RuleBaseDifference:
    """Compare two rule bases; at most `most` moves of families and of checkpoints are named.

    Raises AdvisorError if they have no case in common, TooMuchOpenError if the diagram of a task is
    too large.
    """
    engines = Engine.known(old), Engine.known(new)
    answers = [_options(engine) for engine in engines]
    common = {
        question: [option for option in options if option in answers[1][question]]
        for question, options in answers[0].items()
        if question in answers[1]
    }
    admitted = [
        [t.id for t in e.rulebase.tasks if e.admits({TASK: Answer((t.id,), None, "flag")})]
        for e in engines
    ]
    both = [task for task in admitted[0] if task in admitted[1]]
    pairs = [TaskPair(engines, task, common) for task in both]
    families, checkpoints = (_changes(pairs, part, most) for part in (FAMILY, CHECKPOINT))
    if not families.compared:
        raise AdvisorError(
            "the two rule bases have no answer combination in common",
            hint="compare two states of the same rules",
            kind="nothing-in-common",
        )

    def side(place: int) -> Side:
        """Return what one of the two has alone; `place` is that of its answer in a pair."""
        cases = [case for pair in pairs for case in pair.cases.items()]
        return Side(
            engines[place].rulebase,
            tuple(task for task in admitted[place] if task not in both),
            tuple(question for question in answers[place] if question not in common),
            {
                question: left
                for question, options in answers[place].items()
                if question in common and question != TASK
                if (left := [option for option in options if option not in common[question]])
            },
            sum(number for ends, number in cases if ends[1 - place] is None),
        )

    picks = [{"task": task, "old": _first(old, task), "new": _first(new, task)} for task in both]
    return RuleBaseDifference(
        families,
        checkpoints,
        typical=[pick for pick in picks if pick["old"] != pick["new"]],
        old=side(0),
        new=side(1),
        entries=entry_changes(old, new),
    )


def _options(engine: Engine) -> Options:
    encoding = engine.encoding
    return {id: list(names) for id, names in zip(encoding.questions, encoding.options, strict=True)}


def _first(rulebase: RuleBase, task: str) -> str | None:
    first = recommend(rulebase, {TASK: task}).advice[0].selection.first
    return first.checkpoint.id if first else None


def _changes(pairs: Sequence[TaskPair], part: int, most: int | None) -> Changes:
    """Return the changes of one part of the answer, FAMILY or CHECKPOINT."""
    tasks, moves = [], []
    for pair in pairs:
        endings: dict[tuple[str, str], list[EndingPair]] = {}
        for old, new in pair.cases:
            if old and new:
                endings.setdefault((old[part], new[part]), []).append((old, new))
        cases = {both: sum(map(pair.cases.__getitem__, of)) for both, of in endings.items()}
        moved = [both for both in endings if both[0] != both[1]]
        tasks.append(TaskChange(pair.task, sum(cases.values()), sum(cases[both] for both in moved)))
        moves += [(cases[both], pair, both, endings[both]) for both in moved]
    moves.sort(key=lambda move: -move[0])
    named = [
        Move(pair.task, pair.need(concerned), old or None, new or None, number)
        for number, pair, (old, new), concerned in moves[:most]
    ]
    return Changes(tuple(tasks), tuple(named))


ORDERED = ("criterion", "question", "option", "task")
"""Kinds of entries whose order counts."""


def entry_changes(old: RuleBase, new: RuleBase) -> tuple[EntryChanges, ...]:
    """Return the changes of entries by kind, kinds without a change left out.

    The place of an entry in the files does not matter. Rules that are derived from what families
    declare count with their family.
    """
    after = _entries(new)
    changes = []
    for kind, before in _entries(old).items():
        now = after[kind]
        common = [id for id in before if id in now]
        change = EntryChanges(
            kind=kind,
            added=tuple(id for id in now if id not in before),
            removed=tuple(id for id in before if id not in now),
            changed=tuple(id for id in common if before[id] != now[id]),
            reordered=kind in ORDERED and common != [id for id in now if id in before],
        )
        if any(change[1:]):
            changes.append(change)
    return tuple(changes)


def _entries(rulebase: RuleBase) -> dict[str, Mapping[str, Any]]:
    """Return all entries by kind and id; options count for themselves."""
    questions = rulebase.questions
    return {
        "criterion": {criterion.id: criterion for criterion in rulebase.criteria},
        "question": {question.id: question._replace(options=()) for question in questions},
        "option": {f"{q.id}: {option.id}": option for q in questions for option in q.options},
        "task": {task.id: task for task in rulebase.tasks},
        "elsewhere": {detour.id: detour for detour in rulebase.detours},
        "family": {
            family.id: (family, rulebase.descriptions[family.id], rulebase.claims[family.id])
            for family in rulebase.families
        },
        "rule": {  # wherever it stands, and whichever checkpoints meet what it says of them
            rule.id: rule._replace(place="", candidates=() if rule.where else rule.candidates)
            for rule in rulebase.rules
            if not rule.derived
        },
        "never": {never.id: never for never in rulebase.never if never.why == "never"},
        "checkpoint": rulebase.checkpoints,
        "source": rulebase.sources,
    }


class TaskPair:
    """The diagrams of two rule bases for a task, as one over the answers `common` to both.

    `cases` is (old answer, new answer) -> number of cases. Raises TooMuchOpenError if a diagram is
    too large.
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
        self.admitted = self.store.read(
            self.store, both, lambda pair: None if None in pair else pair
        )

    def _read(self, rulebase: RuleBase, diagram: TaskDiagram) -> int:
        """Return a rule base's answers as a node of `store`, its own questions being unanswered."""
        columns: list[tuple[int | None, list[int]]] = []
        for axis in self.axes:
            level = diagram.levels.get(axis.question)
            own = axis if level is None else diagram.axes[level]
            columns.append((level, [_places(rulebase, own, value)[0] for value in axis.values]))
        return self.store.read(diagram, diagram.root, lambda leaf: leaf.choice, columns)

    def need(self, concerned: Collection[EndingPair]) -> dict[str, str]:
        """Return the answers to give for the most typical of some cases, others being assumed."""
        store = self.store
        node = store.read(store, self.admitted, lambda pair: True if pair in concerned else None)
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
            if all(_places(base, axis, value) for base, axis in axes)
        ]
        axis_values.sort(key=lambda value: value.options == (NOT_APPLICABLE,))
        yield Axis(question, tuple(axis_values), first.many)


def _places(rulebase: RuleBase, axis: Axis, value: AxisValue) -> list[int]:
    """Return the indexes of an answer among the values of an axis; empty if it is not there."""
    if value.least is None:
        return [place for place, other in enumerate(axis.values) if other == value]
    return axis.places(read_answer(rulebase.question(axis.question), value.least, "flag"))
