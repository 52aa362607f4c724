"""`advisor site OUT`: one file, the same for the same rules, and nothing of others overwritten."""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from commands import ran

from advisor.site.page import MARK

OVERLAY = Path(__file__).resolve().parents[2] / "examples" / "overlay"


@pytest.fixture
def written(advisor, tmp_path):
    """Write the page of the small rule base, and return its text."""

    def write(*arguments):
        done = advisor("site", str(tmp_path / "out"), *arguments)
        assert done.code == 0, done.err
        assert done.out == f"{(tmp_path / 'out' / 'index.html').as_posix()}\n"
        return (tmp_path / "out" / "index.html").read_text(encoding="utf-8")

    return write


def test_one_file_is_written_and_the_same_again(written, small_rules):
    assert written() == written()


def test_the_file_does_not_hang_on_how_python_hashes(small_folder):
    program = (
        "import sys; from advisor.rulebase.store import load_rules as load; "
        "from advisor.site.page import static_page; print(static_page(load(sys.argv[1])))"
    )
    one, other = (
        ran(
            [sys.executable, "-c", program, str(small_folder)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            check=True,
        ).stdout
        for seed in ("1", "2")
    )
    assert one == other


def test_a_policy_lets_nothing_in_but_what_stands_there(written, small_rules):
    page = written()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"""<(?:script|link|img)[^>]*(?:src|href)="(?!data:)""", page)


def test_rules_cannot_end_the_script_that_holds_them(written, small_rules):
    data = re.search(r'id="data">(.*?)</script>', written(), re.DOTALL)[1]
    assert "<" not in data


def test_the_footer_says_by_which_rules(written, small_rules, advisor):
    page = written()
    assert "Rules <code>" in page
    criterion = re.search(r"criterion +name\n +(\S+)", advisor("list", "criteria").out)[1]
    assert f"criteria first: {criterion}" in written("--priority", criterion)


def test_a_page_of_somebody_else_is_left_alone(advisor, tmp_path, small_rules):
    theirs = tmp_path / "index.html"
    theirs.write_text("<h1>Ours</h1>")
    refused = advisor("site", str(tmp_path))
    assert refused.code == 2
    assert "exists and is not a page of `advisor site`" in refused.err
    assert theirs.read_text() == "<h1>Ours</h1>"
    assert advisor("site", str(tmp_path), "--force").code == 0
    assert MARK in theirs.read_text(encoding="utf-8")


@pytest.mark.long
@pytest.mark.slow
def test_every_example_of_its_help_runs(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(OVERLAY, tmp_path / "our-rules")
    examples = re.findall(r"^ *advisor (site .*)$", advisor("site", "--help").out, re.MULTILINE)
    assert len(examples) > 1
    for example in examples:
        done = advisor(*shlex.split(example))
        assert done.code == 0, (example, done.err)
