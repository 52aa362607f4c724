"""Rules and impossibilities that follow from declarations: closed worlds, fits, implied answers."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.model import (
    NOT_APPLICABLE,
    TASK,
    Declaration,
    Family,
    Fit,
    Never,
    Question,
    Rule,
    Task,
)

EFFECT_OF_FIT = {"best": "prefer", "possible": "avoid", "helper": "exclude"}
"""`good` is neutral: neither a reason for nor against."""

Verdict = tuple[str, str, str, str, Declaration | Fit, str]
"""Question and option, the word for the id of a rule, its effect, why, and what it comes from."""


def derived_rules(
    families: list[Family],
    questions: list[Question],
    tasks: list[Task],
    declarations: str,
    fits: str,
) -> list[Rule]:
    """Return the rules that follow from what each family takes, gives and does.

    `declarations` and `fits` are the criteria that such rules judge by.
    """
    return [
        Rule(
            id=f"{family.id}-{word}-{option}",
            criterion=declarations if effect == "exclude" else fits,
            when={question: [option]},
            effect=effect,
            candidates=[family.id],
            because=reason.because,
            sources=reason.sources,
            derived=derived,
        )
        for family in families
        for verdicts in (_undeclared(family, questions), _fits(family, tasks))
        for question, option, word, effect, reason, derived in verdicts
    ]


def _undeclared(family: Family, questions: list[Question]) -> Iterator[Verdict]:
    for question in questions:
        if kind := question.declared_by:
            declared = family.takes if kind == "takes" else family.gives
            for option in question.options:
                if option.id not in declared:
                    reason = _why_not(family, kind, option.id)
                    yield question.id, option.id, f"{kind}-no", "exclude", reason, kind


def _fits(family: Family, tasks: list[Task]) -> Iterator[Verdict]:
    for task in tasks:
        fit = family.tasks.get(task.id)
        if fit is None:
            reason = _why_not(family, "does", task.id)
            yield TASK, task.id, "cannot", "exclude", reason, "tasks"
        elif effect := EFFECT_OF_FIT.get(fit.fit):
            yield TASK, task.id, fit.fit, effect, fit, "tasks"


def _why_not(family: Family, verb: str, id: str) -> Declaration:
    """Return why a family cannot; in a closed world, that nothing says it can."""
    silence = Declaration(f"The rule base does not say that {family.name} {verb} `{id}`.", [])
    return family.cannot.get(id, silence)


def declared_by(rule: Rule) -> tuple[str, str]:
    """Return the part of a family that a derived rule comes from, and the key in it."""
    ((option,),) = rule.when.values()
    fit = rule.derived == "tasks" and rule.id != f"{rule.candidates[0]}-cannot-{option}"
    return ("tasks" if fit else "cannot"), option


def derived_never(questions: list[Question], tasks: list[Task]) -> Iterator[Never]:
    """Yield the combinations that implied answers and `ask_if` rule out.

    Tasks that imply the same answer to a question share one combination.
    """
    options = {
        question.id: [option.id for option in question.options]
        + ([NOT_APPLICABLE] if question.ask_if else [])
        for question in questions
    }
    for id, listed in options.items():
        groups: dict[tuple[str, ...], list[str]] = {}
        for task in tasks:
            if id in task.implies:
                groups.setdefault(tuple(task.implies[id]), []).append(task.id)
        for implied, of_tasks in groups.items():
            if others := [option for option in listed if option not in implied]:
                because = f"these tasks imply {id}: {' or '.join(implied)}"
                name = f"implied-{id}-{'-or-'.join(implied)}"
                yield Never(name, {TASK: of_tasks, id: others}, because, "implied")
    for question in questions:
        id = question.id
        real = [option.id for option in question.options]
        for other, holds in question.ask_if.items():
            fails = [option for option in options[other] if option not in holds]
            because = f"`{id}` makes sense only with {other}: {' or '.join(holds)}"
            yield Never(f"{id}-without-{other}", {other: fails, id: real}, because, "ask-if")
        if question.ask_if:
            applies = {**question.ask_if, id: [NOT_APPLICABLE]}
            yield Never(f"{id}-not-applicable", applies, f"`{id}` applies here", "ask-if")
