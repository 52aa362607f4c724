"""Small programs that nobody wrote the rules from: what is wrong is found at its line, no more."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROWS = yaml.safe_load((Path(__file__).parent / "programs.yaml").read_text("utf-8"))["programs"]
MISSED = 33
"""Of these programs as many are no longer found in all places: no more may be."""
MARK = re.compile(r"  # wrong: ([a-z-]+)")


def files_of(row):
    """The files of a program without their marks, and what they mark: (path, line, rule)."""
    if "cells" in row:
        cells = [
            {"cell_type": "code", "metadata": {}, "outputs": [], "source": cell.splitlines(True)}
            for cell in row["cells"]
        ]
        return {"app.ipynb": json.dumps({"cells": cells, "metadata": {}, "nbformat": 4})}, set()
    files = row.get("files") or {"app.py": row["code"]}
    marked = {
        (name, number, found[1])
        for name, text in files.items()
        for number, line in enumerate(text.split("\n"), 1)
        if (found := MARK.search(line))
    }
    return {name: MARK.sub("", text) for name, text in files.items()}, marked


def as_parameter(row):
    missed = [pytest.mark.xfail(strict=True, reason=row["missed"])] if "missed" in row else []
    return pytest.param(row, id=row["id"], marks=missed)


ALIKE = {row["id"]: row for row in ROWS if "code" in row}
"""Programs of one file, under one release: checked at once, each in a folder of its name."""
FOUND_IN_ALIKE = {}


@pytest.fixture
def found(check):
    """Return what is found at warning or above in a program: (path, line, rule), of each place.

    The first place of a finding stands apart, as it is the line to change.
    """

    def places(result):
        for each in result.of("error", "warning"):
            for number, at in enumerate((each, *each.get("places", ()))):
                yield at["path"], at["line"], each["rule"], number == 0

    def call(row):
        files, _ = files_of(row)
        if row["id"] not in ALIKE:
            pinned = any("requirements" in name or "pyproject" in name for name in files)
            ask = () if pinned or "cells" in row else ("--transformers", "5.24")
            return {*places(check(files, *ask))}
        if not FOUND_IN_ALIKE:
            folders = {f"{id}/app.py": files_of(each)[0]["app.py"] for id, each in ALIKE.items()}
            for path, *rest in places(check(folders, "--transformers", "5.24")):
                id, _, name = path.partition("/")
                FOUND_IN_ALIKE.setdefault(id, set()).add((name, *rest))
        return FOUND_IN_ALIKE.get(row["id"], set())

    return call


@pytest.mark.parametrize("row", [*map(as_parameter, ROWS)])
def test_a_program_gets_what_is_wrong_with_it_and_nothing_else(found, row):
    _, marked = files_of(row)
    said = found(row)
    named = {(path, line, rule) for path, line, rule, _ in said}
    assert marked <= named if marked else not named
    lines = {(path, line) for path, line, _, first in said if first}
    assert lines <= {(path, line) for path, line, _ in marked}


def test_no_right_program_is_missed_and_few_wrong_ones_are():
    missed = [row for row in ROWS if "missed" in row]
    assert len(missed) <= MISSED
    assert all(files_of(row)[1] for row in missed)
