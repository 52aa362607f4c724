"""How a function becomes a command: its options, groups of options, rules, flags for questions."""

from pathlib import Path
from typing import Annotated

import pytest
import typer

from advisor.console.commands import Given, Options, as_command
from advisor.console.options import CriteriaFirst
from advisor.console.output import Shown
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase

FOUND = {}


def size(
    width: Annotated[int, typer.Option("--width", min=1)] = 3,
    height: Annotated[int, typer.Option("--height", min=1)] = 4,
) -> tuple[int, int]:
    return width, height


def example(
    paths: Annotated[list[Path], typer.Argument(metavar="[PATH]...")] = [],  # noqa: B006
    *,
    given: Given,
    area: Annotated[tuple[int, int], Options(size)],
    first: CriteriaFirst,
    fast: Annotated[bool, typer.Option("--fast", help="Be quick.")] = False,
    rulebase: RuleBase,
    shown: Shown,
) -> int:
    """Do what an example does."""
    FOUND.update(
        paths=paths, given=given, area=area, first=first, fast=fast, rulebase=rulebase, shown=shown
    )
    return 0


def run(*words, overlays=()):
    command = as_command(example, "example", list(overlays))
    command.main([str(word) for word in words], "example", standalone_mode=False)
    return FOUND


def test_a_group_of_options_is_one_value():
    assert run("--height", "7")["area"] == (3, 7)


def test_arguments_come_as_their_type():
    assert run("a", "b/c")["paths"] == [Path("a"), Path("b/c")]
    assert run()["paths"] == []


def test_flags_and_a_file_are_one_profile(tmp_path):
    file = tmp_path / "profile.yaml"
    file.write_text("task: vqa\nlanguage: de\n")
    given = run("--profile", file, "--task", "captioning", "--pairs", "5,000")["given"]
    assert {id: (answer.options, answer.origin) for id, answer in given.items()} == {
        "task": (("captioning",), "flag"),
        "language": (("de",), "file"),
        "pairs": (given["pairs"].options, "flag"),
    }
    assert given["pairs"].value == 5000


def test_an_output_is_a_file_or_an_answer():
    found = run("--gives", "free-text", "--output", "json=answer.json")
    assert found["given"]["output"].options == ("free-text",)
    assert found["shown"].files == [("json", Path("answer.json"))]


def test_a_group_may_need_the_rules(weather):
    found = run("--priority", "scale", "--rules", weather, "--weather", "fine", overlays=[weather])
    assert found["first"] == ("scale",)
    assert found["rulebase"].folders == (str(weather),)
    assert found["given"]["weather"].options == ("sunny",)


def test_a_group_refuses_before_the_command_runs():
    with pytest.raises(UsageError, match=r"unknown criterion `scal`\. Did you mean `scale`"):
        run("--priority", "scal")


def test_help_shows_arguments_then_questions_then_options(capsys):
    run("--help")
    text = capsys.readouterr().out
    assert text.startswith("Usage: example [OPTIONS] [PATH]...\n\n  Do what an example does.")
    assert text.index("--task") < text.index("--profile") < text.index("--width")
    assert text.index("--width") < text.index("--fast") < text.index("--format")
    assert text.count("--rules") == text.count("--format FORMAT") == 1
