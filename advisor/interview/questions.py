"""A question of the interview as rows to choose from; tasks stand under what people say they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.console.menu import Row
from advisor.console.prompt import BACK, Asked, Prompt
from advisor.model import TASK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisor.interview.session import Ask
    from advisor.model import Option, Question
    from advisor.rulebase.base import RuleBase

GROUP = "group:"
ELSE = "else"
SOMETHING_ELSE = "something else"
FEW = 9
"""So many tasks are shown at once; more stand under what people do."""


def put(
    ask: Ask, rulebase: RuleBase, prompt: Prompt, extras: Sequence[Row], marked: str = ""
) -> str:
    """Put a question; return an option id, a number as text, or the value of an extra."""
    question = ask.question
    if question.id != TASK:
        return _put_options(ask, prompt, extras, marked)
    tasks = [_task_row(option, rulebase) for option in ask.options]
    groups = _groups(rulebase, tasks) if len(tasks) > FEW else {}
    if not groups:
        return prompt.choose(Asked(question.ask, (*tasks, *extras), marked=marked))
    of_group = {f"{GROUP}{row.value}": rows for row, rows in groups.items()}
    first = [row._replace(value=f"{GROUP}{row.value}") for row in groups]
    hidden = [row._replace(hidden=True) for row in tasks]
    where = next((v for v, rows in of_group.items() if marked in [r.value for r in rows]), "")
    while True:
        chosen = prompt.choose(Asked(question.ask, (*first, *hidden, *extras), marked=where))
        if chosen not in of_group:
            return chosen
        where = chosen
        back = Row(BACK, "go back", ("b",), extra=True)
        apart = (*(row for row in extras if row.value != BACK), back)
        chosen = prompt.choose(
            Asked(f"{question.ask[:-1]}, exactly?", (*of_group[where], *apart), marked=marked)
        )
        if chosen != BACK:
            return chosen


def _put_options(ask: Ask, prompt: Prompt, extras: Sequence[Row], marked: str) -> str:
    """Put the options of a question; what one of them covers is found by typing, or asked next."""
    question = ask.question
    rows = [Row(o.id, o.label, o.names) for o in ask.options]
    covered = {
        option.id: _covered(option, question.unit) for option in ask.options if option.covers
    }
    hidden = [row for of_option in covered.values() for row in of_option]
    shown = (*rows, *hidden, *extras)
    chosen = prompt.choose(Asked(question.ask, shown, question.unit, question.units, marked))
    if chosen not in covered:
        return chosen
    named = covered[chosen]
    if len(named) <= FEW:
        named = [row._replace(hidden=False) for row in named]
    if question.unit is None:
        named.append(Row(chosen, "another option, not in this list", ("none",)))
    return prompt.choose(Asked("Which one?", tuple(named), question.unit, question.units))


def _covered(option: Option, unit: str | None) -> list[Row]:
    """Return the things, or the parts of a band, that an option covers, for typing to find."""
    return [
        Row(name, names[0] if unit else option.called(name), (name, *names), hidden=True)
        for name, names in option.covers.items()
    ]


def label_of(question: Question, name: str) -> str:
    """Return an answer in words, for a person to see again."""
    for option in question.options:
        if name == option.id or name in option.covers:
            return option.called(name)
    return name


def _task_row(option: Option, rulebase: RuleBase) -> Row:
    task = rulebase.task(option.id)
    names = (task.id, *task.aliases, *task.words)
    return Row(task.id, f"{task.name}: {task.description}", names, task.description)


def _groups(rulebase: RuleBase, tasks: list[Row]) -> dict[Row, list[Row]]:
    """Return the groups that hold some of the tasks, with these; the rest is something else."""
    found = {
        Row(group.id, group.label, (group.id, *group.aliases)): [
            row for row in tasks if row.value in group.tasks
        ]
        for group in rulebase.groups
    }
    found = {group: rows for group, rows in found.items() if rows}
    grouped = {row.value for rows in found.values() for row in rows}
    rest = [row for row in tasks if row.value not in grouped]
    if found and rest:
        called = ", ".join(row.text.partition(":")[0].lower() for row in rest[:4])
        more = f" and {len(rest) - 4} more" if len(rest) > 4 else ""
        found[Row(ELSE, f"{SOMETHING_ELSE}: {called}{more}", ("else",))] = rest
    return found
