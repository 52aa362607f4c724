"""Annotations in files: tables of rows, and JSON in the formats of COCO and VQA.

Tables are CSV, TSV and JSON Lines, a row for each image, caption or question. COCO: `images` with
`annotations` that name them by id. VQA: `questions` in one file, `annotations` with their answers
in another, which is looked for beside it. A JSON list of objects is read like a table.
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
from advisor.files import leads_out
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
"""The column names, in any case, of each field of Annotation, in order of preference."""
PARTED = {"labels": ";|", "texts": "|", "answers": "|"}
"""Separators of several values in one cell, if the column has a plural name (`labels`)."""
DONUT = "gt_parse"
SEPARATORS = ",;\t"
"""Cell separators; the first that yields a column of image names is used."""
COCO_DIGITS = 12
SHOWN_COLUMNS = 200
LONGEST_CELL = 10_000_000

Row = tuple[int | str, Mapping[str, Any]]


def read_table(file: Path, images: Path | None) -> LabelledData:
    """Return the annotations of a table; image paths are relative to its folder, or to `images`."""
    text = decoded(read_annotations(file), file)
    rows = (_cells if file.suffix.lower() in (".csv", ".tsv") else _lines_of_json)(text, file)
    return LabelledData(annotations_of(rows, file), ImageFolder(images or file.parent))


def is_coco_number(text: str) -> bool:
    """Return whether a text is a COCO image number, as in `COCO_val2014_000000391895`."""
    return text.isdecimal() and len(text) <= COCO_DIGITS


def annotations_of(rows: Iterable[Row], file: Path) -> tuple[Annotation, ...]:
    """Return the annotations of (line, row) pairs; raise BrokenFileError that lists bad rows."""
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
    """Return the annotation of a row; raise ValueError if it has no image or an invalid cell."""
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
    """Yield the line number and the object of each line; raise BrokenFileError for other JSON."""
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
    """Yield the line number and the cells of each row of a table.

    Raises BrokenFileError if no column has image names.
    """
    head = next(filter(str.strip, io.StringIO(text)), "").strip()
    for separator in SEPARATORS:
        columns = {each.strip(' "').lower() for each in head.split(separator)}
        if not head or not columns.isdisjoint(COLUMNS["image"]):
            break
    else:
        shown = head if len(head) <= SHOWN_COLUMNS else f"{head[:SHOWN_COLUMNS]} ..."
        raise BrokenFileError(
            f"`{file}` has no column of image names. Its first line is `{shown}`",
            hint=f"rename the column of image names to one of {', '.join(COLUMNS['image'])}",
        )
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
    """Return the texts of a cell: of a list, or split at `marks` if the column name is plural."""
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
    """Return the named values of a cell, an object or its JSON; Donut has them under `gt_parse`."""
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


MOST_NEIGHBOURS = 20


def read_json(file: Path, images: Path | None, other: Path | None = None) -> LabelledData:
    """Return the annotations of a JSON file: a list of rows, COCO or VQA.

    `other` is the second file of VQA; None searches the folder of the file for it.
    """
    document = _document(file)
    folder = ImageFolder(images or file.parent)
    if isinstance(document, list):
        rows = [(number, row) for number, row in enumerate(document, start=1)]
        if not all(isinstance(row, dict) for _, row in rows):
            raise unusable(file, "has list items that are not JSON objects")
        return LabelledData(annotations_of(rows, file), folder)
    if not isinstance(document, dict):
        raise unusable(file, "must hold a JSON object or a list of objects")
    of_coco = "images" in document and ("annotations" in document or "questions" not in document)
    try:
        if of_coco:
            captions = "annotations" not in document
            return LabelledData(_karpathy(document) if captions else _coco(document, file), folder)
        if "questions" in document or "annotations" in document:
            return _vqa(document, file, folder, other)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        form = f"does not follow the {'COCO' if of_coco else 'VQA'} format"
        raise unusable(file, f"{form}: {why_unparsed(error)}") from error
    raise unusable(file, "has neither `images` nor `questions`")


def _coco(document: Mapping[str, Any], file: Path) -> tuple[Annotation, ...]:
    """Return the annotations of COCO; raise BrokenFileError for an unknown image or category."""
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


def _karpathy(document: Mapping[str, Any]) -> tuple[Annotation, ...]:
    """Return the captions of Karpathy's `dataset_coco.json`, the `sentences` of each image."""
    return tuple(
        Annotation(
            image=str(each["filename"]),
            texts=tuple(str(sentence["raw"]).strip() for sentence in each["sentences"]),
        )
        for each in document["images"]
    )


