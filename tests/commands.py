"""Running a command line in this process, and what came of it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from typing import Any, NamedTuple

from advisor.cli.main import run

REFUSED = ("ADVISOR_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "PYTHON", "GITHUB_")
"""Variables of whoever runs the tests that would change what a command prints."""


def ran(words, **how: Any) -> subprocess.CompletedProcess[Any]:
    """Run a process to its end, within five minutes; what it writes is text."""
    usual = {"capture_output": True, "text": True, "timeout": 300, "check": False}
    return subprocess.run(words, **{**usual, **how})


class Result(NamedTuple):
    """What a command returned and wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The JSON documents of a batch."""
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, *levels: str) -> list[Any]:
        """The findings of some levels."""
        return [found for found in self.json["findings"] if found["level"] in levels]


def in_this_process(capsys, monkeypatch, columns: int) -> Callable[..., Result]:
    """Return a function that runs a command line: quick, and exactly what the script does."""
    for name in list(os.environ):
        if name.startswith(REFUSED) and name not in ("ADVISOR_CACHE", "PYTEST_CURRENT_TEST"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", str(columns))

    def call(*arguments: Any) -> Result:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return Result(code, *capsys.readouterr())

    return call


def ask(advisor: Callable[..., Result], *arguments: Any) -> Any:
    """The JSON answer of `recommend` to flags."""
    result = advisor("recommend", *arguments, "--format", "json")
    assert result.code in (0, 1, 3), result.out
    return result.json


def flags(profile: dict[str, Any]) -> list[str]:
    """A profile as flags."""
    words = []
    for question, answer in profile.items():
        for value in answer if isinstance(answer, list) else [answer]:
            words += [f"--{question}", str(value)]
    return words


def repeat(advisor: Callable[..., Result], answer: Any, *extra: Any) -> Any:
    """The JSON answer to the command that an answer prints."""
    words = shlex.split(answer["command"])
    assert words[:2] == ["advisor", "recommend"]
    return ask(advisor, *words[2:], *extra)
