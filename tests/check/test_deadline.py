"""What is under way when a run has to be over is given up."""

import signal
import time

import pytest

from advisor.scan.deadline import Deadline, OutOfTimeError

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="nothing can be stopped in the middle here"
)


def test_what_is_under_way_ends_and_an_exception_that_python_loses_is_raised_again():
    run = Deadline(0.1)
    with run.watched():
        for _ in range(3):  # the first two are swallowed
            with pytest.raises(OutOfTimeError):
                time.sleep(60)
    assert not run.left


def test_nothing_is_raised_behind_it_and_the_handler_is_put_back():
    before = signal.getsignal(signal.SIGALRM)
    with Deadline(0.6).watched():
        time.sleep(0.1)
    time.sleep(0.8)
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
