"""The answer to a need: family and checkpoints for each task, and one for all tasks together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.decide.command_lines import (
    command,
    may_run,
    quoted,
    rules_flags,
    settling,
    try_command,
)
from advisor.decide.memory import assumptions
from advisor.decide.outlook import (
    UNDETERMINED,
    Certainty,
    Change,
    outlook,
    strict_words,
    strictness,
)
from advisor.decide.requirements import Gap, Requirements
from advisor.decide.selection import ORDERS, Pick, Rung, Selection
from advisor.decide.starting_points import select_or_train
from advisor.engine.decision import Decision, Engine, applicable
from advisor.engine.profile import Answer, Profile, holds, make_profile
from advisor.engine.readings import for_each_task
from advisor.errors import UsageError, check_type, several
from advisor.model import NONE, TASK, Checkpoint, Detour, Elsewhere
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules

if TYPE_CHECKING:
    from advisor.decide.cover import Together
    from advisor.decide.reasons import Reason
    from advisor.draw.blocks import Page


class Span(NamedTuple):
    """The first and the last of some months or days, as written: 2026-11 or 2026-11-24."""

    oldest: str
    newest: str

    def age_months(self, today: str) -> int:
        """Return how many whole months before today the first one was; never less than 0."""
        first, last = ([int(part) for part in date.split("-")] for date in (self.oldest, today))
        months = (last[0] - first[0]) * 12 + last[1] - first[1]
        not_yet = len(first) == len(last) == 3 and last[2] < first[2]
        return max(months - not_yet, 0)


class TaskAdvice(NamedTuple):
    """The answer for one task. What only some formats show is worked out when it is asked for."""

    task: str | None
    decision: Decision
    certainty: Certainty
    changes: tuple[Change, ...]
    selection: Selection
    elsewhere: Elsewhere | Detour | None
    rulebase: RuleBase
    priority: tuple[str, ...]

    @property
    def reason(self) -> Reason:
        """The fewest answers that alone force the family; the search may take a second."""
        from advisor.decide.reasons import sufficient

        return sufficient(Engine.known(self.rulebase, self.priority), self.decision)

    @property
    def runnable(self) -> Checkpoint | None:
        """The first checkpoint that `advisor try` can run as it is for the task, if any can.

        Where training comes first, none: what runs untrained is not what is recommended.
        """
        if self.task is None or self.selection.uses[:1] != ("as-is",):
            return None
        ready = (pick.checkpoint for pick in self.selection.picks if pick.use == "as-is")
        return next((one for one in ready if one.loader == "transformers"), None)

    @property
    def family(self) -> str | None:
        """The family whose checkpoints stand here: the next one where the first has none."""
        return self.selection.next_family or self.decision.family

    @property
    def ladder(self) -> tuple[Rung, ...]:
        """The best for each step of memory, and of all; empty where memory was said."""
        return self.selection.ladder

    @property
    def barren(self) -> bool:
        """True where answers require something of checkpoints that nothing may satisfy.

        That nobody verified whether it may be used at all is no answer, nor is anything unverified
        where only verified ones were asked for.
        """
        selection = self.selection
        fell_out = bool(selection.closest or selection.unverified)
        return not (selection.picks or selection.compose) and fell_out

    @property
    def assumed(self) -> dict[str, str]:
        """The answers that nobody gave and that change the answer, alone or with others."""
        changing = {id for change in self.changes for id in change.answers}
        profile = self.decision.profile
        return {
            id: profile[id].options[0]
            for id in profile
            if id in changing and profile[id].origin == "assumed" and applicable(profile[id])
        }

    @property
    def options(self) -> dict[str, str]:
        """The answers that are one option, by question."""
        profile = self.decision.profile
        return {id: a.options[0] for id, a in profile.items() if len(a.options) == 1}

    @property
    def snippet(self) -> str | None:
        """The program that runs or trains the first checkpoint, if a safe way is known."""
        from advisor.decide.programs import said_first, snippet

        if not self.selection.picks:
            return None
        first = self.selection.picks[0]
        known = self.rulebase.programs
        code = snippet(first.checkpoint, self.task, known, self.options, self.use_of(first))
        return code and said_first(self.rulebase, self.options) + code

    def use_of(self, pick: Pick) -> str:
        """What the program for a pick does with it: it trains where it may, and a program can."""
        from advisor.decide.programs import use_of

        return use_of(self.rulebase, pick.checkpoint, str(self.task), self.options, pick.use)

    @property
    def try_command(self) -> str | None:
        """The command that tries the first checkpoint that can be run as it is, if any can."""
        checkpoint, task = self.runnable, self.task
        if not task or not checkpoint or not may_run(self.rulebase, checkpoint.model_type, task):
            return None
        return try_command(self.rulebase, checkpoint, task)

    @property
    def doubts(self) -> tuple[Gap, ...]:
        """What of all that was asked is verified of no checkpoint, or was measured as poor.

        Those are the doubts about the first; empty where it is verified.
        """
        picks = self.selection.picks
        return (*picks[0].unknown, *picks[0].poor) if picks else ()

    @property
    def settles(self) -> str | None:
        """The command that settles what nobody verified of the first; None where all is."""
        picks = self.selection.picks
        return settling(self.rulebase, picks[0], str(self.task)) if picks and self.task else None

    @property
    def hints(self) -> list[str]:
        """The commands worth typing next."""
        given, selection, folders = self.decision.given, self.selection, self.rulebase.folders
        result = [command("explain", self.rulebase, given, self.priority)]
        if self.decision.outcome in ("assumed", "undetermined"):
            result.append(command("ask", self.rulebase, given, self.priority))
        if selection.provided:
            instead = {id: Answer((o,), None, "flag") for id, o in selection.provided.items()}
            result.append(command("recommend", self.rulebase, {**given, **instead}, self.priority))
        if selection.compose or selection.uses[:1] == ("compose",):
            result.append("advisor compose --help")
        if selection.picks:
            words = [f"advisor show {selection.picks[0].checkpoint.id}", *rules_flags(folders)]
            result.append(" ".join(words))
        result += [self.settles] if self.settles else []
        return result + ([self.try_command] if self.try_command else [])

    def freshness(self, shown: Sequence[Pick]) -> dict[str, Span | None]:
        """Return how old the entries of picks are (`checked`), and the facts that `decided`.

        Those are the sources of the decisive rules, and of the fields that answers put a
        requirement on. None where there are none.
        """
        sources = {
            source
            for assessment in self.decision.assessments
            for found in assessment.fired
            if found.decisive
            for source in found.rule.sources
        }
        required = Requirements(self.rulebase, self.decision.profile)
        for field in {demand.field for demand in required.demands}:
            known = "parameters_millions" if field == "memory_gb" else field
            sources.update(*(pick.checkpoint.sources.get(known, ()) for pick in shown))
        dates = self.rulebase.source_dates
        found = {
            "checked": [pick.checkpoint.checked for pick in shown],
            "decided": [dates[source] for source in sources if source in dates],
        }
        return {of: Span(min(when), max(when)) if when else None for of, when in found.items()}

    def memory_assumptions(self, shown: Sequence[Pick]) -> str | None:
        """Return what the memory of picks rests on, in words; None where it is not known."""
        if all(pick.memory_gb is None for pick in shown):
            return None
        dtype = Requirements(self.rulebase, self.decision.profile).dtype
        return assumptions((pick.checkpoint for pick in shown), dtype)


class Recommendation(NamedTuple):
    """What advisor answers: one `TaskAdvice` a task, and `together` where there are several."""

    rulebase: RuleBase
    advice: tuple[TaskAdvice, ...]
    together: Together | None
    priority: tuple[str, ...]
    order: str
    strict: str = ""
    verified_only: bool = False
    notes: tuple[str, ...] = ()

    @property
    def recommendation(self) -> Recommendation:
        """Itself: what else can be told holds one."""
        return self

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
    def command(self) -> str:
        """The one-line command that gives the same answer again."""
        given = dict(self.advice[0].decision.given)
        if len(self.advice) > 1:
            given[TASK] = Answer(tuple(str(one.task) for one in self.advice), None, "flag")
        words = [command("recommend", self.rulebase, given, self.priority)]
        words += [f"--order {self.order}"] if self.order != ORDERS[0] else []
        words += strict_words(self.strict)
        words += ["--verified-only"] if self.verified_only else []
        if self.rulebase.measurements:
            words += ["--measurements", quoted(self.rulebase.measurements)]
        return " ".join(words)

    def to_dict(self, today: str | None = None) -> dict[str, Any]:
        """Return the JSON document of `advisor recommend --format json`.

        Ages are in it only where `today` is given, as YYYY-MM or YYYY-MM-DD.
        """
        from advisor.decide.recommendation_json import as_json

        return as_json(self, today)

    def to_page(self, today: str | None = None, *, whole: bool = False) -> Page:
        """Return the page of `advisor recommend`: a screen, or the `whole`.

        Ages are on it only where `today` is given.
        """
        from advisor.decide.page import as_page

        return as_page(self, today, whole=whole)

    def to_end(self) -> Page:
        """Return the page at the end of an interview, so that its offers fit below it."""
        from advisor.decide.page import END, as_page

        return as_page(self, lines=END)

    @property
    def ids(self) -> list[str]:
        """The id of the first checkpoint for each task that has one."""
        return [one.selection.picks[0].checkpoint.id for one in self.advice if one.selection.picks]

    def __repr__(self) -> str:
        lines = [f"<{type(self).__name__}: {self.outcome}"]
        for one in self.advice:
            picks = one.selection.picks
            checkpoint = picks[0].checkpoint.id if picks else "no checkpoint"
            task = f"{one.task}: " if one.task else ""
            lines.append(f"  {task}{one.family or 'no family'}, {checkpoint}")
        return "\n".join([*lines, f"  {self.command}>"])

    def _repr_html_(self) -> str:
        from advisor.draw.html import fragment

        return fragment(self.to_page())


def recommend(
    rulebase: RuleBase | Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
    *,
    priority: tuple[str, ...] = (),
    strict: bool | str = False,
    order: str = "quality",
    verified_only: bool = False,
    engine: Engine | None = None,
    **keywords: Any,
) -> Recommendation:
    """Return the recommendation for answers: question -> option, list of options, or number.

    Answers are a mapping or keywords (`memory_gb=4`); the rules are the shipped ones unless others
    come first. Several tasks are decided each. `priority` puts criteria first, `strict` refuses to
    assume the family and the first checkpoint, with "family" the family alone; `order` ranks
    checkpoints (quality, small, open), `verified_only` keeps those apart of which nobody verified
    what matters. An `engine` made before has its own rules and priority.
    Raises UsageError for unknown names and ContradictionError for answers that cannot all be true.
    """
    check_order(order)
    check_type("verified_only", verified_only, bool, "True or False")
    if engine is not None:
        check_type("engine", engine, Engine, "an Engine")
    priority = several("priority", priority, str, "a criterion")
    if engine is not None and priority and priority != engine.priority:
        raise ValueError("`priority` is not that of `engine`; give one of the two")
    rules, said = called_with(rulebase, answers, keywords)
    engine = engine or Engine.known(rules or load_rules(), priority)
    profile = make_profile(engine.rulebase, said)
    alone = for_each_task(engine, profile)
    how: Any = {"strict": strictness(strict), "verified_only": verified_only}
    advice = tuple(advise(engine, told.profile, order=order, **how) for told in alone)
    together = None
    if len(advice) > 1:
        from advisor.decide.cover import together_for

        together = together_for(engine, advice, order)
    notes = [note for told in alone for note in told.notes]
    if engine.rulebase.measurements:
        from advisor.decide.own_measurements import measured_notes

        notes += measured_notes(engine.rulebase, advice)
    return Recommendation(
        rulebase=engine.rulebase,
        advice=advice,
        together=together,
        priority=engine.priority,
        order=order,
        notes=tuple(notes),
        **how,
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
    if rulebase is not None:
        check_type("rulebase", rulebase, RuleBase, "a RuleBase, of `load_rules`, or answers")
    if answers is not None:
        check_type("answers", answers, Mapping, "a mapping of questions to options")
    named = {name.replace("_", "-"): answer for name, answer in keywords.items()}
    return rulebase, {**(answers or {}), **named}


def check_order(order: str) -> None:
    """Raise UsageError where checkpoints cannot be ranked by an order."""
    check_type("order", order, str, "the name of an order")
    if order not in ORDERS:
        raise UsageError(f"unknown order `{order}`", hint=f"orders: {', '.join(ORDERS)}")


def advise(
    engine: Engine,
    profile: Profile,
    *,
    strict: str = "",
    order: str = "quality",
    verified_only: bool = False,
) -> TaskAdvice:
    """Return the answer for a profile with at most one task.

    Where what `strict` names hangs on answers that nobody gave, the outcome is undetermined; all
    else stays.
    """
    decision = engine.decide(profile)
    how: Any = {"order": order, "verified_only": verified_only}
    seen = outlook(engine, decision, strict=strict, **how)
    if UNDETERMINED in seen.certainty:
        decision = decision._replace(outcome=UNDETERMINED)
    task = decision.profile[TASK].options[0] if TASK in profile else None
    return TaskAdvice(
        task=task,
        decision=decision,
        certainty=seen.certainty,
        changes=seen.changes,
        selection=select_or_train(engine, decision, order, verified_only=verified_only),
        elsewhere=_elsewhere(engine.rulebase, decision, task),
        rulebase=engine.rulebase,
        priority=engine.priority,
    )


def _elsewhere(
    rulebase: RuleBase, decision: Decision, task: str | None
) -> Elsewhere | Detour | None:
    """Return what to use instead of the families, or what else beside the one that wins."""
    detours = (one for one in rulebase.detours if holds(one.when, decision.profile))
    if task and (detour := next(detours, None)):
        return detour
    return rulebase.elsewhere.get(task or "") if decision.outcome == NONE else None
