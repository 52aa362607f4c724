"""Names in rule files that code has to know: `advisor rules check` says which it does not."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from commands import in_this_process

from advisor.catalogue.release import described_releases, release
from advisor.model.library import ANY_TYPE

USES = """\
uses:
  - id: mine
    runner: prompted.Promptd
    acts: [caption]
    loads: {fuyu: FuyuForCausalLMM, blip: BlipForConditionalGeneration}
    classes: [Tipsv2Modell]
"""
CHECK = """\
checks:
  - id: {id}
    level: note
    summary: Something.
    because: It is so.
    page: Do otherwise.
    example: {{bad: "x  # bad", good: "y"}}
"""
DOCUMENT = Path(__file__).parents[1] / "docs" / "run.md"


@pytest.fixture
def checked(capsys, monkeypatch, tmp_path):
    """Check the shipped rules with one more file; return the exit code and the problems."""
    advisor = in_this_process(capsys, monkeypatch, 80)

    def run(name, text):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
        result = advisor("rules", "check", "--rules", tmp_path)
        lines = [line.partition("/")[2] for line in result.err.splitlines() if ".yaml:" in line]
        return result.code, lines

    return run


def test_a_runner_and_classes_that_are_not_there_are_named_at_their_places(checked):
    no_class = "no release of transformers that is described has a class"
    assert checked("programs/mine.yaml", USES) == (
        2,
        [
            "programs/mine.yaml:3:5: advisor.trial has no runner `prompted.Promptd`; "
            "did you mean `prompted.Prompted`?",
            f"programs/mine.yaml:5:13: {no_class} `FuyuForCausalLMM`; "
            "did you mean `FuyuForCausalLM`?",
            f"programs/mine.yaml:6:15: {no_class} `Tipsv2Modell`; did you mean `Tipsv2Model`?",
        ],
    )


def test_a_rule_of_the_check_without_a_function_is_named(checked):
    code, [problem] = checked("checks/mine.yaml", CHECK.format(id="gated-checkpoints"))
    assert code == 2
    assert problem == (
        'checks/mine.yaml:2:5: no function stands under @rule("gated-checkpoints") in '
        "advisor/check/rules/; did you mean `gated-checkpoint`?"
    )


def test_another_level_for_a_rule_of_the_check_is_no_problem(checked):
    assert checked("checks/mine.yaml", CHECK.format(id="gated-checkpoint")) == (0, [])


def test_names_are_checked_without_torch():
    program = (
        "import sys; from advisor.audit.places import Places; from advisor import load_rules;"
        "from advisor.audit.code_names import unknown_names;"
        "print(unknown_names(Places(load_rules())), {'torch', 'transformers'} & {*sys.modules})"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert told.stdout == "[] set()\n", told.stderr


def test_what_try_cannot_run_stands_in_its_document(rulebase):
    """A catalogued model type that nothing here runs is a row of docs/run.md, with the reason."""
    chats = release(rulebase, described_releases()[-1]).auto["AutoModelForImageTextToText"]
    runs = {type for use in rulebase.uses for type in use.loads if type != ANY_TYPE} | {*chats}
    catalogued = [one for one in rulebase.checkpoints.values() if one.loader == "transformers"]
    lacking = {one.model_type for one in catalogued if one.model_type not in runs}
    section = DOCUMENT.read_text("utf-8").partition("## What it does not run")[2].partition("##")[0]
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE)) == sorted(lacking)
