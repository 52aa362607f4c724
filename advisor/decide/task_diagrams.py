"""The decision diagram of each task: the family and its first checkpoint for all answers.

It is built from the rule base alone: from the order of families, and from the checkpoint that comes
first in each (`first_checkpoints`). Diagrams are built when a wheel is, and kept beside the
compiled rules for a checkout, for overlays and for other priorities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from advisor.decide.first_checkpoints import First, FirstCheckpoints
from advisor.decide.memory import LEAST_GB, memory_gb, training_memory
from advisor.decide.selection import ORDERS
from advisor.engine.decision import Engine
from advisor.engine.diagram import EMPTY, Diagram
from advisor.engine.profile import Answer, Profile
from advisor.engine.space import Space
from advisor.engine.task_diagram import (
    COMPOSED,
    NOTHING,
    PICKED,
    UNSAID,
    UNTIMELY,
    Axis,
    Leaf,
    TaskDiagram,
    axis_of,
)
from advisor.model import NONE, TASK
from advisor.rulebase.base import RuleBase


def build(
    engine: Engine,
    task: str,
    within: Profile | None = None,
    *,
    order: str = ORDERS[0],
    verified_only: bool = False,
) -> TaskDiagram:
    """Return the diagram of a task under an engine's rules and priority.

    `within` are answers for which a diagram has no value, such as two languages at once: each is
    the only value of its question.
    """
    within = dict(within or {})
    space = engine.space({TASK: Answer((task,), None, "flag"), **within})
    axes = axes_of(engine, task, space, within)
    store = Diagram([[(place,) for place in range(len(axis.values))] for axis in axes])
    firsts = [
        store.read(first, first.root, lambda label: label, first.levels_in(axes))
        for first in _firsts(engine, task, space, within, order, verified_only=verified_only)
    ]
    training = [
        (level, place)
        for level, axis in enumerate(axes)
        for place, value in enumerate(axis.values)
        for option in engine.rulebase.question(axis.question).options
        if (option.id,) == value.options and "fine-tune" in option.uses
    ]
    made = TaskDiagram(task, axes, training)
    made.root = _Join(engine, space, store, made).node(space.root, tuple(firsts))
    return coarser(made)


def _firsts(
    engine: Engine, task: str, space: Space, within: Profile, order: str, *, verified_only: bool
) -> list[TaskDiagram]:
    """Return for each family the diagram of its first checkpoints, over what they depend on.

    It is kept with the rules. Under overlays that change nothing of it, that of the base rules is
    used.
    """
    rulebase = engine.rulebase
    base = rulebase.base() if rulebase.base else None
    name = f"firsts/{order}{'-verified' * verified_only}/{task}"
    own, before = _kept_tables(rulebase, name), _kept_tables(base, name)
    tables, firsts = {}, []
    for family in engine.encoding.families:
        axes = axes_of(engine, task, space, within, family)
        for table in filter(None, (own.get(family), before.get(family))):
            made = TaskDiagram.from_json(table, First)
            if made.axes == tuple(axes) and (
                family in own or (base and _alike(rulebase, base, made, family))
            ):
                break
        else:
            made = TaskDiagram(task, axes)
            how: Any = {"order": order, "verified_only": verified_only}
            made.root = FirstCheckpoints(rulebase, task, family, axes, **how).build(made)
            table = made.to_json()
        tables[family] = table
        firsts.append(made)
    if rulebase.shelf and not within and tables != own:
        rulebase.shelf.keep(name, {"families": tables})
    return firsts


def _kept_tables(rulebase: RuleBase | None, name: str) -> dict[str, Any]:
    """Return the kept diagrams (JSON) of families under a name; empty if there are none."""
    part = rulebase and rulebase.shelf and rulebase.shelf.read(name)
    return part["families"] if part else {}


def _alike(rulebase: RuleBase, base: RuleBase, first: TaskDiagram, family: str) -> bool:
    """True if all that the first checkpoints of a family depend on is the same in other rules."""

    def bearing(rules: RuleBase) -> Iterator[Any]:
        yield rules.part(f"catalogue/{family}")
        yield rules.order(first.task)
        yield rules.task(first.task)
        yield rules.family(family).composable
        for question in (rules.question(axis.question) for axis in first.axes):
            yield question.steps
            yield [o._replace(label="", aliases=(), word=None) for o in question.options]
        ids = {checkpoint.id for checkpoint in rules.catalogue(family)}
        yield [rule for rule in rules.aiming if ids.intersection(rule.candidates)]

    return all(one == other for one, other in zip(bearing(rulebase), bearing(base), strict=True))


def axes_of(
    engine: Engine, task: str, space: Space, within: Profile, family: str | None = None
) -> list[Axis]:
    """Return the questions that matter for a task, with their values, in declared order.

    With a family, those that matter for its first checkpoint.
    """
    rulebase, index = engine.rulebase, engine.encoding.index
    offered = [
        checkpoint
        for checkpoint in rulebase.checkpoints.values()
        if task in (*checkpoint.tasks, *checkpoint.fine_tune)
        if family in (None, checkpoint.family)
    ]
    ids = {checkpoint.id for checkpoint in offered}
    aimed = [rule for rule in rulebase.aiming if ids & set(rule.candidates)]
    consulted = {id for rule in aimed for id in rule.when} | {
        question.id
        for question in rulebase.questions
        if question.steps
        or any(o.uses or o.order or o.requires or o.step or o.keeps for o in question.options)
    }
    support = () if family else space.support(space.root)
    possible = space.reachable(space.root).choices
    axes = []
    for question in rulebase.questions:
        if question.id == TASK or not (question.id in consulted or index[question.id] in support):
            continue
        axis = axis_of(
            question,
            cuts=sizes(engine, task, family) if question.requires("memory_gb") else (),
            kinds=not question.many,
            open_=question.id in rulebase.left_open,
            only=within.get(question.id),
        )
        options = {
            engine.options(index[question.id], choice) for choice in possible[index[question.id]]
        }
        admissible = [v for v in axis.values if v == UNSAID or v.options in options]
        axes.append(axis._replace(values=tuple(admissible)))
    return axes


def sizes(engine: Engine, task: str, family: str | None = None) -> set[float]:
    """Return each memory in GB from which a form fits to run or train by LoRA (of a family)."""
    rulebase = engine.rulebase
    thresholds: set[float | None] = {LEAST_GB}
    for form in rulebase.forms_of(family) if family else rulebase.forms.values():
        if form.offered and task in form.tasks:
            thresholds.add(memory_gb(form, rulebase.task(task)))
        if form.offered and task in form.fine_tune:
            trained = training_memory(form)
            thresholds.add(trained and trained.lora_gb)
    return {size for size in thresholds if size is not None}


class _Join:
    """Joins the families of a space with the first checkpoints of each, in the diagram `made`."""

    def __init__(self, engine: Engine, space: Space, firsts: Diagram, made: TaskDiagram) -> None:
        self.engine, self.space, self.firsts, self.made = engine, space, firsts, made
        encoding = engine.encoding
        self.levels = [encoding.index[axis.question] for axis in made.axes]
        self.places = [
            [
                -1  # what nobody said
                if value == UNSAID
                else space.choices[question].index(
                    tuple(sorted(encoding.option_index[question][o] for o in value.options))
                )
                for value in axis.values
            ]
            for question, axis in zip(self.levels, made.axes, strict=True)
        ]
        self._of_question = {question: level for level, question in enumerate(self.levels)}
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}
        self._ends: dict[int, dict[tuple[int, ...], int]] = {}
        self._order = cache(engine.ranking.order)

    def node(self, start: int, firsts: tuple[int, ...]) -> int:
        """Return the node that joins a node of the space with one of each family's diagram."""
        if start == EMPTY:
            return EMPTY
        key = start, firsts
        if key in self._known:
            return self._known[key]
        if start in self.space.label:
            outcome = self.space.label[start]
            joined = self._ranked(outcome, self._reachable(outcome, firsts))
        else:
            level = min(
                self._of_question[self.space.level[start]],
                *map(self.firsts.level.__getitem__, firsts),
            )
            after = self.space.cofactors(start, self.levels[level])
            columns = zip(*[self.firsts.cofactors(first, level) for first in firsts], strict=True)
            first = next((node for node in after if node != EMPTY), EMPTY)
            children = [
                self.node(after[place] if place >= 0 else first, column)
                for place, column in zip(self.places[level], columns, strict=True)
            ]
            joined = self.made.node(level, tuple(children))
        self._known[key] = joined
        return joined

    def _ranked(self, outcome: int, firsts: tuple[int, ...]) -> int:
        """Return the node for families whose order is fixed, by their nodes, best first."""
        ends = self._ends.setdefault(outcome, {})
        if firsts not in ends:
            level = min(map(self.firsts.level.__getitem__, firsts))
            if level == self.made.bottom:
                ends[firsts] = self.made.terminal(self._leaf(outcome, firsts))
            else:
                columns = [self.firsts.cofactors(first, level) for first in firsts]
                children = [
                    ends[column] if column in ends else self._ranked(outcome, column)
                    for column in zip(*columns, strict=True)
                ]
                ends[firsts] = self.made.node(level, tuple(children))
        return ends[firsts]

    def _reachable(self, outcome: int, firsts: Sequence[int]) -> tuple[int, ...]:
        """Return nodes of families in rank order, up to the first that always has a pick."""
        relevant = []
        for family in self._order(outcome):
            relevant.append(firsts[family])
            if all(label.kind == PICKED for label in self.firsts.labels(firsts[family])):
                break
        return tuple(relevant) or (self.firsts.terminal(First(NOTHING)),)

    def _leaf(self, outcome: int, firsts: Sequence[int]) -> Leaf:
        families = [self.engine.encoding.families[family] for family in self._order(outcome)]
        if not families:
            return Leaf(NOTHING, NONE)
        labels = [self.firsts.label[first] for first in firsts]
        for kind in (PICKED, UNTIMELY) if labels[0].kind != COMPOSED else ():
            for family, first in zip(families, labels, strict=False):
                if first.kind == kind:
                    return Leaf(PICKED, families[0], first.checkpoint, first.use, family)
        return Leaf(labels[0].kind, families[0])


