"""A run: what it writes, and that it comes out the same however often it is broken off."""

from __future__ import annotations

import json
import math
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import numpy as np
from drawn import picture

from advisor.engine.profile import make_profile
from advisor.errors import AdvisorError, BrokenFileError, UsageError
from advisor.evaluate.arrangement import arrange, run_folder, settings_of
from advisor.evaluate.execution import execute, prepared
from advisor.evaluate.lineup import Arrangement, line_up
from advisor.evaluate.options import RunOptions
from advisor.evaluate.responses import EvaluationRun, LabelledImage, Response
from advisor.evaluate.run_file import (
    NAME,
    NOT_READ,
    answer_text,
    read_answer,
    writing,
)
from advisor.evaluate.worker import Worker
from advisor.model.library import LABEL
from advisor.rulebase.store import load_rules
from advisor.trial.answer import Request
from advisor.trial.contrastive import Contrastive
from advisor.trial.demo import demo_checkpoint
from advisor.trial.images import open_encoded
from advisor.trial.resolution import Loading
from advisor.trial.runner import load_runner
from advisor.trial.runtime import BrokenCheckpointError, OutOfMemoryError
from tests.evaluate.runs import ClosedRun, read_run

RULES = load_rules()
NAMED = ("demo:clip",)


def arranged(data: Path, named: Any = NAMED, *, batch: int = 8, **more: Any) -> Arrangement:
    task = more.pop("task", "")
    given = make_profile(RULES, {"task": task} if task else {})
    loading = Loading(device="cpu", dtype="float32")
    options = RunOptions(named=list(named), batch=batch, **more)
    return arrange(RULES, str(data), options, given, loading)


def run(made: Arrangement, folder: Path, **how: Any) -> Any:
    with writing(folder) as file:
        begun = EvaluationRun(
            data=made.data,
            candidates=line_up(made),
            settings=settings_of(made),
            file=file,
        )
        done = execute(begun, made.store, made.asking, how.pop("hire", Worker), **how)
    return replace(done, file=ClosedRun(folder))


def compared(folder: Path) -> dict[str, list[Any]]:
    """What is compared of a run: all but what was timed."""
    file = ClosedRun(folder)
    order = {"run": "manifest", "images": "number", "given": "candidate, number", "answers": "key"}
    return {
        table: list(file.rows(f"SELECT * FROM {table} ORDER BY {by}"))
        for table, by in order.items()
    }


def given(folder: Path, number: int = 0) -> list[Response]:
    """What a candidate gave."""
    known = read_run(folder)
    return list(known.responses(known.candidates[number]))


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
    content = (demo_checkpoint("clip").folder / "model.safetensors").read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    counted = sum(math.prod(one.get("shape", (0,))) for one in header.values())
    assert candidate.parameters_millions == pytest.approx(counted / 1e6)
    timing = again.file.timing(candidate)
    assert (timing.images, timing.batch) == (12, 8)
    assert timing.peak_mb
    assert timing.images_per_second


@pytest.mark.slow
def test_cut_anywhere_it_comes_out_the_same(shapes, tmp_path):
    made = arranged(shapes(30))
    folder = tmp_path / "run"
    run(made, folder)
    whole = compared(folder)
    for block in range(5):
        with writing(folder) as file, file.transaction() as write:
            write.execute("DELETE FROM given WHERE number >= ?", (8 * block,))
            write.execute("DELETE FROM answers WHERE key NOT IN (SELECT key FROM given)")
            labels = len(made.data.classes)
            assert len(file.keys()) == labels + min(30, 8 * block)
        run(made, folder)
        assert compared(folder) == whole, block


@pytest.mark.slow
def test_stopped_after_its_last_answer_it_still_has_what_was_to_be_said(shapes, tmp_path):
    made = arranged(shapes(9))
    run(made, tmp_path / "whole")
    folder = tmp_path / "run"

    def stop(_name, done, total):
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(made, folder, progress=stop)
    run(made, folder)
    assert compared(folder) == compared(tmp_path / "whole")
    assert read_run(folder).candidates[0].warnings


