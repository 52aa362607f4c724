"""The answer for one task: the family, the checkpoints, and what follows from them on demand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from advisor.decide.flags import command, rules_flags, try_command
from advisor.decide.memory import assumptions
from advisor.decide.ranking import Alternative, Yardstick, alternatives
from advisor.decide.reasons import Because, Flip
from advisor.decide.requirements import Demand, demands, languages_asked, loaded_in
from advisor.decide.selection import Pick, Selection
from advisor.engine.decision import Decision, applicable
from advisor.engine.profile import Answer
from advisor.model import Benchmark, Checkpoint, Elsewhere
from advisor.rulebase.base import RuleBase


class Span(NamedTuple):
    """The first and the last of some months or days, as written: 2026-11 or 2026-11-24."""

    oldest: str
    newest: str

    def age_months(self, today: str) -> int:
        """Return how many whole months before today the first one was."""
        return months_between(self.oldest, today)


class Freshness(NamedTuple):
    """`checked` spans the entries that are shown, `decided` the sources of the facts that decided.

    Those are the sources of the decisive rules, and of the fields that answers put a requirement
    on. None where there are none.
    """

    checked: Span | None
    decided: Span | None


class _Fields(NamedTuple):
    task: str | None
    decision: Decision
    because: tuple[Because, ...]
    changes: tuple[Flip, ...]
    selection: Selection
    elsewhere: Elsewhere | None
    rulebase: RuleBase
    priority: tuple[str, ...]


class TaskAdvice(_Fields):
    """The answer for one task. What only some formats show is worked out when it is asked for."""

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

    @property
    def barren(self) -> bool:
        """True where answers require something of checkpoints that nothing is known to satisfy.

        Where nothing fell out, and what nobody verified was only assumed to matter, the unverified
        are an answer.
        """
        selection, profile = self.selection, self.decision.profile
        doubts = [gap for pick in selection.unverified for gap in pick.unknown]
        asked = any(profile[gap.question].origin != "assumed" for gap in doubts)
        return not (selection.picks or selection.compose) and (bool(selection.rejected) or asked)

    @property
    def assumed(self) -> dict[str, str]:
        """The answers that nobody gave; of a sure family, only those that checkpoints depend on."""
        rulebase, decision = self.rulebase, self.decision
        assumed = {
            id: answer.options[0]
            for id, answer in decision.profile.items()
            if answer.origin == "assumed" and applicable(answer)
        }
        if len(decision.possible) > 1:
            return assumed
        chosen = (*rulebase.demanding, *rulebase.keeping, *rulebase.ordering)
        bearing = {question.id for question in chosen} if self.selection.picks else set()
        return {id: option for id, option in assumed.items() if id in bearing}

    @cached_property
    def demands(self) -> tuple[Demand, ...]:
        """What the answers require of a checkpoint."""
        return demands(self.rulebase, self.decision.profile)

    @cached_property
    def yardstick(self) -> Yardstick:
        """What checkpoints are measured by for the task."""
        return Yardstick(self.rulebase, self.task, languages_asked(self.demands))

    def figures(self, pick: Pick) -> tuple[tuple[Benchmark, float], ...]:
        """Return what was published of a pick on the task's benchmarks, the most telling first."""
        return self.yardstick.figures(pick.objectives)

    def alternatives(self, pick: Pick) -> tuple[Alternative, ...]:
        """Return what to try next where a pick disappoints."""
        return alternatives(pick, self.selection, self.yardstick)

    def prompt(self, pick: Pick) -> str | None:
        """Return the prompt for a pick, as its snippet has it; None where none is known."""
        from advisor.decide.programs import prompt_for

        return prompt_for(pick.checkpoint, self.task, self.rulebase.programs, self._options)

    @cached_property
    def snippet(self) -> str | None:
        """The program that runs the first checkpoint, if there is one and a safe way is known."""
        from advisor.decide.programs import snippet

        if not self.selection.picks:
            return None
        first = self.selection.picks[0].checkpoint
        return snippet(first, self.task, self.rulebase.programs, self._options)

    @property
    def _options(self) -> dict[str, str]:
        """The answers that are one option, by question."""
        profile = self.decision.profile
        return {id: a.options[0] for id, a in profile.items() if len(a.options) == 1}

    def freshness(self, shown: Sequence[Pick]) -> Freshness:
        """Return how old the facts are that decided, and the entries of the picks shown."""
        sources = [
            source
            for assessment in self.decision.assessments
            for found in assessment.fired
            if found.decisive
            for source in found.rule.sources
        ]
        for field in dict.fromkeys(demand.field for demand in self.demands):
            known = "parameters_millions" if field == "memory_gb" else field
            for pick in shown:
                sources += pick.checkpoint.sources.get(known, [])
        dates = self.rulebase.source_dates
        read = [dates[source] for source in set(sources) if source in dates]
        return Freshness(_span(pick.checkpoint.checked for pick in shown), _span(read))

    def memory_assumptions(self, shown: Sequence[Pick]) -> str | None:
        """Return what the memory of picks rests on, in words; None where it is not known."""
        if all(pick.memory_gb is None for pick in shown):
            return None
        dtype = loaded_in(self.rulebase, self.decision.profile)
        return assumptions((pick.checkpoint for pick in shown), dtype)

    @cached_property
    def try_command(self) -> str | None:
        """The command that tries the first checkpoint that can be run as it is, if any can."""
        from advisor.decide.programs import may_run

        checkpoint = self.runnable
        if self.task is None or checkpoint is None:
            return None
        if not may_run(self.rulebase, checkpoint.model_type, self.task):
            return None
        return try_command(self.rulebase, checkpoint, self.task)

    @cached_property
    def hints(self) -> list[str]:
        """The commands worth typing next."""
        given, selection = self.decision.given, self.selection
        context = self.priority, self.rulebase.folders
        result = [command("explain", given, *context)]
        if self.decision.outcome in ("assumed", "undetermined"):
            result.append(command("ask", given, *context))
        if selection.provided:
            instead = {id: Answer((o,), None, "flag") for id, o in selection.provided.items()}
            result.append(command("recommend", {**given, **instead}, *context))
        if selection.compose or selection.uses[:1] == ("compose",):
            result.append("advisor compose --help")
        if selection.picks:
            words = [f"advisor show {selection.picks[0].checkpoint.id}"]
            result.append(" ".join([*words, *rules_flags(self.rulebase.folders)]))
        return [*result, self.try_command] if self.try_command else result


def lost_on_text(rulebase: RuleBase, criterion: str) -> str:
    """Return in words on what a family lost to the winner."""
    if criterion == "rank":
        return "tied on every criterion; lost on the declared rank"
    return f"lost on {rulebase.criterion(criterion).name}"


def _span(dates: Iterable[str]) -> Span | None:
    known = sorted(dates)
    return Span(known[0], known[-1]) if known else None


def months_between(earlier: str, later: str) -> int:
    """Return the whole months from one month or day to a later one; never less than 0."""
    first, last = (date.split("-") for date in (earlier, later))
    months = (int(last[0]) - int(first[0])) * 12 + int(last[1]) - int(first[1])
    if len(first) == len(last) == 3 and int(last[2]) < int(first[2]):
        months -= 1
    return max(months, 0)
