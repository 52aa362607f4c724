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

from advisor.decide.first_checkpoints import FirstCheckpoints
from advisor.decide.memory import LEAST_GB, memory_gb, training_memory
from advisor.decide.selection import USUAL, Picking
from advisor.engine.decision import Engine
from advisor.engine.diagram import EMPTY
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
    engine: Engine, task: str, within: Profile | None = None, picking: Picking = USUAL
) -> TaskDiagram:
    """Return the diagram of a task under an engine's rules and priority.

    `within` are answers for which a diagram has no value, such as two languages at once: each is
    the only value of its question.
    """
    within = dict(within or {})
    space = engine.space({TASK: Answer((task,), None, "flag"), **within})
    axes = axes_of(engine, task, space, within)
    training = [
        (level, place)
        for level, axis in enumerate(axes)
        for place, value in enumerate(axis.values)
        for option in engine.rulebase.question(axis.question).options
        if (option.id,) == value.options and "fine-tune" in option.uses
    ]
    made = TaskDiagram(task, axes, training)
    firsts = [
        made.read(first, first.root, lambda leaf: leaf, first.columns_in(axes))
        for first in _firsts(engine, task, space, within, picking)
    ]
    made.root = _joined(engine, space, made, firsts)
    return coarser(made)


def _firsts(
    engine: Engine, task: str, space: Space, within: Profile, picking: Picking
) -> list[TaskDiagram]:
    """Return for each family the diagram of its first checkpoints, over what they depend on.

    It is kept with the rules. Under overlays that change nothing of it, that of the base rules is
    used.
    """
    rulebase = engine.rulebase
    base = rulebase.base() if rulebase.base else None
    name = f"firsts/{picking.name}/{task}"
    own, before = _kept_tables(rulebase, name), _kept_tables(base, name)
    tables, firsts = {}, []
    for family in engine.encoding.families:
        axes = axes_of(engine, task, space, within, family)
        for table in filter(None, (own.get(family), before.get(family))):
            made = TaskDiagram.from_json(table)
            if made.axes == tuple(axes) and (
                family in own or (base and _alike(rulebase, base, made, family))
            ):
                break
        else:
            made = TaskDiagram(task, axes)
            made.root = FirstCheckpoints(rulebase, task, family, axes, picking).build(made)
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


def _joined(engine: Engine, space: Space, made: TaskDiagram, firsts: Sequence[int]) -> int:
    """Return the node of `made` that joins the families of a space with the leaves of each.

    `firsts` are the nodes for each family: its first checkpoint, whatever the other families are.
    """
    encoding = engine.encoding
    questions = [encoding.index[axis.question] for axis in made.axes]
    levels = {question: level for level, question in enumerate(questions)}
    places = [
        [
            -1  # what nobody said
            if value == UNSAID
            else space.choices[question].index(
                tuple(sorted(encoding.option_index[question][o] for o in value.options))
            )
            for value in axis.values
        ]
        for question, axis in zip(questions, made.axes, strict=True)
    ]

    @cache
    def ranked(nodes: tuple[int, ...]) -> int:
        """Return the node for families whose order is fixed, by their nodes, best first."""
        level = min(map(made.level.__getitem__, nodes))
        if level == made.bottom:
            return made.terminal(_answer([made.label[node] for node in nodes]))
        columns = zip(*[made.cofactors(node, level) for node in nodes], strict=True)
        return made.node(level, tuple(map(ranked, columns)))

    @cache
    def relevant(outcome: int, nodes: tuple[int, ...]) -> tuple[int, ...]:
        """Return the nodes of families in rank order, up to the first that always has a pick."""
        ahead = []
        for family in engine.ranking.order(outcome):
            ahead.append(nodes[family])
            if all(leaf.kind == PICKED for leaf in made.labels(nodes[family])):
                break
        return tuple(ahead) or (made.terminal(Leaf(NOTHING, NONE)),)

    @cache
    def walk(start: int, nodes: tuple[int, ...]) -> int:
        """Return the node that joins a node of the space with one of each family."""
        if start == EMPTY:
            return EMPTY
        if start in space.label:
            return ranked(relevant(space.label[start], nodes))
        level = min(levels[space.level[start]], *map(made.level.__getitem__, nodes))
        after = space.cofactors(start, questions[level])
        columns = zip(*[made.cofactors(node, level) for node in nodes], strict=True)
        usual = next((node for node in after if node != EMPTY), EMPTY)
        children = [
            walk(after[place] if place >= 0 else usual, column)
            for place, column in zip(places[level], columns, strict=True)
        ]
        return made.node(level, tuple(children))

    return walk(space.root, tuple(firsts))


def _answer(leaves: Sequence[Leaf]) -> Leaf:
    """Return the leaf for families in rank order: the first that has a checkpoint, best in time."""
    own = leaves[0]
    for kind in (PICKED, UNTIMELY) if own.kind != COMPOSED else ():
        for leaf in leaves:
            if leaf.kind == kind:
                return leaf._replace(kind=PICKED, family=own.family)
    return own


def coarser(made: TaskDiagram) -> TaskDiagram:
    """Return a diagram with intervals of numbers merged if no answer tells them apart."""
    below = made.below(made.root)
    axes, columns = [], []
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
        columns.append((level, places))
        values = [  # each stands for all up to the next one that is told apart
            axis.values[place]._replace(least=axis.values[end - 1].least)
            for place, end in pairwise([*places, len(axis.values)])
        ]
        axes.append(axis._replace(values=tuple(values)))
    other = TaskDiagram(made.task, axes, made.training)
    other.root = other.read(made, made.root, lambda leaf: leaf, columns)
    return other
