"""Each finding of the hostile review has a test with its number; docs/security.md says where.

Numbers of what was tried against projects begin with A, of broken machines and wrong use with B.
"""

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "security.md"
GONE = {"A14", "B25", "B26"}  # of a saved interview and of what `catalogue add` wrote
FINDINGS = {*(f"A{n}" for n in range(1, 25)), *(f"B{n}" for n in range(1, 28))} - GONE


def numbered():
    """The files with tests of each finding: `test_a5_a6_...` is one of A5 and of A6."""
    found = {}
    for file in TESTS.rglob("test_*.py"):
        for numbers in re.findall(
            r"^def test_((?:[ab]\d+_)+)", file.read_text("utf-8"), re.MULTILINE
        ):
            for number in numbers.strip("_").upper().split("_"):
                found.setdefault(number, set()).add(file.relative_to(TESTS.parent).as_posix())
    return found


def test_each_finding_has_a_test_with_its_number():
    assert set(numbered()) == FINDINGS


def test_the_page_names_the_files_of_each():
    rows = re.findall(r"^\| ((?:[AB]\d+,? ?)+)\| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    told = {
        number: set(re.findall(r"`([^`]+)`", files))
        for numbers, files in rows
        for number in re.findall(r"[AB]\d+", numbers)
    }
    assert told == numbered()
