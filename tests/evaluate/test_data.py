"""Layouts of labelled images, as they are and as somebody hostile makes them."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
import shutil
import struct
import tarfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("PIL")

from drawn import picture

from advisor.errors import AdvisorError, BrokenFileError, UsageError
from advisor.evaluate.arrow_rows import ArrowRows
from advisor.evaluate.evaluation_set import infer_task, make_set, read_data
from advisor.evaluate.tar_shards import LARGEST_NOTE
from advisor.rulebase.store import load_rules
from advisor.trial.annotations import Annotation, ImageFolder, LabelledData, merged
from advisor.trial.images import open_image
from advisor.trial.runtime import ImageError

RULES = load_rules()
RED = picture("red", "circle")


def table(folder: Path, text: str, name: str = "data.csv", images: tuple[str, ...] = ("a.png",)):
    for image in images:
        file = folder / image
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(RED)
    (folder / name).write_text(text, encoding="utf-8")
    return read_data(str(folder / name))


def evaluated(data: LabelledData, task: str = "", **how):
    return make_set(RULES, "data", data, task or infer_task(RULES, data)[0], **how)


def tar(file: Path, **members: bytes) -> Path:
    with tarfile.open(file, "w") as shard:
        for name, content in members.items():
            entry = tarfile.TarInfo(name.replace("__", "."))
            entry.size = len(content)
            shard.addfile(entry, io.BytesIO(content))
    return file


def test_a_folder_for_each_class_labels_its_images(shapes):
    found = evaluated(read_data(str(shapes(9))))
    assert found.act == "label"
    assert len(found.images) == 9
    assert {each.labels[0] for each in found.images} == set(found.classes)
    assert found.images[0].id.startswith(f"{found.images[0].labels[0]}/")
    assert not found.many


def test_photos_of_a_phone_are_named_as_left_out_not_passed_over(tmp_path):
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "a.png").write_bytes(RED)
    (tmp_path / "dog" / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    found = evaluated(read_data(str(tmp_path)))
    assert [each.id for each in found.images] == ["cat/a.png", "dog/IMG_1.HEIC", "dog/a.png"]
    with pytest.raises(ImageError, match=r"IMG_1.HEIC` is not an image"):
        open_image(tmp_path / "dog" / "IMG_1.HEIC")


def test_of_parts_to_train_and_test_on_the_latter_is_taken(tmp_path):
    for part in ("train", "test"):
        home = tmp_path / part / "cat"
        home.mkdir(parents=True)
        (home / f"{part}.png").write_bytes(RED)
    found = evaluated(read_data(str(tmp_path)))
    assert [each.id for each in found.images] == ["test/cat/test.png"]
    assert found.notes == ("the data set has several splits. Only the split `test` is used",)
    (tmp_path / "test").rename(tmp_path / "Dev")
    assert evaluated(read_data(str(tmp_path))).notes == (
        "the data set has several splits. Only the split `Dev` is used",
    )
    shutil.rmtree(tmp_path / "Dev")
    assert evaluated(read_data(str(tmp_path))).classes == ("cat",), "train is no class"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_cells_are_parted_as_the_columns_are(tmp_path, mark):
    text = f'Label{mark}Image\n"a, b; c"{mark}a.png\n'
    assert table(tmp_path, text).annotations == (Annotation("a.png", labels=("a, b; c",)),)


def test_what_may_surprise_about_labels_is_said(tmp_path):
    for labels, said in {
        ("cat", "dog"): (),
        ("1", "2"): (
            "the labels are numbers, which have no meaning for a model. Use class names instead",
        ),
        ("big_cat", "Big cat"): (
            "`Big cat` and `big_cat` differ in spelling only and count as separate labels",
        ),
    }.items():
        text = "image,label\na.png,{}\nb.png,{}\n".format(*labels)
        assert evaluated(table(tmp_path, text, images=("a.png", "b.png"))).notes == said


def test_rows_of_one_image_are_joined_and_captions_inferred(tmp_path):
    data = table(tmp_path, "image,caption\na.png,one\na.png,two\nb.png,three\n",
                 images=("a.png", "b.png"))  # fmt: skip
    found = evaluated(data)
    assert (found.act, found.task) == ("caption", RULES.acts["caption"].tasks[0])
    assert [each.references for each in found.images] == [("one", "two"), ("three",)]


def test_questions_about_one_image_stay_apart_with_one_id(tmp_path):
    lines = [
        {"file_name": "a.png", "question": "how many?", "answers": ["2", "two"]},
        {"file_name": "a.png", "question": "what?", "answer": "cats"},
    ]
    data = table(tmp_path, "\n".join(map(json.dumps, lines)), "metadata.jsonl")
    found = evaluated(data)
    assert found.act == "answer"
    assert [(each.id, each.question) for each in found.images] == [
        ("a.png", "how many?"), ("a.png", "what?"),
    ]  # fmt: skip


def test_several_labels_in_a_cell_make_a_set_of_several(tmp_path):
    found = evaluated(table(tmp_path, "path\tlabels\na.png\tcat; dog\nb.png\tdog\n", "x.tsv",
                            images=("a.png", "b.png")))  # fmt: skip
    assert found.many
    assert found.notes == ("1 image has several labels, so each label is evaluated independently",)
    assert found.images[0].labels == ("cat", "dog")
    assert found.classes == ("cat", "dog")


def test_one_table_serves_every_task_that_it_has_columns_for(tmp_path):
    text = "image,label,caption,question,answer\na.png,cat,a cat,what?,cat\n"
    data = table(tmp_path, text)
    task, why = infer_task(RULES, data)
    assert task == RULES.acts["label"].tasks[0]
    for other in ("caption", "answer"):
        assert RULES.acts[other].tasks[0] in why.partition("Pass --task to choose")[2]
    assert evaluated(data, "captioning").images[0].references == ("a cat",)
    assert evaluated(data, "vqa").images[0].question == "what?"
    assert evaluated(data, "image-search").act == "search"
    with pytest.raises(UsageError, match="cannot be used to evaluate `field-extraction`"):
        evaluated(data, "field-extraction")
    with pytest.raises(UsageError, match="cannot be evaluated"):
        evaluated(data, "deduplication")


def test_fields_of_documents_are_read_as_donut_keeps_them(tmp_path):
    row = {"file_name": "a.png", "ground_truth": json.dumps({"gt_parse": {"total": "3.00"}})}
    found = evaluated(table(tmp_path, json.dumps(row), "metadata.jsonl"))
    assert (found.act, found.images[0].fields) == ("extract", {"total": "3.00"})


def test_coco_captions_and_categories_are_read(tmp_path):
    (tmp_path / "1.png").write_bytes(RED)
    coco = {
        "images": [{"id": 1, "file_name": "1.png"}, {"id": 2, "file_name": "2.png"}],
        "annotations": [{"image_id": 1, "caption": " a "}, {"image_id": 1, "caption": "b"}],
    }
    (tmp_path / "captions.json").write_text(json.dumps(coco), encoding="utf-8")
    found = evaluated(read_data(str(tmp_path / "captions.json")))
    assert [each.references for each in found.images] == [("a", "b")]
    coco["annotations"] = [{"image_id": 1, "category_id": 7}, {"image_id": 1, "category_id": 8}]
    coco["categories"] = [{"id": 7, "name": "cat"}, {"id": 8, "name": "dog"}]
    (tmp_path / "captions.json").write_text(json.dumps(coco), encoding="utf-8")
    assert evaluated(read_data(str(tmp_path))).images[0].labels == ("cat", "dog")


def test_vqa_finds_its_other_half_and_its_images(tmp_path):
    image = tmp_path / "val2014" / "COCO_val2014_000000000042.jpg"
    image.parent.mkdir()
    image.write_bytes(RED)
    asked = [{"image_id": 42, "question": "how many?", "question_id": 1}]
    answers = [{"question_id": 1, "answers": [{"answer": "2"}] * 3}]
    questions = {"data_subtype": "val2014", "questions": asked}
    (tmp_path / "questions.json").write_text(json.dumps(questions), encoding="utf-8")
    (tmp_path / "annotations.json").write_text(json.dumps({"annotations": answers}), "utf-8")
    (tmp_path / "other.json").write_text("[]", encoding="utf-8")
    for name in ("questions.json", "annotations.json"):
        (found,) = evaluated(read_data(str(tmp_path / name))).images
        assert found.id == "val2014/COCO_val2014_000000000042.jpg"
        assert (found.question, found.references) == ("how many?", ("2", "2", "2"))


def test_shards_are_read_in_place(tmp_path):
    tar(tmp_path / "a.tar", **{"0001__png": RED, "0001__cls": b"1", "0002__png": RED,
                               "0002__cls": b"cat", "0003__cls": b"0"})  # fmt: skip
    tar(tmp_path / "b.tar", **{"0001__jpg": RED, "0001__cls": b"0", "0001__json": b'{"x": 1}'})
    (tmp_path / "classes.txt").write_text("bird\ndog", encoding="utf-8")
    data = read_data(str(tmp_path))
    found = evaluated(data)
    assert [(each.id, *each.labels) for each in found.images] == [
        ("a.tar/0001.png", "dog"), ("a.tar/0002.png", "cat"), ("b.tar/0001.jpg", "bird"),
    ]  # fmt: skip
    assert all(data.store.read(each.id) == RED for each in found.images)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "b.tar", "classes.txt"]


def test_a_folder_of_the_library_datasets_is_read(tmp_path):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        image=datasets.Image(), label=datasets.ClassLabel(names=["cat", "dog"])
    )
    rows = {"image": [{"bytes": RED, "path": None}] * 2, "label": [1, 0]}
    part = datasets.Dataset.from_dict(rows, features=features)
    datasets.DatasetDict(train=part, test=part).save_to_disk(str(tmp_path / "hf"))
    data = read_data(str(tmp_path / "hf"))
    found = evaluated(data)
    assert [each.labels for each in found.images] == [("dog",), ("cat",)]
    assert data.store.read(found.images[1].id) == RED
    assert found.notes == ("the data set has several splits. Only the split `test` is used",)


def test_a_row_of_the_library_datasets_leads_to_no_other_file(tmp_path):
    (tmp_path / "secret.png").write_bytes(RED)
    home = tmp_path / "hf"
    home.mkdir()
    (home / "own.png").write_bytes(RED)
    (home / "link.png").symlink_to(tmp_path / "secret.png")
    paths = ["own.png", str(tmp_path / "secret.png"), "../secret.png", "link.png", None]
    cells = [{"bytes": None, "path": path} for path in paths]
    rows = ArrowRows(cells.__getitem__, home)
    assert rows.read("row 0") == RED
    for number in range(1, 4):
        with pytest.raises(OSError, match="outside"):
            rows.read(f"row {number}")
    with pytest.raises(OSError, match="no image"):
        rows.read("row 4")


# Hostile data -------------------------------------------------------------------------------


def test_images_outside_of_the_folder_are_left_out_with_the_reason(tmp_path):
    home = tmp_path / "data"
    home.mkdir()
    (tmp_path / "outside.png").write_bytes(RED)
    (home / "link.png").symlink_to(tmp_path / "outside.png")
    os.mkfifo(home / "pipe.png")
    (home / "empty.png").touch()
    names = ["../outside.png", "/etc/passwd", "link.png", "pipe.png", "empty.png", "gone.png",
             "nul\\u0000.png", "a.png"]  # fmt: skip
    text = "\n".join(f'{{"image": "{name}", "label": "x"}}' for name in names)
    found = evaluated(table(home, text, "data.jsonl"))
    assert [each.id for each in found.images] == ["a.png"]
    why = {each.id: each.why for each in found.left_out}
    assert len(why) == len(names) - 1
    assert all("is outside" in why[name] for name in names[:3])
    assert why["pipe.png"] == "the path is not a regular file"
    assert why["empty.png"] == "the file is empty"
    assert why["gone.png"] == "the file does not exist"


def test_a_folder_may_be_a_link_that_stays_inside(tmp_path):
    home, out = tmp_path / "data", tmp_path / "out"
    (home / "cats").mkdir(parents=True)
    out.mkdir()
    for folder in (home / "cats", out):
        (folder / "a.png").write_bytes(RED)
    (home / "same").symlink_to("cats")
    (home / "away").symlink_to(out)
    store = ImageFolder(home)
    assert store.read("cats/a.png") == store.read("same/a.png") == RED
    for name in ("away/a.png", "away/b.png", "cats/../../out/a.png", "same/../away/a.png"):
        assert "is outside" in store.missing(name)
        with pytest.raises(OSError, match="is outside"):
            store.read(name)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.csv", "image,label\n,cat\n", "1 of its rows is not a valid annotation"),
        ("x.csv", 'image,label\n"a.png,cat\n', "is not a valid row"),
        ("x.csv", "", "has no annotations"),
        ("x.csv", "colour,label\nred,cat\n", "no column of image names.*`colour,label`"),
        ("x.jsonl", '\n{"image": "a.png"', "line 2 of .* is not JSON: .* at column 18"),
        ("x.jsonl", "[1]", "is a list, not a JSON object"),
        ("x.jsonl", '{"image": 3, "label": "x"}', "1 of its rows"),
        ("x.jsonl", '{"image": "a.png", "label": {"x": 1}}', "1 of its rows"),
        ("x.jsonl", '{"image": "a.png", "fields": "[1]"}', "1 of its rows"),
        ("x.jsonl", "[" * 100_000, "is not JSON"),
        ("x.json", '{"images": 3, "annotations": []}', "does not follow the COCO format"),
        ("x.json", '{"images": [], "annotations": [{"image_id": 1}]}', "its list of images lacks"),
        (
            "x.json",
            '{"images": [{"id": 1, "file_name": "a.png"}],'
            ' "annotations": [{"image_id": 1, "category_id": 7}]}',
            "the category `7`, which its list",
        ),
        ("x.json", '{"a": 1}', "neither `images` nor `questions`"),
        ("x.json", '{"questions": [{"question_id": 1}]}', "no `annotations`"),
        ("x.json", "[1, 2]", "has list items that are not JSON objects"),
        ("x.tar", "not a tar", "cannot be read as a tar file"),
    ],
)
def test_a_broken_file_is_refused_in_a_sentence(tmp_path, name, text, message):
    with pytest.raises(BrokenFileError, match=message) as caught:
        table(tmp_path, text, name)
    assert "\n" not in caught.value.message


def test_what_is_no_utf_8_is_refused_at_its_line(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"image,label\na.png,caf\xe9\n")
    with pytest.raises(BrokenFileError, match="line 2, is not UTF-8"):
        read_data(str(tmp_path / "x.csv"))


def test_nothing_labelled_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(RED)
    with pytest.raises(UsageError, match="has neither a folder of images for each class nor a"):
        read_data(str(tmp_path))
    with pytest.raises(UsageError, match="does not exist"):
        read_data(str(tmp_path / "gone"))
    with pytest.raises(UsageError, match="the data has no labels, captions"):
        evaluated(table(tmp_path, "image,colour\na.png,red\n"))
    with pytest.raises(UsageError, match="none of the 1 image"):
        evaluated(table(tmp_path, "image,label\nb.png,red\n"))


def test_long_names_of_long_names_without_end_are_refused(tmp_path):
    file, entry = tmp_path / "x.tar", tarfile.TarInfo("name")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, 10
    file.write_bytes(entry.tobuf(tarfile.GNU_FORMAT) * 3_000 + bytes(1024))
    with pytest.raises(BrokenFileError, match="the data is nested too deeply"):
        read_data(str(file))


def test_members_of_a_tar_file_that_are_no_files_or_too_large_are_not_read(tmp_path):
    file = tmp_path / "x.tar"
    with tarfile.open(file, "w") as shard:
        for name, kind in (("1.png", tarfile.SYMTYPE), ("2.png", tarfile.LNKTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            shard.addfile(entry)
        for name, content in (("../../3.png", RED), ("../../3.cls", b"x")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            shard.addfile(entry, io.BytesIO(content))
    found = evaluated(read_data(str(file)))
    assert [each.id for each in found.images] == ["x.tar/../../3.png"]
    huge = tar(tmp_path / "huge.tar", **{"1__png": RED, "1__txt": b"x" * (LARGEST_NOTE + 1)})
    with pytest.raises(BrokenFileError, match="larger than"):
        read_data(str(huge))


def test_a_header_that_claims_to_be_huge_is_not_read(tmp_path):
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = tarfile.XHDTYPE, 8_000_000_000
    (tmp_path / "x.tar").write_bytes(entry.tobuf(tarfile.GNU_FORMAT) + b"\0" * 1024)
    with pytest.raises(BrokenFileError, match="header"):
        read_data(str(tmp_path / "x.tar"))


@pytest.mark.parametrize("kind", ["base 256", "pax"])
def test_a_member_of_less_than_no_bytes_is_refused(tmp_path, kind):
    header = bytearray(tarfile.TarInfo("a.txt").tobuf(tarfile.GNU_FORMAT))
    before = b""
    if kind == "pax":
        record = tarfile.TarInfo("x")
        record.type, record.size = tarfile.XHDTYPE, 13
        before = record.tobuf(tarfile.GNU_FORMAT) + b"13 size=-512\n".ljust(512, b"\0")
    else:
        header[124:136] = (-1024 % 2**96).to_bytes(12, "big")
        header[148:156] = b"%06o\0 " % (sum(header[:148]) + sum(header[156:]) + 8 * 32)
    words = before + bytes(header)
    (tmp_path / "x.tar").write_bytes(words + bytes(2048))
    with pytest.raises(BrokenFileError, match="a file in the shard has a negative size"):
        read_data(str(tmp_path / "x.tar"))


@given(st.binary(max_size=2000), st.sampled_from([".csv", ".tsv", ".jsonl", ".json", ".tar"]))
def test_any_bytes_are_read_or_refused_in_our_words(tmp_path_factory, content, suffix):
    file = tmp_path_factory.mktemp("any") / f"data{suffix}"
    file.write_bytes(content)
    with contextlib.suppress(AdvisorError):
        evaluated(read_data(str(file)))


# Parts --------------------------------------------------------------------------------------


class Everywhere:
    """A store that has every image."""

    def missing(self, _name: str) -> str:
        return ""

    def read(self, _name: str) -> bytes:
        return RED


def labelled(counts: dict[str, int]) -> LabelledData:
    rows = [
        Annotation(image=f"{label}-{n}", labels=(label,))
        for label, count in counts.items()
        for n in range(count)
    ]
    return LabelledData(tuple(rows), Everywhere())


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 40), min_size=1),
    st.integers(1, 120),
    st.integers(0, 3),
)
def test_a_part_has_each_class_in_proportion(counts, limit, seed):
    data = labelled(counts)
    found = evaluated(data, limit=limit, seed=seed)
    total = sum(counts.values())
    assert len(found.images) == min(limit, total)
    drawn = Counter(each.labels[0] for each in found.images)
    for label, count in counts.items():
        assert abs(drawn[label] - count * min(1, limit / total)) <= 1
    assert [each.number for each in found.images] == list(range(len(found.images)))
    assert found == evaluated(data, limit=limit, seed=seed)
    assert set(found.classes) == set(counts)


def test_a_part_keeps_all_questions_about_an_image():
    rows = [Annotation(image=f"{n // 3}", question=f"q{n}", answers=("yes",)) for n in range(30)]
    found = evaluated(LabelledData(tuple(rows), Everywhere()), limit=4)
    assert Counter(Counter(each.id for each in found.images).values()) == {3: 4}


def test_the_digest_changes_with_whatever_is_true_of_an_image(tmp_path):
    digests = {
        evaluated(
            table(tmp_path, f"image,label\n{row}\nb.png,y\n", images=("a.png", "b.png"))
        ).digest
        for row in ("a.png,x", "a.png,z", "b.png,x")
    }
    assert len(digests) == 3


def test_a_file_named_from_the_folder_of_images(tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(RED)
    with (tmp_path / "x.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "label"), ("a.png", "x")])
    data = read_data(str(tmp_path / "x.csv"), str(tmp_path / "pictures"))
    assert isinstance(data.store, ImageFolder)
    assert evaluated(data).left_out == ()


@pytest.mark.parametrize(
    ("half", "other"),
    [
        ({"question_id": 1, "image_id": math.inf, "question": "q?"}, {}),
        ({"question_id": 1, "image_id": None, "question": "q?"}, {"data_subtype": "{0"}),
        ({"question_id": [1], "image_id": 1, "question": "q?"}, {}),
    ],
)
def test_questions_that_are_none_are_one_sentence(tmp_path, half, other):
    document = {"questions": [half, {"question_id": 2, "image_id": 1, "question": "q?"}], **other}
    answers = [{"question_id": id, "answers": [{"answer": "2"}]} for id in (1, 2)]
    (tmp_path / "a.json").write_text("{ neither half", encoding="utf-8")
    (tmp_path / "annotations.json").write_text(json.dumps({"annotations": answers}), "utf-8")
    (tmp_path / "questions.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(BrokenFileError, match="does not follow the VQA format"):
        read_data(str(tmp_path / "questions.json"))


def test_rows_of_the_library_datasets_with_hostile_offsets_are_one_sentence(tmp_path):
    datasets = pytest.importorskip("datasets")
    rows = {"image": [{"bytes": RED, "path": None}] * 2, "label": ["cat", "dog"]}
    features = datasets.Features(image=datasets.Image(), label=datasets.Value("string"))
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(str(tmp_path / "hf"))
    (file,) = (tmp_path / "hf").glob("*.arrow")
    offsets, hostile = struct.pack("<3i", 0, 3, 6), struct.pack("<3i", 0, 3, 2**30)
    assert file.read_bytes().count(offsets) == 1
    file.write_bytes(file.read_bytes().replace(offsets, hostile))
    with pytest.raises(BrokenFileError, match="cannot be read"):
        read_data(str(tmp_path / "hf"))


def test_a_folder_of_the_library_datasets_names_no_rows_of_another(tmp_path):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(image=datasets.Image(), label=datasets.Value("string"))
    for name in ("hf", "other"):
        rows = {"image": [{"bytes": RED, "path": None}], "label": ["cat"]}
        datasets.Dataset.from_dict(rows, features=features).save_to_disk(str(tmp_path / name))
    state = json.loads((tmp_path / "hf" / "state.json").read_text(encoding="utf-8"))
    state["_data_files"] = [{"filename": "../other/data-00000-of-00001.arrow"}]
    (tmp_path / "hf" / "state.json").write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(BrokenFileError, match="outside that folder"):
        read_data(str(tmp_path / "hf"))


@pytest.mark.parametrize("kind", ["pipe", "outside", "device", "part", "description", "deep"])
def test_a_folder_of_the_library_datasets_has_no_other_file_opened(tmp_path, kind):
    datasets = pytest.importorskip("datasets")
    home = tmp_path / "hf"
    features = datasets.Features(image=datasets.Image(), label=datasets.Value("string"))
    rows = {"image": [{"bytes": RED, "path": None}], "label": ["cat"]}
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(str(home))
    (tmp_path / "secret").write_bytes(b"root:x:0:0")
    named = {"outside": "../secret", "device": "/dev/zero", "pipe": "pipe.arrow"}.get(kind)
    os.mkfifo(home / "pipe.arrow")
    if named:
        state = json.loads((home / "state.json").read_text(encoding="utf-8"))
        state["_data_files"] = [{"filename": named}]
        (home / "state.json").write_text(json.dumps(state), encoding="utf-8")
    elif kind == "part":
        parts = json.dumps({"splits": ["../other"]})
        (home / "dataset_dict.json").write_text(parts, encoding="utf-8")
    elif kind == "deep":
        (home / "state.json").write_text("[" * 100_000, encoding="utf-8")
    else:
        (home / "dataset_info.json").unlink()
        (home / "dataset_info.json").symlink_to("pipe.arrow")
    says = "outside that folder|not a regular file|a pipe or a device|nested too deeply"
    with pytest.raises(BrokenFileError, match=says) as failure:
        read_data(str(home))
    assert str(int.from_bytes(b"root", "little")) not in str(failure.value)


def test_an_image_with_a_row_for_each_of_many_labels_is_read_in_proportion(tmp_path):
    text = "image,label\n" + "".join(f"a.png,label {number}\n" for number in range(4_000))
    (only,) = table(tmp_path, text).annotations
    assert len(only.labels) == 4_000
    hashed = []

    class Label(str):
        __slots__ = ()

        def __hash__(self):
            hashed.append(self)
            return super().__hash__()

    (only,) = merged(Annotation("a.png", labels=(Label(f"label {n}"),)) for n in range(4_000))
    assert len(only.labels) == 4_000
    assert len(hashed) < 3 * 4_000, "joined one by one, each would be 4,000 times"


@pytest.mark.parametrize(
    ("member", "content", "says"),
    [
        ("cls", b"9" * 5000, "thousands of digits"),
        ("json", b"[" * 100_000, "nested too deeply"),
        ("txt", b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_note_in_a_shard_that_cannot_be_read_is_no_damaged_shard(tmp_path, member, content, says):
    file = tar(tmp_path / "x.tar", **{"1__png": RED, f"1__{member}": content})
    with pytest.raises(BrokenFileError, match=says) as failure:
        read_data(str(file))
    assert "tar" not in (failure.value.hint or "")


def test_a_digit_that_is_no_number_is_a_label(tmp_path):
    tar(tmp_path / "x.tar", **{"1__png": RED, "1__cls": "\u00b2".encode()})
    assert read_data(str(tmp_path / "x.tar")).annotations[0].labels == ("\u00b2",)


def test_a_class_that_has_no_name_is_one_sentence(tmp_path):
    datasets = pytest.importorskip("datasets")
    home = tmp_path / "hf"
    features = datasets.Features(image=datasets.Image(), label=datasets.ClassLabel(names=["cat"]))
    rows = {"image": [{"bytes": RED, "path": None}], "label": [0]}
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(str(home))
    said = json.loads((home / "dataset_info.json").read_text(encoding="utf-8"))
    said["features"]["label"]["names"] = []
    (home / "dataset_info.json").write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(BrokenFileError, match=r"class without a name|cannot be read"):
        read_data(str(home))


def test_every_row_of_parquet_that_is_of_no_use_is_named(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(image=datasets.Image(), label=datasets.Value("string"))
    rows = {"image": [{"bytes": RED, "path": None}] * 3, "label": [" ", "red", "_"]}
    table = pytest.importorskip("pyarrow").table(rows, schema=features.arrow_schema)
    parquet.write_table(table, tmp_path / "test.parquet")
    with pytest.raises(BrokenFileError, match="2 of its rows are not valid annotations") as caught:
        read_data(str(tmp_path))
    places = [each.partition(": the label is blank")[0] for each in caught.value.problems]
    assert places == [f"{tmp_path}:row 0", f"{tmp_path}:row 2"]


def test_a_cell_that_is_not_a_number_says_nothing(tmp_path):
    text = (
        '{"image": "a.png", "label": NaN}\n'
        '{"image": "b.png", "label": "x"}\n{"image": "c.png", "label": "y"}'
    )
    found = evaluated(table(tmp_path, text, "data.jsonl", images=("a.png", "b.png", "c.png")))
    assert found.classes == ("x", "y")
    assert found.notes == ("skipped 1 image without a label",)


@pytest.mark.parametrize("name", ["labels.csv", "captions.json"])
def test_a_table_that_nobody_named_is_no_link_to_elsewhere(tmp_path, name):
    home = tmp_path / "data"
    home.mkdir()
    (home / "a.png").write_bytes(RED)
    (tmp_path / name).write_text('[{"image": "a.png", "label": "x"}]' if "json" in name else
                                 "image,label\na.png,x\n", encoding="utf-8")  # fmt: skip
    (home / name).symlink_to(tmp_path / name)
    with pytest.raises(BrokenFileError, match="is a symbolic link to a path outside"):
        read_data(str(home))
    assert read_data(str(home / name)).annotations[0].labels == ("x",)


def test_what_stands_beside_data_is_no_link_to_elsewhere(tmp_path):
    home = tmp_path / "data"
    home.mkdir()
    (tmp_path / "classes.txt").write_text("secret\nsecrets", encoding="utf-8")
    (home / "classes.txt").symlink_to(tmp_path / "classes.txt")
    tar(home / "a.tar", **{"0001__png": RED, "0001__cls": b"1"})
    assert read_data(str(home)).annotations[0].labels == ("1",)
    asked = {"questions": [{"image_id": 1, "question": "q?", "question_id": 1}]}
    answers = {"annotations": [{"question_id": 1, "answers": [{"answer": "secret"}]}]}
    (home / "questions.json").write_text(json.dumps(asked), encoding="utf-8")
    (tmp_path / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    (home / "answers.json").symlink_to(tmp_path / "answers.json")
    with pytest.raises(BrokenFileError, match="and no other JSON file in the folder has matching"):
        read_data(str(home / "questions.json"))


@pytest.mark.parametrize("text", ["3.5", '"words"', "null", "true"])
def test_json_that_is_neither_object_nor_list_is_one_sentence(tmp_path, text):
    (tmp_path / "data.json").write_text(text, encoding="utf-8")
    with pytest.raises(BrokenFileError, match="must hold a JSON object or a list of objects"):
        read_data(str(tmp_path / "data.json"))


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("data.csv", "image,label\na.png,red\na.png, \n", "data.csv:3"),
        ("data.csv", "image,label\na.png,_\n", "data.csv:2"),
        ("data.jsonl", '{"image": "a.png", "label": "\\u00a0"}\n', "data.jsonl:1"),
        ("data.jsonl", '{"image": "a.png", "labels": ["red", " "]}\n', "data.jsonl:1"),
    ],
)
def test_a_blank_label_is_refused_at_its_place(tmp_path, name, text, place):
    with pytest.raises(BrokenFileError) as caught:
        table(tmp_path, text, name)
    assert place in str(caught.value.problems)
    assert "the label is blank" in str(caught.value.problems)


def test_a_blank_label_of_a_folder_or_a_shard_is_refused_at_its_place(tmp_path):
    for name in ("red", " "):
        (tmp_path / "by-class" / name).mkdir(parents=True)
        (tmp_path / "by-class" / name / "a.png").write_bytes(RED)
    with pytest.raises(UsageError, match=r"the label of ` /a\.png` is blank"):
        evaluated(read_data(str(tmp_path / "by-class")))
    members = {"1__png": RED, "1__cls": b"red", "2__png": RED, "2__cls": b" \n"}
    with pytest.raises(
        BrokenFileError, match=r"x\.tar` cannot be used: `x\.tar/2\.png`: the label"
    ):
        read_data(str(tar(tmp_path / "x.tar", **members)))


@pytest.mark.parametrize(
    "names",
    [
        ("1.png", "1.txt", "1.png", "1.txt"),
        ("1.png", "1.txt", "2.png", "1.json"),
        ("a/1.png", "a/1.txt", "b/1.png", "a/1.cls"),
    ],
)
def test_two_samples_of_one_name_in_a_shard_are_refused(tmp_path, names):
    file = tmp_path / "x.tar"
    with tarfile.open(file, "w") as shard:
        for number, name in enumerate(names):
            content = RED if name.endswith("png") else b"{}" if "json" in name else b"%d" % number
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            shard.addfile(entry, io.BytesIO(content))
    sample = names[0].partition(".")[0]
    with pytest.raises(BrokenFileError, match=f"two samples have the name `{sample}`"):
        read_data(str(file))


def test_a_label_is_one_class_however_its_accents_are_written(tmp_path):
    rows = "image,label\na.png,caf\u00e9\nb.png,cafe\u0301\nc.png,tea\n"
    found = evaluated(table(tmp_path, rows, images=("a.png", "b.png", "c.png")))
    assert found.classes == ("caf\u00e9", "tea")
    assert not found.many
    twice = "image,label\na.png,caf\u00e9\na.png,cafe\u0301\nc.png,tea\n"
    assert not evaluated(table(tmp_path, twice, images=("a.png", "c.png"))).many


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_mark_and_a_line_feed_around_the_classes_belong_to_none(tmp_path, ending, mark):
    members = {"1__png": RED, "1__cls": b"1", "2__png": RED, "2__cls": b"0"}
    tar(tmp_path / "a.tar", **members)
    text = f"{mark}bird\ndog{ending}"
    (tmp_path / "classes.txt").write_text(text, encoding="utf-8", newline="")
    found = evaluated(read_data(str(tmp_path)))
    assert found.classes == ("bird", "dog")
    assert found.notes == ()
    tar(tmp_path / "a.tar", **{**members, "2__cls": b"2"})
    assert evaluated(read_data(str(tmp_path))).classes == ("2", "dog")


def test_a_table_to_train_on_is_left_out_where_something_is_held_out_beside_it(tmp_path):
    for part in ("train", "test"):
        for name in ("cat", "dog"):
            (tmp_path / part / name).mkdir(parents=True)
            (tmp_path / part / name / "1.png").write_bytes(RED)
    rows = "image,label\ntrain/cat/1.png,cat\ntrain/dog/1.png,dog\n"
    (tmp_path / "train.csv").write_text(rows)
    found = evaluated(read_data(str(tmp_path)))
    assert {each.id for each in found.images} == {"test/cat/1.png", "test/dog/1.png"}
    assert "`train.csv` is left out, because the folder also has `test`" in found.notes
    named = evaluated(read_data(str(tmp_path / "train.csv")))
    assert {each.id for each in named.images} == {"train/cat/1.png", "train/dog/1.png"}
    (tmp_path / "Validation.csv").write_text(rows.replace("train/", "test/"))
    both = evaluated(read_data(str(tmp_path)))
    assert {each.id for each in both.images} == {"test/cat/1.png", "test/dog/1.png"}
    for name in ("test", "Validation.csv"):
        path = tmp_path / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    alone = evaluated(read_data(str(tmp_path)))
    assert {each.id for each in alone.images} == {"train/cat/1.png", "train/dog/1.png"}


def hub_rows(size=7, first=0):
    """Return rows as the Hub keeps them: an image, a class by number and a caption."""
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        image=datasets.Image(),
        label=datasets.ClassLabel(names=["cat", "dog"]),
        caption=datasets.Value("string"),
    )
    numbers = range(first, first + size)
    rows = {
        "image": [{"bytes": picture("red", "circle", at=4 + n), "path": None} for n in numbers],
        "label": [n % 2 for n in numbers],
        "caption": [f"caption {n}" for n in numbers],
    }
    return datasets.Dataset.from_dict(rows, features=features)


def test_parquet_of_the_hub_is_read_in_place(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    home = tmp_path / "hf" / "data"
    home.mkdir(parents=True)
    hub_rows(3).to_parquet(home / "train-00000-of-00001.parquet")
    hub_rows(7).to_parquet(home / "test-00000-of-00002.parquet", batch_size=2)
    hub_rows(5, first=7).to_parquet(home / "test-00001-of-00002.parquet", batch_size=2)
    data = read_data(str(tmp_path / "hf"))
    found = evaluated(data)
    assert found.notes == ("the data set has several splits. Only the split `test` is used",)
    assert [one.labels[0] for one in found.images] == ["cat", "dog"] * 6
    assert evaluated(data, "captioning").images[11].references == ("caption 11",)
    for number in (0, 11, 6, 7, 3):
        assert data.store.read(found.images[number].id) == picture("red", "circle", at=4 + number)
    assert not (tmp_path / "cache").exists(), "nothing is copied"
    alone = read_data(str(home / "train-00000-of-00001.parquet"))
    assert len(evaluated(alone).images) == 3


@pytest.mark.parametrize("kind", ["cut", "bytes", "columns", "no image", "link", "folder"])
def test_parquet_that_cannot_be_used_is_one_sentence(tmp_path, kind):
    home = tmp_path / "hf"
    home.mkdir()
    file = home / "test.parquet"
    hub_rows().to_parquet(file)
    if kind == "cut":
        file.write_bytes(file.read_bytes()[:-40])
    elif kind == "bytes":
        content = bytearray(file.read_bytes())
        content[4:3000] = b"\xff" * 2996
        file.write_bytes(content)
    elif kind == "columns":
        hub_rows().remove_columns(["caption"]).to_parquet(home / "test-1.parquet")
    elif kind == "no image":
        hub_rows().remove_columns(["image"]).to_parquet(file)
    else:
        file.rename(tmp_path / "elsewhere.parquet")
        file.symlink_to(tmp_path / "elsewhere.parquet") if kind == "link" else file.mkdir()

    def read_all():
        data = read_data(str(home))
        for one in evaluated(data).images:
            data.store.read(one.id)

    with pytest.raises((BrokenFileError, OSError)) as caught:
        read_all()
    assert "\n" not in str(caught.value).strip()


def test_a_row_of_parquet_leads_to_no_other_file(tmp_path):
    datasets = pytest.importorskip("datasets")
    (tmp_path / "secret.png").write_bytes(RED)
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf" / "own.png").write_bytes(RED)
    rows = {"image": [{"bytes": None, "path": one} for one in ("own.png", "../secret.png")],
            "label": ["a", "b"]}  # fmt: skip
    features = datasets.Features(image=datasets.Image(), label=datasets.Value("string"))
    table = datasets.Dataset.from_dict(rows, features=features).data.table
    written = table.replace_schema_metadata(features.arrow_schema.metadata)
    pytest.importorskip("pyarrow.parquet").write_table(written, tmp_path / "hf" / "x.parquet")
    store = read_data(str(tmp_path / "hf")).store
    assert store.read("row 0") == RED
    with pytest.raises(OSError, match="outside"):
        store.read("row 1")


@pytest.mark.parametrize("label", ["007", "NA", "null", "true", "2024-01-01", "1e3", "nan"])
def test_every_value_of_a_table_is_a_text(tmp_path, label):
    rows = f"image,label\na.png,{label}\nb.png,x\n"
    assert evaluated(table(tmp_path, rows, images=("a.png", "b.png"))).images[0].labels == (label,)
    row = json.dumps({"image": "a.png", "label": label})
    found = table(tmp_path, f'{row}\n{{"image": "b.png", "label": "x"}}', "data.jsonl")
    assert found.annotations[0].labels == (label,)


def test_a_class_without_a_name_among_others_is_refused_at_its_line(tmp_path):
    tar(tmp_path / "a.tar", **{"1__png": RED, "1__cls": b"0"})
    (tmp_path / "classes.txt").write_text("bird\n \ndog\n\n", encoding="utf-8")
    with pytest.raises(BrokenFileError, match=r"line 2 of .*classes.txt. has no class name"):
        read_data(str(tmp_path))


def test_a_table_beside_folders_of_classes_says_that_it_counts(tmp_path):
    table(tmp_path, "image,label\na.png,x\n", "labels.csv")
    assert read_data(str(tmp_path)).notes == ()
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
    (note,) = read_data(str(tmp_path)).notes
    assert note == "labels are read from labels.csv, not from 2 folders beside it"
