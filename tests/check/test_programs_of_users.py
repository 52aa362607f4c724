"""Small programs that nobody wrote the rules from: what is wrong is found at its line, no more."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROWS = yaml.safe_load((Path(__file__).parent / "programs.yaml").read_text("utf-8"))["programs"]
MISSED = 25
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


ALIKE = {row["id"]: files_of(row)[0] for row in ROWS if "code" in row}
"""Programs of one file, under one release."""


@pytest.mark.parametrize("row", [*map(as_parameter, ROWS)])
def test_a_program_gets_what_is_wrong_with_it_and_nothing_else(at_once, row):
    files, marked = files_of(row)
    pinned = any("requirements" in name or "pyproject" in name for name in files)
    ask = () if pinned or "cells" in row else ("--transformers", "5.24")
    projects = ALIKE if row["id"] in ALIKE else {row["id"]: files}
    found = [
        each for each in at_once(projects, *ask)[row["id"]] if each.level in ("error", "warning")
    ]
    named = {(each.path, each.line, each.rule) for each in found}
    assert marked <= named if marked else not named
    lines = {(each.path, each.line) for each in found if each.first}
    assert lines <= {(path, line) for path, line, _ in marked}


def test_no_right_program_is_missed_and_few_wrong_ones_are():
    missed = [row for row in ROWS if "missed" in row]
    assert len(missed) <= MISSED
    assert all(files_of(row)[1] for row in missed)
