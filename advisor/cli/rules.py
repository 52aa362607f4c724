"""`advisor rules`: check a rule base, run what it says of itself, print its schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.commands import group
from advisor.cli.options import Format, NoColor, Output, Rules, rules_of
from advisor.cli.output import Report, check_format, check_outputs, emit
from advisor.errors import unknown_name


def command(arguments: tuple[str, ...]) -> typer.Typer:
    """Return the group of commands."""
    del arguments
    app = group("Check, test and describe the rule base.")
    app.command("check")(check)
    app.command("test")(run_tests)
    app.command("schema")(schema)
    return app


def check(
    folder: Annotated[
        str,
        typer.Argument(metavar="[DIR]", help="A whole rule folder; the shipped one if left out."),
    ] = "",
    rules: Rules = [],  # noqa: B006
) -> int:
    """Read every rule file and report each problem at file:line:column.

    \b
    Examples:
      advisor rules check
      advisor rules check --rules our-rules
      advisor rules check my-fork-of-the-rules
    """
    from advisor.rulebase.store import load_rules

    rulebase = load_rules(Path(folder), tuple(rules)) if folder else rules_of(rules)
    written = [rule for rule in rulebase.rules if not rule.derived]
    for change in rulebase.overlays:
        typer.echo(f"overlay: {change}")
    typer.echo(
        f"{len(rulebase.families)} families, {len(rulebase.tasks)} tasks, "
        f"{len(rulebase.questions)} questions, {len(written)} rules, "
        f"{len(rulebase.checkpoints)} checkpoints, {len(rulebase.sources)} sources: no problems"
    )
    return 0


def run_tests(
    rules: Rules = [],  # noqa: B006
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """Run every rule's examples and all scenarios; exit 1 where one fails.

    \b
    Examples:
      advisor rules test
      advisor rules test --rules our-rules --format json
    """
    from advisor.audit.proof import prove
    from advisor.report.proof import as_json, as_page

    check_format(format)
    check_outputs(output)
    rulebase = rules_of(rules)
    proof = prove(rulebase)
    report = Report(lambda: as_json(proof, rulebase.digest), lambda: as_page(proof))
    emit(report, format, output, color=not no_color)
    return 0 if proof.passed else 1


def schema(
    kind: Annotated[str, typer.Argument(help="criteria, questions, tasks, family, decisions ...")],
) -> int:
    """Print the JSON Schema of a kind of rule file, for an editor to complete and check.

    \b
    Examples:
      advisor rules schema decisions > decisions.schema.json
    """
    from advisor.reader.kinds import KINDS
    from advisor.reader.kinds import schema as schema_of

    if kind not in KINDS:
        raise unknown_name("kind of file", kind, list(KINDS), f"kinds: {', '.join(KINDS)}")
    typer.echo(json.dumps(schema_of(kind), indent=2))
    return 0
