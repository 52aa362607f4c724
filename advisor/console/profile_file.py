"""Answers in a profile file, in YAML or JSON."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.engine.profile import FILLED_IN
from advisor.errors import BrokenFileError
from advisor.model import TASK

if TYPE_CHECKING:
    from advisor.reader.document import Document


def read_profile(file: str) -> dict[str, Any]:
    """Return the answers in a profile file (YAML or JSON; `-` is standard input).

    Raises BrokenFileError with every problem at file:line:column.
    """
    from advisor.model.file_kinds import PROFILE
    from advisor.reader.document import read_document
    from advisor.reader.shape import check_shape

    document = _standard_input() if file == "-" else read_document(Path(file), within=Path.cwd())
    document.value = answers_in(document.value)
    if not document.problems and document.value is None:
        document.report((), "holds no answers")
    if not check_shape(document, PROFILE):
        raise BrokenFileError(
            "the profile cannot be used",
            problems=tuple(str(problem) for problem in document.problems),
            hint="a profile maps questions to options, e.g. `task: captioning`",
        )
    return dict(document.value or {})


def _standard_input() -> Document:
    from advisor.reader.document import MAX_BYTES, read_bytes, unreadable

    name = "standard input"
    try:
        return read_bytes(sys.stdin.buffer.read(MAX_BYTES + 1), name)
    except OSError as error:
        return unreadable(name, error.strerror or str(error))


def answers_in(value: Any) -> Any:
    """Return the answers in a profile, a scenario, or what `--format json` printed."""
    if isinstance(value, dict) and isinstance(value.get("tasks"), list) and value["tasks"]:
        first = value["tasks"][0]  # printed for several tasks: all but the task is the same
        if isinstance(first, dict) and isinstance(first.get("profile"), dict):
            tasks = [one.get("task") for one in value["tasks"] if isinstance(one, dict)]
            return {**answers_in(first), TASK: tasks}
    if isinstance(value, dict) and isinstance(value.get("profile"), dict):
        value = value["profile"]
    if not isinstance(value, dict):
        return value
    answers = {}
    for question, answer in value.items():
        if not isinstance(answer, dict):
            answers[question] = answer
        elif answer.get("origin") not in FILLED_IN:  # as `--format json` prints it
            answers[question] = answer.get("value", answer.get("options"))
    return answers
