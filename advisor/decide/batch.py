"""`advisor recommend --batch`: one JSON object a line in, one JSON answer a line out, in order."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from advisor.console.profile_file import answers_in
from advisor.decide.recommendation import recommend
from advisor.engine.decision import Engine
from advisor.engine.profile import make_profile
from advisor.errors import AdvisorError, UsageError
from advisor.rulebase.base import RuleBase

RECENT_ANSWERS = 256
LINE = 'a line is {"id": ..., "profile": {"task": "captioning"}}'


def run_batch(
    rulebase: RuleBase, file: str, priority: tuple[str, ...], *, strict: bool, order: str
) -> int:
    """Answer every line of a JSON Lines file; return the worst exit code (2, then 1, then 3)."""
    engine = Engine(rulebase, priority)
    codes = set()
    with ExitStack() as stack:
        if file == "-":
            lines: Iterator[bytes] = iter(sys.stdin.buffer)
        else:
            try:
                lines = stack.enter_context(Path(file).open("rb"))
            except OSError as error:
                raise UsageError(
                    f"`{file}` cannot be read: {error.strerror or error}",
                    hint="name a JSON Lines file",
                ) from error
        answers = _Answers(engine, strict=strict, order=order)
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            answer, code = answers.line(line, number)
            codes.add(code)
            sys.stdout.write(answer + "\n")
            sys.stdout.flush()
    return next((code for code in (2, 1, 3) if code in codes), 0)


class _Answers:
    """Answers lines; a profile that came up lately is not decided again."""

    def __init__(self, engine: Engine, *, strict: bool, order: str) -> None:
        self.engine = engine
        self.strict = strict
        self.order = order
        self.known: dict[str, tuple[str, int]] = {}

    def line(self, line: bytes, number: int) -> tuple[str, int]:
        """Return the JSON text that answers a line, and its exit code."""
        row: dict[str, Any] = {}
        try:
            row = _row(line, number)
            answers = _answers(row, number)
            key = _json(answers)
            if key not in self.known:
                if len(self.known) >= RECENT_ANSWERS:
                    self.known.clear()
                self.known[key] = self._decide(answers)
        except AdvisorError as error:
            problem = {"kind": error.kind, "message": error.message, "hint": error.hint}
            text = _json({"id": row.get("id"), "line": number, "error": problem})
            return text, error.exit_code
        text, code = self.known[key]
        return f'{{"id":{_json(row.get("id"))},{text[1:]}', code

    def _decide(self, answers: dict[str, Any]) -> tuple[str, int]:
        profile = make_profile(self.engine.rulebase, answers, "file")
        answer = recommend(
            self.engine.rulebase,
            profile,
            strict=self.strict,
            order=self.order,
            engine=self.engine,
        )
        return _json(answer.to_dict()), answer.exit_code


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _row(line: bytes, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"line {number} is not JSON: {error}", hint=LINE, kind="bad-line"
        ) from error
    if not isinstance(row, dict):
        raise UsageError(f"line {number} is not a JSON object", hint=LINE, kind="bad-line")
    return row


def _answers(row: dict[str, Any], number: int) -> dict[str, Any]:
    if not isinstance(row.get("profile"), dict):
        message = f"line {number} has no `profile`"
        if "need" in row:
            message = f"line {number}: a need in words cannot be read yet"
        raise UsageError(message, hint=LINE, kind="bad-line")
    answers = answers_in(row["profile"])
    if not isinstance(answers, dict) or not answers:
        raise UsageError(f"line {number} holds no answers", hint=LINE, kind="bad-line")
    return answers
