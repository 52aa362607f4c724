"""What an evaluation may write over, and how its files and weights are told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")


from advisor.cli.main import run as advisor
from advisor.evaluate import responses
from advisor.evaluate.run_file import NAME, writing

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
