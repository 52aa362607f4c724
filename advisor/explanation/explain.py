"""Why, why not X, what would change the answer, and where a checkpoint ranks, for one profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from advisor.decide.advice import TaskAdvice
from advisor.decide.precedence import Precedence, Precedences
from advisor.decide.recommendation import recommend
from advisor.decide.requirements import Requirements, Suitability
from advisor.decide.selection import ORDERS, Picking, Selection, select_of
from advisor.engine.decision import Assessment, Decision, Engine
from advisor.engine.profile import Answer, Profile
from advisor.errors import UsageError, check_type
from advisor.model import TASK, Checkpoint
from advisor.rulebase.base import RuleBase


class Explanation(NamedTuple):
    """The answer for one task, and the families that are explained beside its own."""

    advice: TaskAdvice
    why_not: tuple[Assessment, ...]


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
    UsageError for unknown names, for several tasks, and for `why_not` of the recommended family.
    """
    if why_not is not None:
        check_type("why_not", why_not, str, "the name of a family")
    advice, *more = recommend(rulebase, answers, priority=priority, **keywords).advice
    if more:
        raise UsageError("`advisor explain` explains one task at a time", hint="pass `--task` once")
    wanted, winner = advice.rulebase.family(why_not).id if why_not else None, advice.decision.family
    if wanted and wanted == winner:
        raise UsageError(
            f"`{wanted}` is the recommended family, so there is no reason against it",
            hint="leave out --why-not, or pass another family",
            kind="why-not-winner",
        )
    others = [other for other in advice.decision.assessments if other.family != winner]
    explained = tuple([other for other in others if wanted in (None, other.family)])
    return Explanation(advice, explained)


SHOWN_AHEAD = 3


class Decided(NamedTuple):
    """Why the pick `against` ranks above a checkpoint.

    `by` is use, doubt, loader, memory, rule, training, figure, relation, or missing if neither a
    figure nor a relation compares the two: then `unmeasured` are the yardsticks that measured only
    the other, or if none did, all without the checkpoint. `words` are the two uses, ids of rules,
    unverified or poor fields, or why it cannot be loaded.
    """

    by: str
    against: str
    words: tuple[str, ...] = ()
    precedence: Precedence | None = None
    unmeasured: tuple[str, ...] = ()


class Standing(NamedTuple):
    """One checkpoint for a case: how it meets the answers (`judged`), and its rank.

    `rank` counts from 1 among the `of` picks of its family, None if it is no pick; `place` is
    shared by picks that nothing tells apart; `ahead` are the ids of the first picks above it;
    `decided` is why one of them ranks above it; `first_in` are the orders in which it comes first.
    `changes` are single answers that would make it a pick; `wins` is True if its family is the
    answer now.
    """

    judged: Suitability
    rank: int | None
    of: int
    place: int | None
    ahead: tuple[str, ...]
    decided: Decided | None
    first_in: tuple[str, ...]
    changes: tuple[dict[str, str], ...]
    wins: bool


def standing_of(
    engine: Engine, checkpoint: Checkpoint, decision: Decision, *, verified_only: bool = False
) -> Standing:
    """Return where a checkpoint ranks for a decision with one task.

    With `verified_only`, one with an unverified field that matters is not picked.
    """
    rulebase, profile = engine.rulebase, decision.profile
    judged = Requirements(rulebase, profile).judge(checkpoint)
    family = checkpoint.family
    pickings = [Picking(order, verified_only) for order in ORDERS]
    selections = {each.order: select_of(rulebase, family, profile, each) for each in pickings}
    fits = {order: some._replace(picks=some.fitting) for order, some in selections.items()}
    ids = {order: [pick.checkpoint.id for pick in some.picks] for order, some in fits.items()}
    selection, ranked = fits[ORDERS[0]], ids[ORDERS[0]]
    place = ranked.index(checkpoint.id) if checkpoint.id in ranked else None
    return Standing(
        judged=judged,
        rank=None if place is None else place + 1,
        of=len(ranked),
        place=None if place is None else selection.picks[place].place,
        ahead=tuple(ranked[:place][:SHOWN_AHEAD]),
        decided=_decided(rulebase, profile, selection, place) if place else None,
        first_in=tuple(order for order in ORDERS if ids[order][:1] == [checkpoint.id]),
        changes=tuple(_changes(engine, checkpoint, decision, pickings[0])) if place is None else (),
        wins=family == decision.family,
    )


def _decided(rulebase: RuleBase, profile: Profile, selection: Selection, place: int) -> Decided:
    """Return why the first pick, or another above, ranks above the one at a place."""
    first, pick, locked = selection.picks[0], selection.picks[place], selection.locked
    against, id = first.checkpoint.id, pick.checkpoint.id
    rules = [rule.id for rule in pick.fired if rule.effect == "avoid"]
    rules += [rule.id for rule in first.fired if rule.effect == "prefer"]
    doubts = [gap.text for gap in (*pick.unknown, *pick.poor)]
    reasons = (
        ("use", pick.use != first.use, (pick.use, first.use)),
        ("doubt", pick.group[0] > first.group[0], tuple(doubts)),
        ("loader", pick.loads < first.loads, (pick.checkpoint.obstacle,)),
        ("memory", pick.beyond_gb is not None and first.beyond_gb is None, ()),
        ("rule", bool(rules) and pick.aimed_at != first.aimed_at, tuple(rules)),
        ("training", pick.to_learn > first.to_learn, ()),
    )
    for by, holds, words in reasons:
        if holds:
            return Decided(by, against, words)
    required = Requirements(rulebase, profile)
    precedences = Precedences(rulebase, required.task, required.languages)
    if locked and (precedence := locked.precedence(against, id)):
        return Decided(precedence.by, against, precedence=precedence)
    # what is better, yet stands below, decides nothing
    ahead = [other.checkpoint.id for other in selection.picks[:place]]
    before = locked.first_before(ahead).get(id) if locked else None
    if locked and before and (precedence := locked.direct(before, id)):
        return Decided(precedence.by, before, precedence=precedence)
    own = {figure.benchmark for figure in pick.figures}
    missing = [gauge.name for gauge in precedences.gauges if gauge.name not in own]
    measured = {figure.benchmark for figure in first.figures}
    only = [name for name in missing if name in measured]
    return Decided("missing", against, unmeasured=tuple(dict.fromkeys(only or missing)))


def _changes(
    engine: Engine, checkpoint: Checkpoint, decision: Decision, picking: Picking
) -> Iterator[dict[str, str]]:
    """Yield for each question the first single answer that makes a checkpoint a pick.

    Options are tried as declared, those of a number from the smallest up.
    """
    for question in engine.rulebase.questions:
        if question.id == TASK or not any(o.requires or o.uses for o in question.options):
            continue
        for option in sorted(question.options, key=lambda o: (o.up_to is None, o.up_to or 0.0)):
            together = {**decision.given, question.id: Answer((option.id,), None, "flag")}
            if not engine.admits(together):
                continue
            profile = engine.decide(together).profile
            picks = select_of(engine.rulebase, checkpoint.family, profile, picking).fitting
            if any(pick.checkpoint.id == checkpoint.id for pick in picks):
                yield {question.id: option.id}
                break
