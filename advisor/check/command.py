"""`advisor check`: choices and code held against the rules, for a line in CI."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.check.options import CheckedFiles, CheckSettings, CheckSubject
from advisor.console.commands import GivenLater, Options
from advisor.console.options import Priority, option, priority_of
from advisor.console.output import FindingsShown, Showing
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.check.workspace import Workspace
    from advisor.draw.formats import Report
    from advisor.engine.profile import Profile

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="[PATH]...", help="Files and folders of code; this folder if none."),
]
Statistics = Annotated[
    bool, option("--statistics", "Count findings by rule instead of showing them.")
]


def check(
    paths: Paths = [],  # noqa: B006
    *,
    subject: Annotated[CheckSubject, Options(CheckSubject)],
    settings: Annotated[CheckSettings, Options(CheckSettings)],
    files: Annotated[CheckedFiles, Options(CheckedFiles)],
    statistics: Statistics = False,
    priority: Priority = [],  # noqa: B006
    given: GivenLater,
    shown: FindingsShown,
    rulebase: RuleBase,
) -> int:
    """Check choices of checkpoints, and the code that loads them.

    Declared choices stand in advisor.yaml; code is parsed, never imported. With --checkpoint one
    choice is judged and no file is read.

    Exit 0: all right. 1: a finding at or above the fail level. 3: open answers decide.

    \b
    Examples:
      advisor check
      advisor check src --transformers 5.24 --strict
      advisor check --diff
      advisor check --output sarif=advisor.sarif --output junit=advisor.xml
      advisor check src --use commercial --memory-gb 8
      advisor check --checkpoint Salesforce/blip-vqa-base --task vqa --class BlipModel
      advisor check --explain softmax-for-sigmoid
    """
    if subject.explain:
        return _show_rule(rulebase, subject.explain, shown)
    if subject.checkpoint and paths:
        message = "`--checkpoint` judges one checkpoint and no files"
        raise UsageError(message, hint="leave out one of the two")
    if subject.checkpoint:
        return _judge(rulebase, subject, settings, given(rulebase), priority, shown)
    from advisor.check.workspace import open_workspace

    workspace = open_workspace(rulebase, paths, settings, files, given, priority)
    return _check(workspace, files, shown, statistics=statistics)


def _show_rule(rulebase: RuleBase, id: str, shown: Showing) -> int:
    from advisor.check.findings_report import rule_report

    _emit(rule_report(rulebase, id), shown)
    return 0


def _judge(
    rulebase: RuleBase,
    subject: CheckSubject,
    settings: CheckSettings,
    given: Profile,
    priority: list[str],
    shown: Showing,
) -> int:
    from advisor.check.findings_report import judgement_report
    from advisor.check.inspection import judge

    inspection = judge(
        rulebase,
        subject.checkpoint,
        given,
        model_class=subject.model_class,
        transformers=settings.transformers,
        priority=priority_of(rulebase, priority),
        strict=settings.strict,
    )
    _emit(judgement_report(inspection), shown)
    return inspection.exit_code


def _check(workspace: Workspace, files: CheckedFiles, shown: Showing, *, statistics: bool) -> int:
    from advisor.check import workspace as projects
    from advisor.check.findings_report import project_report

    if files.diff and shown.format != "terminal":
        raise UsageError("`--diff` prints a diff, in no other format", hint="leave out `--format`")
    inspection = workspace.inspect()
    if files.diff:
        projects.print_diff(inspection)
        return inspection.exit_code
    if files.fix and projects.write_fixes(inspection):
        inspection = workspace.inspect()
    if files.write_baseline is not None:
        projects.write_baseline(inspection, files.write_baseline)
        return 0  # what is known is no failure
    _emit(project_report(inspection, statistics=statistics), shown)
    if files.lock:
        workspace.write_lock(inspection)
    return inspection.exit_code


def _emit(report: Report, shown: Showing) -> None:
    """Show a report, under GitHub Actions as annotations too.

    Annotations go to stderr, where the runner reads them as well, so that stdout stays one
    document.
    """
    shown.emit(report)
    if os.environ.get("GITHUB_ACTIONS") == "true" and shown.format != "github":
        from advisor.draw.github import workflow_commands

        if report.findings is not None:
            sys.stderr.write(workflow_commands(report.findings()))
