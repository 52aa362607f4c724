"""Training a unified VLP: what it reads, that it learns, and that it goes on where it stood."""

import csv
import errno
import json
import shutil
from collections import Counter

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from stored_regions import stored

from advisor.child import Limits
from advisor.cli.main import run
from advisor.errors import AdvisorError, BrokenFileError, UsageError
from advisor.trial import load_runner, open_image, trainer
from advisor.trial.answer import Request
from advisor.trial.demo import demo_checkpoint
from advisor.trial.runtime import InferenceError
from advisor.trial.training import read_examples
from advisor.trial.unified_training import AIMS, train_unified
from advisor.unified_vlp.beginnings import words_in
from advisor.unified_vlp.processor import UnifiedVLPProcessor

COLOURS = {"red": (220, 0, 0), "green": (0, 160, 0), "blue": (0, 0, 230), "white": (255, 255, 255)}
QUICK = {"epochs": 2, "batch_size": 4, "learning_rate": 1e-3, "held_out": 0.25, "seed": 3}


@pytest.fixture
def pictures(tmp_path):
    """Twelve plain pictures, with captions and with questions."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    captions, questions = [], []
    for number in range(12):
        name = list(COLOURS)[number % 4]
        Image.new("RGB", (20 + number, 20), COLOURS[name]).save(folder / f"{number}.png")
        captions.append({"image": f"pictures/{number}.png", "text": f"a {name} wall"})
        questions.append(
            {"image": f"pictures/{number}.png", "question": "what color is it?", "answer": name}
        )
    for file, rows in (("captions.csv", captions), ("questions.csv", questions)):
        with (tmp_path / file).open("w", newline="", encoding="utf-8") as opened:
            writer = csv.DictWriter(opened, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    return tmp_path


@pytest.mark.slow
def test_the_same_data_in_another_folder_is_learnt_the_same(pictures, tmp_path, capsys):
    shutil.copytree(pictures / "pictures", tmp_path / "elsewhere" / "pictures")
    shutil.copy(pictures / "captions.csv", tmp_path / "elsewhere")
    told = []
    for folder in (pictures, tmp_path / "elsewhere"):
        words = [
            str(folder / "captions.csv"),
            "--aim",
            "pretraining",
            "--save",
            str(folder / "new"),
        ]
        assert run(["train", "vlp", *words, "--epochs", "1", "--format", "json"]) == 0
        told.append(json.loads(capsys.readouterr().out))
    assert told[0]["loss_before"] == told[1]["loss_before"]
    assert told[0]["loss_after"] == told[1]["loss_after"]


@pytest.mark.slow
def test_pretraining_then_captions_then_answers_end_to_end(pictures, capsys):
    quick = ["--epochs", "1", "--batch-size", "4", "--learning-rate", "1e-3", "--format", "json"]
    start, captioner, answerer = (str(pictures / name) for name in ("start", "writes", "answers"))
    captions, questions = str(pictures / "captions.csv"), str(pictures / "questions.csv")
    train = ["train", "vlp"]
    assert run([*train, captions, "--aim", "pretraining", "--save", start, *quick]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] > 0
    assert run([*train, captions, "--checkpoint", start, "--save", captioner, *quick]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["loss_after"] < told["loss_before"]
    answers = ["--aim", "answers", "--checkpoint", start, "--save", answerer]
    assert run([*train, questions, *answers, *quick]) == 0
    capsys.readouterr()
    image = open_image(pictures / "pictures" / "0.png")
    assert load_runner(captioner, "captioning").run(image).answers[0].text
    reply = load_runner(answerer, "vqa").run(image, Request(question="what color is it?"))
    assert {each.text for each in reply.answers} <= set(COLOURS)


@pytest.mark.slow
def test_an_interrupted_run_ends_where_an_unbroken_one_does(pictures):
    data = pictures / "captions.csv"
    train_unified(data, pictures / "whole", aim="captions", **QUICK)

    def stop(step, _steps, _losses):
        if step == 3:
            raise KeyboardInterrupt

    often = {**QUICK, "checkpoint_every": 2}
    with pytest.raises(KeyboardInterrupt):
        train_unified(data, pictures / "cut", aim="captions", progress=stop, **often)
    assert not (pictures / "cut" / "config.json").exists()
    done = train_unified(data, pictures / "cut", aim="captions", **QUICK)
    assert done.resumed_at == 2
    whole, cut = (load_file(pictures / name / "model.safetensors") for name in ("whole", "cut"))
    assert all(torch.equal(whole[name], cut[name]) for name in whole)
    assert not (pictures / "cut" / "unfinished").exists()


def test_what_was_begun_with_other_words_is_not_gone_on_with(pictures, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    data = pictures / "captions.csv"
    monkeypatch.setattr(trainer, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_unified(data, pictures / "out", aim="captions", **QUICK)
    monkeypatch.undo()
    assert (pictures / "out" / "unfinished" / "start" / "config.json").exists()
    data.write_text(data.read_text("utf-8").replace("wall", "roof"), encoding="utf-8")
    with pytest.raises(InferenceError, match="has an interrupted training with other data, models"):
        train_unified(data, pictures / "out", aim="captions", **QUICK)


@pytest.mark.slow
def test_a_start_that_is_not_whole_is_made_anew(pictures, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    data = pictures / "captions.csv"
    with monkeypatch.context() as patched:
        patched.setattr(UnifiedVLPProcessor, "save_pretrained", full)
        with pytest.raises(AdvisorError, match="the disk is full, so"):
            train_unified(data, pictures / "out", aim="captions", **QUICK)
    assert train_unified(data, pictures / "out", aim="captions", **QUICK).resumed_at == 0


@pytest.mark.slow
def test_it_learns_what_is_in_the_pictures(pictures):
    longer = {**QUICK, "epochs": 100, "learning_rate": 3e-4}
    done = train_unified(pictures / "captions.csv", pictures / "out", aim="captions", **longer)
    assert done.exact_after == done.held_out
    assert done.exact_before == 0


@pytest.mark.slow
def test_stored_regions_are_trained_on(regions, tmp_path):
    rows = ["image,text"]
    for number, each in enumerate(regions):
        stored(each, tmp_path / f"{number}.npz")
        rows.append(f"{number}.jpg,a thing of kind {number}")
    (tmp_path / "data.csv").write_text("\n".join(rows), encoding="utf-8")
    done = train_unified(
        tmp_path / "data.csv", tmp_path / "out", aim="pretraining", **{**QUICK, "epochs": 1}
    )
    assert done.steps == 1
    config = json.loads((tmp_path / "out" / "config.json").read_text("utf-8"))
    assert (config["visual"], config["region_count"]) == ("regions", 100)


@pytest.mark.slow
def test_published_pairs_of_h5_are_trained_on(regions, tmp_path):
    h5py = pytest.importorskip("h5py")
    names = [f"COCO_val2014_{number:012}" for number in (391895, 522418, 184613)]
    parts = {"feat": "features", "cls": "class_probabilities"}
    for name, each in zip(names, regions, strict=True):
        for part, array in parts.items():
            with h5py.File(tmp_path / f"coco_{part}{name[-3:]}.h5", "w") as opened:
                opened[name] = getattr(each, array)
    with h5py.File(tmp_path / "coco_bbox.h5", "w") as opened:
        for name, each in zip(names, regions, strict=True):
            opened[name] = each.boxes
    questions = [{"image_id": int(name[-12:]), "question": "what?", "question_id": name}
                 for name in names]  # fmt: skip
    answers = [{"question_id": name, "answers": [{"answer": "cat"}] * 4} for name in names]
    (tmp_path / "q.json").write_text(json.dumps({"questions": questions}))
    (tmp_path / "a.json").write_text(json.dumps({"annotations": answers}))
    found = read_examples(tmp_path / "q.json", annotations=tmp_path / "a.json")
    assert [each.image.name for each in found] == [f"coco_feat{n[-3:]}.h5::{n}" for n in names]
    done = train_unified(
        tmp_path / "q.json", tmp_path / "out", aim="answers", annotations=tmp_path / "a.json",
        **{**QUICK, "epochs": 1},
    )  # fmt: skip
    assert done.steps == 1
    assert json.loads((tmp_path / "out" / "config.json").read_text("utf-8"))["visual"] == "regions"


def test_published_settings_are_the_defaults():
    told = {name: (aim.epochs, aim.learning_rate, aim.sequences) for name, aim in AIMS.items()}
    assert told == {
        "pretraining": (30, 1e-4, 0.75),
        "captions": (30, 3e-5, 1.0),
        "answers": (20, 2e-5, 0.0),
    }
    assert (AIMS["answers"].share, AIMS["answers"].most) == (0.0, 1)


def test_coco_captions_are_read_in_both_forms(pictures):
    coco = {
        "images": [{"id": n, "file_name": f"{n}.png"} for n in (0, 1)],
        "annotations": [{"image_id": n, "caption": f"wall {n}"} for n in (0, 1, 1)],
    }
    karpathy = {
        "images": [{"filename": f"{n}.png", "sentences": [{"raw": f"wall {n}"}]} for n in (0, 1)]
    }
    for name, told, expected in (("a.json", coco, 3), ("b.json", karpathy, 2)):
        (pictures / name).write_text(json.dumps(told), encoding="utf-8")
        found = read_examples(pictures / name, pictures / "pictures")
        assert len(found) == expected
        assert found[1].text == "wall 1"


def test_vqa_answers_count_by_how_often_they_were_given(pictures):
    for number in (7, 8):
        name = f"COCO_train2014_{number:012}.png"
        Image.new("RGB", (9, 9)).save(pictures / "pictures" / name)
    questions = [{"image_id": n, "question": "what?", "question_id": 10 * n} for n in (7, 8)]
    given = Counter({"cat": 2, "dog": 7, "cow": 1})
    answers = [{"answer": answer} for answer in given.elements()]
    annotations = [{"question_id": 10 * n, "answers": answers} for n in (7, 8)]
    (pictures / "q.json").write_text(json.dumps({"questions": questions}), encoding="utf-8")
    (pictures / "a.json").write_text(json.dumps({"annotations": annotations}), encoding="utf-8")
    found = read_examples(pictures / "q.json", pictures / "pictures", pictures / "a.json")
    assert dict(found[0].answers) == {"cat": 0.6, "dog": 1.0, "cow": pytest.approx(0.3)}
    assert found[0].expected == "dog"
    assert read_examples(pictures / "q.json", pictures / "pictures") == found, "it lies beside"
    (pictures / "a.json").unlink()
    with pytest.raises(BrokenFileError, match="and no other JSON file in the folder has matching"):
        read_examples(pictures / "q.json", pictures / "pictures")


def test_every_table_of_evaluate_is_learnt_from(pictures):
    texts = {"t.tsv": "Path\tCaptions\npictures/0.png\ta wall|a house\npictures/1.png\tb\n"}
    texts["t.jsonl"] = (
        '{"file_name": "pictures/0.png", "texts": ["a wall", "a house"]}\n'
        '{"file_name": "pictures/1.png", "text": "b"}\n'
    )
    for name, text in texts.items():
        (pictures / name).write_text(text, encoding="utf-8")
        found = [(each.image.name, each.text) for each in read_examples(pictures / name)]
        assert found == [("0.png", "a wall"), ("0.png", "a house"), ("1.png", "b")]


def test_an_answer_of_one_annotator_is_right(pictures):
    rows = "image,question,answer\n{0},what?,red\n{0},what?,crimson\n{1},how many?,2\n"
    file = pictures / "few.csv"
    file.write_text(rows.format("pictures/0.png", "pictures/1.png"), encoding="utf-8")
    first, second = read_examples(file)
    assert first.answers == (("red", 1.0), ("crimson", 1.0))
    assert second.answers == (("2", 1.0),)


def test_every_bad_line_is_named(pictures):
    (pictures / "bad.csv").write_text(
        "image,text\npictures/0.png,a wall\nnowhere.png,b\npictures/1.png,\n", encoding="utf-8"
    )
    with pytest.raises(BrokenFileError) as caught:
        read_examples(pictures / "bad.csv")
    assert len(caught.value.problems) == 2
    assert "nowhere.png: the file `nowhere.png` does not exist" in caught.value.problems[0]
    assert "pictures/1.png: the row has no text" in caught.value.problems[1]


def test_questions_are_no_captions(pictures):
    with pytest.raises(UsageError, match="has questions, which `--aim captions` cannot"):
        train_unified(pictures / "questions.csv", pictures / "x", aim="captions", **QUICK)
    with pytest.raises(UsageError, match="has captions, which `--aim answers` cannot"):
        train_unified(pictures / "captions.csv", pictures / "x", aim="answers", **QUICK)


@pytest.mark.parametrize(
    "told",
    [
        {"images": [{"id": 1, "file_name": "a"}], "annotations": [{"image_id": [1]}]},
        {"images": [{"id": 1}], "annotations": []},
        {"images": [{"id": {}, "file_name": 5}], "annotations": [{"image_id": 5}]},
        {"images": [5]},
        {"images": [{"filename": 5, "sentences": [{"raw": 5}]}]},
        {"images": [{"sentences": 5}]},
        {"questions": 5},
        {"questions": [{"question_id": []}]},
        {"questions": [{"question_id": 1, "image_id": "9" * 5_000, "question": "?"}]},
    ],
)
def test_captions_and_questions_of_other_types_are_a_sentence(tmp_path, told):
    (tmp_path / "told.json").write_text(json.dumps(told))
    (tmp_path / "answers.json").write_text('{"annotations": [{"question_id": 1, "answers": []}]}')
    answers = tmp_path / "answers.json" if "questions" in told else None
    with pytest.raises(BrokenFileError):
        read_examples(tmp_path / "told.json", annotations=answers)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"[PAD]\n\xff\n", "the file is not UTF-8 text"), (b"a\nb\n", r"lacks `\[PAD\]`")],
)
def test_a_vocabulary_that_is_none_is_a_sentence(tmp_path, content, said):
    (tmp_path / "vocab.txt").write_bytes(content)
    with pytest.raises(BrokenFileError, match=said):
        words_in(tmp_path / "vocab.txt")
    with pytest.raises(BrokenFileError, match="cannot be read"):
        words_in(tmp_path / "none.txt")


@pytest.mark.parametrize("name", ["9" * 5000, "\u00b2", "a" * 5000, "a\0b", 7, ["x"]])
def test_a_picture_with_a_name_that_no_file_has_is_missing(tmp_path, name):
    data = tmp_path / "data.json"
    images, said = [{"id": 1, "file_name": name}], [{"image_id": 1, "caption": "x"}]
    data.write_text(json.dumps({"images": images, "annotations": said}))
    with pytest.raises(BrokenFileError) as raised:
        read_examples(data)
    assert "does not exist" in raised.value.problems[0]


@pytest.mark.slow
@pytest.mark.rehearses
@pytest.mark.usefixtures("warm_children")
@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("num_hidden_layers", 10**6, "loading the configuration files of"),
        ("vocab_size", 10**7, "describes 9"),
        ("hidden_size", "x", "cannot use"),
        pytest.param("id2label", {"x": 1}, "cannot use", marks=pytest.mark.long),
        pytest.param("image_size", 100_000, "cannot use", marks=pytest.mark.long),
    ],
)
def test_a_checkpoint_to_begin_with_may_be_hostile(pictures, capsys, monkeypatch, key, value, told):
    seconds = 3 if "loading" in told else 30  # a busy machine ends none that has another fault
    limits = Limits(memory_mb=2_000, cpu_seconds=seconds, wall_seconds=600)
    monkeypatch.setattr("advisor.trial.loading.LIMITS", limits)
    folder = shutil.copytree(demo_checkpoint("unified-vlp").folder, pictures / "hostile")
    settings = json.loads((folder / "config.json").read_text()) | {key: value}
    (folder / "config.json").write_text(json.dumps(settings))
    train = ["train", "vlp", str(pictures / "questions.csv"), "--aim", "answers"]
    assert run([*train, "--checkpoint", str(folder), "--save", str(pictures / "new")]) == 2
    assert told in capsys.readouterr().err
