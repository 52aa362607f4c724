"""A chat template: a program of whoever made the checkpoint, run within bounds on time and memory.

The library runs it in a sandbox, from which it reaches nothing; what it repeats has no end there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from advisor.scan.deadline import Deadline, OutOfTimeError
from advisor.trial.failures import BrokenCheckpointError
from advisor.trial.own_process import TookTooMuchError, in_own_process
from advisor.trial.runtime import first_words
from advisor.trial.tokenizer_rules import MOST_LETTERS

MOST_MB = 500
MOST_SECONDS = 5
"""After which the system ends what no deadline of Python's interrupts."""
MOST_CHARACTERS = 100_000
"""Of a rendered turn, beside what was asked."""
MOST_BITS = 10_000
"""Of a number that a template computes; the time for larger ones grows faster than they do."""


def rendered(name: str, render: Callable[[], str], asked: str, growth: float = 1.0) -> str:
    """Return what a chat template makes of a turn; BrokenCheckpointError where it has no end.

    `growth` is how much longer its tokenizer makes it.
    """
    most = min(MOST_CHARACTERS, MOST_LETTERS / growth) + 2 * len(asked)
    deadline = Deadline()

    def made() -> str:
        try:
            with deadline.watched(), deadline, _small_products():
                text = render()
        except (OutOfTimeError, OverflowError) as error:  # the second for a range too long
            raise TookTooMuchError from error
        if len(text) > most:
            raise TookTooMuchError
        return text

    again = "fetch the checkpoint again"
    try:
        return in_own_process(made, MOST_MB, MOST_SECONDS)
    except (TookTooMuchError, MemoryError) as error:
        message = f"the chat template of `{name}` makes no end"
        raise BrokenCheckpointError(message, hint=again) from error
    except ValueError as error:
        message = f"the chat template of `{name}` cannot be used: {first_words(error)}"
        raise BrokenCheckpointError(message, hint=f"{again}, or choose another") from error


def literal(text: str) -> str:
    """Return a chat template that is a text."""
    escaped = text.encode("unicode-escape").decode("ascii").replace('"', r"\"")
    return f'{{{{ "{escaped}" }}}}'


@contextmanager
def _small_products() -> Iterator[None]:
    """Refuse a power or a product that would be huge, before it is computed.

    A number of millions of digits is made within one instruction, which no deadline interrupts.
    jinja2 asks its sandbox before these operators where the sandbox says so when the template is
    compiled, which is the first time that it is rendered.
    """
    from jinja2.sandbox import SandboxedEnvironment

    asked, compute = SandboxedEnvironment.intercepted_binops, SandboxedEnvironment.call_binop

    def small(self: Any, context: Any, operator: str, left: Any, right: Any) -> Any:
        if _size(operator, left, right) > MOST_BITS:
            raise MemoryError
        return compute(self, context, operator, left, right)

    SandboxedEnvironment.intercepted_binops = frozenset({"*", "**"})
    SandboxedEnvironment.call_binop = small  # type: ignore[method-assign]
    try:
        yield
    finally:
        SandboxedEnvironment.intercepted_binops = asked
        SandboxedEnvironment.call_binop = compute  # type: ignore[method-assign]


def _size(operator: str, left: Any, right: Any) -> int:
    """How many bits the result of an operator has, at most; 0 for what is no whole number."""
    if not (isinstance(left, int) and isinstance(right, int)):
        return 0
    bits, others = left.bit_length(), right.bit_length()
    if operator == "*":
        return bits + others
    return bits * max(right, 0) if bits > 1 else 0
