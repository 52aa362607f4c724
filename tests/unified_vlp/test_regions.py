"""Stored regions in two layouts; other shapes, other files and photographs are refused."""

import json
import os
import pickle
import zipfile
from dataclasses import replace

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import numpy
import pytest
from stored_regions import stored
from toy_vocabulary import as_text

from advisor.cli.main import run
from advisor.unified_vlp import Regions, UnifiedVLPRegionReader, read_regions
from advisor.unified_vlp.regions import ARRAYS, RegionsError

ID = "COCO_val2014_000000391895"


def equal(one, other):
    return all(
        numpy.array_equal(getattr(one, name), getattr(other, name))
        for name in ("features", "class_probabilities", "boxes")
    )


def test_an_npz_is_read_as_it_was_saved(regions, tmp_path):
    assert equal(read_regions(stored(regions[0], tmp_path / "a.npz")), regions[0])


@pytest.mark.parametrize("folder", ["", "feat_cls_1000"])
def test_pairs_of_h5_are_read(regions, tmp_path, folder):
    h5py = pytest.importorskip("h5py")
    pairs = tmp_path / "feat_cls_1000"
    pairs.mkdir()
    files = {
        pairs / "coco_feat895.h5": regions[0].features.astype("float16"),
        pairs / "coco_cls895.h5": regions[0].class_probabilities,
        tmp_path / folder / "coco_boxes.h5": regions[0].boxes,
    }
    for file, values in files.items():
        with h5py.File(file, "w") as opened:
            opened[ID] = values
    found = read_regions(f"{pairs / 'coco_feat895.h5'}::{ID}")
    assert found.features.dtype == numpy.float32
    assert numpy.allclose(found.features, regions[0].features, atol=2e-3)
    assert numpy.array_equal(found.boxes, regions[0].boxes)
    with pytest.raises(RegionsError, match=r"has several images\. Pass the id of one"):
        read_regions(pairs / "coco_feat895.h5")
    with pytest.raises(RegionsError, match=r"the id `another` was not found in `.*feat895"):
        read_regions(f"{pairs / 'coco_feat895.h5'}::another")
    for missing, told in (("coco_boxes", "file of boxes"), ("coco_cls895", "`coco_cls895.h5`")):
        next(tmp_path.rglob(f"{missing}.h5")).unlink()
        with pytest.raises(RegionsError, match=f"in (any .h5 )?{told} in the same folder"):
            read_regions(f"{pairs / 'coco_feat895.h5'}::{ID}")


@pytest.mark.parametrize("hostile", ["huge", "virtual", "external", "elsewhere", "group"])
def test_an_array_of_another_file_or_without_end_is_refused(tmp_path, hostile):
    h5py = pytest.importorskip("h5py")
    outside = tmp_path / "outside.h5"
    with h5py.File(outside, "w") as opened:
        opened[ID] = numpy.ones((3, 4), "f4")
    with h5py.File(tmp_path / "coco_cls895.h5", "w") as opened:
        opened[ID] = numpy.ones((3, 5), "f4")
    with h5py.File(tmp_path / "coco_feat895.h5", "w") as opened:
        if hostile == "huge":
            opened.create_dataset(ID, (10**6, 10**6), "f4", chunks=(1000, 1000))
        elif hostile == "virtual":
            layout = h5py.VirtualLayout((3, 4), "f4")
            layout[:] = h5py.VirtualSource(str(outside), ID, (3, 4))
            opened.create_virtual_dataset(ID, layout)
        elif hostile == "external":
            opened.create_dataset(ID, (9,), "u1", external=[(str(outside), 0, 9)])
        elif hostile == "elsewhere":
            opened[ID] = h5py.ExternalLink(str(outside), ID)
        else:
            opened.create_group(ID)
    with pytest.raises(RegionsError, match=r"too many for one image|another file|a group"):
        read_regions(f"{tmp_path / 'coco_feat895.h5'}::{ID}")


