"""What the Hub says of a checkpoint today against what the catalogue says, field by field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from advisor import hub
from advisor.catalogue.hub_facts import HubFacts, announce, facts_of
from advisor.console.output import note
from advisor.errors import UsageError
from advisor.model import Checkpoint
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

TOLERANCE = 0.01
"""Counts of parameters that differ by less than this share are the same count."""

FIELDS = ("id", "licence", "commercial_use", *HubFacts._fields[2:-1])
"""What is compared, in the order in which it is shown: all facts but the year."""

BY_HAND = "projects and rules name it, so rename it by hand"
JUDGE = "the license changed, and the new license is not verified for these weights"
AS_OTHERS = "as for all other catalogued weights under this licence"

ALIKE: dict[str, Callable[[Any, Any], bool]] = {
    "licence": lambda was, now: was.lower() == now.lower(),
    "revision": lambda was, now: now.startswith(was),
    "last_modified": lambda was, now: now.startswith(was),
    "parameters_millions": lambda was, now: abs(was - now) <= TOLERANCE * max(was, now),
    "languages": lambda was, now: set(was) == set(now),
}
"""Where two values are the same though they differ: a commit in short, a month, another order."""


class FieldChange(NamedTuple):
    """One field that differs. `now` is None where nothing is known any more."""

    field: str
    was: Any
    now: Any
    note: str = ""


class Refreshed(NamedTuple):
    """One checkpoint held against the Hub.

    `status` is same, changed, missing (no such repository, or not for us to see) or unread (it
    could not be asked about); `message` says why, `last_modified` when the repository last changed.
    """

    id: str
    status: str
    last_modified: str | None = None
    changes: tuple[FieldChange, ...] = ()
    message: str | None = None


class Refresh(NamedTuple):
    """All that were asked about; `stopped` says why the rest was not, `left` which these are."""

    rows: tuple[Refreshed, ...]
    stopped: str | None = None
    left: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """2 where some could not be read, 1 where something changed, else 0."""
        statuses = {row.status for row in self.rows}
        if self.stopped or "unread" in statuses:
            return 2
        return int(bool(statuses & {"changed", "missing"}))


def to_ask_about(rulebase: RuleBase, ids: Sequence[str], after: str) -> list[Checkpoint]:
    """Return the checkpoints named, each once; only those behind `after`.

    Without names all that the Hub has.
    """
    named = [rulebase.checkpoint(id) for id in dict.fromkeys(ids)]
    every = named or [one for one in rulebase.checkpoints.values() if not one.home]
    if not after:
        return every
    last = rulebase.checkpoint(after)
    if last not in every:
        raise UsageError(f"`{after}` is not among those to ask about", hint="leave out --after")
    return every[every.index(last) + 1 :]


def ask_hub(
    rulebase: RuleBase, wanted: Sequence[Checkpoint], fields: tuple[str, ...], *, offline: bool
) -> Refresh:
    """Return what the Hub says of each; stops where it cannot be reached or wants a long wait.

    Only `fields` are compared, all where there are none. Raises AdvisorError where the network may
    not be used, or the Hub's library is missing.
    """
    announce("refreshing", count(len(wanted), "checkpoint"), offline=offline)
    rows: list[Refreshed] = []
    for number, checkpoint in enumerate(wanted):
        note(f"[{number + 1}/{len(wanted)}] {checkpoint.id}")
        try:
            row = _ask(rulebase, checkpoint)
        except (hub.RateLimitedError, hub.OfflineError) as error:
            left = tuple(one.id for one in wanted[number:])
            return Refresh(tuple(rows), error.message, left)
        rows.append(only(row, fields) if fields else row)
    return Refresh(tuple(rows))


def _ask(rulebase: RuleBase, checkpoint: Checkpoint) -> Refreshed:
    try:
        return compare(rulebase, checkpoint, facts_of(checkpoint.id))
    except hub.GatedError:
        return gate_closed(checkpoint)
    except hub.NotFoundError as error:
        return Refreshed(checkpoint.id, "missing", message=error.message)
    except hub.UnreadableAnswerError as error:
        return Refreshed(checkpoint.id, "unread", message=error.message)


def compare(rulebase: RuleBase, checkpoint: Checkpoint, facts: HubFacts) -> Refreshed:
    """Return what differs. A fact on which the Hub is silent never replaces a known one."""
    changes: list[FieldChange] = []
    for field in FIELDS:
        was, now = getattr(checkpoint, field), getattr(facts, field, None)
        if now is None or was == now or (was and field in ALIKE and ALIKE[field](was, now)):
            continue
        changes.append(FieldChange(field, was, now, BY_HAND if field == "id" else ""))
        if field == "licence":
            changes += _judged_anew(rulebase, checkpoint, now)
    status = "changed" if changes else "same"
    return Refreshed(checkpoint.id, status, facts.last_modified, tuple(changes))


def _judged_anew(rulebase: RuleBase, checkpoint: Checkpoint, licence: str) -> list[FieldChange]:
    """What commercial use is, where all other weights under the new licence agree on it."""
    others = {
        one.commercial_use
        for one in rulebase.checkpoints.values()
        if one.licence == licence and one.id != checkpoint.id
    }
    was, now = checkpoint.commercial_use, others.pop() if len(others) == 1 else None
    reason = JUDGE if now is None else AS_OTHERS
    return [] if was == now else [FieldChange("commercial_use", was, now, reason)]


def gate_closed(checkpoint: Checkpoint) -> Refreshed:
    """Return what a refusal says of a checkpoint: that it is gated, which may be news."""
    message = "gated: its other facts are shown only to those who accepted its terms"
    if checkpoint.gated:
        return Refreshed(checkpoint.id, "unread", message=message)
    change = FieldChange("gated", checkpoint.gated, now=True)
    return Refreshed(checkpoint.id, "changed", None, (change,), message)


def only(row: Refreshed, fields: tuple[str, ...]) -> Refreshed:
    """Return a row with changes of some fields alone."""
    changes = tuple(change for change in row.changes if change.field in fields)
    status = "same" if row.status == "changed" and not changes else row.status
    return row._replace(changes=changes, status=status)
