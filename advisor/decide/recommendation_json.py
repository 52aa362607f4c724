"""A recommendation as JSON: the contract that scripts rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.decide.advice import Freshness, TaskAdvice
from advisor.decide.reasons import Because, Flip
from advisor.decide.selection import Pick
from advisor.draw.version import SCHEMA_VERSION, plain
from advisor.engine.decision import Assessment, Decision, applicable
from advisor.engine.profile import Answer
from advisor.model import NONE, Rule
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.cover import CheckpointSet
    from advisor.decide.recommendation import Recommendation, Together


def as_json(recommendation: Recommendation, today: str | None = None) -> dict[str, Any]:
    """Return the JSON document of `advisor recommend --format json`.

    Ages are in it only where `today` is given, as YYYY-MM or YYYY-MM-DD.
    """
    advice, together = recommendation.advice, recommendation.together
    if len(advice) == 1:
        body = _advice_json(advice[0], today)
    else:
        tasks = [{"task": one.task, **_advice_json(one, today)} for one in advice]
        body = {
            "outcome": recommendation.outcome,
            "tasks": tasks,
            "together": together and _together_json(together),
        }
    return {
        "schema_version": SCHEMA_VERSION,
        **body,
        "command": recommendation.command,
        **rules_json(recommendation.rulebase),
    }


def rules_json(rulebase: RuleBase) -> dict[str, Any]:
    """Return by which rules a document was made."""
    overlays = {"overlays": list(rulebase.overlays)} if rulebase.overlays else {}
    return {"rule_base": rulebase.digest, **overlays}


def decision_json(decision: Decision, because: tuple[Because, ...]) -> dict[str, Any]:
    """Return a decision with the answers that force it."""
    return {
        "outcome": decision.outcome,
        "family": decision.family,
        "possible": list(decision.possible),
        "profile": {
            id: _answer_json(answer)
            for id, answer in decision.profile.items()
            if applicable(answer)
        },
        "because": because_json(because),
    }


def because_json(because: tuple[Because, ...]) -> list[dict[str, Any]]:
    """Return the answers of a sufficient reason."""
    return [
        {"question": one.question, "option": one.options[0], "origin": one.origin}
        for one in because
    ]


def flip_json(flip: Flip) -> dict[str, Any]:
    """Return one change that leads to another family."""
    return {**plain(flip), "family": None if flip.family == NONE else flip.family}


def rule_json(rule: Rule) -> dict[str, Any]:
    """Return a rule that fired, as it is cited."""
    return {
        "rule": rule.id,
        "effect": rule.effect,
        "criterion": rule.criterion,
        "because": rule.because,
        "sources": rule.sources,
    }


def _answer_json(answer: Answer) -> dict[str, Any]:
    value = {} if answer.value is None else {"value": answer.value}
    return {"options": list(answer.options), **value, "origin": answer.origin}


def _advice_json(advice: TaskAdvice, today: str | None) -> dict[str, Any]:
    selection, elsewhere = advice.selection, advice.elsewhere
    return {
        **decision_json(advice.decision, advice.because),
        "assessments": [_assessment_json(one) for one in advice.decision.assessments],
        "checkpoints": [_pick_json(advice, pick) for pick in selection.picks],
        "provided": dict(selection.provided),
        "unverified": [_pick_json(advice, pick) for pick in selection.unverified],
        "fallen": [{"id": o.checkpoint.id, "lacks": list(o.texts)} for o in selection.rejected],
        "closest": [{"id": o.checkpoint.id, "lacks": list(o.texts)} for o in selection.closest],
        "compose": selection.compose,
        "next_family": selection.next_family,
        "freshness": _freshness_json(advice.freshness(selection.picks), today),
        "changes": [flip_json(flip) for flip in advice.changes],
        "elsewhere": elsewhere
        and {
            "task": elsewhere.task,
            "why": elsewhere.because,
            "checkpoints": elsewhere.checkpoints,
            "sources": elsewhere.sources,
        },
        "snippet": advice.snippet,
        "hints": advice.hints,
    }


def _assessment_json(assessment: Assessment) -> dict[str, Any]:
    return {
        "family": assessment.family,
        "verdict": assessment.verdict or None,
        "possible_verdicts": list(assessment.possible_verdicts),
        "lost_on": assessment.lost_on,
        "fit": plain(assessment.fit),
        "caveats": [found.rule.id for found in assessment.caveats],
        "findings": [
            {**rule_json(found.rule), "decisive": found.decisive} for found in assessment.fired
        ],
    }


def _freshness_json(fresh: Freshness, today: str | None) -> dict[str, Any]:
    document: dict[str, Any] = plain(fresh)
    for key, span in fresh._asdict().items():
        if span and today:
            document[key]["age_months"] = span.age_months(today)
    return document


def _pick_json(advice: TaskAdvice, pick: Pick) -> dict[str, Any]:
    checkpoint = pick.checkpoint
    first = pick.beaten[0] if pick.beaten else None
    return {
        "id": checkpoint.id,
        "family": checkpoint.family,
        "use": pick.use,
        "class": checkpoint.model_class,
        "processor": checkpoint.processor,
        "loader": checkpoint.loader,
        "parameters_millions": checkpoint.parameters_millions,
        "memory_gb": pick.memory_gb,
        "licence": checkpoint.licence,
        "commercial_use": checkpoint.commercial_use,
        "gated": checkpoint.gated,
        "languages": checkpoint.languages,
        "revision": checkpoint.revision,
        "prompt": advice.prompt(pick),
        "pitfalls": checkpoint.pitfalls,
        "findings": [rule_json(rule) for rule in pick.fired],
        "measurements": [
            {"benchmark": b.benchmark, "metric": b.metric, "value": value, "better": b.better}
            for b, value in advice.figures(pick)
        ],
        "on_front": pick.on_front,
        "dominated_by": first and {"id": first.by, "on": list(first.on)},
        "not_verified": [gap.text for gap in pick.unknown],
        "try_next": [
            {"wish": one.wish, "checkpoint": one.checkpoint, "because": one.text}
            for one in advice.alternatives(pick)
        ],
        "sources": checkpoint.sources,
        "checked": checkpoint.checked,
    }


def _together_json(together: Together) -> dict[str, Any]:
    covers = together.covers
    return {
        "family": together.family,
        "verdicts": together.verdicts,
        "families": list(together.families),
        "uncovered": list(together.uncovered),
        **_set_json(covers.best),
        "memory_limit_gb": covers.memory_limit_gb,
        "fits": covers.fits,
        "unserved": list(covers.unserved),
        "runner_up": covers.runner_up and _set_json(covers.runner_up),
    }


def _set_json(chosen: CheckpointSet | None) -> dict[str, Any]:
    return {
        "checkpoints": [
            {
                "id": member.pick.checkpoint.id,
                "family": member.family,
                "tasks": member.uses,
                "memory_gb": member.pick.memory_gb,
            }
            for member in (chosen.members if chosen else ())
        ],
        "memory_gb": chosen.memory_gb if chosen else None,
    }
