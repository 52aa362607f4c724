"""What is left to ask for a task, and the interview of it worked out beforehand.

It looks a question ahead over the decision diagram of the task (`Lookahead`), and is expected to
ask hardly more than the fewest (`benchmarks/interview.py`).
A state is a question, how many are left at most, and the state after each of its answers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from advisor.decide.outlook import diagram_for
from advisor.decide.selection import ORDERS
from advisor.engine.decision import Engine
from advisor.engine.diagram import EMPTY
from advisor.engine.profile import Answer, Profile
from advisor.engine.task_diagram import UNSAID, TaskDiagram
from advisor.interview.strategy import Lookahead, Residual
from advisor.model import NOT_APPLICABLE, TASK
from advisor.rulebase.base import RuleBase

END, IMPOSSIBLE = -1, -2


class PlannedQuestion(NamedTuple):
    """The level of the question to ask, how many are left at most, and what follows each answer."""

    level: int
    most: int
    after: tuple[int, ...]


class InterviewPlan(NamedTuple):
    """The states of an interview, the first one last; without any, nothing is to be asked."""

    states: tuple[PlannedQuestion, ...]

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
        return {"states": [[state.level, state.most, *state.after] for state in self.states]}

    @classmethod
    def from_json(cls, table: dict[str, Any]) -> InterviewPlan:
        """Return the plan of such lists."""
        states = [
            PlannedQuestion(level, most, tuple(after)) for level, most, *after in table["states"]
        ]
        return cls(tuple(states))


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
    """What answers leave open of a task's diagram: `kept` are the places left of each level."""

    diagram: TaskDiagram
    kept: list[list[int]]
    residual: Residual


def open_of(engine: Engine, profile: Profile, unknown: Collection[str] = ()) -> Open:
    """Return what is left to ask after the answers of a profile with one task.

    Of a question that somebody does not know the answer of, and of which nothing is assumed, the
    answer that nobody gave is the one to go by.
    """
    whole = settled(engine, profile)
    unsaid = {id: Answer((), None, "asked") for id in unknown if id in engine.rulebase.left_open}
    diagram = diagram_for(engine, profile[TASK].options[0], {**whole, **unsaid})
    levels = diagram.kept({**whole, **unsaid})
    for places, axis in zip(levels, diagram.axes, strict=True):
        if len(places) > 1:
            places[:] = [place for place in places if axis.values[place] != UNSAID]
    closed = [n for n, axis in enumerate(diagram.axes) if axis.question in {*whole, *unknown}]
    residual = Residual.of_task(diagram, levels, lambda leaf: leaf.choice, closed=closed)
    return Open(diagram, levels, residual)


def compiled(rulebase: RuleBase, task: str) -> dict[str, dict[str, Any]]:
    """Return the diagram of a task, and its interview, as compiled."""
    engine = Engine.known(rulebase)
    parts = {f"diagrams/{ORDERS[0]}/{task}": diagram_for(engine, task, {}).to_json()}
    residual = open_of(engine, {TASK: Answer((task,), None, "flag")}).residual
    return {**parts, f"plans/{task}": plan_of(residual).to_json()}


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
            ends = tuple(
                [
                    IMPOSSIBLE if child == EMPTY else state_of(child)
                    for child in residual.cofactors(node, split.question)
                ]
            )
            most = 1 + max(states[at].most if at >= 0 else 0 for at in ends)
            numbers[node] = len(states)
            states.append(PlannedQuestion(split.question, most, ends))
        return numbers[node]

    state_of(residual.root)
    return InterviewPlan(tuple(states))


def plan_for(engine: Engine, task: str) -> InterviewPlan | None:
    """Return the plan of a task that was worked out when the wheel was built; None without one."""
    shelf, remembered = engine.rulebase.shelf, engine.rulebase.remembered
    key = InterviewPlan, task
    if engine.priority or not shelf:
        return None
    if key not in remembered:
        table = shelf.read(f"plans/{task}")
        remembered[key] = InterviewPlan.from_json(table) if table else None
    plan: InterviewPlan | None = remembered[key]
    return plan
