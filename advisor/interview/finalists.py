"""Which checkpoint comes first, for all that answers leave open at once.

Finalists are chosen by `select`, never here: it is asked once for each way in which answers
order them, and once for each set of them that may be left. Which are left is worked out answer by
answer: what several answers require is met by what meets each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from functools import cache
from typing import NamedTuple

from advisor.decide.requirements import RIGHTS, Requirements
from advisor.decide.selection import select
from advisor.engine.decision import Decision, Engine
from advisor.engine.diagram import EMPTY, Choice
from advisor.engine.profile import Answer, Profile, holds
from advisor.engine.space import Space
from advisor.interview.strategy import Residual
from advisor.model import NOT_APPLICABLE, TASK

Candidates = tuple[tuple[str, str, tuple[str, ...]], ...]
"""Finalists, each with its use and the rules that speak of it."""

Limits = frozenset[str | None]
"""Fields that training does not change, and precisions that weights are loaded in."""


class Situation(NamedTuple):
    """What may still be answered to the ordering questions, and which checkpoints pass so far.

    `candidates` is the place of a list of them. `passing` has a bit for each of its checkpoints
    that certainly passes, `possible` for each that may: nobody verified a field that matters.
    """

    ahead: tuple[Choice, ...]
    candidates: int
    passing: int
    possible: int


class Finalists:
    """The checkpoints of the family that a decision names, as open answers order and sift them."""

    def __init__(self, engine: Engine, decision: Decision) -> None:
        self.engine = engine
        self.given = {TASK: decision.profile[TASK], **decision.given}
        self._decision = decision._replace(assessments=())
        # What families do to each other no longer matters: only what cannot be is followed.
        self.space = Space(engine.encoding, engine.choices(self.given), only=engine.encoding.forbid)
        index = engine.encoding.index
        self.keeping = {index[question.id] for question in engine.rulebase.keeping}
        self.ordering = self._ordering(str(decision.family)) | self.keeping
        self.requiring = {
            index[question.id] for question in engine.rulebase.demanding
        } - self.ordering
        self._candidates: list[Candidates] = []
        self._example: dict[tuple[int, int, int], dict[int, Choice]] = {}
        self._passing: dict[tuple[int, int, Choice], tuple[int, int]] = {}
        self._met: dict[tuple[str, str, int, Choice, Limits], tuple[bool, bool]] = {}

    def residual(self, closed: Collection[int] = ()) -> Residual:
        """Return what is left open, told apart by the checkpoint that comes first, or None."""
        residual = Residual(self.space, closed=closed)
        told = self.space.support(self.space.root) | self.ordering | self.requiring
        questions = sorted(told)

        @cache
        def grow(depth: int, node: int, situations: frozenset[Situation]) -> int:
            if not situations:
                return EMPTY
            if depth == len(questions):
                return residual.terminal(self._first(situations))
            question = questions[depth]
            after = self.space.cofactors(node, question)
            children = [
                grow(depth + 1, left, self._answered(situations, question, choice))
                if left != EMPTY
                else EMPTY
                for choice, left in zip(self.space.choices[question], after, strict=True)
            ]
            return residual.node(question, tuple(children))

        residual.root = grow(0, self.space.root, self._situations(questions))
        return residual

    def _ordering(self, family: str) -> set[int]:
        """The questions whose answers order checkpoints: by use, by an order, or by rules."""
        rulebase = self.engine.rulebase
        catalogue = {checkpoint.id for checkpoint in rulebase.catalogue(family)}
        found = {TASK}
        found |= {q.id for q in rulebase.questions if any(o.uses or o.order for o in q.options)}
        if rulebase.order(self.given[TASK].options[0])["yardsticks"]:
            asking = (q for q in rulebase.demanding if q.requires("languages"))
            found |= {question.id for question in asking}
        self.speaking = [
            rule
            for rule in rulebase.rules
            if not catalogue.isdisjoint(rule.candidates)
            and self.space.meets(self.space.root, self.space.allowing(rule.when))
        ]
        found |= {id for rule in self.speaking for id in rule.when}
        return {self.engine.encoding.index[id] for id in found}

    def _situations(self, questions: list[int]) -> frozenset[Situation]:
        """Return every way in which the ordering questions can be answered together."""
        space = self.space
        ways: set[tuple[int, tuple[Choice, ...]]] = {(space.root, ())}
        for question in questions:
            ways = {
                (after, (*chosen, choice) if question in self.ordering else chosen)
                for node, chosen in ways
                for choice, after in zip(
                    space.choices[question], space.cofactors(node, question), strict=True
                )
                if after != EMPTY
            }
        places: dict[tuple[Candidates, Limits], int] = {}
        selected: dict[Hashable, Candidates] = {}
        found = set()
        for chosen in sorted({chosen for _, chosen in ways}):
            answers = dict(zip(sorted(self.ordering), chosen, strict=True))
            matters = self._matters(answers)
            if matters not in selected:
                selected[matters] = self._select(answers)
            candidates = selected[matters]
            place = places.setdefault((candidates, self._limits(answers)), len(places))
            everyone = (1 << len(candidates)) - 1
            self._example.setdefault((place, everyone, everyone), answers)
            found.add(Situation(chosen, place, everyone, everyone))
        self._candidates = [candidates for candidates, _ in places]
        return frozenset(found)

    def _matters(self, answers: dict[int, Choice]) -> Hashable:
        """Return all that the selection depends on: answers alike in it have equal candidates."""
        profile = self._profile(answers)
        fired = tuple(rule.id for rule in self.speaking if holds(rule.when, profile))
        required = Requirements(self.engine.rulebase, profile)
        return fired, required.uses, repr(required.demands), required.dtype, required.order

    def _limits(self, answers: dict[int, Choice]) -> Limits:
        """Return what answers keep from being trained, and the precisions they load weights in."""
        return frozenset(
            kept
            for question in self.keeping & set(answers)
            for chosen in (self.engine.options(question, answers[question]),)
            for option in self.engine.rulebase.questions[question].options
            if option.id in chosen
            for kept in (*option.keeps, option.dtype)
        )

    def _answered(
        self, situations: frozenset[Situation], question: int, choice: Choice
    ) -> frozenset[Situation]:
        """Return the situations after one more answer."""
        if question in self.ordering:
            return frozenset(
                one._replace(ahead=one.ahead[1:]) for one in situations if one.ahead[0] == choice
            )
        if question in self.requiring:
            return frozenset(self._sifted(one, question, choice) for one in situations)
        return situations

    def _sifted(self, situation: Situation, question: int, choice: Choice) -> Situation:
        """Return a situation with only the checkpoints that meet what one answer requires."""
        _, place, passing, possible = situation
        before = self._example[place, passing, possible]
        key = (place, question, choice)
        if key not in self._passing:
            keeping = {q: c for q, c in before.items() if q in self.keeping}
            meets = [
                self._meets(id, use, question, choice, keeping)
                for id, use, _ in self._candidates[place]
            ]
            certain, may = (
                sum(1 << at for at, met in enumerate(meets) if met[how]) for how in (0, 1)
            )
            self._passing[key] = certain, may
        certain, may = self._passing[key]
        passing, possible = passing & certain, possible & may
        self._example.setdefault((place, passing, possible), {**before, question: choice})
        return situation._replace(passing=passing, possible=possible)

    def _meets(
        self, id: str, use: str, question: int, choice: Choice, keeping: dict[int, Choice]
    ) -> tuple[bool, bool]:
        """Return whether a checkpoint in some use certainly meets what one answer requires, or may.

        `keeping` are the answers that change what others require.
        """
        options = self.engine.options(question, choice)
        asked = self.engine.rulebase.questions[question]
        if not any(one.requires for one in asked.options if one.id in options):
            return True, True
        key = (id, use, question, choice, self._limits(keeping))
        found = self._met.get(key)
        if found is None:
            profile = self._profile({**keeping, question: choice})
            checkpoint = self.engine.rulebase.checkpoint(id)
            required = Requirements(self.engine.rulebase, profile)
            lacks, unknown = required.gaps(checkpoint, use)
            poor = required.language_marks(checkpoint, use)[0]
            barred = lacks or any(gap.field in RIGHTS for gap in unknown)
            found = self._met[key] = not (lacks or unknown or poor), not barred
        return found

    def _first(self, situations: frozenset[Situation]) -> str | None:
        """Return the checkpoint that comes first once everything is answered."""
        (one,) = situations
        if not one.possible:
            return None
        if one.passing == one.possible and one.passing & (one.passing - 1) == 0:
            return self._candidates[one.candidates][one.passing.bit_length() - 1][0]
        picks = self._select(self._example[one.candidates, one.passing, one.possible])
        return picks[0][0] if picks else None

    def _select(self, answers: dict[int, Choice]) -> Candidates:
        """Return the checkpoints for some answers, best first; others require nothing."""
        decision = self._decision._replace(profile=self._profile(answers))
        return tuple(
            (pick.checkpoint.id, pick.use, tuple(rule.id for rule in pick.fired))
            for pick in select(self.engine.rulebase, decision).picks
        )

    def _profile(self, answers: dict[int, Choice]) -> Profile:
        """Return a complete profile of some answers, in which nothing else is said."""
        profile: Profile = {}
        for place, id in enumerate(self.engine.encoding.questions):
            options: tuple[str, ...] = (NOT_APPLICABLE,)
            if place in answers:
                options = self.engine.options(place, answers[place])
            given = self.given.get(id)
            kept = given is not None and set(given.options) == set(options)
            profile[id] = given if given and kept else Answer(options, None, "assumed")
        return profile
