"""`advisor rules`: what can be done with a rule base, one module a subcommand."""

from __future__ import annotations

from advisor.cli.commands import Arguments, Command, Commands, group

TABLE = {
    "check": Command("check", "Read every rule file and report each problem at file:line:column."),
    "test": Command("test", "Run every rule's examples and all scenarios."),
    "audit": Command("audit", "Prove the rule base sound, or say where it is not."),
    "coverage": Command("coverage", "Say which rules, tasks and families no scenario covers."),
    "diff": Command("diff", "Say which answers change from one rule base to another."),
    "docs": Command("docs", "Write one page a rule: what, why, who says so, where it decides."),
    "graph": Command("graph", "Draw the interview as a map of decisions."),
    "schema": Command("schema", "Print the JSON Schema of a kind of rule file."),
}


def command(arguments: Arguments) -> Commands:
    """Return the group of commands."""
    return group(__name__, TABLE, "Check, test and describe the rule base.", arguments)
