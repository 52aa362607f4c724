"""The map of decisions as plain HTML, for readers without script: each task with its questions."""

from __future__ import annotations

from html import escape

from advisor.audit.decision_map import ANSWER, REST, Node, decision_map
from advisor.engine.profile import Answer
from advisor.errors import TooMuchOpenError
from advisor.model import TASK
from advisor.rulebase.base import RuleBase

EVERY_PATH = 1_000_000
MOST_ENDS = 500
"""So many ends a task may have here: longer lists than that nobody opens one by one."""


def plain_map(rulebase: RuleBase) -> str:
    """Return for each task which answers lead to which family, as lists that open and close."""
    return "\n".join(_task(rulebase, task.id) for task in rulebase.tasks)


def _task(rulebase: RuleBase, id: str) -> str:
    task = rulebase.task(id)
    given = {TASK: Answer((id,), None, "flag")}
    try:
        map = decision_map(rulebase, given, EVERY_PATH, MOST_ENDS)
        answers = f"<ul><li>{_node(map.root, rulebase)}</li></ul>"
    except TooMuchOpenError as error:
        answers = f"<p>{escape(error.message)}: <code>advisor ask --task {escape(id)}</code></p>"
    return (
        f"<details><summary>{escape(task.name)}</summary><p>{escape(task.description)}</p>"
        f"{answers}</details>"
    )


def _node(node: Node, rulebase: RuleBase) -> str:
    if node.kind == REST:
        return escape(node.text)
    if node.kind == ANSWER:
        known = rulebase.family_names
        name = known[node.family].shown if node.family in known else node.text
        again = f", next {escape(node.second[0])} ({escape(node.second[1])})" if node.second else ""
        return f"<b>{escape(name)}</b>{again}"
    arms = "".join(f"<li>{escape(arm.options)}: {_node(arm, rulebase)}</li>" for arm in node.arms)
    return f"{escape(node.text)}<ul>{arms}</ul>"
