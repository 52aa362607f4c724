"""Rules and impossibilities that follow from declarations: closed worlds, fits, implied answers."""

from __future__ import annotations

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
    return [
        _rule(
            family,
            question.id,
            option.id,
            word=f"{kind}-no",
            effect="exclude",
            criterion=criterion,
            reason=_why_not(family, kind, option.id),
            derived=kind,
        )
        for option in question.options
        if option.id not in declared
    ]


def _fit(family: Family, task: Task, declarations: str, fits: str) -> list[Rule]:
    fit = family.tasks.get(task.id)
    word, effect = (fit.fit, EFFECT_OF_FIT.get(fit.fit)) if fit else ("cannot", "exclude")
    if effect is None:
        return []
    return [
        _rule(
            family,
            TASK,
            task.id,
            word=word,
            effect=effect,
            criterion=declarations if effect == "exclude" else fits,
            reason=fit or _why_not(family, "does", task.id),
            derived="tasks",
        )
    ]


def _why_not(family: Family, verb: str, id: str) -> Declaration:
    """Return why a family cannot; in a closed world, that nothing says it can."""
    silence = Declaration(f"Nothing says that {family.name} {verb} `{id}`.", [])
    return family.cannot.get(id, silence)


def _rule(
    family: Family,
    question: str,
    option: str,
    *,
    word: str,
    effect: str,
    criterion: str,
    reason: Declaration | Fit,
    derived: str,
) -> Rule:
    return Rule(
        id=f"{family.id}-{word}-{option}",
        criterion=criterion,
        when={question: [option]},
        effect=effect,
        candidates=[family.id],
        because=reason.because,
        sources=reason.sources,
        derived=derived,
    )


def derived_never(questions: list[Question], tasks: list[Task]) -> list[Never]:
    """Return the combinations that implied answers and `ask_if` rule out."""
    options = {
        question.id: [option.id for option in question.options]
        + ([NOT_APPLICABLE] if question.ask_if else [])
        for question in questions
    }
    return _implied(tasks, options) + _ask_if(questions, options)


def _implied(tasks: list[Task], options: dict[str, list[str]]) -> list[Never]:
    """Tasks that imply the same answer to a question share one combination."""
    result = []
    for question, known in options.items():
        groups: dict[tuple[str, ...], list[str]] = {}
        for task in tasks:
            if question in task.implies:
                groups.setdefault(tuple(task.implies[question]), []).append(task.id)
        for implied, of_tasks in groups.items():
            others = [option for option in known if option not in implied]
            if others:
                id = f"implied-{question}-{'-or-'.join(implied)}"
                because = f"these tasks imply {question}: {' or '.join(implied)}"
                result.append(Never(id, {TASK: of_tasks, question: others}, because, "implied"))
    return result


def _ask_if(questions: list[Question], options: dict[str, list[str]]) -> list[Never]:
    result = []
    for question in filter(lambda question: question.ask_if, questions):
        id = question.id
        real = [option.id for option in question.options]
        for other, holds in question.ask_if.items():
            fails = [option for option in options[other] if option not in holds]
            because = f"`{id}` makes sense only with {other}: {' or '.join(holds)}"
            result.append(
                Never(f"{id}-without-{other}", {other: fails, id: real}, because, "ask-if")
            )
        applies = {**question.ask_if, id: [NOT_APPLICABLE]}
        result.append(Never(f"{id}-not-applicable", applies, f"`{id}` applies here", "ask-if"))
    return result
