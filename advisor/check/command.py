"""`advisor check`: choices and code held against the rules, for a line in CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from advisor.console.options import (
    FindingFormat,
    NoColor,
    Output,
    Priority,
    ProfileFile,
    complete_checkpoint,
    priority_of,
    with_questions,
)
from advisor.console.output import check_format, check_outputs, emit
from advisor.console.profile_file import given_profile
from advisor.console.values import day_or_today
from advisor.draw.formats import FINDING_FORMATS, Report
from advisor.errors import UsageError, unknown_name
from advisor.rulebase.base import RuleBase


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command with one flag for each question."""
    return with_questions(check, arguments)


def check(
    *,
    answers: dict[str, Any],
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="[PATH]...", help="Files and folders of code; this folder if none."),
    ] = [],  # noqa: B006
    checkpoint: Annotated[
        str,
        typer.Option(
            "--checkpoint",
            metavar="ID",
            help="Judge this one checkpoint and no files.",
            autocompletion=complete_checkpoint,
        ),
    ] = "",
    model_class: Annotated[
        str, typer.Option("--class", metavar="NAME", help="The transformers class that loads it.")
    ] = "",
    profile: ProfileFile = "",
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Choices and settings; else advisor.yaml."),
    ] = None,
    transformers: Annotated[
        str,
        typer.Option(
            "--transformers",
            metavar="VERSION",
            help="Judge by this release: 5, 4.57, installed. Else the installed one.",
        ),
    ] = "",
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="LEVEL", help="error, warning or never.")
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend in place what can be mended with certainty.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what --fix would change, and change nothing.")
    ] = False,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Leave out the findings of this file."),
    ] = None,
    write_baseline: Annotated[
        Path | None,
        typer.Option("--write-baseline", metavar="FILE", help="Write all findings to this file."),
    ] = None,
    lock: Annotated[
        bool, typer.Option("--lock", help="Write what holds for each choice to advisor.lock.")
    ] = False,
    today: Annotated[
        str, typer.Option("--today", metavar="DATE", help="The day by which waivers end.")
    ] = "",
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Count findings by rule instead of showing them.")
    ] = False,
    explain: Annotated[
        str, typer.Option("--explain", metavar="RULE", help="Show the page of a rule.")
    ] = "",
    priority: Priority = [],  # noqa: B006
    format: FindingFormat = "terminal",
    output: Output = [],  # noqa: B006
    rulebase: RuleBase,
    no_color: NoColor = False,
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
    check_format(format, FINDING_FORMATS)
    check_outputs(output, FINDING_FORMATS)
    if fail_on:
        _check_level(fail_on)
    if diff and format != "terminal":
        raise UsageError("`--diff` prints a diff, in no other format", hint="leave `--format` out")
    shown = _Shown(format, output, color=not no_color)
    if explain:
        return _explain(rulebase, explain, shown)
    if checkpoint:
        if paths:
            raise UsageError(
                "`--checkpoint` judges one checkpoint and no files",
                hint="leave one of the two out",
            )
        given = given_profile(rulebase, profile, answers)
        first = priority_of(rulebase, priority)
        report, code = judge_report(
            rulebase,
            checkpoint,
            given,
            model_class,
            first,
            strict=strict,
            transformers=transformers,
        )
        shown.emit(report)
        return code
    from advisor.check import run, workspace
    from advisor.check.inspection import Request

    project = workspace.find_project(paths, config)
    rulebase = run.rules_for(project, rulebase)
    level = workspace.setting(fail_on, "ADVISOR_FAIL_ON", project.fail_on)
    checked = paths or [project.folder]
    request = Request(
        day_or_today(today),
        level if fail_on or not strict else "warning",
        priority_of(rulebase, priority),
        workspace.is_whole(checked, project),
        workspace.read_known(baseline if write_baseline is None else None),
        None if lock else workspace.read_locked(project),
    )
    request = request._replace(fail_on=_check_level(request.fail_on or "error"))
    version = workspace.setting(transformers, "ADVISOR_TRANSFORMERS", project.transformers)
    given = given_profile(rulebase, profile, answers)
    inspection = run.inspect_project(rulebase, checked, project, request, given, version)
    if diff:
        return run.print_diff(inspection)
    if fix and workspace.write_mended(workspace.planned(inspection.problems)):
        inspection = run.inspect_project(rulebase, checked, project, request, given, version)
    if write_baseline is not None:
        return run.write_baseline(inspection, write_baseline)
    shown.emit(run.report_of(inspection, statistics=statistics))
    if lock:
        run.write_lock(inspection, project)
    return inspection.exit_code


def _check_level(level: str) -> str:
    """Return the level at which a run fails. Raises UsageError where it is none."""
    from advisor.check.inspection import FAIL_LEVELS

    if level not in FAIL_LEVELS:
        known = tuple(FAIL_LEVELS)
        raise unknown_name("fail level", level, known, f"levels: {', '.join(known)}")
    return level


class _Shown:
    """How a report is to be shown; under GitHub Actions as annotations besides.

    Annotations go to stderr, where the runner reads them too, so that stdout stays one document.
    """

    def __init__(self, format: str, output: list[str], *, color: bool) -> None:
        self.format, self.output, self.color = format, output, color

    def emit(self, report: Report) -> None:
        emit(report, self.format, self.output, color=self.color)
        if os.environ.get("GITHUB_ACTIONS") == "true" and self.format != "github":
            from advisor.draw.github import workflow_commands

            if report.findings is not None:
                sys.stderr.write(workflow_commands(report.findings()))


def _explain(rulebase: RuleBase, id: str, shown: _Shown) -> int:
    from advisor.check.page import rule_page
    from advisor.draw.version import SCHEMA_VERSION

    if id not in rulebase.checks:
        known = list(rulebase.checks)
        raise unknown_name("rule of the check", id, known, f"rules: {', '.join(known)}")
    rule = rulebase.checks[id]
    shown.emit(
        Report(
            lambda: {"schema_version": SCHEMA_VERSION, **rule._asdict()},
            lambda: rule_page(rulebase, id),
        )
    )
    return 0


def judge_report(
    rulebase: RuleBase,
    checkpoint: str,
    given: dict[str, Any],
    model_class: str,
    priority: tuple[str, ...],
    *,
    strict: bool = False,
    transformers: str = "",
) -> tuple[Report, int]:
    """Return the judgement of a checkpoint as a report, and the exit code it stands for."""
    from advisor.check.judgement import judge
    from advisor.check.judgement_page import as_json, as_page, as_sheet
    from advisor.check.workspace import release_for

    release = release_for(rulebase, transformers) if model_class or transformers else None
    judgement = judge(
        rulebase,
        checkpoint,
        given,
        model_class=model_class or None,
        release=release,
        priority=priority,
        strict=strict,
    )
    report = Report(
        lambda: as_json(judgement, rulebase, release.version if release else None),
        lambda: as_page(judgement),
        lambda: as_sheet(judgement, rulebase),
    )
    return report, judgement.exit_code
