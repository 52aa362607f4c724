"""What is left to ask for a task, which question is next, and the interview worked out beforehand.

A residual is what answers leave undecided, as a function of the open ones. Costs are totals over
all profiles of a node, as exact integers: a cost divided by the weight of the node is the expected
number of questions. A strategy names no question where none that may be asked makes a difference;
that nothing is decided yet is up to its caller. The one that is taken looks a question ahead, and
is expected to ask hardly more than the fewest (`benchmarks/interview.py`).

A state of a plan is a question, how many are left at most, and the state after each of its answers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from itertools import starmap
from typing import Any, NamedTuple

from advisor.decide.outlook import diagram_for
from advisor.engine.decision import Engine
from advisor.engine.diagram import EMPTY, Diagram
from advisor.engine.profile import Answer, Profile
from advisor.engine.space import Space
from advisor.engine.task_diagram import UNSAID, Leaf, TaskDiagram
from advisor.model import NOT_APPLICABLE, TASK
from advisor.rulebase.base import RuleBase, Shelf


class SplitPart(NamedTuple):
    """The node that some choices of a question lead to, and what these weigh."""

    node: int
    weight: int


Parts = tuple[SplitPart, ...]


class Split(NamedTuple):
    """A question that may be asked, with what its answers lead to; equal rests stand once."""

    question: int
    parts: Parts


class Residual(Diagram):
    """A diagram whose nodes are what is left to ask; `root` is what is left at first.

    That are complete profiles, told apart by a label. `senseless` has for each question at which
    place it does not apply; `closed` are questions never to be asked, such as those that somebody
    cannot answer. `weights` says how much each choice of a question weighs; without it, complete
    profiles weigh the same.
    """

    def __init__(
        self,
        source: Diagram,
        root: int,
        label: Callable[[Any], Hashable],
        senseless: Sequence[int | None],
        *,
        closed: Collection[int] = (),
        weights: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        super().__init__(source.choices, weights)
        self.root = self.read(source, root, label)
        self.closed = frozenset(closed)
        self._senseless = senseless
        self._splits: dict[tuple[int, int], Split | None] = {}
        self._impurity: dict[int, float] = {}

    @classmethod
    def of_space(cls, space: Space, label: Callable[[int], Hashable], **how: Any) -> Residual:
        """Return what is left of a space, by a label of its outcomes; levels are its questions."""
        senseless: list[int | None] = []
        for of_question, options in zip(space.choices, space.encoding.option_index, strict=True):
            choice = (options.get(NOT_APPLICABLE, -1),)
            senseless.append(of_question.index(choice) if choice in of_question else None)
        return cls(space, space.root, label, senseless, **how)

    @classmethod
    def of_task(
        cls,
        diagram: TaskDiagram,
        levels: Sequence[Sequence[int]],
        label: Callable[[Leaf], Hashable],
        **how: Any,
    ) -> Residual:
        """Return what is left of a task's diagram within `levels`; levels are its axes.

        The answers of a band of numbers weigh together as much as one of another band.
        """
        senseless = [
            next((n for n, v in enumerate(axis.values) if v.options == (NOT_APPLICABLE,)), None)
            for axis in diagram.axes
        ]
        weights = {level: axis.weights for level, axis in enumerate(diagram.axes)}
        made = cls(diagram, diagram.root, label, senseless, weights=weights, **how)
        if allowed := diagram.allowed(levels):
            made.root = made.within(made.root, allowed)
        return made

    def decided(self, node: int) -> bool:
        """True where every profile left has the same label."""
        return len(self.labels(node)) == 1

    def impurity(self, node: int) -> float:
        """Return how likely two profiles drawn at random have different labels."""
        if node not in self._impurity:
            counts = self.counts(node).values()
            total = sum(counts)
            self._impurity[node] = 1 - sum((count / total) ** 2 for count in counts)
        return self._impurity[node]

    def splits(self, node: int) -> list[Split]:
        """Return the questions that may be asked and make a difference, in declared order.

        A question that may yet prove not to apply is not asked.
        """
        open_ = sorted(self.support(node) - self.closed)
        return [split for question in open_ if (split := self.split(node, question))]

    def split(self, node: int, question: int) -> Split | None:
        """Return what the answers to one question lead to; None where it is not to be asked."""
        key = (node, question)
        if key not in self._splits:
            after, senseless = self.cofactors(node, question), self._senseless[question]
            applies = senseless is None or after[senseless] == EMPTY
            parts = merged(after, self.weights[question]) if applies else ()
            self._splits[key] = Split(question, parts) if len(parts) > 1 else None
        return self._splits[key]


def merged(nodes: Sequence[int], weights: Sequence[int]) -> Parts:
    """Return nodes with what they weigh: equal ones once, without those of no profile."""
    merged: dict[int, int] = {}
    for node, weight in zip(nodes, weights, strict=True):
        if node != EMPTY:
            merged[node] = merged.get(node, 0) + weight
    return tuple(starmap(SplitPart, merged.items()))


MOST_NODES = 1_000
"""So many nodes a look ahead may make that was not worked out beforehand."""


class OverBudgetError(Exception):
    """A look ahead takes more nodes than were granted."""


class Lookahead:
    """Chooses the question after which asking the `purest` ones is expected to take the fewest.

    It is a rollout of that strategy, one step ahead (Bertsekas, Tsitsiklis and Wu 1997, "Rollout
    algorithms for combinatorial optimization"). With a `budget`, that many nodes may be made.
    """

    def __init__(self, residual: Residual, budget: int | None = None) -> None:
        self.residual = residual
        self.budget = budget
        self._costs: dict[int, int] = {}

    def best(self, node: int) -> Split | None:
        """Return the best question, the first declared of equals. Raises OverBudgetError."""
        return min(self.residual.splits(node), key=self._after, default=None)

    def cost(self, node: int) -> int:
        """Return what asking the `purest` costs at a node. Raises OverBudgetError."""
        if node not in self._costs:
            if self.budget is not None and len(self.residual) > self.budget:
                raise OverBudgetError
            decided = self.residual.decided(node)
            split = None if decided else purest(self.residual, node)
            self._costs[node] = self.residual.total(node) + self._after(split) if split else 0
        return self._costs[node]

    def _after(self, split: Split) -> int:
        """Return what comes after a question."""
        costs = [part.weight * self.cost(part.node) for part in split.parts]
        return sum(costs) // self.residual.ways[split.question]


def next_question(residual: Residual, node: int, most: int = MOST_NODES) -> Split | None:
    """Return the best question; where looking ahead takes more than so many nodes, a good one."""
    try:
        return Lookahead(residual, len(residual) + most).best(node)
    except OverBudgetError:
        return purest(residual, node)


def purest(residual: Residual, node: int) -> Split | None:
    """Return the question after which two profiles drawn at random differ least often.

    That is the Gini impurity (Breiman et al. 1984, "Classification and regression trees").
    """

    def impurity(split: Split) -> float:
        weights = [part.weight * residual.total(part.node) for part in split.parts]
        parts = zip(weights, split.parts, strict=True)
        mixed = sum(weight * residual.impurity(part.node) for weight, part in parts)
        return round(mixed / sum(weights), 9)

    return min(residual.splits(node), key=impurity, default=None)


END, IMPOSSIBLE = -1, -2


class PlannedQuestion(NamedTuple):
    """The level of the question to ask, how many are left at most, and what follows each answer."""

    level: int
    most: int
    after: tuple[int, ...]


InterviewPlan = Sequence[PlannedQuestion]
"""The states of an interview, the first one last; without any, nothing is to be asked."""


def read_plan(table: Mapping[str, Sequence[Sequence[int]]]) -> InterviewPlan:
    """Return the plan of a table, as compiled."""
    return [PlannedQuestion(level, most, tuple(after)) for level, most, *after in table["states"]]


def state_after(plan: InterviewPlan, places: Sequence[Sequence[int]]) -> PlannedQuestion | None:
    """Return the state after answers; None where the plan ends, or was not worked out.

    `places` has for each level the places that are left of it. What was answered is passed.
    """
    at = len(plan) - 1
    while at >= 0:
        state = plan[at]
        left = {state.after[place] for place in places[state.level]} - {IMPOSSIBLE}
        if len(places[state.level]) == len(state.after) or len(left) != 1:
            return state
        (at,) = left
    return None


def settled(engine: Engine, profile: Profile) -> Profile:
    """Return answers with those to questions that nobody is asked, as they hold without a flag."""
    whole = dict(profile)
    for question in engine.rulebase.questions:
        if question.flag_only and question.id not in profile:
            usual = (question.options[0].id, *([NOT_APPLICABLE] if question.ask_if else []))
            answer = Answer(usual, None, "assumed")
            if engine.admits({**whole, question.id: answer}):  # it may make no sense here
                whole[question.id] = answer
    return whole


class Open(NamedTuple):
    """What answers leave open of a task's diagram: `kept` are the places left of each level.

    `planned` is where they stand in the plan that was worked out, if they keep to it.
    """

    diagram: TaskDiagram
    kept: list[list[int]]
    residual: Residual
    planned: PlannedQuestion | None

    @property
    def most(self) -> int:
        """How many questions may be asked of it."""
        residual = self.residual
        if residual.decided(residual.root):
            return 0
        if self.planned:
            return self.planned.most
        return len(residual.support(residual.root) - residual.closed)

    @property
    def level(self) -> int | None:
        """The level of the next question; None where none that may be asked makes a difference."""
        if self.planned:
            return self.planned.level
        split = next_question(self.residual, self.residual.root)
        return split.question if split else None


def open_of(engine: Engine, profile: Profile, unknown: Collection[str] = ()) -> Open:
    """Return what is left to ask after the answers of a profile with one task.

    Of a question that somebody does not know the answer of, and of which nothing is assumed, the
    answer that nobody gave is the one to go by. Answers to which the plan has no value lead off it,
    and so does what nobody knows.
    """
    (task, *_), whole = profile[TASK].options, settled(engine, profile)
    unsaid = {id: Answer((), None, "asked") for id in unknown if id in engine.rulebase.left_open}
    diagram = diagram_for(engine, task, {**whole, **unsaid})
    levels = diagram.kept({**whole, **unsaid})
    for places, axis in zip(levels, diagram.axes, strict=True):
        if len(places) > 1:
            places[:] = [place for place in places if axis.values[place] != UNSAID]
    closed = [n for n, axis in enumerate(diagram.axes) if axis.question in {*whole, *unknown}]
    residual = Residual.of_task(diagram, levels, lambda leaf: leaf.choice, closed=closed)
    plan, planned = plan_for(engine, task), None
    if plan and not unknown and diagram is diagram_for(engine, task, {}):
        planned = state_after(plan, levels)
        if planned and not residual.split(residual.root, planned.level):
            planned = None
    return Open(diagram, levels, residual, planned)


def compiled(rulebase: RuleBase, task: str) -> dict[str, dict[str, Any]]:
    """Return the diagram of a task, what it was made of, and its interview, as compiled."""
    engine = Engine.known(rulebase)
    rulebase.shelf = shelf = Shelf()
    diagram_for(engine, task, {})
    residual = open_of(engine, {TASK: Answer((task,), None, "flag")}).residual
    states = [[state.level, state.most, *state.after] for state in plan_of(residual)]
    return {**shelf.parts, f"plans/{task}": {"states": states}}


def plan_of(residual: Residual) -> InterviewPlan:
    """Return the interview about what is left."""
    ahead = Lookahead(residual)
    states: list[PlannedQuestion] = []
    numbers: dict[int, int] = {}

    def state_of(node: int) -> int:
        split = None if residual.decided(node) else ahead.best(node)
        if split is None:
            return END
        if node not in numbers:
            children = residual.cofactors(node, split.question)
            ends = tuple([IMPOSSIBLE if to == EMPTY else state_of(to) for to in children])
            most = 1 + max(states[at].most if at >= 0 else 0 for at in ends)
            numbers[node] = len(states)
            states.append(PlannedQuestion(split.question, most, ends))
        return numbers[node]

    state_of(residual.root)
    return states


def plan_for(engine: Engine, task: str) -> InterviewPlan | None:
    """Return the plan of a task that was worked out when the wheel was built; None without one."""
    shelf, remembered = engine.rulebase.shelf, engine.rulebase.remembered
    if engine.priority or not shelf:
        return None
    if (key := (PlannedQuestion, task)) not in remembered:
        table = shelf.read(f"plans/{task}")
        remembered[key] = read_plan(table) if table else None
    plan: InterviewPlan | None = remembered[key]
    return plan
