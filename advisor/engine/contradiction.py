"""Why some answers cannot all be true, told in the fewest of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from advisor.engine.profile import Profile, answer_text, flag_text
from advisor.errors import ContradictionError
from advisor.model import TASK, Never
from advisor.rulebase.base import RuleBase


def contradiction(
    profile: Profile, rulebase: RuleBase, admits: Callable[[Profile], bool]
) -> ContradictionError:
    """Return the error for a profile that cannot be, naming the fewest answers that clash.

    `admits` says whether answers can all be true.
    """
    if not profile:
        return ContradictionError(
            "the rule base rejects every combination of answers", hint="advisor rules check"
        )
    clash = dict(profile)
    for id in profile:
        rest = {key: answer for key, answer in clash.items() if key != id}
        if not admits(rest):
            clash = rest
    texts = [f"`{answer_text(rulebase, id, *answer.names)}`" for id, answer in clash.items()]
    together = " and ".join(texts) if len(texts) <= 2 else ", ".join(texts)
    message = (
        f"{together} contradict each other" if len(texts) > 1 else f"{together} is not possible"
    )
    why = _why(clash, rulebase.never)
    return ContradictionError(
        f"{message}{f': {why}' if why else ''}",
        hint=f"{_drop(profile, clash, rulebase, admits)}{_neighbours(clash, rulebase)}",
    )


def _drop(
    profile: Profile, clash: Profile, rulebase: RuleBase, admits: Callable[[Profile], bool]
) -> str:
    """Return which answer to drop: one without which the rest can be true, the task last."""
    if len(clash) == 1:
        return f"leave out {rulebase.question(next(iter(clash))).typed}"
    order = [*[id for id in reversed(clash) if id != TASK], *[id for id in clash if id == TASK]]
    enough = (id for id in order if admits({k: a for k, a in profile.items() if k != id}))
    id = next(enough, order[0])
    flags = " ".join(flag_text(rulebase, id, name) for name in clash[id].names)
    others = " or ".join(rulebase.question(other).typed for other in clash if other != id)
    return f"drop `{flags}`, or change {others}"


def _neighbours(clash: Profile, rulebase: RuleBase) -> str:
    """Return which tasks that do the like go with the other answer, where a task clashes."""
    if TASK not in clash or len(clash) != 2:
        return ""
    tasks = {task.id: task for task in rulebase.tasks}
    (id,) = set(clash) - {TASK}
    options = clash[id].options
    given = next((q.id for q in rulebase.questions if q.declared_by == "gives"), "")
    gives = [tasks[name].implies.get(given) for name in clash[TASK].options]
    near = [
        task.id
        for task in rulebase.tasks
        if task.implies.get(given) in gives and set(options) & set(task.implies.get(id, ()))
    ]
    return f". `{id}: {' or '.join(options)}` works with task {' or '.join(near)}" if near else ""


def _why(clash: Profile, never: Sequence[Never]) -> str | None:
    """Return why answers clash: one combination that holds two of them, or two that meet."""
    chosen = {id: set(answer.options) for id, answer in clash.items()}
    touched = [
        (rule, ids)
        for rule in never
        if (ids := {id for id in chosen if id in rule.when and chosen[id] <= set(rule.when[id])})
    ]
    for rule, ids in touched:
        if len(ids) >= min(2, len(clash)):
            return rule.because
    for rule, ids in touched:
        for other, others in touched:
            if ids != others and set(rule.when) & set(other.when) - set(clash):
                return f"{rule.because}, and {other.because}"
    return None
