"""A project to check: what it declares, its files, read once, what is found, and the exit code."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from advisor.catalogue.release import release
from advisor.check import records
from advisor.check.case import Case
from advisor.check.finding import LEVELS, Finding, in_order, joined
from advisor.check.fixing import TEXTS_AT_ONCE, source_text
from advisor.check.judged_files import by_pin, judged_by_pin
from advisor.check.judgement import (
    FILE,
    Judgement,
    ProjectDeclaration,
    judgements_of,
    read_declaration,
)
from advisor.check.options import CheckOptions
from advisor.check.records import Key, finding_key
from advisor.check.rules import AFTERWARDS, DETECTORS, TOGETHER, findings
from advisor.check.rules.suppression import suppress
from advisor.console.commands import GivenLater, rules_of
from advisor.console.options import Priority, day_or_today, priority_of
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
"""The levels at which a check fails that is to fail from one on, and rules of a lower one."""


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
"""What was not looked at, by the reason in JSON, as the closing line says it."""


class Inspection(NamedTuple):
    """What a check found. `known` were in the baseline, `gone` are in it and no longer found."""

    case: Case
    findings: tuple[Finding, ...]
    fail_on: str = "error"
    known: int = 0
    gone: int = 0

    @property
    def exit_code(self) -> int:
        """2 where a file was given up, 1 where a finding fails the check, 3 where answers lack."""
        if self.case.scan.left_out.get("given_up"):
            return 2
        if any({finding.level, finding.rule} & {*self.failing} for finding in self.findings):
            return 1
        return 3 if any(judgement.undetermined for judgement in self.case.judgements) else 0

    @property
    def failing(self) -> tuple[str, ...]:
        """The levels at which the check fails, and rules of a lower one."""
        return FAIL_LEVELS[self.fail_on]

    @property
    def left_out(self) -> Counter[str]:
        """How much was not looked at, by reason."""
        scan = self.case.scan
        lowered = len(self.case.lowered)
        return Counter(scan.left_out) + Counter(not_parsed=len(scan.notes), lowered=lowered)

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each level."""
        levels = Counter(finding.level for finding in self.findings)
        return {level: levels[level] for level in LEVELS}


def inspect(case: Case, fail_on: str = "error", baseline: Counter[Key] | None = None) -> Inspection:
    """Judge choices and code, and take away what was agreed to and what a baseline knows."""
    not_run = {id for detector in DETECTORS if not detector.can_judge(case) for id in detector.ids}
    suppression = suppress(case, sorted(findings(case), key=in_order), not_run)
    case = replace(case, suppression=suppression)
    unsuppressed = [*joined(suppression.left, _alike), *findings(case, AFTERWARDS)]
    left = Counter(baseline)
    fresh = []
    for finding in unsuppressed:
        key = finding_key(finding)
        if left[key]:
            left[key] -= 1
        else:
            fresh.append(finding)
    return Inspection(
        case=case,
        findings=tuple(sorted(fresh, key=in_order)),
        fail_on=fail_on,
        known=len(unsuppressed) - len(fresh),
        gone=left.total(),
    )


def _alike(finding: Finding) -> object:
    """What findings have in common that are said once a file: what is imported is used as well."""
    if finding.place is None or finding.rule not in TOGETHER:
        return id(finding)
    return finding.rule, finding.message, finding.place.path, finding.upgrade, finding.level


def left_out_shown(left_out: Mapping[str, int]) -> list[str]:
    """Return how much was not looked at, by reason, as the closing line says it."""
    return [f"{number} {words}" for of, words in LEFT_OUT.items() if (number := left_out.get(of))]


def judge(
    judgement: Judgement, rulebase: RuleBase, transformers: str = "", fail_on: str = "error"
) -> Inspection:
    """Look at a single judgement and no code; a class is judged by a release of transformers."""
    needs_release = judgement.model_class or transformers
    judged_by = release(rulebase, transformers) if needs_release else None
    case = Case(rulebase=rulebase, judged_by=judged_by, judgements=(judgement,))
    by_level = sorted(findings(case), key=lambda finding: LEVELS.index(finding.level))
    return Inspection(case, tuple(by_level), fail_on)


def fail_level(options: CheckOptions, *otherwise: str) -> str:
    """Return the level from which on a check fails. Raises UsageError for unknown ones."""
    by_options = options.fail_on or ("warning" if options.strict else "")
    level = next(filter(None, (by_options, *otherwise)), "error")
    check_name("fail level", level, FAIL_LEVELS, "levels")
    return level


class Project(NamedTuple):
    """A project, the paths of it to look at, and all that it is judged by: a case without code.

    `pins` tell which release each file is for; None where one release is to judge all of them.
    """

    declaration: ProjectDeclaration
    paths: tuple[Path, ...]
    case: Case
    fail_on: str = "error"
    baseline: Counter[records.Key] | None = None
    seconds: float = 0.0
    pins: Pins | None = None

    def scanned(self) -> Case:
        """Return the case with the code as its files are now."""
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
        """Check the project. Raises UsageError where there is nothing to look at."""
        case = self.scanned()
        looked = case.scan.files or case.scan.left_out.get("out_of_time")
        if not looked and not case.choices:
            names = ", ".join(f"`{path}`" for path in self.paths)
            hint = "pass a folder with Python, notebooks or YAML"
            unread = [f"{note.path} {note.message}" for note in case.scan.notes]
            why = ", ".join([*unread[:1], *left_out_shown(case.scan.left_out)])
            message = f"{names} has no files to check{why and f': {why}'}"
            raise UsageError(message, hint=hint)
        return inspect(case, self.fail_on, self.baseline)


def open_project(
    rulebase: RuleBase, paths: list[Path], options: CheckOptions, given: GivenLater, first: Priority
) -> Project:
    """Read what a project declares, its lock and a baseline; options win over what is declared.

    Rules of the project's own are laid over the shipped ones, but not over rules that were given.
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
    looked_at = tuple(paths or [folder])
    priority, top = priority_of(rulebase, first), resolved(folder)
    lock = folder / records.LOCK
    judgements = [judgements_of(rulebase, choice, priority) for choice in declaration.choices]
    version = version or declaration.transformers
    pins = None if version else Pins(Path.cwd())
    pin = pins and pins.of_file(f"{path_shown(folder)}/x")
    case = Case(
        rulebase=rulebase,
        judged_by=judged_by_pin(rulebase, pin).release if pin else release(rulebase, version),
        declared=given(rulebase),
        choices=declaration.choices,
        judgements=tuple(judgement for each in judgements for judgement in each),
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
    """Return what advisor.yaml declares: the one named, else of the folder checked, else here."""
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

    Raises UsageError for others: what stands outside must not speak through its errors.
    """
    folder = declaration.folder.absolute()
    top = next((outer for outer in (folder, *folder.parents) if (outer / ".git").exists()), folder)
    folders = [declaration.folder / rules for rules in declaration.rules]
    for named, rules in zip(declaration.rules, folders, strict=True):
        if not resolved(rules).is_relative_to(resolved(top)):
            message = f"`rules: {named}` in `{FILE}` is outside the project"
            raise UsageError(message, hint="pass folders outside the project with `--rules DIR`")
    return folders
