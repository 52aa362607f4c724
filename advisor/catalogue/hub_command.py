"""Asking the Hub about one checkpoint after the other: progress, politeness, when to stop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.console.output import note
from advisor.errors import AdvisorError
from advisor.hub import (
    GatedError,
    NotFoundError,
    OfflineError,
    RateLimitedError,
    UnreadableAnswerError,
    endpoint,
    network_forbidden,
)
from advisor.model import Checkpoint
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.catalogue.refresh import HubFacts, Refresh, Refreshed

LONGEST_WAIT = 60.0
"""Seconds: when the Hub asks for more, what was done is reported instead."""


def ask_hub(
    rulebase: RuleBase, wanted: Sequence[Checkpoint], only: tuple[str, ...], *, offline: bool
) -> Refresh:
    """Return what the Hub says of each; stops where it cannot be reached or wants a long wait.

    Raises AdvisorError where the network may not be used, or the Hub's library is missing.
    """
    from advisor.catalogue.refresh import Refresh
    from advisor.catalogue.refresh import only as only_fields

    if offline or network_forbidden():
        raise AdvisorError(
            "refreshing asks the hub, and the network may not be used",
            hint="drop --offline, or unset HF_HUB_OFFLINE",
            kind="offline",
        )
    note(f"asking {endpoint()} about {count(len(wanted), 'checkpoint')}")
    rows: list[Refreshed] = []
    for number, checkpoint in enumerate(wanted):
        note(f"[{number + 1}/{len(wanted)}] {checkpoint.id}")
        try:
            row = _ask(rulebase, checkpoint)
        except (RateLimitedError, OfflineError) as error:
            left = tuple(one.id for one in wanted[number:])
            return Refresh(tuple(rows), error.message, left)
        rows.append(only_fields(row, only) if only else row)
    return Refresh(tuple(rows))


def _ask(rulebase: RuleBase, checkpoint: Checkpoint) -> Refreshed:
    from advisor.catalogue.refresh import Refreshed, compare, gate_closed

    try:
        return compare(rulebase, checkpoint, _facts(checkpoint.id))
    except GatedError:
        return gate_closed(checkpoint)
    except NotFoundError as error:
        return Refreshed(checkpoint.id, "missing", message=error.message)
    except UnreadableAnswerError as error:
        return Refreshed(checkpoint.id, "unread", message=error.message)


def _facts(id: str) -> HubFacts:
    """Ask; where the Hub says for how long to wait, wait so long once."""
    from advisor.catalogue.hub_cards import model_facts

    try:
        return model_facts(id)
    except RateLimitedError as error:
        if error.seconds is None or error.seconds > LONGEST_WAIT:
            raise
        note(f"the hub asks for {error.seconds:g} seconds; waiting")
        time.sleep(error.seconds)
        return model_facts(id)
