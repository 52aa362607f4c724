"""Which checkpoint of one family comes first for a task, as a function of all answers.

Among checkpoints that are alike in all else, the first in the family's line (`placing`) comes
first. What is followed here is all that comes before it: which checkpoints lack something, which
are not verified, what rules say of them, in which ways they may be used, and in which language they
are compared. Partial profiles that agree on all of these are followed once. Every set of
checkpoints is an integer, with two bits for each: used as it is, and trained.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from functools import cache, partial
from math import inf
from operator import or_
from typing import Any, NamedTuple

from advisor.decide.precedence import Precedences
from advisor.decide.requirements import AS_IS, COMPOSE, FINE_TUNE, LEARNT, RIGHTS, Requirements
from advisor.decide.selection import ORDERS, by_order, line_for
from advisor.engine.diagram import EMPTY, Diagram
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

    @property
    def out(self) -> int:
        """The checkpoints that cannot be picked."""
        return self.gone | self.lacking | self.barred


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


Consequences = tuple[list[AnswerConsequence], list[int]]
"""What the values of a level do, each once, and for each value which it is; -1 for none."""


class FirstCheckpoints:
    """Builds the function from answers to `First`, over `axes`, for one task and family.

    `order` and `verified_only` are those of the selection.
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
    ) -> None:
        self.rulebase, self.task, self.family, self.axes = rulebase, task, family, axes
        self.order, self.verified_only = order, verified_only
        self.composable = rulebase.family(family).composable
        self.checkpoints: list[Checkpoint] = [
            one
            for one in rulebase.catalogue(family)
            if one.offered and task in (*one.tasks, *one.fine_tune)
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
        self.loading = self._bits(lambda one, _: one.loads_safely)
        offered = self._bits(lambda one, use: task in _tasks(one, use))
        as_is = self._bits(lambda _, use: use == AS_IS)
        self.offered = {AS_IS: offered & as_is, FINE_TUNE: offered & ~as_is}
        self.levels = {axis.question: level for level, axis in enumerate(axes)}
        self.lines: list[dict[str, list[int]]] = []
        """For each way to compare, by language, the bits of each use, the best first."""
        self._by_level: dict[Any, Consequences] = {}
        self._by_uses: dict[tuple[str, ...], int] = {}
        self._within: dict[Any, int] = {}
        self._order_classes: dict[Any, list[int]] = {}
        naming = [
            level
            for level, axis in enumerate(axes)
            if any(option.uses for value in axis.values for option in self._options(level, value))
        ]
        self._settled = max(naming, default=-1) + 1
        """From this level on, all ways of use are known."""
        self._english = self._numbered(Precedences.known(rulebase, task, None))

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
        end = self.first if most is None else partial(self._several, most=most)
        return self._grown(diagram, self._start(self.all), end, self._consequences)

    def build_part(
        self,
        diagram: Diagram,
        end: Callable[[State], Hashable],
        among: Collection[str],
        watched: Collection[str],
        within: Mapping[int, Collection[int]],
    ) -> int:
        """Return the node of a part of the function: that of the choice among some checkpoints.

        Answers that leave none of the watched ones have no label, nor do places but those within.
        """
        some = self._bits_of(among)
        following = self._following(partial(_of_some, some), within)
        return self._grown(diagram, self._start(some), end, following, self._bits_of(watched))

    def offering(self, diagram: Diagram, id: str) -> int:
        """Return the node of the function that is True where a checkpoint has all that is asked.

        Other answers have no label. Whether advisor loads the checkpoint does not matter.
        """
        own = self._bits_of((id,))
        excluding = sum(1 << n for n, rule in enumerate(self.rules) if rule.effect == "exclude")
        start = State(Marks(self.all & ~own), 0, 0, excluding, Terms())
        following = self._following(partial(_of_offer, own), {})
        return self._grown(diagram, start, lambda _: True, following, own)

    def _start(self, among: int) -> State:
        every = (1 << len(self.rules)) - 1
        return State(Marks(self.all & ~among), 0, 0, every, Terms(language=self._english))

    def _following(
        self,
        part: Callable[[AnswerConsequence], AnswerConsequence],
        within: Mapping[int, Collection[int]],
    ) -> Callable[[int, Said], Consequences]:
        """Return what gives for a level the part of all consequences that matters, each once."""

        @cache
        def following(level: int, said: Said) -> Consequences:
            distinct, group = self._consequences(level, said)
            places = within.get(level, range(len(group)))
            numbers: dict[AnswerConsequence, int] = {}
            at = {
                n: numbers.setdefault(part(distinct[n]), len(numbers))
                for n in dict.fromkeys(group[place] for place in sorted(places))
            }
            kept = [at[n] if place in places else -1 for place, n in enumerate(group)]
            return list(numbers), kept

        return following

    def _grown(
        self,
        diagram: Diagram,
        start: State,
        end: Callable[[State], Hashable],
        consequences: Callable[[int, Said], Consequences],
        watched: int = 0,
    ) -> int:
        """Return the node of what follows a state, answer by answer."""
        bottom, settled = len(self.axes), self._settled
        known: list[dict[State, int]] = [{} for _ in range(bottom + 1)]

        def grow(level: int, state: State) -> int:
            found = known[level].get(state)
            if found is not None:
                return found
            if watched and not watched & ~state.marks.out:
                found = EMPTY
            elif level == bottom:
                found = diagram.terminal(end(state))
            else:
                distinct, group = consequences(level, state.terms.said)
                ends = [
                    grow(level + 1, self._after(state, one, used=level + 1 == settled))
                    for one in distinct
                ]
                ends.append(EMPTY)  # at -1, where a value is not followed
                found = diagram.node(level, tuple([ends[at] for at in group]))
            known[level][state] = found
            return found

        nothing = AnswerConsequence(Marks(), start.pending, self._ending(-1), Terms())
        return grow(0, self._after(start, nothing, used=settled == 0))

    def _bits_of(self, ids: Collection[str]) -> int:
        return self._bits(lambda one, _: one.id in ids)

    def _options(self, level: int, value: AxisValue) -> list[Option]:
        question = self.rulebase.question(self.axes[level].question)
        return [option for option in question.options if option.id in value.options]

    def consequences(self) -> Iterator[list[AnswerConsequence]]:
        """Yield level by level what answers do, after each that may bear on them."""
        saids: set[Said] = {()}
        for level in range(len(self.axes)):
            found = [one for said in saids for one in self._consequences(level, said)[0]]
            saids = {one.terms.said for one in found}
            yield found

    def _consequences(self, level: int, said: Said) -> Consequences:
        """Return what the values of a level do, after answers that bear on them."""
        key = level, said
        if key not in self._by_level:
            numbers: dict[AnswerConsequence, int] = {}
            group = [
                numbers.setdefault(self._consequence(level, place, said), len(numbers))
                for place in range(len(self.axes[level].values))
            ]
            self._by_level[key] = list(numbers), group
        return self._by_level[key]

    def _consequence(self, level: int, place: int, said: Said) -> AnswerConsequence:
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
            marks=Marks(gone, lacking & left, *map(open_.__and__, marks[2:])),
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

    def _required(self, level: int, value: AxisValue, said: Said) -> Requirements:
        kept = {self.axes[at].question: self.axes[at].values[place].answer for at, place in said}
        answers = {**kept, self.axes[level].question: value.answer}
        return Requirements(self.rulebase, self._profile(answers))

    def _marks(self, required: Requirements) -> Marks:
        gone = lacking = unknown = barred = unlearnt = learning = poor = 0
        of_language = any(demand.field in LEARNT for demand in required.demands)
        for place, one in enumerate(self.checkpoints):
            short = {use: required.verdicts(one, use) for use in (AS_IS, FINE_TUNE)}
            learning |= (short[AS_IS] != short[FINE_TUNE]) << 2 * place + 1
            for bit, use in enumerate((AS_IS, FINE_TUNE), start=2 * place):
                if not self.offered[use] >> bit & 1:
                    continue
                if of_language:
                    poor |= bool(required.language_marks(one, use)[0]) << bit
                for field, met in short[use]:
                    if met is None:
                        unknown |= 1 << bit
                        barred |= (field in RIGHTS) << bit
                        unlearnt |= (field in LEARNT) << bit
                    elif field in LEARNT:
                        gone |= 1 << bit
                    else:
                        lacking |= 1 << bit
        return Marks(gone, lacking & ~gone, unknown, barred, unlearnt, learning, poor)

    def _language(self, level: int, value: AxisValue, said: Said) -> int:
        languages = self._required(level, value, said).languages
        return self._numbered(Precedences.known(self.rulebase, self.task, languages))

    def _numbered(self, precedences: Precedences) -> int:
        """Return the number of the lines in which checkpoints stand; equal lines have the same."""
        lines = {use: self._line(precedences, use) for use in self.offered if self.offered[use]}
        if lines not in self.lines:
            self.lines.append(lines)
        return self.lines.index(lines)

    def _line(self, precedences: Precedences, use: str) -> list[int]:
        """Return the bits of all checkpoints in a use, the best first."""
        number = line_for(self.rulebase, self.family, precedences, use).number
        bits = [2 * place + (use != AS_IS) for place in range(len(self.checkpoints))]
        return sorted(bits, key=lambda bit: number[self.checkpoints[bit // 2].id])

    # -- where everything is answered ----------------------------------------------------------

    def first(self, state: State, order: str | None = None) -> First:
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
        order = order or self.order
        if order == ORDERS[0]:
            order = terms.order or order
        if order != ORDERS[0]:
            top = next(found for some in self._classes(order, terms) if (found := top & some))
        top = top & ~state.avoid or top
        top = top & state.prefer or top
        top = top & ~marks.learning or top
        lines = self.lines[terms.language or 0]
        first = next(bit for use in uses for bit in lines.get(use, ()) if top >> bit & 1)
        return First(
            PICKED, self.checkpoints[first // 2].id, AS_IS if first % 2 == 0 else FINE_TUNE
        )

    def _several(self, state: State, most: int) -> tuple[str, ...]:
        """Return the ids of so many checkpoints: each is first once those before it are gone."""
        ids: list[str] = []
        while len(ids) < most and (first := self.first(state)).kind == PICKED:
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
            required = self.of_said(terms.said)
            self._within[key] = self._bits(
                lambda one, use: (required.takes_gb(one, use) or inf) <= limit
            )
        return self._within[key]

    def of_said(self, said: Said) -> Requirements:
        """Return what is required where nothing else was said."""
        kept = {self.axes[at].question: self.axes[at].values[place].answer for at, place in said}
        return Requirements(self.rulebase, self._profile(kept))

    def _classes(self, order: str, terms: Terms) -> list[int]:
        """Return sets of checkpoints, those that an order puts first first."""
        key = order, terms.said
        if key not in self._order_classes:
            required = self.of_said(terms.said)
            ranked: dict[Any, int] = {}
            for place, one in enumerate(self.checkpoints):
                rank = by_order(order, one, required.memory_gb(one))
                ranked[rank] = ranked.get(rank, 0) | 0b11 << 2 * place
            self._order_classes[key] = [ranked[rank] for rank in sorted(ranked)]
        return self._order_classes[key]


def _of_some(bits: int, more: AnswerConsequence) -> AnswerConsequence:
    """Return what an answer does to some checkpoints."""
    return more._replace(marks=Marks(*[mark & bits for mark in more.marks]))


def _of_offer(bits: int, more: AnswerConsequence) -> AnswerConsequence:
    """Return what an answer does to whether some checkpoints have all that is asked."""
    marks, terms = Marks(more.marks.out & bits), Terms(more.terms.uses, more.terms.said)
    return AnswerConsequence(marks, more.alive, more.ending, terms)


def _places(bits: int) -> Iterator[int]:
    """Yield the places of the bits that are set."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def _tasks(checkpoint: Checkpoint, use: str) -> Sequence[str]:
    return checkpoint.tasks if use == AS_IS else checkpoint.fine_tune
