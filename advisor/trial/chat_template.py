"""A chat template: a program of whoever made the checkpoint, run within bounds on time and memory.

The library runs it in a sandbox, from which it reaches nothing; what it repeats has no end there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from advisor.scan.deadline import Deadline, OutOfTimeError
from advisor.trial.failures import BrokenCheckpointError
from advisor.trial.placement import field_mb

MOST_MB = 500
MOST_CHARACTERS = 100_000
"""Of a rendered turn, beside what was asked."""


def rendered(name: str, render: Callable[[], str], asked: str) -> str:
    """Return what a chat template makes of a turn; BrokenCheckpointError where it has no end."""
    deadline = Deadline()
    try:
        with deadline.watched(), deadline, _little_memory():
            text = render()
    except (OutOfTimeError, MemoryError):
        text = None
    if text is None or len(text) > MOST_CHARACTERS + 2 * len(asked):
        raise BrokenCheckpointError(
            f"the chat template of `{name}` makes no end", hint="fetch the checkpoint again"
        )
    return text


def literal(text: str) -> str:
    """Return a chat template that is a text."""
    escaped = text.encode("unicode-escape").decode("ascii").replace('"', r"\"")
    return f'{{{{ "{escaped}" }}}}'


@contextmanager
def _little_memory() -> Iterator[None]:
    """Let this process take no more than `MOST_MB`, where the system can hold it to that."""
    used = field_mb("/proc/self/status", "VmSize:")
    with contextlib.ExitStack() as after:
        with contextlib.suppress(ImportError, OSError, ValueError):
            import resource

            soft, hard = resource.getrlimit(resource.RLIMIT_AS)
            most = int((used or 0) + MOST_MB) * 2**20
            if used is not None and (soft == resource.RLIM_INFINITY or soft > most):
                resource.setrlimit(resource.RLIMIT_AS, (most, hard))
                after.callback(resource.setrlimit, resource.RLIMIT_AS, (soft, hard))
        yield
