"""A run: what it writes, and that it comes out the same however often it is broken off."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from drawn import picture

from advisor.engine.profile import make_profile
from advisor.errors import AdvisorError, BrokenFileError, UsageError
from advisor.evaluate.arrangement import Arrangement, ImagesAsked, arrange, run_folder
from advisor.evaluate.execution import Watching, execute
from advisor.evaluate.image_blocks import blocks_of, prepared
from advisor.evaluate.journal import Journal, open_journal
from advisor.evaluate.labelled import LabelledImage
from advisor.evaluate.lineup import Asking
from advisor.evaluate.manifest import read_run
from advisor.evaluate.recorded import Response, read_response, response_line
from advisor.rulebase.store import load_rules
from advisor.trial.contrastive import Contrastive
from advisor.trial.failures import BrokenCheckpointError, OutOfMemoryError
from advisor.trial.resolution import Loading

RULES = load_rules()
NAMED = ("demo:clip",)


def arranged(data: Path, named: Any = NAMED, *, batch: int = 8, **more: Any) -> Arrangement:
    task = more.pop("task", "")
    given = make_profile(RULES, {"task": task} if task else {})
    asking = more.pop("asking", Asking())
    images = ImagesAsked(str(data), **more)
    loading = Loading(device="cpu", dtype="float32")
    return arrange(RULES, images, given, named, loading, asking, batch=batch)


def run(made: Arrangement, folder: Path, **how: Any) -> Any:
    return execute(
        folder, made.data, made.store, made.line_up(RULES), made.settings({}, "0"), **how
    )


def compared(folder: Path) -> dict[str, bytes]:
    """What is compared of a run: all but what was timed."""
    files = (file for file in folder.iterdir() if not file.name.startswith("timing"))
    return {file.name: file.read_bytes() for file in files}


@pytest.mark.slow
def test_a_run_is_read_from_its_folder_as_it_was_made(shapes, tmp_path):
    made = arranged(shapes(12))
    finished = run(made, tmp_path / "run")
    again = read_run(tmp_path / "run")
    assert again == finished
    (candidate,) = again.candidates
    responses = list(again.responses(candidate))
    assert [each.number for each in responses] == list(range(12))
    best = [max(range(9), key=each.scores.__getitem__) for each in responses]
    right = [again.data.classes[place] == image.labels[0]
             for place, image in zip(best, again.data.images, strict=True)]  # fmt: skip
    assert sum(right) >= 10
    assert (candidate.scored_by, candidate.class_name) == ("softmax", "CLIPModel")
    timing = again.timing(candidate)
    assert (timing.images, timing.batch) == (12, 8)
    assert timing.peak_mb
    assert timing.images_per_second


@pytest.mark.slow
def test_cut_anywhere_it_comes_out_the_same(shapes, tmp_path):
    made = arranged(shapes(30))
    folder = tmp_path / "run"
    run(made, folder)
    whole = compared(folder)
    given = whole["given-0.jsonl"]
    chosen = random.Random(3)
    places = [0, 1, len(given) - 1, *(chosen.randrange(len(given)) for _ in range(4))]
    for place in places:
        torn = given[:place] + chosen.choice((b"", b'{"number":3', b"\0\n", given[:50]))
        (folder / "given-0.jsonl").write_bytes(torn)
        run(made, folder)
        assert compared(folder) == whole, place


@pytest.mark.slow
def test_stopped_after_its_last_answer_it_still_has_what_was_to_be_said(shapes, tmp_path):
    made = arranged(shapes(9))
    run(made, tmp_path / "whole")
    folder = tmp_path / "run"

    def stop(_name, done, total):
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(made, folder, watching=Watching(progress=stop))
    run(made, folder)
    assert compared(folder) == compared(tmp_path / "whole")
    assert read_run(folder).candidates[0].warnings


@pytest.mark.slow
def test_what_is_there_is_not_run_again(shapes, tmp_path, monkeypatch):
    made = arranged(shapes(20))
    folder = tmp_path / "run"
    run(made, folder)
    seen: list[int] = []
    plain = Contrastive.label_scores
    monkeypatch.setattr(
        Contrastive,
        "label_scores",
        lambda self, images, request: seen.append(len(images)) or plain(self, images, request),
    )
    run(made, folder)
    assert seen == []
    given = folder / "given-0.jsonl"
    given.write_bytes(b"".join(given.read_bytes().splitlines(keepends=True)[:17]))
    run(made, folder)
    assert seen == [4], "whole blocks stay, the torn one is done anew"
    run(arranged(shapes(20), asking=Asking(template="a photo of {}")), folder)
    assert seen == [4, 8, 8, 4], "another template changes every key"


@pytest.mark.slow
def test_from_an_image_that_changed_all_is_run_again(shapes, tmp_path):
    data = shapes(30)
    folder = tmp_path / "run"
    run(arranged(data), folder)
    before = (folder / "given-0.jsonl").read_bytes().splitlines()
    changed = arranged(data).data.images[10].id
    (data / changed).write_bytes(picture("yellow", "circle"))
    run(arranged(data), folder)
    after = (folder / "given-0.jsonl").read_bytes().splitlines()
    differs = [number for number, pair in enumerate(zip(before, after, strict=True))
               if pair[0] != pair[1]]  # fmt: skip
    assert differs == [10]


@pytest.mark.slow
def test_one_candidate_under_two_names_gives_the_same_bytes(shapes, tmp_path):
    made = arranged(shapes(20), ("demo:clip", "again=demo:clip"))
    finished = run(made, tmp_path / "run")
    assert [each.name for each in finished.candidates] == ["demo:clip", "again"]
    files = compared(tmp_path / "run")
    assert files["given-0.jsonl"] == files["given-1.jsonl"]


@pytest.mark.slow
def test_all_families_answer_about_labels_captions_and_questions(shapes, tmp_path):
    home = shapes(6)
    rows = []
    for file in sorted(home.rglob("*.png")):
        label = file.parent.name.replace("_", " ")
        shape = {"question": "what shape is in the image?", "answer": label.split()[-1]}
        image = str(file.relative_to(home))
        rows.append({"image": image, "label": label, "caption": label, **shape})
    (home / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    everyone = ("demo:clip", "demo:vision-encoder-decoder", "demo:blip", "demo:unified-vlp")
    found = run(arranged(home, everyone), tmp_path / "labels")
    assert [each.scored_by for each in found.candidates] == [
        "softmax", "likelihood", "match", "likelihood",
    ]  # fmt: skip
    assert not any(each.failed for each in found.candidates)
    captions = run(arranged(home, everyone, task="captioning"), tmp_path / "captions")
    assert [bool(each.failed) for each in captions.candidates] == [True, False, False, False]
    for candidate in captions.candidates[1:]:
        assert all(" " in (each.text or "") for each in captions.responses(candidate))
    answers = run(arranged(home, everyone, task="vqa"), tmp_path / "answers")
    assert [bool(each.failed) for each in answers.candidates] == [True, True, False, False]
    said = {each.text for each in answers.responses(answers.candidates[2])}
    assert said <= {"circle", "rectangle", "triangle"}
    found = run(arranged(home, everyone, task="image-search"), tmp_path / "search")
    assert [bool(each.failed) for each in found.candidates] == [False, True, True, True]
    first = next(found.responses(found.candidates[0]))
    assert sum(each * each for each in first.image_vector) == pytest.approx(1, abs=1e-5)
    assert len(first.text_vectors) == 1


def test_an_unreadable_image_counts_for_nobody_and_is_named(shapes, tmp_path):
    data = shapes(9)
    (data / "a_red_circle" / "broken.png").write_bytes(b"no picture")
    found = run(arranged(data), tmp_path / "run")
    unreadable = [each for each in found.responses(found.candidates[0]) if each.unreadable]
    assert [each.unreadable for each in unreadable] == [
        "`a_red_circle/broken.png` is not an image that can be read"
    ]


@pytest.mark.slow
def test_short_memory_halves_the_batch_and_says_so(shapes, tmp_path, monkeypatch):
    made = arranged(shapes(20))
    run(made, tmp_path / "whole")
    plain = Contrastive.label_scores

    def short(self, images, request):
        if len(images) > 3:
            raise OutOfMemoryError("the memory ran out")
        return plain(self, images, request)

    monkeypatch.setattr(Contrastive, "label_scores", short)
    told: list[str] = []
    found = run(made, tmp_path / "run", watching=Watching(told.append))
    assert ["no room for 8 images" in line and "with 2" in line for line in told] == [True]
    responses = list(found.responses(found.candidates[0]))
    expected = list(found.responses(read_run(tmp_path / "whole").candidates[0]))
    assert [each.key for each in responses] == [each.key for each in expected]
    for each, other in zip(responses, expected, strict=True):
        assert each.scores == pytest.approx(other.scores, abs=1e-4)
    monkeypatch.setattr(Contrastive, "label_scores", lambda *_: _out_of_memory())
    found = run(made, tmp_path / "none")
    assert "memory" in found.candidates[0].failed


def _out_of_memory():
    raise OutOfMemoryError("the memory ran out")


def test_an_image_that_one_candidate_cannot_answer_fails_alone(shapes, tmp_path, monkeypatch):
    made = arranged(shapes(20))
    plain, bad = Contrastive.label_scores, made.data.images[5].id

    def picky(self, images, request):
        if any(image.name == bad for image in images):
            raise BrokenCheckpointError("it does not like this one")
        return plain(self, images, request)

    monkeypatch.setattr(Contrastive, "label_scores", picky)
    found = run(made, tmp_path / "run")
    failed = {each.number: each.failed for each in found.responses(found.candidates[0])}
    assert [number for number, why in failed.items() if why] == [5]
    assert failed[5] == "it does not like this one"


def test_a_candidate_that_fails_stops_no_other(shapes, tmp_path):
    from advisor.trial.demo import demo_checkpoint

    broken = tmp_path / "broken"
    shutil.copytree(demo_checkpoint("clip").folder, broken)
    (broken / "tokenizer.json").unlink()
    (broken / "tokenizer_config.json").unlink()
    made = arranged(shapes(9), (str(broken), "demo:clip", "org/not-there"))
    found = run(made, tmp_path / "run")
    assert [bool(each.failed) for each in found.candidates] == [True, False, True]
    assert len(list(found.responses(found.candidates[1]))) == 9
    assert read_run(tmp_path / "run") == found


@pytest.mark.slow
def test_a_folder_of_another_evaluation_is_left_alone(shapes, tmp_path):
    folder = tmp_path / "run"
    run(arranged(shapes(9)), folder)
    before = compared(folder)
    with pytest.raises(UsageError, match="begun with 8 images at once"):
        run(arranged(shapes(9), batch=4), folder)
    with pytest.raises(UsageError, match="other images or candidates"):
        run(arranged(shapes(12)), folder)
    with pytest.raises(UsageError, match="other images or candidates"):
        run(arranged(shapes(9), ("demo:blip",)), folder)
    assert compared(folder) == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(UsageError, match="something else than a run"):
        run_folder(arranged(shapes(9)), str(tmp_path / "mine"))
    assert run_folder(arranged(shapes(9)), str(folder)) == folder
    made = arranged(shapes(12))
    run(made, folder, fresh=True)
    run(made, tmp_path / "other")
    assert compared(folder) == compared(tmp_path / "other")


def test_without_a_name_the_folder_is_that_of_the_same_arrangement(shapes, monkeypatch, tmp_path):
    monkeypatch.setenv("ADVISOR_CACHE", str(tmp_path / "cache"))
    first = run_folder(arranged(shapes(9)), "")
    assert first == run_folder(arranged(shapes(9)), "")
    others = {
        run_folder(arranged(shapes(9), batch=4), ""),
        run_folder(arranged(shapes(9), seed=1), ""),
        run_folder(arranged(shapes(9), limit=3), ""),
        run_folder(arranged(shapes(9), ("demo:blip",)), ""),
    }
    assert len(others | {first}) == 5


def test_a_class_whose_name_is_no_text_is_refused_where_it_stands(tmp_path):
    for name in (b"blue", b"\xffred"):
        (folder := tmp_path / os.fsdecode(name)).mkdir()
        (folder / "a.png").write_bytes(b"RED")
    with pytest.raises(UsageError, match=r"red/a\.png`: .* is not text in UTF-8"):
        arranged(tmp_path)


def test_half_a_character_is_no_label(tmp_path):
    rows = [{"file_name": "a.png", "label": "blue"}, {"file_name": "b.png", "label": "\ud800red"}]
    for row in rows:
        (tmp_path / row["file_name"]).write_bytes(b"RED")
    (data := tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(UsageError, match=r"b\.png`: .* is not text in UTF-8"):
        arranged(data)


def test_images_of_one_class_alone_are_refused(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "a.png").write_bytes(b"RED")
    with pytest.raises(UsageError, match=r"all images of .* are `cat`"):
        arranged(tmp_path)


@pytest.mark.slow
def test_a_second_evaluation_in_a_folder_is_refused_and_changes_nothing(shapes, tmp_path):
    made, folder = arranged(shapes(9)), tmp_path / "run"
    half = folder / ".advisor-0123456789abcdef"
    before = []

    def second(_name, done, _total):
        if not before:
            half.write_text("of the first")
            before.append(compared(folder))
            with pytest.raises(AdvisorError, match="another evaluation"):
                run(made, folder, fresh=True)
            assert compared(folder) == before[0]

    run(made, folder, watching=Watching(progress=second))
    assert before
    assert half.exists()
    run(made, folder)
    assert not half.exists(), "what a kill left half written goes"


def test_killed_before_its_manifest_a_folder_is_that_of_a_run(shapes, tmp_path):
    (folder := tmp_path / "run").mkdir()
    (folder / ".lock").touch()
    (folder / ".advisor-0123456789abcdef").write_text("{")
    assert run_folder(arranged(shapes(9)), str(folder)) == folder


@pytest.mark.slow
def test_a_run_that_somebody_changed_is_refused_at_its_line(shapes, tmp_path):
    found = run(arranged(shapes(9)), tmp_path / "run")
    (tmp_path / "run" / "given-0.jsonl").write_bytes(b'{"number":0,"key":"x"}\n{"a":1}\n')
    with pytest.raises(BrokenFileError, match="line 2"):
        list(found.responses(found.candidates[0]))
    images = (tmp_path / "run" / "images.jsonl").read_text(encoding="utf-8")
    (tmp_path / "run" / "images.jsonl").write_text(images.replace("green", "blue"), "utf-8")
    with pytest.raises(BrokenFileError, match=r"images\.jsonl"):
        read_run(tmp_path / "run")
    for text in ("{}", "[]", "no", '{"form": 1}', '{"form": 1, "data": 3}'):
        (tmp_path / "run" / "manifest.json").write_text(text)
        with pytest.raises(BrokenFileError):
            read_run(tmp_path / "run")
    with pytest.raises(BrokenFileError, match="holds no evaluation"):
        read_run(tmp_path)


def test_a_response_is_read_as_it_was_written():
    responses = [
        Response(0, "k", text="zwei Hunde\u2028\nx", probability=0.25),
        Response(1, "k", scores=(0.5, 1e-12, 0.0)),
        Response(3, "k", unreadable="`a\udcff.png` is not an image that can be read"),
        Response(2, "k", image_vector=(0.5, -0.25), text_vectors=((1.0, 0.0), (0.0, 1.0))),
        Response(3, "k", fields={"total": ["3.00"]}, text="{}"),
        Response(4, "k", failed="no"),
        Response(5, "k", unreadable="no"),
        Response(6, "k", text=""),
    ]
    lines = [response_line(each) for each in responses]
    assert [read_response(line) for line in lines] == responses
    assert all(line.count(b"\n") == 1 for line in lines)
    for line in (b"{}", b"[1]", b"x", b'{"number":0,"key":"","what":1}',
                 b'{"number":0,"key":"","image_vector":"AAA"}'):  # fmt: skip
        with pytest.raises(ValueError):
            read_response(line)


def test_blocks_are_read_ahead_in_order_and_no_more_pixels_than_agreed(monkeypatch):
    from advisor.evaluate import image_blocks

    class Store:
        def missing(self, _name):
            return ""

        def read(self, _name):
            return picture("red", "circle", size=200)

    monkeypatch.setattr(image_blocks, "AHEAD_PIXELS", 1)
    images = [LabelledImage(number, str(number), labels=("x",)) for number in range(11)]
    blocks = blocks_of(images, 4)
    found = list(prepared(blocks, Store(), "digest", lambda *_: False))
    assert [[each.image.number for each in block.asked] for block in found] == [
        [0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10],
    ]  # fmt: skip
    assert all(image.pixels.size == (200, 200) for block in found for _, image in block.opened)
    files = list(prepared(blocks, Store(), "digest", lambda *_: False, decode=False))
    assert all(each.data for block in files for each in block.asked)
    assert len({each.key for block in files for each in block.asked}) == 1, "no name is in a key"


@pytest.mark.parametrize("odd", ["pipe", "link", "folder"])
def test_a_file_of_a_run_that_is_none_is_refused(tmp_path, odd):
    file = tmp_path / "given-0.jsonl"
    (precious := tmp_path / "precious").write_text("kept")
    if odd == "pipe":
        os.mkfifo(file)
    elif odd == "link":
        file.symlink_to(precious)
    else:
        file.mkdir()
    with pytest.raises(AdvisorError, match=r"given-0\.jsonl` cannot be written: "):
        open_journal(file)
    with pytest.raises(AdvisorError), Journal(file, [1]):
        pass
    assert precious.read_text() == "kept"


@pytest.mark.slow
def test_what_was_timed_is_not_written_through_a_link(shapes, tmp_path):
    made = arranged(shapes(9))
    (folder := tmp_path / "run").mkdir()
    (precious := tmp_path / "precious").write_text("kept")
    (folder / "timing-0.jsonl").symlink_to(precious)
    with pytest.raises(AdvisorError, match="it is a link"):
        run(made, folder)
    assert precious.read_text() == "kept"
