"""What a start brings in, help, and completion in the shell."""

import io
import json
import os
import shlex
import sys
from pathlib import Path

import pytest
from commands import ran

from advisor.cli.main import CommandLine
from advisor.cli.program import program
from advisor.console import commands
from advisor.console.commands import reserved_flags
from advisor.decide.recommendation import recommend
from advisor.draw.blocks import Heading
from advisor.draw.terminal import terminal

HEAVY = (
    "torch",
    "transformers",
    "rich",
    "questionary",
    "prompt_toolkit",
    "yaml",
    "pydantic",
    "mcp",
    "ray",
    "numpy",
)
START = """
import json, sys
from advisor.cli.main import run
code = run(sys.argv[1:])
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"code": code, "loaded": loaded}), file=sys.stderr)
"""


def start(environment, *arguments):
    """Run a command line; return its exit code and the top names of what was imported."""
    done = ran([sys.executable, "-c", START, *arguments], env=environment, check=True)
    told = json.loads(done.stderr.splitlines()[-1])
    return told["code"], set(told["loaded"])


@pytest.fixture
def warm(compiled, environment):
    """Variables of a process whose compiled rules are there already."""
    return environment


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["recommend", "--task", "captioning", "-v"],
        ["code", "captioning", "--format", "json"],
        ["recommend", "--task", "capton", "--format", "json"],
        ["check", "--checkpoint", "Salesforce/blip-vqa-base", "--task", "vqa", "--format", "json"],
        ["explain", "--task", "captioning", "--format", "markdown"],
        ["show", "clip", "--format", "json"],
    ],
    ids=" ".join,
)
def test_a_start_is_light(warm, arguments):
    code, loaded = start(warm, *arguments)
    assert loaded & set(HEAVY) == set()
    assert "advisor" in loaded
    assert code == (2 if "capton" in arguments else 0)


ENDING = """
import atexit
{callback}
from advisor.cli.main import main
main()
"""


@pytest.mark.parametrize(
    ("callback", "said"),
    [("", []), ("atexit.register(print, 'called back')", ["called back"])],
    ids=["nothing", "callback"],
)
def test_the_end_is_at_once_where_nothing_waits_for_it(environment, tmp_path, callback, said):
    (program := tmp_path / "advisor").write_text(ENDING.format(callback=callback))
    done = ran([sys.executable, "-v", str(program), "--version"], env=environment, check=True)
    version, *rest = done.stdout.splitlines()
    assert version.startswith("advisor ")
    assert rest == said
    assert ("# cleanup[2] removing" in done.stderr) == bool(said)  # Python says what it takes apart


@pytest.mark.slow
def test_only_a_cold_cache_needs_yaml(environment, tmp_path):
    cold = environment | {"ADVISOR_CACHE": str(tmp_path / "cold")}
    arguments = ["recommend", "--task", "counting", "--format", "json"]
    _, first = start(cold, *arguments)
    _, second = start(cold, *arguments)
    assert "yaml" in first
    assert "yaml" not in second


class Screen(io.StringIO):
    """A stdout of some kind."""

    encoding = "utf-8"

    def __init__(self, person):
        super().__init__()
        self.isatty = lambda: person


@pytest.mark.parametrize("columns", ["60", "80", "120", None])
@pytest.mark.parametrize("person", [True, False])
@pytest.mark.parametrize(
    "some", [slice(1, None, 6), pytest.param(slice(None), marks=pytest.mark.slow)]
)
def test_a_screen_is_no_wider_than_its_terminal_and_cuts_no_word(
    rulebase, monkeypatch, columns, person, some
):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("sys.stdout", Screen(person))
    monkeypatch.setattr("os.get_terminal_size", lambda _: os.terminal_size((80, 24)))
    for task in rulebase.tasks[some]:
        page = recommend(rulebase, {"task": task.id}).to_page()
        colored, plain = terminal(page), terminal(page, color=False)
        assert ("\x1b" in colored) == person
        known = {word for text in texts(page) for word in text.split()}
        ends = {word.rstrip(",;:") for word in known}  # of a clause that the rest is cut behind
        signs = {*"\\●○×·→+-!", ""}
        cut = {word.rstrip("…█▏▎▍▌▋▊▉") for word in plain.split()}  # a bar is no word
        assert cut <= {*known, *ends, *signs}
        for line in plain.splitlines():
            whole = shlex.split(line.rstrip("\\")) if "--" in line else line.split()
            assert len(line) <= int(columns or 80) or len(whole) <= 2, line


@pytest.mark.parametrize("columns", ["40", "80", "130", None])
@pytest.mark.parametrize("person", [True, False])
def test_a_screen_is_as_wide_and_colored_as_rich_finds_it(rulebase, monkeypatch, columns, person):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    if columns or person:
        monkeypatch.setenv("COLUMNS", columns or "100")
    monkeypatch.setattr("sys.stdout", Screen(person))
    for task in rulebase.tasks[::9]:
        page = recommend(rulebase, {"task": task.id}).to_page()
        for color in (True, False):
            drawn = terminal(page, color=color)
            with monkeypatch.context() as unknown:
                unknown.setattr("advisor.draw.terminal._width", lambda: None)
                assert drawn == terminal(page, color=color)
            assert ("\x1b" in drawn) == (color and person)


