"""One run of the check on a project: its code scanned and judged, and what the run writes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.check import workspace
from advisor.console.commands import rules_of
from advisor.console.output import note
from advisor.draw.formats import Report
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.check.declared import Project
    from advisor.check.inspection import Inspection, Request
    from advisor.engine.profile import Profile


def rules_for(project: Project, given: RuleBase) -> RuleBase:
    """Return the rules of a run: those of `--rules` or ADVISOR_RULES, else of advisor.yaml."""
    if given.folders or not project.rules:
        return given
    return rules_of([project.folder / folder for folder in project.rules])


def inspect_project(
    rulebase: RuleBase,
    paths: list[Path],
    project: Project,
    request: Request,
    declared: Profile,
    version: str,
) -> Inspection:
    """Scan and judge; raises UsageError where there is nothing to look at."""
    from advisor.check.case import Case
    from advisor.check.choices import needs_of
    from advisor.check.identity import Identities
    from advisor.check.inspection import inspect

    scan = workspace.scan_code(rulebase, paths, project)
    if not scan.files and not scan.notes and not project.choices:
        names = ", ".join(f"`{path}`" for path in paths)
        raise UsageError(
            f"nothing to check in {names}", hint="name a folder with Python, notebooks or YAML"
        )
    case = Case(
        rulebase=rulebase,
        release=workspace.release_for(rulebase, version),
        scan=scan,
        identities=Identities(rulebase),
        source=workspace.sources(),
        declared=declared,
        chosen={choice.checkpoint: needs_of(rulebase, choice) for choice in project.choices},
    )
    return inspect(case, project, request)


def report_of(inspection: Inspection, *, statistics: bool = False) -> Report:
    """Return what was found, ready for any format."""
    from advisor.check.as_document import as_json
    from advisor.check.page import as_page
    from advisor.check.rows import as_sheet

    return Report(
        lambda: as_json(inspection),
        lambda: as_page(inspection, statistics=statistics),
        lambda: as_sheet(inspection),
    )


def print_diff(inspection: Inspection) -> int:
    """Print the diff alone, so that `git apply` takes it; the counts go to stderr."""
    from advisor.check.fix import diff

    files = workspace.planned(inspection.problems)
    sys.stdout.write(diff(files))
    done = sum(mended.done for mended in files)
    rest = len(inspection.problems)
    note(f"--fix would mend {done} places in {len(files)} files; {rest} findings in all")
    return inspection.exit_code


def write_baseline(inspection: Inspection, file: Path) -> int:
    """Write everything found, but notes, as known; knowing it is no failure."""
    from advisor.check.baseline import as_text

    known = [problem for problem in inspection.problems if problem.level != "note"]
    workspace.write_noted(file, as_text(known), f"{len(known)} findings")
    return 0


def write_lock(inspection: Inspection, project: Project) -> None:
    """Write what holds for each choice beside advisor.yaml."""
    from advisor.check.lock import FILE, as_text, lock_of
    from advisor.phrasing import count

    if not project.choices:
        raise UsageError("no choices to lock", hint="`advisor init` writes an advisor.yaml")
    lock = lock_of(inspection.case, inspection.choices)
    workspace.write_noted(
        project.folder / FILE, as_text(lock), count(len(project.choices), "choice")
    )