def coarser(made: TaskDiagram) -> TaskDiagram:
    """Return a diagram with intervals of numbers merged if no answer tells them apart."""
    below = {made.root}
    ahead = [made.root]
    while ahead:
        for child in made.children[ahead.pop()]:
            if child not in below:
                below.add(child)
                ahead.append(child)
    levels: dict[int, tuple[int, Sequence[int]]] = {}
    axes = []
    for level, axis in enumerate(made.axes):
        of_level = [made.children[node] for node in below if made.level[node] == level]
        places = [  # of the values that are no interval like the one before
            place
            for place, value in enumerate(axis.values)
            if value.least is None
            or place == 0
            or axis.values[place - 1].least is None
            or axis.values[place - 1].options != value.options
            or any(of_node[place] != of_node[place - 1] for of_node in of_level)
        ]
        levels[level] = level, places
        values = []
        for place, end in pairwise([*places, len(axis.values)]):
            value = axis.values[place]  # stands for all up to the next one that is told apart
            if value.least is not None:
                least = [other.least for other in axis.values[place:end] if other.least is not None]
                value = value._replace(least=least[-1])
            values.append(value)
        axes.append(axis._replace(values=tuple(values)))
    other = TaskDiagram(made.task, axes, made.training)
    other.root = other.read(made, made.root, lambda leaf: leaf, levels)
    return other
