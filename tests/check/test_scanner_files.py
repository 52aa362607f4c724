"""Which files are looked at, and what a file that cannot be read does to the others: nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.scan.scanner import scan
from advisor.scan.vocabulary import vocabulary_of
from advisor.scan.walk import excluding, find_files

GOOD = "from transformers import BlipModel\nBlipModel.from_pretrained('Salesforce/blip-vqa-base')\n"


@pytest.fixture(scope="module")
def vocabulary(rulebase):
    return vocabulary_of(rulebase)


def tree(folder, **files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def repository(folder):
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q", folder], check=True, env=environment)


def names(folder, *paths, exclude=()):
    files = find_files([folder / path for path in paths] or [folder], folder, exclude).files
    return [file.name for file in files]


@needs_git
def test_nested_gitignore_files_with_negation_and_stars_hold(tmp_path):
    repository(tmp_path)
    tree(
        tmp_path,
        **{
            ".gitignore": "*.json\n!keep.json\n/build/\ndocs/**/gen\n",
            "keep.json": "{}",
            "drop.json": "{}",
            "build/a.py": "",
            "sub/build/b.py": "",
            "sub/.gitignore": "!drop.json\nlocal.py\n",
            "sub/drop.json": "{}",
            "sub/local.py": "",
            "local.py": "",
            "docs/a/b/gen/c.py": "",
            "docs/gen/c.py": "",
            "docs/a/c.py": "",
        },
    )
    assert names(tmp_path) == [
        "docs/a/c.py",
        "keep.json",
        "local.py",
        "sub/build/b.py",
        "sub/drop.json",
    ]


@needs_git
def test_a_gitignore_above_the_scanned_folder_holds(tmp_path):
    repository(tmp_path)
    tree(
        tmp_path,
        **{
            ".gitignore": "*_gen.py\n/pkg/x.py\n",
            "pkg/x.py": "",
            "pkg/y_gen.py": "",
        },
    )
    tree(tmp_path, **{"pkg/z.py": ""})
    assert names(tmp_path / "pkg", ".") == ["z.py"]


def test_a_file_that_is_named_is_looked_at_though_ignored_but_not_though_excluded(tmp_path):
    tree(tmp_path, **{".gitignore": "a.py\n", "a.py": "", "old/b.py": ""})
    assert names(tmp_path, "a.py", "old/b.py", exclude=["old/"]) == ["a.py"]


@pytest.mark.parametrize("known", [pytest.param(True, marks=needs_git), False])
def test_environments_and_caches_are_left_out(tmp_path, known):
    if known:
        repository(tmp_path)
    tree(
        tmp_path,
        **{
            "node_modules/a.py": "",
            "venv/b.py": "",
            "__pycache__/c.py": "",
            ".git/c.py": "",
            "mine/pyvenv.cfg": "",
            "mine/bin/python": "",
            "mine/lib/d.py": "",
            "e.py": "",
            "advisor.yaml": "choices: []",
        },
    )
    assert names(tmp_path) == ["e.py"]


@needs_git
def test_without_a_repository_no_pattern_of_git_leaves_anything_out(tmp_path):
    tree(tmp_path, **{".gitignore": "*.py\n", "a.py": "", "b/c.py": ""})
    assert names(tmp_path) == ["a.py", "b/c.py"]
    repository(tmp_path)
    assert names(tmp_path) == []
    assert names(tmp_path, "a.py") == ["a.py"]


@needs_git
@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_what_git_tracks_behind_a_link_of_now_is_not_looked_at(tmp_path):
    repository(tmp_path / "p")
    tree(tmp_path, **{"p/a/b.py": "", "p/c.py": "", "elsewhere/b.py": ""})
    subprocess.run(["git", "add", "."], cwd=tmp_path / "p", check=True)
    shutil.rmtree(tmp_path / "p" / "a")
    (tmp_path / "p" / "a").symlink_to(tmp_path / "elsewhere")
    assert names(tmp_path / "p") == ["c.py"]


@needs_git
def test_a_repository_in_a_repository_has_patterns_of_its_own(tmp_path):
    for folder in (tmp_path, tmp_path / "inner", tmp_path / "empty"):
        repository(folder)
    tree(tmp_path, **{"a.py": "", "inner/b.py": "", "inner/c.py": "", "inner/.gitignore": "c.py\n"})
    assert names(tmp_path) == ["a.py", "inner/b.py"]


def test_links_are_not_followed_so_that_loops_end(tmp_path):
    tree(tmp_path, **{"a/b.py": ""})
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    assert names(tmp_path) == ["a/b.py"]


@pytest.mark.parametrize("pattern", ["!", "/", "//", "[b-a]", "\\", "[", "#x", "  ", "\ufeff"])
def test_a_pattern_that_means_nothing_leaves_nothing_out(tmp_path, pattern):
    tree(tmp_path, **{"a.py": "", "b/c.py": ""})
    assert "b/c.py" in names(tmp_path, exclude=[pattern, "a.py"])
    assert "a.py" not in names(tmp_path, exclude=[pattern, "a.py"])


@pytest.mark.parametrize("pattern", ["*a*a*a*a*a*a*b", "*?*?*?*?*?*?z", "**/" * 9 + "zz"])
def test_a_pattern_of_many_stars_leaves_nothing_out_at_once(pattern):
    for path in ("a" * 200 + ".py", "/".join("d" * 200)):
        assert not excluding([pattern, "x.py"])(path)
        assert excluding([pattern, path])(path)


@given(st.text(max_size=200))
def test_no_pattern_raises(text):
    excluding(text.splitlines())("a/b.py")


def test_patterns_of_exclusion_are_those_of_gitignore(tmp_path):
    files = ["a.py", "build/a.py", "docs/a/gen/c.py", "docs/gen/c.py", "sub/build/b.py", "x y.py"]
    tree(tmp_path, **dict.fromkeys(files, ""))
    assert names(tmp_path, exclude=["/build/", "docs/**/gen", "x\\ y.py"]) == [
        "a.py",
        "sub/build/b.py",
    ]
    assert names(tmp_path, exclude=["*", "!a.py"]) == ["a.py"]


HOSTILE = {
    "syntax.py": "from transformers import BlipModel\ndef f(:\n",
    "python2.py": "import transformers\nprint 'hello'\n",
    "nul.py": b"import transformers\n\0\n",
    "latin.py": b"import transformers\nx = '\xe9'\n",
    "codec.py": b"# -*- coding: klingon -*-\nimport transformers\n",
    "nested.py": "import transformers\nx = " + "(" * 5_000 + ")" * 5_000 + "\n",
    "chained.py": "import transformers, clip\nx = " + "-" * 50_000 + "1\n",
    "broken.ipynb": '{"cells": [{"source": "import transformers',
    "list.ipynb": '["import transformers"]',
    "deep.ipynb": '{"x": "import transformers", "cells": ' + "[" * 100_000,
    "old.ipynb": '{"worksheets": [], "import": "\\nimport transformers"}',
    "cell.ipynb": json.dumps(
        {"cells": [{"cell_type": "code", "source": "from transformers import ClipModel\nx = (\n"}]}
    ),
    "bytes.yaml": b"model: openai/clip-vit-base-patch32 \xff\n",
}


def test_each_broken_file_gives_a_note_and_the_others_are_scanned(tmp_path, vocabulary):
    tree(tmp_path, **HOSTILE, **{"good.py": GOOD})
    found = scan([tmp_path], tmp_path, vocabulary)
    assert {note.path for note in found.notes} == set(HOSTILE)
    assert [usage.place.path for usage in found.usages] == ["good.py"]
    told = {note.path: (note.line, note.message) for note in found.notes}
    assert told["syntax.py"] == (2, "cannot be parsed: invalid syntax")
    assert told["python2.py"] == (2, "cannot be parsed: missing parentheses in call to 'print'")
    assert told["nul.py"] == (2, "has a NUL byte, so it is not Python source code")
    assert told["latin.py"][0] == 2


def test_a_declared_encoding_is_honoured(tmp_path, vocabulary):
    text = "# -*- coding: latin-1 -*-\né = 1; " + GOOD.replace("\n", "; ", 1)
    tree(tmp_path, **{"a.py": text.encode("latin-1")})
    (usage,) = scan([tmp_path], tmp_path, vocabulary).usages
    assert usage.place[1:3] == (2, 44)


def test_a_file_of_fifty_megabytes_is_noted_and_not_read(tmp_path, vocabulary):
    with (tmp_path / "big.py").open("wb") as stream:
        stream.truncate(50_000_000)
    (note,) = scan([tmp_path], tmp_path, vocabulary).notes
    assert note.message == "is larger than 4 MB, so it is not checked"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_noted(tmp_path, vocabulary):
    tree(tmp_path, **{"a.py": GOOD})
    (tmp_path / "a.py").chmod(0)
    (note,) = scan([tmp_path], tmp_path, vocabulary).notes
    assert note.message == "cannot be read: permission denied"


def test_a_path_that_does_not_exist_is_noted(tmp_path, vocabulary):
    (note,) = scan([tmp_path / "gone.py"], tmp_path, vocabulary).notes
    assert (note.path, note.message) == ("gone.py", "does not exist")


def test_nothing_is_ever_run(tmp_path, vocabulary):
    flag = tmp_path / "ran"
    tree(tmp_path, **{"a.py": f"open({str(flag)!r}, 'w')\n{GOOD}", "conftest.py": GOOD})
    scan([tmp_path], tmp_path, vocabulary)
    assert not flag.exists()
    assert Path.cwd() != tmp_path


def test_python_is_read_whatever_its_file_is_called(scanned_files):
    files = {
        "bin/serve": "#!/usr/bin/env python3\n" + GOOD,
        "bin/run": "#!/usr/bin/env -S uv run --script\n" + GOOD,
        "app.wsgi": GOOD,
        "box.PYT": GOOD,
        "win.pyw": GOOD,
        "bin/.py": GOOD,
    }
    others = {
        "LICENSE": GOOD,
        "bin/shell": "#!/bin/sh\n" + GOOD,
        "bin/python-config": "#!/usr/bin/python-config\n" + GOOD,
        "a.sh": "#!/usr/bin/python\n" + GOOD,
        "bin/calls": '#!/bin/sh\nexec python3 "$(dirname "$0")/a.py"\n' + GOOD,
        "bin/names": "#!/bin/sh\nexec python3 $0.py\n" + GOOD,
    }
    found = scanned_files(**files, **others)
    assert {one.place.path for one in found.usages} == set(files)
    assert found.notes == ()


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes need rights there")
def test_a_file_without_a_suffix_is_looked_at_only_where_it_is_one(scanned_files, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    assert scanned_files(**{"a.py": GOOD}).files == 1


@pytest.fixture
def scanned_files(tmp_path, vocabulary):
    """Write files and scan them."""

    def call(**files):
        tree(tmp_path, **files)
        return scan([tmp_path], tmp_path, vocabulary)

    return call
