"""What the script of the page walks: the decision diagram of each task, and texts by id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor.decide.command_lines import quoted, rules_flags
from advisor.decide.first_checkpoints import FirstCheckpoints
from advisor.decide.memory import memory_gb
from advisor.decide.outlook import diagram_for
from advisor.decide.task_diagrams import axes_of, coarser
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer
from advisor.engine.task_diagram import TaskDiagram
from advisor.foreign import visible
from advisor.model import TASK, Checkpoint, Detour, Elsewhere, Question, Rule, Task
from advisor.rulebase.base import RuleBase


def page_tables(engine: Engine) -> dict[str, Any]:
    """Return all that the script knows, as JSON can hold it.

    Answers there are those of `recommend` under the engine's rules and priority.
    """
    rulebase = engine.rulebase
    diagrams = {task.id: diagram_for(engine, task.id, {}) for task in rulebase.tasks}
    ids = {axis.question for diagram in diagrams.values() for axis in diagram.axes}
    rules = [rule for rule in rulebase.rules if rule.candidates]
    first = [f"--priority {','.join(map(quoted, engine.priority))}"] if engine.priority else []
    cited = {source for rule in rules for source in rule.sources}
    return {
        "tasks": {
            task.id: {
                **task_table(task, diagrams[task.id]),
                "moot": [*_moot(rulebase, task)],
                "following": following(engine, diagrams[task.id]),
            }
            for task in rulebase.tasks
        },
        "questions": {q.id: _question(q) for q in rulebase.questions if q.id in ids},
        "families": {family.id: family.shown for family in rulebase.families},
        "briefs": {id: _brief(checkpoint) for id, checkpoint in rulebase.forms.items()},
        "rules": [
            [_when(rule), rule.effect, list(rule.candidates), rule.because, list(rule.sources)]
            for rule in rules
        ],
        "sources": {
            id: [rulebase.sources[id].title, rulebase.sources[id].url] for id in sorted(cited)
        },
        "detours": [[_when(detour), *_instead(detour)] for detour in rulebase.detours],
        "elsewhere": {task: _instead(other) for task, other in rulebase.elsewhere.items()},
        "flags": " ".join([*first, *map(visible, rules_flags(rulebase.folders))]),
    }


def task_table(task: Task, diagram: TaskDiagram) -> dict[str, Any]:
    """Return the table of a task, and the answers that mean another there.

    A value is its options, the kinds that they cover, its least number, and what is typed for it.
    """
    table = diagram.to_json()
    table["questions"] = [
        [
            axis.question,
            [
                [
                    value.options,
                    value.named,
                    value.least,
                    axis.typed(place) if value.options else "",
                ]
                for place, value in enumerate(axis.values)
            ],
        ]
        for axis in diagram.axes
    ]
    return {
        "reads": [[dict(read.given), dict(read.means)] for read in task.rewrites],
        **{name: table[name] for name in ("questions", "training", "leaves", "nodes")},
    }


def _moot(rulebase: RuleBase, task: Task) -> Iterator[list[Any]]:
    """Yield a question whose answer is left out, unless another has one of some options.

    The last is what the task implies for the other question.
    """
    for question in rulebase.questions:
        for other, options in question.ask_if.items() if question.moot else ():
            yield [question.id, other, list(options), list(task.implies.get(other, ()))]


def _question(question: Question) -> dict[str, Any]:
    """Return a question with the labels of what may be answered, and its other names."""
    called = {
        name: option.called(name)
        for option in question.options
        for name in (option.id, *option.covers)
    }
    aliases = {name: option.id for option in question.options for name in option.names}
    return {
        "ask": question.ask,
        "why": question.why,
        "flag": question.typed,
        "was": [question.id, *question.was],
        "words": {option.id: option.word for option in question.options if option.word},
        "unit": question.unit,
        "flag_only": question.flag_only,
        "called": called,
        "aliases": aliases,
    }


def _brief(checkpoint: Checkpoint) -> str:
    """Return what is said of a checkpoint that does not come first."""
    memory = memory_gb(checkpoint)
    size = f"about {memory:g} GB" if memory else "memory not verified"
    return f"{size}, {checkpoint.licence or 'license not verified'}"


def _when(conditional: Rule | Detour) -> dict[str, list[str]]:
    return {question: list(options) for question, options in conditional.when.items()}


def _instead(alternative: Elsewhere | Detour) -> list[Any]:
    return [alternative.task, alternative.because, list(alternative.checkpoints)]


SHOWN = 4
"""So many checkpoints the page names, with the first."""


def following(engine: Engine, diagram: TaskDiagram) -> dict[str, dict[str, Any]]:
    """Return for each family that may have the first checkpoint the table of those after it.

    Its levels and values are those of the task's `diagram`, but for `numbers`: intervals are cut
    where a later checkpoint is another one. A leaf is places in the catalog, the first one first.
    """
    rulebase, task, shelf, tables = engine.rulebase, diagram.task, engine.rulebase.shelf, {}
    number = {id: place for place, id in enumerate(rulebase.forms)}
    for family in sorted({leaf.source for leaf in diagram.ends()} - {""}):
        name = f"diagrams/{'-'.join((family, *engine.priority))}/{task}"
        table = shelf.read(name) if shelf else None
        if table is None:
            axes = axes_of(engine, task, engine.space({TASK: Answer((task,), None, "flag")}), {})
            made = TaskDiagram(task, axes)
            made.root = FirstCheckpoints(rulebase, task, family, axes).build(made, SHOWN)
            table = coarser(made).to_json()
            if shelf:
                shelf.keep(name, table)
        numbers = {
            str(level): values
            for level, (_, values, _) in enumerate(table["questions"])
            if any(least is not None for _, _, least in values)
        }
        leaves = [[number[id] for id in leaf] for leaf in table["leaves"]]
        tables[family] = {"numbers": numbers, "leaves": leaves, "nodes": table["nodes"]}
    return tables