@pytest.mark.slow
def test_what_is_there_is_not_run_again(shapes, tmp_path, monkeypatch):
    made = arranged(shapes(20))
    folder = tmp_path / "run"
    run(made, folder)
    seen: list[int] = []
    plain = Contrastive.image_vectors
    monkeypatch.setattr(
        Contrastive,
        "image_vectors",
        lambda self, images: seen.append(len(images)) or plain(self, images),
    )
    run(made, folder)
    assert seen == []
    with writing(folder) as file, file.transaction() as write:
        late = "SELECT key FROM given WHERE number >= 17"
        write.execute(f"DELETE FROM answers WHERE key IN ({late})")
    run(made, folder)
    assert seen == [3], "what is missing, and no more"
    seen.clear()
    run(arranged(shapes(20), template="a photo of {}"), folder)
    assert seen == [], "the vectors of images are those of any template"
    run(made, folder)
    assert seen == [], "and what was there is left"


def test_a_new_label_encodes_itself_and_no_image(shapes, tmp_path, monkeypatch, asked):
    texts: list[str] = []
    plain = Contrastive.text_vectors
    monkeypatch.setattr(
        Contrastive, "text_vectors", lambda self, some: texts.extend(some) or plain(self, some)
    )
    data, folder = shapes(20), tmp_path / "run"
    run(arranged(data), folder)
    assert (len(texts), sum(asked)) == (9, 20)
    texts.clear()
    asked.clear()
    (data / "a_pink_star").mkdir()
    (data / "a_pink_star" / "1.png").write_bytes(picture("red", "circle", size=90))
    found = run(arranged(data), folder)
    assert (texts, asked) == (["a pink star"], [1])
    rows = [each.scores for each in found.responses(found.candidates[0])]
    assert {len(row) for row in rows} == {10}
    assert [sum(row) for row in rows] == pytest.approx([1.0] * 21, abs=1e-4)


def test_scores_of_vectors_are_those_of_the_runner(shapes, tmp_path):
    made = arranged(shapes(6))
    found = run(made, tmp_path / "run")
    runner = load_runner("demo:clip", "zero-shot-classification", device="cpu")
    images = [open_encoded(made.store.read(each.id), each.id) for each in made.data.images]
    with runner.running():
        rows = runner.label_scores(images, Request(texts=made.asking.texts))
    given = [each.scores for each in found.responses(found.candidates[0])]
    assert np.array(given) == pytest.approx(np.array(rows), abs=1e-5)


@pytest.fixture
def asked(monkeypatch):
    """Return how many images were asked about at once, each time that any was."""
    seen: list[int] = []
    plain = Contrastive.image_vectors
    monkeypatch.setattr(
        Contrastive,
        "image_vectors",
        lambda self, images: seen.append(len(images)) or plain(self, images),
    )
    return seen


@pytest.mark.slow
def test_a_block_that_is_there_before_it_is_waited_for_is_not_timed_as_nothing(shapes, tmp_path):
    class Ahead(Worker):
        """Two workers, as Ray has them: while the first block is waited for, all others come."""

        workers = 2

        def answers(self, blocks):
            yield from list(super().answers(blocks))

    made, folder = arranged(shapes(24), batch=4), tmp_path / "run"
    run(made, folder, hire=Ahead)
    found = read_run(folder)
    told = [json.loads(line) for (line,) in found.file.rows("SELECT timing FROM timings")]
    timed = [one for one in told if "images" in one and not one.get("first")]
    assert len(timed) == 5
    thousandth = 0.001  # what is kept is rounded to it
    assert all(one["wall_ms"] >= one["ms"] / 2 - thousandth for one in timed)
    waited = sum(one["wall_ms"] for one in timed)
    images = sum(one["images"] for one in timed)
    figure = found.file.timing(found.candidates[0]).images_per_second
    assert figure == pytest.approx(images / waited * 1000)


def test_an_image_that_changed_is_run_again_and_no_other(shapes, tmp_path, asked):
    data = shapes(30)
    folder = tmp_path / "run"
    run(arranged(data), folder)
    before = given(folder)
    changed = arranged(data).data.images[10].id
    (data / changed).write_bytes(picture("yellow", "circle"))
    asked.clear()
    run(arranged(data), folder)
    differs = [one.number for one, other in zip(before, given(folder), strict=True) if one != other]
    assert (differs, asked) == ([10], [1])


