"""Declared classes: one line of Python gives shape, schema, compiled form, decoding and JSON."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import jsonschema
import pytest
from commands import ran

from advisor.draw.formats import plain
from advisor.model.columns import build, columns, plan, record
from advisor.model.file_kinds import ENTITIES
from advisor.model.value import NamedTuple, decode, encode
from advisor.reader.document import read_text
from advisor.reader.shape import check_shape

if TYPE_CHECKING:
    from advisor.model.fields import Computed, Id, Key, Least, Required, Text


ROOT = Path(__file__).resolve().parent.parent


class Glass(NamedTuple):
    """Of what a lens is made."""

    name: Text
    index: float = 1.5


class Lens(NamedTuple):
    """A small entity of every sort of field."""

    id: Id
    place: Computed[str]
    glasses: Annotated[Sequence[Glass], Least(1)]
    by_colour: Mapping[Id, Glass] = {}
    spare: Glass | None = None
    lens_class: Annotated[Text | None, Key("class")] = None
    label: Required[Text] = ""
    coated: bool = False


def with_one_more_line(declared, line, default):
    """Return a class with one more field at its end, as one more line in its body declares it."""
    field, annotation = line.split(": ")
    body = {
        **declared._field_defaults,
        field: default,
        "__annotations__": {**declared.__annotations__, field: annotation},
        "__module__": declared.__module__,
    }
    return type(NamedTuple)(declared.__name__, (), body)


ENTRY = {
    "id": "wide",
    "glasses": [{"name": "crown"}, {"name": "flint", "index": 1.6}],
    "by_colour": {"red": {"name": "crown"}},
    "class": "Wide",
    "label": "A wide one",
}


def problems(entry, declared):
    document = read_text(json.dumps(entry), "lenses.yaml")
    check_shape(document, record(declared))
    return [problem.message for problem in document.problems]


def through_json(value):
    return json.loads(json.dumps(encode(value)))


def test_one_line_more_is_a_field_everywhere():
    wider = with_one_more_line(Lens, "stops: Sequence[Positive]", ())
    entry = ENTRY | {"stops": [2, 8]}
    assert problems(entry, Lens) == [
        "unknown key `stops`. Known: id, glasses, by_colour, spare, class, label, coated"
    ]
    assert problems(entry, wider) == []
    assert problems(entry | {"stops": [0]}, wider) == [
        "expected a whole number of at least 1, found 0"
    ]
    assert record(wider).schema()["properties"]["stops"]["items"] == {
        "type": "integer",
        "minimum": 1,
    }
    value = build(wider, entry, place="lenses.yaml:1")
    assert value.stops == [2, 8]
    [again] = decode(wider, [through_json(value)], plan([wider]))
    assert again.stops == [2, 8]
    assert plain(again)["stops"] == [2, 8]


def test_what_is_left_out_has_its_default_everywhere():
    wider = with_one_more_line(Lens, "stops: Sequence[Positive]", ())
    value = build(wider, ENTRY, place="lenses.yaml:1")
    [again] = decode(wider, [through_json(value)], plan([wider]))
    assert value.stops == again.stops == ()
    assert again.coated is False


def test_values_inside_values_come_back_as_what_they_are():
    value = build(Lens, ENTRY | {"spare": {"name": "quartz"}}, place="lenses.yaml:1")
    [again] = decode(Lens, [through_json(value)], plan([Lens]))
    assert again == value._replace(glasses=tuple(value.glasses))
    assert again.glasses == (Glass("crown"), Glass("flint", 1.6))
    assert again.by_colour == {"red": Glass("crown")}
    assert again.spare == Glass("quartz")


def test_rows_are_read_by_the_names_of_their_fields():
    """A row of another order of fields gives the same value."""
    value = build(Lens, ENTRY, place="lenses.yaml:1")
    known = plan([Lens])
    order = known["Lens"]["fields"]
    row = through_json(value._replace(coated=True))
    known["Lens"]["fields"] = order[::-1]
    assert decode(Lens, [row[::-1]], known) == decode(Lens, [row], plan([Lens]))


def test_a_computed_field_stands_in_no_file_and_a_required_one_has_to():
    entry = {key: value for key, value in ENTRY.items() if key != "label"}
    assert problems(entry | {"place": "here"}, Lens)[1:] == ["`label` is missing"]
    assert "place" not in record(Lens).schema()["properties"]


def test_a_field_is_called_in_files_as_its_key_says():
    assert build(Lens, ENTRY, place="").lens_class == "Wide"
    assert plan([Lens])["Lens"]["keys"] == {"lens_class": "class"}


def test_defaults_at_the_end_are_left_out_of_the_compiled_form():
    assert through_json(Glass("crown")) == ["crown"]


def test_shape_and_schema_of_a_declared_class_agree():
    jsonschema.validate(ENTRY, record(Lens).schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(ENTRY | {"glasses": []}, record(Lens).schema())


@pytest.mark.parametrize("kind", ENTITIES)
def test_every_field_of_the_model_has_a_shape(kind):
    declared = ENTITIES[kind].declared
    keys = record(declared).fields
    computed = {column.key for column in columns(declared) if column.computed}
    assert {column.key for column in columns(declared)} <= keys.keys() | computed


def line_after(file, line, added):
    """Put a line behind the first one of a file that says so."""
    text = file.read_text(encoding="utf-8")
    assert f"{line}\n" in text
    file.write_text(text.replace(f"{line}\n", f"{line}\n{added}\n", 1), encoding="utf-8")


@pytest.mark.slow
def test_one_line_in_the_class_of_checkpoints_is_a_field_in_files_pages_and_documents(tmp_path):
    """In a copy of the program: files, schema, `show`, `list`, `compare` and agents have it."""
    for folder in ("advisor", "rules"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("compiled"))
    line = "    attention_window: f.Cited[f.Positive | None] = None"
    line_after(
        tmp_path / "advisor/model/__init__.py",
        "    image_size: f.Cited[f.Positive | None] = None",
        line,
    )
    entries = tmp_path / "rules/checkpoints/clip.yaml"
    line_after(entries, "  - id: openai/clip-vit-base-patch32", "    attention_window: 13")

    def answer(program, *words):
        run = ran(
            [sys.executable, *program, *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "ADVISOR_CACHE": str(tmp_path / "c")},
        )
        return run.stdout + run.stderr

    def said(*words):
        return answer(("-m", "advisor"), *words)

    here = "openai/clip-vit-base-patch32"
    assert "`attention_window` has no source" in said("rules", "check")
    cited = "      open-clip-model-profile: [parameters_millions"
    text = entries.read_text(encoding="utf-8")
    assert f"{cited}]" in text
    entries.write_text(
        text.replace(f"{cited}]", f"{cited}, attention_window]", 1), encoding="utf-8"
    )
    assert "of the series has no source. Add one to the" not in said("rules", "check")
    assert '"attention_window"' in said("rules", "schema", "checkpoints")
    assert "attention_window" in said("show", here, "--full")
    for words in (
        ("show", here),
        ("list", "checkpoints"),
        ("compare", here, "openai/clip-vit-base-patch16"),
    ):
        assert '"attention_window": 13' in said(*words, "--format", "json")
    agent = "from advisor.agents.compact import thing; import json, sys\n"
    agent += "print(thing(json.loads(sys.argv[1])))"
    short = answer(("-c", agent), said("show", here, "--format", "json"))
    assert "'attention_window': 13" in short
