"""What the Hub says of a checkpoint today against what the catalogue says, field by field.

For whoever maintains the rules: `python tools/catalogue_refresh.py [ID ...]` asks the Hub's API
(`pip install huggingface_hub`) about these checkpoints, all of the catalogue if left out, and
prints what changed: licence, gating, newest commit, parameters, task, languages, a new name. It
returns 0 where nothing did, 1 where something did, 2 where some could not be asked about. A person
writes what changed into the entry, and cites the page.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from advisor import hub
from advisor.errors import AdvisorError
from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules

LONGEST_WAIT = 60.0
"""Seconds: when the Hub asks for more, what was done is reported instead."""

_LANGUAGE = re.compile(r"(multilingual\Z|[a-z]{2,3})([-_][A-Za-z]+)*\Z")
_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class HubFacts(NamedTuple):
    """What the Hub says of a repository, by fields of the catalogue; None where it is silent."""

    id: str
    licence: str | None
    gated: bool | None
    revision: str | None
    last_modified: str | None
    parameters_millions: float | None
    hub_task: str | None
    languages: list[str] | None


def facts_of(id: str) -> HubFacts:
    """Ask the Hub about one repository; where it says for how long to wait, wait so long once.

    Raises NotFoundError, GatedError, RateLimitedError, OfflineError or UnreadableAnswerError.
    """
    try:
        return _asked(id)
    except hub.RateLimitedError as error:
        if error.seconds is None or error.seconds > LONGEST_WAIT:
            raise
        print(f"the hub asks for {error.seconds:g} seconds; waiting", file=sys.stderr)
        time.sleep(error.seconds)
        return _asked(id)


def _asked(id: str) -> HubFacts:
    try:
        api = hub.library().HfApi(endpoint=hub.endpoint())
        return _facts(api.model_info(id, timeout=hub.SECONDS))
    except Exception as error:
        raise hub.hub_error(error, id) from error


def _facts(info: Any) -> HubFacts:
    card = info.card_data.to_dict() if info.card_data is not None else {}
    total = getattr(info.safetensors, "total", None)
    millions = round(total / 1e6, 1) if isinstance(total, int) and total > 0 else 0.0
    task = info.pipeline_tag
    return HubFacts(
        id=str(info.id),
        licence=_licence(card),
        gated=None if info.gated is None else bool(info.gated),
        revision=info.sha if hub.is_commit(info.sha) else None,
        last_modified=info.last_modified.date().isoformat() if info.last_modified else None,
        parameters_millions=millions or None,
        hub_task=task if isinstance(task, str) and _KEBAB.fullmatch(task) else None,
        languages=_languages(card.get("language")),
    )


def _licence(card: dict[str, Any]) -> str | None:
    """The licence; for `other` the name that the card gives it."""
    value = card.get("license")
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    if value == "other":
        value = card.get("license_name") or value
    if not isinstance(value, str) or not value.isprintable() or not value.strip():
        return None
    return value.strip().lower()


def _languages(value: Any) -> list[str] | None:
    """The codes among the languages of a card, without regions; None where there are none."""
    named = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
    codes = [found.group(1) for found in map(_LANGUAGE.match, named) if found]
    return list(dict.fromkeys(codes)) or None


TOLERANCE = 0.01
"""Counts of parameters that differ by less than this share are the same count."""

FIELDS = ("id", "licence", "commercial_use", *HubFacts._fields[2:])
"""What is compared, in the order in which it is shown."""

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


def ask_hub(rulebase: RuleBase, wanted: Sequence[Checkpoint]) -> Refresh:
    """Return what the Hub says of each; stops where it cannot be reached or wants a long wait.

    Raises AdvisorError where the Hub's library is missing.
    """
    rows: list[Refreshed] = []
    for number, checkpoint in enumerate(wanted):
        print(f"[{number + 1}/{len(wanted)}] {checkpoint.id}", file=sys.stderr)
        try:
            rows.append(_ask(rulebase, checkpoint))
        except (hub.RateLimitedError, hub.OfflineError) as error:
            left = tuple(one.id for one in wanted[number:])
            return Refresh(tuple(rows), error.message, left)
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


def told(refresh: Refresh) -> Iterator[str]:
    """Yield a line for each field that changed and each that could not be read, then a count."""
    for row in refresh.rows:
        for change in row.changes:
            note = f" ({change.note})" if change.note else ""
            yield f"{row.id}: {change.field}: {change.was} -> {change.now}{note}"
        if row.message:
            yield f"{row.id}: {row.message}"
    changed = sum(row.status != "same" for row in refresh.rows)
    yield f"{len(refresh.rows)} checkpoints asked about, {changed} of them not the same"
    if refresh.stopped:
        yield f"stopped: {refresh.stopped}; go on with: {' '.join(refresh.left)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what changed; return the exit code."""
    parser = argparse.ArgumentParser(description="Compare entries with the Hub, field by field.")
    parser.add_argument("ids", nargs="*", metavar="ID", help="all of the catalogue if left out")
    ids = parser.parse_args(arguments).ids
    rulebase = load_rules()
    try:
        named = [rulebase.checkpoint(id) for id in dict.fromkeys(ids)]
        every = named or [entry for entry in rulebase.checkpoints.values() if not entry.home]
        refresh = ask_hub(rulebase, every)
    except AdvisorError as error:
        print(error, file=sys.stderr)
        return 2
    print(*told(refresh), sep="\n")
    return refresh.exit_code


if __name__ == "__main__":
    sys.exit(main())
