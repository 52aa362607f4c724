"""What a check records for later ones: a baseline of findings, and the lock of declared models."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from advisor.check.finding import Finding
from advisor.check.judgement import DeclaredChoice, Judgement
from advisor.decide.selection import select
from advisor.draw.findings import names_in
from advisor.errors import BrokenFileError, UsageError
from advisor.files import path_shown, read_bounded
from advisor.model import NamedTuple
from advisor.rulebase.base import RuleBase

LOCK = "advisor.lock"
VERSION = 1
MOST_BYTES = 40_000_000
Key = tuple[str, str, str]
"""Rule, path, and the names in the message of a finding: the same when lines and words change."""
Read = TypeVar("Read")


class LockedChoice(NamedTuple):
    """A declared model for one of its tasks, as it was when the lock was written.

    `recommended` is the family that the rules recommend, `best` its first checkpoint; `family` and
    `verdict` are those of the declared checkpoint. `task` is None if that is not in the catalog.
    """

    name: str
    task: str | None
    checkpoint: str
    revision: str | None
    needs: dict[str, Any]
    family: str | None = None
    verdict: str | None = None
    recommended: str | None = None
    best: str | None = None


class Lock(NamedTuple):
    """The contents of advisor.lock: models, and the digest of the rules they were judged with."""

    rule_base: str
    choices: tuple[LockedChoice, ...]


def lock_text(
    rulebase: RuleBase, judged: Iterable[tuple[DeclaredChoice, Iterable[Judgement]]]
) -> str:
    """Return the text of advisor.lock for declared models and their judgements."""
    choices = [choice._asdict() for each in judged for choice in locked_choices(rulebase, *each)]
    lock = {"lock_version": VERSION, "rule_base": rulebase.digest, "choices": choices}
    return json.dumps(lock, indent=2) + "\n"


def locked_choices(
    rulebase: RuleBase, choice: DeclaredChoice, judgements: Iterable[Judgement]
) -> list[LockedChoice]:
    """Return the state of a declared model now, for each judgement; without any, a bare entry."""
    bare = LockedChoice(choice.name, None, choice.checkpoint, choice.revision, choice.needs)
    locked = []
    for judgement in judgements:
        picks = select(rulebase, judgement.decision).picks
        best = picks[0].checkpoint.id if picks else None
        family, verdict = judgement.checkpoint.family, judgement.assessment.verdict
        now = (family, verdict, judgement.decision.family, best)
        locked.append(LockedChoice(bare.name, judgement.task, *bare[2:5], *now))
    return locked or [bare]


def read_lock(file: Path) -> Lock:
    """Return a lock. Raises BrokenFileError if the file is unreadable or of another version."""

    def lock(value: dict[str, Any]) -> Lock:
        digest, rows = value["rule_base"], value["choices"]
        if type(digest) is not str or type(rows) is not list:
            raise TypeError("no lock")
        choices = tuple(LockedChoice(**row) for row in rows)
        for choice in choices:
            texts = {type(held) for field, held in choice._asdict().items() if field != "needs"}
            if texts - {str, type(None)} or type(choice.needs) is not dict:
                raise TypeError("no row of a lock")
        return Lock(digest, choices)

    return _read(file, "lock", "advisor check --lock", lock, within=file.parent)


def finding_key(finding: Finding) -> Key:
    """Return the key by which a baseline knows a finding."""
    path = finding.place.path if finding.place else ""
    return finding.rule, path, names_in(finding.message)


def baseline_text(findings: Iterable[Finding]) -> str:
    """Return the text of a baseline file: the count of each finding."""
    alike = Counter((*finding_key(finding)[:2], finding.message) for finding in findings)
    rows = [
        {"rule": rule, "path": path, "message": message, "count": count}
        for (rule, path, message), count in sorted(alike.items())
    ]
    return json.dumps({"baseline_version": VERSION, "findings": rows}, indent=2) + "\n"


def read_baseline(file: Path) -> Counter[Key]:
    """Return the count of each finding. Raises BrokenFileError as `read_lock` does."""

    def known(value: dict[str, Any]) -> Counter[Key]:
        counts: Counter[Key] = Counter()
        for row in value["findings"]:
            key, count = (row["rule"], row["path"], row["message"]), row["count"]
            if {*map(type, key)} != {str} or type(count) is not int or not 0 < count < MOST_BYTES:
                raise ValueError("a finding lacks `rule`, `path`, `message` or a valid `count`")
            counts[*key[:2], names_in(key[2])] += count
        return counts

    return _read(file, "baseline", f"advisor check --write-baseline {file}", known)


def refuse_other_contents(file: Path) -> None:
    """Raise UsageError if a file exists that is neither empty nor a baseline."""
    there = read_bounded(file, MOST_BYTES) if file.is_file() else b""
    if there and b'"baseline_version"' not in there:
        message = f"`{path_shown(file)}` exists and is not an advisor baseline"
        raise UsageError(message, hint="pass another file", kind="output-exists")


def _read(
    file: Path, kind: str, command: str, read: Callable[[Any], Read], within: Path | None = None
) -> Read:
    """Return what `read` makes of a JSON file of a kind. Raises BrokenFileError.

    The hint of the error names `command`, which writes such a file.
    """
    name = path_shown(file)
    try:
        value = json.loads(read_bounded(file, MOST_BYTES, within=within).decode("utf-8-sig"))
        version = value[f"{kind}_version"]
        if version == VERSION and type(version) is int:
            return read(value)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "the file is not UTF-8 text"
        raise BrokenFileError(f"`{name}` cannot be read: {reason}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        message = f"`{name}` is not a valid advisor {kind} file"
        raise BrokenFileError(message, hint=f"run `{command}` to write a new file") from error
    message = f"`{name}` is a {kind} file of version {version!r:.40}"
    hint = f"run `{command}` to write the file again"
    raise BrokenFileError(f"{message}. This advisor reads version {VERSION}", hint=hint)
