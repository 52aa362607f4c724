"""The smallest changes of answers that lead to another family, and only admissible ones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import NamedTuple

from advisor.engine.decision import Decision, Engine
from advisor.engine.nearby import Nearby
from advisor.engine.nodes import Choice
from advisor.engine.profile import Answer, Profile
from advisor.model import NONE, NOT_APPLICABLE, TASK


class Flip(NamedTuple):
    """Answers that, given instead, lead to another family (or to none).

    `origins` says for each question whether its present answer was given, implied or assumed.
    """

    answers: dict[str, str]
    family: str
    origins: dict[str, str]


MAX_SIZE = 3


def flips(engine: Engine, decision: Decision, *, tasks: bool = False) -> tuple[Flip, ...]:
    """Return the smallest flips, smallest first.

    That is for each other outcome every least set of questions, with the most typical answers
    that lead there.

    Deciding again with the answers of a flip in place of the present ones gives its family.
    With `tasks`, other tasks are tried as well; these flips come last. An undetermined outcome has
    none: there is nothing to flip from.
    """
    if decision.outcome == "undetermined":
        return ()
    winner = decision.family or NONE
    nearby = Nearby(engine, decision, {TASK: decision.profile[TASK]})
    wanted = set(engine.names(nearby.space.possible(engine.ranking))) - {winner}
    found: list[Flip] = []
    for size in range(1, MAX_SIZE + 1):
        if not wanted:
            break
        fresh = list(_of_size(size, wanted, nearby, decision))
        found += fresh
        wanted -= {flip.family for flip in fresh}
    if tasks:
        found += _other_tasks(engine, decision, {winner, *(flip.family for flip in found)})
    return tuple(found)


def _of_size(size: int, wanted: set[str], nearby: Nearby, decision: Decision) -> Iterator[Flip]:
    """Yield the flips that change exactly `size` answers and lead to a wanted outcome."""
    encoding = nearby.engine.encoding
    alternatives = _alternatives(nearby, decision)
    choices = nearby.engine.choices(decision.given)
    given = {encoding.index[id]: choices[encoding.index[id]] for id in decision.given if id != TASK}
    for questions in combinations(alternatives, size):
        seen: set[str] = set()
        for chosen in product(*(alternatives[question] for question in questions)):
            changed = dict(zip(questions, chosen, strict=True))
            winner = nearby.winner(given | {q: (choice,) for q, choice in changed.items()})
            if winner is None or (outcome := nearby.names[winner]) in seen:
                continue
            if outcome in wanted:
                seen.add(outcome)
                answers = {
                    encoding.questions[question]: encoding.options[question][option]
                    for question, (option,) in changed.items()
                }
                origins = {id: decision.profile[id].origin for id in answers}
                yield Flip(answers, outcome, origins)


def _alternatives(nearby: Nearby, decision: Decision) -> dict[int, list[Choice]]:
    """For each question that makes a difference, the choices other than the present ones."""
    space, encoding = nearby.space, nearby.engine.encoding
    possible = space.reachable(space.root).choices
    result: dict[int, list[Choice]] = {}
    for question in sorted(space.support(space.root)):
        id, options = encoding.questions[question], encoding.options[question]
        senseless = (NOT_APPLICABLE, *decision.profile[id].options)
        other: list[Choice] = [
            choice
            for choice in space.choices[question]
            if choice in possible[question]
            and len(choice) == 1
            and options[choice[0]] not in senseless
        ]
        if other and id != TASK:
            result[question] = other
    return result


def _other_tasks(engine: Engine, decision: Decision, reached: set[str]) -> list[Flip]:
    """Return for each outcome not reached otherwise the first task that leads there."""
    found: dict[str, Flip] = {}
    present = decision.profile[TASK]
    for task in engine.rulebase.tasks:
        if task.id in present.options:
            continue
        profile: Profile = {**decision.given, TASK: Answer((task.id,), None, "flag")}
        if not engine.admits(profile):
            continue
        outcome = engine.decide(profile).family or NONE
        if outcome not in reached and outcome not in found:
            found[outcome] = Flip({TASK: task.id}, outcome, {TASK: present.origin})
    return list(found.values())
