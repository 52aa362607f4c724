"""A project to check: its files, read once, how it is to be judged, and what a check writes."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from advisor.check import baseline as baselines
from advisor.check import lock as locks
from advisor.check.case import Case
from advisor.check.declaration import FILE, ProjectDeclaration, read_declaration
from advisor.check.fix import FixedFile, diff, fixed_files
from advisor.check.identity import Identities
from advisor.check.inspection import Inspection, inspect, release_for
from advisor.check.judgement import judgements_of
from advisor.check.options import CheckedFiles, CheckSettings, fail_level
from advisor.console.commands import rules_of
from advisor.console.options import day_or_today, priority_of
from advisor.console.output import note
from advisor.engine.profile import Profile
from advisor.errors import BrokenFileError, UsageError
from advisor.files import write_text
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

MAX_SHOWN_BYTES = 8_000_000


class Workspace(NamedTuple):
    """A project, the paths of it to look at, the rules for it, and how it is to be judged."""

    declaration: ProjectDeclaration
    paths: tuple[Path, ...]
    rulebase: RuleBase
    today: str = ""
    transformers: str = ""
    fail_on: str = "error"
    priority: tuple[str, ...] = ()
    declared: Profile = {}  # noqa: RUF012 - a tuple shares it with nobody who changes it
    baseline: Counter[baselines.Key] | None = None
    lock: locks.Lock | None = None

    def case(self) -> Case:
        """Scan the code, and judge the choices by themselves."""
        from advisor.scan.scanner import scan
        from advisor.scan.vocabulary import vocabulary_of

        for path in self.paths:
            if not path.exists():
                raise UsageError(
                    f"no file or folder `{path}`", hint="name files or folders that exist"
                )
        declaration, rulebase = self.declaration, self.rulebase
        exclude = [FILE, locks.FILE, *declaration.rules, *declaration.exclude]
        scanned = scan(self.paths, Path.cwd(), vocabulary_of(rulebase), exclude=exclude)
        folder = declaration.folder.resolve()
        return Case(
            rulebase=rulebase,
            identities=Identities(rulebase),
            judged_by=release_for(rulebase, self.transformers),
            scan=scanned,
            source=cache(_source),
            declared=self.declared,
            choices=declaration.choices,
            judgements=tuple(
                judgement
                for choice in declaration.choices
                for judgement in judgements_of(rulebase, choice, self.priority)
            ),
            today=self.today,
            whole=any(
                folder.is_relative_to(path.resolve()) for path in self.paths if path.is_dir()
            ),
            lock=self.lock,
        )

    def inspect(self) -> Inspection:
        """Check the project as its files are now.

        Raises UsageError where there is nothing to look at.
        """
        case = self.case()
        if not case.scan.files and not case.scan.notes and not case.choices:
            names = ", ".join(f"`{path}`" for path in self.paths)
            hint = "name a folder with Python, notebooks or YAML"
            raise UsageError(f"nothing to check in {names}", hint=hint)
        return inspect(case, self.fail_on, self.baseline)

    def write_lock(self, inspection: Inspection) -> None:
        """Write what holds for each choice beside advisor.yaml."""
        choices = self.declaration.choices
        if not choices:
            raise UsageError("no choices to lock", hint="`advisor init` writes an advisor.yaml")
        text = locks.as_text(locks.lock_of(inspection.case))
        _write(self.declaration.folder / locks.FILE, text, count(len(choices), "choice"))


def open_workspace(
    rulebase: RuleBase,
    paths: Sequence[Path],
    settings: CheckSettings,
    files: CheckedFiles,
    given: Callable[[RuleBase], Profile],
    priority: list[str],
) -> Workspace:
    """Read what a project declares, its lock and a baseline; settings win over what is declared.

    Rules of the project's own are laid over the shipped ones, but not over rules that were given.
    """
    declaration = _find_declaration(paths, settings.config)
    if declaration.rules and not rulebase.folders:
        rulebase = rules_of([declaration.folder / folder for folder in declaration.rules])
    level = settings.fail_on or ("warning" if settings.strict else "")
    fail_on = _setting(level, "ADVISOR_FAIL_ON", declaration.fail_on)
    version = _setting(settings.transformers, "ADVISOR_TRANSFORMERS", declaration.transformers)
    baseline = files.baseline if files.write_baseline is None else None
    lock = declaration.folder / locks.FILE
    compared = not files.lock and lock.is_file()
    return Workspace(
        declaration=declaration,
        paths=tuple(paths or [declaration.folder]),
        rulebase=rulebase,
        today=day_or_today(settings.today),
        transformers=version,
        fail_on=fail_level(fail_on or "error"),
        priority=priority_of(rulebase, priority),
        declared=given(rulebase),
        baseline=baselines.read_baseline(_text(baseline), str(baseline)) if baseline else None,
        lock=locks.read_lock(_text(lock), _relative(lock)) if compared else None,
    )


def print_diff(inspection: Inspection) -> None:
    """Print the diff alone, so that `git apply` takes it; the counts go to stderr."""
    files = fixed_files(inspection.findings)
    sys.stdout.write(diff(files))
    findings = count(len(inspection.findings), "finding")
    note(f"--fix would change {_places(files)}; {findings} in all")


def write_fixes(inspection: Inspection) -> bool:
    """Write what the certain fixes make of files; returns whether there was anything to fix."""
    files = fixed_files(inspection.findings)
    for fixed in files:
        write_text(Path(fixed.path), fixed.after)
    if files:
        note(f"fixed {_places(files)}")
    return bool(files)


def _places(files: list[FixedFile]) -> str:
    return f"{count(sum(fixed.done for fixed in files), 'place')} in {count(len(files), 'file')}"


def write_baseline(inspection: Inspection, file: Path) -> None:
    """Write everything found as known; notes are left out, for they fail nothing."""
    known = [finding for finding in inspection.findings if finding.level != "note"]
    _write(file, baselines.as_text(known), count(len(known), "finding"))


def _find_declaration(paths: Sequence[Path], config: Path | None) -> ProjectDeclaration:
    """Return what advisor.yaml declares: the one named, else of the folder checked, else here."""
    if config is not None:
        if not config.is_file():
            raise UsageError(f"no file `{config}`", hint="`advisor init` writes an advisor.yaml")
        return read_declaration(config, _relative(config))
    folders = [path for path in paths if path.is_dir()][:1] if len(paths) == 1 else []
    for folder in (*folders, Path()):
        if (folder / FILE).is_file():
            return read_declaration(folder / FILE, _relative(folder / FILE))
    return ProjectDeclaration(folders[0] if folders else Path())


def _setting(given: str, variable: str, declared: str | None) -> str:
    """Return a setting: a flag wins over the environment, that over advisor.yaml."""
    return given or os.environ.get(variable, "") or (declared or "")


def _source(path: str) -> str:
    """Return the text of a file; "" where it cannot be read, or is too large to show."""
    try:
        small = Path(path).stat().st_size <= MAX_SHOWN_BYTES
        data = Path(path).read_bytes() if small else b""
    except OSError:
        return ""
    return data.decode("utf-8-sig", errors="replace")


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BrokenFileError(f"`{file}` cannot be read: {reason}") from error


def _write(file: Path, text: str, what: str) -> None:
    write_text(file, text)
    note(f"wrote {what} to {_relative(file)}")


def _relative(file: Path) -> str:
    try:
        return file.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return file.as_posix()
