"""What was understood of a sentence as a value, with the answer to it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from advisor.decide.advice import TaskAdvice
from advisor.decide.command_lines import act_of, command, quoted
from advisor.decide.outlook import strict_words
from advisor.decide.recommendation import Recommendation
from advisor.decide.selection import ORDERS, sort_flag
from advisor.engine.profile import Answer, Profile
from advisor.model import NOT_APPLICABLE, TASK, NamedTuple
from advisor.need.limits import Limit
from advisor.need.reading import AnswerRead, Reading
from advisor.need.wishes import TaskRead

FIELDS = "fields"
"""What an act gives that reads named values from documents."""

OFFERED = 3
"""So many tasks are offered as what may have been meant."""


class Understood(NamedTuple):
    """What was understood of a sentence, and its answer.

    `tasks` are those that may be meant, the likeliest first, `given` the answers that flags gave.
    `dropped` are answers read that cannot be true of the likeliest task, or besides the flags.
    `between` are the tasks that it lies between, some of many; empty where one is meant. `besides`
    are what was said for each task that other words speak of.
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
        """0 answered, 1 nothing fits, 3 undetermined."""
        return 3 if self.between else self.recommendation.exit_code

    @property
    def guesses(self) -> bool:
        """True where no word and no flag says what the task is; a model has many."""
        return bool(self.between) and not any(task.strength for task in self.tasks)

    @property
    def kept(self) -> tuple[AnswerRead, ...]:
        """The answers read that count."""
        read = (*self.reading.answers, *self.reading.concluded)
        return tuple(
            answer
            for answer in read
            if self.profile.get(answer.question)
            in (answer.answer, answer.answer._replace(options=(NOT_APPLICABLE,)))
        )

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields to read that are named, where that is what the likeliest task gives."""
        act = act_of(self.recommendation.rulebase, self.advice.task or "")
        named = self.reading.words(self.reading.fields)
        return named if act is not None and act.result == FIELDS else ()

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The limits of the sentence that the answer holds to."""
        bounds = self.recommendation.rulebase.bounds
        held = bounds.answers if bounds else {}
        return tuple(
            limit
            for limit in self.reading.limits
            if limit.bound in held and held[limit.bound].names == (limit.text,)
        )

    @property
    def offered(self) -> tuple[str, ...]:
        """The tasks to offer as what was meant: those within reach, then others touched."""
        tasks = dict.fromkeys(task.task for task in (*self.tasks, *self.reading.touched))
        return tuple(tasks)[: max(OFFERED, len(self.tasks))]

    @property
    def confirming(self) -> tuple[str, ...]:
        """The commands that say which task was meant; none where a flag or words said it."""
        if self.advice.decision.outcome not in ("assumed", "undetermined") or TASK in self.given:
            return ()
        names = self.between[:OFFERED] or [task.task for task in self.tasks]
        return tuple(map(self.answering, names))

    def answering(self, task: str) -> str:
        """Return the command that answers all that was said for a task."""
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
        """The command that gives the same answer again."""
        recommendation = self.recommendation
        verb = f"recommend {quoted(self.reading.text)}"
        bounds = recommendation.rulebase.bounds  # those of the sentence are in it
        rulebase = bounds.unbounded if bounds else recommendation.rulebase
        words = [command(verb, rulebase, self.given, recommendation.priority)]
        words += ["--no-infer"] if self.literally else []
        words += self._sorting
        words += strict_words(recommendation.strict)
        words += ["--verified-only"] if recommendation.verified_only else []
        return " ".join(words)
