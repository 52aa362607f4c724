"""Which offered checkpoints come first in no profile, and what stands before them.

All complete profiles are looked at, in each order: at every size where an answer changes, with
every kind that an option covers, and in every single language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from advisor.audit.claim import NOT_PROVED, Claim, conclude, defect
from advisor.audit.context import NotProvedError, ProofContext
from advisor.audit.endings import diagram_of, possible_tasks
from advisor.decide.first_checkpoints import FirstCheckpoints
from advisor.decide.outlook import diagram_for
from advisor.decide.selection import ORDERS
from advisor.decide.task_diagrams import axes_of
from advisor.engine.diagram import Diagram
from advisor.engine.profile import Answer
from advisor.engine.task_diagram import PICKED, Axis, AxisValue
from advisor.model import TASK, Checkpoint, Option

WHY_NOT = (
    "`{family}` wins none of its tasks",
    "it never meets what is asked where `{family}` has a checkpoint",
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
    try:
        behind = tuple([search.standing(one) for one in search.behind()])
    except NotProvedError as reason:
        return Claim("checkpoints", NOT_PROVED, f"which checkpoints come first: {reason}"), ()
    defects = [
        defect(
            context,
            "idle-checkpoint",
            one.checkpoint.id,
            why=WHY_NOT[bool(search.tasks(one.checkpoint))].format(family=one.checkpoint.family),
        )
        for one in behind
        if not one.cases
    ]
    text = (
        f"{len(search.offered) - len(behind)} of {len(search.offered)} checkpoints come first in "
        f"some profile, at every size, in each language and order; {len(behind) - len(defects)} "
        "only behind others"
    )
    return conclude("checkpoints", text, defects), behind


class _Search:
    """Looks for profiles in which checkpoints come first, or are offered behind others."""

    def __init__(self, context: ProofContext) -> None:
        self.context, self.rulebase = context, context.rulebase
        self.offered = [one for one in self.rulebase.checkpoints.values() if one.offered]
        self._axes: dict[str, list[Axis]] = {}

    @cached_property
    def answering(self) -> dict[str, set[str]]:
        """For each task the families that have its checkpoint in some profile."""
        return {
            task: {leaf.source for leaf in diagram_of(self.context, task).ends()} - {""}
            for task in possible_tasks(self.context)
        }

    def tasks(self, checkpoint: Checkpoint) -> list[str]:
        """Return the tasks of a checkpoint for which its family has a checkpoint somewhere."""
        tasks = dict.fromkeys([*checkpoint.tasks, *checkpoint.fine_tune])
        return [task for task in tasks if checkpoint.family in self.answering.get(task, ())]

    def axes(self, task: str) -> list[Axis]:
        """Return the questions of a task, every size at which a checkpoint fits told apart."""
        if task not in self._axes:
            space = self.context.engine.space({TASK: Answer((task,), None, "flag")})
            self._axes[task] = axes_of(self.context.engine, task, space, {})
        return self._axes[task]

    def behind(self) -> list[Checkpoint]:
        """Return the checkpoints that come first in no profile."""
        first = {
            leaf.checkpoint
            for order in ORDERS
            for task in self.answering
            for leaf in diagram_of(self.context, task, order).ends()
        }
        left = [one for one in self.offered if one.id not in first]
        found = self._first_for_a_kind(left)
        return [one for one in left if one.id not in found]

    # -- kinds without a value of their own ----------------------------------------------------

    def _first_for_a_kind(self, left: Collection[Checkpoint]) -> set[str]:
        """Return those of some checkpoints that come first for a kind which no diagram tells apart.

        These are kinds that an option of a question with `many` covers: languages without an option
        of their own. A diagram is made for one only where a family's own order has a checkpoint of
        those first.
        """
        groups: dict[tuple[str, str], list[Checkpoint]] = {}
        for one in left:
            for task in self.tasks(one):
                groups.setdefault((task, one.family), []).append(one)
        found: set[str] = set()
        for question in self.rulebase.questions:
            for option in question.options if question.many else ():
                for (task, family), group in groups.items():
                    self.context.budget.check()
                    values = self._values(option, task, family, group)
                    for order, kind, id in self._own_order(question.id, values, task, family):
                        if id not in found and any(one.id == id for one in group):
                            given = {question.id: Answer(kind.options, None, "flag", kind.named)}
                            diagram = diagram_for(self.context.engine, task, given, order=order)
                            found |= {leaf.checkpoint for leaf in diagram.ends()}
        return found

    def _values(
        self, option: Option, task: str, family: str, group: Collection[Checkpoint]
    ) -> list[AxisValue]:
        """Return the kinds that some checkpoints name, one of those that nothing tells apart."""
        named = {kind for one in group for kind in _kinds(one, option)}
        rivals = [one for one in self.rulebase.catalogue(family) if one.offered]
        order = str(self.rulebase.order(task))
        alike: dict[Hashable, str] = {}
        for kind in option.covers:
            if kind in named:
                knowing = tuple(kind in _kinds(one, option) for one in rivals)
                poor = tuple(kind in (one.languages_poor or ()) for one in rivals)
                alike.setdefault((knowing, poor, repr(kind) in order and kind), kind)
        return [AxisValue((option.id,), (kind,)) for kind in alike.values()]

    def _own_order(
        self, question: str, values: Sequence[AxisValue], task: str, family: str
    ) -> Iterator[tuple[str, AxisValue, str]]:
        """Yield what comes first in a family: in which order, for which value, and its id."""
        axes = self.axes(task)
        places = [level for level, axis in enumerate(axes) if axis.question == question]
        if not values or not places:
            return
        (level,) = places
        axes = [*axes[:level], axes[level]._replace(values=tuple(values)), *axes[level + 1 :]]
        firsts = FirstCheckpoints(self.rulebase, task, family, axes)
        for order in ORDERS:
            firsts.order = order
            store = Diagram([[(place,) for place in range(len(axis.values))] for axis in axes])
            root = firsts.build(store)
            for place, value in enumerate(values):
                for first in store.reachable(root, {level: [(place,)]}).labels:
                    yield order, value, first.checkpoint

    # -- what stands before --------------------------------------------------------------------

    def standing(self, checkpoint: Checkpoint) -> NeverFirst:
        """Return in how many cases a checkpoint is offered, and what comes first in most."""
        before: Counter[str] = Counter()
        for task in self.tasks(checkpoint):
            self.context.budget.check()
            before.update(self.before(checkpoint, task))
        id, by = max(before.items(), key=lambda one: one[1], default=("", 0))
        return NeverFirst(checkpoint, before.total(), id, by)

    def before(self, checkpoint: Checkpoint, task: str) -> dict[str, int]:
        """Return what comes first in the cases of a task in which a checkpoint is offered."""
        diagram, axes, family = diagram_of(self.context, task), self.axes(task), checkpoint.family
        store = Diagram([[(place,) for place in range(len(axis.values))] for axis in axes])
        levels = {
            level: (level, [coarse.places(value.answer)[0] for value in fine.values])
            for level, (coarse, fine) in enumerate(zip(diagram.axes, axes, strict=True))
        }
        first = store.read(
            diagram,
            diagram.root,
            lambda leaf: leaf.checkpoint if leaf.source == family else None,
            levels,
        )
        alone = FirstCheckpoints(self.rulebase, task, family, axes, among=(checkpoint.id,))
        offered = store.relabel(
            alone.build(store), lambda found: True if found.kind == PICKED else None
        )
        return store.counts(
            store.combine(first, offered, lambda first, offered: first if offered else None)
        )


def _kinds(checkpoint: Checkpoint, option: Option) -> set[str]:
    """Return the kinds that a checkpoint names in the fields that an option asks about."""
    listed = (getattr(checkpoint, field) for field in option.requires)
    return {kind for kinds in listed if isinstance(kinds, list) for kind in kinds}