@pytest.mark.slow
def test_a_candidate_more_and_images_more_run_what_is_missing(shapes, tmp_path, asked):
    folder = tmp_path / "run"
    run(arranged(shapes(20)), folder)
    before = {one.key: one.scores for one in given(folder)}
    asked.clear()
    found = run(arranged(shapes(20), ("demo:blip", "demo:clip")), folder)
    assert asked == []
    assert {one.key: one.scores for one in found.responses(found.candidates[1])} == before
    run(arranged(shapes(29)), folder)
    assert sum(asked) == 9
    assert {one.key: one.scores for one in given(folder)}.items() >= before.items()
    asked.clear()
    run(arranged(shapes(29), batch=3), folder)
    assert asked == [], "another size of batches asks nothing again"
    run(arranged(shapes(29)), folder, fresh=True)
    assert sum(asked) == 29


@pytest.mark.slow
def test_a_picture_that_stands_twice_is_answered_once(shapes, tmp_path, asked):
    data = shapes(20)
    file = next(data.rglob("*.png"))
    for number in range(3):
        (file.parent / f"again{number}.png").write_bytes(file.read_bytes())
    found = run(arranged(data), tmp_path / "run")
    assert sum(asked) == 20
    assert len(list(found.responses(found.candidates[0]))) == 23


@pytest.mark.slow
def test_one_candidate_under_two_names_gives_the_same_bytes(shapes, tmp_path):
    made = arranged(shapes(20), ("demo:clip", "again=demo:clip"))
    finished = run(made, tmp_path / "run")
    assert [each.name for each in finished.candidates] == ["demo:clip", "again"]
    assert given(tmp_path / "run", 0) == given(tmp_path / "run", 1)


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
    vectors = np.frombuffer(first.vectors, "<f4").reshape(2, -1)
    assert (vectors**2).sum(axis=1) == pytest.approx([1, 1], abs=1e-5)


@pytest.mark.parametrize("name", ["a_red_circle/broken.png", "z_last/broken.png"])
def test_an_unreadable_image_counts_for_nobody_and_is_named(shapes, tmp_path, name):
    """Also where it is alone in the last block: nothing is computed, and nothing is timed."""
    data = shapes(8)
    (data / name).parent.mkdir(exist_ok=True)
    (data / name).write_bytes(b"no picture")
    found = run(arranged(data), tmp_path / "run")
    first = found.candidates[0]
    unreadable = [each for each in found.responses(first) if each.unreadable]
    assert [each.unreadable for each in unreadable] == [
        f"`{name}` is not an image that can be read"
    ]
    assert not first.failed
    assert found.file.timing(first).images == 8


@pytest.mark.slow
def test_short_memory_halves_the_batch_and_says_so(shapes, tmp_path, monkeypatch):
    made = arranged(shapes(20))
    run(made, tmp_path / "whole")
    plain = Contrastive.image_vectors

    def short(self, images):
        if len(images) > 3:
            raise OutOfMemoryError("the command ran out of memory")
        return plain(self, images)

    monkeypatch.setattr(Contrastive, "image_vectors", short)
    told: list[str] = []
    found = run(made, tmp_path / "run", tell=told.append)
    (line,) = told
    assert "a batch of 8 images does not fit" in line
    assert "The batch size is now 2," in line
    responses = list(found.responses(found.candidates[0]))
    expected = list(found.responses(read_run(tmp_path / "whole").candidates[0]))
    assert [each.key for each in responses] == [each.key for each in expected]
    for each, other in zip(responses, expected, strict=True):
        assert each.scores == pytest.approx(other.scores, abs=1e-4)
    monkeypatch.setattr(Contrastive, "image_vectors", lambda *_: _out_of_memory())
    found = run(made, tmp_path / "none")
    assert "memory" in found.candidates[0].failed


def _out_of_memory():
    raise OutOfMemoryError("the command ran out of memory")


def test_an_image_that_one_candidate_cannot_answer_fails_alone(shapes, tmp_path, monkeypatch):
    made = arranged(shapes(20))
    plain, bad = Contrastive.image_vectors, made.data.images[5].id

    def picky(self, images):
        if any(image.name == bad for image in images):
            raise BrokenCheckpointError("it does not like this one")
        return plain(self, images)

    monkeypatch.setattr(Contrastive, "image_vectors", picky)
    found = run(made, tmp_path / "run")
    failed = {each.number: each.failed for each in found.responses(found.candidates[0])}
    assert [number for number, why in failed.items() if why] == [5]
    assert failed[5] == "it does not like this one"


