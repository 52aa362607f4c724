"""What every proof of an audit stands on: all complete profiles of a rule base, cut by conditions.

A complete profile has one option of every question, `not-applicable` included, and breaks no
`never`, no implied answer and no `ask_if`. Of a question with `many` it has one option, too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from advisor.audit.budget import Budget, NotProvedError
from advisor.audit.patterns import Cover, Pattern, patterns
from advisor.engine.decision import Engine
from advisor.engine.graph import Choice
from advisor.engine.space import Space
from advisor.model import NONE, Condition, Rule
from advisor.rulebase.base import RuleBase

MOST_PATTERNS = 8
"""So many patterns are given for one defect; how many profiles they leave is said."""

PATTERNS_UP_TO_EDGES = 10_000
"""Patterns are looked for in graphs up to this size; of larger ones one profile is shown."""

Answers = dict[str, str]
"""A complete profile: question -> the one option."""


class Ground:
    """A rule base encoded for proofs, under its declared order of criteria and one budget."""

    def __init__(self, rulebase: RuleBase, budget: Budget) -> None:
        self.rulebase = rulebase
        self.budget = budget
        self.engine = Engine(rulebase)
        self.encoding = self.engine.encoding
        self.ranking = self.engine.ranking
        self.names = (*self.encoding.families, NONE)
        self.whole: list[tuple[Choice, ...]] = list(self.engine.choices({}))
        self.bits: dict[str, dict[int, int]] = {}
        """For each rule, its conjunctions by family, as masks."""
        for place, (origin, family, _) in enumerate(self.encoding.conjunctions):
            if isinstance(origin, Rule):
                self.bits.setdefault(origin.id, {})[family] = 1 << place
        self.written = tuple(rule for rule in rulebase.rules if not rule.derived)

    @property
    def everything(self) -> Space:
        """All complete profiles. Raises NotProvedError where the budget ends; tries only once."""
        if isinstance(self._everything, NotProvedError):
            raise NotProvedError(str(self._everything))
        return self._everything

    @cached_property
    def _everything(self) -> Space | NotProvedError:
        try:
            return self.space()
        except NotProvedError as reason:
            return reason

    def space(self, *conditions: Condition, only: int | None = None) -> Space:
        """Return the complete profiles in which all conditions hold.

        `only` are the conjunctions to follow. Raises NotProvedError where the budget ends.
        """
        self.budget.check()
        choices = list(self.whole)
        for when in conditions:
            for id, options in when.items():
                question = self.encoding.index[id]
                index = self.encoding.option_index[question]
                kept = {index[option] for option in options}
                choices[question] = tuple(c for c in choices[question] if c[0] in kept)
        if not all(choices):
            choices = [() for _ in choices]
        return Space(self.encoding, choices, only=only, spend=self.budget.room())

    def without(self, mask: int) -> int:
        """Return all conjunctions but these."""
        return self.encoding.everything & ~mask

    def mask(self, rule: Rule) -> int:
        """Return the conjunctions of a rule; none where it aims at checkpoints alone."""
        return sum(self.bits.get(rule.id, {}).values())

    def number(self, space: Space, holds: Callable[[int], bool]) -> int:
        """Return how many profiles of a space have an outcome of which something holds."""
        self.budget.check()
        weighted = zip(space.outcomes, space.weights(), strict=True)
        return sum(weight for outcome, weight in weighted if holds(outcome))

    def witness(self, space: Space, holds: Callable[[int], bool]) -> Answers | None:
        """Return a profile with such an outcome: the one with the most typical answers."""
        self.budget.check()
        found = space.nearest(lambda _, choice: choice[0], holds)
        if found is None:
            return None
        return {
            id: self.encoding.options[question][choice[0]]
            for question, (id, choice) in enumerate(
                zip(self.encoding.questions, found[1], strict=True)
            )
        }

    def patterns(self, space: Space, holds: Callable[[int], bool]) -> Cover:
        """Return minimal patterns of the profiles with such outcomes; one profile at the least."""
        self.budget.check()
        if space.size <= PATTERNS_UP_TO_EDGES:
            return patterns(space, holds, MOST_PATTERNS)
        number = self.number(space, holds)
        answers = self.witness(space, holds) or {}
        one = Pattern({id: [option] for id, option in answers.items()}, 1, 1)
        return Cover(number, (one,), number - 1)

    def allowed(self, answers: Answers) -> dict[int, tuple[Choice, ...]]:
        """Return answers as choices to keep, by question."""
        places = {self.encoding.index[id]: option for id, option in answers.items()}
        index = self.encoding.option_index
        return {question: ((index[question][option],),) for question, option in places.items()}

    def outcome(self, answers: Answers, left_out: int = 0) -> int:
        """Return the outcome bits of a complete profile without some conjunctions."""
        chosen = self.allowed(answers)
        fired = self.encoding.fired([chosen[place][0] for place in range(len(chosen))])
        return self.encoding.outcome(fired & ~left_out)

    def fired(self, answers: Answers) -> list[Rule]:
        """Return the rules that fire on a complete profile."""
        return [
            rule
            for rule in self.rulebase.rules
            if all(answers[id] in options for id, options in rule.when.items())
        ]
