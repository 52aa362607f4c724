"""Answers as they are meant for a task: a pair is two pictures, and a number may not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from advisor.model import TASK, Question, Task
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.engine.decision import Engine
    from advisor.engine.profile import Profile


class AsMeant(NamedTuple):
    """Answers as they are meant for one task, and what to say of those that were read so."""

    profile: Profile
    notes: tuple[str, ...] = ()


def as_meant(rulebase: RuleBase, profile: Profile) -> AsMeant:
    """Return answers as they are meant where they name one task; others stay as they are."""
    from advisor.engine.profile import Answer

    told = profile.get(TASK)
    if told is None or len(told.options) != 1:
        return AsMeant(profile)
    task = next(one for one in rulebase.tasks if one.id == told.options[0])
    meant, notes = dict(profile), []
    for reading in task.reads:
        for id, option in reading.given.items():
            if id in meant and meant[id].options == (option,):
                instead = reading.means[id]
                meant[id] = Answer((instead,), None, meant[id].origin)
                said = f"`{_flag(rulebase, id, option)}` is read as `{instead}` for {task.id}"
                notes.append(f"{said}: {reading.because}")
    for question in rulebase.questions:
        if question.moot and question.id in meant and _senseless(question, task, meant):
            del meant[question.id]
            notes.append(f"`--{question.typed}` makes no difference to {task.id}: {question.moot}")
    return AsMeant(meant, tuple(notes))


def for_each_task(engine: Engine, profile: Profile) -> list[AsMeant]:
    """Return the answers for each task that is named; one that suits only others is left out."""
    from advisor.engine.profile import Answer

    if TASK not in profile:
        return [AsMeant(profile)]
    told = profile[TASK]
    apart = [{**profile, TASK: Answer((task,), None, told.origin)} for task in told.options]
    if len(apart) == 1:
        return [AsMeant(apart[0])]
    return [_suiting(engine, as_meant(engine.rulebase, one), apart) for one in apart]


def _suiting(engine: Engine, told: AsMeant, apart: list[Profile]) -> AsMeant:
    """Return answers without those that clash with this task alone."""
    profile, notes = dict(told.profile), list(told.notes)
    for id in [id for id in reversed(profile) if id != TASK]:
        if engine.admits(profile):
            break
        rest = {key: answer for key, answer in profile.items() if key != id}
        others = (one for one in apart if one[TASK] != profile[TASK])
        fits = any(engine.admits({TASK: one[TASK], id: profile[id]}) for one in others)
        clashes = not engine.admits({TASK: profile[TASK], id: profile[id]})
        if fits and clashes:
            said = _flag(engine.rulebase, id, " or ".join(profile[id].names))
            notes.append(f"`{said}` does not go with {profile[TASK].options[0]}: used for the rest")
            profile = rest
    return AsMeant(profile, tuple(notes))


def _flag(rulebase: RuleBase, id: str, option: str) -> str:
    return f"--{rulebase.question(id).typed} {option}"


def _senseless(question: Question, task: Task, profile: Profile) -> bool:
    """True where an answer to a question makes no sense, by the task or by another answer."""
    for other, options in question.ask_if.items():
        said = profile[other].options if other in profile else task.implies.get(other, ())
        if said and set(said).isdisjoint(options):
            return True
    return False
