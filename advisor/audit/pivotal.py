"""Where a rule decides: complete profiles whose answer would be another without it, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from advisor.audit.scenarios import RuleCoverage, rules_covered
from advisor.engine.decision import Engine
from advisor.engine.diagram import EMPTY, Choice
from advisor.engine.profile import Answer, Profile
from advisor.model import TASK, Rule
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


class RuleFacts(NamedTuple):
    """What is known of a rule apart from what it says: where it decides, and which scenarios."""

    deciding: Deciding
    scenarios: RuleCoverage


def facts_of(rulebase: RuleBase, rules: Sequence[Rule]) -> list[RuleFacts]:
    """Return what exact search finds of rules."""
    covered = rules_covered(rulebase)
    return [RuleFacts(one, covered[one.rule.id]) for one in Deciders(rulebase).of(rules)]


class Deciders:
    """Finds where rules of one rule base decide."""

    def __init__(self, rulebase: RuleBase) -> None:
        self.engine = Engine(rulebase)
        self.space = self.engine.space({})

    def of(self, rules: Iterable[Rule]) -> Iterator[Deciding]:
        """Yield where each rule decides."""
        encoding, winner, space = self.engine.encoding, self.engine.ranking.winner, self.space

        def answers(function: int) -> int:
            return space.relabel(function, lambda outcome: encoding.winners[winner(outcome)])

        def unchanged(function: int) -> int:
            return space.relabel(function, lambda pair: pair if pair[0] == pair[1] else None)

        answered = answers(space.root)
        for rule in rules:
            own = [one.origin.id == rule.id for one in encoding.conjunctions]
            others = sum(1 << place for place, is_own in enumerate(own) if not is_own)
            without = answers(space.build(others))
            laid = space.combine(answered, without, lambda one, two: (one, two))
            firing = space.within(laid, space.allowing(rule.when))
            decided = space.relabel(laid, lambda pair: pair if pair[0] != pair[1] else None)
            idle = unchanged(firing) or unchanged(laid)
            example = space.first(decided) if idle != EMPTY else None
            near = example[0] if example else None
            other = self._nearest(idle, near) if near else (space.first(idle) or [None])[0]
            yield Deciding(
                rule=rule,
                profiles=space.total(answered),
                fires=space.total(firing),
                decides=space.total(decided),
                example=self._instance(rule, laid, near),
                counterexample=self._instance(rule, laid, other),
            )

    def _nearest(self, function: int, profile: list[Choice]) -> list[Choice]:
        """Return the profile with a label that differs from another in the fewest choices."""
        found = self.space.nearest(
            function, lambda question, choice: int(choice != profile[question]), lambda _: True
        )
        return found[1] if found else profile

    def _instance(self, rule: Rule, laid: int, profile: list[Choice] | None) -> Instance | None:
        if profile is None:
            return None
        encoding = self.engine.encoding
        answers = {
            id: self.engine.options(question, profile[question])[0]
            for id, question in encoding.index.items()
        }
        ((family, other),) = self.space.counts(laid, {q: (c,) for q, c in enumerate(profile)})
        fires = all(answers[id] in options for id, options in rule.when.items())
        return Instance(self._fewest(answers), fires, family, other)

    def _fewest(self, answers: dict[str, str]) -> dict[str, str]:
        """Return the answers to give so that all others are assumed as they are."""
        given: Profile = {TASK: Answer((answers[TASK],), None, "flag")}
        while True:
            assumed = self.engine.decide(given).profile
            wrong = next((id for id in answers if assumed[id].options != (answers[id],)), None)
            if wrong is None:
                return {id: given[id].options[0] for id in answers if id in given}
            given[wrong] = Answer((answers[wrong],), None, "flag")
