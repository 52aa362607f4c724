"""Whether a checkpoint meets what was declared: licence, memory, languages and the like."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from advisor.check.case import Case, id_place
from advisor.check.finding import Finding
from advisor.check.judgement import Judgement
from advisor.check.rules import each_catalogued, each_judgement, rule
from advisor.decide.requirements import Gap, judge_checkpoint
from advisor.engine.profile import Answer
from advisor.model import NOT_APPLICABLE, TASK, Checkpoint
from advisor.scan.usage import Usage

LICENCE, MEMORY = "commercial_use", "memory_gb"
"""The fields of a checkpoint that a rule of their own judges."""


@rule("requirement-missed")
def requirement_missed(case: Case) -> Iterator[Finding]:
    """A field that does not meet an answer, and that no other rule judges."""
    return _missed(case, lambda field: field not in (LICENCE, MEMORY))


@rule("memory-over-limit")
def memory_over_limit(case: Case) -> Iterator[Finding]:
    """A checkpoint that needs more memory than there is."""
    return _missed(case, lambda field: field == MEMORY)


@rule("licence-forbids-use")
def licence_forbids_use(case: Case) -> Iterator[Finding]:
    """A licence that does not permit the use."""
    return _missed(case, lambda field: field == LICENCE)


def _missed(case: Case, judges: Callable[[str], bool]) -> Iterator[Finding]:
    """Fields that do not meet the answers of choices, nor those which hold for all code."""

    @each_catalogued
    def of_code(case: Case, usage: Usage, checkpoint: Checkpoint) -> Iterator[Finding]:
        chosen = checkpoint.id in {choice.checkpoint for choice in case.choices}
        for gap in _lacks(case, checkpoint) if case.declared and not chosen else ():
            if judges(gap.field):
                message, place = _words(checkpoint, gap), id_place(usage)
                yield case.finding(message, place, about=checkpoint, citing=(gap.field,))

    @each_judgement
    def of_choices(case: Case, judgement: Judgement) -> Iterator[Finding]:
        checkpoint = judgement.checkpoint
        for gap in judgement.suitability.lacks:
            if judges(gap.field):
                yield case.finding(
                    _words(checkpoint, gap),
                    level=None if judgement.given(gap.question) else "note",
                    because=f"asked for by {gap.question}",
                    about=checkpoint,
                    citing=(gap.field,),
                )

    yield from of_code(case)
    yield from of_choices(case)


def _words(checkpoint: Checkpoint, gap: Gap) -> str:
    """Return what to say of a missed field; after a licence, what its owner means it for."""
    intended = checkpoint.notes.get("intended_use", "") if gap.field == LICENCE else ""
    return f"{checkpoint.id}: {gap.text}. {intended}".rstrip(". ")


def _lacks(case: Case, checkpoint: Checkpoint) -> tuple[Gap, ...]:
    """Return what a checkpoint lacks for the answers that hold for all code; tasks play no part."""
    task = [*checkpoint.tasks, *checkpoint.fine_tune, ""][0]
    profile = {
        question.id: Answer((NOT_APPLICABLE,), None, "assumed")
        for question in case.rulebase.questions
    }
    profile |= {**case.declared, TASK: Answer((task,), None, "assumed")}
    return judge_checkpoint(case.rulebase, checkpoint, profile).lacks


@rule("not-verified")
@each_judgement
def not_verified(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """A field that an answer asks for and nobody verified."""
    for gap in judgement.suitability.unknown:
        if judgement.given(gap.question):
            message = f"{judgement.checkpoint.id}: {gap.text}"
            yield case.finding(message, because=f"asked for by {gap.question}")
