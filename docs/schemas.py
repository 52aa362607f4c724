"""Writes docs/schema/rules/*.schema.json: what `advisor rules schema KIND` prints, for every kind.

`--check` exits 1 where one is not current, and where a published schema is no schema at all.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from advisor.model.file_kinds import KINDS, schema
from docs import generated

FOLDER = Path(__file__).resolve().parent / "schema"


def current() -> dict[Path, str]:
    """Return the text of every schema of a rule file, by its path."""
    return {
        FOLDER / "rules" / f"{kind}.schema.json": json.dumps(schema(kind), indent=2) + "\n"
        for kind in KINDS
    }


def stale() -> list[str]:
    """Return the names of the schemas of rule files that differ from the code's, or are left."""
    return generated.stale(current(), FOLDER / "rules")


def unsound() -> list[str]:
    """Return what is wrong with published schemas as schemas."""
    from jsonschema import Draft202012Validator, SchemaError

    problems = []
    for path in sorted(FOLDER.rglob("*.schema.json")):
        try:
            Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, SchemaError) as error:
            problems.append(f"{path.name}: {error}")
    return problems


def main(arguments: list[str]) -> int:
    """Write the schemas, or compare them; return the exit code."""
    if "--check" not in arguments:
        generated.write(current())
        return 0
    problems = [f"{name} is not current: run `python docs/schemas.py`" for name in stale()]
    return generated.complain(problems + unsound())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
