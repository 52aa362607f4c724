"""Draws docs/decision-map.svg: the map that `advisor rules graph` draws of the shipped rules.

`python docs/decision_map.py` writes it, `--check` exits 1 where it is not current.
"""

from __future__ import annotations

import sys
from pathlib import Path

from docs.generated import keep

PICTURE = Path(__file__).resolve().parent / "decision-map.svg"
PATHS = 10


def picture() -> str:
    """Return the SVG."""
    from advisor.audit.decision_map import decision_map
    from advisor.audit.decision_map_drawings import svg
    from advisor.rulebase.store import load_rules

    return svg(decision_map(load_rules(), {}, PATHS))


def main(arguments: list[str]) -> int:
    """Write the picture, or compare it; return the exit code."""
    return keep(arguments, {PICTURE: picture()}, "python docs/decision_map.py")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
