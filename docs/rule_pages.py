"""Writes docs/checks/*.md: the page of every rule of `advisor check`, and a list of them.

`--check` exits 1 where one is not current.
"""

from __future__ import annotations

import sys
from pathlib import Path

from advisor.catalogue.check_rule import rule_report
from advisor.draw.blocks import Heading, Table, Text
from advisor.draw.markdown import markdown
from advisor.rulebase.store import load_rules
from docs import generated

FOLDER = Path(__file__).resolve().parent / "checks"


def current() -> dict[Path, str]:
    """Return the text of every page by its path."""
    rulebase = load_rules()
    pages = {
        FOLDER / f"{id}.md": markdown(rule_report(rulebase, id).page()) for id in rulebase.checks
    }
    rows = tuple((f"[{r.id}]({r.id}.md)", r.level, r.summary) for r in rulebase.checks.values())
    index = [
        Heading("Rules of `advisor check`", 1),
        Text("Written by docs/rule_pages.py from rules/checks/."),
        Table(("rule", "level", "about"), rows),
    ]
    return {FOLDER / "README.md": markdown(index), **pages}


def stale() -> list[str]:
    """Return the names of pages that differ from the rules, or are left of an old one."""
    return generated.stale(current(), FOLDER)


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them; return the exit code."""
    if "--check" in arguments:
        run = "run `python docs/rule_pages.py`"
        return generated.complain([f"docs/checks/{name} is not current: {run}" for name in stale()])
    texts = current()
    for path in set(FOLDER.glob("*")) - set(texts):
        path.unlink()
    generated.write(texts)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
