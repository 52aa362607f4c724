"""`advisor rules graph`: its formats and its errors."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

pytestmark = pytest.mark.usefixtures("small_rules")

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "rules-graph.schema.json"


def test_the_tree_is_printed(advisor):
    result = advisor("rules", "graph")
    assert result.code == 0
    assert result.out.startswith("Which answers lead where\n")
    assert "├─ " in result.out


def test_a_task_starts_after_the_task(advisor):
    found = advisor("rules", "graph", "--task", "find", "--format", "json").json
    assert found["given"] == {"task": ["find"]}
    assert all(step["question"] != "task" for path in found["paths"] for step in path["steps"])
    assert sum(path["profiles"] for path in found["paths"]) <= found["profiles"]


def test_so_many_paths_as_asked_for(advisor):
    found = advisor("rules", "graph", "--task", "find", "--paths", "2", "--format", "json").json
    profiles = [path["profiles"] for path in found["paths"]]
    assert len(profiles) == 2
    assert profiles == sorted(profiles, reverse=True)


@pytest.mark.parametrize(
    ("format", "start"),
    [
        ("mermaid", "flowchart LR\n"),
        ("markdown", "## Finding images"),
        ("html", "<!doctype html>"),
    ],
)
def test_every_format_is_printed_and_written(advisor, tmp_path, format, start):
    file = tmp_path / "map"
    task = ("--task", "find")
    result = advisor("rules", "graph", *task, "--format", format, "--output", f"{format}={file}")
    assert result.code == 0
    assert result.out.startswith(start)
    assert file.read_text(encoding="utf-8") == result.out


def test_a_decided_task_has_one_path(advisor):
    found = advisor("rules", "graph", "--task", "outline", "--format", "json").json
    assert [path["steps"] for path in found["paths"]] == [[]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "svg"], "unknown format `svg`"),
        (["--paths", "0"], "`--paths 0` is not a positive number"),
        (["--task", "describ"], "did you mean `describe`?"),
        (["--output", "mermiad=x"], "did you mean `mermaid`?"),
    ],
)
def test_what_cannot_be_drawn_is_said(advisor, arguments, message):
    result = advisor("rules", "graph", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_json_follows_its_schema(advisor):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for task in ("find", "outline", "describe"):
        found = advisor("rules", "graph", "--task", task, "--format", "json").json
        assert [e.message for e in Draft202012Validator(schema).iter_errors(found)] == []
