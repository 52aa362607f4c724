"""A recommendation as JSON and as a page."""

from __future__ import annotations

from typing import Any

from advisor.catalogue.memory import ASSUMPTIONS
from advisor.catalogue.selection import Lack, Pick
from advisor.catalogue.snippet import snippet
from advisor.engine.decision import Assessment, Decision, Finding, applicable
from advisor.engine.profile import Answer, Profile
from advisor.explanation.flips import Flip
from advisor.recommendation import Recommendation, TaskAdvice
from advisor.report.command import command, flags
from advisor.report.page import (
    Block,
    Candidate,
    Code,
    Heading,
    Item,
    Items,
    Page,
    Pairs,
    Table,
    Text,
    count,
)
from advisor.rulebase.base import RuleBase
from advisor.rulebase.model import NONE, Rule

SCHEMA_VERSION = 1
SHOWN_CHECKPOINTS = 4
SHOWN_CHANGES = 6
SHOWN_SOURCES = 2


# -- JSON ------------------------------------------------------------------------------------


def as_json(recommendation: Recommendation) -> dict[str, Any]:
    """Return the JSON document of `advisor recommend --format json`."""
    advice = recommendation.advice
    head: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
    if len(advice) == 1:
        body = _advice_json(recommendation, advice[0])
    else:
        together = recommendation.together
        body = {
            "outcome": recommendation.outcome,
            "tasks": [{"task": one.task, **_advice_json(recommendation, one)} for one in advice],
            "together": together._asdict() if together else None,
        }
    return {
        **head,
        **body,
        "command": command(_given(recommendation), recommendation.priority),
        "rule_base": recommendation.rulebase.digest,
        **({"overlays": list(overlays)} if (overlays := recommendation.rulebase.overlays) else {}),
    }


def _given(recommendation: Recommendation) -> Profile:
    given = dict(recommendation.advice[0].decision.given)
    tasks = [one.task for one in recommendation.advice if one.task]
    if len(tasks) > 1:
        given["task"] = Answer(tuple(tasks), None, "flag")
    return given


