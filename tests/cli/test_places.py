"""Files, checkpoints, tasks and sentences that stand where a command takes none."""

import shlex
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project folder with an image, a folder of classes and two tables."""
    for name in ("photos", "labeled/cat", "labeled/dog", "mine"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("a.jpg", "labeled/cat/1.jpg", "labeled/dog/2.jpg"):
        (tmp_path / name).write_bytes(b"no image")
    (tmp_path / "page.pdf").write_bytes(b"%PDF-")
    (tmp_path / "captions.csv").write_text("file_name,text\na.jpg,a cat\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


SIGLIP, CLIP = "google/siglip2-base-patch16-224", "openai/clip-vit-base-patch32"
TAKEN = {
    f"try {SIGLIP} a.jpg --labels cat,dog": f"try --checkpoint {SIGLIP} --image a.jpg",
    "try captioning --images photos": "try --task captioning --folder photos",
    "try captioning --input a.jpg": "try --task captioning --image a.jpg",
    f"evaluate {SIGLIP} {CLIP} --images labeled": (
        f"evaluate labeled --candidate {SIGLIP} --candidate {CLIP}"
    ),
    f"evaluate --checkpoint {CLIP} --data labeled": f"evaluate labeled --candidate {CLIP}",
    f"evaluate --models {CLIP},{SIGLIP} --data labeled": (
        f"evaluate labeled --candidate {CLIP} --candidate {SIGLIP}"
    ),
    f"try labeled --model {CLIP} --model {SIGLIP}": (
        f"try --folder labeled --checkpoint {CLIP} --checkpoint {SIGLIP}"
    ),
    "try a.jpg a.jpg --labels cat,dog": "try --image a.jpg --labels cat,dog",
    f"evaluate --model={CLIP} labeled": f"evaluate labeled --candidate {CLIP}",
    "evaluate labeled --model ./mine": "evaluate labeled --candidate ./mine",
    "evaluate labeled --checkpoint mine": "evaluate labeled --candidate mine",
    "try a.jpg --candidate ./mine": "try --image a.jpg --checkpoint ./mine",
    "evaluate captioning captions.csv photos": (
        "evaluate captions.csv --task captioning --image-folder photos"
    ),
    f"compare {SIGLIP} {CLIP} --on labeled": (
        f"evaluate labeled --candidate {SIGLIP} --candidate {CLIP}"
    ),
    f"compare {SIGLIP} vs {CLIP} on labeled": (
        f"evaluate labeled --candidate {SIGLIP} --candidate {CLIP}"
    ),
    "train labeled -o t.py": "code --training fine-tune -o t.py",
    "train captioning photos -o t.py": "code captioning --training fine-tune -o t.py",
}


@pytest.mark.parametrize(("typed", "meant"), TAKEN.items())
def test_a_word_goes_to_the_flag_that_takes_it(advisor, folder, typed, meant):
    assert f"understood as `advisor {meant}" in advisor(*typed.split()).err


def test_a_second_image_is_left_out_and_that_is_said(advisor, folder):
    Path("b.jpg").write_bytes(b"no image")
    said = advisor("try", "a.jpg", "b.jpg", "--labels", "cat,dog").err
    assert "`b.jpg` is left out" in said
    assert "try --image a.jpg --labels cat,dog`" in said


@pytest.mark.parametrize(
    ("typed", "flag"), [(["--labels", "cat,dog"], "--labels"), (["Which bar is it?"], "--question")]
)
def test_what_goes_with_an_image_tells_the_task(advisor, folder, typed, flag):
    from PIL import Image

    Image.new("RGB", (8, 8)).save("a.png")
    said = advisor("try", "a.png", *typed, "--offline").err
    assert f"{flag} " in said.splitlines()[0]
    assert "is not on this machine" in said


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        (["try", "caption product photos in German", "a.jpg"], "--task captioning --image a.jpg"),
        (["try", "captioning", "a.jpg", "--language", "de"], "--task captioning --image a.jpg"),
        (["try", "find near-duplicate photos", "photos"], "--task deduplication --folder photos"),
    ],
)
def test_a_need_is_tried_with_what_is_recommended_for_it(advisor, folder, typed, best):
    """The checkpoint is the first one that `recommend` names for the same need."""
    said = advisor(*typed).err
    need = [word for word in typed[1:] if word not in ("a.jpg", "photos")]
    first = advisor("recommend", *need, "-q").out.splitlines()[0]
    assert f"understood as `advisor try --checkpoint {first} {best}" in said


def test_evaluate_takes_a_need_beside_its_data(advisor, folder):
    said = advisor("evaluate", "caption photos in German", "captions.csv").err
    assert "captions.csv --task captioning --language de" in said


def test_one_model_is_compared_with_the_one_recommended(advisor):
    best = advisor("recommend", "--task", "captioning", "-q").out.splitlines()[0]
    said = advisor("compare", "blip-base").err
    assert f"`advisor compare Salesforce/blip-image-captioning-base {best}`" in said


def test_a_pdf_is_read_by_the_program_that_is_named(advisor, folder):
    for typed in (["try", "page.pdf", "--task", "ocr-page"], ["try", "ocr", "page.pdf"]):
        result = advisor(*typed)
        assert result.code == 2
        command = result.err.partition("`advisor code ")[2].partition("`")[0]
        assert "uv run pages.py page.pdf" in result.err
        assert advisor("code", *shlex.split(command)).code == 0
        assert ".pdf" in (folder / "pages.py").read_text("utf-8")
        (folder / "pages.py").unlink()


def test_a_check_in_ci_is_the_check(advisor, folder):
    (folder / "app.py").write_text("print(1)\n")
    plain, in_ci = advisor("check"), advisor("check", "--ci")
    assert (in_ci.code, in_ci.out) == (plain.code, plain.out)
    assert "`advisor help ci` prints a workflow" in in_ci.err


def test_a_part_of_an_id_finds_checkpoints_that_begin_so(advisor):
    shown = advisor("show", "siglip2-base").out
    assert SIGLIP in shown
    assert all("siglip2-base" in line for line in shown.splitlines() if "google/" in line)
    assert advisor("show", "base-siglip2").code == 2
