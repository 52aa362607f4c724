"""What an evaluation may write over, and what of other evaluations it may remove."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from test_runs import arranged, run

from advisor.cli.main import run as advisor
from advisor.evaluate import responses
from advisor.evaluate.arrangement import MOST_KEPT, run_folder
from advisor.evaluate.run_file import NAME, is_run, writing

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
    assert "holds files that do not belong to an evaluation" in said
    assert "fresh" not in said
    assert bytes_in(folder) == before


@pytest.mark.slow
@pytest.mark.parametrize("fresh", [(), ("--fresh",)])
def test_what_lies_beside_a_run_is_left_alone(shapes, tmp_path, capsys, fresh):
    folder = tmp_path / "run"
    assert evaluated(capsys, shapes(9), "--run", folder)[0] in (0, 1)
    for file, colour in (("a.png", "red"), ("b.png", "blue")):
        (folder / file).write_bytes(next((tmp_path / "shapes").glob(f"a_{colour}*/*")).read_bytes())
    for name, text in OWN["web"].items():
        (folder / name).write_text(text)
    (folder / "images.jsonl").write_text(LABELS)
    before = bytes_in(folder)
    assert evaluated(capsys, folder / "images.jsonl", "--run", folder, *fresh)[0] in (0, 1)
    after = bytes_in(folder)
    assert {name for name in before if before[name] != after[name]} == {NAME}
    assert before.keys() == after.keys()


HOLDING = """
import sys
from pathlib import Path
from advisor.evaluate.run_file import writing
with writing(Path(sys.argv[1])):
    print("kept", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def cached(shapes, tmp_path, monkeypatch):
    """Return as many runs as the cache keeps and three more, the oldest first."""
    monkeypatch.setenv("ADVISOR_CACHE", str(tmp_path / "cache"))
    first = run_folder(arranged(shapes(9)), "")
    folders = [first.parent / f"{number:020x}" for number in range(MOST_KEPT + 3)]
    for age, folder in enumerate(reversed(folders)):
        with writing(folder):
            pass
        for file in (folder / NAME, folder):
            os.utime(file, (10**9 - age,) * 2)
    return folders


def test_a_run_in_use_is_not_removed_by_another_evaluation(shapes, cached):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(cached[0])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "kept\n"
        for file in (cached[0], *cached[0].iterdir()):
            os.utime(file, (10**8, 10**8))
        run_folder(arranged(shapes(9)), "")
        other.kill()
    assert is_run(cached[0])
    assert not cached[1].exists()
    run_folder(arranged(shapes(9)), "")
    assert not cached[0].exists()


def test_the_age_of_a_run_is_that_of_its_newest_file(shapes, cached):
    os.utime(cached[0] / NAME)
    (cached[1] / "thesis.txt").write_text("of somebody, under a name of the cache")
    (cached[1] / NAME).unlink()
    for file in (cached[1], *cached[1].iterdir()):
        os.utime(file, (10**8, 10**8))
    run_folder(arranged(shapes(9)), "")
    assert cached[0].exists()
    assert (cached[1] / "thesis.txt").exists(), "it holds no run"
    assert sum(folder.exists() for folder in cached) == MOST_KEPT, "of the others, and it"


@pytest.mark.slow
def test_a_run_that_is_taken_up_counts_as_used(shapes, cached, tmp_path):
    made = arranged(shapes(9))
    folder = run_folder(made, "")
    run(made, folder)
    for file in (folder, *folder.iterdir()):
        os.utime(file, (10**8, 10**8))
    run(made, run_folder(made, ""))
    (tmp_path / "shapes").rename(tmp_path / "others")
    run_folder(arranged(tmp_path / "others"), "")
    assert is_run(folder)


def test_the_header_of_a_run_says_whose_file_it_is_and_in_which_form(tmp_path):
    with writing(tmp_path / "run"):
        pass
    header = (tmp_path / "run" / NAME).read_bytes()[:100]
    assert (header[68:72], header[60:64]) == (b"advr", bytes([0, 0, 0, 2]))


def test_weights_up_to_a_size_are_told_apart_by_every_byte_and_larger_ones_by_samples(
    tmp_path, monkeypatch
):
    for name, number in (("WHOLE_FILES", 200), ("SAMPLES", 4), ("SAMPLE", 10)):
        monkeypatch.setattr(responses, name, number)
    checkpoint = SimpleNamespace(name="lab/x", revision=None, folder=tmp_path)
    for size, told_apart in ((200, 200), (201, 40)):
        weights, digests = bytearray(size), set()
        for place in range(size):
            weights[place] = 1
            (tmp_path / "model.safetensors").write_bytes(weights)
            digests.add(responses.identity_of(checkpoint))
            weights[place] = 0
        assert len(digests) == min(size, told_apart + 1)