@pytest.mark.parametrize(
    ("hostile", "told"),
    [
        ("pipe", "is a group or a link to another file"),
        ("texts", "is not numeric"),
        ("chunk", "too many for one image"),
    ],
)
def test_what_a_key_leads_to_is_looked_at_before_it_is_opened(tmp_path, hostile, told):
    """A pipe would be read for ever; a text or a chunk may take gigabytes for one number."""
    h5py = pytest.importorskip("h5py")
    os.mkfifo(tmp_path / "pipe")
    for name in ("x_feat895.h5", "x_cls895.h5"):
        with h5py.File(tmp_path / name, "w") as opened:
            if hostile == "pipe":
                opened[ID] = h5py.ExternalLink(str(tmp_path / "pipe"), "/x")
            elif hostile == "texts":
                opened.create_dataset(ID, shape=(1, 1), dtype="S60000000", chunks=(1, 1))
            else:
                opened.create_dataset(
                    ID, shape=(1, 1), maxshape=(None, 1), chunks=(10**8, 1), dtype="f4"
                )
    with pytest.raises(RegionsError, match=told):
        read_regions(f"{tmp_path / 'x_feat895.h5'}::{ID}")


@pytest.mark.parametrize("shape", [(20_000, 2), (1, 20_000), (0, 4), (), (2, 4, 1)])
def test_no_network_is_made_of_what_no_detector_finds(tmp_path, capsys, shape):
    count = shape[0] if shape else 1
    others = {"class_probabilities": numpy.ones((count, 3)), "boxes": numpy.ones((count, 6))}
    data = tmp_path / "data.csv"
    data.write_text("image,text\na.npz,a\nb.npz,b\n")
    for name in ("a.npz", "b.npz"):
        numpy.savez_compressed(tmp_path / name, features=numpy.ones(shape, "i1"), **others)
    assert run(["train", "vlp", str(data), "--save", str(tmp_path / "n"), "--epochs", "1"]) == 2
    assert "which do not match a model" in capsys.readouterr().err


def test_a_small_archive_that_holds_gigabytes_is_refused(tmp_path):
    arrays = dict.fromkeys(ARRAYS, numpy.zeros(11_000_000, "f4"))
    numpy.savez_compressed(tmp_path / "r.npz", **arrays)
    with pytest.raises(RegionsError, match="too many for one image"):
        read_regions(tmp_path / "r.npz")


def test_nothing_is_unpickled(tmp_path):
    (tmp_path / "a.npz").write_bytes(pickle.dumps({"features": 1}))
    with pytest.raises(RegionsError, match="cannot be read"):
        read_regions(tmp_path / "a.npz")
    numpy.savez(tmp_path / "b.npz", features=numpy.array([{}], dtype=object), boxes=1, other=2)
    with pytest.raises(RegionsError, match="no `class_probabilities`"):
        read_regions(tmp_path / "b.npz")


@pytest.mark.parametrize("name", ["features", "class_probabilities", "boxes"])
def test_other_shapes_are_refused_in_a_sentence(regions, name):
    reader = UnifiedVLPRegionReader()
    cut = replace(regions[0], **{name: getattr(regions[0], name)[:36]})
    with pytest.raises(RegionsError, match=f"has {name} of 36 x .*the model needs 100 x"):
        reader(cut)


def test_numbers_that_are_none_are_refused(regions):
    features = regions[0].features.copy()
    features[3, 3] = numpy.nan
    with pytest.raises(RegionsError, match="not numbers"):
        UnifiedVLPRegionReader()(replace(regions[0], features=features))


def test_try_writes_the_caption_of_stored_regions(captioner, regions, fixture, tmp_path, capsys):
    file = stored(regions[0], tmp_path / "picture.npz")
    command = ["try", "--checkpoint", str(captioner), "--task", "captioning", "--image", str(file)]
    assert run([*command, "--format", "json", "--repeat", "0"]) == 0
    (trial,) = json.loads(capsys.readouterr().out)["trials"]
    assert trial["class"] == "UnifiedVLPForCaptioning"
    assert trial["answers"][0]["text"] == as_text(fixture["decode.0.ids"][0].tolist())


