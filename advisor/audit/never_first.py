"""Which offered checkpoints come first in no profile, and what stands before them.

All complete profiles are looked at, in each order: at every size where an answer changes, with
every kind that an option covers, and in every single language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable
from typing import NamedTuple

from advisor.audit.claim import Claim, ProofContext, defect
from advisor.decide.first_checkpoints import FirstCheckpoints
from advisor.decide.outlook import diagram_for
from advisor.decide.selection import ORDERS
from advisor.decide.task_diagrams import axes_of
from advisor.engine.decision import Engine
from advisor.engine.diagram import Diagram
from advisor.engine.profile import Answer
from advisor.engine.task_diagram import Axis, AxisValue, TaskDiagram
from advisor.model import TASK

WHY_NOT = (
    "advisor recommends `{family}` for none of the tasks of this checkpoint",
    "the checkpoint never meets the requirements of answers that lead to `{family}`",
)
"""Why a checkpoint is offered for no profile: none of its tasks is its family's, or some are."""


class NeverFirst(NamedTuple):
    """A checkpoint that comes first in no profile, though it has what is asked in `cases`.

    In `by` of these, by quality, `before` comes first; it is so in more than any other.
    """

    checkpoint: str
    cases: int
    before: str
    by: int


def first_places(context: ProofContext) -> tuple[Claim, tuple[NeverFirst, ...]]:
    """Claim that each offered checkpoint is offered for some profile; return those never first."""
    ends = {task: context.diagram(task).ends() for task in context.tasks}
    first = {leaf.checkpoint for leaves in ends.values() for leaf in leaves}
    answering = {(task, leaf.source) for task, leaves in ends.items() for leaf in leaves}
    offered = [model for model in context.rulebase.checkpoints.values() if model.offered]
    left = {model.id: model for model in offered if model.id not in first}
    tasks = {  # for which the family of a checkpoint has one somewhere
        model.id: [
            task
            for task in dict.fromkeys([*model.tasks, *model.fine_tune])
            if (task, model.family) in answering
        ]
        for model in left.values()
    }
    made: dict[tuple[str, str], _TaskFamily] = {}
    for task, family in [(task, left[id].family) for id, of in tasks.items() for task in of]:
        if (task, family) not in made:
            context.budget.check()
            made[task, family] = _TaskFamily(context.engine, context.diagram(task), family)
            for id in made[task, family].first_otherwise(left):
                left.pop(id, None)
    behind, defects = [], []
    for id, model in left.items():
        before = Counter[str]()
        for task in tasks[id]:
            before.update(made[task, model.family].before(id))
        most = max(before.items(), key=lambda item: item[1], default=("", 0))
        behind.append(NeverFirst(id, before.total(), *most))
        if not before.total():
            why = WHY_NOT[bool(tasks[id])].format(family=model.family)
            defects.append(defect(context, "idle-checkpoint", id, why=why))
    text = (
        f"{len(offered) - len(behind)} of {len(offered)} checkpoints can rank first, over all "
        f"memory sizes, languages and orders. {len(behind) - len(defects)} always rank below others"
    )
    return Claim("checkpoints", text, defects), tuple(behind)


class _TaskFamily:
    """What a family has for a task: every size told apart, and every language.

    Languages without an option of their own stand behind the values that the task's diagram has,
    one for all that nothing tells apart.
    """

    def __init__(self, engine: Engine, diagram: TaskDiagram, family: str) -> None:
        self.engine, self.task = engine, diagram.task
        task = {TASK: Answer((self.task,), None, "flag")}
        fine = axes_of(engine, self.task, engine.space(task), {})
        self.kinds = {
            level: self._kinds(axis, family) for level, axis in enumerate(fine) if axis.many
        }
        self.axes = [
            axis._replace(values=(*axis.values, *self.kinds.get(level, ())))
            for level, axis in enumerate(fine)
        ]
        self.firsts = FirstCheckpoints(engine.rulebase, self.task, family, self.axes)
        choices = [[(place,) for place in range(len(axis.values))] for axis in self.axes]
        self.store = Diagram(choices)
        levels = {}
        for level, (coarse, axis) in enumerate(zip(diagram.axes, fine, strict=True)):
            places = [coarse.places(value.answer)[0] for value in axis.values]
            levels[level] = level, places + [0] * len(self.kinds.get(level, ()))
        answer = self.store.read(
            diagram,
            diagram.root,
            lambda leaf: leaf.checkpoint if leaf.source == family else None,
            levels,
        )
        own = {level: choices[level][: len(fine[level].values)] for level in self.kinds}
        self.answer = self.store.within(answer, own)
        """Which checkpoint of the family is the answer; no label where none is, nor for kinds."""

    def _kinds(self, axis: Axis, family: str) -> list[AxisValue]:
        """Return the kinds that options of a question cover, one of those nothing tells apart."""
        rulebase = self.engine.rulebase
        rivals = [rival for rival in rulebase.catalogue(family) if rival.offered]
        poor = [set(rival.languages_poor or ()) for rival in rivals]
        order = str(rulebase.order(self.task))
        alike: dict[Hashable, AxisValue] = {}
        for option in rulebase.question(axis.question).options:
            fields = [[getattr(rival, field) for field in option.requires] for rival in rivals]
            named = [
                {kind for kinds in listed if isinstance(kinds, list) for kind in kinds}
                for listed in fields
            ]
            for kind in option.covers:
                membership = tuple([kind in some for some in (*named, *poor)])
                key = option.id, membership, repr(kind) in order and kind
                alike.setdefault(key, AxisValue((option.id,), (kind,)))
        return [*alike.values()]

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
