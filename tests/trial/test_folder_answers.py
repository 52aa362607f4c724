"""`try --folder --output jsonl=FILE`: a line for each image, gone on with, never another's file."""

import json
import subprocess
import sys

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from PIL import Image  # noqa: TID253

from advisor.cli.main import run
from advisor.trial import runner as running


@pytest.fixture
def photos(tmp_path, monkeypatch):
    (tmp_path / "photos/more").mkdir(parents=True)
    for number, colour in enumerate(("red", "green", "blue") * 4):
        name = f"more/{number}.png" if number % 2 else f"{number}.png"
        Image.new("RGB", (40, 30 + number), colour).save(tmp_path / "photos" / name)
    (tmp_path / "photos/broken.png").write_bytes(b"no picture")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "photos"


@pytest.fixture
def captions(tiny, photos, capsys, monkeypatch):
    """A function that runs the command, and returns its exit code, its JSON and its batches."""
    batches = []
    really = running.Runner.run_all

    def counted(self, images, requests):
        batches.append(len(images))
        return really(self, images, requests)

    monkeypatch.setattr(running.Runner, "run_all", counted)

    def called(*more, task="captioning", kind="blip_captioner"):
        batches.clear()
        words = ["try", "--task", task, "--checkpoint", str(tiny(kind)), "--folder", "photos"]
        code = run([*words, "--output", "jsonl=out.jsonl", "--format", "json", *more])
        printed = capsys.readouterr()
        return code, json.loads(printed.out or printed.err), sum(batches)

    return called


def lines(folder):
    return [json.loads(line) for line in (folder / "../out.jsonl").read_text().splitlines()]


def test_each_image_has_a_line_and_a_second_run_runs_nothing(captions, photos):
    code, said, ran = captions()
    assert (code, said["new"], said["earlier"], said["unreadable"], ran) == (0, 13, 0, 1, 12)
    found = {line["image"]: line for line in lines(photos)}
    assert set(found) == {path.relative_to(photos).as_posix() for path in photos.rglob("*.png")}
    assert "error" in found["broken.png"]
    assert all(line["answers"][0]["text"] for name, line in found.items() if name != "broken.png")
    before = (photos / "../out.jsonl").read_bytes()
    code, said, ran = captions()
    assert (said["new"], said["earlier"], ran) == (0, 13, 0)
    assert (photos / "../out.jsonl").read_bytes() == before


def test_what_is_new_or_was_cut_short_is_answered_alone(captions, photos):
    captions()
    whole = (photos / "../out.jsonl").read_bytes()
    (photos / "../out.jsonl").write_bytes(whole[:-30])
    Image.new("RGB", (9, 9), "white").save(photos / "new.png")
    code, said, ran = captions()
    assert (code, said["new"], ran) == (0, 2, 2)
    assert len(lines(photos)) == len({line["image"] for line in lines(photos)}) == 14


@pytest.mark.parametrize("text", ["my notes", "my notes\n", '{"a": 1}\n', "[]\n"])
def test_a_file_of_somebody_else_is_left_as_it_is(captions, photos, text):
    (photos / "../out.jsonl").write_text(text)
    code, said, _ = captions()
    assert code == 2
    assert "out.jsonl" in said["error"]["message"]
    assert (photos / "../out.jsonl").read_text() == text


def test_answers_of_another_question_are_not_mixed_in(captions, photos):
    captions()
    before = (photos / "../out.jsonl").read_bytes()
    code, said, _ = captions("--prompt", "a photo of")
    assert code == 2
    assert "another checkpoint, task or question" in said["error"]["message"]
    assert (photos / "../out.jsonl").read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX locks")
def test_a_second_run_on_the_same_file_is_refused_and_nothing_is_mixed(captions, photos):
    """While one process loads, a second run is refused; killed, the first lets the file go."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from advisor.trial.folder_answers import answer_folder\n"
        "def load():\n"
        "    print('answering', flush=True)\n"
        "    sys.stdin.readline()\n"
        "answer_folder(load, 'photos', None, Path('out.jsonl'), {}, print)\n"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=pipe, stdout=pipe, text=True
    ) as first:
        assert first.stdout.readline() == "answering\n"
        before = (photos / "../out.jsonl").read_bytes()
        code, said, ran = captions()
        assert (code, ran) == (2, 0)
        assert "another run is writing to `out.jsonl`" in said["error"]["message"]
        assert (photos / "../out.jsonl").read_bytes() == before
        first.kill()
    code, said, ran = captions()
    assert (code, said["new"], ran) == (0, 13, 12)
    assert len(lines(photos)) == 13


def test_what_holds_for_every_image_ends_the_run(captions, photos):
    code, said, _ = captions(task="vqa", kind="blip_answerer")
    assert (code, said["error"]["kind"]) == (2, "missing-input")
    assert not (photos / "../out.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("task", "kind"), [("embeddings", "clip"), ("video-captioning", "smolvlm")]
)
def test_a_task_that_looks_at_images_together_has_no_lines(captions, task, kind):
    code, said, _ = captions(task=task, kind=kind)
    assert code == 2
    assert "works with one checkpoint, a folder" in said["error"]["message"]


def test_an_image_beside_a_clip_is_refused(tiny, photos, capsys):
    words = ["try", "--task", "video-captioning", "--checkpoint", str(tiny("smolvlm"))]
    image = str(next(photos.rglob("*.png")))
    assert run([*words, "--folder", str(photos), "--image", image]) == 2
    told = capsys.readouterr().err
    assert "a clip is the images of `--folder` alone" in told
    assert "leave out --image" in told


def test_lines_go_to_a_file_alone(photos, capsys):
    assert run(["try", "--demo", "--folder", str(photos), "--format", "jsonl"]) == 2
    assert "--output FILE.jsonl" in capsys.readouterr().err
