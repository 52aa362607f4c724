"""`advisor rules`: is a rule base sound and tested, and which answers a change of it changes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Annotated

import typer

from advisor.audit.named_rules import SHIPPED, Places, named_rule_base
from advisor.console.commands import Options, Rules, rules_of
from advisor.console.options import option
from advisor.console.output import Shown
from advisor.draw.formats import Report, document, plain
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer
from advisor.errors import (
    BrokenFileError,
    ContradictionError,
    TooMuchOpenError,
    UsageError,
    check_name,
)
from advisor.model import TASK
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

FOLDER: str = typer.Argument(
    "", metavar="[DIR]", help="Folder with a complete rule base. Default: the shipped rules."
)
COUNTED = ("families", "tasks", "questions", "rules", "checkpoints", "sources")
MOVES = 5
"""How many changes of the family, and of the first checkpoint, are listed by default."""
OLD = "Old rule base: a folder, git:REVISION[:FOLDER], or shipped (the default)."
NEW = "New rule base: a folder, git:REVISION[:FOLDER], or shipped (the default)."


def read_rules(folder: str = FOLDER, rules: Rules = []) -> Places:  # noqa: B006
    """Read the rule base that a command line names."""
    return Places(rules_of(rules, folder), folder)


Named = Annotated[Places, Options(read_rules)]


def check(places: Named, shown: Shown) -> int:
    """Validate the rule files and report each problem at file:line:column.

    Facts without a source count as problems here. Other commands still run. advisor rejects a rule
    base with too many combinations of questions for a task.

    \b
    Examples:
      advisor rules check
      advisor rules check --rules our-rules --json
      advisor rules check my-fork-of-the-rules
    """
    from advisor.audit.page import checked_page

    rulebase = places.rulebase
    if problems := (*rulebase.remarks, *_beyond_following(rulebase)):
        raise BrokenFileError(
            f"the rules have {count(len(problems), 'problem')}",
            problems=problems,
            hint="fix the problems above. Other commands still work if they do not need those "
            "entries",
        )
    numbers = {kind: len(getattr(rulebase, kind)) for kind in COUNTED}
    numbers["rules"] = sum(not rule.derived for rule in rulebase.rules)
    sound = {**numbers, "overlays": [*rulebase.overlays], "problems": []}
    shown.emit(
        Report(
            lambda: document(rulebase.digest, **sound),
            lambda: checked_page(numbers, rulebase.overlays),
        )
    )
    return 0


def _beyond_following(rulebase: RuleBase) -> Iterator[str]:
    """Yield a problem, with file:line, for each task that has too many profiles to follow."""
    engine = Engine.known(rulebase)
    for task in rulebase.tasks:
        try:
            engine.space({TASK: Answer((task.id,), None, "flag")})
        except ContradictionError:  # whether a task can be is for the audit
            continue
        except TooMuchOpenError as error:
            yield f"{rulebase.place('task', task.id)}: `{task.id}`: {error.message}; {error.hint}"


def test_(rulebase: RuleBase, shown: Shown) -> int:
    """Run the examples of all rules and all scenarios. Exit 1 if an example or a scenario fails.

    A relation such as `larger_than` fails if more benchmark results contradict it than support it.

    \b
    Examples:
      advisor rules test
      advisor rules test --rules our-rules --format json
    """
    from advisor.audit.page import proof_page
    from advisor.audit.scenarios import prove

    proof = prove(rulebase)
    shown.emit(Report(lambda: document(rulebase.digest, **plain(proof)), lambda: proof_page(proof)))
    return 0 if proof.passed else 1


def coverage(
    places: Named,
    shown: Shown,
    strict: Annotated[bool, option("--strict", "Exit 1 if an entry is not covered.")] = False,
) -> int:
    """Report the rules, tasks and families that no scenario covers.

    A rule with `supporting: true` is covered if it fires in one scenario.

    \b
    Examples:
      advisor rules coverage
      advisor rules coverage --rules our-rules --strict
    """
    from advisor.audit.page import coverage_json, coverage_page
    from advisor.audit.scenarios import coverage as cover

    covered = cover(places.rulebase)
    shown.emit(Report.of(coverage_json, coverage_page, covered, places))
    return 1 if strict and not covered.complete else 0


def audit(
    places: Named,
    shown: Shown,
    budget: Annotated[
        float, option("--budget SECONDS", "Time limit of the verification, in seconds.")
    ] = 180,
) -> int:
    """Verify the rule base over all combinations of answers.

    Exit codes: 0 sound, 1 error or warning found, 2 time limit reached.

    \b
    Examples:
      advisor rules audit
      advisor rules audit --rules our-rules --output json=audit.json
      advisor rules audit my-fork-of-the-rules --budget 300
    """
    if budget <= 0:
        message = f"`--budget {budget:g}` is not a positive number of seconds"
        raise UsageError(message, hint="e.g. --budget 300")
    from advisor.audit.claim import Budget
    from advisor.audit.page import as_json, as_page
    from advisor.audit.proofs import audit as prove

    audited = prove(places.rulebase, Budget(budget, time.monotonic))
    shown.emit(Report.of(as_json, as_page, audited, places))
    return 0 if audited.sound else 1


def diff(
    shown: Shown,
    old: Annotated[str, typer.Argument(metavar="[OLD]", help=OLD)] = SHIPPED,
    new: Annotated[str, typer.Argument(metavar="[NEW]", help=NEW)] = SHIPPED,
    all: Annotated[
        bool, option("--all", "Print all changes of families and of checkpoints.")
    ] = False,
    rules: Rules = [],  # noqa: B006
) -> int:
    """Compare the answers of two rule bases. Exit 1 if an answer changes.

    The command compares the family and the first checkpoint of every answer combination. --rules
    adds rules to NEW. A folder without criteria, questions, tasks or families is added to the
    shipped rules.

    \b
    Examples:
      advisor rules diff --rules our-rules
      advisor rules diff git:main
      advisor rules diff git:v1.0:our-rules our-rules --format markdown
    """
    from advisor.audit.difference import difference
    from advisor.audit.page import difference_json, difference_page

    if old == new and not rules:
        message = f"`{old}` is compared with itself"
        raise UsageError(
            message, hint="pass two different rule bases, e.g. advisor rules diff git:main"
        )
    with named_rule_base(old, []) as before, named_rule_base(new, rules) as after:
        changes = difference(before, after, None if all else MOVES)
    names = old, " + ".join([new, *map(str, rules)])
    shown.emit(Report.of(difference_json, difference_page, changes, names))
    return 0 if changes.keeps_answers else 1


def schema(
    kind: Annotated[
        str,
        typer.Argument(help="Kind of rule file: criteria, questions, tasks, family, decisions ..."),
    ],
) -> int:
    """Print the JSON Schema of a kind of rule file, for use in an editor.

    \b
    Examples:
      advisor rules schema decisions > decisions.schema.json
    """
    from advisor.model.file_kinds import KINDS
    from advisor.model.file_kinds import schema as schema_of

    check_name("file type", kind, KINDS, "kinds")
    typer.echo(json.dumps(schema_of(kind), indent=2))
    return 0
