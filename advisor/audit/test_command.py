"""`advisor rules test`: run what a rule base says of itself."""

from __future__ import annotations

from collections.abc import Callable

from advisor.console.commands import rules_of
from advisor.console.options import Format, NoColor, Output, Rules
from advisor.console.output import check_format, check_outputs, emit
from advisor.draw.formats import Report


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return run_tests


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
    from advisor.audit.own_examples import prove
    from advisor.audit.scenarios_page import proof_json, proof_page

    check_format(format)
    check_outputs(output)
    rulebase = rules_of(rules)
    proof = prove(rulebase)
    report = Report(lambda: proof_json(proof, rulebase.digest), lambda: proof_page(proof))
    emit(report, format, output, color=not no_color)
    return 0 if proof.passed else 1