def test_try_answers_a_question_about_stored_regions(answerer, regions, tmp_path, capsys):
    file = stored(regions[0], tmp_path / "picture.npz")
    command = ["try", "--checkpoint", str(answerer), "--task", "vqa", "--image", str(file)]
    assert run([*command, "--question", "w20 w30", "--format", "json", "--repeat", "0"]) == 0
    (trial,) = json.loads(capsys.readouterr().out)["trials"]
    first = trial["answers"][0]
    assert first["text"].isdigit()
    assert first["text"] != "0"
    assert any("numbers" in each for each in trial["warnings"])


@pytest.mark.slow
@pytest.mark.parametrize("format", ["terminal", "json"])
def test_a_photograph_is_refused_with_what_to_do(captioner, tmp_path, capsys, format):
    from PIL import Image

    file = tmp_path / "photo.png"
    Image.new("RGB", (40, 30), "red").save(file)
    command = ["try", "--checkpoint", str(captioner), "--task", "captioning", "--image", str(file)]
    assert run([*command, "--format", format]) == 2
    streams = capsys.readouterr()
    told = streams.out if format == "json" else streams.err
    assert "this checkpoint needs region features, not pixels" in told
    assert "detectron-vlp" in told


@pytest.mark.slow
def test_other_checkpoints_refuse_stored_regions(regions, tmp_path, capsys):
    file = stored(regions[0], tmp_path / "picture.npz")
    command = ["try", "--checkpoint", "demo:blip", "--task", "captioning", "--image", str(file)]
    assert run(command) == 2
    assert "needs an image" in capsys.readouterr().err


@pytest.mark.slow
def test_a_page_can_be_written_about_stored_regions(captioner, regions, tmp_path, capsys):
    file, page = stored(regions[0], tmp_path / "picture.npz"), tmp_path / "page.html"
    command = ["try", "--checkpoint", str(captioner), "--task", "captioning", "--image", str(file)]
    assert run([*command, "--repeat", "0", "--output", f"html={page}"]) == 0
    assert "picture.npz" in page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_captioner_is_no_answerer(captioner, regions, tmp_path, capsys):
    file = stored(regions[0], tmp_path / "picture.npz")
    command = ["try", "--checkpoint", str(captioner), "--task", "vqa", "--image", str(file)]
    assert run([*command, "--question", "w20"]) == 2
    assert "answer_head" in capsys.readouterr().err


def test_regions_hold_what_the_reader_checks():
    features, probabilities, boxes = (numpy.zeros((2, size)) for size in (3, 4, 6))
    given = Regions(features=features, class_probabilities=probabilities, boxes=boxes)
    given.check(2, 3, 4)
    with pytest.raises(RegionsError):
        given.check(2, 3, 5)


def test_the_checkpoints_of_2020_are_not_looked_for_on_the_hub(capsys):
    asked = ["try", "--checkpoint", "LuoweiZhou/VLP", "--image", "regions.npz"]
    assert run([*asked, "--task", "captioning"]) == 2
    told = capsys.readouterr().err
    assert "has no repository on the Hub. Its files are at https://github.com/" in told
    assert "`advisor show LuoweiZhou/VLP`" in told


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_no_member_of_an_npz_is_larger_than_regions_are(regions, tmp_path, monkeypatch, method):
    file = stored(regions[0], tmp_path / "a.npz")
    monkeypatch.setattr("advisor.unified_vlp.regions.MOST_NUMBERS", 300_000)
    assert equal(read_regions(file), regions[0])
    with zipfile.ZipFile(file, "a", method) as packed:
        packed.writestr("features", bytes(2_000_000))  # NumPy prefers it to `features.npy`
    with pytest.raises(RegionsError, match="too many for one image"):
        read_regions(file)