def _vqa(
    document: Mapping[str, Any], file: Path, folder: ImageFolder, beside: Path | None
) -> LabelledData:
    """Return the annotations of VQA questions with answers, and notes on the other file."""
    part, other_part = ("questions", "annotations")
    if part not in document:
        part, other_part = other_part, part
    if beside is None:
        beside, other = _other_half(file, other_part, document[part])
    else:
        other = _document(beside)
    halves = {part: document, other_part: other}
    answers = {
        each["question_id"]: tuple(str(given["answer"]) for given in each["answers"])
        if "answers" in each
        else (str(each["multiple_choice_answer"]),)
        for each in halves["annotations"]["annotations"]
    }
    questions = halves["questions"]["questions"]
    answered = [each for each in questions if each["question_id"] in answers]
    names = _Names(folder, str(halves["questions"].get("data_subtype", "")))
    annotations = merged(
        Annotation(
            image=names.of(each["image_id"]),
            question=str(each["question"]).strip(),
            answers=answers[each["question_id"]],
        )
        for each in answered
    )
    notes = [f"the {other_part} are read from `{beside.name}`"]
    left = len(questions) - len(answered)
    notes += [f"{left} questions have no answers"] if left else []
    return LabelledData(annotations, folder, tuple(notes))


def _other_half(file: Path, part: str, here: Any) -> tuple[Path, Mapping[str, Any]]:
    """Return the path and content of a file beside `file` whose `part` shares question ids."""
    ids = _question_ids(here)
    beside = (path for path in file.parent.glob("*.json") if path != file)
    neighbours = sorted(path for path in beside if not leads_out(path, file.parent))
    unread: BrokenFileError | None = None
    for path in neighbours[:MOST_NEIGHBOURS]:
        try:
            other = _document(path)
        except BrokenFileError as error:  # it may be none of the two halves
            unread = unread or error
            continue
        if isinstance(other, dict) and not ids.isdisjoint(_question_ids(other.get(part))):
            return path, other
    raise unread or unusable(
        file, f"has no `{part}`, and no other JSON file in the folder has matching question ids"
    )


def _question_ids(listed: Any) -> set[Any]:
    some = listed if isinstance(listed, list) else ()
    ids = (each.get("question_id") for each in some if isinstance(each, dict))
    return {id for id in ids if isinstance(id, (int, str))}


class _Names:
    """File names of the images that VQA identifies by number."""

    def __init__(self, folder: ImageFolder, part: str) -> None:
        self.part = part = part.replace("{", "{{").replace("}", "}}")
        self.folder, self.forms = folder, [
            f"COCO_{part}_{{:012d}}.jpg", "{:012d}.jpg", "{}.jpg", "{}.png",
        ]  # fmt: skip
        self.forms += [f"{part}/{form}" for form in self.forms] if part else []

    def of(self, id: Any) -> str:
        """Return the name of an image: the first form that exists, else the first one or the id."""
        if isinstance(id, str) and not is_coco_number(id):
            return id
        names = [form.format(int(id)) for form in self.forms]
        present = next((name for name in names if not self.folder.missing(name)), None)
        if present is None:
            return names[0] if self.part else str(id)
        self.forms.insert(0, self.forms.pop(names.index(present)))  # the others are named alike
        return present


def _document(file: Path) -> Any:
    try:
        return json.loads(decoded(read_annotations(file), file))
    except (ValueError, RecursionError) as error:
        raise unusable(file, f"is not JSON: {why_unparsed(error)}") from error
