"""Reading answers from profile files in YAML or JSON, and from printed answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.engine.bounds import bound_name
from advisor.engine.profile import FILLED_IN, by_id, read_answer
from advisor.errors import BrokenFileError, UsageError
from advisor.model import NOT_APPLICABLE, TASK

if TYPE_CHECKING:
    from advisor.rulebase.base import RuleBase

_SAYING = frozenset({"options", "value"})
PRINTED = _SAYING | {"named", "origin", "span"}
"""The keys that an answer printed by `--format json` can have."""


def read_profile(rulebase: RuleBase, file: str) -> dict[str, Any]:
    """Return the answers in a profile file (YAML or JSON; `-` is standard input).

    Raises BrokenFileError with every problem at file:line:column.
    """
    from advisor.model.file_kinds import PROFILE
    from advisor.reader.document import MAX_BYTES, read_bytes, read_document, unreadable
    from advisor.reader.shape import check_shape

    name = "standard input"
    try:
        document = (
            read_bytes(sys.stdin.buffer.read(MAX_BYTES + 1), name)
            if file == "-"
            else read_document(Path(file), within=Path.cwd())
        )
    except OSError as error:  # of standard input
        document = unreadable(name, error.strerror or str(error))
    document.value = answers_in(rulebase, document.value)
    if not document.problems and document.value is None:
        document.report((), "the profile file has no answers")
    if not check_shape(document, PROFILE):
        raise BrokenFileError(
            "the profile cannot be used",
            problems=tuple(str(problem) for problem in document.problems),
            hint="a profile maps questions to options, e.g. `task: captioning`",
        )
    return dict(document.value or {})


def answers_in(rulebase: RuleBase, value: Any) -> Any:
    """Return question -> answer for a profile, a scenario, or a document of `--format json`.

    Values that are no answers are returned unchanged, for the caller to refuse. Raises UsageError
    for a question outside the key `profile`, and for an answer whose keys contradict each other.
    """
    within, tasks = value, {}
    if isinstance(value, dict) and isinstance(value.get("tasks"), list) and value["tasks"]:
        within = value["tasks"][0]  # printed for several tasks: all but the task is the same
        tasks = {TASK: [row.get("task") for row in value["tasks"] if isinstance(row, dict)]}
    if isinstance(within, dict) and isinstance(within.get("profile"), dict):
        if beside := next((key for key in value if key in rulebase.question_names), None):
            message = f"`{beside}` is outside the key `profile`, so advisor does not read it"
            raise UsageError(message, hint="move the key into `profile`")
        value = {**within["profile"], **tasks}
    if not isinstance(value, dict):
        return value
    given = {
        name: _given(rulebase, name, answer)
        for name, answer in value.items()
        if not (_is_printed(answer) and answer.get("origin") in FILLED_IN)
    }
    others = {name for name in given if not bound_name(name)}
    return by_id(rulebase, given) if rulebase.question_names.issuperset(others) else given


def read_json_answers(rulebase: RuleBase, value: Any) -> dict[str, Any]:
    """Return the answers in JSON from outside, as `answers_in` does.

    Raises UsageError for `null` and `[]`, which leave a question unanswered only in Python. Other
    invalid answers are refused when they are read into a profile.
    """
    answers: dict[str, Any] = answers_in(rulebase, value)
    for question, given in answers.items():
        if given is None or given == []:
            message = f"`{question}: {json.dumps(given)}` is not a valid answer"
            hint = (
                "leave out the question, or use one of the options that `advisor show "
                f"{question}` prints"
            )
            raise UsageError(message, hint=hint, kind="unknown-option")
    return answers


def _is_printed(answer: Any) -> bool:
    """True for an answer as `--format json` prints it."""
    return isinstance(answer, dict) and bool(_SAYING & answer.keys()) and answer.keys() <= PRINTED


def _given(rulebase: RuleBase, question: str, answer: Any) -> Any:
    """Return the input for an answer: of a printed one its number, names or options, else as is.

    Raises UsageError if `options` contradict `value` or `named`.
    """
    if not _is_printed(answer):
        return answer
    value = answer.get("value")
    given = value if value is not None else answer.get("named") or answer.get("options")
    options = answer.get("options")
    if given and options and question in rulebase.question_names and options != [NOT_APPLICABLE]:
        options = options if isinstance(options, list) else [options]
        meant = read_answer(rulebase.question(question), given, "file").options
        if {*map(str, options)} != {*meant}:
            key = "value" if value is not None else "named"
            conflict = f"`options` {', '.join(map(str, options))}, `{key}` {', '.join(meant)}"
            message = f"`{question}` has two contradicting values: {conflict}"
            raise UsageError(message, hint=f"remove `options` or `{key}`", kind="unknown-option")
    return given
