"""The whole answer to a need: one for each task, and one for all of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.decide.advice import TaskAdvice
from advisor.decide.flags import command
from advisor.decide.reasons import flips, sufficient
from advisor.decide.requirements import training_instead, uses
from advisor.decide.selection import ORDERS, Selection, select, select_of, teachable
from advisor.engine.decision import (
    VERDICTS,
    Decision,
    Engine,
    family_for_all,
    verdicts_by_family,
)
from advisor.engine.profile import Answer, Profile, make_profile
from advisor.errors import UsageError
from advisor.model import TASK
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules

if TYPE_CHECKING:
    from advisor.decide.cover import CheckpointSets
    from advisor.draw.blocks import Page


class Together(NamedTuple):
    """One answer for several tasks.

    `family` is excluded on none of them, None where there is no such family; `verdicts` are its
    verdicts by task; `families` is the smallest set that covers all tasks undiscouraged, but for
    those `uncovered`. `covers` are the smallest sets of checkpoints for the tasks that have one.
    """

    family: str | None
    verdicts: dict[str, str]
    families: tuple[str, ...]
    uncovered: tuple[str, ...]
    covers: CheckpointSets


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
        if "none" in outcomes or any(one.decision.family and one.barren for one in self.advice):
            return 1
        return 3 if "undetermined" in outcomes else 0

    @property
    def checkpoint(self) -> str | None:
        """The id of the first checkpoint for the (first) task; None where there is none."""
        picks = self.advice[0].selection.picks
        return picks[0].checkpoint.id if picks else None

    @property
    def snippet(self) -> str | None:
        """The program that runs `checkpoint`; None where no safe way is known."""
        return self.advice[0].snippet

    @property
    def given(self) -> Profile:
        """What was given, with all tasks."""
        given = dict(self.advice[0].decision.given)
        tasks = tuple(one.task for one in self.advice if one.task)
        return {**given, TASK: Answer(tasks, None, "flag")} if len(tasks) > 1 else given

    @property
    def command(self) -> str:
        """The one-line command that gives the same answer again."""
        words = [command("recommend", self.given, self.priority, self.rulebase.folders)]
        words += [f"--order {self.order}"] if self.order != ORDERS[0] else []
        words += ["--strict"] if self.strict else []
        return " ".join(words)

    def to_dict(self, today: str | None = None) -> dict[str, Any]:
        """Return the JSON document of `advisor recommend --format json`.

        Ages are in it only where `today` is given, as YYYY-MM or YYYY-MM-DD.
        """
        from advisor.decide.recommendation_json import as_json

        return as_json(self, today)

    def to_page(self, today: str | None = None) -> Page:
        """Return the page of `advisor recommend`, with ages where `today` is given."""
        from advisor.decide.page import as_page

        return as_page(self, today)

    def __repr__(self) -> str:
        lines = [f"<{type(self).__name__}: {self.outcome}"]
        for one in self.advice:
            picks = one.selection.picks
            checkpoint = picks[0].checkpoint.id if picks else "no checkpoint"
            task = f"{one.task}: " if one.task else ""
            lines.append(f"  {task}{one.decision.family or 'no family'}, {checkpoint}")
        return "\n".join([*lines, f"  {self.command}>"])

    def _repr_html_(self) -> str:
        from advisor.draw.html import html

        return html(self.to_page())


def recommend(
    rulebase: RuleBase | Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
    *,
    priority: tuple[str, ...] = (),
    strict: bool = False,
    order: str = "quality",
    engine: Engine | None = None,
    **keywords: Any,
) -> Recommendation:
    """Return the recommendation for answers: question -> option, list of options, or number.

    Answers are a mapping or keywords (`memory_gb=4`); the rules are the shipped ones unless others
    come first. Several tasks are decided each. `priority` puts criteria first, `strict` refuses to
    assume, `order` ranks checkpoints (quality, small, open). An `engine` made before has its own
    rules and priority. Raises UsageError for unknown names and ContradictionError for answers that
    cannot all be true.
    """
    check_order(order)
    if engine is not None and priority and priority != engine.priority:
        raise ValueError("`priority` is not that of `engine`; give one of the two")
    rules, said = called_with(rulebase, answers, keywords)
    if engine is None:
        engine = Engine(rules or load_rules(), priority)
    profile = make_profile(engine.rulebase, said)
    tasks: tuple[str | None, ...] = profile[TASK].options if TASK in profile else (None,)
    advice = []
    for task in tasks:
        given = dict(profile)
        if task is not None:
            given[TASK] = Answer((task,), None, profile[TASK].origin)
        advice.append(advise(engine, given, strict=strict, order=order))
    return Recommendation(
        rulebase=engine.rulebase,
        advice=tuple(advice),
        together=_together(engine, advice, order),
        priority=engine.priority,
        order=order,
        strict=strict,
    )


def called_with(
    rulebase: RuleBase | Mapping[str, Any] | None,
    answers: Mapping[str, Any] | None,
    keywords: Mapping[str, Any],
) -> tuple[RuleBase | None, dict[str, Any]]:
    """Return the rules and the answers of a call: rules may be left out, answers be keywords."""
    if isinstance(rulebase, Mapping):
        if answers is not None:
            raise TypeError("answers are given twice; rules come first, then one mapping")
        rulebase, answers = None, rulebase
    named = {name.replace("_", "-"): answer for name, answer in keywords.items()}
    return rulebase, {**(answers or {}), **named}


def _together(engine: Engine, advice: list[TaskAdvice], order: str) -> Together | None:
    """Return one answer for several tasks, given the answers for each; None for a single one."""
    if len(advice) == 1:
        return None
    from advisor.decide.cover import covers

    verdicts = verdicts_by_family(engine, {str(one.task): one.decision for one in advice})
    best = family_for_all(engine, verdicts)
    families, uncovered = _fewest_families(verdicts, engine)
    return Together(
        family=best,
        verdicts=verdicts[best] if best else {},
        families=families,
        uncovered=uncovered,
        covers=covers(engine.rulebase, advice, order),
    )


def _fewest_families(
    verdicts: dict[str, dict[str, str]], engine: Engine
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the smallest set of families that serve all tasks undiscouraged, and tasks left."""
    order = sorted(verdicts, key=lambda f: engine.encoding.ranks[engine.encoding.families.index(f)])
    tasks = list(verdicts[order[0]])
    for worst in ("allowed", "discouraged"):
        good = VERDICTS[: VERDICTS.index(worst) + 1]
        serves = {f: {t for t, v in verdicts[f].items() if v in good} for f in order}
        coverable: set[str] = set().union(*serves.values())
        if len(coverable) == len(tasks):
            break
    smallest = next(
        sets
        for size in range(len(order) + 1)
        if (sets := [c for c in combinations(order, size) if coverable <= _union(serves, c)])
    )
    wins = {f: list(verdicts[f].values()).count("recommended") for f in order}
    best = max(smallest, key=lambda chosen: sum(wins[f] for f in chosen))
    return best, tuple(task for task in tasks if task not in coverable)


def _union(sets: Mapping[str, set[str]], chosen: Sequence[str]) -> set[str]:
    return set().union(*(sets[one] for one in chosen))


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
        task=task,
        decision=decision,
        because=sufficient(engine, decision),
        changes=flips(engine, decision),
        selection=_selection(engine, decision, order),
        elsewhere=elsewhere,
        rulebase=engine.rulebase,
        priority=engine.priority,
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
