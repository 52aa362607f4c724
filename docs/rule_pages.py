"""Writes docs/checks/*.md: the page of every rule of `advisor check`, and a list of them.

`--check` exits 1 where one is not current.
"""

from __future__ import annotations

import sys
from pathlib import Path

from advisor.report.check_page import rule_page
from advisor.report.markdown import markdown
from advisor.report.page import Heading, Table, Text
from advisor.rulebase.store import load_rules

FOLDER = Path(__file__).resolve().parent / "checks"


def current() -> dict[Path, str]:
    """Return the text of every page by its path."""
    rulebase = load_rules()
    pages = {FOLDER / f"{id}.md": markdown(rule_page(rulebase, id)) for id in rulebase.checks}
    rows = tuple((f"[{r.id}]({r.id}.md)", r.level, r.summary) for r in rulebase.checks.values())
    index = [
        Heading("Rules of `advisor check`", 1),
        Text("Written by docs/rule_pages.py from rules/checks/."),
        Table(("rule", "level", "about"), rows),
    ]
    return {FOLDER / "README.md": markdown(index), **pages}


def stale() -> list[str]:
    """Return the names of pages that differ from the rules, or are left of an old one."""
    texts = current()
    differing = [
        path
        for path, text in texts.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    return sorted(path.name for path in {*differing, *(set(FOLDER.glob("*")) - set(texts))})


def main() -> int:
    """Write the pages, or with `--check` say which are not current."""
    if sys.argv[1:] == ["--check"]:
        for name in stale():
            print(f"docs/checks/{name} is not current; run `python -m docs.rule_pages`")
        return 1 if stale() else 0
    FOLDER.mkdir(exist_ok=True)
    texts = current()
    for path in set(FOLDER.glob("*")) - set(texts):
        path.unlink()
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
