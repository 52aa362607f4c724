"""`advisor rules schema`: JSON Schemas for editors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated

import typer

from advisor.errors import unknown_name


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return schema


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
