"""The questions left for a task, the choice of the next one, and the compiled plan of an interview.

A residual is the diagram of the outcomes that the unanswered questions can still lead to. Costs are
exact integers, summed over all profiles of a node: a cost divided by the weight of the node is the
expected number of questions. A strategy returns no question if none that may be asked makes a
difference; its caller checks whether the outcome is decided. The strategy in use looks one question
ahead and is expected to ask hardly more than the fewest (`benchmarks/interview.py`).

A state of a plan is a question, the most questions left, and the state after each of its answers.
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
    """The node after some choices of a question, and the summed weight of these choices."""

    node: int
    weight: int


Parts = tuple[SplitPart, ...]


class Split(NamedTuple):
    """A question (its level) that may be asked, with the distinct nodes after its answers."""

    question: int
    parts: Parts


class Residual(Diagram):
    """A diagram of the labels of complete profiles that are still possible; `root` is its top.

    `senseless` has for each question the index of its choice "not applicable", or None; `closed`
    are questions never to be asked, such as those that the user cannot answer. `weights` are the
    weights of the choices of each question; without them, all complete profiles weigh the same.
    `chosen` keeps the next question of a node, as the nodes that a look-ahead makes stay.
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
        self.chosen: dict[int, Split | None] = {}

    @classmethod
    def of_space(cls, space: Space, label: Callable[[int], Hashable], **how: Any) -> Residual:
        """Return the residual of a space; `label` maps its outcomes, levels are its questions."""
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
        """Return the residual of a task's diagram within the values left of each axis in `levels`.

        The parts of a band of numbers together weigh as much as a whole band.
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
        """True if all profiles left have the same label."""
        return len(self.labels(node)) == 1

    def impurity(self, node: int) -> float:
        """Return the probability that two random profiles of a node have different labels."""
        if node not in self._impurity:
            counts = self.counts(node).values()
            total = sum(counts)
            self._impurity[node] = 1 - sum((count / total) ** 2 for count in counts)
        return self._impurity[node]

    def splits(self, node: int) -> list[Split]:
        """Return the splits by questions that may be asked and make a difference, in order.

        A question that another answer can still make inapplicable is left out.
        """
        open_ = sorted(self.support(node) - self.closed)
        return [split for question in open_ if (split := self.split(node, question))]

    def split(self, node: int, question: int) -> Split | None:
        """Return the split by a question; None if it may not apply or makes no difference."""
        key = (node, question)
        if key not in self._splits:
            after, senseless = self.cofactors(node, question), self._senseless[question]
            applies = senseless is None or after[senseless] == EMPTY
            parts = merged(after, self.weights[question]) if applies else ()
            self._splits[key] = Split(question, parts) if len(parts) > 1 else None
        return self._splits[key]


def merged(nodes: Sequence[int], weights: Sequence[int]) -> Parts:
    """Return the distinct nodes with their summed weights, without EMPTY."""
    merged: dict[int, int] = {}
    for node, weight in zip(nodes, weights, strict=True):
        if node != EMPTY:
            merged[node] = merged.get(node, 0) + weight
    return tuple(starmap(SplitPart, merged.items()))


MOST_NODES = 1_000
"""At most this many new nodes are made for a look-ahead without a compiled plan."""


class OverBudgetError(Exception):
    """A look-ahead needs more nodes than its budget."""


class Lookahead:
    """Chooses the question with the fewest expected questions if `purest` chooses all later ones.

    This is a one-step rollout of `purest` (Bertsekas, Tsitsiklis and Wu 1997, "Rollout algorithms
    for combinatorial optimization"). With a `budget`, the residual may have that many nodes.
    """

    def __init__(self, residual: Residual, budget: int | None = None) -> None:
        self.residual = residual
        self.budget = budget
        self._costs: dict[int, int] = {}

    def best(self, node: int) -> Split | None:
        """Return the best question, the first declared of equals. Raises OverBudgetError."""
        return min(self.residual.splits(node), key=self._after, default=None)

    def cost(self, node: int) -> int:
        """Return the cost of `purest` at a node (see the module). Raises OverBudgetError."""
        if node not in self._costs:
            if self.budget is not None and len(self.residual) > self.budget:
                raise OverBudgetError
            decided = self.residual.decided(node)
            split = None if decided else purest(self.residual, node)
            self._costs[node] = self.residual.total(node) + self._after(split) if split else 0
        return self._costs[node]

    def _after(self, split: Split) -> int:
        """Return the mean cost of the nodes after a question, weighted by its choices."""
        costs = [part.weight * self.cost(part.node) for part in split.parts]
        return sum(costs) // self.residual.ways[split.question]


def next_question(residual: Residual, node: int, most: int = MOST_NODES) -> Split | None:
    """Return the split by the best question, or by `purest` if that needs over `most` new nodes."""
    if node not in residual.chosen:
        try:
            residual.chosen[node] = Lookahead(residual, len(residual) + most).best(node)
        except OverBudgetError:
            residual.chosen[node] = purest(residual, node)
    return residual.chosen[node]


def purest(residual: Residual, node: int) -> Split | None:
    """Return the split with the least Gini impurity after it, the first of equals, if any.

    See Breiman et al. 1984, "Classification and regression trees".
    """

    def impurity(split: Split) -> float:
        weights = [part.weight * residual.total(part.node) for part in split.parts]
        parts = zip(weights, split.parts, strict=True)
        mixed = sum(weight * residual.impurity(part.node) for weight, part in parts)
        return round(mixed / sum(weights), 9)

    return min(residual.splits(node), key=impurity, default=None)


END, IMPOSSIBLE = -1, -2


class PlannedQuestion(NamedTuple):
    """A question's level, the most questions left, and the next state by index of the answer.

    A state is an index in the plan, END or IMPOSSIBLE (no profile has this answer).
    """

    level: int
    most: int
    after: tuple[int, ...]


InterviewPlan = Sequence[PlannedQuestion]
"""The states of an interview, the first question last; empty if there is nothing to ask."""


def read_plan(table: Mapping[str, Sequence[Sequence[int]]]) -> InterviewPlan:
    """Return the plan in a compiled table: rows of level, most, then the states after."""
    return [PlannedQuestion(level, most, tuple(after)) for level, most, *after in table["states"]]


def state_after(plan: InterviewPlan, places: Sequence[Sequence[int]]) -> PlannedQuestion | None:
    """Return the state of the next question after answers; None if the plan ends.

    `places` has for each level the indexes of its values left. Answered questions are skipped.
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
    """Return the answers with the defaults of flag-only questions that do not contradict them."""
    whole = dict(profile)
    for question in engine.rulebase.questions:
        if question.flag_only and question.id not in profile:
            usual = (question.options[0].id, *([NOT_APPLICABLE] if question.ask_if else []))
            answer = Answer(usual, None, "assumed")
            if engine.admits({**whole, question.id: answer}):  # it may make no sense here
                whole[question.id] = answer
    return whole


class Open(NamedTuple):
    """What answers leave open of a task's diagram: `kept` are the values left of each level.

    `planned` is the state in the compiled plan, None if there is none or the answers left it.
    """

    diagram: TaskDiagram
    kept: list[list[int]]
    residual: Residual
    planned: PlannedQuestion | None

    @property
    def most(self) -> int:
        """The most questions that may still be asked."""
        residual = self.residual
        if residual.decided(residual.root):
            return 0
        if self.planned:
            return self.planned.most
        return len(residual.support(residual.root) - residual.closed)

    @property
    def level(self) -> int | None:
        """The level of the next question; None if no question makes a difference."""
        if self.planned:
            return self.planned.level
        split = next_question(self.residual, self.residual.root)
        return split.question if split else None


def open_of(engine: Engine, profile: Profile, unknown: Collection[str] = ()) -> Open:
    """Return what is left to ask after the answers of a profile with one task.

    `unknown` are questions answered by "I don't know": those without a default count as left
    unanswered. The compiled plan is not used with them, nor with answers that it lacks.
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
    """Return name -> table of a task's diagram, its parts and its plan, for the compiled rules."""
    engine = Engine.known(rulebase)
    rulebase.shelf = shelf = Shelf()
    diagram_for(engine, task, {})
    residual = open_of(engine, {TASK: Answer((task,), None, "flag")}).residual
    states = [[state.level, state.most, *state.after] for state in plan_of(residual)]
    return {**shelf.parts, f"plans/{task}": {"states": states}}


def plan_of(residual: Residual) -> InterviewPlan:
    """Return the plan of the interview about a residual, by `Lookahead` without a budget."""
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
    """Return the plan of a task from the compiled rules; None without one, or with a priority."""
    shelf, remembered = engine.rulebase.shelf, engine.rulebase.remembered
    if engine.priority or not shelf:
        return None
    if (key := (PlannedQuestion, task)) not in remembered:
        table = shelf.read(f"plans/{task}")
        remembered[key] = read_plan(table) if table else None
    plan: InterviewPlan | None = remembered[key]
    return plan
