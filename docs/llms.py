"""Writes llms.txt, a map of the documentation for language models: https://llmstxt.org.

What each page is about stands in the list of docs/README.md and nowhere else. `--check` exits 1
where the file is not current, or where a page of docs/ is missing from that list.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from docs import generated

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "llms.txt"
ITEM = re.compile(r"^- (?P<links>\[.+?\)): (?P<about>.+)$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)]+)\)")
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
OPTIONAL = {
    "CONTRIBUTING.md": "the house, its checks, and how to add a checkpoint, a rule or a command",
    "CHANGELOG.md": "what changed for users, rules by id",
}
HEAD = """\
# advisor

> Which kind of vision-language model fits a task (CLIP, VisionEncoderDecoder, unified VLP), which
> checkpoint, and why: a command-line tool and Python library that decides by rules with sources.

- [README](README.md): what it is, the two commands, and every command with its real output
- [The skill for coding agents](advisor/agents/skill/SKILL.md): when to ask, how to read the answer
"""


def current() -> dict[Path, str]:
    """Return the text of the file, by its path."""
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    rows = [
        f"- [{_title(f'docs/{path}')}](docs/{path}): {item['about']}"
        for item in ITEM.finditer(index)
        for path in LINK.findall(item["links"])
    ]
    rest = [f"- [{_title(path)}]({path}): {about}" for path, about in OPTIONAL.items()]
    documentation = ["## Documentation\n", *rows, ""]
    parts = [HEAD, *documentation, "## Optional\n", *rest]
    return {FILE: "\n".join(parts) + "\n"}


def _title(path: str) -> str:
    page = ROOT / path
    if page.is_dir():
        page = page / "README.md"
    found = TITLE.search(page.read_text(encoding="utf-8"))
    return found[1].replace("`", "") if found else path


def missing() -> list[str]:
    """Return the pages of docs/ that docs/README.md does not list."""
    text = next(iter(current().values()))
    pages = sorted(page.name for page in (ROOT / "docs").glob("*.md"))
    return [name for name in pages if name != "README.md" and name not in text]


def main(arguments: list[str]) -> int:
    """Write the file, or check it; return the exit code."""
    if problems := [f"docs/README.md does not list {name}" for name in missing()]:
        return generated.complain(problems)
    return generated.keep(arguments, current(), "python docs/llms.py")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
