"""Where a check runs: the files of a project, read once, and those it writes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.console.output import note
from advisor.errors import BrokenFileError, UsageError
from advisor.files import write_text

if TYPE_CHECKING:
    from advisor.catalogue.release import Release
    from advisor.check.declared import Project
    from advisor.check.fix import Mended
    from advisor.check.lock import Lock
    from advisor.check.problem import Problem
    from advisor.rulebase.base import RuleBase
    from advisor.scan.usage import Scan

MAX_SHOWN_BYTES = 8_000_000


def find_project(paths: Sequence[Path], config: Path | None) -> Project:
    """Return what advisor.yaml declares: the one named, else of the folder checked, else here."""
    from advisor.check.declared import FILE, Project, read_project

    if config is not None:
        if not config.is_file():
            raise UsageError(f"no file `{config}`", hint="`advisor init` writes an advisor.yaml")
        return read_project(config, _relative(config))
    folders = [path for path in paths if path.is_dir()][:1] if len(paths) == 1 else []
    for folder in (*folders, Path()):
        if (folder / FILE).is_file():
            return read_project(folder / FILE, _relative(folder / FILE))
    return Project(folders[0] if folders else Path())


def release_for(rulebase: RuleBase, version: str) -> Release:
    """Return the release to judge by: the one named, else the installed or newest described."""
    from advisor.catalogue.release import default_release, release

    return release(rulebase, version) if version else default_release(rulebase)


def scan_code(rulebase: RuleBase, paths: Sequence[Path], project: Project) -> Scan:
    """Scan the code under some paths; raises UsageError where one is not there."""
    from advisor.check.declared import FILE
    from advisor.check.lock import FILE as LOCK
    from advisor.scan.scanner import scan
    from advisor.scan.vocabulary import vocabulary_of

    for path in paths:
        if not path.exists():
            raise UsageError(f"no file or folder `{path}`", hint="name what is to be checked")
    own = [FILE, LOCK, *project.rules]
    return scan(paths, Path.cwd(), vocabulary_of(rulebase), exclude=[*own, *project.exclude])


def sources() -> Callable[[str], str]:
    """Return a function that gives the text of a file by its path, each read once."""
    texts: dict[str, str] = {}

    def source(path: str) -> str:
        if path not in texts:
            texts[path] = _text(Path(path))
        return texts[path]

    return source


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_SHOWN_BYTES:
            return ""
        return file.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        return ""


def read_known(file: Path | None) -> Counter[tuple[str, str, str]] | None:
    """Return the findings of a baseline file; None where none is named."""
    from advisor.check.baseline import read_baseline

    return None if file is None else read_baseline(_needed(file), str(file))


def read_locked(project: Project) -> Lock | None:
    """Return what advisor.lock beside advisor.yaml holds; None where there is none."""
    from advisor.check.lock import FILE, read_lock

    file = project.folder / FILE
    return read_lock(_needed(file), _relative(file)) if file.is_file() else None


def _needed(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BrokenFileError(f"`{file}` cannot be read: {reason}") from error


def planned(problems: Sequence[Problem]) -> list[Mended]:
    """Return the files that the certain fixes of some problems change, with what they become."""
    from advisor.check.fix import edits_by_file, mend

    found = []
    for path, edits in sorted(edits_by_file(problems).items()):
        try:
            text = Path(path).read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # what cannot be read as it is cannot be written back as it was
        mark = "\ufeff" if text.startswith("\ufeff") else ""
        if mended := mend(path, text.removeprefix(mark), edits):
            found.append(mended._replace(before=text, after=mark + mended.after))
    return found


def write_mended(files: Sequence[Mended]) -> int:
    """Write mended files; returns how many places were mended."""
    for mended in files:
        write_text(Path(mended.path), mended.after)
    done = sum(mended.done for mended in files)
    if done:
        note(f"mended {done} places in {len(files)} files")
    return done


def write_noted(file: Path, text: str, what: str) -> None:
    """Write a file of ours and say so."""
    write_text(file, text)
    note(f"wrote {what} to {_relative(file)}")


def setting(given: str, variable: str, declared: str | None) -> str:
    """Return a setting: a flag wins over the environment, that over advisor.yaml."""
    return given or os.environ.get(variable, "") or (declared or "")


def _relative(file: Path) -> str:
    try:
        return file.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return file.as_posix()


def is_whole(paths: Sequence[Path], project: Project) -> bool:
    """True where the paths hold the whole folder of the project."""
    folder = project.folder.resolve()
    return any(folder.is_relative_to(path.resolve()) for path in paths if path.is_dir())
