"""Why, why not X, and what would change the answer, for one profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from advisor.decide.outlook import Certainty, Change, outlook, task_changes
from advisor.decide.reasons import Because, sufficient
from advisor.decide.recommendation import called_with
from advisor.engine.decision import Assessment, Decision, Engine, FiredRule
from advisor.engine.profile import Answer, make_profile
from advisor.errors import UsageError, check_type
from advisor.model import TASK, Rule
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules


class WhyNot(NamedTuple):
    """Why a family is not the answer: decisive rules, the criterion it lost on, the way to it."""

    family: str
    verdict: str
    lost_on: str | None
    reasons: tuple[Rule, ...]
    for_it: tuple[Rule, ...]
    changes: tuple[Change, ...]


class Explanation(NamedTuple):
    """Everything that can be said about one decision.

    `smallest` is false where fewer answers than `because` has may be enough: nobody tried them all.
    """

    decision: Decision
    because: tuple[Because, ...]
    reasons: tuple[Rule, ...]
    caveats: tuple[Rule, ...]
    why_not: tuple[WhyNot, ...]
    certainty: Certainty
    changes: tuple[Change, ...]
    priority: tuple[str, ...]
    smallest: bool = True


def explain(
    rulebase: RuleBase | Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
    *,
    why_not: str | None = None,
    priority: tuple[str, ...] = (),
    **keywords: Any,
) -> Explanation:
    """Explain the decision for answers with at most one task, given as to `recommend`.

    `why_not` names one family (or alias) to explain alone; otherwise all others are. Raises
    UsageError for unknown names and for several tasks.
    """
    if why_not is not None:
        check_type("why_not", why_not, str, "the name of a family")
    rules, said = called_with(rulebase, answers, keywords)
    rules = rules or load_rules()
    engine = Engine.known(rules, priority)
    profile = make_profile(rules, said)
    if len(profile.get(TASK, Answer((), None, "flag")).options) > 1:
        raise UsageError("one task can be explained at a time", hint="pass `--task` once")
    decision = engine.decide(profile)
    seen = outlook(engine, decision)
    changes = (*seen.changes, *task_changes(engine, decision, seen.changes))
    wanted = rules.family(why_not).id if why_not else None
    if wanted and wanted == decision.family:
        raise UsageError(
            f"`{wanted}` is the answer here, so there is nothing against it to explain",
            hint="leave out --why-not, or name another family",
            kind="why-not-winner",
        )
    others = [a for a in decision.assessments if a.family != decision.family]
    reason = sufficient(engine, decision)
    won = [one for a in decision.assessments if a.family == decision.family for one in a.fired]
    return Explanation(
        decision=decision,
        because=reason.answers,
        reasons=_rules(won, "prefer"),
        caveats=_rules(won, "avoid"),
        why_not=tuple(_why_not(a, changes) for a in others if wanted in (None, a.family)),
        certainty=seen.certainty,
        changes=changes,
        priority=engine.priority,
        smallest=reason.smallest,
    )


def _rules(fired: Iterable[FiredRule], effect: str) -> tuple[Rule, ...]:
    return tuple(fired_rule.rule for fired_rule in fired if fired_rule.rule.effect == effect)


def _why_not(assessment: Assessment, changes: tuple[Change, ...]) -> WhyNot:
    against = [fired_rule for fired_rule in assessment.fired if fired_rule.rule.effect != "prefer"]
    decisive = [fired_rule for fired_rule in against if fired_rule.decisive]
    return WhyNot(
        family=assessment.family,
        verdict=assessment.verdict,
        lost_on=assessment.lost_on,
        reasons=tuple(fired_rule.rule for fired_rule in decisive or against),
        for_it=_rules(assessment.fired, "prefer"),
        changes=tuple(flip for flip in changes if flip.family == assessment.family),
    )
