"""`advisor rules check`, `test`, `audit` and `coverage`: is a rule base sound, and tested."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import Annotated

import typer

from advisor.audit.places import Places
from advisor.console.commands import Options, Rules, rules_of
from advisor.console.options import option
from advisor.console.output import FindingsShown, Shown
from advisor.console.streams import say
from advisor.draw.formats import Report, document, plain
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer
from advisor.errors import BrokenFileError, ContradictionError, TooMuchOpenError, UsageError
from advisor.model import TASK
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

FOLDER: str = typer.Argument(
    "", metavar="[DIR]", help="A whole rule folder; the shipped one if left out."
)


def read_rules(folder: str = FOLDER, rules: Rules = []) -> Places:  # noqa: B006
    """Read the rule base that a command line names."""
    return Places(rules_of(rules, folder), folder)


Named = Annotated[Places, Options(read_rules)]


def check(places: Named) -> int:
    """Validate the rule files and report each problem at file:line:column.

    Among them are facts without a source, and names that no code knows: rules of the check without
    a function, runners, classes to load. Those keep no other command from its answer. A task whose
    questions decide together in more ways than can be followed is refused here, and where it is
    asked for.

    \b
    Examples:
      advisor rules check
      advisor rules check --rules our-rules
      advisor rules check my-fork-of-the-rules
    """
    from advisor.audit.code_names import unknown_names

    rulebase = places.rulebase
    if problems := (*rulebase.remarks, *unknown_names(places), *_beyond_following(rulebase)):
        raise BrokenFileError(
            f"the rules have {count(len(problems), 'problem')}",
            problems=problems,
            hint="fix the places above; a command that needs none of them answers all the same",
        )
    written = [rule for rule in rulebase.rules if not rule.derived]
    say(*(f"overlay: {change}" for change in rulebase.overlays))
    say(
        f"{len(rulebase.families)} families, {len(rulebase.tasks)} tasks, "
        f"{len(rulebase.questions)} questions, {len(written)} rules, "
        f"{len(rulebase.checkpoints)} checkpoints, {len(rulebase.sources)} sources: no problems"
    )
    return 0


def _beyond_following(rulebase: RuleBase) -> Iterator[str]:
    """Yield each task whose profiles are more than can be followed."""
    engine = Engine.known(rulebase)
    for task in rulebase.tasks:
        try:
            engine.space({TASK: Answer((task.id,), None, "flag")})
        except ContradictionError:  # whether a task can be is for the audit
            continue
        except TooMuchOpenError as error:
            yield f"{rulebase.place('task', task.id)}: `{task.id}`: {error.message}; {error.hint}"


def test_(rulebase: RuleBase, shown: Shown) -> int:
    """Run the examples of all rules and all scenarios. Exit 1 if one fails.

    Relations between checkpoints are compared with the results of both, and evidence that orders
    leave out because it closes a cycle is named.

    \b
    Examples:
      advisor rules test
      advisor rules test --rules our-rules --format json
    """
    from advisor.audit.relations import orders
    from advisor.audit.scenarios import prove
    from advisor.audit.scenarios_page import orders_json, orders_page, proof_page

    proof, ranked = prove(rulebase), orders(rulebase)
    shown.emit(
        Report(
            lambda: document(rulebase.digest, **plain(proof), **orders_json(ranked)),
            lambda: [*proof_page(proof), *orders_page(ranked)],
        )
    )
    return 0 if proof.passed and ranked.passed else 1


def coverage(
    places: Named,
    shown: FindingsShown,
    strict: Annotated[bool, option("--strict", "Exit 1 if anything is not covered.")] = False,
) -> int:
    """Report the rules, tasks and families that no scenario covers.

    Of a rule that is `supporting`, it is enough to fire in one.

    \b
    Examples:
      advisor rules coverage
      advisor rules coverage --rules our-rules --strict --format github
    """
    from advisor.audit.scenarios import coverage as cover
    from advisor.audit.scenarios_page import coverage_findings, coverage_json, coverage_page

    covered = cover(places.rulebase)
    report = Report.of(coverage_json, coverage_page, covered, places)
    shown.emit(report._replace(findings=partial(coverage_findings, covered, places, strict=strict)))
    return 1 if strict and not covered.complete else 0


def audit(
    places: Named,
    shown: FindingsShown,
    budget: Annotated[float, option("--budget SECONDS", "Time limit of the proofs.")] = 180,
) -> int:
    """Verify the rule base over all combinations of answers.

    Exit codes: 0 sound, 1 an error or warning was found, 2 something could not be proved within
    the budget.

    \b
    Examples:
      advisor rules audit
      advisor rules audit --rules our-rules --output sarif=audit.sarif
      advisor rules audit my-fork-of-the-rules --budget 300
    """
    if budget <= 0:
        message = f"`--budget {budget:g}` is not a positive number of seconds"
        raise UsageError(message, hint="e.g. --budget 300")
    from advisor.audit.context import Budget
    from advisor.audit.page import as_json, as_page, audit_findings
    from advisor.audit.report import audit as prove

    audited = prove(places.rulebase, Budget(budget, time.monotonic))
    report = Report.of(as_json, as_page, audited, places)
    shown.emit(report._replace(findings=partial(audit_findings, audited, places)))
    return 0 if audited.sound else 1 if audited.proved else 2
