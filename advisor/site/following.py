"""Which checkpoints come after the first: for a task and a family, a table by all answers."""

from __future__ import annotations

from typing import Any

from advisor.decide.first_checkpoints import FirstCheckpoints
from advisor.decide.task_diagrams import axes_of, coarser
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer
from advisor.engine.task_diagram import TaskDiagram
from advisor.model import TASK

SHOWN = 4
"""So many checkpoints the page names, with the first."""


def following(engine: Engine, diagram: TaskDiagram) -> dict[str, dict[str, Any]]:
    """Return for each family that may have the first checkpoint the table of those after it.

    Its levels and values are those of the task's `diagram`, but for `numbers`: intervals are cut
    where a later checkpoint is another one. A leaf is places in the catalog, the first one first.
    """
    families = sorted({leaf.source for leaf in diagram.ends()} - {""})
    return {family: _of_family(engine, diagram.task, family) for family in families}


def _of_family(engine: Engine, task: str, family: str) -> dict[str, Any]:
    shelf = engine.rulebase.shelf
    name = f"diagrams/{'-'.join((family, *engine.priority))}/{task}"
    table = shelf.read(name) if shelf else None
    if table is None:
        table = _built(engine, task, family)
        if shelf:
            shelf.keep(name, table)
    numbers = {
        str(level): values
        for level, (_, values, _) in enumerate(table["questions"])
        if any(least is not None for _, _, least in values)
    }
    number = {id: place for place, id in enumerate(engine.rulebase.checkpoints)}
    leaves = [[number[id] for id in leaf] for leaf in table["leaves"]]
    return {"numbers": numbers, "leaves": leaves, "nodes": table["nodes"]}


def _built(engine: Engine, task: str, family: str) -> dict[str, Any]:
    axes = axes_of(engine, task, engine.space({TASK: Answer((task,), None, "flag")}), {})
    made = TaskDiagram(task, axes)
    made.root = FirstCheckpoints(engine.rulebase, task, family, axes).build(made, SHOWN)
    return coarser(made).to_json()
