"""A model behind an OpenAI-compatible server over HTTP: vLLM, Ollama, llama.cpp, hosted.

Requests are chat completions (https://platform.openai.com/docs/api-reference/chat), each with one
image as a data URL. No redirect is followed, and a key is sent only to the host it is for.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from http.client import HTTPException
from ipaddress import ip_address
from random import random
from threading import Event
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from advisor.errors import AdvisorError, UsageError
from advisor.evaluate.options import RunOptions
from advisor.phrasing import count
from advisor.trial.images import ORIENTATION, OpenedImage
from advisor.trial.runtime import library

FORM = "https://HOST/v1#MODEL"
SECONDS, TRIES, LONGEST_PAUSE = 600.0, 6, 60.0
"""Timeout of a request in seconds, maximum number of tries, and longest pause between them."""
LARGEST_ANSWER, LONGEST_QUOTE = 4_000_000, 300
TRY_AGAIN, THIS_ONE = (408, 409, 425, 429, 500, 502, 503, 504), (400, 413, 415, 422)
"""HTTP statuses that are tried again, and those that reject only the one request."""
MEDIA = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
"""Formats that every server decodes, so that their files are sent unchanged."""


class ServerError(AdvisorError, kind="server"):
    """A server cannot be reached, or returns no usable answer."""


class RefusedError(ServerError, kind="refused"):
    """A server rejects this request, but may accept others."""


class Completion(NamedTuple):
    """A generated text; its (input, output) tokens; the model's version; and whether it was cut."""

    text: str
    tokens: tuple[int, int]
    fingerprint: str
    cut: bool


class NoRedirect(HTTPRedirectHandler):
    """A handler that makes every redirect an error."""

    def redirect_request(self, *_: Any) -> None:
        """Return None, so that no redirect is followed."""


def is_endpoint(checkpoint: str) -> bool:
    """Return whether a candidate is a server address rather than a checkpoint."""
    return checkpoint.startswith(("http://", "https://"))


