"""What the tests of the command line share: running it here or in a process, and overlays."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import REFUSED, Result, in_this_process, ran


@pytest.fixture
def advisor(capsys, monkeypatch) -> Callable[..., Result]:
    """Run a command line in this process."""
    return in_this_process(capsys, monkeypatch, 80)


@pytest.fixture(scope="session")
def environment(cache) -> dict[str, str]:
    """The variables that processes get: the cache of the run, and nobody's preferences."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(REFUSED)}
    return kept | {
        "ADVISOR_CACHE": str(cache / "rules"),
    }


@pytest.fixture(scope="session")
def process(environment) -> Callable[..., Result]:
    """Run a command line in a fresh process, with no terminal."""

    def call(*arguments: Any, stdin: str = "", **variables: str) -> Result:
        done = ran(
            [sys.executable, "-m", "advisor", *map(str, arguments)],
            input=stdin,
            encoding="utf-8",
            env=environment | variables,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture(scope="session")
def compiled(process, environment) -> Path:
    """The folder in which processes find the shipped rules compiled, and the diagram of a task."""
    assert process("recommend", "--task", "captioning", "--format", "json").code == 0
    return Path(environment["ADVISOR_CACHE"])


SOURCE = """\
sources:
  - id: our-note
    title: Our own note on the weather
    kind: article
    read: "2026-11"
"""
WEATHER = """\
questions:
  - id: weather
    ask: How is the weather?
    why: One family minds the rain.
    options:
      - {id: sunny, label: the sun shines, aliases: [fine]}
      - {id: rainy, label: it rains}
"""
RAIN = """\
rules:
  - id: rain
    criterion: hardware
    when: {{weather: [rainy]}}
    exclude: {family}
    because: It does not like to get wet.
    sources: [our-note]
    examples:
      - {{given: {{weather: rainy}}, fires: true}}
      - {{given: {{weather: sunny}}, fires: false}}
"""


@pytest.fixture
def overlay(tmp_path) -> Callable[..., Path]:
    """Write a folder of rules: file name -> text."""

    def write(files: dict[str, str], name: str = "our-rules") -> Path:
        for file, text in files.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


@pytest.fixture
def weather_of(overlay) -> Callable[[str], Path]:
    """Write rules with one question more, of which one answer excludes a family."""

    def write(family: str) -> Path:
        files = {"questions.yaml": WEATHER, "sources/ours.yaml": SOURCE}
        return overlay({**files, "decisions/rain.yaml": RAIN.format(family=family)})

    return write


@pytest.fixture
def weather(weather_of) -> Path:
    """Rules with one question more, of which one answer excludes clip."""
    return weather_of("clip")
