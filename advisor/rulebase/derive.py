"""Rules and impossibilities that follow from declarations: closed worlds, fits, implied answers."""

from __future__ import annotations

from advisor.model import (
    NOT_APPLICABLE,
    TASK,
    Condition,
    Declaration,
    Family,
    Never,
    Question,
    Rule,
    Task,
)

EFFECT_OF_FIT = {"best": "prefer", "possible": "avoid", "helper": "exclude"}
"""`good` is neutral: neither a reason for nor against."""


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
    rules = []
    for family in families:
        for question in questions:
            if question.declared_by:
                rules += _undeclared(family, question, declarations)
        for task in tasks:
            rules += _fit(family, task, declarations, fits)
    return rules


def _undeclared(family: Family, question: Question, criterion: str) -> list[Rule]:
    kind = str(question.declared_by)
    declared = family.takes if kind == "takes" else family.gives
    rules = []
    for option in question.options:
        if option.id in declared:
            continue
        known = family.cannot.get(option.id)
        reason = known or Declaration(f"Nothing says that {family.name} {kind} `{option.id}`.", [])
        rules.append(
            Rule(
                id=f"{family.id}-{kind}-no-{option.id}",
                criterion=criterion,
                when={question.id: [option.id]},
                effect="exclude",
                candidates=[family.id],
                because=reason.because,
                sources=reason.sources,
                derived=kind,
            )
        )
    return rules


def _fit(family: Family, task: Task, declarations: str, fits: str) -> list[Rule]:
    fit = family.tasks.get(task.id)
    if fit is None:
        reason = family.cannot.get(task.id) or Declaration(
            f"Nothing says that {family.name} does `{task.id}`.", []
        )
        return [_task_rule(family, task, "cannot", "exclude", declarations, reason)]
    effect = EFFECT_OF_FIT.get(fit.fit)
    if effect is None:
        return []
    criterion = declarations if effect == "exclude" else fits
    return [
        _task_rule(family, task, fit.fit, effect, criterion, Declaration(fit.because, fit.sources))
    ]


def _task_rule(
    family: Family, task: Task, word: str, effect: str, criterion: str, reason: Declaration
) -> Rule:
    return Rule(
        id=f"{family.id}-{word}-{task.id}",
        criterion=criterion,
        when={TASK: [task.id]},
        effect=effect,
        candidates=[family.id],
        because=reason.because,
        sources=reason.sources,
        derived="tasks",
    )


def derived_never(questions: list[Question], tasks: list[Task]) -> list[Never]:
    """Return the combinations that implied answers and `ask_if` rule out."""
    return _implied(questions, tasks) + _ask_if(questions)


def _options(question: Question) -> list[str]:
    builtin = [NOT_APPLICABLE] if question.ask_if else []
    return [option.id for option in question.options] + builtin


def _implied(questions: list[Question], tasks: list[Task]) -> list[Never]:
    """Tasks that imply the same answer to a question share one combination."""
    result = []
    for question in questions:
        groups: dict[tuple[str, ...], list[str]] = {}
        for task in tasks:
            if question.id in task.implies:
                groups.setdefault(tuple(task.implies[question.id]), []).append(task.id)
        for implied, of_tasks in groups.items():
            others = [option for option in _options(question) if option not in implied]
            if others:
                when: Condition = {TASK: of_tasks, question.id: others}
                result.append(
                    Never(
                        f"implied-{question.id}-{'-or-'.join(implied)}",
                        when,
                        f"these tasks imply {question.id}: {' or '.join(implied)}",
                        "implied",
                    )
                )
    return result


def _ask_if(questions: list[Question]) -> list[Never]:
    by_id = {question.id: question for question in questions}
    result = []
    for question in questions:
        if not question.ask_if:
            continue
        real = [option.id for option in question.options]
        for other, holds in question.ask_if.items():
            fails = [option for option in _options(by_id[other]) if option not in holds]
            result.append(
                Never(
                    f"{question.id}-without-{other}",
                    {other: fails, question.id: real},
                    f"`{question.id}` makes sense only with {other}: {' or '.join(holds)}",
                    "ask-if",
                )
            )
        result.append(
            Never(
                f"{question.id}-not-applicable",
                {**question.ask_if, question.id: [NOT_APPLICABLE]},
                f"`{question.id}` applies here",
                "ask-if",
            )
        )
    return result
