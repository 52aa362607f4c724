"""Small programs that nobody wrote the rules from: what is wrong is found at its line, no more."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROWS = yaml.safe_load((Path(__file__).parent / "programs.yaml").read_text("utf-8"))["programs"]
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


@pytest.mark.parametrize("row", [*map(as_parameter, ROWS)])
def test_a_program_gets_what_is_wrong_with_it_and_nothing_else(check, row):
    files, marked = files_of(row)
    pinned = any("requirements" in name or "pyproject" in name for name in files)
    ask = () if pinned or "cells" in row else ("--transformers", "5.24")
    result = check(files, *ask)
    said = {
        (at["path"], at["line"], one["rule"])
        for one in result.of("error", "warning")
        for at in (one, *one.get("places", ()))
    }
    assert marked <= said if marked else not said
    named = {(one["path"], one["line"]) for one in result.of("error", "warning")}
    assert named <= {(path, line) for path, line, _ in marked}


def test_no_right_program_is_missed_and_few_wrong_ones_are():
    missed = [row for row in ROWS if "missed" in row]
    assert len(missed) <= 17
    assert all(files_of(row)[1] for row in missed)
