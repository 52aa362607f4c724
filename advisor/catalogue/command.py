"""`advisor catalogue`: what can be done with the catalogue, one module a subcommand."""

from __future__ import annotations

from advisor.console.groups import Arguments, Command, Commands, group

TABLE = {
    "refresh": Command(
        "advisor.catalogue.refresh_command", "Ask the Hub what changed since an entry was checked."
    ),
    "drift": Command(
        "advisor.catalogue.drift_command", "Hold every entry against a release of transformers."
    ),
}


def command(arguments: Arguments) -> Commands:
    """Return the group of commands."""
    return group(TABLE, "Hold the catalogue against the world.", arguments)
