"""What the Hub's API says of a repository: the facts of its card, never its weights."""

from __future__ import annotations

import os
import re
from typing import Any

from advisor.catalogue.refresh import HubFacts
from advisor.trial.download import SECONDS
from advisor.trial.failures import (
    GatedError,
    InferenceError,
    MissingExtraError,
    NotFoundError,
    OfflineError,
)

_LANGUAGE = re.compile(r"([a-z]{2,3})([-_][A-Za-z]+)*\Z")


class RateLimitedError(InferenceError):
    """The Hub wants us to wait; `seconds` is for how long, where it says so."""

    kind = "rate-limited"
    seconds: float | None = None


class UnreadableAnswerError(InferenceError):
    """The Hub answered for this repository, but with nothing of use; others may be well."""

    kind = "unreadable-answer"


def endpoint() -> str:
    """Return the address that is asked. Raises MissingExtraError without the Hub's library."""
    configured = os.environ.get("HF_ENDPOINT") or str(_library().constants.ENDPOINT)
    return configured.rstrip("/")


def model_facts(id: str) -> HubFacts:
    """Ask the Hub about one repository.

    Raises NotFoundError, GatedError, RateLimitedError, OfflineError or UnreadableAnswerError.
    """
    hub = _library()
    try:
        info = hub.HfApi(endpoint=endpoint()).model_info(id, timeout=SECONDS)
        return _facts(info)
    except Exception as error:
        raise _translated(error, id) from error


def _library() -> Any:
    try:
        import huggingface_hub
        import huggingface_hub.constants
        import huggingface_hub.errors
    except ImportError as error:
        raise MissingExtraError(
            "asking the hub needs the library `huggingface_hub`, which is not installed",
            hint="pip install huggingface_hub",
        ) from error
    return huggingface_hub


def _facts(info: Any) -> HubFacts:
    card = info.card_data.to_dict() if info.card_data is not None else {}
    modified = getattr(info, "last_modified", None)
    safetensors = getattr(info, "safetensors", None)
    total = getattr(safetensors, "total", None)
    gated = getattr(info, "gated", None)
    return HubFacts(
        str(info.id),
        _commit(getattr(info, "sha", None)),
        modified.date().isoformat() if modified is not None else None,
        _licence(card),
        None if gated is None else bool(gated),
        total if isinstance(total, int) and total > 0 else None,
        _kebab(getattr(info, "pipeline_tag", None)),
        _languages(card.get("language")),
    )


def _commit(value: Any) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{7,40}", value) else None


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


def _translated(error: Exception, id: str) -> InferenceError:
    """One of our errors for whatever the library raised, by the status that the Hub gave.

    The library trips over some answers before it can say what is wrong; what it tripped over is in
    the context of the error.
    """
    kinds: Any = _library().errors
    response = _response(error)
    status = getattr(response, "status_code", None)
    code = _header(response, "X-Error-Code")
    if code == "GatedRepo" or status == 403:
        return GatedError(f"`{id}` is gated", hint="accept its terms, then run `hf auth login`")
    if status in (401, 404) or isinstance(error, kinds.HFValidationError):
        return NotFoundError(
            f"the hub has no `{id}`, or not for us to see",
            hint="look whether it was renamed or made private",
        )
    if status == 429:
        limited = RateLimitedError(
            "the hub asks us to slow down", hint="try again in a few minutes; `hf auth login` helps"
        )
        limited.seconds = _seconds(_header(response, "Retry-After"))
        return limited
    if isinstance(error, kinds.OfflineModeIsEnabled):
        return OfflineError("the network may not be used", hint="unset HF_HUB_OFFLINE")
    if status is not None and status >= 400:
        return UnreadableAnswerError(f"the hub answered {status} when asked for `{id}`")
    if isinstance(error, (ValueError, TypeError, KeyError, AttributeError)):
        return UnreadableAnswerError(f"what the hub says of `{id}` cannot be read")
    return OfflineError(
        "the hub cannot be reached", hint="check the network; HF_ENDPOINT names another hub"
    )


def _response(error: BaseException | None) -> Any:
    """The answer that an error, or one before it, was raised for."""
    while error is not None:
        response = getattr(error, "response", None)
        if response is not None:
            return response
        error = error.__cause__ or error.__context__
    return None


def _header(response: Any, name: str) -> str | None:
    found = getattr(response, "headers", {}).get(name)
    return found if isinstance(found, str) else None


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
