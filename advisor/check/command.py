"""`advisor check` checks models and code against the rules; `advisor init` writes advisor.yaml."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.check.options import CheckOptions
from advisor.console.commands import GivenLater, Options
from advisor.console.options import Priority, option, priority_of
from advisor.console.output import FindingsShown, Showing
from advisor.console.streams import note, say
from advisor.errors import AdvisorError, UsageError
from advisor.files import path_shown
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase
from advisor.writing import write_text

if TYPE_CHECKING:
    from advisor.check.project import Project
    from advisor.draw.formats import Report

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="[PATH]...", help="Files or folders. Default: the current folder."),
]
Folder = Annotated[
    Path, typer.Argument(metavar="[DIR]", help="Project folder (default: this folder).")
]
APART = (
    ("--explain", "--checkpoint", "--diff", "--write-baseline", "--lock"),
    ("--explain", "--checkpoint", "--fix"),
    ("--explain", "--checkpoint", "--write-baseline", "--baseline"),
    ("--explain", "--checkpoint", "PATH"),
    ("--diff", "--write-baseline", "--output"),
    ("--diff", "--write-baseline", "--format"),
)
"""Groups of options that cannot be combined."""
Force = Annotated[bool, option("--force", "Overwrite an existing advisor.yaml.")]


def check(
    paths: Paths = [],  # noqa: B006
    *,
    options: Annotated[CheckOptions, Options(CheckOptions)],
    priority: Priority = [],  # noqa: B006
    given: GivenLater,
    shown: FindingsShown,
    rulebase: RuleBase,
) -> int:
    """Check your models and the code that loads them.

    advisor.yaml declares your models. Code is parsed, never imported. With --checkpoint, the
    command checks one model and reads no files.

    Exit codes: 0 no failing finding, 1 a failing finding, 3 missing answers could change the
    result.

    \b
    Examples:
      advisor check
      advisor check src --transformers 5.24 --strict
      advisor check --diff
      advisor check --output sarif=advisor.sarif --output junit=advisor.xml
      advisor check src --license-use commercial --memory-gb 8
      advisor check --checkpoint Salesforce/blip-vqa-base --task captioning
      advisor check --explain softmax-for-sigmoid
    """
    _refuse_together(paths, options, shown)
    if options.explain:
        from advisor.catalogue.page import rule_report

        return _emit(rule_report(rulebase, options.explain), shown)
    from advisor.check.project import judged, open_project

    if not options.checkpoint:
        return _check(open_project(rulebase, paths, options, given, priority), options, shown)
    from advisor.check.page import judgement_report

    inspection = judged(rulebase, options, given(rulebase), priority_of(rulebase, priority))
    return _emit(judgement_report(inspection), shown, inspection.exit_code)


def _refuse_together(paths: list[Path], options: CheckOptions, shown: Showing) -> None:
    """Raise UsageError for options that cannot be combined."""
    given = {f"--{name.replace('_', '-')}": value for name, value in asdict(options).items()}
    given |= {"PATH": paths, "--output": shown.files, "--format": shown.format != "terminal"}
    for flags in APART:
        first, second, *_ = [*filter(given.get, flags), "", ""]
        if second:
            message = f"`{first}` and `{second}` cannot be combined"
            raise UsageError(message, hint="pass only one of the two")
    if options.class_name and not options.checkpoint:
        message = f"`--class {options.class_name}` needs a checkpoint"
        raise UsageError(message, hint="pass the checkpoint with `--checkpoint`")
    if options.strict and options.fail_on in ("error", "never"):
        message = f"`--strict` fails on warnings, which contradicts `--fail-on {options.fail_on}`"
        raise UsageError(message, hint="pass only one of the two flags")


def _check(project: Project, options: CheckOptions, shown: Showing) -> int:
    """Check a project, write the files that options ask for, and return the exit code."""
    from advisor.check.finding import diff, fixed_files
    from advisor.check.page import project_report
    from advisor.check.records import LOCK, baseline_text, lock_text, refuse_other_contents

    folder = project.declaration.folder
    if options.lock:
        shown.refuse(folder / LOCK)
    inspection = project.inspect()
    if inspection.case.release.note:
        note(inspection.case.release.note)
    fixable = inspection.findings if options.fix or options.diff else ()
    changes = fixed_files(fixable, inspection.case.scan.seen, write=not options.diff)
    for path, reason in changes.refused:
        note(f"{path} was not fixed: {reason}")
    done = sum(file.done for file in changes.files)
    places = f"{count(done, 'place')} in {count(len(changes.files), 'file')}"
    if options.diff:
        sys.stdout.buffer.write(diff(changes.files, terminal=sys.stdout.isatty()))
        note(f"--fix would change {places}; {count(len(inspection.findings), 'finding')} in all")
        return inspection.exit_code
    if changes.files:
        note(f"fixed {places}")
        inspection = project.inspect()
    if options.write_baseline:  # notes fail nothing
        findings = [finding for finding in inspection.findings if finding.level != "note"]
        refuse_other_contents(options.write_baseline)
        write_text(options.write_baseline, baseline_text(findings))
        note(f"wrote {count(len(findings), 'finding')} to {path_shown(options.write_baseline)}")
        return 0  # what is known is no failure
    _emit(project_report(inspection, verbose=options.verbose), shown)
    if options.lock:
        case = project.case
        if not case.choices:
            message = "advisor.yaml declares no models, so there is nothing to lock"
            raise UsageError(message, hint="run `advisor init` to create advisor.yaml")
        judged = ((choice, case.judgements_of(choice)) for choice in case.choices)
        write_text(folder / LOCK, lock_text(case.rulebase, judged), within=folder)
        note(f"wrote {count(len(case.choices), 'declared model')} to {path_shown(folder / LOCK)}")
    return AdvisorError.exit_code if changes.refused else inspection.exit_code


def _emit(report: Report, shown: Showing, code: int = 0) -> int:
    """Show a report, under GitHub Actions as annotations too; return the exit code.

    Annotations go to stderr, where the runner reads them as well, so that stdout stays one
    document.
    """
    shown.emit(report)
    if os.environ.get("GITHUB_ACTIONS") == "true" and shown.format != "github" and report.findings:
        from advisor.draw.findings import workflow_commands

        sys.stderr.write(workflow_commands(report.findings()))
    return code


def init(folder: Folder = Path(), force: Force = False, *, rulebase: RuleBase) -> int:
    """Create advisor.yaml with an entry for each checkpoint that the code loads.

    \b
    Examples:
      advisor init
      advisor init services/search --force
    """
    from advisor.check.judgement import FILE
    from advisor.check.starter import starter

    if not folder.is_dir():
        raise UsageError(f"`{folder}` is not a folder", hint="pass the folder of a project")
    file = folder / FILE
    _refuse_existing(file, force=force)
    text, choices = starter(rulebase, folder)
    _refuse_existing(file, force=force)  # the code took a while to read
    write_text(file, text, within=folder)
    say(file.as_posix())
    command = "advisor check" if folder == Path() else f"advisor check {shlex.quote(str(folder))}"
    note(f"{count(choices, 'declared model')}. Review the entries, add needs, then run `{command}`")
    return 0


def _refuse_existing(file: Path, *, force: bool) -> None:
    """Raise UsageError if a file, or anything else, exists and must not be overwritten."""
    if os.path.lexists(file) and not force:
        raise UsageError(f"`{file}` already exists", hint="--force overwrites it")
