"""What the tests of the check share: a folder with files, checked."""

from __future__ import annotations

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
