"""Errors for the user: each has a message of one sentence, a hint, a kind and an exit code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is imported by what needs it
    from typing import Any


class AdvisorError(Exception):
    """A failure to report to the user.

    `message` is one lower-case sentence, `hint` the next thing to type or do, `kind` a stable
    kebab-case name for machines, `exit_code` what the process returns.
    """

    kind = "error"
    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        kind: str | None = None,
        exit_code: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint
        self.kind = kind or self.kind
        self.exit_code = exit_code or self.exit_code

    def __init_subclass__(cls, kind: str | None = None) -> None:
        """Set the `kind` of a subclass from its class arguments."""
        cls.kind = kind or cls.kind


class UsageError(AdvisorError, kind="usage"):
    """The command line has an unknown name, an invalid value or a conflict."""


class CheckpointsOnlyError(UsageError, kind="usage"):
    """A filter for checkpoints is used with things of another kind."""


class OneModelError(UsageError, kind="usage"):
    """Only one model is named, but the command needs files, several names, or a task with it."""


class UnknownNameError(UsageError, kind="unknown-name"):
    """An unknown name. `of` is the kind of name expected, such as family or a question's id.

    `close` are the suggestions that the message adds to `plain`; `spelt` is True if these are
    similar in spelling, not only in meaning.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        kind: str | None = None,
        of: str = "",
        name: str = "",
        close: Iterable[str] = (),
        spelt: bool = False,
    ) -> None:
        self.plain, self.of, self.name = message, of, name
        self.close, self.spelt = tuple(close), spelt
        super().__init__(f"{message}{did_you_mean(self.close)}", hint=hint, kind=kind)


class ContradictionError(AdvisorError, kind="contradiction"):
    """The given answers exclude each other."""


class TooMuchOpenError(AdvisorError, kind="too-much-open"):
    """The unanswered questions leave too many combinations to compute."""


class BrokenFileError(AdvisorError, kind="broken-file"):
    """A file cannot be used; `problems` lists each problem, with file:line:column if known."""

    def __init__(
        self, message: str, *, problems: tuple[str, ...] = (), hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


class NoTerminalError(AdvisorError, kind="no-terminal"):
    """A prompt is needed, but there is no terminal, or --no-input was passed."""


class MissingExtraError(AdvisorError, kind="extra-not-installed"):
    """Libraries of an extra are not installed."""


def reason_of(failure: OSError) -> str:
    """Return the reason of an OSError, with a lower-case first letter."""
    reason = failure.strerror or str(failure)
    return reason[:1].lower() + reason[1:]


def refused_path(failure: OSError) -> AdvisorError:
    """Return the error for an OSError about a path."""
    message = f"`{failure.filename}` cannot be used: {reason_of(failure)}"
    return AdvisorError(message, hint="check the path", kind="bad-path")


def check_type(name: str, value: object, wanted: type | tuple[type, ...], words: str) -> None:
    """Raise TypeError for a value of a type not wanted; `words` names the wanted ones."""
    if not isinstance(value, wanted):
        raise TypeError(f"`{name}` takes {words}, not {type(value).__name__}")


def several(name: str, values: object, of: type | tuple[type, ...], words: str) -> tuple[Any, ...]:
    """Return one value of the type `of`, or an ordered iterable of such, as a tuple.

    Raises TypeError for anything else, sets and mappings included.
    """
    if isinstance(values, of):
        return (values,)
    wanted = f"{words}, or several"
    if not isinstance(values, Iterable) or isinstance(values, (Mapping, set, frozenset)):
        raise TypeError(f"`{name}` takes {wanted}, not {type(values).__name__}")
    entries = []
    for value in values:
        check_type(name, value, of, words)
        entries.append(value)
    return tuple(entries)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the known name that is most likely meant, or None if none is similar."""
    from advisor.naming import suggestions

    return next(iter(suggestions(name, names)), None)


def did_you_mean(close: Iterable[str]) -> str:
    """Return ". Did you mean `a` or `b`?", or "" without suggestions."""
    names = [f"`{name}`" for name in close]
    *first, last = names or [""]
    listed = f"{', '.join(first)} or {last}" if first else last
    return f". Did you mean {listed}?" if names else ""


def unknown_name(
    kind: str,
    name: str,
    names: Iterable[str],
    listing: str,
    meanings: Mapping[str, str] | None = None,
) -> UnknownNameError:
    """Return the error for an unknown name of a kind, with suggestions; `listing` is the hint."""
    noun = "name" if kind == "thing" else kind
    return unknown_among(f"unknown {noun} `{name}`", kind, name, names, listing, meanings)


def unknown_among(
    message: str,
    of: str,
    name: str,
    names: Iterable[str],
    hint: str,
    meanings: Mapping[str, str] | None = None,
    kind: str = "",
) -> UnknownNameError:
    """Return the error for a name that is not in `names`, with suggestions by spelling or meaning.

    `meanings` maps names to texts. The error's kind is `unknown-OF` by default.
    """
    from advisor.naming import spelt_like, suggestions

    names = list(names)
    return UnknownNameError(
        message,
        hint=hint,
        kind=kind or f"unknown-{of}",
        of=of,
        name=name,
        close=suggestions(name, names, meanings),
        spelt=bool(spelt_like(name, names)),
    )


def check_name(kind: str, name: str, allowed: Iterable[str], listing: str) -> None:
    """Raise UnknownNameError for a name that is not allowed; the hint lists the allowed ones."""
    if name not in (names := list(allowed)):
        raise unknown_name(kind, name, names, f"{listing}: {', '.join(names)}")
