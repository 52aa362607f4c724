"""What an audit claims of a rule base, and the defects by which a claim fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from advisor.audit.context import NotProvedError
from advisor.audit.patterns import Pattern

HOLDS, FAILS, NOT_PROVED = "holds", "fails", "not-proved"


class DefectKind(NamedTuple):
    """One way in which rules can be unsound: how bad, what it means, how it is fixed."""

    id: str
    level: str
    summary: str
    fix: str


class Defect(NamedTuple):
    """One defect. `about` is the id concerned, `place` where that stands, as file:line."""

    kind: str
    about: str
    place: str
    message: str
    patterns: tuple[Pattern, ...] = ()

    @property
    def level(self) -> str:
        """Return error, warning or note."""
        return KINDS[self.kind].level


class Claim(NamedTuple):
    """`state` is holds, fails (see `defects`) or not-proved; `text` says exactly what was found."""

    id: str
    state: str
    text: str
    defects: tuple[Defect, ...] = ()


def conclude(id: str, text: str, defects: list[Defect]) -> Claim:
    """Return a settled claim: it fails where a defect is more than a note."""
    fails = any(defect.level != "note" for defect in defects)
    return Claim(id, FAILS if fails else HOLDS, text, tuple(defects))


def attempt(id: str, subject: str, prove: Callable[[], Claim]) -> Claim:
    """Return what `prove` claims; where the budget ends first, that nothing of it is proved."""
    try:
        return prove()
    except NotProvedError as reason:
        return Claim(id, NOT_PROVED, f"{subject}: {reason}")


ERRORS = {
    "no-profile": (
        "no complete profile is admitted at all",
        "loosen `never`, `implies` or `ask_if`",
    ),
    "gap": (
        "profiles that no family answers, of tasks that are not declared none",
        "let a family do it, or write `elsewhere` for the task",
    ),
    "family-cannot-win": (
        "a family that is the answer to no profile",
        "write a rule that prefers it where it belongs, or remove it",
    ),
    "dead-rule": (
        "a rule whose conditions hold in no admissible profile",
        "correct its conditions, or the `never` or `implies` that they meet",
    ),
    "implied-rule": (
        "a rule that adds nothing to what other rules say whenever it fires",
        "narrow it to what it adds, or merge its reason into the rules that imply it",
    ),
    "cancelling-rules": (
        "two rules for and against a family on one criterion that fire together",
        "narrow one of them, or give one its own criterion",
    ),
    "prefers-the-excluded": (
        "a rule that prefers a family that is excluded whenever it fires",
        "correct its conditions, or what the family declares",
    ),
    "impossible-option": (
        "a task or option that no admissible profile has",
        "loosen the `never`, `implies` or `ask_if` that it meets, or remove it",
    ),
}
WARNINGS = {
    "never-pivotal": (
        "a rule without which every profile gets the same family",
        "say `supporting: true` where it is a true reason all the same",
    ),
    "past-its-checkpoint": (
        "a rule for or against a checkpoint that fires only where another family wins",
        "correct its conditions, or aim it at another checkpoint",
    ),
    "opposed-rules": (
        "two rules for and against a family that fire in exactly the same profiles",
        "narrow one of them: only the earlier criterion ever counts",
    ),
    "undeclared-tie": (
        "profiles in which only the rank of families decides, and nobody said why",
        "write a rule, or declare the tie with its reason under `ties` in criteria.yaml",
    ),
    "idle-tie": (
        "a declared tie that happens in no profile",
        "remove it from `ties`",
    ),
    "idle-never": (
        "a `never` that rules out nothing that is not ruled out already",
        "remove it",
    ),
    "idle-question": (
        "a question whose answer changes neither the family nor the checkpoints",
        "write the rule or requirement that it was meant for, or remove it",
    ),
}
NOTES = {
    "implied-in-part": (
        "a rule that adds nothing to what other rules say of one of its candidates",
        "leave that candidate out",
    ),
    "pivotal-supporting": (
        "a rule that says `supporting: true` and decides profiles",
        "remove `supporting: true`",
    ),
    "always-asked": (
        "a question whose `ask_if` holds in every profile",
        "remove `ask_if`",
    ),
    "interchangeable-options": (
        "options of a question that nothing tells apart",
        "merge them, unless people would look for both",
    ),
    "idle-checkpoint": (
        "a checkpoint that is offered for no profile; it can still be shown and checked",
        "correct its tasks or fields where that surprises",
    ),
}
KINDS = {
    id: DefectKind(id, level, *texts)
    for level, kinds in (("error", ERRORS), ("warning", WARNINGS), ("note", NOTES))
    for id, texts in kinds.items()
}
