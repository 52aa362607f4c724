"""An explanation as JSON."""

from __future__ import annotations

from typing import Any

from advisor.decide.command_lines import command
from advisor.decide.recommendation_json import (
    change_json,
    decision_json,
    rule_json,
    rules_json,
    some,
)
from advisor.draw.formats import SCHEMA_VERSION, plain
from advisor.explanation.explain import Explanation, WhyNot
from advisor.explanation.standing import Standing
from advisor.rulebase.base import RuleBase


def as_json(explanation: Explanation, rulebase: RuleBase) -> dict[str, Any]:
    """Return the JSON document of `advisor explain --format json`."""
    given = explanation.decision.given
    return {
        "schema_version": SCHEMA_VERSION,
        **decision_json(explanation.decision, explanation.because),
        **({} if explanation.smallest else {"because_smallest": False}),
        "reasons": [rule_json(rule) for rule in explanation.reasons],
        "caveats": [rule_json(rule) for rule in explanation.caveats],
        "why_not": [_why_not_json(one) for one in explanation.why_not],
        "certainty": plain(explanation.certainty),
        "changes": [change_json(change) for change in explanation.changes],
        "command": command("recommend", rulebase, given, explanation.priority),
        **rules_json(rulebase),
    }


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
        **some(standing, "rank", "of", "ahead"),
        "place": standing.place,
        "decided": plain(standing.decided),
        **some(standing, "first_in", "changes"),
    }


def _why_not_json(one: WhyNot) -> dict[str, Any]:
    return {
        **plain(one),
        "reasons": [rule_json(rule) for rule in one.reasons],
        "for_it": [rule_json(rule) for rule in one.for_it],
        "changes": [change_json(flip) for flip in one.changes],
    }
