"""What both engines go by: the bounds, shares and orders of Python that the page is given.

Each stands once, in the module that declares it; the page has none of its own.
"""

from __future__ import annotations

from typing import Any

from advisor.decide import (
    alternatives,
    command_lines,
    memory,
    placing,
    precedence,
    programs,
    ranking,
    reasons,
    requirements,
)
from advisor.draw.formats import plain
from advisor.engine import decision
from advisor.interview import finalists, session, strategy
from advisor.model import LOADERS

DECLARED: dict[Any, tuple[str, ...]] = {
    decision: ("VERDICTS",),
    memory: ("LEAST_GB",),
    programs: ("LOADING",),
    requirements: ("PLURAL", "UNITS", "LEARNT", "RIGHTS", "RESTRICTIONS", "NO_LANGUAGE"),
    placing: ("MADE_FOR", "OPENNESS", "UNKNOWN_SIZE", "CLEARLY_LARGER"),
    precedence: ("ROUNDING",),
    ranking: ("NEARLY_ALL",),
    alternatives: ("FREEDOM", "NOTABLY_SMALLER"),
    command_lines: ("ASKED_OF_THE_HUB",),
    reasons: ("MOST_WORK", "LEAST_TRIES", "WALKED_A_TRY"),
    strategy: ("BUDGET_NODES",),
    finalists: ("MOST_SITUATIONS",),
    session: ("MOST_ASKED",),
}
"""The constants that the page needs, by the module that declares them."""


def constants() -> dict[str, Any]:
    """Return the constants as they are now, by their names in lower case."""
    found: dict[str, Any] = {"loaders": plain(LOADERS), "max_size": 3, "most_combinations": 20_000}
    for module, names in DECLARED.items():
        found |= {name.lower(): plain(getattr(module, name)) for name in names}
    return found
