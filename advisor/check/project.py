"""A project to check: its declaration, the scan of its files, the findings and the exit code."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from pathlib import Path

from advisor.catalogue.release import release
from advisor.check import records
from advisor.check.case import Case
from advisor.check.finding import TEXTS_AT_ONCE, Finding, in_order, joined, source_text
from advisor.check.judged_files import by_pin, judged_by_pin
from advisor.check.judgement import (
    FILE,
    ProjectDeclaration,
    judgement_of,
    judgements_of,
    read_declaration,
)
from advisor.check.options import CheckOptions
from advisor.check.records import Key, finding_key
from advisor.check.rules import AFTERWARDS, TOGETHER, findings, suppress
from advisor.console.commands import GivenLater, rules_of
from advisor.console.options import Priority, day_or_today, priority_of
from advisor.draw.findings import LEVELS
from advisor.engine.profile import Profile
from advisor.errors import OneModelError, UsageError, check_name
from advisor.files import path_shown, resolved
from advisor.model import NamedTuple
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules
from advisor.scan.pin import Pins

FAIL_LEVELS = {
    "error": ("error",),
    "warning": ("error", "warning"),
    "outdated-choice": ("error", "outdated-choice"),
    "never": tuple[str](),
}
"""For each value of `fail_on`: the levels that fail a check, and rules that do at a lower level."""
LEFT_OUT = {
    "excluded": "excluded",
    "gitignored": "ignored by git",
    "environments": "in environments",
    "caches": "in caches",
    "links": "behind links",
    "too_large": "too large",
    "out_of_time": "timed out",
    "given_up": "given up",
    "not_parsed": "not parsed",
    "other_language": "in another language",
    "lowered": "findings with a lower level in an overlay",
}
"""The words of the closing line for what was not checked, by the reason in JSON."""


class Inspection(NamedTuple):
    """The result of a check; `known` counts the findings in the baseline."""

    case: Case
    findings: tuple[Finding, ...]
    fail_on: str = "error"
    known: int = 0

    @property
    def exit_code(self) -> int:
        """2 if a file was given up, 1 if a finding fails, 3 if missing answers decide, else 0."""
        if self.case.scan.left_out.get("given_up"):
            return 2
        if any({finding.level, finding.rule} & {*self.failing} for finding in self.findings):
            return 1
        return 3 if any(judgement.undetermined for judgement in self.case.judgements) else 0

    @property
    def failing(self) -> tuple[str, ...]:
        """The levels that fail the check, and the rules that fail it at a lower level."""
        return FAIL_LEVELS[self.fail_on]

    @property
    def left_out(self) -> Counter[str]:
        """The number of files, folders and findings left out, by a reason of `LEFT_OUT`."""
        scan, lowered = self.case.scan, len(self.case.lowered)
        return Counter(scan.left_out) + Counter(not_parsed=len(scan.notes), lowered=lowered)

    @property
    def counts(self) -> dict[str, int]:
        """The number of findings of each level."""
        levels = Counter(finding.level for finding in self.findings)
        return {level: levels[level] for level in LEVELS}


def inspect(case: Case, fail_on: str = "error", baseline: Counter[Key] | None = None) -> Inspection:
    """Check models and code, without suppressed findings and those that a baseline counts."""

    def alike(finding: Finding) -> object:
        """The key of what a file reports once, such as an import and its uses; else its own."""
        if finding.place is None or finding.rule not in TOGETHER:
            return id(finding)
        return finding.rule, finding.message, finding.place.path, finding.upgrade, finding.level

    suppression = suppress(case, sorted(findings(case), key=in_order))
    case = replace(case, suppression=suppression)
    unsuppressed = [*joined(suppression.left, alike), *findings(case, AFTERWARDS)]
    left = Counter(baseline)
    fresh = []
    for finding in unsuppressed:
        left[key := finding_key(finding)] -= 1
        if left[key] < 0:
            fresh.append(finding)
    in_baseline = len(unsuppressed) - len(fresh)
    return Inspection(case, tuple(sorted(fresh, key=in_order)), fail_on, in_baseline)


def left_out_shown(left_out: Mapping[str, int]) -> list[str]:
    """Return the numbers of `left_out`, but for zeros, as phrases of the closing line."""
    return [f"{number} {words}" for of, words in LEFT_OUT.items() if (number := left_out.get(of))]


def judged(
    rulebase: RuleBase, options: CheckOptions, given: Profile, first: tuple[str, ...] = ()
) -> Inspection:
    """Check the one checkpoint that options name; against a release if that or a class is named."""
    id, named, version = options.checkpoint, options.class_name or None, options.transformers
    judgement = judgement_of(rulebase, id, given, model_class=named, priority=first)
    judged_by = release(rulebase, version) if named or version else None
    case = Case(rulebase=rulebase, judged_by=judged_by, judgements=(judgement,))
    by_level = tuple(sorted(findings(case), key=lambda finding: LEVELS.index(finding.level)))
    return Inspection(case, by_level, fail_level(options))


def fail_level(options: CheckOptions, *otherwise: str) -> str:
    """Return the first `fail_on` of options and `otherwise`, else error. Raises UsageError."""
    by_options = options.fail_on or ("warning" if options.strict else "")
    level = next(filter(None, (by_options, *otherwise)), "error")
    check_name("fail level", level, FAIL_LEVELS, "levels")
    return level


class Project(NamedTuple):
    """A project, the paths to check, and the case with all but the code.

    `pins` tell the target release of each file; None if one release is the target for all files.
    `seconds` limit the scan; 0 is no limit.
    """

    declaration: ProjectDeclaration
    paths: tuple[Path, ...]
    case: Case
    fail_on: str = "error"
    baseline: Counter[records.Key] | None = None
    seconds: float = 0.0
    pins: Pins | None = None

    def scanned(self) -> Case:
        """Return the case with its code. Raises OneModelError if a path does not exist."""
        from advisor.hub import is_hub_id
        from advisor.scan.apart import scan_apart

        for path in self.paths:
            if not path.exists():
                hint = "pass existing files or folders"
                if "/" in str(path) and is_hub_id(str(path)):
                    hint += f", or check a Hub model with `advisor check --checkpoint {path}`"
                raise OneModelError(f"`{path}` does not exist", hint=hint)
        exclude = [*self.declaration.rules, *self.declaration.exclude]
        folders = self.case.rulebase.folders
        scanned = scan_apart(self.paths, folders, exclude=exclude, seconds=self.seconds)
        case = replace(self.case, scan=scanned, once={})
        if self.pins:
            paths = sorted(set(scanned.paths()))
            judged = tuple(by_pin(case.rulebase, self.pins, scanned.pins, paths))
            notes = dict.fromkeys((*scanned.notes, *self.pins.unread))
            case = replace(case, judged=judged, scan=scanned._replace(notes=tuple(notes)))
        unread = {note.path for note in case.scan.notes if note.line is None}

        def source(path: str) -> str:
            seen = scanned.seen.get(path)  # what was not read may be behind a link that leads out
            return source_text(path, seen) if seen or path not in unread else ""

        return replace(case, source=lru_cache(TEXTS_AT_ONCE)(source))

    def inspect(self) -> Inspection:
        """Check the project. Raises UsageError for a missing path, or without anything to check."""
        case = self.scanned()
        looked = case.scan.files or case.scan.left_out.get("out_of_time")
        if not looked and not case.choices:
            names = ", ".join(f"`{path}`" for path in self.paths)
            unread = [f"{note.path} {note.message}" for note in case.scan.notes]
            why = ", ".join([*unread[:1], *left_out_shown(case.scan.left_out)])
            message = f"{names} has no files to check{why and f': {why}'}"
            raise UsageError(message, hint="pass a folder with Python, notebooks or YAML")
        return inspect(case, self.fail_on, self.baseline)


def open_project(
    rulebase: RuleBase, paths: list[Path], options: CheckOptions, given: GivenLater, first: Priority
) -> Project:
    """Return a project with its declaration, lock and baseline; options override the declaration.

    Rules that the project declares are laid over the shipped ones, unless `rulebase` has overlays.
    """
    declaration = _find_declaration(paths, options.config)
    folder = declaration.folder
    if declaration.rules and not rulebase.folders:
        rulebase = rules_of(_rule_folders(declaration))
    shipped = load_rules().checks if rulebase.folders else {}
    lowered = {  # which overlays made milder
        id: rule.level
        for id, rule in shipped.items()
        if (own := rulebase.checks.get(id)) and LEVELS.index(own.level) > LEVELS.index(rule.level)
    }
    version = options.transformers or os.environ.get("ADVISOR_TRANSFORMERS", "")
    version = version or declaration.transformers
    looked_at = tuple(paths or [folder])
    priority, top = priority_of(rulebase, first), resolved(folder)
    lock = folder / records.LOCK
    judgements = (judgements_of(rulebase, choice, priority) for choice in declaration.choices)
    pins = None if version else Pins(Path.cwd())
    pin = pins and pins.of_file(f"{path_shown(folder)}/x")
    case = Case(
        rulebase=rulebase,
        judged_by=judged_by_pin(rulebase, pin).release if pin else release(rulebase, version),
        declared=given(rulebase),
        choices=declaration.choices,
        judgements=tuple(chain.from_iterable(judgements)),
        today=day_or_today(options.today),
        whole=any(top.is_relative_to(resolved(path)) for path in looked_at if path.is_dir()),
        strict=options.strict,
        all_models=options.all_models,
        lowered=lowered,
        lock=records.read_lock(lock) if os.path.lexists(lock) and not options.lock else None,
    )
    return Project(
        declaration=declaration,
        paths=looked_at,
        case=case,
        fail_on=fail_level(options, os.environ.get("ADVISOR_FAIL_ON", ""), declaration.fail_on),
        baseline=records.read_baseline(options.baseline) if options.baseline else None,
        seconds=options.deadline,
        pins=pins,
    )


def _find_declaration(paths: list[Path], config: Path | None) -> ProjectDeclaration:
    """Return what `config` declares, else advisor.yaml in the only path, else in this folder.

    Without these, it is an empty declaration. Raises UsageError if `config` does not exist.
    """
    if config is not None:
        if not config.is_file():
            hint = "run `advisor init` to create advisor.yaml"
            raise UsageError(f"no file `{config}`", hint=hint)
        return read_declaration(config, within=Path.cwd())
    folders = [*(path for path in paths[:1] if len(paths) == 1 and path.is_dir()), Path()]
    for folder in folders:
        if os.path.lexists(folder / FILE):
            return read_declaration(folder / FILE, within=folder)
    return ProjectDeclaration(folders[0])


def _rule_folders(declaration: ProjectDeclaration) -> list[Path]:
    """Return the folders of rules that a project declares; all lie in its repository.

    Raises UsageError for others, since error messages quote files in these folders.
    """
    folder = declaration.folder.absolute()
    top = next((outer for outer in (folder, *folder.parents) if (outer / ".git").exists()), folder)
    folders = [declaration.folder / rules for rules in declaration.rules]
    for named, rules in zip(declaration.rules, folders, strict=True):
        if not resolved(rules).is_relative_to(resolved(top)):
            message = f"`rules: {named}` in `{FILE}` is outside the project"
            raise UsageError(message, hint="pass folders outside the project with `--rules DIR`")
    return folders