@pytest.mark.parametrize(
    ("person", "variables", "colored"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"NO_COLOR": "1"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_who_sets_a_variable_gets_colors_or_none(monkeypatch, person, variables, colored):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "WT_SESSION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"TERM": "xterm"} | variables).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", Screen(person))
    assert ("\x1b[" in terminal([Heading("All")])) == colored


def texts(value):
    """Every text in a page."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from texts(part)


# -- completion --------------------------------------------------------------------------------


def complete(process, words):
    """What bash is offered for the last word of a command line."""
    return process(
        _ADVISOR_COMPLETE="complete_bash",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split(" ")) - 1),
    ).out.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("advisor recommend --task capt", ["captioning"]),
        ("advisor recommend --dev", ["--device"]),
        ("advisor rec", ["recommend"]),
        ("advisor list ta", ["tasks"]),
        ("advisor show unified-", ["unified-vlp"]),
        ("advisor check --checkpoint Salesforce/blip-vqa-b", ["Salesforce/blip-vqa-base"]),
        ("advisor compare Salesforce/blip-vqa-b", ["Salesforce/blip-vqa-base"]),
    ],
)
def test_the_shell_completes(process, words, offered):
    found = complete(process, words)
    assert offered[0] in found
    last = words.split(" ")[-1].lower()
    assert all(one.lower().startswith(last) for one in found)


@pytest.mark.skipif(os.name == "nt", reason="asks which shell called")
def test_a_completion_script_is_printed_for_the_calling_shell(environment):
    done = ran(
        ["bash", "-c", f"'{sys.executable}' -m advisor --show-completion; exit $?"],
        env=environment | {"SHELL": "/bin/bash"},
    )
    assert done.returncode == 0, done.stderr
    assert "_ADVISOR_COMPLETE=complete_bash" in done.stdout
    assert "complete -o default -F" in done.stdout


@pytest.mark.parametrize("command", ["recommend", "explain"])
def test_the_rules_are_read_once(advisor, weather, monkeypatch, command):
    loaded, load = [], commands.load_rules

    def counted(*given, **named):
        loaded.append(named["overlays"])
        return load(*given, **named)

    monkeypatch.setattr(commands, "load_rules", counted)
    assert advisor(command, "--task", "counting", "--rules", weather).code == 0
    assert len(loaded) == 1


@pytest.mark.slow
def test_an_overlay_without_questions_reads_no_other_command(environment):
    program = START.replace('name.partition(".")[0] for name', "name for name")
    words = ("recommend", "--task", "counting", "--rules", "examples/overlay")
    done = ran(
        [sys.executable, "-c", program, *words],
        env=environment,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    loaded = json.loads(done.stderr.splitlines()[-1])["loaded"]
    assert "advisor.need.command" in loaded
    assert not {"advisor.check.command", "advisor.trial.command", "advisor.audit.command"} & {
        *loaded
    }


def test_overlays_are_named_in_their_order():
    words = ("recommend", "--rules=a", "--rules", "b", "--rules=c", "--rules")
    assert [str(path) for path in CommandLine(words).overlays] == ["a", "b", "c"]
    assert CommandLine(("recommend", "", "caption images")).overlays == []


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("recommend --format json", True),
        ("recommend -f json", True),
        ("recommend -fjson", True),
        ("recommend --format=json", True),
        ("recommend --format json --format html", False),
        ("recommend --batch needs.jsonl", True),
        ("recommend --batch=- --format html", True),
        ("recommend --format", False),
        ("recommend json", False),
        ("", False),
    ],
)
def test_errors_are_json_where_json_was_asked_for(words, wanted):
    assert CommandLine(tuple(words.split())).wants_json is wanted


QUESTION = """\
questions:
  - id: {id}
    ask: How is the weather?
    why: One family minds the rain.
    options:
      - {{id: sunny, label: the sun shines, aliases: [fine]}}
      - {{id: rainy, label: it rains}}
"""


def test_every_option_is_refused_as_a_question(rulebase):
    own = {"--help"}
    whole = program()
    for name in ("ask", "recommend", "code", "explain", "check", "evaluate"):
        command = whole.get_command(None, name)
        own |= {flag for option in command.params for flag in option.opts if flag[:2] == "--"}
    flags = {flag.removeprefix("--") for flag in own}
    typed = {question.typed for question in rulebase.questions}
    assert flags - typed == reserved_flags()
    assert not reserved_flags() & typed


@pytest.mark.usefixtures("small_rules")
@pytest.mark.parametrize("arguments", [["rules", "check"], ["explain", "--task", "label"]])
@pytest.mark.parametrize("id", ["sort", "why-not"])
def test_a_question_called_like_an_option_is_a_problem_at_its_place(
    advisor, overlay, arguments, id
):
    rules = overlay({"questions.yaml": QUESTION.format(id=id)})
    result = advisor(*arguments, "--rules", rules)
    assert (result.code, result.out) == (2, "")
    assert f"our-rules/questions.yaml:2: `--{id}` is an option of advisor" in result.err


@pytest.mark.usefixtures("small_rules")
@pytest.mark.parametrize("id", ["need", "paths", "answers", "rulebase", "from"])
def test_a_question_may_be_called_like_anything_else(advisor, overlay, id):
    rules = overlay({"questions.yaml": QUESTION.format(id=id)})
    arguments = ["--task", "describe", "--rules", rules, f"--{id}", "fine", "--format", "json"]
    assert advisor("recommend", *arguments).json["profile"][id]["options"] == ["sunny"]
