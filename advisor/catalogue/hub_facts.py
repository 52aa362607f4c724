"""What the Hub's API says of repositories: the facts of their cards, asked one after the other."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from advisor.catalogue.refresh import HubFacts, Refresh, Refreshed, compare, gate_closed, only
from advisor.console.output import note
from advisor.errors import AdvisorError
from advisor.hub import (
    SECONDS,
    GatedError,
    NotFoundError,
    OfflineError,
    RateLimitedError,
    UnreadableAnswerError,
    cache_folder,
    endpoint,
    hub_error,
    is_commit,
    library,
    network_forbidden,
)
from advisor.model import Checkpoint
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

BEGIN = "2022-03-02"
"""What the Hub says of every repository that was made before that day."""

CONFIGURATIONS = ("config.json", "processor_config.json", "preprocessor_config.json")
"""The files that say how a checkpoint is loaded."""

LONGEST_WAIT = 60.0
"""Seconds: when the Hub asks for more, what was done is reported instead."""

_LANGUAGE = re.compile(r"([a-z]{2,3})([-_][A-Za-z]+)*\Z")


def model_facts(id: str) -> HubFacts:
    """Ask the Hub about one repository.

    Raises NotFoundError, GatedError, RateLimitedError, OfflineError or UnreadableAnswerError.
    """
    try:
        info = library().HfApi(endpoint=endpoint()).model_info(id, timeout=SECONDS)
        return _facts(info)
    except Exception as error:
        raise hub_error(error, id) from error


def fetch_configurations(id: str, revision: str | None) -> Path | None:
    """Bring the small files that say how a checkpoint is loaded into the hub cache.

    Return their folder, None where there is no config.json. Raises as `model_facts` does.
    """
    hub = library()
    folder = None
    for name in CONFIGURATIONS:
        try:
            file = hub.hf_hub_download(
                id,
                name,
                revision=revision,
                endpoint=endpoint(),
                cache_dir=cache_folder(),
                etag_timeout=SECONDS,
            )
        except Exception as error:
            absent = isinstance(error, hub.errors.EntryNotFoundError)
            if absent and not isinstance(error, hub.errors.LocalEntryNotFoundError):
                continue
            raise hub_error(error, id) from error
        folder = Path(file).parent
    return folder if folder and (folder / CONFIGURATIONS[0]).exists() else None


def patient_facts(id: str) -> HubFacts:
    """Ask about one repository; where the Hub says for how long to wait, wait so long once."""
    try:
        return model_facts(id)
    except RateLimitedError as error:
        if error.seconds is None or error.seconds > LONGEST_WAIT:
            raise
        note(f"the hub asks for {error.seconds:g} seconds; waiting")
        time.sleep(error.seconds)
        return model_facts(id)


def announce(purpose: str, about: str, *, offline: bool) -> None:
    """Say which hub is asked about what. Raises AdvisorError where the network is forbidden."""
    if offline or network_forbidden():
        raise AdvisorError(
            f"{purpose} asks the hub, and the network may not be used",
            hint="drop --offline, or unset HF_HUB_OFFLINE",
            kind="offline",
        )
    note(f"asking {endpoint()} about {about}")


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
        except (RateLimitedError, OfflineError) as error:
            left = tuple(one.id for one in wanted[number:])
            return Refresh(tuple(rows), error.message, left)
        rows.append(only(row, fields) if fields else row)
    return Refresh(tuple(rows))


def _ask(rulebase: RuleBase, checkpoint: Checkpoint) -> Refreshed:
    try:
        return compare(rulebase, checkpoint, patient_facts(checkpoint.id))
    except GatedError:
        return gate_closed(checkpoint)
    except NotFoundError as error:
        return Refreshed(checkpoint.id, "missing", message=error.message)
    except UnreadableAnswerError as error:
        return Refreshed(checkpoint.id, "unread", message=error.message)


def _facts(info: Any) -> HubFacts:
    card = info.card_data.to_dict() if info.card_data is not None else {}
    modified = getattr(info, "last_modified", None)
    safetensors = getattr(info, "safetensors", None)
    total = getattr(safetensors, "total", None)
    gated = getattr(info, "gated", None)
    commit = getattr(info, "sha", None)
    return HubFacts(
        id=str(info.id),
        revision=commit if is_commit(commit) else None,
        last_modified=modified.date().isoformat() if modified is not None else None,
        licence=_licence(card),
        gated=None if gated is None else bool(gated),
        parameters=total if isinstance(total, int) and total > 0 else None,
        hub_task=_kebab(getattr(info, "pipeline_tag", None)),
        languages=_languages(card.get("language")),
        made=_year(getattr(info, "created_at", None)),
    )


def _year(made: Any) -> int | None:
    """The year of a repository; None for those that are older than the Hub's memory of it."""
    known = made is not None and made.date().isoformat() > BEGIN
    return int(made.year) if known else None


def _kebab(value: Any) -> str | None:
    known = isinstance(value, str) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value)
    return value if known else None


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


def _languages(value: Any) -> tuple[str, ...] | None:
    """The codes among the languages of a card, without regions; None where there are none."""
    listed = value if isinstance(value, list) else [value]
    codes = []
    for one in listed:
        found = _LANGUAGE.match(one) if isinstance(one, str) else None
        if one == "multilingual" or found:
            codes.append(one if found is None else found.group(1))
    return tuple(dict.fromkeys(codes)) or None
