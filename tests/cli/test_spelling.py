"""No flag has two meanings; how flags were called before still works, and says so."""

import pytest

from advisor.console.flags import Spelling
from advisor.errors import UsageError

SPELLING = Spelling(
    {"--output": "--gives", "--labels": "--multi-label"},
    frozenset({"--output", "--format"}),
    {"--multi-label": ("several", frozenset({"several", "one"}))},
)


@pytest.mark.parametrize(
    ("words", "right", "noted"),
    [
        ("--output ranking", "--gives ranking", True),
        ("--output=ranking", "--gives=ranking", True),
        ("--output json=a.json", "--output json=a.json", False),
        ("--output=json=a.json", "--output=json=a.json", False),
        ("--gives ranking --output md=b", "--gives ranking --output md=b", False),
        ("--labels one", "--multi-label one", True),
        ("--multi-label", "--multi-label=several", False),
        ("--multi-label --format json", "--multi-label=several --format json", False),
        ("--multi-label one", "--multi-label one", False),
        ("--multi-label ONE,several", "--multi-label ONE,several", False),
        ("--multi-label tags", "--multi-label=several tags", False),
        ("-- --output ranking", "-- --output ranking", False),
        ("--gives --output", "--gives --output", False),
        ("--output", "--gives", True),
        ("", "", False),
    ],
)
def test_words_are_put_right_before_they_are_parsed(words, right, noted):
    found, said = SPELLING.put_right(words.split())
    assert " ".join(found) == right
    assert bool(said) == noted


def test_a_count_is_no_answer_to_which_labels_can_be_right():
    with pytest.raises(UsageError, match="`--labels` takes no number, and `300` is one"):
        SPELLING.put_right(["--labels", "300"])


def told(advisor, *arguments):
    result = advisor("recommend", *arguments, "--format", "json")
    assert result.code == 0, result.err
    return result


def test_what_comes_out_is_asked_for_with_gives(advisor):
    now = told(advisor, "--gives", "vector", "--task", "embeddings")
    before = told(advisor, "--output", "vector", "--task", "embeddings")
    assert now.json == before.json
    assert now.err == ""
    assert before.err == "advisor: `--output` is called `--gives` here now\n"
    assert "--gives vector" in now.json["command"]
    assert now.json["profile"]["output"] == {"options": ["vector"], "origin": "flag"}


def test_output_writes_files_and_answers_nothing(advisor, tmp_path):
    file = tmp_path / "answer.json"
    result = told(advisor, "--task", "embeddings", "--output", f"json={file}")
    assert result.err == ""
    assert file.is_file()
    assert result.json["profile"].get("output", {}).get("origin") != "flag"


def test_several_labels_are_a_flag_that_may_stand_alone(advisor):
    alone = told(advisor, "--task", "zero-shot-classification", "--multi-label")
    said = told(advisor, "--multi-label", "several", "--task", "zero-shot-classification")
    before = told(advisor, "--labels", "several", "--task", "zero-shot-classification")
    assert alone.json == said.json == before.json
    assert alone.json["profile"]["labels"]["options"] == ["several-or-none-true"]
    assert "`--labels` is called `--multi-label` here now" in before.err


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


@pytest.mark.parametrize("file", ["./answer", "x.txt", "x.sarif", "./a=b", "json="])
def test_a_file_that_names_no_format_is_refused_with_the_suffixes_that_do(advisor, file):
    result = advisor("recommend", "--task", "captioning", "--output", file)
    assert result.code == 2
    assert "end the file in .html, .json, .md, .py or .ipynb" in " ".join(result.err.split())


def test_json_is_the_format_by_a_flag(advisor):
    words = ("recommend", "--task", "captioning")
    assert advisor(*words, "--json").json == advisor(*words, "--format", "json").json
    assert advisor("recommend", "--task", "nonsense", "--json").json["error"]