def test_a_candidate_that_fails_stops_no_other(shapes, tmp_path):
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
def test_begun_anew_nothing_is_left_of_before(shapes, tmp_path):
    folder = tmp_path / "run"
    run(arranged(shapes(9)), folder)
    made = arranged(shapes(12))
    run(made, folder, fresh=True)
    run(made, tmp_path / "other")
    assert compared(folder) == compared(tmp_path / "other")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(UsageError, match="files that do not belong to an evaluation"):
        run_folder(made, str(tmp_path / "mine"))
    assert run_folder(made, str(folder)) == folder


def test_without_a_name_the_folder_is_that_of_the_data_and_the_task(shapes, monkeypatch, tmp_path):
    monkeypatch.setenv("ADVISOR_CACHE", str(tmp_path / "cache"))
    data = shapes(9)
    first = run_folder(arranged(data), "")
    assert first == run_folder(arranged(data, ("demo:blip",), batch=4, seed=1, limit=3), "")
    shutil.copytree(data, other := tmp_path / "other")
    assert first != run_folder(arranged(other), "")
    with writing(first):
        assert run_folder(arranged(data), "") == first, "and a second evaluation is refused there"


def test_a_class_whose_name_is_no_text_is_refused_where_it_stands(tmp_path):
    for name in (b"blue", b"\xffred"):
        (folder := tmp_path / os.fsdecode(name)).mkdir()
        (folder / "a.png").write_bytes(b"RED")
    with pytest.raises(UsageError, match=r"of `.*red/a\.png` is not valid UTF-8"):
        arranged(tmp_path)


def test_half_a_character_is_no_label(tmp_path):
    rows = [{"file_name": "a.png", "label": "blue"}, {"file_name": "b.png", "label": "\ud800red"}]
    for row in rows:
        (tmp_path / row["file_name"]).write_bytes(b"RED")
    (data := tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(UsageError, match=r"of `b\.png` is not valid UTF-8"):
        arranged(data)


def test_images_of_one_class_alone_are_refused(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "a.png").write_bytes(b"RED")
    with pytest.raises(UsageError, match=r"all images of .* have the label `cat`"):
        arranged(tmp_path)


@pytest.mark.slow
def test_a_second_evaluation_in_a_folder_is_refused_and_changes_nothing(shapes, tmp_path):
    made, folder = arranged(shapes(9)), tmp_path / "run"
    half = folder / ".advisor-0123456789abcdef"
    before = []

    def second(_name, done, _total):
        if not before:
            half.write_text("of the first")
            before.append((folder / NAME).read_bytes())
            with pytest.raises(AdvisorError, match="another evaluation"):
                run(made, folder, fresh=True)
            assert (folder / NAME).read_bytes() == before[0]

    run(made, folder, progress=second)
    assert before
    assert half.exists()
    run(made, folder)
    assert not half.exists(), "what a kill left half written goes"


@pytest.mark.parametrize("left", ["", ".advisor-0123456789abcdef"])
def test_killed_while_it_begins_a_folder_is_that_of_a_run(shapes, tmp_path, left):
    (folder := tmp_path / "run").mkdir()
    (folder / NAME).touch()
    if left:
        (folder / left).write_text("{")
    assert run_folder(arranged(shapes(9)), str(folder)) == folder
    with writing(folder) as file:
        assert file.keys() == set()
    assert [path.name for path in folder.iterdir()] == [NAME]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE answers SET answer = '5' WHERE key IN (SELECT key FROM given WHERE number = 3)",
            "answer 3 of",
        ),
        ("UPDATE answers SET answer = '{\"scores\": 1}'", r"answer -?\d of"),
        ("UPDATE run SET manifest = '[]'", "was not written by `advisor evaluate"),
        (
            "CREATE TRIGGER t AFTER INSERT ON answers BEGIN DELETE FROM answers; END",
            "was not written by `advisor evaluate",
        ),
    ],
)
def test_a_run_that_somebody_changed_is_refused(shapes, tmp_path, change, said):
    folder = tmp_path / "run"
    (candidate,) = run(arranged(shapes(9)), folder).candidates
    with closing(sqlite3.connect(folder / NAME)) as connection, connection:
        connection.execute(change)

    def read():
        with writing(folder) as file:
            return file.began(), list(file.responses(candidate))

    with pytest.raises(BrokenFileError, match=said):
        read()


