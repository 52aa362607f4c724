"""Completion in shells: bash with its Tab key, zsh and fish by the words they ask with."""

import json
import os
import shutil
import subprocess
import sys

import pytest

pexpect = pytest.importorskip("pexpect")
resource = pytest.importorskip("resource", reason="shells of POSIX")

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
        done = subprocess.run(
            ["zsh", "-fc", evaluated],
            cwd=empty, env=environment | asked | {"ADVISOR_RULES": str(folder)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "sunny" in done.stdout, done.stderr
        assert "$(touch P1)" in done.stdout
        assert not list(empty.iterdir())


@pytest.mark.parametrize("full", [True, False])
def test_a_start_file_gets_its_line_or_stays_as_it_is(environment, tmp_path, full):
    start = tmp_path / ".bashrc"
    start.write_text(before := "alias ll='ls -l'\n" * 1000)
    variables = environment | {
        "HOME": str(tmp_path),
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
    }
    room = 1_000 if full else resource.RLIM_INFINITY
    done = subprocess.run(
        [sys.executable, "-B", "-m", "advisor", "--install-completion", "bash"],
        env=variables, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )  # fmt: skip
    if full:
        assert (done.returncode, done.stderr.count("advisor: ")) == (2, 1)
        assert start.read_text() == before
        assert list(tmp_path.iterdir()) == [start]
    else:
        assert done.returncode == 0, done.stderr
        assert start.read_text().startswith(before)
        assert (tmp_path / ".bash_completions" / "advisor.sh").is_file()
        first = start.read_text()
        assert subprocess.run(done.args, env=variables, capture_output=True).returncode == 0
        assert start.read_text() == first


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(
    "before", [b"alias m='\xfc'\n", "alias m='ü'\n".encode(), b"a=1\r\nb=2\r\n"]
)
def test_a_start_file_keeps_every_byte_in_every_locale(environment, tmp_path, before, plain):
    (start := tmp_path / ".bashrc").write_bytes(before)
    variables = environment | {"HOME": str(tmp_path)}
    variables |= {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    if plain:
        variables |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "advisor", "--install-completion", "bash"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert start.read_bytes().startswith(before)
    assert b"advisor.sh" in start.read_bytes()


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
