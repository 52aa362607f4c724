"""The effect of each answer on the checkpoints of one family, whatever the other answers are.

A set of checkpoints is an integer: bit 2n is number n used as it is, bit 2n + 1 its fine-tuning.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from advisor.decide.precedence import Precedences
from advisor.decide.requirements import HOURS, LEARNT, VERIFIED, Demand, Requirements, overtime
from advisor.decide.selection import line_for
from advisor.engine.profile import Answer
from advisor.engine.task_diagram import UNSAID, Axis, AxisValue
from advisor.model import AS_IS, FINE_TUNE, NOT_APPLICABLE, TASK, Checkpoint, NamedTuple, Option
from advisor.rulebase.base import RuleBase

NOTHING_ELSE: Mapping[str, Answer] = MappingProxyType({})
Said = tuple[tuple[int, int], ...]
"""Earlier answers that other requirements depend on: (level, place), the numbers of question and
value."""


class Marks(NamedTuple):
    """The sets of checkpoints that answers mark.

    `gone` cannot be used or lack a field that training teaches, `lacking` lack another; `unknown`
    have an unverified one, `barred` unverified rights or size, `unlearnt` one that training
    teaches; `learning` have to be taught something, `poor` have poor results in a requested
    language; `late` take longer than a bound on time, and the time of `untimed` is unknown.
    """

    gone: int = 0
    lacking: int = 0
    unknown: int = 0
    barred: int = 0
    unlearnt: int = 0
    learning: int = 0
    poor: int = 0
    late: int = 0
    untimed: int = 0


class Terms(NamedTuple):
    """The effect of answers on ranking and use, beyond single checkpoints.

    `uses` are the allowed ways of use, None if no answer names any; `said` the answers on which
    other requirements depend; `language` the number of the ranking in `lines`; `order` the
    requested sort order; `steps` the memory limits in GB to answer for, `step` the one for the
    first place; `pace` the number of the order by time in `paces`.
    """

    uses: tuple[str, ...] | None = None
    said: Said = ()
    language: int | None = None
    order: str | None = None
    steps: tuple[float, ...] = ()
    step: float | None = None
    pace: int | None = None

    def and_then(self, more: Terms) -> Terms:
        """Return the terms with `more`: uses intersected, the last language, else the first."""
        if more == Terms(said=self.said):
            return self
        uses = more.uses if self.uses is None else self.uses
        if self.uses is not None and more.uses is not None:
            uses = tuple(use for use in more.uses if use in self.uses)
        language = self.language if more.language is None else more.language
        order, step = self.order or more.order, self.step or more.step
        pace = self.pace if more.pace is None else more.pace
        return Terms(uses, more.said, language, order, self.steps or more.steps, step, pace)


class AnswerConsequence(NamedTuple):
    """The effect of one answer, after earlier ones on which its requirements depend.

    As bits, `alive` are the rules that it leaves possible, `ending` those that mention no later
    question. The `said` of its terms includes this answer.
    """

    marks: Marks
    alive: int
    ending: int
    terms: Terms


Consequences = tuple[list[AnswerConsequence], list[int]]
"""The distinct consequences of a question's values, and for each value its index among them."""


