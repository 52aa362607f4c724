"""Rule folders, and where their compiled copies are kept.

A copy is inside an installed package, else in the user's cache folder.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from advisor import __version__
from advisor.errors import AdvisorError, BrokenFileError, check_type, several
from advisor.files import path_shown, read_bounded
from advisor.foreign import visible
from advisor.rulebase.base import Part, RuleBase, Shelf
from advisor.rulebase.entries import RuleFile
from advisor.writing import replacing

PACKAGE = Path(__file__).resolve().parent.parent
COMPILED = PACKAGE / "compiled"
"""Filled when a wheel is built; a development checkout has none."""
COMPILING = ("reader", "model", "rulebase")
DECIDING = ("engine", "decide", "interview")
"""Packages whose code, with that of `COMPILING`, makes the parts that `Folder` keeps."""

KINDS = (
    *("criteria", "questions", "tasks", "elsewhere", "benchmarks", "yardsticks", "figures"),
    *("sources", "families", "decisions", "checkpoints", "architectures", "machines", "makers"),
    *("speeds", "programs", "drift", "scenarios", "checks", "words"),
)
"""The kinds of files in a rule folder, in the order in which they are read.

Each is a file of this name, or a folder of files.
"""

Parts = Mapping[str, dict[str, Any]]
Overlays = list[tuple[str, list[RuleFile]]]
"""The name of each overlay in messages, and its files."""

MOST_BYTES = 64_000_000
FORMAT = 4
"""The version of `marshal` that packages have; each Python since 3.4 reads it."""
KEPT_AS = "kept_as"
"""The key under which a kept part has its folder and name, so that no other is read for it."""
KEPT = 8
"""How many compiled rule bases stay in the cache."""
RECENT_SECONDS = 600
AT_HAND = 4
"""How many rule bases a process keeps in memory."""
_at_hand: dict[tuple[str, ...], RuleBase] = {}


def read_file(path: Path, kind: str, name: str, within: Path | None = None) -> RuleFile:
    """Read a file; `refused` says why if that fails, or if a link leads outside `within`."""
    try:
        return RuleFile(path, kind, name, read_bounded(path, MOST_BYTES, within=within))
    except OSError as error:
        return RuleFile(path, kind, name, b"", error.strerror or str(error))


def rule_files(folder: Path) -> list[RuleFile]:
    """Return the files of a rule folder in a fixed order.

    Raises BrokenFileError if the folder is missing or has no rule files.
    """
    if not os.path.isdir(folder):  # noqa: PTH112 - pathlib raises for names that are too long
        raise BrokenFileError(
            f"the rule folder `{folder!s:.200}` does not exist",
            hint="--rules takes a folder of YAML",
        )
    files = [
        read_file(
            path, kind.replace("families", "family"), path.relative_to(folder).as_posix(), folder
        )
        for kind in KINDS
        for pattern in (f"{kind}.yaml", f"{kind}/*.yaml")
        for path in sorted(folder.glob(pattern))
    ]
    if not files:
        raise BrokenFileError(
            f"`{folder}` has no rule files",
            hint="a rule folder has criteria.yaml, questions.yaml, tasks.yaml, families/ ...",
        )
    return files


def digest(folders: list[list[RuleFile]], salt: str) -> str:
    """Return a short digest of the files' names and contents."""
    import hashlib

    state = hashlib.sha256(salt.encode(errors="surrogateescape"))
    for files in folders:
        for file in files:
            state.update(file.name.encode(errors="surrogateescape") + b"\0")
            state.update(f"unreadable: {file.refused}".encode() if file.refused else file.data)
        state.update(b"\1")
    return state.hexdigest()[:16]


def shipped_rules() -> Path:
    """Return the folder of the rules that come with advisor.

    Raises AdvisorError if advisor runs from an archive: rules are read from files.
    """
    if not PACKAGE.is_dir():
        message = f"advisor runs from the archive `{PACKAGE.parent}`, but rules must be files"
        hint = "install advisor with pip from a wheel or a clone, then run `advisor`"
        raise AdvisorError(message, hint=hint, kind="broken-install")
    inside = PACKAGE / "rules"
    return inside if inside.is_dir() else PACKAGE.parent / "rules"


def load_rules(folder: Path | str | None = None, overlays: tuple[Path | str, ...] = ()) -> RuleBase:
    """Return the shipped rule base, or the one in `folder`, with `overlays` added.

    A process has the last `AT_HAND` in memory: unchanged rules give the same object. Raises
    BrokenFileError naming every problem at file:line:column.
    """
    overlays = several("overlays", overlays, (str, Path), "a path")
    if folder is not None:
        check_type("folder", folder, (str, Path), "a path")
    if folder is None and not overlays and _PACKAGE.is_compiled:
        return _PACKAGE.rulebase()
    base = rule_files(Path(folder) if folder is not None else shipped_rules())
    over = [(visible(_called(Path(path))), rule_files(Path(path))) for path in overlays]
    key = digest([base, *(files for _, files in over)], __version__)
    rules = _Rules(base, over, key)
    request = (key, str(rules.folder), *map(str, overlays))
    if request not in _at_hand:
        _at_hand[request] = rulebase = rules.rulebase()
        rulebase.folders = tuple(str(path) for path in overlays)
        for old in list(_at_hand)[: -AT_HAND or None]:
            _at_hand.pop(old, None)
        return rulebase
    return _at_hand[request]


