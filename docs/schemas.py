"""Writes docs/schema/rules/*.schema.json: what `advisor rules schema KIND` prints, for every kind.

`--check` exits 1 where one is not current, and where a published schema is no schema at all.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from advisor.reader.kinds import KINDS, schema

FOLDER = Path(__file__).resolve().parent / "schema"


def current() -> dict[Path, str]:
    """Return the text of every schema of a rule file, by its path."""
    return {
        FOLDER / "rules" / f"{kind}.schema.json": json.dumps(schema(kind), indent=2) + "\n"
        for kind in KINDS
    }


def stale() -> list[str]:
    """Return the names of the schemas of rule files that differ from the code's, or are left."""
    texts = current()
    differing = [
        path
        for path, text in texts.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    left = set((FOLDER / "rules").glob("*")) - set(texts)
    return sorted(path.name for path in (*differing, *left))


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
        (FOLDER / "rules").mkdir(parents=True, exist_ok=True)
        for path, text in current().items():
            path.write_text(text, encoding="utf-8")
        return 0
    problems = [f"{name} is not current: run `python docs/schemas.py`" for name in stale()]
    problems += unsound()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
