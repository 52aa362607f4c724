"""What docs/try.md shows is what the commands print, but for what they cost."""

import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from advisor.cli.main import run

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"```console\n\$ (advisor .*)\n((?:.|\n)*?)```", (ROOT / "docs/try.md").read_text()
)


@pytest.mark.slow
@pytest.mark.parametrize(("command", "shown"), BLOCKS)
def test_the_page_shows_what_the_command_prints(command, shown, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    assert run(shlex.split(command)[1:]) == 0
    printed = capsys.readouterr().out.partition("What it cost")[0]
    for part in shown.strip().split("...\n"):
        assert part.removesuffix("...").strip() in printed


def test_the_page_has_blocks():
    assert len(BLOCKS) == 2
