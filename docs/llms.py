"""Writes llms.txt, a map of the documentation for language models: https://llmstxt.org.

What each page is about stands in the list at the end of README.md and nowhere else. `--check` exits
1 where the file is not current, or where a page of docs/ is missing from that list.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from docs import generated

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "llms.txt"
ITEM = re.compile(r"^- (?P<links>\[.+?\)): (?P<about>.+)$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\((docs/[^)]+)\)")
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
OPTIONAL = {
    "CONTRIBUTING.md": "the house, its checks, and how to add a checkpoint, a rule or a command",
    "CHANGELOG.md": "what changed for users, rules by id",
}
HEAD = """\
# advisor

> Which kind of vision-language model fits a task (CLIP, VisionEncoderDecoder, unified VLP), which
> checkpoint, and why: a command-line tool and Python library that decides by rules with sources.

- [README](README.md): what it is, the two commands, and every act with its real output
- [The skill for coding agents](advisor/agents/skill/SKILL.md): when to ask, how to read the answer
"""


def current() -> dict[Path, str]:
    """Return the text of the file, by its path."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [
        f"- [{_title(path)}]({path}): {item['about']}"
        for item in ITEM.finditer(readme)
        for path in LINK.findall(item["links"])
    ]
    rest = [f"- [{_title(path)}]({path}): {about}" for path, about in OPTIONAL.items()]
    ci = [page.relative_to(ROOT).as_posix() for page in sorted((ROOT / "docs" / "ci").glob("*.md"))]
    jobs = [f"- [{_title(path)}]({path})" for path in ci]
    documentation = ["## Documentation\n", *rows, "", "## Jobs to copy\n", *jobs, ""]
    parts = [HEAD, *documentation, "## Optional\n", *rest]
    return {FILE: "\n".join(parts) + "\n"}


def _title(path: str) -> str:
    page = ROOT / path
    if page.is_dir():
        page = page / "README.md"
    found = TITLE.search(page.read_text(encoding="utf-8"))
    return found[1].replace("`", "") if found else path


def missing() -> list[str]:
    """Return the pages of docs/ that README.md does not list."""
    text = next(iter(current().values()))
    return [page.name for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in text]


def main(arguments: list[str]) -> int:
    """Write the file, or check it; return the exit code."""
    if problems := [f"README.md does not list docs/{name}" for name in missing()]:
        return generated.complain(problems)
    return generated.keep(arguments, current(), "python docs/llms.py")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
