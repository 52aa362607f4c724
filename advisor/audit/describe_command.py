"""`advisor rules diff`, `docs`, `graph` and `schema`: rules compared, described and drawn."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from advisor.audit.named_rules import SHIPPED, named_rule_base
from advisor.console.commands import Rules
from advisor.console.options import option
from advisor.console.output import Showing, Shown, showing
from advisor.draw.formats import PAGE_FORMATS, Report
from advisor.errors import AdvisorError, UsageError, check_name
from advisor.model import TASK
from advisor.rulebase.base import RuleBase

PATTERNS = 8
PATHS = 10
OLD = "A folder, git:REVISION[:FOLDER], or shipped (the default)."
NEW = "The same; the default is shipped."
PATIENCE_SECONDS = 60
"""So long the profiles are searched in which one rule decides."""
MOST = "Number of paths to draw, the most common first."


def diff(
    shown: Shown,
    old: Annotated[str, typer.Argument(metavar="[OLD]", help=OLD)] = SHIPPED,
    new: Annotated[str, typer.Argument(metavar="[NEW]", help=NEW)] = SHIPPED,
    all: Annotated[
        bool, option("--all", "Print all patterns and checkpoints of each change.")
    ] = False,
    rules: Rules = [],  # noqa: B006
) -> int:
    """Compare the answers of two rule bases. Exit 1 if one changes.

    The family and the first checkpoint of every complete profile are compared, exactly. --rules is
    laid over NEW. A folder without criteria, questions, tasks and families of its own is laid over
    the shipped rules.

    \b
    Examples:
      advisor rules diff --rules our-rules
      advisor rules diff git:main
      advisor rules diff git:v1.0:our-rules our-rules --format markdown
    """
    from advisor.audit.difference import difference
    from advisor.audit.difference_page import as_json, as_page

    if old == new and not rules:
        message = f"`{old}` is compared with itself"
        raise UsageError(message, hint="name two rule bases, e.g. advisor rules diff git:main")
    with named_rule_base(old, []) as before, named_rule_base(new, rules) as after:
        found = difference(before, after, None if all else PATTERNS)
    names = old, " + ".join([new, *map(str, rules)])
    shown.emit(Report.of(as_json, as_page, found, names))
    return 0 if found.keeps_answers else 1


def docs(
    rulebase: RuleBase,
    shown: Shown,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The id of a rule.")],
) -> int:
    """Print the page of a rule: what, why, sources, where it decides, its scenarios.

    The profile in which it decides is searched for, not written by hand.

    \b
    Examples:
      advisor rules docs large-collection-searched-again-and-again
    """
    from advisor.audit.context import Budget, NotProvedError, ProofContext
    from advisor.audit.effects import effect_of
    from advisor.audit.page import effect_json, manual_page
    from advisor.audit.scenarios import rule_covered
    from advisor.catalogue.knowledge import thing_json

    found = rulebase.rule(rule)
    context = ProofContext(rulebase, Budget(PATIENCE_SECONDS, time.monotonic))
    try:
        effect, answered = effect_of(context, found), context.answered
    except NotProvedError as reason:
        message = f"where `{rule}` decides was not found: {reason}"
        hint = f"`advisor show {rule}` prints what it says"
        raise AdvisorError(message, hint=hint, kind="not-proved") from reason
    body = {**thing_json(rulebase, "rules", found), **effect_json(effect)}
    covered = rule_covered(rulebase, found)
    shown.emit(Report(lambda: body, lambda: manual_page(effect, answered, covered, rulebase)))
    return 0


def graph(
    rulebase: RuleBase,
    shown: Annotated[Showing, showing((*PAGE_FORMATS, "mermaid"))],
    task: Annotated[str, option("--task TASK", "Draw only the questions after this task.")] = "",
    paths: Annotated[int, option("--paths NUMBER", MOST)] = PATHS,
) -> int:
    """Draw the interview as a decision map.

    The paths of the most profiles are drawn, each with what to try next if the answer disappoints.

    \b
    Examples:
      advisor rules graph
      advisor rules graph --task captioning --format mermaid
      advisor rules graph --output markdown=map.md
    """
    from advisor.audit.decision_map import as_json, as_markdown, as_page, decision_map, mermaid
    from advisor.engine.profile import make_profile

    if paths < 1:
        raise UsageError(f"`--paths {paths}` is not a positive number", hint="e.g. --paths 10")
    map = decision_map(rulebase, make_profile(rulebase, {TASK: task} if task else {}), paths)
    drawings = {"mermaid": lambda: mermaid(map), "markdown": lambda: as_markdown(map)}
    shown.emit(Report(lambda: as_json(map), lambda: as_page(map), drawings=drawings))
    return 0


def schema(
    kind: Annotated[str, typer.Argument(help="criteria, questions, tasks, family, decisions ...")],
) -> int:
    """Print the JSON Schema of a kind of rule file, for use in an editor.

    \b
    Examples:
      advisor rules schema decisions > decisions.schema.json
    """
    from advisor.model.file_kinds import KINDS
    from advisor.model.file_kinds import schema as schema_of

    check_name("kind of file", kind, KINDS, "kinds")
    typer.echo(json.dumps(schema_of(kind), indent=2))
    return 0
