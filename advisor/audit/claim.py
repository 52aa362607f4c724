"""What an audit claims of a rule base, and the defects by which a claim fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from advisor.audit.context import CompleteAnswers, ProofContext

HOLDS, FAILS = "holds", "fails"


class DefectKind(NamedTuple):
    """One way in which rules can be unsound: how bad, and how it is fixed.

    `message` says it of one `entry`, a kind of entry of the rule base; docs/rules.md what it means.
    """

    id: str
    level: str
    entry: str
    message: str
    fix: str


class Defect(NamedTuple):
    """One defect. `about` is the id concerned, `place` where that stands, as file:line.

    `example` are the fewest answers with which profiles have it; None where it is of none.
    """

    kind: str
    about: str
    place: str
    message: str
    example: CompleteAnswers | None = None

    @property
    def level(self) -> str:
        """Return error, warning or note."""
        return KINDS[self.kind].level


class Claim(NamedTuple):
    """What is claimed and was proved: `text` says exactly what was found."""

    id: str
    text: str
    defects: Sequence[Defect] = ()

    @property
    def state(self) -> str:
        """Return holds, or fails where a defect is more than a note."""
        return FAILS if any(defect.level != "note" for defect in self.defects) else HOLDS


def defect(
    context: ProofContext,
    kind: str,
    about: str,
    place: str | None = None,
    example: CompleteAnswers | None = None,
    **values: Any,
) -> Defect:
    """Return a defect of an entry, with the values that its message names."""
    _, _, entry, message, _ = KINDS[kind]
    where = context.rulebase.place(entry, about) if place is None else place
    return Defect(kind, about, where, message.format(about=about, **values), example)


ERRORS = {
    "no-profile": (
        "",
        "the rules admit no combination of answers, so there is nothing to verify",
        "loosen `never`, `implies` or `ask_if`",
    ),
    "gap": (
        "task",
        "{profiles:,} answer combinations have no family, and their tasks declare no "
        "alternative{opened}",
        "add the task to a family, or declare an alternative under `elsewhere`",
    ),
    "family-cannot-win": (
        "family",
        "`{about}` is never recommended in {profiles:,} answer combinations",
        "write a rule that prefers the family, or remove the family",
    ),
    "dead-rule": (
        "rule",
        "the rule `{about}` fires in {none}",
        "correct the conditions of the rule, or the `never` or `implies` that exclude them",
    ),
    "implied-rule": (
        "rule",
        "the rule `{about}` changes nothing: {others} cover all {fires:,} answer combinations "
        "where it fires",
        "narrow the rule, or move its reason into the rules that cover it",
    ),
    "impossible-option": (
        "question",
        "no answer combination has {question}: {about}",
        "loosen the `never`, `implies` or `ask_if` that excludes the option, or remove the option",
    ),
}
WARNINGS = {
    "never-pivotal": (
        "rule",
        "the rule `{about}` fires in {fires:,} answer combinations and changes the result of none",
        "set `supporting: true` if the rule states a true reason",
    ),
    "aimed-at-none": (
        "rule",
        "the rule `{about}` targets {aim}, and the catalog has no such checkpoint",
        "correct the fields that the rule targets, or remove the rule",
    ),
    "undeclared-tie": (
        "family",
        "{equals} tie in {profiles:,} answer combinations",
        "write a rule, or declare the tie with its reason under `ties` in criteria.yaml",
    ),
    "idle-tie": (
        "tie",
        "`{about}` declares a tie between {between} that never occurs",
        "remove the entry from `ties`",
    ),
    "idle-never": (
        "never",
        "the `never` entry `{about}` has no effect, because other entries already exclude its "
        "answers",
        "remove it",
    ),
    "idle-question": (
        "question",
        "the answer to `{about}` changes neither the family nor a checkpoint",
        "write a rule or requirement that uses the question, or remove the question",
    ),
}
NOTES = {
    "no-closest": (
        "task",
        "{family} has no checkpoint for `{about}` in {cases:,} answer combinations, and no near "
        "match",
        "add a checkpoint of the family for the task, or declare under `cannot` that the family "
        "has none",
    ),
    "idle-checkpoint": (
        "checkpoint",
        "the checkpoint `{about}` is never recommended: {why}",
        "check the tasks and fields of the checkpoint",
    ),
}
KINDS = {
    id: DefectKind(id, level, *texts)
    for level, kinds in (("error", ERRORS), ("warning", WARNINGS), ("note", NOTES))
    for id, texts in kinds.items()
}
