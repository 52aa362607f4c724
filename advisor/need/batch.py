"""`advisor recommend --batch`: one JSON object a line in, one JSON answer a line out, in order."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from advisor.console.profile_file import read_json_answers
from advisor.decide.recommendation import recommend
from advisor.engine.decision import Engine
from advisor.engine.profile import make_profile
from advisor.errors import AdvisorError, UsageError
from advisor.files import size_shown
from advisor.foreign import visible_json
from advisor.phrasing import why_unparsed
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.recommendation import Recommendation
    from advisor.need.understanding import Understanding

RECENT_ANSWERS = 256
LONGEST = 1_000_000
"""Most bytes of a line: a device or a binary file may have no line end."""
KEYS = ("id", "need", "profile")
LINE = (
    'write lines such as {"id": ..., "need": "..."} or '
    '{"id": ..., "profile": {"task": "captioning"}}'
)


def run_batch(
    rulebase: RuleBase, file: str, priority: tuple[str, ...], *, literally: bool, **how: Any
) -> int:
    """Write a JSON answer per line of a JSON Lines file ("-": stdin); return the worst exit code.

    The worst is 2, then 1, then 3. An error of a line is its answer. `how` are options of `advise`.
    """
    engine = Engine(rulebase, priority)

    @lru_cache(RECENT_ANSWERS)
    def answer(need: str, answers: str) -> tuple[str, int]:
        profile = make_profile(rulebase, json.loads(answers), "file")
        answer: Recommendation | Understanding
        if need:
            from advisor.need.understanding import understand

            answer = understand(engine, need, profile, literally=literally, **how)
        else:
            answer = recommend(rulebase, profile, engine=engine, **how)
        return _json(answer.to_dict()), answer.exit_code

    codes = set()
    for number, line in enumerate(_lines(file), 1):
        row: dict[str, Any] = {}
        if not line.strip():
            continue
        try:
            row = _row(line, number)
            if not isinstance(need := row.get("need", ""), str):
                raise _bad_line(f"line {number}: `need` must be a string")
            text, code = answer(need.strip(), _json(_answers(rulebase, row, number)))
            text = f'{{"id":{_json(row.get("id"))},{text[1:]}'
        except AdvisorError as failure:
            from advisor.need.likely_meaning import explained

            error = explained(rulebase, failure)
            problem = {"kind": error.kind, "message": error.message, "hint": error.hint}
            text = _json({"id": row.get("id"), "line": number, "error": problem})
            code = error.exit_code
        codes.add(code)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        if len(line) > LONGEST:
            break
    return next((code for code in (2, 1, 3) if code in codes), 0)


def _lines(file: str) -> Iterator[bytes]:
    """Yield the lines of a file or of stdin; a longer line than LONGEST comes in pieces."""
    try:
        with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as lines:
            yield from iter(lambda: lines.readline(LONGEST + 1), b"")
    except OSError as error:
        name = "standard input" if file == "-" else f"`{file}`"
        message = f"{name} cannot be read: {error.strerror or error}"
        raise UsageError(message, hint="pass a JSON Lines file") from error


def _json(value: Any) -> str:
    return visible_json(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _row(line: bytes, number: int) -> dict[str, Any]:
    """Return the JSON object of a line. Raises UsageError for any other or an unknown key."""
    if len(line) > LONGEST:
        limit = size_shown(LONGEST)
        raise _bad_line(
            f"line {number} is longer than {limit}. This line and all later lines are skipped"
        )
    try:
        row = json.loads(
            line.decode("utf-8-sig"),
            parse_constant=_refuse,
            parse_float=_finite,
            object_pairs_hook=_each_once,
        )
    except (ValueError, RecursionError) as error:
        raise _bad_line(f"line {number} is not JSON: {why_unparsed(error)}") from error
    if not isinstance(row, dict):
        raise _bad_line(f"line {number} is not a JSON object")
    if unknown := next((key for key in row if key not in KEYS), None):
        raise _bad_line(f"line {number}: unknown key `{unknown}`")
    return row


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object as a dict. Raises ValueError if a key appears twice."""
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in row if names.count(name) > 1)
        raise ValueError(f"`{twice}` appears twice")
    return row


def _finite(written: str) -> float:
    number = float(written)
    return number if isfinite(number) else _refuse(written)


def _answers(rulebase: RuleBase, row: dict[str, Any], number: int) -> dict[str, Any]:
    """Return the answers in a row's `profile`; {} for a need alone. Raises UsageError."""
    in_words = bool(row.get("need", ""))
    if in_words and "profile" not in row:
        return {}
    if not isinstance(row.get("profile"), dict):
        if "profile" in row:
            raise _bad_line(f"line {number}: `profile` must be an object")
        raise _bad_line(f"line {number} has neither `need` nor `profile`")
    answers = read_json_answers(rulebase, row["profile"])
    if not (answers or in_words):
        raise _bad_line(f"line {number} has no answers")
    return answers


def _bad_line(message: str) -> UsageError:
    return UsageError(message, hint=LINE, kind="bad-line")
