"""The whole interview as a tree: what is asked after which answers, and where each path ends.

It is what `Session.next` asks of a person who knows every answer. Options after which the same
questions lead to the same answers are one arm. Every count is of complete profiles, and exact.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from advisor.engine.decision import Engine
from advisor.engine.profile import Answer, Profile
from advisor.errors import TooMuchOpenError
from advisor.interview.session import FAMILY, Session, settled
from advisor.model import NONE

MOST_ENDS = 5_000
"""So many ends an interview may have that is followed whole; that of the shipped rules has 488."""


class RunnerUp(NamedTuple):
    """The family that comes second, and the criterion on which it loses; `rank` for none."""

    family: str
    criterion: str


class InterviewEnd(NamedTuple):
    """The end of a path: its answer, and in how many profiles who comes second.

    The answer is empty where questions that a person cannot be asked would still decide it.
    """

    answer: str
    profiles: int
    runners_up: tuple[tuple[RunnerUp, int], ...]

    @property
    def runner_up(self) -> RunnerUp | None:
        """Return what to try next: who comes second in every profile; None where nobody does.

        Where it does so on several criteria, the commonest is named.
        """
        families = {runner.family for runner, _ in self.runners_up}
        every = sum(profiles for _, profiles in self.runners_up) == self.profiles
        return self.runners_up[0][0] if every and len(families) == 1 else None


class Arm(NamedTuple):
    """Options of a question after which the interview goes on in the same way."""

    options: tuple[str, ...]
    then: InterviewEnd | Branch


class Branch(NamedTuple):
    """A question with its arms, in the order of their first options."""

    question: str
    profiles: int
    arms: tuple[Arm, ...]


Policy = InterviewEnd | Branch


class PathStep(NamedTuple):
    """One question of a path, with the options that keep to it."""

    question: str
    options: tuple[str, ...]


class InterviewPath(NamedTuple):
    """One way through the interview."""

    steps: tuple[PathStep, ...]
    leaf: InterviewEnd


def policy(engine: Engine, given: Profile | None = None, most: int = MOST_ENDS) -> Policy:
    """Return the interview that follows after some answers.

    Raises ContradictionError where the answers cannot all be true, and TooMuchOpenError where it
    ends in more than so many ways.
    """
    return _policy(engine, dict(given or {}), itertools.count(1), most)


def _policy(engine: Engine, profile: Profile, ends: Iterator[int], most: int) -> Policy:
    ask = Session(engine, profile, FAMILY).next()
    if ask is None:
        if next(ends) > most:
            raise TooMuchOpenError(
                f"the interview ends in more than {most:,} ways",
                hint="take what follows after one task: --task TASK; or go through it: advisor ask",
            )
        return _leaf(engine, settled(engine, profile))
    id = ask.question.id
    arms: dict[object, Arm] = {}
    for option in ask.options:
        after = {**profile, id: Answer((option.id,), None, "asked")}
        then = _policy(engine, after, ends, most)
        options, before = arms.get(shape := _shape(then), ((), None))
        arms[shape] = Arm((*options, option.id), _joined(before, then) if before else then)
    if len(arms) == 1:  # the answers differ in nothing that an interview can show
        (only,) = arms.values()
        return only.then
    return Branch(id, sum(arm.then.profiles for arm in arms.values()), tuple(arms.values()))


def paths(tree: Policy, steps: tuple[PathStep, ...] = ()) -> list[InterviewPath]:
    """Return every path of an interview, those of the most profiles first."""
    if isinstance(tree, InterviewEnd):
        return [InterviewPath(steps, tree)]
    found = [
        path
        for arm in tree.arms
        for path in paths(arm.then, (*steps, PathStep(tree.question, arm.options)))
    ]
    return sorted(found, key=lambda path: -path.leaf.profiles)


def pruned(tree: Policy, wanted: list[InterviewPath]) -> Policy:
    """Return a tree of these paths alone; counts stay those of the whole tree."""
    return _pruned(tree, [path.steps for path in wanted])


def _pruned(tree: Policy, wanted: list[tuple[PathStep, ...]]) -> Policy:
    if isinstance(tree, InterviewEnd):
        return tree
    arms = []
    for arm in tree.arms:
        step = PathStep(tree.question, arm.options)
        if ahead := [steps[1:] for steps in wanted if steps[:1] == (step,)]:
            arms.append(Arm(arm.options, _pruned(arm.then, ahead)))
    return tree._replace(arms=tuple(arms))


def _shape(tree: Policy) -> object:
    """Return what two trees have in common that ask the same and answer the same."""
    if isinstance(tree, InterviewEnd):
        return tree.answer
    return tree.question, tuple((arm.options, _shape(arm.then)) for arm in tree.arms)


def _joined(one: Policy, other: Policy) -> Policy:
    """Return two trees of one shape as one, their counts added."""
    profiles = one.profiles + other.profiles
    if isinstance(one, InterviewEnd) and isinstance(other, InterviewEnd):
        runners = Counter(dict(one.runners_up)) + Counter(dict(other.runners_up))
        return InterviewEnd(one.answer, profiles, _commonest(runners))
    if isinstance(one, InterviewEnd) or isinstance(other, InterviewEnd):
        raise TypeError("trees of two shapes cannot be joined")
    pairs = zip(one.arms, other.arms, strict=True)
    arms = tuple(Arm(first.options, _joined(first.then, second.then)) for first, second in pairs)
    return Branch(one.question, profiles, arms)


def _leaf(engine: Engine, profile: Profile) -> InterviewEnd:
    space = engine.space(profile)
    winners: Counter[str] = Counter()
    runners: Counter[RunnerUp] = Counter()
    for outcome, profiles in space.counts(space.root).items():
        order = engine.ranking.order(outcome)
        names = [engine.encoding.families[family] for family in order]
        winners[names[0] if names else NONE] += profiles
        if len(order) > 1:
            criterion = engine.ranking.parting(outcome, order[0], order[1]) or "rank"
            runners[RunnerUp(names[1], criterion)] += profiles
    answer = next(iter(winners)) if len(winners) == 1 else ""
    return InterviewEnd(answer, sum(winners.values()), _commonest(runners))


def _commonest(runners: Counter[RunnerUp]) -> tuple[tuple[RunnerUp, int], ...]:
    return tuple(sorted(runners.items(), key=lambda one: (-one[1], one[0])))