@pytest.mark.parametrize("content", ["other", "text", "link", "pipe", "folder", "of another form"])
def test_a_file_that_is_not_of_a_run_is_not_written_to(shapes, tmp_path, content):
    (folder := tmp_path / "run").mkdir()
    file, elsewhere = folder / NAME, tmp_path / "elsewhere.sqlite"
    if content == "text":
        file.write_text("my notes")
    elif content == "folder":
        file.mkdir()
    elif content == "pipe":
        os.mkfifo(file)
    elif content == "of another form":
        with writing(folder):
            pass
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("PRAGMA user_version=99")
    else:
        with closing(sqlite3.connect(elsewhere)) as connection, connection:
            connection.execute("CREATE TABLE precious (x)")
        file.symlink_to(elsewhere) if content == "link" else elsewhere.rename(file)
    before = file.read_bytes() if file.is_file() else b""
    with pytest.raises(UsageError, match="files that do not belong to an evaluation"):
        run_folder(arranged(shapes(9)), str(folder))
    with pytest.raises(AdvisorError), writing(folder):
        pass
    assert (file.read_bytes() if file.is_file() else b"") == before
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_a_run_of_the_earlier_form_is_refused_and_not_changed(shapes, tmp_path):
    (folder := tmp_path / "run").mkdir()
    (folder / "manifest.json").write_text('{\n "form": 1,\n "data": {}\n}\n')
    with pytest.raises(UsageError, match=r"an evaluation in an earlier format"):
        run_folder(arranged(shapes(9)), str(folder))
    assert [path.name for path in folder.iterdir()] == ["manifest.json"]


def test_an_answer_is_read_as_it_was_written():
    responses = [
        Response(0, "k", text="zwei Hunde\u2028\nx", probability=0.25),
        Response(1, "k", scores=(0.5, 1e-12, 0.0)),
        Response(3, "k", unreadable="`a\udcff.png` is not an image that can be read"),
        Response(2, "k", vectors=b"\0\0\0?" * 6),
        Response(3, "k", fields={"total": ["3.00"]}, text="{}"),
        Response(4, "k", failed="no"),
        Response(5, "k", unreadable="no"),
        Response(6, "k", text=""),
    ]
    for each in responses:
        answer_text(each).encode()
        assert read_answer(each.number, "k", answer_text(each), each.vectors) == each
    for text in ("[1]", "x", '{"what":1}', '{"scores":[null]}', "[" * 10**5):
        with pytest.raises(NOT_READ):
            read_answer(0, "k", text, None)
    for vectors in (b"AAA", "text"):
        with pytest.raises(NOT_READ):
            read_answer(0, "k", "{}", vectors)


def test_blocks_are_read_in_order_and_no_further_ahead_than_the_next():
    reads = []

    class Store:
        def read(self, name):
            reads.append(int(name))
            return picture("red", "circle", size=200)

    images = [LabelledImage(number, str(number), labels=("x",)) for number in range(11)]
    ready = (images, 4, Store(), LABEL, "digest")
    found = []
    for block in prepared(*ready, set()):
        assert sorted(reads)[:4] == [0, 1, 2, 3]
        assert max(reads) < 4 * len(found) + 8, "the next block at most"
        found.append(block)
    assert [[number for number, _ in block.keys] for block in found] == [
        [0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10],
    ]  # fmt: skip
    assert len({key for block in found for _, key in block.keys}) == 1, "no name is in a key"
    assert [len(block.missing) for block in found] == [1, 0, 0], "one file is answered once"
    assert all(each.opened.pixels.size == (200, 200) for block in found for each in block.missing)
    files = list(prepared(*ready, set(), decode=False))
    assert all(each.data for block in files for each in block.missing)
    known = {key for _, key in found[0].keys}
    assert not any(block.missing for block in prepared(*ready, known))