def _advice_json(recommendation: Recommendation, advice: TaskAdvice) -> dict[str, Any]:
    decision, selection = advice.decision, advice.selection
    return {
        "outcome": decision.outcome,
        "family": decision.family,
        "possible": list(decision.possible),
        "profile": {
            id: answer_json(answer) for id, answer in decision.profile.items() if applicable(answer)
        },
        "because": [
            {"question": one.question, "option": one.options[0], "origin": one.origin}
            for one in advice.because
        ],
        "assessments": [_assessment_json(assessment) for assessment in decision.assessments],
        "checkpoints": [_pick_json(pick) for pick in selection.picks],
        "unverified": [_pick_json(pick) for pick in selection.unverified],
        "closest": [{"id": l.checkpoint.id, "lacks": list(l.lacks)} for l in selection.closest],
        "next_family": selection.next_family,
        "changes": [flip_json(flip) for flip in advice.changes],
        "elsewhere": advice.elsewhere
        and {
            "task": advice.elsewhere.task,
            "why": advice.elsewhere.because,
            "checkpoints": advice.elsewhere.checkpoints,
            "sources": advice.elsewhere.sources,
        },
        "snippet": snippet(selection.picks[0].checkpoint) if selection.picks else None,
        "hints": hints(recommendation, advice),
    }


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return one answer of a profile."""
    value = {} if answer.value is None else {"value": answer.value}
    return {"options": list(answer.options), **value, "origin": answer.origin}


def flip_json(flip: Flip) -> dict[str, Any]:
    """Return one change that leads to another family."""
    family = None if flip.family == NONE else flip.family
    return {"answers": flip.answers, "family": family, "origins": flip.origins}


def rule_json(rule: Rule) -> dict[str, Any]:
    """Return a rule as findings cite it."""
    return {
        "rule": rule.id,
        "effect": rule.effect,
        "criterion": rule.criterion,
        "because": rule.because,
        "sources": rule.sources,
    }


def _assessment_json(assessment: Assessment) -> dict[str, Any]:
    fit = assessment.fit
    return {
        "family": assessment.family,
        "verdict": assessment.verdict,
        "possible_verdicts": list(assessment.possible_verdicts),
        "lost_on": assessment.lost_on,
        "fit": fit and {"fit": fit.fit, "because": fit.because, "sources": fit.sources},
        "caveats": [found.rule.id for found in assessment.caveats],
        "findings": [
            {**rule_json(found.rule), "decisive": found.decisive} for found in assessment.findings
        ],
    }


def _pick_json(pick: Pick) -> dict[str, Any]:
    checkpoint = pick.checkpoint
    return {
        "id": checkpoint.id,
        "use": pick.use,
        "class": checkpoint.model_class,
        "processor": checkpoint.processor,
        "loader": checkpoint.loader,
        "parameters_millions": checkpoint.parameters_millions,
        "memory_gb": pick.memory_gb,
        "licence": checkpoint.licence,
        "commercial_use": checkpoint.commercial_use,
        "languages": checkpoint.languages,
        "revision": checkpoint.revision,
        "prompt": checkpoint.prompt,
        "pitfalls": checkpoint.pitfalls,
        "findings": [rule_json(rule) for rule in pick.findings],
        "sources": checkpoint.sources,
        "checked": checkpoint.checked,
    }


def hints(recommendation: Recommendation, advice: TaskAdvice) -> list[str]:
    """Return commands worth typing next."""
    given = flags(advice.decision.given)
    result = [f"advisor explain {given}".rstrip()]
    if advice.decision.outcome in ("assumed", "undetermined"):
        result.append("advisor ask" + (f" {given}" if given else ""))
    if advice.selection.picks:
        result.append(f"advisor show {advice.selection.picks[0].checkpoint.id}")
    del recommendation
    return result


# -- page ------------------------------------------------------------------------------------


def as_page(recommendation: Recommendation) -> Page:
    """Return the page that terminal, Markdown and notebook draw."""
    page: Page = []
    rulebase = recommendation.rulebase
    for change in rulebase.overlays:
        page.append(Text(f"overlay: {change}", "quiet"))
    if recommendation.together:
        page += _together(recommendation)
    for advice in recommendation.advice:
        page += _advice_page(recommendation, advice)
    typed = command(_given(recommendation), recommendation.priority)
    page.append(Heading("The same again", 3))
    page.append(Code(typed, "console"))
    return page


def _together(recommendation: Recommendation) -> Page:
    together = recommendation.together
    if together is None:
        return []
    tasks = ", ".join(str(one.task) for one in recommendation.advice)
    page: Page = [Heading(f"{tasks}: one answer for all", 2)]
    rows = []
    if together.family:
        verdicts = ", ".join(f"{v} for {task}" for task, v in together.verdicts.items())
        rows.append(Item("+", f"one family does all of it: {together.family} ({verdicts})"))
    else:
        rows.append(Item("-", "no single family does all of it"))
    if len(together.families) > 1:
        rows.append(Item("+", f"better apart: {' and '.join(together.families)}"))
    if together.uncovered:
        rows.append(Item("-", f"none of the families does {', '.join(together.uncovered)}"))
    return [*page, Items(tuple(rows))]


def _advice_page(recommendation: Recommendation, advice: TaskAdvice) -> Page:
    rulebase, decision = recommendation.rulebase, advice.decision
    page: Page = [Heading(_title(rulebase, advice), 2), _outcome(rulebase, decision)]
    for assessment in decision.assessments:
        page += _assessment(rulebase, advice, assessment)
    if advice.elsewhere:
        page += [
            Heading("Elsewhere", 3),
            Items((Item(">", advice.elsewhere.because, cite(advice.elsewhere.sources)),)),
            Pairs((("Hub task", advice.elsewhere.task),)),
        ]
        if advice.elsewhere.checkpoints:
            page.append(Items(tuple(Item("", id) for id in advice.elsewhere.checkpoints)))
    page += _checkpoints(advice)
    page += _changes(advice.changes)
    assumed = [(id, a) for id, a in decision.profile.items() if a.origin == "assumed" and applicable(a)]
    if assumed and decision.outcome != "decided":
        text = ", ".join(f"{id}: {a.options[0]}" for id, a in assumed)
        page += [Heading("Assumed, because nobody answered", 3), Text(text, "quiet")]
    return page


def _title(rulebase: RuleBase, advice: TaskAdvice) -> str:
    if advice.task is None:
        return "No task given"
    return f"{rulebase.task(advice.task).name} ({advice.task})"


def _outcome(rulebase: RuleBase, decision: Decision) -> Block:
    possible = [name for name in decision.possible if name != decision.family]
    if decision.outcome == "decided":
        return Text(f"{decision.family}, whatever the open answers are.", "good")
    if decision.outcome == "none":
        return Text("None of the families fits.", "bad")
    if decision.outcome == "undetermined":
        return Text(f"Undetermined: {_or(list(decision.possible))}. The open answers decide.", "warn")
    del rulebase
    return Text(
        f"{decision.family}, with the usual assumptions; other answers could lead to "
        f"{_or(possible)}.",
        "warn",
    )


def _or(names: list[str]) -> str:
    shown = ["none of them" if name == NONE else name for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def _assessment(rulebase: RuleBase, advice: TaskAdvice, assessment: Assessment) -> Page:
    family = rulebase.family(assessment.family)
    page: Page = [Candidate(family.id, assessment.verdict, family.name)]
    rows: list[Item] = []
    won = assessment.verdict == "recommended"
    if won and assessment.fit and assessment.fit.fit == "good":
        rows.append(Item("+", assessment.fit.because, cite(assessment.fit.sources)))
    rows += [finding_item(found) for found in _worth_showing(assessment)]
    if won and advice.because:
        said = " · ".join(
            f"{one.question}: {one.options[0]}{' (assumed)' if one.origin == 'assumed' else ''}"
            for one in advice.because
        )
        rows.append(Item("", f"settled by {said}"))
    if assessment.lost_on:
        rows.append(Item("", f"lost on {_criterion(rulebase, assessment.lost_on)}"))
    rows += [_way(flip) for flip in advice.changes if flip.family == family.id][:2]
    if rows:
        page.append(Items(tuple(rows)))
    return page


def _way(flip: Flip) -> Item:
    return Item(">", f"right with {_answers(flip)}")


def _answers(flip: Flip) -> str:
    return " and ".join(f"{id}: {option}" for id, option in flip.answers.items())


def _criterion(rulebase: RuleBase, id: str) -> str:
    if id == "rank":
        return "nothing but the declared rank"
    return rulebase.criterion(id).name


def _worth_showing(assessment: Assessment) -> list[Finding]:
    """Decisive findings and caveats; where none is decisive, all."""
    if assessment.verdict == "recommended":
        return list(assessment.findings)
    decisive = [found for found in assessment.findings if found.decisive]
    return decisive or list(assessment.findings)


def finding_item(found: Finding) -> Item:
    """Return one finding as a line."""
    mark = {"prefer": "+", "avoid": "-", "exclude": "-"}[found.rule.effect]
    return Item(mark, found.rule.because, cite(found.rule.sources))


def cite(sources: list[str]) -> str:
    """Return the first sources of a statement, and how many more there are."""
    more = len(sources) - SHOWN_SOURCES
    return ", ".join(sources[:SHOWN_SOURCES]) + (f", +{more}" if more > 0 else "")


def _checkpoints(advice: TaskAdvice) -> Page:
    selection = advice.selection
    if advice.decision.family is None:
        return []
    page: Page = []
    if selection.picks:
        page.append(Heading("Checkpoints to load", 3))
        page.append(_pick_table(selection.picks[:SHOWN_CHECKPOINTS]))
        more = len(selection.picks) - SHOWN_CHECKPOINTS
        if more > 0:
            page.append(Text(f"and {more} more: --format json lists all", "quiet"))
        if any(pick.memory_gb is not None for pick in selection.picks[:SHOWN_CHECKPOINTS]):
            page.append(Text(f"memory is estimated: {ASSUMPTIONS}", "quiet"))
    else:
        page += _nothing_to_load(selection.closest, advice)
    if selection.unverified:
        names = ", ".join(pick.checkpoint.id for pick in selection.unverified[:3])
        fields = count(len(selection.unverified), "checkpoint")
        page.append(Text(f"{fields} not verified on what you ask for, first {names}", "quiet"))
    return page


def _pick_table(picks: tuple[Pick, ...]) -> Table:
    rows = [
        (
            pick.checkpoint.id,
            pick.use,
            _or_unknown(pick.memory_gb, "{:.1f} GB"),
            pick.checkpoint.licence or "licence unknown",
        )
        for pick in picks
    ]
    return Table(("checkpoint", "use", "memory", "licence"), tuple(rows), wide=0)


def _or_unknown(value: float | None, form: str) -> str:
    return "unknown" if value is None else form.format(value)


def _nothing_to_load(closest: tuple[Lack, ...], advice: TaskAdvice) -> Page:
    page: Page = [Heading("No catalogued checkpoint meets what you ask for", 3)]
    rows = [Item("-", f"{lack.checkpoint.id}: {'; '.join(lack.lacks)}") for lack in closest[:3]]
    if rows:
        page.append(Items(tuple(rows)))
    if advice.selection.next_family:
        page.append(Text(f"the next family that has one: {advice.selection.next_family}"))
    return page


def _changes(changes: tuple[Flip, ...]) -> Page:
    if not changes:
        return []
    rows = [
        Item(">", f"{_answers(flip)}: {'none of them' if flip.family == NONE else flip.family}", _origin(flip))
        for flip in changes[:SHOWN_CHANGES]
    ]
    return [Heading("What would change the answer", 3), Items(tuple(rows))]


def _origin(flip: Flip) -> str:
    origins = set(flip.origins.values())
    if origins <= {"assumed"}:
        return "now assumed"
    return "" if origins <= {"implied"} else "you said otherwise"
