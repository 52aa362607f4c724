"""An explanation as JSON and as a page."""

from __future__ import annotations

from typing import Any

from advisor.decide.command_line import command
from advisor.decide.flips import Flip
from advisor.decide.recommendation_json import answer_json, flip_json, rule_json
from advisor.draw.blocks import Candidate, Heading, Item, Items, Page, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.engine.decision import applicable
from advisor.explanation.explain import Explanation, WhyNot
from advisor.explanation.full_page import answers_text, ways_to, whole_json, whole_page
from advisor.model import NONE, Rule
from advisor.phrasing import origin_word
from advisor.rulebase.base import RuleBase


def as_json(explanation: Explanation, rulebase: RuleBase) -> dict[str, Any]:
    """Return the JSON document of `advisor explain --format json`."""
    decision = explanation.decision
    return {
        "schema_version": SCHEMA_VERSION,
        "outcome": decision.outcome,
        "family": decision.family,
        "possible": list(decision.possible),
        "profile": {
            id: answer_json(answer) for id, answer in decision.profile.items() if applicable(answer)
        },
        "because": [
            {"question": one.question, "option": one.options[0], "origin": one.origin}
            for one in explanation.because
        ],
        "reasons": [rule_json(rule) for rule in explanation.reasons],
        "caveats": [rule_json(rule) for rule in explanation.caveats],
        "why_not": [_why_not_json(one) for one in explanation.why_not],
        "changes": [flip_json(flip) for flip in explanation.changes],
        **({"all": whole_json(explanation.all)} if explanation.all else {}),
        "command": command("recommend", decision.given, explanation.priority, rulebase.folders),
        "rule_base": rulebase.digest,
        **({"overlays": list(rulebase.overlays)} if rulebase.overlays else {}),
    }


def _why_not_json(one: WhyNot) -> dict[str, Any]:
    return {
        "family": one.family,
        "verdict": one.verdict,
        "lost_on": one.lost_on,
        "reasons": [rule_json(rule) for rule in one.reasons],
        "for_it": [rule_json(rule) for rule in one.for_it],
        "changes": [flip_json(flip) for flip in one.changes],
    }


def as_page(explanation: Explanation, rulebase: RuleBase, *, only: bool = False) -> Page:
    """Return the page. `only` leaves out all but the families asked about."""
    page: Page = [Text(f"overlay: {change}", "quiet") for change in rulebase.overlays]
    if not only:
        page += _why(explanation)
    for one in explanation.why_not:
        page += _why_not(one, rulebase)
        if only and explanation.all:
            page += ways_to(one.family, explanation.all)
    if only:
        return page
    page += _changes(explanation.changes)
    if explanation.all:
        page += whole_page(explanation.all, explanation.decision)
    return page


def _why(explanation: Explanation) -> Page:
    decision = explanation.decision
    name = decision.family or "none of the families"
    page: Page = [Heading(f"Why {name}"), Items(tuple(_why_items(explanation)))]
    if decision.outcome == "assumed":
        others = ", ".join(n for n in decision.possible if n != decision.family)
        page.append(Text(f"Not certain: with other answers it could be {others}.", "warn"))
    elif decision.outcome == "decided":
        page.append(Text("Certain: no open answer can change it.", "good"))
    return page


def _why_items(explanation: Explanation) -> list[Item]:
    rows = [
        Item("", f"{one.question}: {one.options[0]}", origin_word(one.origin))
        for one in explanation.because
    ]
    rows += [_rule("+", rule) for rule in explanation.reasons]
    rows += [_rule("!", rule) for rule in explanation.caveats]
    return rows


def _rule(mark: str, rule: Rule) -> Item:
    return Item(mark, f"{rule.id}: {rule.because}", sources=tuple(rule.sources))


def _why_not(one: WhyNot, rulebase: RuleBase) -> Page:
    page: Page = [
        Heading(f"Why not {one.family}"),
        Candidate(one.family, one.verdict, rulebase.family(one.family).name),
    ]
    rows = [_rule("-", rule) for rule in one.reasons]
    rows += [_rule("+", rule) for rule in one.for_it]
    if one.lost_on == "rank":
        rows.append(Item("", "equal on every criterion; only the declared rank parts them"))
    elif one.lost_on:
        rows.append(Item("", f"lost on {rulebase.criterion(one.lost_on).name}"))
    rows += [Item(">", f"would win with {answers_text(flip)}") for flip in one.changes[:3]]
    if not one.changes:
        rows.append(Item("", "no change of up to three answers makes it win"))
    return [*page, Items(tuple(rows))]


def _changes(changes: tuple[Flip, ...]) -> Page:
    if not changes:
        return []
    rows = tuple(
        Item(
            ">",
            f"{answers_text(flip)}: {'none of them' if flip.family == NONE else flip.family}",
            ", ".join(f"{id} is {origin_word(origin)}" for id, origin in flip.origins.items()),
        )
        for flip in changes
    )
    return [Heading("What would change it"), Items(rows)]
