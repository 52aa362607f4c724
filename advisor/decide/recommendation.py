"""How a recommendation is computed, and the formats in which it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from advisor.decide.advice import SCREEN, Advice, Screen, TaskAdvice
from advisor.decide.outlook import UNDETERMINED, outlook, strictness
from advisor.decide.selection import ORDERS, SORTS, Picking, select
from advisor.engine.bounds import TIME
from advisor.engine.decision import Engine, for_each_task
from advisor.engine.profile import Answer, Profile, bounds_in, counted, holds, make_profile
from advisor.errors import UsageError, check_type, several
from advisor.model import FINE_TUNE, NONE, TASK, Detour, Elsewhere
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules

if TYPE_CHECKING:
    from advisor.draw.blocks import Page


class Recommendation(Advice):
    """The recommendation, and the formats in which it is shown."""

    __slots__ = ()

    @property
    def recommendation(self) -> Recommendation:
        """Itself: other results that can be shown have one."""
        return self

    def to_dict(self, today: str | None = None) -> dict[str, Any]:
        """Return the JSON document of `advisor recommend --format json`.

        It has ages only if `today` is given, as YYYY-MM or YYYY-MM-DD.
        """
        from advisor.decide.recommendation_json import as_json

        return as_json(self, today)

    def to_page(self, *, whole: bool = False, screen: Screen = SCREEN) -> Page:
        """Return the page of `advisor recommend`: as much as fits the `screen`, or the `whole`."""
        from advisor.decide.page import as_page

        return as_page(self, whole=whole, screen=screen)

    def _repr_html_(self) -> str:
        from advisor.draw.html import fragment

        return fragment(self.to_page())


def recommend(
    rulebase: RuleBase | Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
    *,
    priority: tuple[str, ...] = (),
    strict: bool | str = False,
    sort: str = "quality",
    verified_only: bool = False,
    names: Mapping[str, str] = MappingProxyType({}),
    within: str | float | None = None,
    engine: Engine | None = None,
    **keywords: Any,
) -> Recommendation:
    """Return the recommendation for answers: question -> option, list of options, or number.

    Answers are a mapping or keywords (`memory_gb=4`); the shipped rules are used unless others come
    first. Each of several tasks is decided. `priority` puts criteria first. `strict` makes the
    outcome undetermined if the family or first checkpoint depends on defaults, with "family" only
    the family. `sort` ranks checkpoints (quality, memory, permissive; `order` does the same),
    `verified_only` picks none with an unverified field that matters, `within` none that takes more
    time for the items, `max_parameters` none that is larger. `names` are labels or fields for the
    commands that the answer proposes. An `engine` has its own rules and
    priority. Raises UsageError for unknown names, ContradictionError for answers that cannot all be
    true, and TypeError or ValueError for wrong arguments.
    """
    check_type("verified_only", verified_only, bool, "True or False")
    picking = Picking(order_named(keywords.pop("order", sort)), verified_only)
    if engine is not None:
        check_type("engine", engine, Engine, "an Engine")
    priority = several("priority", priority, str, "a criterion")
    if engine is not None and priority and priority != engine.priority:
        raise ValueError("`priority` differs from the priority of `engine`. Pass only one of them")
    rules, given = called_with(rulebase, answers, keywords)
    engine = engine or Engine.known(rules or load_rules(), priority)
    given |= {} if within is None else {TIME: within}
    profile = make_profile(engine.rulebase, given)
    if bounds_in(profile)[0]:
        from advisor.decide.bounded_rules import bounded

        engine, profile = bounded(engine, profile)
    alone = for_each_task(engine.rulebase, profile)
    how: Any = {"strict": strictness(strict), **picking._asdict()}
    advice = tuple(advise(engine, as_meant.profile, names=names, **how) for as_meant in alone)
    together = None
    if len(advice) > 1:
        from advisor.decide.cover import together_for

        together = together_for(engine, advice, picking.order)
    notes = [note for as_meant in alone for note in as_meant.notes]
    if engine.rulebase.measurements:
        from advisor.decide.own_measurements import measured_notes

        notes += measured_notes(engine.rulebase, advice)
    return Recommendation(
        rulebase=engine.rulebase,
        advice=advice,
        together=together,
        priority=engine.priority,
        notes=tuple(notes),
        **how,
    )


def called_with(
    rulebase: RuleBase | Mapping[str, Any] | None,
    answers: Mapping[str, Any] | None,
    keywords: Mapping[str, Any],
) -> tuple[RuleBase | None, dict[str, Any]]:
    """Return rules and answers of a call: rules may be omitted, answers may be keywords."""
    if isinstance(rulebase, Mapping):
        if answers is not None:
            raise TypeError("answers are given twice; rules come first, then one mapping")
        rulebase, answers = None, rulebase
    if rulebase is not None:
        check_type("rulebase", rulebase, RuleBase, "a RuleBase from `load_rules`, or answers")
    if answers is not None:
        check_type("answers", answers, Mapping, "a mapping of questions to options")
    named = {name.replace("_", "-"): answer for name, answer in keywords.items()}
    return rulebase, {**(answers or {}), **named}


def order_named(name: str) -> str:
    """Return the order of a sort name. Raises UsageError for an unknown one."""
    check_type("sort", name, str, "the name of a sort order")
    order = SORTS.get(name, name)
    if order not in ORDERS:
        raise UsageError(f"unknown sort order `{name}`", hint=f"known: {', '.join(SORTS)}")
    return order


def advise(
    engine: Engine,
    profile: Profile,
    *,
    strict: str = "",
    order: str = "quality",
    verified_only: bool = False,
    names: Mapping[str, str] = MappingProxyType({}),
) -> TaskAdvice:
    """Return the answer for a profile with at most one task.

    `names` are labels or fields of flags (`labels`, `fields`), for the commands proposed. If what
    `strict` names depends on answers that were not given, the outcome is undetermined; all
    else stays.
    """
    decision = engine.decide(profile)
    picking = Picking(order, verified_only)
    seen = outlook(engine, decision, picking, strict)
    if UNDETERMINED in seen.certainty:
        decision = decision._replace(outcome=UNDETERMINED)
    selection = select(engine.rulebase, decision, picking)
    if seen.training:
        instead = {id: Answer((option,), None, "assumed") for id, option in seen.training.items()}
        starts = select(engine.rulebase, engine.decide({**profile, **instead}), picking)
        picks = tuple(pick for pick in starts.picks if pick.use == FINE_TUNE)
        selection = selection._replace(
            picks=picks, ladder=starts.ladder, provided=seen.training, uses=starts.uses
        )
    changes = seen.changes
    if engine.rulebase.bounds:
        from advisor.decide.bounded_rules import without_bounds

        changes += tuple(without_bounds(engine, profile, decision, selection, picking))
    rulebase = engine.rulebase
    task = decision.profile[TASK].options[0] if TASK in profile else None
    elsewhere: Elsewhere | Detour | None = None  # instead of the families, or beside the best one
    if task:
        detours = (detour for detour in rulebase.detours if holds(detour.when, decision.profile))
        other = rulebase.elsewhere.get(task) if decision.outcome == NONE else None
        elsewhere = next(detours, other)
    return TaskAdvice(
        task=task,
        decision=decision,
        certainty=seen.certainty,
        changes=changes,
        selection=selection,
        elsewhere=elsewhere,
        rulebase=rulebase,
        priority=engine.priority,
        items=counted(engine.rulebase, profile),
        names=names,
    )
