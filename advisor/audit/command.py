"""`advisor rules`: what can be done with a rule base, one module a subcommand."""

from __future__ import annotations

from advisor.console.groups import Arguments, Command, Commands, group

TABLE = {
    "check": Command(
        "advisor.audit.check_command",
        "Read every rule file and report each problem at file:line:column.",
    ),
    "test": Command("advisor.audit.test_command", "Run every rule's examples and all scenarios."),
    "audit": Command(
        "advisor.audit.audit_command", "Prove the rule base sound, or say where it is not."
    ),
    "coverage": Command(
        "advisor.audit.coverage_command", "Say which rules, tasks and families no scenario covers."
    ),
    "diff": Command(
        "advisor.audit.difference_command",
        "Say which answers change from one rule base to another.",
    ),
    "docs": Command(
        "advisor.audit.docs_command",
        "Write one page a rule: what, why, who says so, where it decides.",
    ),
    "graph": Command("advisor.audit.map_command", "Draw the interview as a map of decisions."),
    "schema": Command(
        "advisor.audit.schema_command", "Print the JSON Schema of a kind of rule file."
    ),
}


def command(arguments: Arguments) -> Commands:
    """Return the group of commands."""
    return group(TABLE, "Check, test and describe the rule base.", arguments)
