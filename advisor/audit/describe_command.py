"""`advisor rules diff`, `docs`, `graph` and `schema`: rule bases compared, described and drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from advisor.audit.named_rules import SHIPPED, named_rule_base
from advisor.console.commands import Rules
from advisor.console.options import option
from advisor.console.output import Showing, Shown, showing
from advisor.draw.formats import PAGE_FORMATS, SCHEMA_VERSION, Report
from advisor.errors import UsageError, check_name
from advisor.model import TASK
from advisor.rulebase.base import RuleBase

PATTERNS = 8
PATHS = 10
FOLDER = Path("docs/decisions")
OLD = "A folder, git:REVISION[:FOLDER], or shipped (the default)."
NEW = "The same; the default is shipped."
PICKS = "Also say where another checkpoint comes first."
PAGE = "Print the page of this rule, write nothing."
CURRENT = "Write nothing; exit 1 where a page is not current."
MOST = "How many paths to draw, commonest first."


def diff(
    shown: Shown,
    old: Annotated[str, typer.Argument(metavar="[OLD]", help=OLD)] = SHIPPED,
    new: Annotated[str, typer.Argument(metavar="[NEW]", help=NEW)] = SHIPPED,
    checkpoints: Annotated[bool, option("--checkpoints", PICKS)] = False,
    all: Annotated[bool, option("--all", "Every pattern of each change.")] = False,
    rules: Rules = [],  # noqa: B006
) -> int:
    """Say which answers change from one rule base to another; exit 1 where one does.

    Every complete profile is compared, exactly. --rules is laid over NEW. A folder without
    criteria, questions, tasks and families of its own is laid over the shipped rules.

    \b
    Examples:
      advisor rules diff --rules our-rules
      advisor rules diff git:main
      advisor rules diff git:v1.0:our-rules our-rules --format markdown
    """
    from advisor.audit.difference import difference, pick_changes
    from advisor.audit.difference_page import as_json, as_page

    if old == new and not rules:
        message = f"`{old}` is compared with itself"
        raise UsageError(message, hint="name two rule bases, e.g. advisor rules diff git:main")
    with named_rule_base(old, []) as before, named_rule_base(new, rules) as after:
        found = difference(before, after, None if all else PATTERNS)
        picks = pick_changes(before, after) if checkpoints else None
    names = old, " + ".join([new, *map(str, rules)])
    shown.emit(Report.of(as_json, as_page, found, names, picks))
    return 0 if found.keeps_answers else 1


def docs(
    rulebase: RuleBase,
    shown: Shown,
    rule: Annotated[str, typer.Argument(metavar="[RULE]", help=PAGE)] = "",
    output_folder: Annotated[
        Path, option("--output-folder DIR", "Where the pages are written.")
    ] = FOLDER,
    check: Annotated[bool, option("--check", CURRENT)] = False,
) -> int:
    """Write one page a rule: what, why, who says so, where it decides; and an index.

    Profiles in which a rule decides are searched for, not written by hand. Pages of rules that are
    gone are deleted if this command wrote them.

    \b
    Examples:
      advisor rules docs
      advisor rules docs --check
      advisor rules docs large-collection-searched-again-and-again
    """
    from advisor.audit.pivotal import facts_of
    from advisor.audit.rule_pages import generated_page, keep_pages, pages

    if rule and check:
        raise UsageError("`--check` compares all pages", hint="leave out the rule")
    if rule and output_folder != FOLDER:
        message = "the page of one rule is printed, and written to no folder"
        raise UsageError(message, hint="leave out `--output-folder`, or the rule")
    if rule:
        return _one(rulebase, rule, shown)
    shown.refuse_part_of(output_folder, "*.md")
    facts = facts_of(rulebase, [one for one in rulebase.rules if not one.derived])
    kept = keep_pages(pages(facts, rulebase), output_folder, check=check)
    body = {"schema_version": SCHEMA_VERSION, **kept._asdict()}
    shown.emit(Report(lambda: body, lambda: generated_page(kept)))
    return 0 if kept.current else 1


def _one(rulebase: RuleBase, id: str, shown: Showing) -> int:
    from advisor.audit.pivotal import facts_of
    from advisor.audit.rule_pages import full_page
    from advisor.catalogue.knowledge import thing_json

    rule = rulebase.rule(id)
    (facts,) = facts_of(rulebase, [rule])
    body = thing_json(rulebase, "rules", rule)
    shown.emit(Report(lambda: body, lambda: full_page(facts, rulebase)))
    return 0


def graph(
    rulebase: RuleBase,
    shown: Annotated[Showing, showing((*PAGE_FORMATS, "mermaid", "svg"))],
    task: Annotated[str, option("--task TASK", "Only what is asked after this task.")] = "",
    paths: Annotated[int, option("--paths NUMBER", MOST)] = PATHS,
) -> int:
    """Draw the interview as a map: which questions follow which answers, and where they lead.

    The paths of the most profiles are drawn, each with what to try next if the answer disappoints.

    \b
    Examples:
      advisor rules graph
      advisor rules graph --task captioning --format mermaid
      advisor rules graph --output svg=map.svg --output markdown=map.md
    """
    from advisor.audit.decision_map import as_json, as_page, decision_map
    from advisor.audit.decision_map_drawings import drawings
    from advisor.engine.profile import make_profile

    if paths < 1:
        raise UsageError(f"`--paths {paths}` is not a positive number", hint="e.g. --paths 10")
    map = decision_map(rulebase, make_profile(rulebase, {TASK: task} if task else {}), paths)
    shown.emit(Report(lambda: as_json(map), lambda: as_page(map), drawings=drawings(map)))
    return 0


def schema(
    kind: Annotated[str, typer.Argument(help="criteria, questions, tasks, family, decisions ...")],
) -> int:
    """Print the JSON Schema of a kind of rule file, for an editor to complete and check.

    \b
    Examples:
      advisor rules schema decisions > decisions.schema.json
    """
    from advisor.model.file_kinds import KINDS
    from advisor.model.file_kinds import schema as schema_of

    check_name("kind of file", kind, KINDS, "kinds")
    typer.echo(json.dumps(schema_of(kind), indent=2))
    return 0
