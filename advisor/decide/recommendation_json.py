"""A recommendation as JSON: the contract that scripts rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.decide.alternatives import Alternatives
from advisor.decide.command_line import command, rules_flags, try_command
from advisor.decide.flips import Flip
from advisor.decide.freshness import Span, freshness, months_between
from advisor.decide.front import Yardstick
from advisor.decide.recommendation import Recommendation, TaskAdvice, Together
from advisor.decide.requirements import demands, languages_asked
from advisor.decide.selection import ORDERS, Pick
from advisor.decide.snippet import prompt_for, snippet
from advisor.draw.version import SCHEMA_VERSION
from advisor.engine.decision import Assessment, applicable
from advisor.engine.profile import Answer, Profile
from advisor.model import NONE, TASK, Rule
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.cover import Cover


def as_json(recommendation: Recommendation, today: str | None = None) -> dict[str, Any]:
    """Return the JSON document of `advisor recommend --format json`.

    Ages are in it only where `today` is given, as YYYY-MM or YYYY-MM-DD.
    """
    advice = recommendation.advice
    head: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
    if len(advice) == 1:
        body = _advice_json(recommendation, advice[0], today)
    else:
        together = recommendation.together
        body = {
            "outcome": recommendation.outcome,
            "tasks": [
                {"task": one.task, **_advice_json(recommendation, one, today)} for one in advice
            ],
            "together": together and _together_json(together),
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


def _advice_json(
    recommendation: Recommendation, advice: TaskAdvice, today: str | None
) -> dict[str, Any]:
    decision, selection = advice.decision, advice.selection
    languages = languages_asked(demands(recommendation.rulebase, decision.profile))
    yardstick = Yardstick(recommendation.rulebase, advice.task, languages)
    alternatives = Alternatives(selection, yardstick)
    fresh = freshness(recommendation.rulebase, decision, selection.picks)
    programs = recommendation.rulebase.programs
    answers = {
        id: said.options[0] for id, said in decision.profile.items() if len(said.options) == 1
    }

    def pick_json(pick: Pick) -> dict[str, Any]:
        prompt = prompt_for(pick.checkpoint, advice.task, programs, answers)
        return _pick_json(pick, prompt, alternatives, yardstick)

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
        "checkpoints": [pick_json(pick) for pick in selection.picks],
        "provided": selection.provided,
        "unverified": [pick_json(pick) for pick in selection.unverified],
        "fallen": [
            {"id": lack.checkpoint.id, "lacks": list(lack.lacks)} for lack in selection.fallen
        ],
        "closest": [
            {"id": lack.checkpoint.id, "lacks": list(lack.lacks)} for lack in selection.closest
        ],
        "compose": selection.compose,
        "next_family": selection.next_family,
        "freshness": {
            "checked": _span_json(fresh.checked, today),
            "decided": _span_json(fresh.decided, today),
        },
        "changes": [flip_json(flip) for flip in advice.changes],
        "elsewhere": advice.elsewhere
        and {
            "task": advice.elsewhere.task,
            "why": advice.elsewhere.because,
            "checkpoints": advice.elsewhere.checkpoints,
            "sources": advice.elsewhere.sources,
        },
        "snippet": snippet(selection.picks[0].checkpoint, advice.task, programs, answers)
        if selection.picks
        else None,
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


def _span_json(span: Span | None, today: str | None) -> dict[str, Any] | None:
    if span is None:
        return None
    age = {} if today is None else {"age_months": months_between(span.oldest, today)}
    return {**span._asdict(), **age}


def _together_json(together: Together) -> dict[str, Any]:
    covers = together.covers
    return {
        "family": together.family,
        "verdicts": together.verdicts,
        "families": list(together.families),
        "uncovered": list(together.uncovered),
        **_cover_json(covers.best),
        "memory_limit_gb": covers.memory_limit_gb,
        "fits": covers.fits,
        "unserved": list(covers.unserved),
        "runner_up": covers.runner_up and _cover_json(covers.runner_up),
    }


def _cover_json(cover: Cover | None) -> dict[str, Any]:
    shares = cover.shares if cover else ()
    return {
        "checkpoints": [
            {
                "id": share.pick.checkpoint.id,
                "family": share.family,
                "tasks": share.uses,
                "memory_gb": share.pick.memory_gb,
            }
            for share in shares
        ],
        "memory_gb": cover.memory_gb if cover else None,
    }


def _pick_json(
    pick: Pick, prompt: str | None, alternatives: Alternatives, yardstick: Yardstick
) -> dict[str, Any]:
    checkpoint = pick.checkpoint
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
        "prompt": prompt,
        "pitfalls": checkpoint.pitfalls,
        "findings": [rule_json(rule) for rule in pick.findings],
        "measurements": [
            {
                "benchmark": benchmark.benchmark,
                "metric": benchmark.metric,
                "value": value,
                "better": benchmark.better,
            }
            for benchmark, value in yardstick.figures(pick.standing)
        ],
        "on_front": pick.on_front,
        "dominated_by": {"id": pick.beaten[0].by, "on": list(pick.beaten[0].on)}
        if pick.beaten
        else None,
        "not_verified": [miss.text for miss in pick.unknown],
        "try_next": [
            {"wish": one.wish, "checkpoint": one.checkpoint, "because": one.text}
            for one in alternatives.to(pick)
        ],
        "sources": checkpoint.sources,
        "checked": checkpoint.checked,
    }


def hints(recommendation: Recommendation, advice: TaskAdvice) -> list[str]:
    """Return commands worth typing next."""
    context = recommendation.priority, recommendation.rulebase.folders
    result = [command("explain", advice.decision.given, *context)]
    if advice.decision.outcome in ("assumed", "undetermined"):
        result.append(command("ask", advice.decision.given, *context))
    selection = advice.selection
    if selection.provided:
        instead = {id: Answer((o,), None, "flag") for id, o in selection.provided.items()}
        result.append(command("recommend", {**advice.decision.given, **instead}, *context))
    if selection.compose or selection.uses[:1] == ("compose",):
        result.append("advisor compose --help")
    if selection.picks:
        words = [f"advisor show {selection.picks[0].checkpoint.id}", *rules_flags(context[1])]
        result.append(" ".join(words))
    result += [] if (trial := trial_of(recommendation.rulebase, advice)) is None else [trial]
    return result


def trial_of(rulebase: RuleBase, advice: TaskAdvice) -> str | None:
    """Return the command that tries the first checkpoint that can be run as it is, if any can."""
    from advisor.trial.model_types import may_run

    checkpoint = advice.runnable
    if advice.task is None or checkpoint is None:
        return None
    task = rulebase.task(advice.task)
    if not may_run(checkpoint.model_type, task.id):
        return None
    return try_command(checkpoint, task, folders=rulebase.folders)
