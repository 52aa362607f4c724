"""What the Hub says of a checkpoint today against what the catalogue says, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from advisor.errors import UsageError
from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase

TOLERANCE = 0.01
"""Counts of parameters that differ by less than this share are the same count."""

FIELDS = (
    "id",
    "licence",
    "commercial_use",
    "gated",
    "revision",
    "last_modified",
    "parameters_millions",
    "hub_task",
    "languages",
)
"""What is compared, in the order in which it is shown."""

BY_HAND = "projects and rules name it, so rename it by hand"
JUDGE = "the licence changed, and nobody has judged the new one for these weights"
AS_OTHERS = "as for all other catalogued weights under this licence"


class HubFacts(NamedTuple):
    """What the Hub says of a repository. None where it says nothing.

    `made` is the year of the repository, which need not be that of the weights.
    """

    id: str
    revision: str | None
    last_modified: str | None
    licence: str | None
    gated: bool | None
    parameters: int | None
    hub_task: str | None
    languages: tuple[str, ...] | None
    made: int | None = None


class FieldChange(NamedTuple):
    """One field that differs. `now` is None where nothing is known any more."""

    field: str
    was: Any
    now: Any
    note: str = ""

    @property
    def by_hand(self) -> bool:
        """True where only a person can write it into the catalogue."""
        return self.field == "id"


class Refreshed(NamedTuple):
    """One checkpoint held against the Hub.

    `status` is same, changed, missing (no such repository, or not for us to see) or unread (it
    could not be asked about); `message` says why, `last_modified` when the repository last changed.
    """

    id: str
    status: str
    last_modified: str | None = None
    changes: tuple[FieldChange, ...] = ()
    message: str = ""


class Refresh(NamedTuple):
    """All that were asked about; `stopped` says why the rest was not, `left` which these are."""

    rows: tuple[Refreshed, ...]
    stopped: str = ""
    left: tuple[str, ...] = ()
    written: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """2 where some could not be read, 1 where something changed that is not written, else 0."""
        statuses = {row.status for row in self.rows}
        if self.stopped or "unread" in statuses:
            return 2
        open_changes = [
            change
            for row in self.rows
            for change in row.changes
            if change.by_hand or not self.written
        ]
        return 1 if open_changes or "missing" in statuses else 0


def to_ask_about(rulebase: RuleBase, ids: Sequence[str], after: str) -> list[Checkpoint]:
    """Return the checkpoints named, all without names, each once; only those behind `after`."""
    every = [rulebase.checkpoint(id) for id in dict.fromkeys(ids)]
    every = every or list(rulebase.checkpoints.values())
    if not after:
        return every
    last = rulebase.checkpoint(after)
    if last not in every:
        raise UsageError(f"`{after}` is not among those to ask about", hint="leave out --after")
    return every[every.index(last) + 1 :]


def compare(rulebase: RuleBase, checkpoint: Checkpoint, facts: HubFacts) -> Refreshed:
    """Return what differs. A fact on which the Hub is silent never replaces a known one."""
    renamed = facts.id != checkpoint.id
    found = [FieldChange("id", checkpoint.id, facts.id, BY_HAND)] if renamed else []
    found += _licence(rulebase, checkpoint, facts)
    for field in ("gated", "revision", "last_modified", "hub_task"):
        was, now = getattr(checkpoint, field), getattr(facts, field)
        if now is not None and not _same(was, now):
            found.append(FieldChange(field, was, now))
    found += _parameters(checkpoint, facts)
    if facts.languages and set(facts.languages) != set(checkpoint.languages or ()):
        found.append(FieldChange("languages", checkpoint.languages, list(facts.languages)))
    found.sort(key=lambda change: FIELDS.index(change.field))
    status = "changed" if found else "same"
    return Refreshed(checkpoint.id, status, facts.last_modified, tuple(found))


def gate_closed(checkpoint: Checkpoint) -> Refreshed:
    """Return what a refusal says of a checkpoint: that it is gated, which may be news."""
    message = "gated: its other facts are shown only to those who accepted its terms"
    if checkpoint.gated:
        return Refreshed(checkpoint.id, "unread", None, (), message)
    change = FieldChange("gated", checkpoint.gated, now=True)
    return Refreshed(checkpoint.id, "changed", None, (change,), message)


def only(row: Refreshed, fields: tuple[str, ...]) -> Refreshed:
    """Return a row with changes of some fields alone."""
    changes = tuple(change for change in row.changes if change.field in fields)
    status = "same" if row.status == "changed" and not changes else row.status
    return row._replace(changes=changes, status=status)


def _same(was: Any, now: Any) -> bool:
    """Equal, or a commit in short and in full."""
    short = isinstance(was, str) and isinstance(now, str) and len(was) >= 7
    return bool(was == now or (short and now.startswith(was)))


def _licence(rulebase: RuleBase, checkpoint: Checkpoint, facts: HubFacts) -> list[FieldChange]:
    was, now = checkpoint.licence, facts.licence
    if now is None or (was or "").lower() == now.lower():
        return []
    found = [FieldChange("licence", was, now)]
    others = {
        one.commercial_use
        for one in rulebase.checkpoints.values()
        if one.licence == now and one.id != checkpoint.id
    }
    use = others.pop() if len(others) == 1 else None
    if use != checkpoint.commercial_use:
        note = JUDGE if use is None else AS_OTHERS
        found.append(FieldChange("commercial_use", checkpoint.commercial_use, use, note))
    return found


def _parameters(checkpoint: Checkpoint, facts: HubFacts) -> list[FieldChange]:
    if not facts.parameters:
        return []
    was, now = checkpoint.parameters_millions, round(facts.parameters / 1e6, 1)
    if now <= 0 or (was is not None and abs(was - now) <= TOLERANCE * max(was, now)):
        return []
    return [FieldChange("parameters_millions", was, now)]
