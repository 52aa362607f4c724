"""Real uses, written out as code: each is found at its line, with checkpoint, class and task."""

from pathlib import Path

import pytest
import yaml

from advisor.scan.scanner import scan
from advisor.scan.vocabulary import vocabulary_of

FOLDER = Path(__file__).parent / "usages"
ROWS = yaml.safe_load((FOLDER / "expected.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def scanned(rulebase):
    return scan([FOLDER], FOLDER, vocabulary_of(rulebase))


@pytest.mark.parametrize("row", [row for row in ROWS if row["class"] or row["task"]], ids=str)
def test_each_real_use_is_found_where_it_is(scanned, row):
    line = row.get("load_line", row["line"])
    found = {
        usage.place.line: (usage.checkpoint, usage.class_name, usage.task)
        for usage in scanned.usages
        if usage.place.path == row["file"]
    }
    expected = (row["checkpoint"], row["class"], row["task"])
    if "name" in row and "load_line" not in row:
        assert expected in found.values()
    else:
        assert found.get(line) == expected


@pytest.mark.parametrize("row", [row for row in ROWS if "name" in row], ids=str)
def test_names_that_went_away_are_found_where_they_are_imported(scanned, row):
    names = [
        (name.place.line, name.name) for name in scanned.names if name.place.path == row["file"]
    ]
    assert (row["line"], row["name"]) in names


def test_a_load_through_lavis_is_a_usage_of_no_id_of_the_hub(scanned):
    row = next(row for row in ROWS if row["id"] == "usage-043")
    (usage,) = [one for one in scanned.usages if one.place.path == row["file"]]
    assert (usage.model.package, usage.checkpoint) == ("lavis", None)


def test_every_file_of_a_real_use_can_be_read(scanned):
    assert scanned.notes == ()
    assert len(ROWS) == 81


def test_fine_tuning_is_seen_where_it_happens(scanned):
    trained = {usage.place.path[:9] for usage in scanned.usages if usage.trained}
    assert trained == {f"usage_{number:03}" for number in (20, 21, 25, 37, 56)}


def test_each_model_has_the_processor_that_feeds_it(scanned):
    alone = [
        usage.place.path[:9]
        for usage in scanned.usages
        if usage.model is not None
        and not usage.processors
        and usage.model.kind == "model"
        and usage.model.package == "transformers"
    ]
    assert alone == ["usage_080"]  # nothing but its function ties a tokenizer to it


def scanned_text(folder, rulebase, text):
    (folder / "app.py").write_text(text, "utf-8")
    return scan([folder], folder, vocabulary_of(rulebase))


def test_a_processor_belongs_to_the_model_of_its_checkpoint(tmp_path, rulebase):
    blip, clip = "Salesforce/blip-image-captioning-base", "openai/clip-vit-base-patch32"
    found = scanned_text(
        tmp_path,
        rulebase,
        "from transformers import BlipForConditionalGeneration, BlipProcessor\n"
        "from transformers import CLIPModel, CLIPProcessor\n"
        f'BlipForConditionalGeneration.from_pretrained("{blip}")\n'
        f'CLIPModel.from_pretrained("{clip}")\n'
        f'CLIPProcessor.from_pretrained("{clip}")\n'
        f'BlipProcessor.from_pretrained("{blip}")\n',
    )
    pairs = [(one.class_name, [own.class_name for own in one.processors]) for one in found.usages]
    assert pairs == [
        ("BlipForConditionalGeneration", ["BlipProcessor"]),
        ("CLIPModel", ["CLIPProcessor"]),
    ]


def test_a_method_that_is_called_map_is_not_the_function(tmp_path, rulebase):
    text = (
        "from transformers import CLIPModel\n"
        '{}map(CLIPModel.from_pretrained, ["openai/clip-vit-base-patch32"])\n'
    )
    assert scanned_text(tmp_path, rulebase, text.format("rows.")).usages == ()
    assert len(scanned_text(tmp_path, rulebase, text.format("")).usages) == 1


@pytest.mark.parametrize("name", ["CLIPModel", "BlipForConditionalGeneration"])
def test_a_model_that_is_made_of_a_configuration_is_a_composition(tmp_path, rulebase, name):
    text = f"from transformers import {name}\nmodel = {name}(config)\n"
    (usage,) = scanned_text(tmp_path, rulebase, text).usages
    assert (usage.model.kind, usage.class_name, usage.alternatives) == ("composition", name, ())
