"""The interview of a task worked out beforehand: which question comes next after which answers.

It asks the fewest questions that can be expected, over the decision diagram of the task. A state is
a question, how many are left at most, and the state after each of its answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from advisor.engine.decision import Engine
from advisor.engine.diagram import EMPTY
from advisor.interview.strategy import NearOptimum, Optimum, OverBudgetError, Residual, Split

END, IMPOSSIBLE = -1, -2
MOST_NODES = 60_000
"""So many nodes the optimum of a task may make. Beyond, few questions are looked at each time."""


class PlannedQuestion(NamedTuple):
    """The level of the question to ask, how many are left at most, and what follows each answer."""

    level: int
    most: int
    after: tuple[int, ...]


class InterviewPlan(NamedTuple):
    """The states of an interview, the first one last; without any, nothing is to be asked.

    `cost` is the expected number of questions, `optimal` says that none asks fewer.
    """

    states: tuple[PlannedQuestion, ...]
    cost: Fraction
    optimal: bool

    def at(self, places: Sequence[Sequence[int]]) -> PlannedQuestion | None:
        """Return the state after answers; None where it ends, or was not worked out.

        `places` has for each level the places that are left of it. What was answered is passed.
        """
        at = len(self.states) - 1
        while at >= 0:
            state = self.states[at]
            left = {state.after[place] for place in places[state.level]} - {IMPOSSIBLE}
            if len(places[state.level]) == len(state.after) or len(left) != 1:
                return state
            (at,) = left
        return None

    def to_json(self) -> dict[str, Any]:
        """Return the plan as lists of numbers."""
        states = [[state.level, state.most, *state.after] for state in self.states]
        cost = [self.cost.numerator, self.cost.denominator]
        return {"states": states, "cost": cost, "optimal": self.optimal}

    @classmethod
    def from_json(cls, table: dict[str, Any]) -> InterviewPlan:
        """Return the plan of such lists."""
        states = [
            PlannedQuestion(level, most, tuple(after)) for level, most, *after in table["states"]
        ]
        return cls(tuple(states), Fraction(*table["cost"]), table["optimal"])


def plan_of(residual: Residual) -> InterviewPlan:
    """Return the interview that asks the fewest questions of what is left."""
    optimum, optimal = Optimum(residual, len(residual) + MOST_NODES), True
    try:
        optimum.cost(residual.root)
    except OverBudgetError:
        optimum, optimal = NearOptimum(residual), False
    states: list[PlannedQuestion] = []
    numbers: dict[int, int] = {}
    costs: dict[int, Fraction] = {}

    def state_of(node: int) -> int:
        split = None if residual.decided(node) else optimum.best(node)
        if split is None:
            return END
        if node not in numbers:
            after = tuple(
                [
                    IMPOSSIBLE if child == EMPTY else state_of(child)
                    for child in residual.cofactors(node, split.question)
                ]
            )
            most = 1 + max(states[at].most if at >= 0 else 0 for at in after)
            costs[node] = 1 + _expected(residual, split, costs)
            numbers[node] = len(states)
            states.append(PlannedQuestion(split.question, most, after))
        return numbers[node]

    state_of(residual.root)
    return InterviewPlan(tuple(states), costs.get(residual.root, Fraction(0)), optimal)


def _expected(residual: Residual, split: Split, costs: dict[int, Fraction]) -> Fraction:
    """Return how many questions are expected after one, by what is known of its parts."""
    weights = [part.weight * residual.total(part.node) for part in split.parts]
    after = [costs.get(part.node, Fraction(0)) for part in split.parts]
    pairs = zip(weights, after, strict=True)
    return sum((weight * cost for weight, cost in pairs), Fraction(0)) / sum(weights)


def plan_for(engine: Engine, task: str) -> InterviewPlan | None:
    """Return the plan of a task that was worked out when the wheel was built; None without one."""
    shelf, remembered = engine.rulebase.shelf, engine.rulebase.remembered
    key = InterviewPlan, task
    if engine.priority or not shelf:
        return None
    if key not in remembered:
        table = shelf.read(f"plans/{task}")
        remembered[key] = InterviewPlan.from_json(table) if table else None
    found: InterviewPlan | None = remembered[key]
    return found
