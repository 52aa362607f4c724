"""What the examples and CONTRIBUTING show works and gives what is said there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ran

from advisor.cli.main import run

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
OVERLAY = str(EXAMPLES / "overlay")


@pytest.fixture
def said(capsys):
    """Run a command line; return its exit code and what it printed on stdout."""

    def say(*arguments):
        code = run(list(arguments))
        return code, capsys.readouterr().out

    return say


def decided(said, *arguments):
    code, out = said("recommend", *arguments, "--format", "json")
    document = json.loads(out)
    return code, document["outcome"], document["family"]


def test_the_profile_gives_what_its_comment_says(said):
    answer = decided(said, "--profile", str(EXAMPLES / "profile.yaml"))
    assert answer == (0, "decided", "vision-encoder-decoder")


def test_the_batch_gives_one_answer_a_line_in_order(said):
    code, out = said("recommend", "--batch", str(EXAMPLES / "needs.jsonl"))
    answers = [json.loads(line) for line in out.splitlines()]
    assert [(one["id"], one["family"]) for one in answers] == [
        ("captions", "unified-vlp"),
        ("search", "clip"),
        ("receipts", "vision-encoder-decoder"),
        ("boxes", None),
    ]
    assert code == 1  # nothing fits the last line


@pytest.mark.slow
def test_the_overlay_names_what_it_changes(said):
    code, out = said("rules", "check", "--rules", OVERLAY)
    assert code == 0
    assert "overlay changes rule large-collection-searched-again-and-again" in " ".join(out.split())
    assert "overlay adds rule captions-for-the-archive" in " ".join(out.split())
    assert said("rules", "test", "--rules", OVERLAY)[0] == 0


@pytest.mark.slow
@pytest.mark.long  # in each run an audit of small rules finds what overlays break
def test_the_overlay_is_sound(said):
    assert said("rules", "audit", "--rules", OVERLAY)[0] == 0
    assert said("rules", "coverage", "--strict", "--rules", OVERLAY)[0] == 0


def test_the_overlay_changes_the_answer_as_its_readme_says(said):
    case = ("--task", "captioning", "--domain", "specialist")
    assert decided(said, *case)[2] == "unified-vlp"
    assert decided(said, *case, "--rules", OVERLAY)[2] == "vision-encoder-decoder"


def test_the_program_prints_what_its_docstring_says():
    program = EXAMPLES / "decide.py"
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    promised = program.read_text(encoding="utf-8").split("Prints:\n")[1].split('"""')[0]
    assert done.stdout.split("\n") == [line.strip() for line in promised.split("\n")]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("choice", "code", "sentence"),
    [
        ([], 0, "This checkpoint fits (unified-vlp is recommended)."),
        (["openai/clip-vit-base-patch32", "CLIPModel"], 1, "This checkpoint does not fit"),
    ],
)
def test_the_ci_line_passes_and_fails_as_its_comment_says(choice, code, sentence, tmp_path):
    command = tmp_path / "advisor"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m advisor "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = ran(
        ["bash", EXAMPLES / "ci.sh", *choice],
        env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
    )
    assert done.returncode == code
    assert sentence in done.stdout


@pytest.fixture
def worked(tmp_path):
    """The YAML blocks of CONTRIBUTING that begin with the name of a file, as an overlay."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n# our-rules/(\S+\.yaml)\n(.*?)```", text, re.DOTALL)
    for name, content in blocks:
        file = tmp_path / "our-rules" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    assert len(blocks) >= 5
    return str(tmp_path / "our-rules")


@pytest.mark.long
@pytest.mark.slow
def test_the_worked_examples_of_contributing_are_sound(said, worked):
    code, out = said("rules", "check", "--rules", worked)
    assert (code, "no problems" in " ".join(out.split())) == (0, True)
    for change in ("adds rule", "adds checkpoint", "adds family", "adds task", "adds question"):
        assert change in out
    assert said("rules", "test", "--rules", worked)[0] == 0
    assert said("rules", "audit", "--rules", worked)[0] == 0
    assert said("rules", "coverage", "--strict", "--rules", worked)[0] == 0


def test_the_family_of_contributing_is_decided_explained_and_in_nobodys_way(said, worked):
    overlay = ("--format", "json", "--rules", worked)
    assert decided(said, "--task", "pixel-art", *overlay) == (0, "decided", "toy-painter")
    words = ("--task", "handwriting", "--why-not", "painter")
    explained = json.loads(said("explain", *words, *overlay)[1])
    (painter,) = explained["why_not"]
    assert (painter["family"], painter["verdict"]) == ("toy-painter", "excluded")
    reasons = [reason["because"] for reason in painter["reasons"]]
    assert "The rule base does not say that Toy painter does `handwriting`." in reasons
    assert explained["family"] == decided(said, "--task", "handwriting")[2]
