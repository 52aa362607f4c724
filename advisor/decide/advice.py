"""The recommendation as a value: family and checkpoints for each task, and for all together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from advisor.decide.command_lines import (
    command,
    may_run,
    named_flags,
    program_for,
    program_joining,
    quoted,
    rules_flags,
    try_command,
    use_of,
)
from advisor.decide.outlook import Certainty, Change, strict_words
from advisor.decide.requirements import Requirements
from advisor.decide.selection import ORDERS, Pick, Selection, sort_flag
from advisor.engine.decision import Decision, Engine, applicable
from advisor.engine.profile import Answer
from advisor.model import COMPOSE, TASK, Checkpoint, Detour, Elsewhere, NamedTuple
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.reasons import Reason
    from advisor.decide.workload import Hours


class Screen(NamedTuple):
    """The room for one answer: `lines`, or `most` on a lower terminal, of `columns` characters."""

    lines: int = 22
    most: int = 99
    columns: int = 80


SCREEN, END = Screen(), Screen(lines=21)
"""The page for one task, and one a line shorter, for offers that follow it."""
UNBOUND = Screen(lines=99)
"""More lines than an answer ever takes, for a page that scrolls."""
AROUND = 2
"""The lines of a terminal left for the command and the next prompt of the shell."""
ON_ITS_PAGE = {"languages", "commercial_use", "memory_gb"}
"""Checkpoint fields that the model page may state although the catalog has them unverified."""


def screen_here(usual: Screen = SCREEN, below: Callable[[int], int] = lambda _: AROUND) -> Screen:
    """Return `usual` limited to the terminal on stdout; unchanged if stdout is no terminal.

    `below` maps the terminal's columns to the number of its lines kept for other text.
    """
    from advisor.draw.terminal import terminal_size

    size = terminal_size()
    return usual._replace(most=size[1] - below(size[0]), columns=size[0]) if size else usual


class Span(NamedTuple):
    """The first and the last of some dates, as written: 2026-11 or 2026-11-24."""

    oldest: str
    newest: str

    def age_months(self, today: str) -> int:
        """Return the whole months from `oldest` to `today`, both dates as written; at least 0."""
        first, last = ([int(part) for part in date.split("-")] for date in (self.oldest, today))
        months = (last[0] - first[0]) * 12 + last[1] - first[1]
        not_yet = len(first) == len(last) == 3 and last[2] < first[2]
        return max(months - not_yet, 0)


class TaskAdvice(NamedTuple):
    """The answer for one task. Properties that only some formats show are computed when read."""

    task: str | None
    decision: Decision
    certainty: Certainty
    changes: tuple[Change, ...]
    selection: Selection
    elsewhere: Elsewhere | Detour | None
    rulebase: RuleBase
    priority: tuple[str, ...]
    items: float | None = None
    """The number of items the user gave, even if no rule depends on it; None if not given."""
    names: Mapping[str, str] = MappingProxyType({})
    """The labels or fields of flags, for the commands that run the model or write its program."""

    @property
    def reason(self) -> Reason:
        """The smallest set found of answers that force the family; finding it may take a second."""
        from advisor.decide.reasons import sufficient

        return sufficient(Engine.known(self.rulebase, self.priority), self.decision)

    @property
    def runnable(self) -> Checkpoint | None:
        """The first pick that `advisor try` can run without training: it loads with transformers.

        None if there is no such pick or no task, or if the first of the allowed uses is not as-is.
        """
        if self.task is None or self.selection.uses[:1] != ("as-is",):
            return None
        ready = (pick.checkpoint for pick in self.selection.picks if pick.use == "as-is")
        return next((model for model in ready if model.loader == "transformers"), None)

    @property
    def family(self) -> str | None:
        """The family of the picks, if need be the next in the ranking; None if no family fits."""
        return self.selection.next_family or self.decision.family

    @property
    def barren(self) -> bool:
        """True if nothing meets the answers, no pick and no parts to combine, but some came close.

        Close are the checkpoints in `selection.closest` and `selection.unverified`, and picks that
        are too slow.
        """
        selection = self.selection
        if selection.first and selection.first.late:
            return True
        fell_out = bool(selection.closest or selection.unverified)
        return not (selection.picks or selection.compose) and fell_out

    @property
    def assumed(self) -> dict[str, str]:
        """The default answers (question -> option) that are part of a change in `changes`."""
        changing = {id for change in self.changes for id in change.answers}
        profile = self.decision.profile
        return {
            id: profile[id].options[0]
            for id in profile
            if id in changing and profile[id].origin == "assumed" and applicable(profile[id])
        }

    @property
    def options(self) -> dict[str, str]:
        """The answers that are exactly one option (question -> option)."""
        profile = self.decision.profile
        return {id: a.options[0] for id, a in profile.items() if len(a.options) == 1}

    @property
    def snippet(self) -> str | None:
        """The program that runs or trains the first pick; None without one or a safe way."""
        first = self.selection.first
        if first is None:
            return None
        from advisor.decide.programs import snippet

        use = self.use_of(first)
        return snippet(first.checkpoint, self.task, self.rulebase, self.options, use)

    def hours(self, pick: Pick) -> Hours | None:
        """Return how long a pick takes for all items; None if that or the number is unknown."""
        if not self.items:
            return None
        from advisor.decide.workload import time_of

        return time_of(self.rulebase, pick.checkpoint, self.decision.profile, self.items)

    def served(self, pick: Pick) -> tuple[str, Hours] | None:
        """Return the first server that runs a pick, and how long that takes; None if unknown."""
        if not self.items:
            return None
        from advisor.decide.programs import can_run
        from advisor.decide.workload import time_of

        rules, checkpoint, task = self.rulebase, pick.checkpoint, str(self.task)
        for runtime in rules.runtimes.values():
            if runtime.at_once and can_run(rules, runtime, checkpoint, task):
                took = time_of(rules, checkpoint, self.decision.profile, self.items, runtime)
                return took and (runtime.label, took)
        return None

    @property
    def has_program(self) -> bool:
        """True if advisor has a program for the first pick, or one to combine parts if advised."""
        first = self.selection.first
        if self.task and self.selection.compose:
            return program_joining(self.task, self.rulebase.programs) is not None
        if not (self.task and first):
            return False
        use, programs = self.use_of(first), self.rulebase.programs
        return program_for(first.checkpoint, self.task, programs, use) is not None

    @property
    def joinable(self) -> bool:
        """True if the family is combined from parts, and the answers allow to `compose` it."""
        family = self.family
        composable = family is not None and self.rulebase.family(family).composable
        return bool(self.task) and composable and COMPOSE in self.selection.uses

    def use_of(self, pick: Pick) -> str:
        """Return the use that the program for a pick has; see `command_lines.use_of`."""
        return use_of(self.rulebase, pick.checkpoint, str(self.task), self.options, pick.use)

    @property
    def try_command(self) -> str | None:
        """The command that tries `runnable`; None without one or if no runner can exist for it."""
        return self.trying()

    def trying(self, image: str = "", own: Mapping[str, str] = MappingProxyType({})) -> str | None:
        """Return `try_command` for an image, with `own` values of flags in place of examples."""
        checkpoint, task = self.runnable, self.task
        if not task or not checkpoint or not may_run(self.rulebase, checkpoint.model_type, task):
            return None
        return try_command(self.rulebase, checkpoint, task, image, {**own, **self.names})

    @property
    def settles(self) -> str | None:
        """Where to check unverified fields of the first pick: its page, or a command to try it.

        The page, if it may state any of them. None without a task, a pick or an unverified field.
        """
        first = self.selection.first
        if not (self.task and first and first.unknown):
            return None
        if any(gap.field in ON_ITS_PAGE for gap in first.unknown):
            return first.checkpoint.page
        return try_command(self.rulebase, first.checkpoint, self.task)

    @property
    def hints(self) -> list[str]:
        """The commands that are useful next, such as `explain`, `ask`, `show` and `try`."""
        given, selection, folders = self.decision.given, self.selection, self.rulebase.folders
        result = [command("explain", self.rulebase, given, self.priority)]
        if self.decision.outcome in ("assumed", "undetermined"):
            result.append(command("ask", self.rulebase, given, self.priority))
        if selection.provided:
            instead = {id: Answer((o,), None, "flag") for id, o in selection.provided.items()}
            result.append(command("recommend", self.rulebase, {**given, **instead}, self.priority))
        if selection.compose or selection.uses[:1] == ("compose",):
            result.append("advisor compose --help")
        if selection.first:
            words = [f"advisor show {selection.first.checkpoint.hub_id}", *rules_flags(folders)]
            result.append(" ".join(words))
        result += [self.settles] if self.settles else []
        return result + ([self.try_command] if self.try_command else [])

    def freshness(self, shown: Sequence[Pick]) -> dict[str, Span | None]:
        """Return the dates of evidence: `checked` of the picks, `decided` of decisive sources.

        Those are the sources of decisive rules, and of the picks' fields that answers put a
        requirement on. A value is None if there are no dates.
        """
        sources = {
            source
            for assessment in self.decision.assessments
            for fired_rule in assessment.fired
            if fired_rule.decisive
            for source in fired_rule.rule.sources
        }
        required = Requirements(self.rulebase, self.decision.profile)
        for field in {demand.field for demand in required.demands}:
            key = "parameters_millions" if field == "memory_gb" else field
            sources.update(*(pick.checkpoint.sources.get(key, ()) for pick in shown))
        dates = self.rulebase.source_dates
        checked = {
            "checked": [pick.checkpoint.checked for pick in shown],
            "decided": [dates[source] for source in sources if source in dates],
        }
        return {of: Span(min(when), max(when)) if when else None for of, when in checked.items()}


class CheckpointSet(NamedTuple):
    """A set of checkpoints that together serve all tasks.

    `members` are pairs of a pick and its use for each task it serves. `memory_gb` is the memory of
    one process that loads all, shared libraries counted once; None if the size of one is unknown.
    """

    members: tuple[tuple[Pick, dict[str, str]], ...]
    memory_gb: float | None


class CheckpointSets(NamedTuple):
    """The best set and the runner-up, each None if there is none.

    `within` is False if no set is known to fit the memory limit: `best` then ignores it. `unserved`
    are the tasks for which no checkpoint meets the answers.
    """

    best: CheckpointSet | None
    runner_up: CheckpointSet | None
    memory_limit_gb: float | None
    within: bool
    unserved: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """True if the best set serves every task within the memory limit."""
        return self.best is not None and self.within and not self.unserved


class Together(NamedTuple):
    """One answer for several tasks.

    `family` is excluded for none of them (else None), with its `verdicts` by task. `families` is
    the smallest set that covers all tasks except `uncovered`, without discouraged families if
    possible. `covers` are the smallest sets of checkpoints for the tasks that have one.
    """

    family: str | None
    verdicts: dict[str, str]
    families: tuple[str, ...]
    uncovered: tuple[str, ...]
    covers: CheckpointSets


class Advice(NamedTuple):
    """The recommendation: a `TaskAdvice` for each task, and `together` if there are several."""

    rulebase: RuleBase
    advice: tuple[TaskAdvice, ...]
    together: Together | None
    priority: tuple[str, ...]
    order: str
    strict: str = ""
    verified_only: bool = False
    notes: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """The worst outcome of the tasks; from the best: decided, assumed, undetermined, none."""
        ranks = ("decided", "assumed", "undetermined", "none")
        return max((task_advice.decision.outcome for task_advice in self.advice), key=ranks.index)

    @property
    def exit_code(self) -> int:
        """1 if a task has no family or nothing meets its answers, 3 if undetermined, else 0."""
        outcomes = {task_advice.decision.outcome for task_advice in self.advice}
        if "none" in outcomes or any(task.decision.family and task.barren for task in self.advice):
            return 1
        return 3 if "undetermined" in outcomes else 0

    @property
    def checkpoint(self) -> str | None:
        """The Hub id of the first checkpoint for the (first) task; None if there is none."""
        first = self.advice[0].selection.first
        return first.checkpoint.hub_id if first else None

    @property
    def snippet(self) -> str | None:
        """The program that runs or trains `checkpoint`; None if no safe way is known."""
        return self.advice[0].snippet

    @property
    def command(self) -> str:
        """The one-line command that gives the same answer again."""
        given = dict(self.advice[0].decision.given)
        if len(self.advice) > 1:
            given[TASK] = Answer(tuple(str(task.task) for task in self.advice), None, "flag")
        words = [command("recommend", self.rulebase, given, self.priority)]
        words += named_flags(self.advice[0].names)
        words += [sort_flag(self.order)] if self.order != ORDERS[0] else []
        words += strict_words(self.strict)
        words += ["--verified-only"] if self.verified_only else []
        if self.rulebase.measurements:
            words += ["--measurements", quoted(self.rulebase.measurements.file)]
        return " ".join(words)

    @property
    def ids(self) -> list[str]:
        """The Hub id of the first checkpoint for each task that has one."""
        firsts = [task.selection.first for task in self.advice]
        return [first.checkpoint.hub_id for first in firsts if first]

    def __repr__(self) -> str:
        lines = [f"<{type(self).__name__}: {self.outcome}"]
        for task_advice in self.advice:
            first = task_advice.selection.first
            checkpoint = first.checkpoint.id if first else "no checkpoint"
            task = f"{task_advice.task}: " if task_advice.task else ""
            lines.append(f"  {task}{task_advice.family or 'no family'}, {checkpoint}")
        return "\n".join([*lines, f"  {self.command}>"])

    def code_command(
        self,
        task: TaskAdvice,
        named: str = "",
        *,
        join: bool = False,
        thinking: bool = True,
        runtime: str = "",
    ) -> str:
        """Return the command that writes the program for a task and its `named` checkpoint."""
        verb = f"code {quoted(named)}" if named else "code"
        words = [command(verb, self.rulebase, task.decision.given, self.priority)]
        words += named_flags(task.names)
        words += [sort_flag(self.order)] if self.order != ORDERS[0] else []
        words += ["--verified-only"] if self.verified_only else []
        words += ["--join"] if join else []
        words += [] if thinking else ["--no-thinking"]
        words += [f"--runtime {quoted(runtime)}"] if runtime else []
        return " ".join(words)
