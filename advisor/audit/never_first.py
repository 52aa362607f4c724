"""Which offered checkpoints come first in no profile, and what stands before them.

All complete profiles are looked at, in each order: at every size where an answer changes, with
every kind that an option covers, and in every single language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from functools import cached_property
from typing import NamedTuple

from advisor.audit.claim import Claim, defect
from advisor.audit.context import ProofContext
from advisor.decide.first_checkpoints import FirstCheckpoints
from advisor.decide.outlook import diagram_for
from advisor.decide.selection import ORDERS
from advisor.decide.task_diagrams import axes_of
from advisor.engine.decision import Engine
from advisor.engine.diagram import Diagram
from advisor.engine.profile import Answer
from advisor.engine.task_diagram import Axis, AxisValue, TaskDiagram
from advisor.model import TASK, Checkpoint, Option

WHY_NOT = (
    "advisor recommends `{family}` for none of the tasks of this checkpoint",
    "the checkpoint never meets the requirements of answers that lead to `{family}`",
)
"""Why a checkpoint is offered for no profile: none of its tasks is its family's, or some are."""


class NeverFirst(NamedTuple):
    """A checkpoint that comes first in no profile, though it has what is asked in `cases`.

    In `by` of these, by quality, `before` comes first; it is so in more than any other.
    """

    checkpoint: Checkpoint
    cases: int
    before: str
    by: int


def first_places(context: ProofContext) -> tuple[Claim, tuple[NeverFirst, ...]]:
    """Claim that each offered checkpoint is offered for some profile; return those never first."""
    search = _Search(context)
    behind = tuple([search.standing(checkpoint) for checkpoint in search.behind()])
    defects = [
        defect(
            context,
            "idle-checkpoint",
            row.checkpoint.id,
            why=WHY_NOT[bool(search.tasks(row.checkpoint))].format(family=row.checkpoint.family),
        )
        for row in behind
        if not row.cases
    ]
    text = (
        f"{len(search.offered) - len(behind)} of {len(search.offered)} checkpoints can rank "
        f"first, over all memory sizes, languages and orders. {len(behind) - len(defects)} always "
        "rank below others"
    )
    return Claim("checkpoints", text, defects), behind


class _Search:
    """Looks for profiles in which checkpoints come first, or are offered behind others."""

    def __init__(self, context: ProofContext) -> None:
        self.context, self.rulebase = context, context.rulebase
        self.offered = [model for model in self.rulebase.checkpoints.values() if model.offered]
        self._known: dict[tuple[str, str], _TaskFamily] = {}

    @cached_property
    def answering(self) -> dict[str, set[str]]:
        """For each task the families that have its checkpoint in some profile."""
        return {
            task: {leaf.source for leaf in self.context.diagram(task).ends()} - {""}
            for task in self.context.tasks
        }

    def tasks(self, checkpoint: Checkpoint) -> list[str]:
        """Return the tasks of a checkpoint for which its family has a checkpoint somewhere."""
        tasks = dict.fromkeys([*checkpoint.tasks, *checkpoint.fine_tune])
        return [task for task in tasks if checkpoint.family in self.answering.get(task, ())]

    def of(self, task: str, family: str) -> _TaskFamily:
        """Return what a family has for a task. Raises TooMuchOpenError where the budget ends."""
        self.context.budget.check()
        if (task, family) not in self._known:
            diagram = self.context.diagram(task)
            self._known[task, family] = _TaskFamily(self.context.engine, diagram, family)
        return self._known[task, family]

    def behind(self) -> list[Checkpoint]:
        """Return the checkpoints that come first in no profile."""
        ends = (self.context.diagram(task).ends() for task in self.answering)
        first = {leaf.checkpoint for leaves in ends for leaf in leaves}
        left = {model.id: model for model in self.offered if model.id not in first}
        pairs = [(task, model.family) for model in left.values() for task in self.tasks(model)]
        for task, family in dict.fromkeys(pairs):
            for id in self.of(task, family).first_otherwise(left):
                left.pop(id, None)
        return [*left.values()]

    def standing(self, checkpoint: Checkpoint) -> NeverFirst:
        """Return in how many cases a checkpoint is offered, and what comes first in most."""
        before: Counter[str] = Counter()
        for task in self.tasks(checkpoint):
            before.update(self.of(task, checkpoint.family).before(checkpoint.id))
        id, by = max(before.items(), key=lambda item: item[1], default=("", 0))
        return NeverFirst(checkpoint, before.total(), id, by)


