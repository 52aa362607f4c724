"""`advisor recommend --batch`: one JSON object a line in, one JSON answer a line out, in order."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from advisor.engine.decision import Engine
from advisor.errors import AdvisorError, UsageError
from advisor.recommendation import recommend
from advisor.report.recommendation_json import as_json
from advisor.rulebase.base import RuleBase


def run_batch(
    rulebase: RuleBase, file: str, priority: tuple[str, ...], *, strict: bool, order: str
) -> int:
    """Answer every line of a JSON Lines file; return the worst exit code (2, then 1, then 3)."""
    engine = Engine(rulebase, priority)
    codes = set()
    with ExitStack() as stack:
        if file == "-":
            lines: Iterator[str] = iter(sys.stdin)
        else:
            try:
                lines = stack.enter_context(Path(file).open(encoding="utf-8"))
            except OSError as error:
                raise UsageError(
                    f"`{file}` cannot be read: {error.strerror or error}",
                    hint="name a JSON Lines file",
                ) from error
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            answer, code = _answer(engine, line, number, strict=strict, order=order)
            codes.add(code)
            sys.stdout.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n")
    return next((code for code in (2, 1, 3) if code in codes), 0)


def _answer(
    engine: Engine, line: str, number: int, *, strict: bool, order: str
) -> tuple[dict[str, Any], int]:
    id: Any = None
    try:
        row = _row(line, number)
        id = row.get("id")
        recommendation = recommend(
            engine.rulebase, row["profile"], strict=strict, order=order, engine=engine
        )
    except AdvisorError as error:
        problem = {"kind": error.kind, "message": error.message, "hint": error.hint}
        return {"id": id, "line": number, "error": problem}, error.exit_code
    return {"id": id, **as_json(recommendation)}, recommendation.exit_code


def _row(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"line {number} is not JSON: {error}", kind="bad-line") from error
    if not isinstance(row, dict) or not isinstance(row.get("profile"), dict):
        message = f"line {number} has no `profile`"
        if isinstance(row, dict) and "need" in row:
            message = f"line {number}: a need in words cannot be read yet"
        hint = 'a line is {"id": ..., "profile": {"task": "captioning"}}'
        raise UsageError(message, hint=hint, kind="bad-line")
    return row
