"""How much time and memory a proof may take, and what is raised where that does not suffice."""

from __future__ import annotations

from collections.abc import Callable

from advisor.engine.graph import Spend

MOST_EDGES = 1_500_000
"""So many edges one graph may have: about 400 MB and 20 seconds."""


class NotProvedError(Exception):
    """A proof that was given up; the message says which bound it met."""


class Budget:
    """Seconds for all proofs together, and edges for each graph.

    `clock` gives seconds from anywhere; it is passed in, so that nothing here reads the time.
    """

    def __init__(self, seconds: float, clock: Callable[[], float], edges: int = MOST_EDGES) -> None:
        self.seconds = seconds
        self.edges = edges
        self._clock = clock
        self._end = clock() + seconds

    def check(self) -> None:
        """Raise NotProvedError where the time is used up."""
        if self._clock() > self._end:
            raise NotProvedError(f"the budget of {self.seconds:g} seconds is used up")

    def room(self) -> Spend:
        """Return what bounds one graph: raises NotProvedError where it grows too large."""
        made = 0

        def spend(edges: int) -> None:
            nonlocal made
            made += edges
            if made > self.edges:
                raise NotProvedError(f"a graph needs more than {self.edges:,} edges")
            self.check()

        return spend
