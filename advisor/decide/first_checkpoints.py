"""Which checkpoint of one family comes first for a task, as a function of all answers.

Of checkpoints that are equal in all else, the first in the family's line (`selection.line_for`) is
first. This module follows what counts before the line: missing requirements, unverified fields,
rules, allowed ways of use, and the language of the comparison. Partial profiles that agree on all
of these are followed once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from math import inf
from operator import or_

from advisor.decide.answer_consequences import (
    AnswerConsequence,
    AnswerConsequences,
    Marks,
    Said,
    Terms,
    tasks_of,
)
from advisor.decide.selection import ORDERS, USUAL, Picking, by_order
from advisor.engine.diagram import EMPTY, Diagram
from advisor.engine.task_diagram import COMPOSED, NOTHING, PICKED, TEACHABLE, UNTIMELY, Axis, Leaf
from advisor.model import AS_IS, COMPOSE, FINE_TUNE, Checkpoint, NamedTuple, hub_id_of
from advisor.rulebase.base import RuleBase

NOT_PICKED = (COMPOSED, TEACHABLE, NOTHING)


class State(NamedTuple):
    """The state after some answers; its sets of checkpoints and of rules are bits.

    Rules discourage (`avoid`) and `prefer` some checkpoints; `pending` rules may still fire.
    """

    marks: Marks
    avoid: int
    prefer: int
    pending: int
    terms: Terms


class FirstCheckpoints(AnswerConsequences):
    """Builds the function from answers to the leaf of one family for a task, over `axes`."""

    def __init__(
        self,
        rulebase: RuleBase,
        task: str,
        family: str,
        axes: Sequence[Axis],
        picking: Picking = USUAL,
    ) -> None:
        super().__init__(rulebase, task, family, axes)
        self.picking = picking
        self.composable = rulebase.family(family).composable
        self._assigned = cache(self._first_offered)
        self._within = cache(self._known_to_fit)
        self._classes = cache(self._by_order)
        self._picked = cache(self._first_in_line)
        self._of_form: dict[str, int] = {}
        """The bits of a checkpoint in one precision, by its id."""
        self._of_hub: dict[str, int] = {}
        """The bits of all forms (precisions) of a checkpoint, by its Hub id."""
        for place, model in enumerate(self.checkpoints):
            self._of_form[model.id] = both = 0b11 << 2 * place
            self._of_hub[model.hub_id] = self._of_hub.get(model.hub_id, 0) | both
        naming = [
            level
            for level, axis in enumerate(axes)
            if any(option.uses for value in axis.values for option in self.options(level, value))
        ]
        self._settled = max(naming, default=-1) + 1
        """From this level on, all allowed ways of use are known."""

    def offering(self, diagram: Diagram, id: str) -> int:
        """Return the node of the function that labels answers with `(id,)` if the checkpoint fits.

        Other answers have no label. Whether advisor can load the checkpoint does not matter.
        """
        return self.build(diagram, lambda _: (id,), self._of_form.get(id, 0))

    def build(
        self,
        diagram: Diagram,
        end: Callable[[State], Hashable] | None = None,
        watched: int | None = None,
    ) -> int:
        """Return the root of the function in a diagram whose levels are the axes.

        Leaves are labeled with `end` of the state after all answers, by default `first`. With a set
        `watched`, no other checkpoint is there, and answers after which none of them can be used
        have no label.
        """
        bottom, settled, end = len(self.axes), self._settled, end or self.first
        memo: list[dict[State, int]] = [{} for _ in range(bottom + 1)]

        @cache
        def lost(level: int, path: Said) -> list[int | None]:
            """Return `_lost` of each distinct consequence and the one before it; first None."""
            return [None, *(_lost(*pair) for pair in pairwise(self.of_level(level, path)[0]))]

        @cache
        def chosen(node: int) -> int:
            """Return the checkpoints picked below a node; -1 (all) if a leaf has no pick."""
            labels = diagram.labels(node)
            picked = all(label and label[0] not in NOT_PICKED for label in labels)
            ids = {id for label in labels for id in label}
            return self.bits(lambda checkpoint, _: checkpoint.id in ids) if picked else -1

        def grow(level: int, state: State) -> int:
            """Return the node for a state before the question of a level."""
            node = memo[level].get(state)
            if node is not None:
                return node
            marks = state.marks
            unfit = marks.gone | marks.lacking | marks.barred | marks.late
            if watched is not None and not watched & ~unfit:
                node = EMPTY
            elif level == bottom:
                node = diagram.terminal(end(state))
            else:
                distinct, group = self.of_level(level, state.terms.said)
                ends: list[int] = []
                for consequence, less in zip(distinct, lost(level, state.terms.said), strict=True):
                    if less is not None and not less & chosen(ends[-1]):
                        ends.append(ends[-1])
                    else:
                        after = self._after(state, consequence, used=level + 1 == settled)
                        ends.append(grow(level + 1, after))
                node = diagram.node(level, tuple([ends[at] for at in group]))
            memo[level][state] = node
            return node

        every = (1 << len(self.rules)) - 1
        marks = Marks(0 if watched is None else self.all & ~watched)
        start = State(marks, 0, 0, every, Terms(language=self.english))
        bound = self.of_said(())  # what the task alone requires
        marked = self.marks_of(bound) if bound.demands else Marks()
        nothing = AnswerConsequence(marked, every, self.ending(-1), Terms())
        return grow(0, self._after(start, nothing, used=settled == 0))

    def _after(self, state: State, more: AnswerConsequence, *, used: bool) -> State:
        """Return the state after one more answer, without what no longer matters.

        With `used`, all ways of use are known: each checkpoint keeps only the first that it offers.
        """
        marks, terms = state.marks, state.terms.and_then(more.terms)
        alive = state.pending & more.alive
        changed = any(more.marks) or terms is not state.terms or alive != state.pending
        if not (changed or used or alive & more.ending):
            return state
        if any(more.marks):
            marks = Marks(*map(or_, marks, more.marks))
        gone = marks.gone
        if used:
            gone |= self.all & ~self._assigned(terms.uses or (AS_IS,))
        left = self.all & ~gone
        lacking, avoid, prefer = marks.lacking, state.avoid, state.prefer
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

    def _first_offered(self, uses: tuple[str, ...]) -> int:
        """Return for each checkpoint the bit of the first of `uses` that it offers."""

        def first(model: Checkpoint) -> str | None:
            own = (use for use in uses if use != COMPOSE and self.task in tasks_of(model, use))
            return next(own, None)

        return self.bits(lambda model, use: use == first(model))

    def first(self, state: State, order: str | None = None) -> Leaf:
        """Return the family's leaf after all answers, checkpoints ranked as by `select_of`."""
        marks, terms = state.marks, state.terms
        uses = terms.uses or (AS_IS,)
        picks = self.all & ~marks.gone & ~marks.lacking
        barred = marks.unknown if self.picking.verified_only else marks.barred
        offered, picks = picks, picks & ~barred
        if not picks & self.loading:
            if self.composable and COMPOSE in uses:
                return Leaf(COMPOSED, self.family)
            teachable = self._teachable(state, offered & barred, picks)
            return Leaf(TEACHABLE if teachable else NOTHING, self.family)
        top = picks & self.loading
        timely = top & ~(marks.late | marks.untimed)
        kind = PICKED if timely else UNTIMELY
        top = top & ~marks.late if timely else top
        top = top & ~(marks.unknown | marks.poor) or top
        if marks.late | marks.untimed:
            late = (matching for some in self.paces[terms.pace or 0] if (matching := top & some))
            top = top & timely or next(late)
        if terms.steps:
            top = top & self._within(terms.step or max(terms.steps), terms.said) or top
        for use in uses:
            if matching := top & self.offered.get(use, 0):
                top = matching
                break
        order = order or self.picking.order
        if order == ORDERS[0]:
            order = terms.order or order
        if order != ORDERS[0]:
            classes = self._classes(order, terms.said)
            top = next(matching for some in classes if (matching := top & some))
        top = top & ~state.avoid or top
        top = top & state.prefer or top
        top = top & ~marks.learning or top
        return self._picked(top, terms.language or 0, uses)._replace(kind=kind)

    def _first_in_line(self, some: int, language: int, uses: tuple[str, ...]) -> Leaf:
        """Return the leaf of the first of the checkpoints `some` in the rankings of a language."""
        lines = self.lines[language]
        first = next(bit for use in uses for bit in lines.get(use, ()) if some >> bit & 1)
        use = AS_IS if first % 2 == 0 else FINE_TUNE
        return Leaf(PICKED, self.family, self.checkpoints[first // 2].id, use, self.family)

    def several(self, most: int) -> Callable[[State], tuple[str, ...]]:
        """Return a function: the ids of the first `most` that load safely, or fewer.

        Each is first once those before it, with all their forms, are removed. As on other pages,
        those that a rule discourages and that need more memory than the first place is for are left
        out, unless the first is discouraged too.
        """

        def listed(state: State) -> tuple[str, ...]:
            ids: list[str] = []
            terms, kind = state.terms, self.first(state).kind
            while kind not in NOT_PICKED and len(ids) < most:
                first = self.first(state)
                if first.kind != kind:
                    break
                gone = state.marks.gone | self._of_hub[hub_id_of(first.checkpoint)]
                if terms.steps and not (ids or state.avoid & self._of_form[first.checkpoint]):
                    gone |= state.avoid & ~self._within(terms.step or max(terms.steps), terms.said)
                ids.append(first.checkpoint)
                state = state._replace(marks=state.marks._replace(gone=gone))
            return tuple(ids)

        return listed

    def _teachable(self, state: State, unverified: int, rejected: int) -> bool:
        """True if all usable checkpoints lack only what training teaches, and there is one."""
        marks, assigned = state.marks, self._assigned(state.terms.uses or (AS_IS,))
        taught = assigned & marks.gone
        return bool(taught | unverified) and not (
            rejected or (marks.lacking | marks.late) & assigned or unverified & ~marks.unlearnt
        )

    def _known_to_fit(self, limit: float, path: Said) -> int:
        """Return the checkpoints known to need at most `limit` GB after answers `path`."""
        takes_gb = self.of_said(path).takes_gb
        return self.bits(lambda checkpoint, use: (takes_gb(checkpoint, use) or inf) <= limit)

    def _by_order(self, order: str, path: Said) -> list[int]:
        """Return sets of checkpoints that are equal by a sort order, the best set first."""
        takes_gb = self.of_said(path).takes_gb
        return self.ranked(lambda model: by_order(order, model, takes_gb(model, AS_IS)))


def _lost(before: AnswerConsequence, after: AnswerConsequence) -> int | None:
    """Return the checkpoints that only `after` adds to `lacking`; None if more differs."""
    lacking = after.marks.lacking
    other = any((a ^ b) & ~lacking for a, b in zip(before.marks, after.marks, strict=True))
    return None if other or before[1:] != after[1:] else lacking & ~before.marks.lacking


def _places(bits: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set, lowest first."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
