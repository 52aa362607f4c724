"""Whether a checkpoint meets what was declared: licence, memory, languages and the like."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case, id_place
from advisor.check.problem import Problem
from advisor.decide.requirements import judge_checkpoint
from advisor.engine.profile import Answer, Profile
from advisor.model import NOT_APPLICABLE, TASK, Checkpoint
from advisor.rulebase.base import RuleBase
from advisor.scan.usage import Usage

BY_FIELD = {"commercial_use": "licence-forbids-use", "memory_gb": "memory-over-limit"}
OTHER = "requirement-missed"


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """Fields of the checkpoint that do not meet the answers which hold for all code."""
    identity = case.identity(usage)
    checkpoint = identity.checkpoint if identity else None
    if checkpoint is None or checkpoint.id in case.chosen or not case.declared:
        return
    for field, text in missed(case.rulebase, checkpoint, case.declared):
        yield case.problem(
            rule_of(field),
            told(checkpoint, field, text),
            id_place(usage),
            checkpoint=checkpoint.id,
            sources=checkpoint.sources.get(field),
        )


def rule_of(field: str) -> str:
    """Return the rule that a missed field of a checkpoint falls under."""
    return BY_FIELD.get(field, OTHER)


def told(checkpoint: Checkpoint, field: str, text: str) -> str:
    """Return what to say of a missed field; beside a licence, what its owner means it for."""
    intended = checkpoint.notes.get("intended_use", "") if field == "commercial_use" else ""
    return f"{checkpoint.id}: {text}. {intended}".rstrip(". ")


def missed(rulebase: RuleBase, checkpoint: Checkpoint, declared: Profile) -> list[tuple[str, str]]:
    """Return the fields that do not meet the answers, with what is wrong; tasks play no part."""
    open_answer = Answer((NOT_APPLICABLE,), None, "assumed")
    profile = {
        question.id: declared.get(question.id, open_answer) for question in rulebase.questions
    }
    profile[TASK] = Answer(
        tuple([*checkpoint.tasks, *checkpoint.fine_tune][:1]) or ("",), None, "assumed"
    )
    return [
        (lack.field, lack.text) for lack in judge_checkpoint(rulebase, checkpoint, profile).lacks
    ]
