"""Whatever stands in a folder: a note for a file that cannot be read, the rest still checked."""

import json
import os
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from advisor.cli.main import run

WRONG = (
    b'from transformers import BlipModel\nBlipModel.from_pretrained("Salesforce/blip-vqa-base")\n'
)
MENTION = b"from transformers import CLIPModel\n"
HOSTILE = {
    "syntax.py": MENTION + b"def f(:\n",
    "python2.py": MENTION + b"print 'two'\n",
    "nul.py": MENTION + b"\0\0\0",
    "latin.py": MENTION + b"x = '\xe9'\n",
    "deep.py": MENTION + b"(" * 5_000 + b")" * 5_000,
    "broken.ipynb": b'{"cells": [{"cell_type": "code", "source": ["from transformers',
    "list.ipynb": b"[1, 2]",
    "broken.yaml": b"model: [openai/clip-vit-base-patch32\n\t- x: {",
    "broken.toml": b"model = 'openai/clip-vit-base-patch32\n[[",
    "broken.json": b'{"model": "openai/clip-vit-base-patch32", ',
    "deep.json": b"[" * 100_000,
}


def test_a_note_per_broken_file_and_the_rest_is_checked(check):
    result = check({**HOSTILE, "right/wrong.py": WRONG}, "--transformers", "5.24")
    assert result.code == 1
    (error,) = result.of("error")
    assert (error["path"], error["line"]) == ("right/wrong.py", 2)
    noted = {one["path"] for one in result.json["findings"] if one["rule"] == "file-not-checked"}
    assert {"syntax.py", "python2.py", "nul.py", "latin.py", "deep.py", "broken.ipynb"} <= noted


def test_a_long_run_of_letters_is_read_once(check):
    """Searched anew from each of its letters, either file would take longer than anyone waits."""
    run = "ab12" * 100_000
    found = check(
        {
            "long.json": f'{{"x": "{run}", "model": "openai/clip-vit-base-patch32", "y": "{run}"}}',
            "cells.ipynb": json.dumps(
                {
                    "cells": [
                        {"cell_type": "code", "source": [" " * 200_000 + "%", MENTION.decode()]}
                    ]
                }
            ),
        }
    )
    assert [one["checkpoint"] for one in found.json["usages"]] == ["openai/clip-vit-base-patch32"]


def test_what_would_steer_a_terminal_is_spelled_out(check):
    odd = WRONG.replace(b"\n", b"  # \x1b]0;title\x07\n")
    page = check({"a\n::error::b.py": odd}, format="terminal").out
    assert "\\x1b" in page
    assert not set(page) & {"\x1b", "\x07"}
    assert not any(line.startswith("::") for line in page.splitlines())


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_in_a_circle_end(check, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "back").symlink_to(tmp_path)
    result = check({"a/wrong.py": WRONG})
    assert [one["path"] for one in result.of("error")] == ["a/wrong.py"]


def test_the_page_of_hostile_files_can_be_drawn(check):
    result = check({**HOSTILE, "odd.py": WRONG.replace(b"\n", b"\r\n")}, format="terminal")
    assert result.code == 1
    assert "not checked: 6 not parsed" in " ".join(result.out.split())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    some.sampled_from(["a.py", "a.ipynb", "a.yaml", "a.json", "a.toml"]),
    some.integers(0, len(WRONG)),
    some.binary(max_size=12),
)
def test_no_bytes_bring_it_down(tmp_path, monkeypatch, capsys, name, place, bytes_):
    monkeypatch.chdir(tmp_path)
    for file in tmp_path.iterdir():
        file.unlink()
    (tmp_path / name).write_bytes(WRONG[:place] + bytes_ + WRONG[place:])
    (tmp_path / "right.py").write_bytes(WRONG)
    capsys.readouterr()
    code = run(["check", "--format", "json"])
    assert code == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert "right.py" in {one["path"] for one in found if one["level"] == "error"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such name")
@pytest.mark.parametrize(
    "format", ["terminal", "json", "markdown", "html", "github", "sarif", "junit"]
)
def test_a_file_whose_name_is_no_text_is_reported_in_every_format(check, tmp_path, format):
    (tmp_path / os.fsdecode(b"caf\xe9.py")).write_bytes(WRONG)
    written = [] if format == "terminal" else ["--output", f"{format}=report"]
    result = check({}, "--transformers", "5.24", *written, format=format)
    assert result.code == 1
    assert not written or (tmp_path / "report").read_text("utf-8")
    if format == "sarif":
        (run,) = json.loads(result.out)["runs"]
        place = run["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "caf%E9.py"
