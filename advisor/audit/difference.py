"""Which answers one rule base gives otherwise than another, exactly: the family and what is first.

The decision diagrams that both have for each task are laid over each other, on the questions and
options that both know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from advisor.audit.task_pair import EndingPair, TaskPair
from advisor.decide.recommendation import recommend
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer
from advisor.errors import AdvisorError
from advisor.model import TASK
from advisor.rulebase.base import RuleBase

FAMILY, CHECKPOINT = range(2)
"""The parts of an ending."""

Options = dict[str, list[str]]
"""Question -> options."""


class EntryChanges(NamedTuple):
    """The entries of one kind that are not the same in two rule bases.

    `reordered` is True where those in both stand in another order, and the order counts.
    """

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    reordered: bool = False


class Move(NamedTuple):
    """So many cases of a task that get `old` from one rule base and `new` from another.

    Both are families, or first checkpoints; None where there is no checkpoint. `need` is the most
    typical of the cases: the answers to give, all others being assumed.
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
    """How many cases of a task were compared, and of how many the answer changes."""

    task: str
    compared: int
    changed: int


class Changes(NamedTuple):
    """Where the family changes, or the first checkpoint: by task, and the moves of most cases."""

    tasks: tuple[TaskChange, ...]
    moves: tuple[Move, ...]

    @property
    def compared(self) -> int:
        """How many cases were compared."""
        return sum(task.compared for task in self.tasks)

    @property
    def changed(self) -> int:
        """In how many of them the answer is another."""
        return sum(task.changed for task in self.tasks)


class Side(NamedTuple):
    """What one rule base has that the other has not; `cases` of common answers it alone admits."""

    rulebase: RuleBase
    tasks: tuple[str, ...]
    questions: tuple[str, ...]
    options: Options
    cases: int

    @property
    def unshared(self) -> bool:
        """True where something can be asked, or answered, of this rule base alone."""
        return bool(self.tasks or self.options or self.cases)


class RuleBaseDifference(NamedTuple):
    """What changes from an old to a new rule base.

    `typical` are the tasks that get another checkpoint where nothing else is said, the most often
    asked first.
    """

    families: Changes
    checkpoints: Changes
    typical: tuple[PickChange, ...]
    old: Side
    new: Side
    entries: tuple[EntryChanges, ...]

    @property
    def keeps_answers(self) -> bool:
        """True where every case of the old rule base gets the same answer from the new one."""
        return not (self.families.changed or self.checkpoints.changed or self.old.unshared)


def difference(old: RuleBase, new: RuleBase, most: int | None = None) -> RuleBaseDifference:
    """Compare two rule bases; at most `most` moves of families and of checkpoints are named.

    Raises AdvisorError where they have no case in common, TooMuchOpenError where the diagram of a
    task is too large.
    """
    new_options = _options(new)
    common = {
        question: [option for option in options if option in new_options[question]]
        for question, options in _options(old).items()
        if question in new_options
    }
    engines = Engine.known(old), Engine.known(new)
    admitted = [
        [
            task.id
            for task in engine.rulebase.tasks
            if engine.admits({TASK: Answer((task.id,), None, "flag")})
        ]
        for engine in engines
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
    picks = [PickChange(task, _first(old, task), _first(new, task)) for task in both]

    def side(rulebase: RuleBase, place: int) -> Side:
        """Return what one of the two has alone; `place` is that of its answer in a pair."""
        alone = [
            number
            for pair in pairs
            for answers, number in pair.cases.items()
            if answers[1 - place] is None
        ]
        tasks = tuple(task for task in admitted[place] if task not in both)
        options = {
            question: left
            for question, options in _options(rulebase).items()
            if question in common and question != TASK
            if (left := [option for option in options if option not in common[question]])
        }
        questions = tuple(question for question in _options(rulebase) if question not in common)
        return Side(rulebase, tasks, questions, options, sum(alone))

    return RuleBaseDifference(
        families,
        checkpoints,
        typical=tuple([pick for pick in picks if pick.old != pick.new]),
        old=side(old, 0),
        new=side(new, 1),
        entries=entry_changes(old, new),
    )


def _first(rulebase: RuleBase, task: str) -> str | None:
    picks = recommend(rulebase, {TASK: task}).advice[0].selection.picks
    return picks[0].checkpoint.id if picks else None


def _changes(pairs: Sequence[TaskPair], part: int, most: int | None) -> Changes:
    """Return where one part of the answer is another."""
    tasks, moves = [], []
    for pair in pairs:
        cases = Counter[tuple[str, str]]()
        for answers, number in pair.cases.items():
            if both := _parts(answers, part):
                cases[both] += number
        moved = {both: number for both, number in cases.items() if both[0] != both[1]}
        tasks.append(TaskChange(pair.task, cases.total(), sum(moved.values())))
        moves += [(number, pair, both) for both, number in moved.items()]
    moves.sort(key=lambda move: -move[0])
    named = []
    for number, pair, both in moves[:most]:
        need = pair.need([answers for answers in pair.cases if _parts(answers, part) == both])
        named.append(Move(pair.task, need, both[0] or None, both[1] or None, number))
    return Changes(tuple(tasks), tuple(named))


def _parts(answers: EndingPair, part: int) -> tuple[str, str] | None:
    """Return a part of what both answer; None where one of them admits no such case."""
    old, new = answers
    return (old[part], new[part]) if old and new else None


def _options(rulebase: RuleBase) -> Options:
    encoding = Engine.known(rulebase).encoding
    return {id: list(names) for id, names in zip(encoding.questions, encoding.options, strict=True)}


ORDERED = ("criterion", "question", "option", "task")
"""Kinds of entries whose order counts."""


def entry_changes(old: RuleBase, new: RuleBase) -> tuple[EntryChanges, ...]:
    """Return what differs, kinds without a difference left out.

    Where an entry stands in a file does not matter. Rules that are derived from what families
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
