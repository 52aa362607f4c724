"""What the tests of the check share: a folder with files, checked."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from commands import in_this_process


@pytest.fixture
def advisor(capsys, monkeypatch):
    """Run a command line in this process."""
    return in_this_process(capsys, monkeypatch, 100)


@pytest.fixture
def check(advisor, tmp_path, monkeypatch):
    """Write files into a folder, go there and run `advisor check` with JSON."""
    monkeypatch.chdir(tmp_path)

    def call(files, *arguments, format="json"):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return advisor("check", *arguments, "--format", format)

    return call


class Found(NamedTuple):
    """A place of a finding; `first` where nothing before it in its project has the same cause."""

    path: str
    line: int
    rule: str
    level: str
    first: bool


AT_ONCE = {}


@pytest.fixture
def at_once(check):
    """Return what is found in each of many small projects, checked once, in folders of their own.

    `projects` are texts by project and file; the answer has what is found by project.
    """

    def call(projects, *arguments):
        key = *projects, *arguments
        if key not in AT_ONCE:
            folders = {str(number): project for number, project in enumerate(projects)}
            of = AT_ONCE[key] = {project: [] for project in projects}
            result = check(
                {
                    f"{number}/{name}": text
                    for number, project in folders.items()
                    for name, text in projects[project].items()
                },
                *arguments,
            )
            for finding in result.json["findings"]:
                begun = set()
                for at in (finding, *finding.get("places", ())):
                    number, _, path = at["path"].partition("/")
                    first = number not in begun
                    begun.add(number)
                    found = Found(path, at["line"], finding["rule"], finding["level"], first)
                    of[folders[number]].append(found)
        return AT_ONCE[key]

    return call
