"""Where a rule decides: complete profiles whose answer would be another without it, exactly."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from advisor.audit.diagram import EMPTY, Cube, Diagram, axes_of
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer, Profile
from advisor.model import NONE, TASK, Rule
from advisor.rulebase.base import RuleBase


class Instance(NamedTuple):
    """A complete profile with its answer, and the answer without a rule.

    `answers` are the fewest to give, in declared order: all others are assumed to be as they are.
    """

    answers: dict[str, str]
    fires: bool
    family: str
    without: str


class Deciding(NamedTuple):
    """In how many of all `profiles` a rule fires and decides, and where.

    `example` is the most typical profile that it decides, `counterexample` the nearest to it that
    it does not: one in which it fires, if there is one.
    """

    rule: Rule
    profiles: int
    fires: int
    decides: int
    example: Instance | None
    counterexample: Instance | None


def without(rulebase: RuleBase, rule: Rule) -> RuleBase:
    """Return a rule base that lacks one rule."""
    rest = copy.copy(rulebase)
    rest.rules = tuple(one for one in rulebase.rules if one.id != rule.id)
    return rest


class Deciders:
    """Finds where rules of one rule base decide."""

    def __init__(self, rulebase: RuleBase) -> None:
        self.rulebase = rulebase
        self.engine = Engine(rulebase)
        self.space = self.engine.space({})
        self.diagram = Diagram(axes_of(self.space))
        self.names = [*self.engine.encoding.families, NONE]
        self.answered = self._read(self.engine)

    def of(self, rules: Sequence[Rule]) -> Iterator[Deciding]:
        """Yield where each rule decides."""
        for rule in rules:
            yield self._deciding(rule)

    def _deciding(self, rule: Rule) -> Deciding:
        diagram = self.diagram
        other = self._read(Engine(without(self.rulebase, rule)))
        laid = diagram.combine(self.answered, other, lambda one, two: (one, two))
        firing = diagram.within(laid, self._cube(rule))
        decided = diagram.relabel(laid, lambda pair: pair if pair[0] != pair[1] else None)
        idle = diagram.relabel(firing, lambda pair: pair if pair[0] == pair[1] else None)
        if idle == EMPTY:
            idle = diagram.relabel(laid, lambda pair: pair if pair[0] == pair[1] else None)
        example = counterexample = None
        if EMPTY not in (decided, idle):
            path = diagram.first(decided)
            example = self._instance(rule, laid, path)
            counterexample = self._instance(rule, laid, diagram.nearest(idle, path))
        elif idle != EMPTY:
            counterexample = self._instance(rule, laid, diagram.first(idle))
        return Deciding(
            rule,
            diagram.total(self.answered),
            diagram.total(firing),
            diagram.total(decided),
            example,
            counterexample,
        )

    def _read(self, engine: Engine) -> int:
        return self.diagram.read(
            engine.space({}), lambda outcome: self.names[engine.ranking.winner(outcome)]
        )

    def _cube(self, rule: Rule) -> Cube:
        encoding = self.engine.encoding
        cube = self.diagram.everything
        for id, options in rule.when.items():
            question = encoding.index[id]
            kept = {encoding.option_index[question][option] for option in options}
            cube[question] = {
                place
                for place, choice in enumerate(self.diagram.axes[question].choices)
                if kept.intersection(choice)
            }
        return cube

    def _instance(self, rule: Rule, laid: int, path: list[int]) -> Instance:
        axes = self.diagram.axes
        whole = {
            id: self.engine.options(question, axes[question].choices[path[question]])[0]
            for id, question in self.engine.encoding.index.items()
        }
        ((family, other),) = self.diagram.counts(laid, [{place} for place in path])
        fires = all(whole[id] in options for id, options in rule.when.items())
        return Instance(self._fewest(whole), fires, family, other)

    def _fewest(self, whole: dict[str, str]) -> dict[str, str]:
        """Return the answers to give so that all others are assumed as they are."""
        given: Profile = {TASK: Answer((whole[TASK],), None, "flag")}
        while True:
            assumed = self.engine.decide(given).profile
            wrong = next((id for id in whole if assumed[id].options != (whole[id],)), None)
            if wrong is None:
                return {id: given[id].options[0] for id in whole if id in given}
            given[wrong] = Answer((whole[wrong],), None, "flag")
