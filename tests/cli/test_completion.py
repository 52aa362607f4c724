"""Completion in shells: bash with its Tab key, zsh and fish by the words they ask with."""

import json
import os
import shutil
import sys

import pytest
from commands import ran

pexpect = pytest.importorskip("pexpect")
pytest.importorskip("termios", reason="shells of POSIX")

ASKED = [
    ("advisor recommend --task capt", "captioning"),
    ("advisor recommend --multi", "--multi-label"),
    ("advisor ask --output-t", "--output-type"),
    ("advisor rec", "recommend"),
    ("advisor he", "help"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("words", "offered"), ASKED)
@pytest.mark.parametrize(
    ("shell", "more"), [("zsh", {}), ("fish", {"_TYPER_COMPLETE_FISH_ACTION": "get-args"})]
)
def test_zsh_and_fish_are_offered_the_same(process, shell, more, words, offered):
    asked = {"_ADVISOR_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": words}
    result = process(**asked, **more)
    assert offered in result.out
    assert result.err == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(process, shell):
    result = process(_ADVISOR_COMPLETE=f"source_{shell}")
    assert "_ADVISOR_COMPLETE=complete_" in result.out


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_runs_nothing_of_a_rule(environment, overlay, tmp_path):
    """What is offered goes through `eval` in `_arguments` of zsh, as it does here."""
    label = r"""the \$(touch P1) \`touch P2` "$(touch P3)" \\$(touch P4) `touch P5` x"""
    question = {"id": "weather", "ask": label, "why": "Rain.", "options": []}
    question["options"] = [{"id": "sunny", "label": label}, {"id": "rainy", "label": "rain"}]
    folder = overlay({"questions.yaml": json.dumps({"questions": [question]})})
    (empty := tmp_path / "empty").mkdir()
    evaluated = (
        '_arguments() { s="${1#\\*: :}"; eval ws=\\( "${s[3,-3]}" \\); print -l -- $ws }'
        f'; eval "$({sys.executable} -m advisor)"'
    )
    for words in ("advisor recommend --weather ", "advisor recommend --weat"):
        asked = {"_ADVISOR_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": words}
        done = ran(
            ["zsh", "-fc", evaluated],
            cwd=empty,
            env=environment | asked | {"ADVISOR_RULES": str(folder)},
        )
        assert "sunny" in done.stdout, done.stderr
        assert "$(touch P1)" in done.stdout
        assert not list(empty.iterdir())


@pytest.mark.slow
def test_tab_completes_in_a_real_bash(environment, compiled, tmp_path):
    """The script that is printed is sourced, and a key is pressed."""
    (tmp_path / "advisor").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m advisor "$@"\n')
    (tmp_path / "advisor").chmod(0o755)
    variables = environment | {
        "ADVISOR_CACHE": str(compiled),
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PS1": "ready ",
        "TERM": "dumb",
        "INPUTRC": "/dev/null",
    }
    shell = pexpect.spawn(
        shutil.which("bash") or "bash", ["--norc", "--noprofile", "-i"],
        env=variables, encoding="utf-8", timeout=300, dimensions=(24, 120),
    )  # fmt: skip
    try:
        shell.sendline('PS1="ready "; eval "$(_ADVISOR_COMPLETE=source_bash advisor)"')
        shell.sendline("echo is-sourced")
        shell.expect("is-sourced\r\n")
        shell.send("advisor recommend --task captio\t")
        shell.expect("--task captioning")
        shell.sendcontrol("u")
        shell.send("advisor comp\t\t")
        shell.expect("compare")
    finally:
        shell.close(force=True)


SHELLS = {
    "zsh": (
        ["-f", "-i"],
        [
            "PS1='ready '; unsetopt PROMPT_SP; autoload -Uz compinit",
            "compinit -u -d $ADVISOR_SCRATCH/dump",
            'eval "$(_ADVISOR_COMPLETE=source_zsh advisor)"',
        ],
    ),
    "fish": (
        ["--no-config", "-i"],
        [
            "function fish_prompt; echo -n 'ready '; end",
            "_ADVISOR_COMPLETE=source_fish advisor | source",
        ],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHELLS)
def test_tab_completes_in_a_real_zsh_and_fish(environment, compiled, tmp_path, name):
    """The script that is printed is sourced, and a key is pressed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    flags, lines = SHELLS[name]
    (tmp_path / "advisor").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m advisor "$@"\n')
    (tmp_path / "advisor").chmod(0o755)
    variables = environment | {
        "ADVISOR_CACHE": str(compiled),
        "ADVISOR_SCRATCH": str(tmp_path),
        "HOME": str(tmp_path),
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "TERM": "dumb" if name == "zsh" else "xterm",
    }
    shell = pexpect.spawn(
        found, flags, env=variables, encoding="utf-8", timeout=300, dimensions=(24, 120)
    )
    try:
        for line in lines:
            shell.sendline(line)
        shell.sendline("echo is-''sourced")
        shell.expect("is-sourced")
        shell.send("advisor recommend --task captio\t")
        shell.expect("captioning")
        shell.sendcontrol("u")
        shell.send("advisor recom\t")
        shell.expect("recommend")
    finally:
        shell.close(force=True)
