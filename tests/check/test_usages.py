"""Real uses of checkpoints, written out as code: the wrong ones are found, the right ones not."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROWS = yaml.safe_load((Path(__file__).parent / "usages.yaml").read_text(encoding="utf-8"))["usages"]
MARK = "# wrong: "
LEAST_FOUND, WRONG = 30, 34
BY_KIND = {
    "base-checkpoint": {"pretrained-only"},
    "class-mismatch": {"class-does-not-match", "weights-random-or-unused"},
    "no-decoder": {"task-not-done"},
    "removed-api": {"removed-class"},
    "removed-pipeline": {"removed-pipeline"},
    "suspicious-id": {"suspicious-id"},
    "task-mismatch": {"task-not-done"},
    "wrong-activation": {"softmax-for-sigmoid"},
}
"""Which rules are the right ones for what is wrong with a row."""


def written(row):
    """The name and text of a row's file, and the lines of it to be reported: line -> rule."""
    name = row.get("file", "app.py")
    if "cells" in row:
        cells = [
            {"cell_type": "code", "metadata": {}, "outputs": [], "source": cell.splitlines(True)}
            for cell in row["cells"]
        ]
        text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}, indent=1)
    else:
        text = row["code"]
    marked = [(n, line) for n, line in enumerate(text.split("\n"), 1) if MARK in line]
    rules = {n: re.search(r"# wrong: ([a-z-]+)", line)[1] for n, line in marked}
    return name, re.sub(r"  # wrong: [a-z-]+", "", text), rules


def places(result):
    """Every place of what is said at warning or above: path, line, rule."""
    return [
        (at["path"], at["line"], one["rule"])
        for one in result.of("error", "warning")
        for at in (one, *one.get("places", ()))
    ]


def as_parameter(row):
    missed = [pytest.mark.xfail(strict=True, reason=row["missed"])] if "missed" in row else []
    return pytest.param(row, id=row["id"], marks=missed)


EACH = {row["id"]: {written(row)[0]: written(row)[1], "README.yaml": "a: b\n"} for row in ROWS}


@pytest.mark.parametrize("row", [as_parameter(row) for row in ROWS])
def test_a_wrong_use_is_found_at_its_line_and_a_right_one_is_left_alone(at_once, row):
    _, _, rules = written(row)
    found = {
        (each.line, each.rule)
        for each in at_once(EACH, "--transformers", "5.24")[row["id"]]
        if each.level in ("error", "warning")
    }
    assert rules.items() <= found if rules else not found


def test_at_most_four_wrong_uses_are_known_to_be_missed():
    wrong = [row for row in ROWS if written(row)[2]]
    assert len(wrong) == WRONG
    assert sum("missed" in row for row in wrong) <= WRONG - LEAST_FOUND


def test_the_same_uses_written_by_somebody_else_are_judged_the_same(advisor, monkeypatch, tmp_path):
    """The files in usages/ were written for the scanner, by another hand and before the rules."""
    import shutil

    folder = Path(__file__).parent / "usages"
    expected = yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))
    shutil.copytree(folder, tmp_path / "code", ignore=shutil.ignore_patterns("expected.yaml"))
    monkeypatch.chdir(tmp_path / "code")
    result = advisor("check", "--transformers", "5.24", "--format", "json")
    said = set(places(result))
    wrong = [row for row in expected if row["verdict"] != "ok"]
    found = [
        row
        for row in wrong
        for rules in [set().union(*(BY_KIND.get(kind, set()) for kind in row["kinds"]))]
        if any((row["file"], row["line"], rule) in said for rule in rules)
    ]
    right = {row["file"] for row in expected} - {row["file"] for row in wrong}
    missed = sorted({row["id"] for row in wrong} - {row["id"] for row in found})
    assert (len(found), len(right)) >= (LEAST_FOUND, len(ROWS) - WRONG), missed
    assert not {(path, rule) for path, _, rule in said if path in right}
