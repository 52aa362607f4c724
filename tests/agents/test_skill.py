"""The skill for coding agents: what it says holds, and an edited one is left alone."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml
from commands import in_this_process

from advisor.agents import command as skills

ROOT = Path(__file__).resolve().parents[2]
BODY = skills.shipped()
COMMANDS = sorted(set(re.findall(r"^\$ (advisor .+)$|`(advisor [^`]+)`", BODY, re.MULTILINE)))


@pytest.fixture
def advisor(capsys, monkeypatch):
    return in_this_process(capsys, monkeypatch, 80)


def test_the_front_matter_is_what_agents_read():
    _, head, body = BODY.split("---\n", 2)
    told = yaml.safe_load(head)
    assert told["name"] == skills.SKILL
    assert 50 < len(told["description"]) <= 1024
    assert set(told) <= {"name", "description", "license", "compatibility", "metadata"}
    assert len(body.splitlines()) < 500


@pytest.mark.parametrize("command", [first or second for first, second in COMMANDS])
@pytest.mark.slow
def test_every_command_in_it_runs(advisor, tmp_path, monkeypatch, command):
    shutil.copytree(ROOT / "examples" / "project-passing", tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    words = shlex.split(command)[1:]
    if words == ["init"]:
        Path("advisor.yaml").unlink()
    done = advisor(*words)
    assert done.code in ((0, 1) if words[0] == "check" else (0,)), done.err
    assert done.out or words == ["check", "--diff"]


@pytest.mark.slow
def test_it_is_copied_once_brought_up_to_date_and_never_overwritten_when_edited(
    advisor, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    file = Path(".agents/skills/advisor/SKILL.md")
    assert advisor("skills", "add").out == f"{file}\n"
    first = file.read_text()
    assert skills.edited(first) is False
    assert yaml.safe_load(first.split("---\n")[1])["metadata"]["version"]
    assert advisor("skills", "add").code == 0
    assert file.read_text() == first

    monkeypatch.setattr(skills, "shipped", lambda: BODY + "\nOf a later version.\n")
    assert advisor("skills", "add").code == 0
    assert file.read_text().endswith("Of a later version.\n")

    file.write_text(first + "\nOur own words.\n")
    refused = advisor("skills", "add")
    assert refused.code == 2
    assert "was edited" in refused.err
    assert file.read_text().endswith("Our own words.\n")


def test_a_line_ending_or_a_digest_alone_is_an_edit():
    text = skills.marked(BODY)
    assert skills.edited(text.replace("\n", "\r\n"))
    assert skills.edited(BODY)
    assert skills.edited(re.sub(r"digest: \w{4}", "digest: 0000", text))


def test_for_claude_it_lies_where_claude_looks(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert advisor("skills", "add", "--claude").code == 0
    assert Path(".claude/skills/advisor/SKILL.md").is_file()
    Path("other").mkdir()
    assert advisor("skills", "add", "other").out == "other/.agents/skills/advisor/SKILL.md\n"
