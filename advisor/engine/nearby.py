"""The complete profiles around a decision: where its answers may be changed, and who wins then."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from advisor.engine.decision import Decision, Engine
from advisor.engine.diagram import Cost
from advisor.engine.nodes import Allowed, Choice
from advisor.engine.profile import Profile
from advisor.engine.space import Space
from advisor.model import NONE


class Nearby:
    """The space of `fixed` answers alone, in which given options that hold at once are a choice.

    Whatever is not fixed is open. `present` has the choice of each question in the decision, and
    `names` who can win.
    """

    def __init__(self, engine: Engine, decision: Decision, fixed: Profile) -> None:
        self.engine = engine
        self.names = (*engine.encoding.families, NONE)
        self.present: list[Choice] = [choices[0] for choices in engine.choices(decision.profile)]
        self.space = self._space(decision.given, fixed)

    def _space(self, given: Profile, fixed: Profile) -> Space:
        encoding, choices = self.engine.encoding, self.engine.choices(fixed)
        held = {
            question: choice
            for question, of_question in enumerate(self.engine.choices(given))
            for choice in of_question
            if len(choice) > 1 and encoding.questions[question] not in fixed
        }
        if not held:
            return self.engine.space(fixed)
        for question, choice in held.items():
            choices[question] = (choice, *choices[question])
        return Space(encoding, choices)

    def winner(self, allowed: Allowed) -> int | None:
        """Return who wins the most typical profile within `allowed`; None where there is none."""
        found = self.space.first(self.space.root, allowed)
        return None if found is None else self.engine.ranking.winner(found[1])

    def nearest(
        self,
        accept: Callable[[int], bool],
        held: Iterable[int],
        price: Cost = lambda _question, _choice: 1,
    ) -> list[Choice] | None:
        """Return the profile with an accepted winner that changes the least; None where none is.

        The answers to the questions `held` stay; any other change has its price.
        """

        def cost(question: int, choice: Choice) -> int:
            return 0 if choice == self.present[question] else price(question, choice)

        winner = self.engine.ranking.winner
        allowed = {question: (self.present[question],) for question in held}
        found = self.space.nearest(
            self.space.root, cost, lambda outcome: accept(winner(outcome)), allowed
        )
        return None if found is None else found[1]
