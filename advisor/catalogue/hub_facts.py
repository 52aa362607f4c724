"""What the Hub's API says of a repository: the facts of its card."""

from __future__ import annotations

import re
import time
from typing import Any, NamedTuple

from advisor import hub
from advisor.console.output import note
from advisor.errors import AdvisorError

BEGIN = "2022-03-02"
"""What the Hub says of every repository that was made before that day."""

LONGEST_WAIT = 60.0
"""Seconds: when the Hub asks for more, what was done is reported instead."""

_LANGUAGE = re.compile(r"(multilingual\Z|[a-z]{2,3})([-_][A-Za-z]+)*\Z")
_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class HubFacts(NamedTuple):
    """What the Hub says of a repository, by the fields of the catalogue; None where it is silent.

    `released` is the year of the repository, which need not be that of the weights.
    """

    id: str
    licence: str | None
    gated: bool | None
    revision: str | None
    last_modified: str | None
    parameters_millions: float | None
    hub_task: str | None
    languages: list[str] | None
    released: int | None


def facts_of(id: str) -> HubFacts:
    """Ask the Hub about one repository; where it says for how long to wait, wait so long once.

    Raises NotFoundError, GatedError, RateLimitedError, OfflineError or UnreadableAnswerError.
    """
    try:
        return _ask(id)
    except hub.RateLimitedError as error:
        if error.seconds is None or error.seconds > LONGEST_WAIT:
            raise
        note(f"the hub asks for {error.seconds:g} seconds; waiting")
        time.sleep(error.seconds)
        return _ask(id)


def _ask(id: str) -> HubFacts:
    try:
        api = hub.library().HfApi(endpoint=hub.endpoint())
        return _facts(api.model_info(id, timeout=hub.SECONDS))
    except Exception as error:
        raise hub.hub_error(error, id) from error


def _facts(info: Any) -> HubFacts:
    card = info.card_data.to_dict() if info.card_data is not None else {}
    total = getattr(info.safetensors, "total", None)
    millions = round(total / 1e6, 1) if isinstance(total, int) and total > 0 else 0.0
    made = info.created_at.date().isoformat() if info.created_at else BEGIN
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
        released=int(made[:4]) if made > BEGIN else None,
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


def announce(purpose: str, about: str, *, offline: bool) -> None:
    """Say which hub is asked about what. Raises AdvisorError where the network is forbidden."""
    if offline or hub.network_forbidden():
        raise AdvisorError(
            f"{purpose} asks the hub, and the network may not be used",
            hint="drop --offline, or unset HF_HUB_OFFLINE",
            kind="offline",
        )
    note(f"asking {hub.endpoint()} about {about}")