class _TaskFamily:
    """What a family has for a task: every size told apart, and every language.

    Languages without an option of their own stand behind the values that the task's diagram has,
    one for all that nothing tells apart.
    """

    def __init__(self, engine: Engine, diagram: TaskDiagram, family: str) -> None:
        self.engine, self.rulebase = engine, engine.rulebase
        self.task, self.family = diagram.task, family
        task = self.task
        fine = axes_of(engine, task, engine.space({TASK: Answer((task,), None, "flag")}), {})
        self.kinds = {level: self._kinds(axis) for level, axis in enumerate(fine) if axis.many}
        self.axes = [
            axis._replace(values=(*axis.values, *self.kinds.get(level, ())))
            for level, axis in enumerate(fine)
        ]
        self.firsts = FirstCheckpoints(self.rulebase, task, family, self.axes)
        self.store = Diagram(
            [[(place,) for place in range(len(axis.values))] for axis in self.axes]
        )
        self.answer = self._read(diagram, fine)

    def _kinds(self, axis: Axis) -> list[AxisValue]:
        """Return the kinds that options of a question cover, one of those nothing tells apart."""
        rivals = [rival for rival in self.rulebase.catalogue(self.family) if rival.offered]
        poor = [set(rival.languages_poor or ()) for rival in rivals]
        order = str(self.rulebase.order(self.task))
        alike: dict[Hashable, AxisValue] = {}
        for option in self.rulebase.question(axis.question).options:
            named = [_named(rival, option) for rival in rivals] if option.covers else []
            for kind in option.covers:
                membership = tuple([kind in some for some in (*named, *poor)])
                key = option.id, membership, repr(kind) in order and kind
                alike.setdefault(key, AxisValue((option.id,), (kind,)))
        return [*alike.values()]

    def _read(self, diagram: TaskDiagram, fine: Sequence[Axis]) -> int:
        """Return the function that says which checkpoint of the family is the answer.

        It has no label where none is, nor for kinds.
        """
        levels = {}
        for level, (coarse, axis) in enumerate(zip(diagram.axes, fine, strict=True)):
            places = [coarse.places(value.answer)[0] for value in axis.values]
            levels[level] = level, places + [0] * len(self.kinds.get(level, ()))
        answer = self.store.read(
            diagram,
            diagram.root,
            lambda leaf: leaf.checkpoint if leaf.source == self.family else None,
            levels,
        )
        own = {
            level: [(place,) for place in range(len(fine[level].values))] for level in self.kinds
        }
        return self.store.within(answer, own)

    def first_otherwise(self, ids: Collection[str]) -> set[str]:
        """Return which checkpoints come first in another order, or for a kind.

        A diagram of all families is made for a kind only where one comes first in its family's.
        """
        watched = {checkpoint.id for checkpoint in self.firsts.checkpoints} & set(ids)
        root = self.firsts.build(
            self.store,
            lambda state: tuple([self.firsts.first(state, order).checkpoint for order in ORDERS]),
        )
        both = self.store.combine(self.answer, root, lambda answer, own: own if answer else None)
        reached = {id for own in self.store.labels(both) for id in own}
        for level, kinds in self.kinds.items():
            question, ends = self.axes[level].question, len(self.axes[level].values)
            for place, kind in enumerate(kinds, start=ends - len(kinds)):
                for own in self.store.reachable(root, {level: [(place,)]}).labels:
                    for order, id in zip(ORDERS, own, strict=True):
                        if id in watched - reached:
                            given = {question: kind.answer}
                            made = diagram_for(self.engine, self.task, given, order=order)
                            reached |= {leaf.checkpoint for leaf in made.ends()}
        return reached & watched

    def before(self, id: str) -> dict[str, int]:
        """Return what comes first in the cases in which a checkpoint is offered."""
        offered = self.firsts.offering(self.store, id)
        return self.store.counts(
            self.store.combine(self.answer, offered, lambda answer, own: answer if own else None)
        )


def _named(checkpoint: Checkpoint, option: Option) -> set[str]:
    """Return the kinds that a checkpoint names in the fields that an option asks about."""
    listed = (getattr(checkpoint, field) for field in option.requires)
    return {kind for kinds in listed if isinstance(kinds, list) for kind in kinds}