class _Rules:
    """Rules in files: a part is read from `folder`, taken from the base, or compiled."""

    def __init__(self, base: list[RuleFile], over: Overlays, key: str) -> None:
        self.base, self.over, self.key = base, over, key
        self.part: Part = cache(self._part)
        """Returns a part. Raises BrokenFileError if the rules cannot be used."""
        named = digest([], "\0".join(name for name, _ in over))[:8]  # places name the folders
        cached = cache_folder()
        self.folder = cached / f"rules-{key}-{named}-{_code_stamp()}" if cached else None

    def rulebase(self) -> RuleBase:
        """Return the rule base of these rules."""
        made = RuleBase(self.part)
        made.shelf = Folder(self.folder)
        made.base = cache(lambda: self.alone.rulebase()) if self.over else None
        return made

    @cached_property
    def alone(self) -> _Rules | _Package:
        """The rules without overlays."""
        if _PACKAGE.is_compiled and self.base[0].path.is_relative_to(shipped_rules()):
            return _PACKAGE
        return _Rules(self.base, [], digest([self.base], __version__))

    @cached_property
    def compiled(self) -> Parts:
        """All parts, compiled from the files and kept in `folder`."""
        from advisor.rulebase.assemble import assemble

        before: Part | None = None
        with suppress(BrokenFileError):  # of the base: its problems are told with all others
            own = self.alone.part("core")["digest"] if self.over else None
            before = self.alone.part if own == digest([self.base], __version__) else None
        parts = assemble(self.base, self.over, self.key, before)
        if self.folder:
            first = ("core", "unchanged") if self.over else parts
            _keep(self.folder, {name: parts[name] for name in first})
        return parts

    @cached_property
    def unchanged(self) -> frozenset[str]:
        """The parts that overlays leave as they are without them."""
        return frozenset(self._own("unchanged")["parts"] if self.over else ())

    def _part(self, name: str) -> dict[str, Any]:
        return self.alone.part(name) if name in self.unchanged else self._own(name)

    def _own(self, name: str) -> dict[str, Any]:
        try:
            return _read_kept(self.folder, name) if self.folder else self.compiled[name]
        except (OSError, ValueError, TypeError, RecursionError):
            made = self.compiled[name]  # missing or damaged: made anew
        if self.over and self.folder:
            with suppress(OSError):
                _write_kept(self.folder, name, made)
        return made


def _called(folder: Path) -> str:
    """Return what messages call a rule folder: its path in the working folder, else its name."""
    with suppress(OSError):  # the working folder may be gone
        shown = path_shown(folder)
        if not os.path.isabs(shown) and shown.partition("/")[0] != "..":  # noqa: PTH117
            return shown
    return folder.name


class _Package:
    """The rules that a wheel brings, compiled."""

    is_compiled = (COMPILED / "core.marshal").is_file()

    @cache  # noqa: B019 - there is one
    def part(self, name: str) -> dict[str, Any]:
        """Return a part. Raises BrokenFileError if it is damaged."""
        try:
            return read_part(COMPILED, name)
        except (OSError, ValueError, TypeError, EOFError) as error:
            raise BrokenFileError(
                f"the installed rule base is damaged: {name}.marshal: {error}",
                hint="reinstall advisor",
            ) from error

    @cache  # noqa: B019 - there is one
    def rulebase(self) -> RuleBase:
        """Return the rule base of these rules."""
        made, cached = RuleBase(self.part), cache_folder()
        made.shelf = Folder(cached and cached / f"rules-{made.digest}-package", COMPILED)
        return made


_PACKAGE = _Package()


class Folder(Shelf):
    """A shelf on disk: in the package, else in a folder of the cache.

    Nothing is kept if there is no such folder, or it cannot be written.
    """

    def __init__(self, folder: Path | None, package: Path | None = None) -> None:
        self._folder = folder
        self._package = package

    def read(self, name: str) -> dict[str, Any] | None:
        """Return a part that the package has, or that this very code kept; None if neither has."""
        with suppress(OSError, ValueError, TypeError, EOFError, RecursionError):
            if self._package and (self._package / f"{name}.marshal").is_file():
                return read_part(self._package, name)
            if self._folder:
                return _read_kept(self._folder, _stamped(name))
        return None

    def close(self) -> None:
        """Stop keeping parts, and read only those that the package has."""
        self._folder = None

    def keep(self, name: str, part: dict[str, Any]) -> None:
        """Keep a part for the next process."""
        if self._folder:
            with suppress(OSError):
                _write_kept(self._folder, _stamped(name), part)


