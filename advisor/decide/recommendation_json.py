"""A recommendation as JSON: the contract that scripts rely on.

Each pick has what to try next if it disappoints: one checkpoint for each wish.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from advisor.decide.advice import Advice, CheckpointSet, TaskAdvice
from advisor.decide.memory import loaded_dtype
from advisor.decide.outlook import Change
from advisor.decide.precedence import LARGER, ROUNDED, SUCCESSOR
from advisor.decide.programs import prompt_for
from advisor.decide.ranking import OPENNESS
from advisor.decide.requirements import Gap, Suitability
from advisor.decide.selection import Pick, Selection
from advisor.draw.formats import SCHEMA_VERSION, plain
from advisor.engine.decision import applicable
from advisor.engine.profile import Profile
from advisor.model import NONE, Checkpoint, NamedTuple, Rule, hub_id_of, is_form
from advisor.rulebase.base import RuleBase

BETTER = {
    LARGER: "a larger model of the same series",
    SUCCESSOR: "a newer model of the same series",
    ROUNDED: "the same model with more bits per weight",
}
"""The relation of a checkpoint to one that it ranks above, in words."""
NOTABLY_SMALLER = 0.8
"""A checkpoint counts as smaller if it takes at most this share of the memory."""


def as_json(recommendation: Advice, today: str | None = None) -> dict[str, Any]:
    """Return the JSON document of a recommendation; see `Recommendation.to_dict`."""
    advice, together = recommendation.advice, recommendation.together
    if len(advice) == 1:
        body = _advice_json(advice[0], today)
    else:
        body = {
            "outcome": recommendation.outcome,
            "tasks": [{"task": advised.task, **_advice_json(advised, today)} for advised in advice],
            "together": together
            and {
                **some(together, "family", "verdicts", "families", "uncovered"),
                **_set_json(together.covers.best),
                **some(together.covers, "memory_limit_gb", "fits", "unserved"),
                "runner_up": together.covers.runner_up and _set_json(together.covers.runner_up),
            },
        }
    return {
        "schema_version": SCHEMA_VERSION,
        **body,
        "command": recommendation.command,
        **rules_json(recommendation.rulebase),
    }


def rules_json(rulebase: RuleBase) -> dict[str, Any]:
    """Return the digest of the rules and, if there are any, their overlays."""
    overlays = {"overlays": list(rulebase.overlays)} if rulebase.overlays else {}
    return {"rule_base": rulebase.digest, **overlays}


def decision_json(advice: TaskAdvice) -> dict[str, Any]:
    """Return a decision as JSON, with bounds in its profile and the answers that force it."""
    decision, reason, rulebase = advice.decision, advice.reason, advice.rulebase
    bounds: Profile = rulebase.bounds.answers if rulebase.bounds else {}
    return {
        **some(decision, "outcome", "family", "possible"),
        "profile": {
            id: some(
                answer,
                "options",
                *(() if answer.value is None else ("value",)),
                *(("named",) if answer.named else ()),
                "origin",
            )
            for id, answer in (*decision.profile.items(), *bounds.items())
            if id in bounds or applicable(answer) or (bounds and answer.value is not None)
        },
        "because": [
            {
                "question": id,
                "option": answer.options[0],
                **({"named": list(answer.named)} if answer.named else {}),
                "origin": answer.origin,
            }
            for id, answer in reason.answers.items()
        ],
        **({} if reason.smallest else {"because_smallest": False}),
    }


def change_json(change: Change) -> dict[str, Any]:
    """Return one change of answers that leads to another family or first checkpoint."""
    return {
        "answers": change.answers,
        "family": None if change.family == NONE else change.family,
        "checkpoint": hub_id_of(change.checkpoint) or None,
        **({"form_id": change.checkpoint} if is_form(change.checkpoint) else {}),
        "origins": change.origins,
    }


def rule_json(rule: Rule) -> dict[str, Any]:
    """Return a rule that fired as JSON."""
    return {"rule": rule.id, **some(rule, "effect", "criterion", "because", "sources")}


def some(value: Any, *fields: str) -> dict[str, Any]:
    """Return some fields of a value as JSON."""
    chosen: dict[str, Any] = plain({field: getattr(value, field) for field in fields})
    return chosen


def _advice_json(advice: TaskAdvice, today: str | None) -> dict[str, Any]:
    selection, elsewhere, options = advice.selection, advice.elsewhere, advice.options
    too_large = _for_others(selection.picks)
    freshness = {
        of: span and {**plain(span), **({"age_months": span.age_months(today)} if today else {})}
        for of, span in advice.freshness(selection.picks).items()
    }
    return {
        **decision_json(advice),
        "assessments": [
            {
                "family": assessment.family,
                **some(assessment, "verdict", "possible_verdicts", "lost_on", "fit"),
                "caveats": [caveat.rule.id for caveat in assessment.caveats],
                "findings": [
                    {**rule_json(fired.rule), "decisive": fired.decisive}
                    for fired in assessment.fired
                ],
            }
            for assessment in advice.decision.assessments
        ],
        "checkpoints": [
            _pick_json(advice, pick, options)
            for pick in selection.picks
            if pick.checkpoint.id not in too_large
        ],
        "ladder": [
            {
                "up_to_gb": rung.up_to_gb,
                "checkpoint": rung.pick and rung.pick.checkpoint.hub_id,
                "form_id": rung.pick and rung.pick.checkpoint.id,
                "memory_gb": rung.pick and rung.pick.needs_gb,
            }
            for rung in selection.ladder
        ],
        "provided": dict(selection.provided),
        "unverified": [_pick_json(advice, pick, options) for pick in selection.unverified],
        "fallen": _rejected_json((*selection.rejected, *selection.misused, *too_large.values())),
        "closest": _rejected_json(selection.closest),
        **some(selection, "compose", "next_family"),
        "freshness": freshness,
        "certainty": plain(advice.certainty),
        "changes": [change_json(change) for change in advice.changes],
        "elsewhere": elsewhere
        and {
            "task": elsewhere.task,
            "why": elsewhere.because,
            **some(elsewhere, "checkpoints", "sources"),
        },
        **some(advice, "snippet", "hints"),
    }


def _for_others(picks: Sequence[Pick]) -> dict[str, Suitability]:
    """Return the gaps of picks for a larger machine than the first, by id; no page has them.

    They may take more memory than the first place is for, and a rule discourages them, not the
    first.
    """
    lacks: dict[str, Suitability] = {}
    for pick in picks:
        if pick.beyond_gb and pick.aimed_at[0] > picks[0].aimed_at[0]:
            size = f"{pick.needs_gb:g} GB" if pick.needs_gb else "unknown"
            text = f"memory is {size}, assumed at most {pick.beyond_gb:g} GB"
            gaps = (Gap("", "memory_gb", text),)
            lacks[pick.checkpoint.id] = Suitability(pick.checkpoint, pick.use, gaps, ())
    return lacks


def _rejected_json(rejected: Iterable[Suitability]) -> list[dict[str, Any]]:
    return [
        {"id": unfit.checkpoint.hub_id, "form_id": unfit.checkpoint.id, "lacks": list(unfit.texts)}
        for unfit in rejected
    ]


def _pick_json(advice: TaskAdvice, pick: Pick, options: dict[str, str]) -> dict[str, Any]:
    checkpoint = pick.checkpoint
    programs = advice.rulebase.programs
    took = advice.hours(pick)
    return {
        "id": checkpoint.hub_id,
        "form_id": checkpoint.id,
        "precision": loaded_dtype(checkpoint),
        "model_page": pick.model_page,
        "family": checkpoint.family,
        "use": pick.use,
        "class": checkpoint.model_class,
        **some(checkpoint, "network", "processor", "loader", "parameters_millions"),
        "memory_gb": pick.memory_gb,
        "hours": took and {**plain(took), "about": took.about},
        "training": pick.training and plain(pick.training),
        **some(checkpoint, "licence", "commercial_use", "gated", "languages", "revision"),
        "prompt": prompt_for(checkpoint, advice.task, programs, options),
        "pitfalls": list(checkpoint.pitfalls),
        "findings": [rule_json(rule) for rule in pick.fired],
        "measurements": [
            some(figure, "benchmark", "metric", "value", "better", "source", "estimated")
            for figure in pick.figures
        ],
        **some(pick, "place", "placed_by", "before_next", "beyond_gb"),
        "not_verified": [gap.text for gap in pick.unknown],
        "too_slow": [gap.text for gap in pick.late],
        "measured_poor": [gap.text for gap in pick.poor],
        "inferred": [gap.text for gap in pick.counted],
        "try_next": plain(alternatives(pick, advice.selection)),
        **some(checkpoint, "sources", "checked"),
    }


def _set_json(chosen: CheckpointSet | None) -> dict[str, Any]:
    return {
        "checkpoints": [
            {
                "id": pick.checkpoint.hub_id,
                "form_id": pick.checkpoint.id,
                "family": pick.checkpoint.family,
                "tasks": uses,
                "memory_gb": pick.memory_gb,
            }
            for pick, uses in (chosen.members if chosen else ())
        ],
        "memory_gb": chosen.memory_gb if chosen else None,
    }


class Alternative(NamedTuple):
    """Another checkpoint, and the wish that it fulfills.

    `wish` is better, smaller, freer, as-is or other; `because` says by how much, with the figures.
    """

    wish: str
    checkpoint: str
    because: str


def alternatives(pick: Pick, selection: Selection) -> tuple[Alternative, ...]:
    """Return alternatives if a pick disappoints, at most one checkpoint for each wish.

    Each is the first in the order of the selection. Empty only if there is no other checkpoint.
    """
    picks = selection.picks
    untrained = (
        Alternative("as-is", other.checkpoint.id, "it works without fine-tuning")
        for other in (picks if pick.use != "as-is" else ())
        if other.use == "as-is"
    )
    limit = (pick.memory_gb or 0.0) * NOTABLY_SMALLER
    smaller = (
        Alternative(
            "smaller", other.checkpoint.id, f"it needs {size:g} GB instead of {pick.memory_gb:g} GB"
        )
        for other in picks
        if other.use == pick.use and (size := other.memory_gb) is not None and size <= limit
    )
    bound = OPENNESS[pick.checkpoint.commercial_use] or pick.checkpoint.gated
    freer = (
        Alternative("freer", other.checkpoint.id, text)
        for other in (picks if bound else ())
        if (text := _freedom_text(pick.checkpoint, other.checkpoint))
    )
    better: list[Alternative] = []
    locked, ahead = selection.locked, pick.behind
    if locked and ahead and (ahead, pick.use) in {(p.checkpoint.id, p.use) for p in picks}:
        kind, *_ = edge = locked.told[ahead, pick.checkpoint.id]
        made = ", measured by its developers" if kind else ""
        lead = locked.by.precedence(edge)
        text = BETTER.get(lead.yardstick, "")
        if lead.value is not None:
            text = f"{lead.yardstick} {lead.value:g} against {lead.next_value:g}{made}"
        better.append(Alternative("better", ahead, text))
    ways = [next(iter(way), None) for way in (untrained, better, smaller, freer)]
    return tuple(filter(None, ways)) or tuple(_any_other(pick, selection))[:1]


def _freedom_text(checkpoint: Checkpoint, other: Checkpoint) -> str:
    """Return in words how the license of `other` is freer; empty if it is not."""
    use, licence = other.commercial_use, other.licence or "license not stated"
    if use in (None, "not-permitted"):
        return ""
    if OPENNESS[use] < OPENNESS[checkpoint.commercial_use]:
        now = (checkpoint.commercial_use or "not verified").replace("-", " ")
        return f"commercial use is {use} ({licence}) instead of {now}"
    alike = OPENNESS[use] == OPENNESS[checkpoint.commercial_use]
    opener = checkpoint.gated and other.gated is False and alike
    return f"not gated ({licence})" if opener else ""


def _any_other(pick: Pick, selection: Selection) -> Iterator[Alternative]:
    """Yield the others if none is known to be better at anything, next in the ranking first."""
    picks = selection.picks
    after = picks.index(pick) + 1 if pick in picks else 0
    following = "next in the ranking. No benchmark of the ranking compares the two checkpoints"
    others = [(other.checkpoint.id, following) for other in (*picks[after:], *picks[:after])]
    for other in selection.unverified:
        doubts = "; ".join(gap.text for gap in other.unknown)
        others.append((other.checkpoint.id, f"check first: {doubts}"))
    for unfit in selection.rejected:
        lacks = "; ".join(unfit.texts)
        others.append((unfit.checkpoint.id, f"it fails a requirement: {lacks}"))
    return (Alternative("other", *other) for other in others if other[0] != pick.checkpoint.id)
