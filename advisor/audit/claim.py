"""What an audit claims of a rule base, and the defects by which a claim fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, NamedTuple

from advisor.audit.context import CompleteAnswers, NotProvedError, ProofContext

HOLDS, FAILS, NOT_PROVED = "holds", "fails", "not-proved"


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
    """`state` is holds, fails (see `defects`) or not-proved; `text` says exactly what was found."""

    id: str
    state: str
    text: str
    defects: tuple[Defect, ...] = ()


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


def conclude(id: str, text: str, defects: Iterable[Defect]) -> Claim:
    """Return a settled claim: it fails where a defect is more than a note."""
    found = tuple(defects)
    fails = any(one.level != "note" for one in found)
    return Claim(id, FAILS if fails else HOLDS, text, found)


Prove = Callable[[ProofContext], tuple[str, list[Defect]]]
"""Says what was found, and the defects."""


def claims(id: str, subject: str) -> Callable[[Prove], Callable[[ProofContext], Claim]]:
    """Make a claim of what a function proves; where the budget ends first, it is not proved."""

    def claiming(prove: Prove) -> Callable[[ProofContext], Claim]:
        @wraps(prove)
        def claim(context: ProofContext) -> Claim:
            try:
                return conclude(id, *prove(context))
            except NotProvedError as reason:
                return Claim(id, NOT_PROVED, f"{subject}: {reason}")

        return claim

    return claiming


ERRORS = {
    "no-profile": (
        "",
        "no complete profile is admitted, so every statement about all profiles is trivially true",
        "loosen `never`, `implies` or `ask_if`",
    ),
    "gap": (
        "task",
        "{profiles:,} profiles have no answer, though their tasks are not declared none{opened}",
        "add the task to a family, or write `elsewhere` for the task",
    ),
    "family-cannot-win": (
        "family",
        "`{about}` wins none of {profiles:,} profiles",
        "write a rule that prefers it where it belongs, or remove it",
    ),
    "dead-rule": (
        "rule",
        "`{about}` fires in {none}",
        "correct its conditions, or the `never` or `implies` that they meet",
    ),
    "implied-rule": (
        "rule",
        "`{about}` adds nothing in the {fires:,} profiles where it fires: {others} say it already",
        "narrow the rule, or merge its reason into the rules that imply the rule",
    ),
    "cancelling-rules": (
        "rule",
        "`{about}` and `{other}` cancel each other for `{family}` on {criterion}: "
        "both fire in {profiles:,} profiles",
        "narrow the conditions of one rule, or move one rule to another criterion",
    ),
    "prefers-the-excluded": (
        "rule",
        "`{about}` prefers `{family}`, which is excluded whenever the rule fires",
        "correct its conditions, or what the family declares",
    ),
    "impossible-option": (
        "question",
        "no complete profile has {question}: {about}",
        "loosen the `never`, `implies` or `ask_if` that it meets, or remove it",
    ),
}
WARNINGS = {
    "never-pivotal": (
        "rule",
        "`{about}` fires in {fires:,} profiles and is pivotal in none",
        "set `supporting: true` if the rule states a true reason",
    ),
    "past-its-checkpoint": (
        "rule",
        "`{about}` names `{checkpoint}`, but `{family}` never wins when the rule fires",
        "correct the rule's conditions, or name another checkpoint",
    ),
    "aimed-at-none": (
        "rule",
        "`{about}` is aimed at {aim}, and the catalog has none",
        "correct what it says of them, or remove it",
    ),
    "undeclared-tie": (
        "family",
        "{equals} are equal in {profiles:,} profiles",
        "write a rule, or declare the tie with its reason under `ties` in criteria.yaml",
    ),
    "idle-tie": (
        "tie",
        "`{about}` declares a tie between {between} that never happens",
        "remove it from `ties`",
    ),
    "idle-never": (
        "never",
        "`{about}` excludes nothing: its combination of answers is impossible anyway",
        "remove it",
    ),
    "idle-question": (
        "question",
        "the answer to `{about}` changes neither the family nor a checkpoint",
        "write the rule or requirement that it was meant for, or remove it",
    ),
}
NOTES = {
    "implied-in-part": (
        "rule",
        "`{about}` adds nothing about `{family}`: {others} say it already",
        "leave that candidate out",
    ),
    "pivotal-supporting": (
        "rule",
        "`{about}` says `supporting: true` and is pivotal in {pivotal:,} profiles",
        "remove `supporting: true`",
    ),
    "no-closest": (
        "task",
        "{family}: no checkpoint for `{about}` in {cases:,} cases, nor one that comes closest",
        "name a checkpoint of the family for the task, or say that it cannot do it",
    ),
    "idle-checkpoint": (
        "checkpoint",
        "`{about}` is offered for no profile: {why}",
        "correct its tasks or fields where that surprises",
    ),
}
KINDS = {
    id: DefectKind(id, level, *texts)
    for level, kinds in (("error", ERRORS), ("warning", WARNINGS), ("note", NOTES))
    for id, texts in kinds.items()
}
