"""What can be wrong with a rule base: the kinds of defects, and one defect at its place."""

from __future__ import annotations

from typing import NamedTuple

from advisor.audit.patterns import Pattern


class Kind(NamedTuple):
    """One way in which rules can be unsound: how bad, what it means, how it is mended."""

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


KINDS = {
    kind.id: kind
    for kind in (
        Kind(
            "no-profile",
            "error",
            "no complete profile is admitted at all",
            "loosen `never`, `implies` or `ask_if`",
        ),
        Kind(
            "gap",
            "error",
            "profiles that no family answers, of tasks that are not declared none",
            "let a family do it, or write `elsewhere` for the task",
        ),
        Kind(
            "family-cannot-win",
            "error",
            "a family that is the answer to no profile",
            "write a rule that prefers it where it belongs, or remove it",
        ),
        Kind(
            "dead-rule",
            "error",
            "a rule whose conditions hold in no admissible profile",
            "correct its conditions, or the `never` or `implies` that they meet",
        ),
        Kind(
            "implied-rule",
            "error",
            "a rule that adds nothing to what other rules say whenever it fires",
            "narrow it to what it adds, or merge its reason into the rules that imply it",
        ),
        Kind(
            "implied-in-part",
            "note",
            "a rule that adds nothing to what other rules say of one of its candidates",
            "leave that candidate out",
        ),
        Kind(
            "never-pivotal",
            "warning",
            "a rule without which every profile gets the same family",
            "say `supporting: true` where it is a true reason all the same",
        ),
        Kind(
            "pivotal-supporting",
            "note",
            "a rule that says `supporting: true` and decides profiles",
            "remove `supporting: true`",
        ),
        Kind(
            "past-its-checkpoint",
            "warning",
            "a rule for or against a checkpoint that fires only where another family wins",
            "correct its conditions, or aim it at another checkpoint",
        ),
        Kind(
            "cancelling-rules",
            "error",
            "two rules for and against a family on one criterion that fire together",
            "narrow one of them, or give one its own criterion",
        ),
        Kind(
            "opposed-rules",
            "warning",
            "two rules for and against a family that fire in exactly the same profiles",
            "narrow one of them: only the earlier criterion ever counts",
        ),
        Kind(
            "prefers-the-excluded",
            "error",
            "a rule that prefers a family that is excluded whenever it fires",
            "correct its conditions, or what the family declares",
        ),
        Kind(
            "undeclared-tie",
            "warning",
            "profiles in which only the rank of families decides, and nobody said why",
            "write a rule, or declare the tie with its reason under `ties` in criteria.yaml",
        ),
        Kind(
            "idle-tie",
            "warning",
            "a declared tie that happens in no profile",
            "remove it from `ties`",
        ),
        Kind(
            "impossible-option",
            "error",
            "a task or option that no admissible profile has",
            "loosen the `never`, `implies` or `ask_if` that it meets, or remove it",
        ),
        Kind(
            "always-asked",
            "note",
            "a question whose `ask_if` holds in every profile",
            "remove `ask_if`",
        ),
        Kind(
            "idle-never",
            "warning",
            "a `never` that rules out nothing that is not ruled out already",
            "remove it",
        ),
        Kind(
            "idle-question",
            "warning",
            "a question whose answer changes neither the family nor the checkpoints",
            "write the rule or requirement that it was meant for, or remove it",
        ),
        Kind(
            "interchangeable-options",
            "note",
            "options of a question that nothing tells apart",
            "merge them, unless people would look for both",
        ),
        Kind(
            "idle-checkpoint",
            "note",
            "a checkpoint that is offered for no profile; it can still be shown and checked",
            "correct its tasks or fields where that surprises",
        ),
    )
}
