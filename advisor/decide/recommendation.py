"""The whole answer to a need: a decision for each task, its reasons, its checkpoints, its flips."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.decide.flips import Flip, flips
from advisor.decide.requirements import most_allowed, training_instead, uses
from advisor.decide.selection import ORDERS, Selection, select, select_of, teachable
from advisor.decide.sufficient import Because, sufficient
from advisor.engine.decision import VERDICTS, Decision, Engine
from advisor.engine.profile import Answer, Profile, make_profile
from advisor.engine.together import family_for_all, verdicts_by_family
from advisor.errors import UsageError
from advisor.model import TASK, Checkpoint, Elsewhere
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.cover import Covers, Offer


class TaskAdvice(NamedTuple):
    """The answer for one task."""

    task: str | None
    decision: Decision
    because: tuple[Because, ...]
    changes: tuple[Flip, ...]
    selection: Selection
    elsewhere: Elsewhere | None

    @property
    def runnable(self) -> Checkpoint | None:
        """The first checkpoint that `advisor try` can run as it is for the task, if any can.

        Where training comes first, none: what runs untrained is not what is recommended.
        """
        if self.selection.uses[:1] != ("as-is",):
            return None
        for pick in self.selection.picks if self.task else ():
            if pick.use == "as-is" and pick.checkpoint.loader == "transformers":
                return pick.checkpoint
        return None


class Together(NamedTuple):
    """One answer for several tasks.

    `family` is excluded on none of them, None where there is no such family; `verdicts` are its
    verdicts by task; `families` is the smallest set that covers all tasks undiscouraged. `covers`
    are the smallest sets of checkpoints for all tasks that have one.
    """

    family: str | None
    verdicts: dict[str, str]
    families: tuple[str, ...]
    uncovered: tuple[str, ...]
    covers: Covers


class Recommendation(NamedTuple):
    """What advisor answers: one `TaskAdvice` a task, and `together` where there are several."""

    rulebase: RuleBase
    advice: tuple[TaskAdvice, ...]
    together: Together | None
    priority: tuple[str, ...]
    order: str
    strict: bool = False

    @property
    def outcome(self) -> str:
        """The outcome of the only task, or the least certain of several."""
        ranks = ("decided", "assumed", "undetermined", "none")
        return max((one.decision.outcome for one in self.advice), key=ranks.index)

    @property
    def exit_code(self) -> int:
        """0 answered, 1 nothing fits, 3 undetermined."""
        outcomes = {one.decision.outcome for one in self.advice}
        if "none" in outcomes or any(one.decision.family and _barren(one) for one in self.advice):
            return 1
        return 3 if "undetermined" in outcomes else 0

    def _repr_html_(self) -> str:
        from advisor.decide.recommendation_html import as_html

        return as_html(self)


def _barren(advice: TaskAdvice) -> bool:
    """True where answers require something of checkpoints that nothing is known to satisfy.

    Where nothing fell out, and what nobody verified was only assumed to matter, the unverified are
    an answer.
    """
    selection, profile = advice.selection, advice.decision.profile
    doubts = [miss for pick in selection.unverified for miss in pick.unknown]
    asked = any(profile[miss.question].origin != "assumed" for miss in doubts)
    return not (selection.picks or selection.compose) and (bool(selection.fallen) or asked)


def recommend(
    rulebase: RuleBase,
    answers: Mapping[str, Any] | Profile,
    *,
    priority: tuple[str, ...] = (),
    strict: bool = False,
    order: str = "quality",
    engine: Engine | None = None,
) -> Recommendation:
    """Return the recommendation for answers: question -> option, list of options, or number.

    Several tasks are decided each. `priority` puts criteria first, `strict` refuses to assume,
    `order` ranks checkpoints (quality, small, open). An `engine` made before has its own
    priority. Raises UsageError for unknown names and ContradictionError for answers that cannot
    all be true.
    """
    check_order(order)
    if engine is not None and priority and priority != engine.priority:
        raise ValueError("`priority` is not that of `engine`; give one of the two")
    engine = engine or Engine(rulebase, priority)
    profile = make_profile(rulebase, answers)
    tasks: tuple[str | None, ...] = profile[TASK].options if TASK in profile else (None,)
    advice = []
    for task in tasks:
        given = dict(profile)
        if task is not None:
            given[TASK] = Answer((task,), None, profile[TASK].origin)
        advice.append(advise(engine, given, strict=strict, order=order))
    together = _together(engine, advice, order) if len(advice) > 1 else None
    return Recommendation(rulebase, tuple(advice), together, engine.priority, order, strict)


def check_order(order: str) -> str:
    """Return the order. Raises UsageError where checkpoints cannot be ranked by it."""
    if order not in ORDERS:
        raise UsageError(f"unknown order `{order}`", hint=f"orders: {', '.join(ORDERS)}")
    return order


def advise(
    engine: Engine, profile: Profile, *, strict: bool = False, order: str = "quality"
) -> TaskAdvice:
    """Return the answer for a profile with at most one task."""
    decision = engine.decide(profile, strict=strict)
    task = decision.profile[TASK].options[0] if TASK in profile else None
    elsewhere = engine.rulebase.elsewhere.get(task) if task and decision.outcome == "none" else None
    return TaskAdvice(
        task,
        decision,
        sufficient(engine, decision),
        flips(engine, decision),
        _selection(engine, decision, order),
        elsewhere,
    )


def _selection(engine: Engine, decision: Decision, order: str) -> Selection:
    """Return the checkpoints for a decision.

    Where no checkpoint has the language and training was merely assumed away, they are those to
    start training from, of the family that then wins.
    """
    rulebase = engine.rulebase
    selection = select(rulebase, decision, order)
    if decision.family is None or not teachable(selection):
        return selection
    provided = training_instead(rulebase, decision.profile)
    answers = {id: Answer((option,), None, "assumed") for id, option in provided.items()}
    if not answers or not engine.admits({**decision.given, **answers}):
        return selection
    trained = engine.decide({**decision.given, **answers})
    if trained.family is None:
        return selection
    ways = [use for use in uses(rulebase, trained.profile) if use != "as-is"]
    starts = select_of(rulebase, trained.family, trained.profile, order, ways)
    if not starts.picks:
        return selection
    return selection._replace(picks=starts.picks, provided=provided, uses=tuple(ways))


def _together(engine: Engine, advice: list[TaskAdvice], order: str) -> Together:
    verdicts = verdicts_by_family(engine, {str(one.task): one.decision for one in advice})
    best = family_for_all(engine, verdicts)
    families, uncovered = _cover(verdicts, engine)
    covers = _covers(engine.rulebase, advice, order)
    return Together(best, verdicts[best] if best else {}, families, uncovered, covers)


def _covers(rulebase: RuleBase, advice: list[TaskAdvice], order: str) -> Covers:
    """Return the smallest sets of checkpoints for the tasks that have any, within the memory.

    Tasks that no family does are not among those that no checkpoint serves.
    """
    from advisor.decide.cover import cover  # only several tasks need it

    decided = [one for one in advice if one.decision.family]
    offers = {str(one.task): offers_of(rulebase, one, order) for one in decided}
    served = {task: of_task for task, of_task in offers.items() if of_task}
    unserved = tuple(task for task in offers if task not in served)
    limits = [most_allowed(rulebase, one.decision.profile, "memory_gb") for one in advice]
    limit = min((limit for limit in limits if limit is not None), default=None)
    return cover(served, limit, order)._replace(unserved=unserved)


def offers_of(rulebase: RuleBase, advice: TaskAdvice, order: str) -> list[Offer]:
    """Return the checkpoints that can serve a task, of all families that are not excluded."""
    from advisor.decide.cover import Offer

    result = []
    for assessment in advice.decision.assessments:
        if assessment.family == advice.decision.family:
            picks = advice.selection.picks
        elif assessment.verdict == "excluded":
            continue
        else:
            picks = select_of(rulebase, assessment.family, advice.decision.profile, order).picks
        result += [Offer(pick, assessment.verdict, place) for place, pick in enumerate(picks)]
    return result


def _cover(
    verdicts: dict[str, dict[str, str]], engine: Engine
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the smallest set of families that serve all tasks undiscouraged, and tasks left."""
    order = sorted(verdicts, key=lambda f: engine.encoding.ranks[engine.encoding.families.index(f)])
    tasks = list(next(iter(verdicts.values())))
    for bar in ("allowed", "discouraged"):
        good = VERDICTS[: VERDICTS.index(bar) + 1]
        coverable = [t for t in tasks if any(verdicts[f][t] in good for f in order)]
        uncovered = tuple(task for task in tasks if task not in coverable)
        if uncovered and bar == "allowed":
            continue
        options = [
            chosen
            for size in range(len(order) + 1)
            for chosen in combinations(order, size)
            if all(any(verdicts[f][t] in good for f in chosen) for t in coverable)
        ]
        wins = {f: list(verdicts[f].values()).count("recommended") for f in order}
        smallest = [chosen for chosen in options if len(chosen) == len(options[0])]
        best = max(smallest, key=lambda chosen: sum(wins[f] for f in chosen))
        return best, uncovered
    return (), tuple(tasks)
