"""Answers that this machine gives, where somebody said `here` instead of an option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.console.flags import HERE
from advisor.console.streams import note
from advisor.console.this_machine import (
    SHARE_FOR_A_MODEL,
    ThisMachine,
    kept_speed,
    look,
    speed_file,
)
from advisor.engine.profile import Profile, flag_text, read_answer
from advisor.model import Question
from advisor.model.library import Speed
from advisor.rulebase.base import RuleBase

MEASURED = "this machine (measured)"


def detected(
    rulebase: RuleBase, answers: Mapping[str, Any], machine: ThisMachine | None = None
) -> Profile:
    """Return what this machine answers, with origin `detected`; empty where nobody said `here`.

    It answers the question that was asked so and how much memory a model may take, unless that is
    among the answers, and says on stderr what was found.
    """
    questions = [q for q in rulebase.questions if answers.get(q.id) in HERE]
    profile: Profile = {}
    for question in questions:
        machine = machine or look()
        option = option_for(question, machine)
        if option is None:
            continue
        profile[question.id] = read_answer(question, option, "detected")
        sized = next((q for q in rulebase.questions if q.requires("memory_gb")), None)
        declared = rulebase.share_of({question.id: (option,)})
        share = declared.of if declared else SHARE_FOR_A_MODEL
        memory = machine.model_gb(share)
        if sized and sized.id not in answers and memory is not None:
            profile[sized.id] = read_answer(sized, memory, "detected")
        whole = machine.kind == "cuda" or memory is None or len(profile) < 2
        part = "" if whole else f" ({share:.0%} of it for a model)"
        note(f"this machine: {machine.text}. Used as {_flags(rulebase, profile)}{part}")
    return profile


def with_measured_speed(rulebase: RuleBase) -> RuleBase:
    """Return the rules with the speed that `advisor try --measure` kept of this machine, if any."""
    file = speed_file()
    if file is None or not file.is_file():
        return rulebase
    machine = look()
    options = ((q.id, option_for(q, machine)) for q in rulebase.questions)
    answers = {id: option for id, option in options if option}
    measured = kept_speed(machine)
    if measured is None or not answers:
        return rulebase
    made = rulebase.with_parts({})
    rates = {kind: (rate, rate) for kind, rate in measured.gflops.items()}
    weights = (measured.weights_gb,) * 2 if measured.weights_gb else ()
    made.this_machine = Speed("this-machine", MEASURED, answers, rates, weights)
    return made


def option_for(question: Question, machine: ThisMachine) -> str | None:
    """Return the option of a question that a machine is, None where it asks for no machine."""
    return next((o.id for o in question.options if machine.kind in o.detected), None)


def _flags(rulebase: RuleBase, profile: Profile) -> str:
    """Return what is taken from what was found, as flags."""
    return " ".join(
        flag_text(rulebase, id, answer.options[0] if answer.value is None else f"{answer.value:g}")
        for id, answer in profile.items()
    )
