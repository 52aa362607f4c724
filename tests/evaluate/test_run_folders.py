"""What an evaluation may write over, and what of other evaluations it may remove."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from test_runs import arranged, run

from advisor.cli.main import run as advisor
from advisor.evaluate.arrangement import MOST_KEPT, run_folder
from advisor.evaluate.manifest import names_made

LABELS = '{"file_name": "a.png", "label": "red"}\n{"file_name": "b.png", "label": "blue"}\n'
OWN = {
    "web": {"manifest.json": '{"name": "my app"}', "images.jsonl": "[]", "given-me.jsonl": "{}"},
    "form": {"manifest.json": '{"form": 1, "data": "mine"}', "given-0.jsonl": "{}"},
    "answers": {"given-0.jsonl": "{}"},
}


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def evaluated(capsys, *words: object) -> tuple[int, str]:
    code = advisor(["evaluate", *map(str, words), "--demo", "--no-input"])
    return code, capsys.readouterr().err


@pytest.mark.parametrize("own", OWN.values(), ids=OWN)
@pytest.mark.parametrize("fresh", [(), ("--fresh",)])
def test_a_folder_that_was_never_a_run_is_left_alone(shapes, tmp_path, capsys, own, fresh):
    (folder := tmp_path / "app").mkdir()
    for name, text in own.items():
        (folder / name).write_text(text)
    before = bytes_in(folder)
    code, said = evaluated(capsys, shapes(9), "--run", folder, *fresh)
    assert code == 2
    assert "holds something else than a run" in said
    assert "fresh" not in said
    assert bytes_in(folder) == before


@pytest.mark.slow
@pytest.mark.parametrize("fresh", [(), ("--fresh",)])
def test_labels_that_are_read_are_not_written_over(shapes, tmp_path, capsys, fresh):
    folder = tmp_path / "run"
    assert evaluated(capsys, shapes(9), "--run", folder)[0] in (0, 1)
    for file, colour in (("a.png", "red"), ("b.png", "blue")):
        (folder / file).write_bytes(next((tmp_path / "shapes").glob(f"a_{colour}*/*")).read_bytes())
    (folder / "images.jsonl").write_text(LABELS)
    before = bytes_in(folder)
    code, said = evaluated(capsys, folder / "images.jsonl", "--run", folder, *fresh)
    assert (code, "replace it" in said) == (2, True), said
    assert bytes_in(folder) == before


@pytest.mark.slow
def test_fresh_removes_what_the_run_made_and_nothing_else(shapes, tmp_path, capsys):
    folder = tmp_path / "run"
    assert evaluated(capsys, shapes(9), "--run", folder)[0] in (0, 1)
    (folder / "notes.json").write_text("mine")
    assert evaluated(capsys, shapes(12), "--run", folder, "--fresh")[0] in (0, 1)
    assert (folder / "notes.json").read_text() == "mine"
    (folder / "given-me.jsonl").write_text("mine")
    before = bytes_in(folder)
    assert evaluated(capsys, shapes(9), "--run", folder, "--fresh")[0] == 2
    assert bytes_in(folder) == before


HOLDING = """
import sys, time
from pathlib import Path
from advisor.evaluate.manifest import kept_for_us
with kept_for_us(Path(sys.argv[1]), fresh=False):
    print("kept", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def cached(shapes, tmp_path, monkeypatch):
    """Return as many runs as the cache keeps and three more, the oldest first."""
    monkeypatch.setenv("ADVISOR_CACHE", str(tmp_path / "cache"))
    first = run_folder(arranged(shapes(9)), "")
    folders = [first.parent / f"{number:020x}" for number in range(MOST_KEPT + 3)]
    manifest = {"form": 1, "data": {}, "candidates": [{}], "settings": {}}
    for age, folder in enumerate(reversed(folders)):
        folder.mkdir(parents=True)
        for name, text in (("manifest.json", json.dumps(manifest)), ("given-0.jsonl", "")):
            (folder / name).write_text(text)
            os.utime(folder / name, (10**9 - age,) * 2)
        os.utime(folder, (10**9 - age,) * 2)
    return folders


def test_a_run_in_use_is_not_removed_by_another_evaluation(shapes, cached):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(cached[0])], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "kept\n"
        for file in (cached[0], *cached[0].iterdir()):
            os.utime(file, (10**8, 10**8))
        run_folder(arranged(shapes(9)), "")
        other.kill()
    assert names_made(cached[0])
    assert not cached[1].exists()
    run_folder(arranged(shapes(9)), "")
    assert not cached[0].exists()


def test_the_age_of_a_run_is_that_of_its_newest_file(shapes, cached):
    os.utime(cached[0] / "given-0.jsonl")
    (cached[1] / "thesis.txt").write_text("of somebody, under a name of the cache")
    (cached[1] / "manifest.json").unlink()
    for file in (cached[1], *cached[1].iterdir()):
        os.utime(file, (10**8, 10**8))
    run_folder(arranged(shapes(9)), "")
    assert cached[0].exists()
    assert (cached[1] / "thesis.txt").exists(), "it holds no run"
    assert sum(folder.exists() for folder in cached) == MOST_KEPT + 1


@pytest.mark.slow
def test_a_run_that_is_taken_up_counts_as_used(shapes, cached):
    made = arranged(shapes(9))
    folder = run_folder(made, "")
    run(made, folder)
    for file in (folder, *folder.iterdir()):
        os.utime(file, (10**8, 10**8))
    assert run_folder(made, "") == folder
    run_folder(arranged(shapes(9), seed=1), "")
    assert names_made(folder)
