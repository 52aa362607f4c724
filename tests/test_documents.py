"""README and docs/ stay short, and every link in them leads somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
GENERATED = re.compile(r"\]\]\] -->.*?<!-- \[\[\[end\]\]\] -->", re.DOTALL)
MOST_README, MOST_WRITTEN = 120, 2500
COMMANDS = "commands.md"


def headings(text):
    """The anchors of a page, as GitHub makes them."""
    outside = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.+)$", outside, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_the_readme_is_short_and_begins_with_the_two_commands():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_README
    first = "\n".join(lines[:30])
    assert "pip install ." in first
    assert "pytest" in first


def test_eleven_pages_hold_what_a_person_wrote():
    pages = [one for one in PAGES if one.parent.name == "docs"]
    assert len(pages) == 11 + len({"README.md", COMMANDS})
    written = (GENERATED.sub("", one.read_text(encoding="utf-8")) for one in pages)
    assert sum(len(text.splitlines()) for text in written) <= MOST_WRITTEN


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page):
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        name, _, anchor = link.partition("#")
        file = page.parent / name if name else page
        if link.startswith(("https:", "http:")):
            continue
        if not file.exists() or (anchor and anchor not in headings(file.read_text("utf-8"))):
            broken.append(link)
    assert broken == []
