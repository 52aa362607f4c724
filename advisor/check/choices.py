"""Declared choices against their needs, and against what the code loads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from advisor.check.case import Case, id_place
from advisor.check.declared import Choice, Project
from advisor.check.judgement import Judgement, judge
from advisor.check.problem import Problem
from advisor.engine.profile import Answer, Profile, make_profile
from advisor.errors import AdvisorError, UsageError
from advisor.model import TASK
from advisor.rulebase.base import RuleBase

ABOUT_CLASS = ("class-does-not-match", "weights-random-or-unused", "class-not-verified")
UNDECLARED = "undeclared-usage"
UNUSED = "unused-choice"
UNKNOWN = "unknown-checkpoint"


class Judged(NamedTuple):
    """A choice with one judgement for each task among its needs; none where nobody knows it."""

    choice: Choice
    judgements: tuple[Judgement, ...]

    @property
    def undetermined(self) -> bool:
        """True where open answers decide on exclusion for some task."""
        return any(one.undetermined for one in self.judgements)


def needs_of(rulebase: RuleBase, choice: Choice) -> Profile:
    """Return the answers of a choice; raises UsageError naming the line."""
    try:
        profile = make_profile(rulebase, choice.needs, "file")
    except AdvisorError as error:
        raise _at(choice, error) from error
    if TASK not in profile:
        raise UsageError(
            f"{choice.place.path}:{choice.place.line}: choice `{choice.name}` names no task",
            hint="add one to its needs, e.g. `task: captioning`",
        )
    return profile


def judge_choices(case: Case, project: Project, priority: tuple[str, ...]) -> tuple[Judged, ...]:
    """Judge every choice against its needs."""
    return tuple(_judge(case, choice, priority) for choice in project.choices)


def _judge(case: Case, choice: Choice, priority: tuple[str, ...]) -> Judged:
    profile = needs_of(case.rulebase, choice)
    if choice.checkpoint not in case.rulebase.checkpoints:
        return Judged(choice, ())
    judgements = []
    for task in profile[TASK].options:
        try:
            judgement = judge(
                case.rulebase,
                choice.checkpoint,
                {**profile, TASK: Answer((task,), None, "file")},
                model_class=choice.model_class,
                release=case.release,
                priority=priority,
            )
        except AdvisorError as error:
            raise _at(choice, error) from error
        judgements.append(judgement)
    return Judged(choice, tuple(judgements))


def _at(choice: Choice, error: AdvisorError) -> UsageError:
    """Return an error about the needs of a choice with the line of the choice."""
    where = f"{choice.place.path}:{choice.place.line}"
    message = f"{where}: choice `{choice.name}`: {error.message}"
    return UsageError(message, hint=error.hint, kind=error.kind)


def problems(case: Case, judged: tuple[Judged, ...], *, whole: bool) -> Iterator[Problem]:
    """What is wrong with choices, and with code that follows none. `whole`: all code was seen."""
    for one in judged:
        yield from _of_choice(case, one)
    declared = {one.choice.checkpoint for one in judged}
    used = {value.text for usage in case.scan.usages for value in usage.alternatives}
    known = [usage for usage in case.scan.usages if case.identity(usage)]
    for usage in known if judged else ():
        if usage.checkpoint not in declared and usage.model is not None:
            message = f"no choice in advisor.yaml declares {usage.checkpoint}"
            fix = f"add a choice for it, or use {_or(declared)}"
            place = id_place(usage)
            yield case.problem(UNDECLARED, message, place, checkpoint=usage.checkpoint, fix=fix)
    for one in judged if seeks_unused(case, whole=whole) else ():
        if one.choice.checkpoint not in used:
            message = f"no code loads {one.choice.checkpoint}"
            found = case.problem(
                UNUSED, message, one.choice.place, checkpoint=one.choice.checkpoint
            )
            yield found._replace(choice=one.choice.name)


def seeks_unused(case: Case, *, whole: bool) -> bool:
    """True where choices that no code loads are looked for: all code was seen, and some loads."""
    return whole and bool(case.scan.usages)


def _of_choice(case: Case, judged: Judged) -> Iterator[Problem]:
    choice = judged.choice
    if not judged.judgements:
        near = case.identities.of(choice.checkpoint)
        like = f"; it looks like a sibling of {near.siblings[0].id}" if near else ""
        message = f"{choice.checkpoint} is not in the catalogue{like}"
        found = case.problem(UNKNOWN, message, choice.place, checkpoint=choice.checkpoint)
        yield found._replace(choice=choice.name)
    seen = set()
    for judgement in judged.judgements:
        for problem in judgement.problems:
            place = choice.class_place if problem.rule in ABOUT_CLASS else choice.place
            if (problem.rule, problem.message) not in seen:
                seen.add((problem.rule, problem.message))
                yield problem._replace(place=place, choice=choice.name)


def _or(ids: set[str]) -> str:
    shown = sorted(ids)
    return " or ".join(shown) if len(shown) <= 3 else f"one of the {len(shown)} declared"
