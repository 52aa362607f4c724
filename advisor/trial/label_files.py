"""Annotations in files: tables of rows, and JSON as COCO publishes it.

Tables are CSV, TSV and JSON Lines, a row for each image, caption or question. COCO: `images` with
`annotations` that name them by id.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from advisor.errors import BrokenFileError
from advisor.phrasing import why_unparsed
from advisor.trial.annotations import (
    Annotation,
    ImageFolder,
    LabelledData,
    broken_rows,
    class_text,
    decoded,
    merged,
    read_annotations,
    unusable,
)

COLUMNS = {
    "image": ("file_name", "image", "image_path", "path", "file", "filename", "filepath", "img"),
    "labels": ("label", "labels", "class", "classes", "category", "categories"),
    "texts": ("caption", "captions", "text", "texts", "transcription", "reference", "references"),
    "question": ("question",),
    "answers": ("answer", "answers"),
    "fields": ("fields", "ground_truth"),
}
"""The names of columns that are read, in any case, for each part of an annotation."""
PARTED = {"labels": ";|", "texts": "|", "answers": "|"}
"""What parts several values in one cell of a column in the plural: `labels`, `captions`, ..."""
DONUT = "gt_parse"
SEPARATORS = ",;\t"
"""What may part cells: spreadsheets differ."""
LONGEST_CELL = 10_000_000

Row = tuple[int | str, Mapping[str, Any]]


def read_table(file: Path, images: Path | None) -> LabelledData:
    """Return the annotations of a table; images are named from its folder, or from `images`."""
    text = decoded(read_annotations(file), file)
    rows = (_cells if file.suffix.lower() in (".csv", ".tsv") else _lines_of_json)(text, file)
    return LabelledData(annotations_of(rows, file), ImageFolder(images or file.parent))


def annotations_of(rows: Iterable[Row], file: Path) -> tuple[Annotation, ...]:
    """Return the annotations of rows; BrokenFileError names the place of every row that is none."""
    annotations, problems = [], []
    for place, row in rows:
        try:
            annotations.append(annotation_of(row))
        except ValueError as error:
            problems.append(f"{file}:{place}: {error}")
    if problems:
        are = "is not a valid annotation" if len(problems) == 1 else "are not valid annotations"
        raise broken_rows(
            f"`{file}` cannot be used: {len(problems)} of its rows {are}",
            problems,
            "`advisor help labeled-data` shows the names of columns",
        )
    if not annotations:
        raise BrokenFileError(f"`{file}` has no annotations", hint="write one row per image")
    return merged(annotations)


def annotation_of(row: Mapping[str, Any]) -> Annotation:
    """Return the annotation of a row; ValueError where it has no image, or a cell of no use."""
    cells = {str(key).strip().lower(): value for key, value in row.items() if key is not None}
    parts: dict[str, tuple[str, Any]] = {}
    for part, names in COLUMNS.items():
        for name in names:
            value = cells.get(name)
            if value not in (None, "", []) and value == value:  # tables of numbers have NaN
                parts.setdefault(part, (name, value))
    if "image" not in parts:
        raise ValueError("the row names no image")
    image = parts["image"][1]
    if not isinstance(image, str):
        raise ValueError(f"the image is {_kind(image)}, not a file name")  # noqa: TRY004 - of a row
    labels = parts.get("labels", ("", ()))[1]
    for label in labels if isinstance(labels, (list, tuple)) else (labels,):
        if isinstance(label, str) and label and not class_text(label):
            raise ValueError(f"the label is blank: `{label}`")
    texts = {part: _texts(*parts[part], marks) for part, marks in PARTED.items() if part in parts}
    return Annotation(
        image=image,
        question=_text(parts.get("question", ("", ""))[1]),
        fields=_fields(parts["fields"][1]) if "fields" in parts else None,
        **texts,
    )


def _lines_of_json(text: str, file: Path) -> Iterator[Row]:
    for line, written in enumerate(io.StringIO(text), start=1):
        if not written.strip():
            continue
        try:
            row = json.loads(written)
        except (ValueError, RecursionError) as error:
            reason = why_unparsed(error)
            if isinstance(error, json.JSONDecodeError):  # which counts lines of its own
                reason = f"{error.msg} at column {error.colno}"
            raise BrokenFileError(f"line {line} of `{file}` is not JSON: {reason}") from error
        if not isinstance(row, dict):
            raise BrokenFileError(f"line {line} of `{file}` is {_kind(row)}, not a JSON object")
        yield line, row


def _cells(text: str, file: Path) -> Iterator[Row]:
    """Yield the rows of a table, whose head has most of what parts its cells."""
    separator = max(SEPARATORS, key=next(filter(str.strip, io.StringIO(text)), "").count)
    longest = csv.field_size_limit(LONGEST_CELL)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:
        raise BrokenFileError(
            f"line {rows.line_num} of `{file}` is not a valid row: {error}"
        ) from error
    finally:
        csv.field_size_limit(longest)


def _texts(column: str, value: Any, marks: str) -> tuple[str, ...]:
    """Return the texts of a cell: a list, or several in one cell of a column in the plural."""
    if isinstance(value, (list, tuple)):
        return tuple(filter(None, map(_text, value)))
    text = _text(value)
    if column.endswith("s") and column != "class":
        for mark in marks:
            if mark in text:
                return tuple(filter(None, map(str.strip, text.split(mark))))
    return (text,)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        if isinstance(value, Mapping) and isinstance(value.get("answer"), str):
            return str(value["answer"])  # as VQA has those of its annotators
        raise ValueError(f"{_kind(value)} is not text")
    return str(value).strip()


def _fields(value: Any) -> Mapping[str, Any]:
    """Return named values: an object, or one as JSON; what Donut keeps under `gt_parse`."""
    try:
        read = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError) as error:
        raise ValueError("the fields column is not JSON") from error
    if isinstance(read, dict) and isinstance(read.get(DONUT), dict):
        read = read[DONUT]
    if not isinstance(read, dict):
        raise ValueError(f"the fields column is {_kind(read)}, not a JSON object")  # noqa: TRY004 - a row
    return read


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", type(None): "nothing"}
    return names.get(type(value)) or f"`{json.dumps(value, default=str)}`"


def read_coco(file: Path, images: Path | None) -> LabelledData:
    """Return the captions, or the categories of each image, of a JSON file as COCO has them."""
    try:
        document = json.loads(decoded(read_annotations(file), file))
    except (ValueError, RecursionError) as error:
        raise unusable(file, f"is not JSON: {why_unparsed(error)}") from error
    if not isinstance(document, dict) or not {"images", "annotations"} <= document.keys():
        raise BrokenFileError(
            f"`{file}` is not in the COCO format: it has no `images` with `annotations`",
            hint="write a table: one JSON object per line, in a file that ends in .jsonl",
        )
    try:
        annotations = _coco(document, file)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise unusable(file, f"does not follow the COCO format: {why_unparsed(error)}") from error
    return LabelledData(annotations, ImageFolder(images or file.parent))


def _coco(document: Mapping[str, Any], file: Path) -> tuple[Annotation, ...]:
    names = {each["id"]: str(each["file_name"]) for each in document["images"]}
    classes = {each["id"]: str(each["name"]) for each in document.get("categories", ())}
    texts: dict[Any, list[str]] = defaultdict(list)
    labels: dict[Any, dict[str, None]] = defaultdict(dict)
    for each in document["annotations"]:
        image, category = each["image_id"], each.get("category_id")
        if image not in names:
            raise unusable(file, f"annotates `{image}`, which its list of images lacks")
        if "caption" in each:
            texts[image].append(str(each["caption"]).strip())
        elif "category_id" in each:
            if category not in classes:
                lacks = "which its list of categories lacks"
                raise unusable(file, f"names the category `{category}`, {lacks}")
            labels[image].setdefault(classes[category])
    return tuple(
        Annotation(image=name, labels=tuple(labels[id]), texts=tuple(texts[id]))
        for id, name in names.items()
        if labels[id] or texts[id]
    )
