"""How many questions the interview asks, against the fewest that any strategy could.

Expected numbers are exact: over all complete profiles of a task, each as likely as any other, and
over all tasks, each as likely as any other. The optimum is proved by dynamic programming; where
that takes too long, what is proved is a bound.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import lcm, log2
from typing import NamedTuple

from fewest_questions import Optimum

from advisor.engine.decision import Engine
from advisor.engine.profile import UNKNOWN, Answer, Profile, make_profile
from advisor.interview.plan import OverBudgetError, Residual, Split, settled
from advisor.interview.session import FAMILY, Session
from advisor.model import NONE, TASK
from advisor.model.evidence import Scenario
from advisor.rulebase.base import RuleBase

BUDGET_NODES = 1_000_000
"""So many nodes all proofs together may make: about half a minute and a gigabyte at most."""

BUDGET_STEPS = 20_000
"""So many different states of an interview are walked through for one task."""


def information_gain(residual: Residual, node: int) -> Split | None:
    """Return the question that is expected to narrow the labels down by the most bits."""
    return _least_spread(residual, node, lambda shares: -sum(p * log2(p) for p in shares))


def gini(residual: Residual, node: int) -> Split | None:
    """Return the question after which two profiles drawn at random differ least often."""
    return _least_spread(residual, node, lambda shares: 1 - sum(p**2 for p in shares))


def file_order(residual: Residual, node: int) -> Split | None:
    """Return the first declared question that makes a difference."""
    return next(iter(residual.splits(node)), None)


def _least_spread(
    residual: Residual, node: int, spread: Callable[[list[float]], float]
) -> Split | None:
    """Return the question after which the shares of labels are expected to spread least."""

    def after(split: Split) -> float:
        weights = [part.weight * residual.total(part.node) for part in split.parts]
        spreads = 0.0
        for part, weight in zip(split.parts, weights, strict=True):
            counts = residual.counts(part.node).values()
            shares = [number / sum(counts) for number in counts]
            spreads += weight / sum(weights) * spread(shares)
        return round(spreads, 9)

    return min(residual.splits(node), key=after, default=None)


RIVALS: dict[str, Callable[[Residual, int], Split | None]] = {
    "gain": information_gain,
    "gini": gini,
    "file": file_order,
}


class Cost(NamedTuple):
    """What a strategy asks until the family is decided: expected, and at most."""

    expected: Fraction
    most: int


class TaskMeasure(NamedTuple):
    """The questions after one task; None where walking through them took too long.

    No strategy gets below `at_least`; `proved` says that one reaches it. `states` are the different
    states that had to be solved, `profiles` the complete profiles behind them.
    """

    task: str
    profiles: int
    states: int
    proved: bool
    at_least: Fraction
    interview: Cost | None
    rivals: dict[str, Cost | None]


class TaskUnknown(NamedTuple):
    """The questions where the task is to be asked too: the bound, and what is best asked first."""

    proved: bool
    at_least: Fraction
    first: str | None
    states: int


class Played(NamedTuple):
    """One case played by somebody who knows its answers and no others."""

    scenario: str
    task: str | None
    asked: tuple[str, ...]
    family: str
    recommended: str

    @property
    def same(self) -> bool:
        """True where the interview ends in the family that the whole profile is given."""
        return self.family == self.recommended


class Measured(NamedTuple):
    """All of it: each task, the task unknown, and every scenario played."""

    tasks: tuple[TaskMeasure, ...]
    unknown: TaskUnknown
    played: tuple[Played, ...]

    @property
    def proved(self) -> bool:
        """True where the optimum is known for every task."""
        return all(one.proved for one in self.tasks)

    @property
    def optimum(self) -> Fraction:
        """The least mean over all tasks: the optimum where it is proved."""
        return _mean([one.at_least for one in self.tasks])

    def mean(self, of: Callable[[TaskMeasure], Cost | None]) -> Fraction | None:
        """Return the mean over all tasks of what a strategy asks; None where one is not known."""
        found = [of(one) for one in self.tasks]
        known = [cost.expected for cost in found if cost is not None]
        return _mean(known) if len(known) == len(found) else None


def measure(rulebase: RuleBase, budget: int = BUDGET_NODES) -> Measured:
    """Measure the interview on a rule base, and prove how few questions there could be."""
    engine = Engine(rulebase)
    space, task = engine.space(settled(engine, {})), engine.encoding.index[TASK]
    sizes = [space.total(space.root, {task: [choice]}) for choice in space.choices[task]]
    whole = lcm(*[size for size in sizes if size])
    weights = {task: [whole // size if size else 0 for size in sizes]}
    residual = Residual.of_space(space, engine.ranking.winner, weights=weights)
    optimum = Optimum(residual, budget)
    nodes = residual.cofactors(residual.root, task)
    tasks = tuple(
        _measure(engine, optimum, node, one.id, size)
        for one, size, node in zip(rulebase.tasks, sizes, nodes, strict=True)
        if size
    )
    at_least, proved = _least(optimum, residual.root)
    best = optimum.best(residual.root) if proved else None
    first = engine.encoding.questions[best.question] if best else None
    unknown = TaskUnknown(proved, at_least, first, len(optimum))
    return Measured(tasks, unknown, play_all(engine))


def _measure(engine: Engine, optimum: Optimum, node: int, task: str, size: int) -> TaskMeasure:
    residual = optimum.residual
    before = len(optimum)
    at_least, proved = _least(optimum, node)
    told: Profile = {TASK: Answer((task,), None, "asked")}

    def shipped(node: int, profile: Profile) -> Split | None:
        ask = Session(engine, profile, FAMILY).next()
        return residual.split(node, engine.encoding.index[ask.question.id]) if ask else None

    return TaskMeasure(
        task=task,
        profiles=size,
        states=len(optimum) - before,
        proved=proved,
        at_least=at_least,
        interview=walked(engine, residual, node, told, shipped),
        rivals={
            name: walked(engine, residual, node, told, lambda node, _, by=by: by(residual, node))  # type: ignore[misc]
            for name, by in RIVALS.items()
        },
    )


def _least(optimum: Optimum, node: int) -> tuple[Fraction, bool]:
    """Return the fewest questions expected, or a number below them; and whether it is proved."""
    total = optimum.residual.total(node)
    try:
        return Fraction(optimum.cost(node), total), True
    except OverBudgetError:
        return Fraction(floor(optimum.residual, node), total), False


def floor(residual: Residual, node: int) -> int:
    """Return a cost that no strategy gets below: of what has to be asked in any case."""
    if residual.decided(node) or not residual.splits(node):
        return 0
    return max(residual.total(node), sum(Optimum(residual).sensitivity(node)))


Asks = Callable[[int, Profile], Split | None]
"""Names the question to ask at a node that some answers lead to."""


def walked(engine: Engine, residual: Residual, node: int, told: Profile, asks: Asks) -> Cost | None:
    """Return what a strategy asks from a node on, walking through every state it can get into."""
    known: dict[int, tuple[int, int]] = {}

    def walk(node: int, profile: Profile) -> tuple[int, int]:
        if residual.decided(node):
            return 0, 0
        if node not in known:
            if len(known) >= BUDGET_STEPS:
                raise OverBudgetError
            split = asks(node, profile)
            known[node] = after(node, profile, split) if split else (0, 0)
        return known[node]

    def after(node: int, profile: Profile, split: Split) -> tuple[int, int]:
        id = engine.encoding.questions[split.question]
        cost, most = 0, 0
        choices, below = residual.choices[split.question], residual.cofactors(node, split.question)
        for part in split.parts:
            choice = choices[below.index(part.node)]
            answer = Answer(engine.options(split.question, choice), None, "asked")
            further, deepest = walk(part.node, {**profile, id: answer})
            cost += part.weight * further
            most = max(most, deepest)
        return residual.total(node) + cost // residual.ways[split.question], most + 1

    try:
        cost, most = walk(node, told)
    except OverBudgetError:
        return None
    return Cost(Fraction(cost, residual.total(node)), most)


def play_all(engine: Engine) -> tuple[Played, ...]:
    """Play every scenario through the interview, once for each of its tasks."""
    played = []
    for scenario in engine.rulebase.scenarios:
        profile = make_profile(engine.rulebase, scenario.profile, "file")
        tasks = profile[TASK].options if TASK in profile else (None,)
        played += [_play(engine, scenario, profile, task) for task in tasks]
    return tuple(played)


def _play(engine: Engine, scenario: Scenario, profile: Profile, task: str | None) -> Played:
    if task is not None:
        profile = {**profile, TASK: Answer((task,), None, "file")}
    flags = {q.id for q in engine.rulebase.questions if q.flag_only} & set(profile)
    session = Session(engine, {id: profile[id] for id in flags}, FAMILY)
    asked = []
    while (ask := session.next()) is not None:
        id = ask.question.id
        asked.append(id)
        answer = profile.get(id)
        session.answer(id, list(answer.options) if answer else UNKNOWN)
    decisions = session.decide(), engine.decide(profile)
    families = [decision.family or NONE for decision in decisions]
    return Played(scenario.id, task, tuple(asked), *families)


def _mean(numbers: list[Fraction]) -> Fraction:
    return sum(numbers, Fraction(0)) / len(numbers) if numbers else Fraction(0)
