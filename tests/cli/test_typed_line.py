"""A line that is typed."""

import os
import sys

import pytest

pytest.importorskip("termios")

import pty

from advisor.console.streams import typed_line


@pytest.fixture
def keyboard(monkeypatch):
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        yield ours
    os.close(ours)


def test_lines_typed_ahead_come_one_by_one_and_their_end_is_told(keyboard):
    os.write(keyboard, b"one\n two \n\n\x04")
    assert [typed_line(), typed_line(), typed_line()] == ["one", "two", ""]
    with pytest.raises(EOFError):
        typed_line()
