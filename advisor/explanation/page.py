"""An explanation as JSON and as a page: why, why not, and changes of the answer."""

from __future__ import annotations

from typing import Any

from advisor.decide.command_lines import command
from advisor.decide.details import reasons_page
from advisor.decide.recommendation_json import (
    BETTER,
    change_json,
    decision_json,
    rule_json,
    rules_json,
    some,
)
from advisor.decide.selection import sort_flag
from advisor.decide.shortlist import figure_text
from advisor.draw.blocks import Heading, Item, Items, Page, Text
from advisor.draw.formats import SCHEMA_VERSION, plain
from advisor.engine.decision import Assessment
from advisor.engine.profile import answers_text
from advisor.explanation.explain import Decided, Explanation, Standing
from advisor.model import UNLOADED
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase


def as_json(explanation: Explanation) -> dict[str, Any]:
    """Return the JSON document of `advisor explain --format json`."""
    advice = explanation.advice
    decision, rulebase = advice.decision, advice.rulebase
    won = next((a for a in decision.assessments if a.family == decision.family), None)
    return {
        "schema_version": SCHEMA_VERSION,
        **decision_json(advice),
        "reasons": _fired_json(won, "prefer"),
        "caveats": _fired_json(won, "avoid"),
        "why_not": [
            {
                **some(lost, "family", "verdict", "lost_on"),
                "reasons": [rule_json(rule) for rule in lost.reasons],
                "for_it": _fired_json(lost, "prefer"),
                "changes": [change_json(c) for c in advice.changes if c.family == lost.family],
            }
            for lost in explanation.why_not
        ],
        "certainty": plain(advice.certainty),
        "changes": [change_json(change) for change in advice.changes],
        "command": command("recommend", rulebase, decision.given, advice.priority),
        **rules_json(rulebase),
    }


def _fired_json(family: Assessment | None, effect: str) -> list[dict[str, Any]]:
    fired = family.fired if family else ()
    return [rule_json(each.rule) for each in fired if each.rule.effect == effect]


def standing_json(standing: Standing) -> dict[str, Any]:
    """Return the part `standing` of `advisor explain --why-not CHECKPOINT --format json`."""
    judged = standing.judged
    return {
        "checkpoint": judged.checkpoint.id,
        "family": judged.checkpoint.family,
        "family_wins": standing.wins,
        "use": judged.use,
        "lacks": list(judged.texts),
        "not_verified": [gap.text for gap in judged.unknown],
        **some(standing, "rank", "of", "ahead", "place", "decided", "first_in", "changes"),
    }


def as_page(explanation: Explanation, *, only: bool = False) -> Page:
    """Return the page of an explanation; with `only`, just the family that was asked about."""
    advice, family = explanation.advice, explanation.why_not[0].family if only else ""
    page: Page = [Text(f"overlay: {change}", "quiet") for change in advice.rulebase.overlays]
    return page + reasons_page(advice, family)


DECIDED_BY = {
    "use": "this checkpoint is used {0}, {against} {1}",
    "doubt": "{against} is verified, and this checkpoint is not: {all}",
    "loader": "this checkpoint {all}, so advisor does not load it. It loads {against}",
    "memory": "this checkpoint needs more memory than {against}, and `--memory-gb` is not set",
    "rule": "rules rank {against} above this checkpoint: {all}",
    "training": "this checkpoint needs fine-tuning, and {against} does not",
}
"""Why another checkpoint ranks above this one, in words, by `Decided.by`."""


def _decided(decided: Decided) -> str:
    """Return in words the rule, figure, relation or missing figure that decides."""
    against, lead = decided.against, decided.precedence
    if decided.by in DECIDED_BY:
        words = [UNLOADED.get(word, word) for word in decided.words]
        return DECIDED_BY[decided.by].format(*words, against=against, all=", ".join(words))
    if lead is None:
        if not decided.unmeasured:
            return f"no benchmark of the task separates this checkpoint from {against}"
        names = ", ".join(decided.unmeasured)
        return f"not compared with {against}: this checkpoint has no result on {names}"
    through = f"ranks above {lead.through}, which" if lead.through else ""
    if lead.by == "relation":
        return f"{against}{through} is {BETTER[lead.yardstick]}"
    value = figure_text(lead.value, lead.estimates(lead.through or against))
    other = figure_text(lead.next_value, lead.estimates(lead.next))
    figures = f"{lead.yardstick} {value} against {other}"
    return f"{against}{through} is better: {figures} ({lead.source})"


def standing_page(standing: Standing, rulebase: RuleBase) -> Page:
    """Return why a checkpoint is not the first, and which answers would make it fit.

    What it lacks is on the page of the check, which precedes this one.
    """
    family, rank = standing.judged.checkpoint.family, standing.rank
    among = f"{count(standing.of, 'checkpoint')} of {family} that fit"
    ahead = ", ".join(standing.ahead)
    rows = []
    if rank == 1:
        alone = f"the only checkpoint of {family} that fits"
        first = f"this checkpoint ranks first of the {among}" if standing.of > 1 else alone
        rows.append(Item("+", first))
    elif rank:
        rows.append(Item("", f"this checkpoint ranks number {rank} of the {among}, behind {ahead}"))
    elif ahead:
        rows.append(Item("", f"this checkpoint is not among the {among}. The first are {ahead}"))
    rows += [Item("-", _decided(standing.decided))] if standing.decided else []
    for order in standing.first_in if rank != 1 else ():
        rows.append(Item(">", f"this checkpoint ranks first with {sort_flag(order)}"))
    for changed in standing.changes:
        ways = answers_text(rulebase, changed)
        rows.append(Item(">", f"this checkpoint would fit with {ways}"))
    if rank is None and not standing.changes:
        rows.append(Item("", "changing a single answer does not make this checkpoint fit"))
    return [Heading("Rank", 3), Items(tuple(rows))]
