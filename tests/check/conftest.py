"""What the tests of the check share: a folder with files, checked."""

from __future__ import annotations

import json

import pytest

from advisor.cli.main import run

LEFT_OUT = ("ADVISOR_FAIL_ON", "ADVISOR_TRANSFORMERS", "ADVISOR_RULES", "GITHUB_ACTIONS")


class Result:
    """What a command returned and wrote."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    def of(self, *levels):
        return [found for found in self.json["findings"] if found["level"] in levels]


@pytest.fixture
def advisor(capsys, monkeypatch):
    """Run a command line in this process."""
    for name in LEFT_OUT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments):
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return Result(code, *capsys.readouterr())

    return call


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