def _stamped(name: str) -> str:
    return f"{name}-{_code_stamp(COMPILING + DECIDING)}"


@cache
def _code_stamp(packages: tuple[str, ...] = COMPILING) -> str:
    """Return a short digest of packages' code, so that copies made by other code are not read."""
    code = [
        [read_file(path, "code", path.name) for path in sorted((PACKAGE / package).rglob("*.py"))]
        for package in packages
    ]
    return digest(code, "")[:8]


def compile_shipped(folder: Path) -> Parts:
    """Return the compiled parts of the rules in `folder`, for a wheel to carry."""
    from advisor.rulebase.assemble import assemble

    files = rule_files(folder)
    return assemble(files, [], digest([files], __version__))


def cache_folder() -> Path | None:
    """Return where advisor keeps what it can make anew: `ADVISOR_CACHE`, else the user's cache.

    None if that is no absolute path: a working folder may be somebody else's, so advisor neither
    writes there nor trusts files in it.
    """
    if configured := os.environ.get("ADVISOR_CACHE"):
        return Path(configured) if os.path.isabs(configured) else None  # noqa: PTH117
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA", "")
    else:
        home = os.path.join(os.path.expanduser("~"), ".cache")  # noqa: PTH111, PTH118 - pathlib raises where there is no home
        base = os.environ.get("XDG_CACHE_HOME", "")
        base = base if os.path.isabs(base) else home  # noqa: PTH117
    return Path(base) / "advisor" if os.path.isabs(base) else None  # noqa: PTH117


def write_parts(folder: Path, parts: Parts) -> None:
    """Write compiled parts for a package, each whole or not at all.

    They hold what reading a kept copy gives, in the form that Python loads its own code from, which
    takes a third of the time that JSON takes.
    """
    import json

    folder.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        whole = _with_shared_texts(json.loads(_part_text(part)), {})
        _write_part(folder / f"{name}.marshal", marshal.dumps(whole, FORMAT))


def read_part(folder: Path, name: str) -> dict[str, Any]:
    """Return a part of a package. Raises OSError, ValueError, TypeError or EOFError if damaged."""
    part = marshal.loads((folder / f"{name}.marshal").read_bytes())
    if not isinstance(part, dict):
        raise TypeError("no part of rules")
    return part


def _with_shared_texts(value: Any, texts: dict[str, str]) -> Any:
    """Return a value with equal texts as one object: written once, and the same in two builds."""
    if isinstance(value, str):
        return texts.setdefault(value, value)
    if isinstance(value, list):
        return [_with_shared_texts(each, texts) for each in value]
    if isinstance(value, dict):
        pairs = value.items()
        return {texts.setdefault(key, key): _with_shared_texts(each, texts) for key, each in pairs}
    return value


def _part_text(part: dict[str, Any]) -> str:
    import json

    return json.dumps(part, ensure_ascii=False, separators=(",", ":"))


def _write_part(file: Path, data: bytes) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(file, chosen=True) as scratch:
        scratch.write_bytes(data)


def _keep(folder: Path, parts: Parts) -> None:
    """Write compiled parts, each below a checksum, and remove all but the newest copies.

    `core` is written last, so that a copy with it is complete. Copies of the last minutes stay:
    another process may be writing them.
    """
    import shutil
    import time

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, part in sorted(parts.items(), key=lambda each: each[0] == "core"):
            _write_kept(folder, name, part)
        folders = sorted((each.stat().st_mtime, each) for each in folder.parent.glob("rules-*"))
    except OSError:
        return  # a read-only disk costs time, nothing else
    for changed, old in folders[:-KEPT]:
        if time.time() - changed > RECENT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)


def _write_kept(folder: Path, name: str, part: dict[str, Any]) -> None:
    """Write a part with its folder and name, below its checksum."""
    data = _part_text({**part, KEPT_AS: f"{folder.name}/{name}"}).encode()
    _write_part(folder / f"{name}.json", f"{_checksum(data)}\n".encode() + data)


def _checksum(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def _read_kept(folder: Path, name: str) -> dict[str, Any]:
    """Return a kept part. Raises OSError, ValueError or TypeError if absent, damaged or foreign."""
    import json

    file = folder / f"{name}.json"
    if hasattr(os, "getuid") and file.stat().st_uid not in (os.getuid(), 0):
        raise ValueError("a file that advisor did not write")
    checksum, _, data = read_bounded(file, MOST_BYTES, within=folder.parent).partition(b"\n")
    if checksum != _checksum(data).encode():
        raise ValueError("damaged")
    part = json.loads(data)
    if not isinstance(part, dict) or part.pop(KEPT_AS, None) != f"{folder.name}/{name}":
        raise ValueError("a file of other rules")
    return part