class Endpoint:
    """One model of a server; `local` is True if the server is on this machine.

    Raises UsageError for an invalid address, for one with a password or a query, and for
    unencrypted HTTP to another machine without `allow_http`.
    """

    def __init__(self, checkpoint: str, *, allow_http: bool = False) -> None:
        address, _, self.model = checkpoint.partition("#")
        try:
            parts = urlsplit(address)
            self.host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
        except ValueError as error:
            raise UsageError(f"`{checkpoint}` is not a server address", hint=FORM) from error
        if parts.username is not None or parts.query:
            raise UsageError(
                f"the address at `{self.host}` contains a password or a query, which advisor "
                "would store with the results",
                hint="put the API key into an environment variable and pass its name with "
                "--key-from NAME",
            )
        if not self.host or not self.model:
            raise UsageError(f"`{checkpoint}` does not name a model on the server", hint=FORM)
        self.local = _is_loopback(parts.hostname or "")
        if parts.scheme == "http" and not self.local and not allow_http:
            raise UsageError(
                f"the connection to `{self.host}` is not encrypted, so others could read the "
                "images and the key",
                hint="use https://, or pass --allow-http",
            )
        self.address, self.key, self.stopped, self.known = address.rstrip("/"), "", Event(), False
        self.limit_name, self.optional = "max_tokens", dict[str, Any](temperature=0)
        self._opener = build_opener(NoRedirect, ProxyHandler({}) if self.local else ProxyHandler())

    def complete(self, content: Sequence[Mapping[str, Any]], limit: int) -> Completion:
        """Return the model's answer to the parts of a message, of at most `limit` tokens.

        RefusedError concerns only this message, other ServerErrors the whole server. Settings that
        the server rejects are left out from then on.
        """
        message = {"model": self.model, "messages": [{"role": "user", "content": content}]}
        while True:
            try:
                given = self._posted({**message, self.limit_name: limit, **self.optional})
                break
            except RefusedError as error:  # what a server says that it does not take is left out
                why, optional = error.message, self.optional
                self.optional = {name: value for name, value in optional.items() if name not in why}
                if "max_completion_tokens" in why and self.limit_name == "max_tokens":
                    self.limit_name = "max_completion_tokens"
                elif len(self.optional) == len(optional):
                    raise
        self.known = True
        try:
            choice, usage = given["choices"][0], given.get("usage") or {}
            content_given = choice["message"].get("content") or ""
            if not isinstance(content_given, str):
                content_given = "".join(p["text"] for p in content_given if p["type"] == "text")
            read = int(usage.get("prompt_tokens") or 0)
            written = int(usage.get("completion_tokens") or 0)
            answered = (given.get("model"), given.get("system_fingerprint"))
            return Completion(
                text=content_given.strip(),
                tokens=(max(0, read), max(0, written)),
                fingerprint=" ".join(str(each)[:LONGEST_QUOTE] for each in answered if each),
                cut=choice.get("finish_reason") == "length",
            )
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise self._no_answer("a chat completion") from error

    def _posted(self, body: Mapping[str, Any]) -> Any:
        """Return the JSON that a server answers; temporary errors are retried after a pause."""
        headers = {"Content-Type": "application/json", "User-Agent": "advisor"}
        address = f"{self.address}/chat/completions"
        request = Request(address, json.dumps(body).encode(), headers)
        if self.key:
            request.add_unredirected_header("Authorization", f"Bearer {self.key}")
        for tried in range(TRIES):
            pause = 2**tried * (1 + random() / 4)
            try:
                with self._opener.open(request, timeout=SECONDS) as answer:
                    return self._parsed(answer.read(LARGEST_ANSWER + 1))
            except HTTPError as error:
                with error:
                    failure = self._failure(error)
                retry_after = error.headers.get("Retry-After", "")
                pause = min(float(retry_after), LONGEST_PAUSE) if retry_after.isdecimal() else pause
                if error.code not in TRY_AGAIN:
                    raise failure from error
            except (OSError, HTTPException) as error:
                reason = getattr(error, "reason", error)
                why = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
                failure = ServerError(
                    f"`{self.host}` cannot be reached: {why}",
                    hint="check the address and the server, then run the same command to resume",
                )
                if not self.known or isinstance(reason, ssl.SSLError):
                    raise failure from error
            if tried + 1 < TRIES and self.stopped.wait(pause):
                break
        raise failure

    def _parsed(self, text: bytes) -> Any:
        """Return the JSON of an answer, with `[key]` in place of the API key."""
        try:
            unescaped = json.dumps(json.loads(text), ensure_ascii=False)
            inside = json.dumps(self.key)[1:-1]
            return json.loads(unescaped.replace(inside, "[key]") if self.key else unescaped)
        except (ValueError, RecursionError) as error:
            raise self._no_answer("JSON") from error

    def _no_answer(self, wanted: str) -> ServerError:
        hint = "check the address. For most servers it ends in /v1"
        return ServerError(f"the response of `{self.host}` is not {wanted}", hint=hint)

    def _failure(self, error: HTTPError) -> ServerError:
        """Return the error for an HTTP status, with the server's message."""
        if 300 <= error.code < 400:
            other = urlsplit(error.headers.get("Location", "")).hostname or "another address"
            return ServerError(
                f"`{self.host}` redirects to `{other}`, and advisor follows no redirect",
                hint="pass the new address if you want to send your images there",
            )
        try:
            body = self._parsed(error.read(LARGEST_ANSWER))
        except (ServerError, OSError, HTTPException):
            body = ""
        while isinstance(body, dict):
            body = next((body[key] for key in ("error", "message", "detail") if key in body), "")
        why = f": {body[:LONGEST_QUOTE]}" if isinstance(body, str) and body else ""
        if error.code in THIS_ONE:
            return RefusedError(f"`{self.host}` rejected the request{why}")
        needs_key = "rejected the API key" if self.key else "requires an API key", "--key-from NAME"
        listed = f"{self.address}/models lists the models. Most addresses end in /v1"
        later = "run the same command later to resume the evaluation"
        what, hint = {
            401: needs_key,
            403: needs_key,
            404: (f"has no model `{self.model}` under `{self.address}`", listed),
        }.get(error.code, (f"returned HTTP status {error.code}", later))
        return ServerError(f"`{self.host}` {what}{why}", hint=hint)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def endpoints(checkpoints: Iterable[str], options: RunOptions) -> dict[str, Endpoint]:
    """Return the endpoints among the checkpoints, with their keys; UsageError for an invalid one.

    `--key-from HOST=NAME` is for that host; without HOST there must be one host only.
    """
    named_servers = filter(is_endpoint, checkpoints)
    by_name = {each: Endpoint(each, allow_http=options.allow_http) for each in named_servers}
    hosts = sorted({endpoint.host for endpoint in by_name.values()})
    for each in options.key_from or ():
        named, sign, variable = each.rpartition("=")
        host = named.lower() if sign else hosts[0] if len(hosts) == 1 else ""
        if not re.fullmatch(r"[A-Za-z_]\w*", variable, re.ASCII):
            raise UsageError(
                "`--key-from` takes the name of an environment variable, not the key itself"
            )
        if host not in hosts:
            raise UsageError(
                f"`--key-from {each}` names a host that no candidate uses",
                hint=f"--key-from HOST=NAME, where HOST is {' or '.join(hosts) or 'a candidate'}",
            )
        key = os.environ.get(variable, "").strip()
        if not re.fullmatch(r"[!-~]+", key):
            what = "does not contain an API key" if key else "is not set"
            raise UsageError(
                f"the environment variable `{variable}` {what}", hint=f"export {variable}=..."
            )
        for endpoint in by_name.values():
            endpoint.key = key if endpoint.host == host else endpoint.key
    return by_name


def agree_to_send(
    endpoints: Iterable[Endpoint], images: int, agree: Callable[[str], bool] | None
) -> None:
    """Ask for consent to send images to each remote host; raise AdvisorError without it."""
    models: dict[str, list[str]] = {}
    for endpoint in endpoints:
        if not endpoint.local:
            models.setdefault(endpoint.host, []).append(endpoint.model)
    for host, of in models.items():
        times = f", once for each of {len(of)} models" if len(of) > 1 else f", to `{of[0]}`"
        what = f"{count(images, 'image')} would be sent to `{host}`{times}"
        if agree is None or not agree(what):
            raise AdvisorError(
                f"you did not agree to send images, so no image was sent: {what}",
                hint="pass --upload to allow sending images",
                kind="not-agreed",
            )


def data_url(file: bytes, image: OpenedImage) -> str:
    """Return an image as a `data:` URL: its file, or a PNG if servers might decode it differently.

    A PNG is made of rotated, layered or changed images, and of formats that not all servers decode.
    """
    pillow = library("PIL.Image")
    with pillow.open(io.BytesIO(file)) as opened:
        upright = opened.getexif().get(ORIENTATION, 1) == 1 and opened.size == image.pixels.size
        plain = upright and opened.mode in ("RGB", "L") and not image.warnings
        media = MEDIA.get(opened.format, "") if plain else ""
    if not media:
        made = io.BytesIO()
        image.pixels.save(made, "PNG")
        media, file = MEDIA["PNG"], made.getvalue()
    return f"data:{media};base64,{base64.b64encode(file).decode()}"
