"""How much Python does, told by the lines that it runs: no busy machine changes that."""

import sys


def steps(function):
    """Return how many lines, calls and returns Python went through until a function was done."""
    counted, before = 0, sys.gettrace()

    def count(_frame, _event, _argument):
        nonlocal counted
        counted += 1
        return count

    sys.settrace(count)
    try:
        function()
    finally:
        sys.settrace(before)
    return counted
