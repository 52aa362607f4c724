"""Which checkpoint of one family comes first for a task, as a function of all answers.

Among checkpoints that are alike in all else, the first in the family's line (`placing`) comes
first. What is followed here is all that comes before it: which checkpoints lack something, which
are not verified, what rules say of them, in which ways they may be used, and in which language they
are compared. Partial profiles that agree on all of these are followed once. Every set of
checkpoints is an integer, with two bits for each: used as it is, and trained.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from math import inf
from operator import or_
from typing import Any, NamedTuple

from advisor.decide.memory import training_memory
from advisor.decide.precedence import Precedences
from advisor.decide.requirements import AS_IS, COMPOSE, FINE_TUNE, LEARNT, RIGHTS, Requirements
from advisor.decide.selection import ORDERS, by_order, line_for
from advisor.engine.diagram import Diagram
from advisor.engine.profile import Answer, Profile
from advisor.engine.task_diagram import (
    COMPOSED,
    NOTHING,
    PICKED,
    TEACHABLE,
    UNSAID,
    Axis,
    AxisValue,
)
from advisor.model import NOT_APPLICABLE, TASK, Checkpoint, Option
from advisor.rulebase.base import RuleBase


class First(NamedTuple):
    """What a family has for a complete profile.

    `kind` is picked, with checkpoint and use; compose, where one can be joined; teachable, where
    all that is missing could be taught by training; or nothing.
    """

    kind: str
    checkpoint: str = ""
    use: str = ""


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
    said: tuple[tuple[int, int], ...] = ()
    language: int | None = None
    order: str | None = None
    steps: tuple[float, ...] = ()
    step: float | None = None

    def and_then(self, more: Terms) -> Terms:
        """Return the terms after an answer; in everything but uses the last that says it counts."""
        uses = more.uses if self.uses is None else self.uses
        if self.uses is not None and more.uses is not None:
            uses = tuple(use for use in more.uses if use in self.uses)
        language = self.language if more.language is None else more.language
        order, step = self.order or more.order, self.step or more.step
        return Terms(uses, more.said, language, order, self.steps or more.steps, step)


class State(NamedTuple):
    """What matters of the answers so far.

    Rules `avoid` and `prefer` some checkpoints; `pending` are rules that may still fire.
    """

    marks: Marks
    avoid: int
    prefer: int
    pending: int
    terms: Terms


class AnswerConsequence(NamedTuple):
    """All that one answer does, whatever the others are but those that others hang on.

    `alive` are the rules that survive it, `ending` those that end with it; the `said` of its terms
    are the answers that bear on others, with it.
    """

    marks: Marks
    alive: int
    ending: int
    terms: Terms


class FirstCheckpoints:
    """Builds the function from answers to `First`, over `axes`, for one task and family.

    `order` and `verified_only` are those of the selection; `among` are the checkpoints to follow,
    loaded by advisor or not; all of the family where it is left out.
    """

    def __init__(
        self,
        rulebase: RuleBase,
        task: str,
        family: str,
        axes: Sequence[Axis],
        *,
        order: str = ORDERS[0],
        verified_only: bool = False,
        among: Collection[str] | None = None,
    ) -> None:
        self.rulebase, self.task, self.family, self.axes = rulebase, task, family, axes
        self.order, self.verified_only = order, verified_only
        self.composable = rulebase.family(family).composable
        self.checkpoints: list[Checkpoint] = [
            one
            for one in rulebase.catalogue(family)
            if one.offered and task in (*one.tasks, *one.fine_tune)
            if among is None or one.id in among
        ]
        ids = {one.id for one in self.checkpoints}
        self.rules = [
            rule
            for rule in rulebase.aiming
            if ids & set(rule.candidates) and task in rule.when.get(TASK, (task,))
        ]
        self.aims = [
            sum(
                0b11 << 2 * n for n, one in enumerate(self.checkpoints) if one.id in rule.candidates
            )
            for rule in self.rules
        ]
        self.keeping = {question.id for question in rulebase.keeping}
        self.all = (1 << 2 * len(self.checkpoints)) - 1
        self.loading = self._bits(lambda one, _: among is not None or one.loads_safely)
        offered = self._bits(lambda one, use: task in _tasks(one, use))
        as_is = self._bits(lambda _, use: use == AS_IS)
        self.offered = {AS_IS: offered & as_is, FINE_TUNE: offered & ~as_is}
        self.levels = {axis.question: level for level, axis in enumerate(axes)}
        self._lines: list[dict[str, list[int]]] = []
        self._by_level: dict[Any, tuple[list[AnswerConsequence], list[int]]] = {}
        self._by_uses: dict[tuple[str, ...], int] = {}
        self._within: dict[Any, int] = {}
        self._order_classes: dict[Any, list[int]] = {}

    def _bits(self, holds: Callable[[Checkpoint, str], bool]) -> int:
        found = 0
        for place, one in enumerate(self.checkpoints):
            for bit, use in enumerate((AS_IS, FINE_TUNE), start=2 * place):
                found |= bool(holds(one, use)) << bit
        return found

    # -- following the answers -----------------------------------------------------------------

    def build(self, diagram: Diagram, most: int | None = None) -> int:
        """Return the node of the function in a diagram whose levels are the axes.

        With `most`, its leaves are ids of so many checkpoints that load safely, the first first.
        """
        bottom = len(self.axes)
        naming = [
            level
            for level, axis in enumerate(self.axes)
            if any(o.uses for value in axis.values for o in self._options(level, value))
        ]
        settled = max(naming, default=-1) + 1  # from this level on, all ways of use are known
        known: list[dict[State, int]] = [{} for _ in range(bottom + 1)]

        def grow(level: int, state: State) -> int:
            found = known[level].get(state)
            if found is not None:
                return found
            if level == bottom:
                first = self._first(state) if most is None else self._several(state, most)
                found = diagram.terminal(first)
            else:
                distinct, group = self._consequences(level, state.terms.said)
                ends = [
                    grow(level + 1, self._after(state, one, used=level + 1 == settled))
                    for one in distinct
                ]
                found = diagram.node(level, tuple([ends[at] for at in group]))
            known[level][state] = found
            return found

        every = (1 << len(self.rules)) - 1
        english = self._numbered(Precedences.known(self.rulebase, self.task, None))
        start = State(Marks(), 0, 0, every, Terms(language=english))
        nothing = AnswerConsequence(Marks(), every, self._ending(-1), Terms())
        return grow(0, self._after(start, nothing, used=settled == 0))

    def _options(self, level: int, value: AxisValue) -> list[Option]:
        question = self.rulebase.question(self.axes[level].question)
        return [option for option in question.options if option.id in value.options]

    def _consequences(
        self, level: int, said: tuple[tuple[int, int], ...]
    ) -> tuple[list[AnswerConsequence], list[int]]:
        """Return what the values of a level do, each once, and for each value which it is."""
        key = level, said
        if key not in self._by_level:
            numbers: dict[AnswerConsequence, int] = {}
            group = [
                numbers.setdefault(self._consequence(level, place, said), len(numbers))
                for place in range(len(self.axes[level].values))
            ]
            self._by_level[key] = list(numbers), group
        return self._by_level[key]

    def _consequence(
        self, level: int, place: int, said: tuple[tuple[int, int], ...]
    ) -> AnswerConsequence:
        """Return what one answer does, after those that it hangs on."""
        question = self.rulebase.question(self.axes[level].question)
        value = self.axes[level].values[place]
        chosen = self._options(level, value)
        if question.id in self.keeping:
            said = (*said, (level, self._kept(level, place)))
        requires = any(option.requires for option in chosen)
        uses = [tuple(option.uses) for option in chosen if option.uses]
        names = {*value.options, *value.named}
        alive = sum(
            1 << number
            for number, rule in enumerate(self.rules)
            if not names.isdisjoint(rule.when.get(question.id, names or ("",)))
            or question.id not in rule.when
        )
        return AnswerConsequence(
            marks=self._marks(self._required(level, value, said)) if requires else Marks(),
            alive=alive,
            ending=self._ending(level),
            terms=Terms(
                uses=uses[0] if uses else None,
                said=said,
                language=self._language(level, value, said)
                if any("languages" in option.requires for option in chosen)
                else None,
                order=next((option.order for option in chosen if option.order), None),
                steps=tuple(question.steps) if value == UNSAID else (),
                step=next((option.step for option in chosen if option.step), None),
            ),
        )

    def _kept(self, level: int, place: int) -> int:
        """Return the first value of a question that bears on others in the same way."""

        def bearing(value: AxisValue) -> tuple[Any, ...]:
            chosen = self._options(level, value)
            kept = sorted({field for option in chosen for field in option.keeps})
            return kept, next((option.dtype for option in chosen if option.dtype), None)

        values = self.axes[level].values
        return next(n for n, value in enumerate(values) if bearing(value) == bearing(values[place]))

    def _ending(self, level: int) -> int:
        """Return the rules whose last question stands at a level; at -1, those without any."""
        return sum(
            1 << number
            for number, rule in enumerate(self.rules)
            if max((self.levels[id] for id in rule.when if id != TASK), default=-1) == level
        )

    def _after(self, state: State, more: AnswerConsequence, *, used: bool) -> State:
        """Return the state after one more answer, without what no longer matters.

        With `used`, all ways of use are known: of each checkpoint the one that it has is left.
        """
        marks, terms = state.marks, state.terms.and_then(more.terms)
        if any(more.marks):
            marks = Marks(*map(or_, marks, more.marks))
        gone = marks.gone
        if used:
            gone |= self.all & ~self._assigned(terms.uses or (AS_IS,))
        left = self.all & ~gone
        lacking, avoid, prefer = marks.lacking, state.avoid, state.prefer
        alive = state.pending & more.alive
        for place in _places(alive & more.ending):
            aims = self.aims[place]
            if self.rules[place].effect == "exclude":
                lacking |= aims
            elif self.rules[place].effect == "avoid":
                avoid |= aims
            else:
                prefer |= aims
        open_ = left & ~lacking
        pending = alive & ~more.ending
        for place in _places(pending):
            if not self.aims[place] & open_:
                pending ^= 1 << place
        return State(
            marks=Marks(gone, lacking & left, *[bits & open_ for bits in marks[2:]]),
            avoid=avoid & open_,
            prefer=prefer & open_,
            pending=pending,
            terms=terms,
        )

    def _assigned(self, uses: tuple[str, ...]) -> int:
        """Return the bits of the first of the uses that each checkpoint offers."""
        if uses not in self._by_uses:
            found = 0
            for place, one in enumerate(self.checkpoints):
                own = (use for use in uses if use != COMPOSE and self.task in _tasks(one, use))
                if use := next(own, None):
                    found |= 1 << 2 * place + (use != AS_IS)
            self._by_uses[uses] = found
        return self._by_uses[uses]

    # -- what one answer does ------------------------------------------------------------------

    def _profile(self, answers: dict[str, Answer]) -> Profile:
        """Return a complete profile of the task and some answers, with nothing else said."""
        nothing = Answer((NOT_APPLICABLE,), None, "asked")
        profile = {id: answers.get(id, nothing) for id in self.rulebase.question_ids}
        return {**profile, TASK: Answer((self.task,), None, "flag")}

    def _required(
        self, level: int, value: AxisValue, said: tuple[tuple[int, int], ...]
    ) -> Requirements:
        kept = {self.axes[at].question: self.axes[at].values[place].answer for at, place in said}
        answers = {**kept, self.axes[level].question: value.answer}
        return Requirements(self.rulebase, self._profile(answers))

    def _marks(self, required: Requirements) -> Marks:
        gone = lacking = unknown = barred = unlearnt = learning = poor = 0
        for place, one in enumerate(self.checkpoints):
            gaps = {use: required.unmet(one, use) for use in (AS_IS, FINE_TUNE)}
            for bit, use in enumerate((AS_IS, FINE_TUNE), start=2 * place):
                if self.task not in _tasks(one, use):
                    continue
                lacks, unsure = gaps[use]
                taught = any(gap.field in LEARNT for gap in lacks)
                gone |= taught << bit
                lacking |= (bool(lacks) and not taught) << bit
                unknown |= bool(unsure) << bit
                barred |= any(gap.field in RIGHTS for gap in unsure) << bit
                unlearnt |= any(gap.field in LEARNT for gap in unsure) << bit
                poor |= bool(required.language_marks(one, use)[0]) << bit
            learning |= (gaps[AS_IS] != gaps[FINE_TUNE]) << 2 * place + 1
        return Marks(gone, lacking, unknown, barred, unlearnt, learning, poor)

    def _language(self, level: int, value: AxisValue, said: tuple[tuple[int, int], ...]) -> int:
        languages = self._required(level, value, said).languages
        return self._numbered(Precedences.known(self.rulebase, self.task, languages))

    def _numbered(self, precedences: Precedences) -> int:
        """Return the number of the lines in which checkpoints stand; equal lines have the same."""
        lines = {use: self._line(precedences, use) for use in (AS_IS, FINE_TUNE)}
        if lines not in self._lines:
            self._lines.append(lines)
        return self._lines.index(lines)

    def _line(self, precedences: Precedences, use: str) -> list[int]:
        """Return the bits of all checkpoints in a use, the best first."""
        number = line_for(self.rulebase, self.family, precedences, use).number
        bits = [2 * place + (use != AS_IS) for place in range(len(self.checkpoints))]
        return sorted(bits, key=lambda bit: number[self.checkpoints[bit // 2].id])

    # -- where everything is answered ----------------------------------------------------------

    def _first(self, state: State) -> First:
        """Return what comes first where everything is answered, as `select_of` has it."""
        marks, terms = state.marks, state.terms
        uses = terms.uses or (AS_IS,)
        picks = self.all & ~marks.gone & ~marks.lacking
        barred = marks.unknown if self.verified_only else marks.barred
        offered, picks = picks, picks & ~barred
        if not picks & self.loading:
            if self.composable and COMPOSE in uses:
                return First(COMPOSED)
            return First(TEACHABLE if self._teachable(state, offered & barred, picks) else NOTHING)
        top = picks & self.loading
        top = top & ~(marks.unknown | marks.poor) or top
        top = top & self._fitting(terms) or top
        for use in uses:
            if found := top & self.offered.get(use, 0):
                top = found
                break
        order = (terms.order or self.order) if self.order == ORDERS[0] else self.order
        if order != ORDERS[0]:
            top = next(found for some in self._classes(order, terms) if (found := top & some))
        top = top & ~state.avoid or top
        top = top & state.prefer or top
        top = top & ~marks.learning or top
        lines = self._lines[terms.language or 0]
        first = next(bit for use in uses for bit in lines.get(use, ()) if top >> bit & 1)
        return First(
            PICKED, self.checkpoints[first // 2].id, AS_IS if first % 2 == 0 else FINE_TUNE
        )

    def _several(self, state: State, most: int) -> tuple[str, ...]:
        """Return the ids of so many checkpoints: each is first once those before it are gone."""
        ids: list[str] = []
        while len(ids) < most and (first := self._first(state)).kind == PICKED:
            ids.append(first.checkpoint)
            place = next(n for n, one in enumerate(self.checkpoints) if one.id == ids[-1])
            gone = state.marks.gone | 0b11 << 2 * place
            state = state._replace(marks=state.marks._replace(gone=gone))
        return tuple(ids)

    def _teachable(self, state: State, unverified: int, rejected: int) -> bool:
        """True where each that might do lacks something that training teaches."""
        marks, assigned = state.marks, self._assigned(state.terms.uses or (AS_IS,))
        taught = assigned & marks.gone
        return bool(taught | unverified) and not (
            rejected or marks.lacking & assigned or unverified & ~marks.unlearnt
        )

    def _fitting(self, terms: Terms) -> int:
        """Return what is known to fit the first step of memory; all where memory was said."""
        if not terms.steps:
            return self.all
        limit = terms.step or max(terms.steps)
        key = limit, terms.said
        if key not in self._within:
            required = self._of_said(terms)
            self._within[key] = self._bits(lambda one, use: _needs(required, one, use) <= limit)
        return self._within[key]

    def _of_said(self, terms: Terms) -> Requirements:
        kept = {self.axes[at].question: self.axes[at].values[p].answer for at, p in terms.said}
        return Requirements(self.rulebase, self._profile(kept))

    def _classes(self, order: str, terms: Terms) -> list[int]:
        """Return sets of checkpoints, those that an order puts first first."""
        key = order, terms.said
        if key not in self._order_classes:
            required = self._of_said(terms)
            ranked: dict[Any, int] = {}
            for place, one in enumerate(self.checkpoints):
                rank = by_order(order, one, required.memory_gb(one))
                ranked[rank] = ranked.get(rank, 0) | 0b11 << 2 * place
            self._order_classes[key] = [ranked[rank] for rank in sorted(ranked)]
        return self._order_classes[key]


def _places(bits: int) -> Iterator[int]:
    """Yield the places of the bits that are set."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def _tasks(checkpoint: Checkpoint, use: str) -> Sequence[str]:
    return checkpoint.tasks if use == AS_IS else checkpoint.fine_tune


def _needs(required: Requirements, checkpoint: Checkpoint, use: str) -> float:
    """Return the least memory that a use takes; infinite where it is not known."""
    found = required.memory_gb(checkpoint)
    if use != AS_IS:
        trained = training_memory(checkpoint)
        found = trained and trained.lora_gb
    return inf if found is None else found
