"""The Hugging Face Hub: its address, its ids, its local cache, and its errors.

`huggingface_hub` is imported only for requests and their errors.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from advisor.errors import AdvisorError, MissingExtraError

SECONDS = 10.0
"""The timeout of one request to the Hub."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")
_COMMIT = re.compile(r"[0-9a-f]{7,40}")


class HubError(AdvisorError, kind="hub"):
    """A request to the Hub failed."""


class NotFoundError(HubError, kind="not-found"):
    """There is no such checkpoint, file or revision."""


class GatedError(HubError, kind="gated"):
    """The checkpoint exists, but its owner must grant access."""


class OfflineError(HubError, kind="offline"):
    """The Hub cannot be reached, or requests are turned off."""


class RateLimitedError(HubError, kind="rate-limited"):
    """The Hub limits the number of requests; `seconds` to wait, None if it does not say."""

    seconds: float | None = None


class UnreadableAnswerError(HubError, kind="unreadable-answer"):
    """The Hub's response for one checkpoint is unusable."""


def is_hub_id(name: str) -> bool:
    """Return whether a name can be an id of the Hub, with or without its owner."""
    return _NAME.fullmatch(name) is not None


def is_commit(text: object) -> bool:
    """Return whether this is a commit hash of 7 to 40 hexadecimal digits."""
    return isinstance(text, str) and _COMMIT.fullmatch(text) is not None


def network_forbidden() -> bool:
    """Return whether HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE turns requests off."""
    value = os.environ.get("HF_HUB_OFFLINE", "") or os.environ.get("TRANSFORMERS_OFFLINE", "")
    return value.strip().upper() in {"1", "ON", "YES", "TRUE"}


def endpoint() -> str:
    """Return the URL of the Hub. Raises MissingExtraError without HF_ENDPOINT and the library."""
    return (os.environ.get("HF_ENDPOINT") or str(library().constants.ENDPOINT)).rstrip("/")


def library() -> Any:
    """Import `huggingface_hub`. Raises MissingExtraError, or HubError for bad settings of it."""
    try:
        import huggingface_hub
        import huggingface_hub.constants
        import huggingface_hub.errors
    except ImportError as error:
        raise MissingExtraError(
            "requests to the Hub need the library `huggingface_hub`, which is not installed",
            hint="pip install huggingface_hub",
        ) from error
    except ValueError as error:
        raise misset("huggingface_hub", error) from error
    return huggingface_hub


def misset(library: str, error: ValueError) -> HubError:
    """Return the error for a library whose import fails because of a setting."""
    return HubError(
        f"importing the library `{library}` fails because of its settings: {error}",
        hint="check the environment variables of the library, such as HF_ENDPOINT (an address "
        "like https://huggingface.co)",
    )


def cache_folder() -> Path:
    """Return the folder of the hub cache: HF_HUB_CACHE, else below HF_HOME, else the user's."""
    if configured := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(configured).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.path.expanduser(cache)) / "huggingface" / "hub"  # noqa: PTH111 - pathlib raises where there is no home


def repository_folder(id: str, cache: Path) -> Path:
    """Return the folder of a repository in the hub cache, existing or not."""
    return cache / f"models--{id.replace('/', '--')}"


def cached_snapshot(id: str, revision: str | None = None, cache: Path | None = None) -> Path | None:
    """Return the folder of the hub cache that holds a checkpoint at a revision (`main`), or None.

    A snapshot without a config.json counts as none.
    """
    if not is_hub_id(id):
        return None
    root = repository_folder(id, cache or cache_folder())
    name = revision or "main"
    try:
        if Path(os.path.realpath(root / "refs" / name)).is_relative_to(
            os.path.realpath(root / "refs")
        ):
            name = (root / "refs" / name).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        pass  # no branch or tag of that name: it may be a commit
    snapshot = root / "snapshots" / name
    return snapshot if is_commit(name) and (snapshot / "config.json").is_file() else None


def hub_error(
    error: Exception, id: str, *, revision: str | None = None, loading: bool = False
) -> HubError:
    """Return our error for an exception of `huggingface_hub`, by the HTTP status of the response.

    `loading`: the request was for the checkpoint itself, not only for its metadata. The library
    fails on some responses before it reads the status; the response is then in the error's context.
    """
    kinds: Any = library().errors
    raised: BaseException | None = error
    while raised is not None and getattr(raised, "response", None) is None:
        raised = raised.__cause__ or raised.__context__  # the answer that it was raised for
    response = getattr(raised, "response", None)
    status, headers = getattr(response, "status_code", None), getattr(response, "headers", {})
    code = headers.get("X-Error-Code")
    if code == "GatedRepo" or status == 403:
        return GatedError(
            f"`{id}` is gated, so you need permission from its owner",
            hint="accept the terms on the Hub page of the checkpoint, then run `hf auth login`",
        )
    if code == "RevisionNotFound":
        return NotFoundError(
            f"`{id}` has no revision `{revision}`",
            hint="leave out --revision to use the newest revision",
        )
    if status in (401, 404) or isinstance(error, kinds.HFValidationError):
        return NotFoundError(
            f"the Hub has no checkpoint `{id}`, or you have no access to it",
            hint="check the spelling, or run `hf auth login` for a private checkpoint",
        )
    if status == 429:
        limited = RateLimitedError(
            "the Hub limits the number of requests",
            hint="try again in a few minutes, or run `hf auth login` for a higher limit",
        )
        if re.fullmatch(r"\d+(\.\d+)?", wait := headers.get("Retry-After", "")):
            limited.seconds = float(wait)
        return limited
    return _unanswered(error, id, status, loading=loading)


def _unanswered(error: Exception, id: str, status: int | None, *, loading: bool) -> HubError:
    """Return the error for a request without a usable response about the checkpoint."""
    absent = [f"`{id}` is not on this machine"] if loading else []
    folder = ", or pass a local folder" if loading else ""
    if isinstance(error, library().errors.OfflineModeIsEnabled):
        message = ", and ".join([*absent, "network access is turned off"])
        return OfflineError(message, hint=f"unset HF_HUB_OFFLINE{folder}")
    if status is not None and status >= 400:
        kind = OfflineError if loading else UnreadableAnswerError
        message = f"the Hub returned HTTP status {status} for `{id}`"
        return kind(message, hint=f"try again later{folder}")
    if isinstance(error, (ValueError, TypeError, KeyError, AttributeError)) and not loading:
        return UnreadableAnswerError(f"the response of the Hub for `{id}` cannot be parsed")
    return OfflineError(
        ", and ".join(["the Hub cannot be reached", *absent]),
        hint=f"check the network{folder}. HF_ENDPOINT sets another Hub address",
    )