class AnswerConsequences:
    """The effects of the answers in `axes` on the checkpoints that a family offers for a task."""

    def __init__(self, rulebase: RuleBase, task: str, family: str, axes: Sequence[Axis]) -> None:
        self.rulebase, self.task, self.family, self.axes = rulebase, task, family, axes
        every = rulebase.forms_of(family)
        self.checkpoints = [
            form for form in every if form.offered and task in (*form.tasks, *form.fine_tune)
        ]
        ids = {checkpoint.id for checkpoint in self.checkpoints}
        self.rules = [
            rule
            for rule in rulebase.aiming
            if ids & set(rule.candidates) and task in rule.when.get(TASK, (task,))
        ]
        self.aims = [self._named(rule.candidates) for rule in self.rules]
        self.keeping = {question.id for question in rulebase.keeping}
        self.all = (1 << 2 * len(self.checkpoints)) - 1
        self.loading = self.bits(lambda checkpoint, _: checkpoint.loads_safely)
        offered = self.bits(lambda checkpoint, use: task in tasks_of(checkpoint, use))
        self.as_is = self.bits(lambda _, use: use == AS_IS)
        self.offered = {AS_IS: offered & self.as_is, FINE_TUNE: offered & ~self.as_is}
        self.levels = {axis.question: level for level, axis in enumerate(axes)}
        self.lines: list[dict[str, list[int]]] = []
        """Each ranking in use, by way of use: the numbers of the checkpoints' bits, best first."""
        self.paces: list[list[int]] = []
        """For each machine asked for: sets of checkpoints as late, those least late first."""
        self.of_level = cache(self._of_level)
        """`_of_level`, remembered."""
        self._short: dict[tuple[Any, ...], tuple[int, int]] = {}
        self.english = self._numbered(Precedences.known(rulebase, task, None))
        """The number in `lines` of the ranking for no requested language."""

    def bits(self, holds: Callable[[Checkpoint, str], bool]) -> int:
        """Return the set of checkpoints and uses for which `holds` is true."""
        mask = 0
        for place, checkpoint in enumerate(self.checkpoints):
            for bit, use in enumerate((AS_IS, FINE_TUNE), start=2 * place):
                mask |= bool(holds(checkpoint, use)) << bit
        return mask

    def _named(self, ids: Collection[str]) -> int:
        """Return the set of checkpoints with one of some Hub ids."""
        return self.bits(lambda checkpoint, _: checkpoint.hub_id in ids)

    def ranked(self, key: Callable[[Checkpoint], Any]) -> list[int]:
        """Return the sets of checkpoints that are equal by a sort key, the best set first."""
        sets: dict[Any, int] = {}
        for place, checkpoint in enumerate(self.checkpoints):
            rank = key(checkpoint)
            sets[rank] = sets.get(rank, 0) | 0b11 << 2 * place
        return [sets[rank] for rank in sorted(sets)]

    def options(self, level: int, value: AxisValue) -> list[Option]:
        """Return the options that a value of a level stands for."""
        question = self.rulebase.question(self.axes[level].question)
        return [option for option in question.options if option.id in value.options]

    def _of_level(self, level: int, path: Said) -> Consequences:
        """Return the distinct consequences of the values of a question, and each value's index.

        `level` is the number of the question among the axes, `path` the earlier answers.
        """
        numbers: dict[AnswerConsequence, int] = {}
        group = [
            numbers.setdefault(self._consequence(level, place, path), len(numbers))
            for place in range(len(self.axes[level].values))
        ]
        return list(numbers), group

    def _consequence(self, level: int, place: int, path: Said) -> AnswerConsequence:
        """Return the effect of value `place` of question `level`, after the answers in `path`."""
        question = self.rulebase.question(self.axes[level].question)
        value = self.axes[level].values[place]
        chosen = self.options(level, value)
        if question.id in self.keeping:
            path = (*path, (level, self._kept(level, place)))
        required = None
        if any(option.requires for option in chosen):
            required = self.of_said(path, {question.id: value.answer})
        uses = [tuple(option.uses) for option in chosen if option.uses]
        language = None
        if required and any("languages" in option.requires for option in chosen):
            precedences = Precedences.known(self.rulebase, self.task, required.languages)
            language = self._numbered(precedences)
        names = {*value.options, *value.named}
        alive = sum(
            1 << number
            for number, rule in enumerate(self.rules)
            if question.id not in rule.when or not names.isdisjoint(rule.when[question.id])
        )
        return AnswerConsequence(
            marks=self.marks_of(required) if required else Marks(),
            alive=alive,
            ending=self.ending(level),
            terms=Terms(
                uses=uses[0] if uses else None,
                said=path,
                language=language,
                order=next((option.order for option in chosen if option.order), None),
                steps=tuple(question.steps) if value == UNSAID else (),
                step=next((option.step for option in chosen if option.step), None),
                pace=self._paced(required) if required else None,
            ),
        )

    def _kept(self, level: int, place: int) -> int:
        """Return the place of the first value that keeps the same fields from being taught."""

        def bearing(value: AxisValue) -> set[str]:
            return {field for option in self.options(level, value) for field in option.keeps}

        values = self.axes[level].values
        return next(n for n, value in enumerate(values) if bearing(value) == bearing(values[place]))

    def ending(self, level: int) -> int:
        """Return the rules whose last question has this level; at -1, rules without a question."""
        return sum(
            1 << number
            for number, rule in enumerate(self.rules)
            if max((self.levels[id] for id in rule.when if id != TASK), default=-1) == level
        )

    def of_said(self, path: Said, answers: Mapping[str, Answer] = NOTHING_ELSE) -> Requirements:
        """Return the requirements of `path` and `answers`; other questions do not apply."""
        nothing = Answer((NOT_APPLICABLE,), None, "asked")
        profile = dict.fromkeys(self.rulebase.question_ids, nothing)
        chosen = {self.axes[at].question: self.axes[at].values[place].answer for at, place in path}
        task = {TASK: Answer((self.task,), None, "flag")}
        return Requirements(self.rulebase, {**profile, **chosen, **answers, **task})

    def marks_of(self, required: Requirements) -> Marks:
        """Return the marks that some requirements put on the offered checkpoints."""
        gone = lacking = unknown = barred = unlearnt = learning = poor = late = untimed = 0
        offered = self.offered[AS_IS] | self.offered[FINE_TUNE]
        for demand in required.demands:
            short, unverified = self._short_of(demand, required)
            differing = (short ^ short >> 1) | (unverified ^ unverified >> 1)
            learning |= (differing & self.as_is) << 1
            unknown |= unverified
            if demand.field in VERIFIED:
                barred |= unverified
            if demand.field == HOURS:
                estimated = self.bits(lambda model, _: required.is_timed(model))
                late, untimed = late | short & estimated, untimed | unverified
                lacking |= short & ~estimated
            elif demand.field in LEARNT:
                gone |= short
                unlearnt |= unverified
            else:
                lacking |= short
        if any(demand.field in LEARNT for demand in required.demands):
            poor = self.bits(lambda model, use: bool(required.language_marks(model, use)[0]))
        learning &= self.offered[FINE_TUNE]
        marks = (gone, lacking & ~gone, unknown, barred, unlearnt, learning, poor, late, untimed)
        return Marks(*[bits & offered for bits in marks])

    def _short_of(self, demand: Demand, required: Requirements) -> tuple[int, int]:
        """Return the checkpoints that fail a demand, and the unverified ones, as bits."""
        wanted = ((key, str(bound)) for key, bound in demand.wanted.items())
        key = demand.field, demand.learnt, *wanted
        if key in self._short:
            return self._short[key]
        short = unverified = 0
        uses = (AS_IS,) if demand.learnt else (AS_IS, FINE_TUNE)
        for place, checkpoint in enumerate(self.checkpoints):
            for bit, use in enumerate(uses, start=2 * place):
                met = required.meets(demand, checkpoint, use)
                short |= (met is False) << bit
                unverified |= (met is None) << bit
        if demand.field != HOURS:  # which hang on the machine and the number of items as well
            self._short[key] = short, unverified
        return short, unverified

    def _paced(self, required: Requirements) -> int | None:
        """Return the number in `paces` of the checkpoints' order by time; None without a bound."""
        if all(demand.field != HOURS for demand in required.demands):
            return None
        self.paces.append(self.ranked(lambda model: overtime(*required.gaps(model, AS_IS))))
        return len(self.paces) - 1

    def _numbered(self, precedences: Precedences) -> int:
        """Return the number of the rankings by `precedences` in `lines`; equal ones share it."""
        every = [2 * place for place in range(len(self.checkpoints))]
        lines: dict[str, list[int]] = {}
        for use in (use for use in self.offered if self.offered[use]):
            number = line_for(self.rulebase, self.family, precedences, use).number
            bits = [bit + (use != AS_IS) for bit in every]
            lines[use] = sorted(bits, key=lambda bit: number[self.checkpoints[bit // 2].id])
        if lines not in self.lines:
            self.lines.append(lines)
        return self.lines.index(lines)


def tasks_of(checkpoint: Checkpoint, use: str) -> Sequence[str]:
    """Return the tasks of a checkpoint as it is, or those it can be fine-tuned for."""
    return checkpoint.tasks if use == AS_IS else checkpoint.fine_tune
