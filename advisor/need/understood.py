"""The understanding of a sentence as a value: its reading, its profile and the recommendation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from advisor.decide.advice import TaskAdvice
from advisor.decide.command_lines import act_of, command, named_flags, quoted
from advisor.decide.outlook import strict_words
from advisor.decide.recommendation import Recommendation
from advisor.decide.selection import ORDERS, sort_flag
from advisor.engine.profile import Answer, Profile
from advisor.model import NOT_APPLICABLE, TASK, NamedTuple
from advisor.need.limits import Limit
from advisor.need.reading import AnswerRead, Reading
from advisor.need.wishes import TaskRead

FIELDS = "fields"
"""The result of acts that extract named fields from documents."""

OFFERED = 3
"""At most this many tasks are offered if it is unclear which one was meant."""


class Understood(NamedTuple):
    """The reading of a sentence, and its answer.

    `given` are the answers and bounds of flags, `tasks` the candidates that fit them, `profile` all
    answers for the first. `dropped` are answers read that contradict that task or a flag.
    `between` are ids of tasks if several may be meant, empty if one is. `besides` maps other tasks
    of the sentence to their profiles. `literally`: no answers were inferred.
    """

    reading: Reading
    given: Profile
    tasks: tuple[TaskRead, ...]
    profile: Profile
    dropped: tuple[AnswerRead, ...]
    recommendation: Recommendation
    literally: bool = False
    between: tuple[str, ...] = ()
    besides: Mapping[str, Profile] = MappingProxyType({})

    @property
    def advice(self) -> TaskAdvice:
        """The answer for the likeliest task."""
        return self.recommendation.advice[0]

    @property
    def exit_code(self) -> int:
        """3 if several tasks may be meant, else that of the recommendation (0, 1 or 3)."""
        return 3 if self.between else self.recommendation.exit_code

    @property
    def guesses(self) -> bool:
        """True if no word and no flag names a task; the name of a model alone does not count."""
        return bool(self.between) and not any(task.strength for task in self.tasks)

    @property
    def kept(self) -> tuple[AnswerRead, ...]:
        """The answers read that the profile has, also if they do not apply to the task."""
        read = (*self.reading.answers, *self.reading.concluded)
        return tuple(
            answer
            for answer in read
            if self.profile.get(answer.question)
            in (answer.answer, answer.answer._replace(options=(NOT_APPLICABLE,)))
        )

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of fields to extract; empty if the likeliest task does not extract fields."""
        act = act_of(self.recommendation.rulebase, self.advice.task or "")
        named = self.reading.words(self.reading.fields)
        return named if act is not None and act.result == FIELDS else ()

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The limits of the sentence that the answer applies; a flag can override one."""
        bounds = self.recommendation.rulebase.bounds
        held = bounds.answers if bounds else {}
        return tuple(
            limit
            for limit in self.reading.limits
            if limit.bound in held and held[limit.bound].names == (limit.text,)
        )

    @property
    def offered(self) -> tuple[str, ...]:
        """Ids of tasks to offer: all candidates, then other indicated ones up to OFFERED."""
        tasks = dict.fromkeys(task.task for task in (*self.tasks, *self.reading.touched))
        return tuple(tasks)[: max(OFFERED, len(self.tasks))]

    @property
    def confirming(self) -> tuple[str, ...]:
        """Commands with `--task` for each possible task; empty if a flag or the words decide it."""
        if self.advice.decision.outcome not in ("assumed", "undetermined") or TASK in self.given:
            return ()
        names = self.between[:OFFERED] or [task.task for task in self.tasks]
        return tuple(map(self.answering, names))

    def answering(self, task: str) -> str:
        """Return the `recommend` command with a task and its answers as flags."""
        meant = {TASK: Answer((task,), None, "flag")}
        profile = {**meant, **self.besides.get(task, self.profile), **meant}
        rulebase, priority = self.recommendation.rulebase, self.recommendation.priority
        return " ".join([command("recommend", rulebase, profile, priority), *self._sorting])

    @property
    def _sorting(self) -> list[str]:
        order = self.recommendation.order
        return [sort_flag(order)] if order != ORDERS[0] else []

    @property
    def command(self) -> str:
        """The `recommend` command with the sentence and the flags that were given."""
        recommendation = self.recommendation
        verb = f"recommend {quoted(self.reading.text)}"
        bounds = recommendation.rulebase.bounds  # those of the sentence are in it
        rulebase = bounds.unbounded if bounds else recommendation.rulebase
        words = [command(verb, rulebase, self.given, recommendation.priority)]
        words += named_flags(self.advice.names)
        words += ["--no-infer"] if self.literally else []
        words += self._sorting
        words += strict_words(recommendation.strict)
        words += ["--verified-only"] if recommendation.verified_only else []
        return " ".join(words)
