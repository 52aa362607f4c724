"""A recommendation as a page, for terminal, Markdown and notebook."""

from __future__ import annotations

from advisor.decide.flips import Flip
from advisor.decide.recommendation import Recommendation, TaskAdvice
from advisor.decide.recommendation_json import same_again, trial_of
from advisor.decide.selection_page import checkpoint_blocks, cover_items
from advisor.draw.blocks import (
    Block,
    Candidate,
    Code,
    Heading,
    Item,
    Items,
    Page,
    Pairs,
    Text,
)
from advisor.engine.decision import Assessment, Decision, Finding, applicable
from advisor.model import NONE
from advisor.rulebase.base import RuleBase

SHOWN_CHANGES = 6


def as_page(recommendation: Recommendation, today: str | None = None) -> Page:
    """Return the page that every format draws; ages are on it only where `today` is given."""
    page: Page = []
    rulebase = recommendation.rulebase
    for change in rulebase.overlays:
        page.append(Text(f"overlay: {change}", "quiet"))
    if recommendation.together:
        page += _together(recommendation)
    for advice in recommendation.advice:
        page += _advice_page(recommendation, advice, today)
    trials = [trial_of(recommendation.rulebase, advice) for advice in recommendation.advice]
    if shown := [trial for trial in trials if trial]:
        page += [Heading("Try it on a picture", 3), Code("\n".join(shown), "console")]
    page.append(Heading("The same again", 3))
    page.append(Code(same_again(recommendation), "console"))
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
    rows += cover_items(together.covers)
    return [*page, Items(tuple(rows))]


def _advice_page(recommendation: Recommendation, advice: TaskAdvice, today: str | None) -> Page:
    rulebase, decision = recommendation.rulebase, advice.decision
    page: Page = [Heading(_title(rulebase, advice), 2), _outcome(decision)]
    for assessment in decision.assessments:
        page += _assessment(rulebase, advice, assessment)
    if advice.elsewhere:
        page += [
            Heading("Elsewhere", 3),
            Items((Item(">", advice.elsewhere.because, sources=tuple(advice.elsewhere.sources)),)),
            Pairs((("Hub task", advice.elsewhere.task),)),
        ]
        if advice.elsewhere.checkpoints:
            page.append(Items(tuple(Item("", id) for id in advice.elsewhere.checkpoints)))
    page += checkpoint_blocks(rulebase, advice, today)
    page += _changes(advice.changes)
    return page + _assumed(rulebase, advice)


def _assumed(rulebase: RuleBase, advice: TaskAdvice) -> Page:
    """What nobody answered; where nothing else can win, only what checkpoints depend on."""
    decision = advice.decision
    assumed = {
        id: answer.options[0]
        for id, answer in decision.profile.items()
        if answer.origin == "assumed" and applicable(answer)
    }
    name = "Assumed, because nobody answered"
    if len(decision.possible) == 1:
        chosen = (*rulebase.demanding, *rulebase.keeping, *rulebase.ordering)
        bearing = {question.id for question in chosen} if advice.selection.picks else set()
        assumed = {id: option for id, option in assumed.items() if id in bearing}
        name = "Assumed of the checkpoints, because nobody answered"
    if not assumed:
        return []
    text = ", ".join(f"{id}: {option}" for id, option in assumed.items())
    return [Heading(name, 3), Text(text, "quiet")]


def _title(rulebase: RuleBase, advice: TaskAdvice) -> str:
    if advice.task is None:
        return "No task given"
    return f"{rulebase.task(advice.task).name} ({advice.task})"


def _outcome(decision: Decision) -> Block:
    possible = [name for name in decision.possible if name != decision.family]
    if decision.outcome == "decided":
        return Text(f"{decision.family}, whatever the open answers are.", "good")
    if decision.outcome == "none":
        return Text("None of the families fits.", "bad")
    if decision.outcome == "undetermined":
        return Text(
            f"Undetermined: {_or(list(decision.possible))}. The open answers decide.", "warn"
        )
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
    page: Page = [
        Candidate(
            family.id, assessment.verdict or " or ".join(assessment.possible_verdicts), family.name
        )
    ]
    rows: list[Item] = []
    won = assessment.verdict == "recommended"
    if won and assessment.fit and assessment.fit.fit == "good":
        rows.append(Item("+", assessment.fit.because, sources=tuple(assessment.fit.sources)))
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
    return Item(mark, found.rule.because, sources=tuple(found.rule.sources))


def _changes(changes: tuple[Flip, ...]) -> Page:
    if not changes:
        return []
    rows = [
        Item(
            ">",
            f"{_answers(flip)}: {'none of them' if flip.family == NONE else flip.family}",
            _origin(flip),
        )
        for flip in changes[:SHOWN_CHANGES]
    ]
    return [Heading("What would change the answer", 3), Items(tuple(rows))]


def _origin(flip: Flip) -> str:
    origins = set(flip.origins.values())
    if origins <= {"assumed"}:
        return "now assumed"
    return "" if origins <= {"implied"} else "you said otherwise"
