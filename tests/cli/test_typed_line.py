"""A line that is typed, and the interrupts while it is waited for."""

import os
import signal
import sys
import threading

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


def test_no_interrupt_waits_for_a_line_however_soon_it_comes(keyboard):
    """Of those that came within a few microseconds of reading, one in seventy did."""

    def interrupt(_number, _frame):
        raise KeyboardInterrupt

    typed = threading.Timer(20, os.write, (keyboard, b"a line\n" * 2_000))
    before = signal.signal(signal.SIGALRM, interrupt)
    typed.start()
    try:
        for number in range(2_000):
            with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it may come before reading
                signal.setitimer(signal.ITIMER_REAL, (1 + number % 40) / 1e6)
                typed_line()
        assert typed.is_alive()
    finally:
        signal.signal(signal.SIGALRM, before)
        typed.cancel()
