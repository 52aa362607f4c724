"""Draws the maps that `advisor rules graph` draws of the shipped rules: of all tasks, and of each.

docs/decision-map.svg has the commonest paths over all tasks, docs/maps/TASK.svg every path of one
task of which something is asked. `python docs/decision_map.py` writes them, `--check` exits 1 where
one is not current.
"""

from __future__ import annotations

import sys
from pathlib import Path

from docs.generated import complain, stale, write

FOLDER = Path(__file__).resolve().parent
PICTURE, MAPS = FOLDER / "decision-map.svg", FOLDER / "maps"
PATHS, MOST = 10, 40


def pictures() -> tuple[dict[Path, str], dict[Path, str]]:
    """Return the SVG of all tasks, and that of each task which asks something, by their paths."""
    from advisor.audit.decision_map import decision_map
    from advisor.audit.decision_map_drawings import svg
    from advisor.engine.profile import make_profile
    from advisor.rulebase.store import load_rules

    rules = load_rules()
    maps = {}
    for task in rules.tasks:
        drawn = decision_map(rules, make_profile(rules, {"task": task.id}), MOST)
        if drawn.known > 1:
            maps[MAPS / f"{task.id}.svg"] = svg(drawn)
    return {PICTURE: svg(decision_map(rules, {}, PATHS))}, maps


def main(arguments: list[str]) -> int:
    """Write the pictures, or compare them; return the exit code."""
    whole, maps = pictures()
    if "--check" not in arguments:
        write({**whole, **maps})
        return 0
    names = [*stale(whole), *stale(maps, MAPS)]
    return complain(
        [f"docs: {name} is not current: run `python docs/decision_map.py`" for name in names]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
