"""`advisor catalogue`: what can be done with the catalogue, one module a subcommand."""

from __future__ import annotations

from advisor.cli.commands import Arguments, Command, Commands, group

TABLE = {
    "refresh": Command("refresh", "Ask the Hub what changed since an entry was checked."),
    "drift": Command("drift", "Hold every entry against a release of transformers."),
}


def command(arguments: Arguments) -> Commands:
    """Return the group of commands."""
    return group(__name__, TABLE, "Hold the catalogue against the world.", arguments)
