"""No flag has two meanings; how flags were called before works for good."""

import pytest

from advisor.console.flags import Spelling
from advisor.errors import UsageError

SPELLING = Spelling(
    {"--output": "--gives", "--labels": "--multi-label"},
    frozenset({"--output", "--format"}),
    {"--multi-label": ("several", frozenset({"several", "one"}))},
)


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("--output ranking", "--gives ranking"),
        ("--output=ranking", "--gives=ranking"),
        ("--output json=a.json", "--output json=a.json"),
        ("--output=json=a.json", "--output=json=a.json"),
        ("--gives ranking --output md=b", "--gives ranking --output md=b"),
        ("--labels one", "--multi-label one"),
        ("--multi-label", "--multi-label=several"),
        ("--multi-label --format json", "--multi-label=several --format json"),
        ("--multi-label one", "--multi-label one"),
        ("--multi-label ONE,several", "--multi-label ONE,several"),
        ("--multi-label tags", "--multi-label=several tags"),
        ("-- --output ranking", "-- --output ranking"),
        ("--gives --output", "--gives --output"),
        ("--output", "--gives"),
        ("", ""),
    ],
)
def test_words_are_put_right_before_they_are_parsed(words, right):
    assert " ".join(SPELLING.put_right(words.split())) == right


def test_a_count_is_no_answer_to_which_labels_can_be_right():
    with pytest.raises(UsageError, match="`--labels` does not accept a number such as `300`"):
        SPELLING.put_right(["--labels", "300"])


def told(advisor, *arguments):
    result = advisor("recommend", *arguments, "--format", "json")
    assert result.code == 0, result.err
    return result


def test_what_comes_out_is_asked_for_with_output_type(advisor):
    now = told(advisor, "--output-type", "embedding", "--task", "embeddings")
    for flag in ("--gives", "--output"):
        before = told(advisor, flag, "vector", "--task", "embeddings")
        assert (before.json, before.err) == (now.json, "")
    assert now.err == ""
    assert "--output-type embedding" in now.json["command"]
    assert now.json["profile"]["output"] == {"options": ["vector"], "origin": "flag"}


def test_output_writes_files_and_answers_nothing(advisor, tmp_path):
    file = tmp_path / "answer.json"
    result = told(advisor, "--task", "embeddings", "--output", f"json={file}")
    assert result.err == f"advisor: wrote {file}\n"
    assert file.is_file()
    assert result.json["profile"].get("output", {}).get("origin") != "flag"


def test_several_labels_are_a_flag_that_may_stand_alone(advisor):
    alone = told(advisor, "--task", "zero-shot-classification", "--multi-label")
    said = told(advisor, "--multi-label", "several", "--task", "zero-shot-classification")
    before = told(advisor, "--labels", "several", "--task", "zero-shot-classification")
    assert alone.json == said.json == before.json
    assert alone.json["profile"]["labels"]["options"] == ["several-or-none-true"]


@pytest.mark.parametrize("command", ["try", "compose"])
def test_where_torch_runs_is_not_where_it_has_to_run(advisor, command):
    result = advisor("help", command)
    assert "--torch-device" in result.out
    assert "--device" not in result.out.replace("--torch-device", "")


def test_every_command_has_one_meaning_a_flag(advisor):
    """A flag of two commands takes values of the same form."""
    from advisor.cli.program import COMMANDS, Command, program

    forms: dict[str, set[str]] = {}
    for name, entry in COMMANDS.items():
        if isinstance(entry, Command):
            for option in program().get_command(None, name).params:
                for flag in option.opts:
                    forms.setdefault(flag, set()).add(option.metavar or "")
    mixed = {flag for flag in ("--output", "--labels", "--device") if len(forms[flag]) != 1}
    assert not mixed


@pytest.mark.parametrize(
    ("file", "begins"),
    [
        ("x.html", "<!doctype html>"),
        ("./a=b/run.py", "# "),
        ("answer.JSON", "{"),
        ("choice.md", "## "),
        ("html=page", "<!doctype html>"),
    ],
)
def test_the_suffix_of_a_file_names_its_format(advisor, tmp_path, monkeypatch, file, begins):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a=b").mkdir()
    assert advisor("recommend", "--task", "captioning", "-o", file).code == 0
    written = tmp_path / file.removeprefix("html=")
    assert written.read_text(encoding="utf-8").lower().startswith(begins)


@pytest.mark.parametrize("file", ["./answer", "x.xml", "x.sarif", "./a=b", "json="])
def test_a_file_that_names_no_format_is_refused_with_the_suffixes_that_do(advisor, file):
    result = advisor("recommend", "--task", "captioning", "--output", file)
    assert result.code == 2
    assert ".html, .json, .md, .py or .ipynb" in " ".join(result.err.split())


def test_json_is_the_format_by_a_flag(advisor):
    words = ("recommend", "--task", "captioning")
    assert advisor(*words, "--json").json == advisor(*words, "--format", "json").json
    assert advisor("recommend", "--task", "nonsense", "--json").json["error"]
