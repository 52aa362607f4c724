"""What the Hub's API says of a repository: the facts of its card, never its weights."""

from __future__ import annotations

import re
from typing import Any

from advisor.catalogue.refresh import HubFacts
from advisor.hub import SECONDS, endpoint, hub_error, is_commit, library

_LANGUAGE = re.compile(r"([a-z]{2,3})([-_][A-Za-z]+)*\Z")


def model_facts(id: str) -> HubFacts:
    """Ask the Hub about one repository.

    Raises NotFoundError, GatedError, RateLimitedError, OfflineError or UnreadableAnswerError.
    """
    hub = library()
    try:
        info = hub.HfApi(endpoint=endpoint()).model_info(id, timeout=SECONDS)
        return _facts(info)
    except Exception as error:
        raise hub_error(error, id) from error


def _facts(info: Any) -> HubFacts:
    card = info.card_data.to_dict() if info.card_data is not None else {}
    modified = getattr(info, "last_modified", None)
    safetensors = getattr(info, "safetensors", None)
    total = getattr(safetensors, "total", None)
    gated = getattr(info, "gated", None)
    commit = getattr(info, "sha", None)
    return HubFacts(
        str(info.id),
        commit if is_commit(commit) else None,
        modified.date().isoformat() if modified is not None else None,
        _licence(card),
        None if gated is None else bool(gated),
        total if isinstance(total, int) and total > 0 else None,
        _kebab(getattr(info, "pipeline_tag", None)),
        _languages(card.get("language")),
    )


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
