"""A file gets so many seconds of this process, a run so many on the clock."""

import signal
import time

import pytest

from advisor.scan import deadline
from advisor.scan.deadline import Deadline, OutOfTimeError

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="nothing can be stopped in the middle here"
)


def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_begins_anew(monkeypatch):
    monkeypatch.setattr(deadline, "SECONDS_A_FILE", 0.2)
    run = Deadline()
    with run.watched():
        with pytest.raises(OutOfTimeError), run:
            busy(5)
        for _ in range(4):
            with run:
                busy(0.1)


def test_an_exception_that_python_loses_is_raised_again(monkeypatch):
    monkeypatch.setattr(deadline, "SECONDS_A_FILE", 0.1)
    run = Deadline()
    with run.watched(), run:
        for _ in range(3):  # the first two are swallowed
            with pytest.raises(OutOfTimeError):
                busy(5)


def test_the_deadline_of_a_run_ends_the_file_under_way():
    run = Deadline(0.1)
    with run.watched(), pytest.raises(OutOfTimeError), run:
        time.sleep(5)
    assert not run.left


def test_nothing_is_raised_between_files_and_the_handlers_are_put_back(monkeypatch):
    monkeypatch.setattr(deadline, "SECONDS_A_FILE", 0.02)
    before = signal.getsignal(signal.SIGPROF), signal.getsignal(signal.SIGALRM)
    run = Deadline(0.01)
    with run.watched():
        busy(0.2)
    assert (signal.getsignal(signal.SIGPROF), signal.getsignal(signal.SIGALRM)) == before
    assert signal.getitimer(signal.ITIMER_PROF) == signal.getitimer(signal.ITIMER_REAL) == (0, 0)
