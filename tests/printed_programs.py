"""Printed programs: run as they are, and held as files to what ruff asks of them."""

import json
import subprocess
import sys
from pathlib import Path


def run_program(code, *words):
    """Run a program with a command line in this process; return its names.

    One that ends with another status than 0 raises SystemExit.

    What keeps vectors does so in the folder `index`, unless the line names another.
    """
    names = {"__name__": "__main__"}
    if '"--index"' in code and "--index" not in words:
        words += ("--index", "index")
    before, sys.argv = sys.argv, ["program.py", *map(str, words)]
    try:
        exec(compile(code, "<program>", "exec"), names)
    except SystemExit as ended:
        if ended.code:
            raise
    finally:
        sys.argv = before
    return names


def lines_of(path):
    """Return the lines of a file of JSON Lines."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def tiny_chat(folder, *sources):
    """Write a tiny Qwen3-VL, beside it as files of llama.cpp where its sources are given."""
    script = Path(__file__).with_name("trial") / "chat_to_serve.py"
    command = [sys.executable, str(script), str(folder), *sources]
    subprocess.run(command, check=True, capture_output=True)


def hold_style(folder):
    """Assert that the programs in a folder are as ruff has them where nobody sets anything up.

    Imports that take seconds come after the arguments: the head of a program, which may be missing
    here, says so.
    """
    rules = ["--select", "E4,E7,E9,F,I,UP", "--ignore", "E402"]
    for words in (["format", "--check"], ["check", *rules]):
        command = [sys.executable, "-m", "ruff", *words, "--isolated", "--quiet", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[:2000] + done.stderr[:2000]
