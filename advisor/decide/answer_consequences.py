"""What each answer does to the checkpoints of one family for a task, whatever the others are.

Every set of checkpoints is an integer, with two bits for each: used as it is, and trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from advisor.decide.precedence import Precedences
from advisor.decide.requirements import AS_IS, FINE_TUNE, LEARNT, VERIFIED, Demand, Requirements
from advisor.decide.selection import line_for
from advisor.engine.profile import Answer
from advisor.engine.task_diagram import UNSAID, Axis, AxisValue
from advisor.model import NOT_APPLICABLE, TASK, Checkpoint, NamedTuple, Option
from advisor.rulebase.base import RuleBase

NOTHING_ELSE: Mapping[str, Answer] = MappingProxyType({})
Said = tuple[tuple[int, int], ...]
"""Answers that bear on what others require: level and place."""


class Marks(NamedTuple):
    """What answers say of checkpoints, as sets of them.

    `gone` cannot be used or lack what training teaches, `lacking` lack something else, `unknown`
    something is not verified of, `barred` are those nobody verified the rights of, `unlearnt` may
    be unknown in what training teaches, `learning` have to be taught, `poor` are measured as poor.
    """

    gone: int = 0
    lacking: int = 0
    unknown: int = 0
    barred: int = 0
    unlearnt: int = 0
    learning: int = 0
    poor: int = 0


class Terms(NamedTuple):
    """What answers say beyond single checkpoints.

    `uses` are the ways of use that they allow, None before any names one, `said` the answers that
    bear on what others require, `language` by which checkpoints are compared, `order` the one that
    is asked for, `steps` of memory to answer for and the `step` that comes first.
    """

    uses: tuple[str, ...] | None = None
    said: Said = ()
    language: int | None = None
    order: str | None = None
    steps: tuple[float, ...] = ()
    step: float | None = None

    def and_then(self, more: Terms) -> Terms:
        """Return the terms after an answer; in everything but uses the last that says it counts."""
        if more == (None, self.said, None, None, (), None):
            return self
        uses = more.uses if self.uses is None else self.uses
        if self.uses is not None and more.uses is not None:
            uses = tuple(use for use in more.uses if use in self.uses)
        language = self.language if more.language is None else more.language
        order, step = self.order or more.order, self.step or more.step
        return Terms(uses, more.said, language, order, self.steps or more.steps, step)


class AnswerConsequence(NamedTuple):
    """All that one answer does, whatever the others are but those that others hang on.

    `alive` are the rules that survive it, `ending` those that end with it; the `said` of its terms
    are the answers that bear on others, with it.
    """

    marks: Marks
    alive: int
    ending: int
    terms: Terms


Consequences = tuple[list[AnswerConsequence], list[int]]
"""What the values of a level do, each once, and for each value which it is; -1 for none."""


class AnswerConsequences:
    """What the answers of `axes` do to the checkpoints of a family that are offered for a task."""

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
        self.aims = [
            sum(
                0b11 << 2 * n
                for n, checkpoint in enumerate(self.checkpoints)
                if checkpoint.hub_id in rule.candidates
            )
            for rule in self.rules
        ]
        self.keeping = {question.id for question in rulebase.keeping}
        self.all = (1 << 2 * len(self.checkpoints)) - 1
        self.loading = self.bits(lambda checkpoint, _: checkpoint.loads_safely)
        offered = self.bits(lambda checkpoint, use: task in tasks_of(checkpoint, use))
        self.as_is = self.bits(lambda _, use: use == AS_IS)
        self.offered = {AS_IS: offered & self.as_is, FINE_TUNE: offered & ~self.as_is}
        self.levels = {axis.question: level for level, axis in enumerate(axes)}
        self.lines: list[dict[str, list[int]]] = []
        """For each way to compare, by language, the bits of each use, the best first."""
        self.of_level = cache(self._of_level)
        """What the values of a level do, after answers that bear on them."""
        self._short: dict[tuple[Any, ...], tuple[int, int]] = {}
        self.english = self._numbered(Precedences.known(rulebase, task, None))
        """The number of the lines where no language was said."""

    def bits(self, holds: Callable[[Checkpoint, str], bool]) -> int:
        """Return the checkpoints, in each use, of which something holds."""
        mask = 0
        for place, checkpoint in enumerate(self.checkpoints):
            for bit, use in enumerate((AS_IS, FINE_TUNE), start=2 * place):
                mask |= bool(holds(checkpoint, use)) << bit
        return mask

    def options(self, level: int, value: AxisValue) -> list[Option]:
        """Return the options that a value of a level stands for."""
        question = self.rulebase.question(self.axes[level].question)
        return [option for option in question.options if option.id in value.options]

    def _of_level(self, level: int, path: Said) -> Consequences:
        """Return the distinct consequences of the values of a question, and the index of each.

        `level` is the number of the question among the axes, `path` the answers that others gave.
        """
        numbers: dict[AnswerConsequence, int] = {}
        group = [
            numbers.setdefault(self._consequence(level, place, path), len(numbers))
            for place in range(len(self.axes[level].values))
        ]
        return list(numbers), group

    def _consequence(self, level: int, place: int, path: Said) -> AnswerConsequence:
        """Return what one answer does, after those that it hangs on."""
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
            ),
        )

    def _kept(self, level: int, place: int) -> int:
        """Return the first value of a question that bears on others in the same way."""

        def bearing(value: AxisValue) -> set[str]:
            return {field for option in self.options(level, value) for field in option.keeps}

        values = self.axes[level].values
        return next(n for n, value in enumerate(values) if bearing(value) == bearing(values[place]))

    def ending(self, level: int) -> int:
        """Return the rules whose last question stands at a level; at -1, those without any."""
        return sum(
            1 << number
            for number, rule in enumerate(self.rules)
            if max((self.levels[id] for id in rule.when if id != TASK), default=-1) == level
        )

    def of_said(self, path: Said, answers: Mapping[str, Answer] = NOTHING_ELSE) -> Requirements:
        """Return what is required where nothing else was said than this, and some answers."""
        nothing = Answer((NOT_APPLICABLE,), None, "asked")
        profile = dict.fromkeys(self.rulebase.question_ids, nothing)
        chosen = {self.axes[at].question: self.axes[at].values[place].answer for at, place in path}
        task = {TASK: Answer((self.task,), None, "flag")}
        return Requirements(self.rulebase, {**profile, **chosen, **answers, **task})

    def marks_of(self, required: Requirements) -> Marks:
        """Return what some requirements say of checkpoints."""
        gone = lacking = unknown = barred = unlearnt = learning = poor = 0
        offered = self.offered[AS_IS] | self.offered[FINE_TUNE]
        for demand in required.demands:
            short, unverified = self._short_of(demand, required)
            differing = (short ^ short >> 1) | (unverified ^ unverified >> 1)
            learning |= (differing & self.as_is) << 1
            unknown |= unverified
            if demand.field in VERIFIED:
                barred |= unverified
            if demand.field in LEARNT:
                gone |= short
                unlearnt |= unverified
            else:
                lacking |= short
        if any(demand.field in LEARNT for demand in required.demands):
            poor = self.bits(lambda model, use: bool(required.language_marks(model, use)[0]))
        learning &= self.offered[FINE_TUNE]
        marks = (gone, lacking & ~gone, unknown, barred, unlearnt, learning, poor)
        return Marks(*[bits & offered for bits in marks])

    def _short_of(self, demand: Demand, required: Requirements) -> tuple[int, int]:
        """Return which lack what is demanded, and of which nobody verified it."""
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
        if demand.field != "hours":  # which hang on the machine and the number of items as well
            self._short[key] = short, unverified
        return short, unverified

    def _numbered(self, precedences: Precedences) -> int:
        """Return the number of the lines in which checkpoints stand; equal lines have the same."""
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
    """Return the tasks that a checkpoint does in a use."""
    return checkpoint.tasks if use == AS_IS else checkpoint.fine_tune
