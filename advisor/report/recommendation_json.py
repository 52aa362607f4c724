"""A recommendation as JSON: the contract that scripts rely on."""

from __future__ import annotations

from typing import Any

from advisor.catalogue.selection import ORDERS, Pick
from advisor.catalogue.snippet import snippet
from advisor.engine.decision import Assessment, applicable
from advisor.engine.profile import Answer, Profile
from advisor.explanation.flips import Flip
from advisor.recommendation import Recommendation, TaskAdvice
from advisor.report.command import command
from advisor.rulebase.model import NONE, TASK, Rule

SCHEMA_VERSION = 1


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
        "command": same_again(recommendation),
        "rule_base": recommendation.rulebase.digest,
        **({"overlays": list(overlays)} if (overlays := recommendation.rulebase.overlays) else {}),
    }


def same_again(recommendation: Recommendation) -> str:
    """Return the one-line command that reproduces a recommendation."""
    given, folders = given_answers(recommendation), recommendation.rulebase.folders
    words = [command("recommend", given, recommendation.priority, folders)]
    words += [f"--order {recommendation.order}"] if recommendation.order != ORDERS[0] else []
    words += ["--strict"] if recommendation.strict else []
    return " ".join(words)


def given_answers(recommendation: Recommendation) -> Profile:
    """Return what was given, with all tasks."""
    given = dict(recommendation.advice[0].decision.given)
    tasks = [one.task for one in recommendation.advice if one.task]
    if len(tasks) > 1:
        given[TASK] = Answer(tuple(tasks), None, "flag")
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
        "closest": [
            {"id": lack.checkpoint.id, "lacks": list(lack.lacks)} for lack in selection.closest
        ],
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
        "verdict": assessment.verdict or None,
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
    context = recommendation.priority, recommendation.rulebase.folders
    result = [command("explain", advice.decision.given, *context)]
    if advice.decision.outcome in ("assumed", "undetermined"):
        result.append(command("ask", advice.decision.given, *context))
    if advice.selection.picks:
        result.append(f"advisor show {advice.selection.picks[0].checkpoint.id}")
    return result
