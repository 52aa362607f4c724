"""JSON as COCO and VQA publish it: captions, categories, questions with ten answers each.

COCO: `images` with `annotations` that name them by id. VQA: `questions` in one file, `annotations`
with their answers in another; either is given, or the folder of both. A list of objects is read as
a table is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from advisor.errors import BrokenFileError
from advisor.evaluate.label_tables import annotations_of
from advisor.evaluate.labelled import (
    Annotation,
    ImageFolder,
    LabelledData,
    decoded,
    merged,
    read_annotations,
    unusable,
)
from advisor.files import leads_out
from advisor.phrasing import why_unparsed
from advisor.trial.training_data import is_coco_number

MOST_NEIGHBOURS = 20


def read_json(file: Path, images: Path | None) -> LabelledData:
    """Return the annotations of a JSON file; of VQA, the other half is looked for beside it."""
    document = _document(file)
    folder = ImageFolder(images or file.parent)
    if isinstance(document, list):
        rows = [(number, row) for number, row in enumerate(document, start=1)]
        if not all(isinstance(row, dict) for _, row in rows):
            raise unusable(file, "is a list of something else than objects")
        return LabelledData(annotations_of(rows, file), folder)
    if not isinstance(document, dict):
        raise unusable(file, "is neither an object nor a list of objects")
    if "images" in document and "annotations" in document:
        return LabelledData(_coco(document, file), folder)
    if "questions" in document or "annotations" in document:
        return _vqa(document, file, folder)
    raise unusable(file, "has neither `images` nor `questions`")


def _coco(document: Mapping[str, Any], file: Path) -> tuple[Annotation, ...]:
    try:
        names = {each["id"]: str(each["file_name"]) for each in document["images"]}
        classes = {each["id"]: str(each["name"]) for each in document.get("categories", ())}
        texts: dict[Any, list[str]] = defaultdict(list)
        labels: dict[Any, dict[str, None]] = defaultdict(dict)
        for each in document["annotations"]:
            image, category = each["image_id"], each.get("category_id")
            if image not in names:
                raise unusable(file, f"annotates an image `{image}` that it does not list")
            if "caption" in each:
                texts[image].append(str(each["caption"]).strip())
            elif "category_id" in each:
                if category not in classes:
                    raise unusable(file, f"names a category `{category}` that it does not list")
                labels[image].setdefault(classes[category])
    except (KeyError, TypeError, AttributeError) as error:
        raise unusable(file, f"is not as COCO has it: {why_unparsed(error)}") from error
    return tuple(
        Annotation(image=name, labels=tuple(labels[id]), texts=tuple(texts[id]))
        for id, name in names.items()
        if labels[id] or texts[id]
    )


def _vqa(document: Mapping[str, Any], file: Path, folder: ImageFolder) -> LabelledData:
    here, there = ("questions", "annotations")
    if here not in document:
        here, there = there, here
    beside, other = _other_half(file, there, document[here])
    halves = {here: document, there: other}
    try:
        answers = {
            each["question_id"]: tuple(str(given["answer"]) for given in each["answers"])
            if "answers" in each
            else (str(each["multiple_choice_answer"]),)
            for each in halves["annotations"]["annotations"]
        }
        asked = halves["questions"]["questions"]
        answered = [each for each in asked if each["question_id"] in answers]
        names = _Names(folder, str(halves["questions"].get("data_subtype", "")))
        found = merged(
            Annotation(
                image=names.of(each["image_id"]),
                question=str(each["question"]).strip(),
                answers=answers[each["question_id"]],
            )
            for each in answered
        )
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise unusable(file, f"is not as VQA has it: {why_unparsed(error)}") from error
    notes = [f"the {there} are those of `{beside.name}`"]
    left = len(asked) - len(answered)
    return LabelledData(
        found, folder, (*notes, *([f"{left} questions have no answers"] if left else []))
    )


def _other_half(file: Path, part: str, here: Any) -> tuple[Path, Mapping[str, Any]]:
    """Return the file beside one that holds the other part for the same questions."""
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
        file, f"has no `{part}`, and no JSON file beside it has them for its questions"
    )


def _question_ids(listed: Any) -> set[Any]:
    some = listed if isinstance(listed, list) else ()
    ids = (each.get("question_id") for each in some if isinstance(each, dict))
    return {id for id in ids if isinstance(id, (int, str))}


class _Names:
    """File names of images that VQA knows by number."""

    def __init__(self, folder: ImageFolder, part: str) -> None:
        part = part.replace("{", "{{").replace("}", "}}")
        self.folder, self.forms = folder, [
            f"COCO_{part}_{{:012d}}.jpg", "{:012d}.jpg", "{}.jpg", "{}.png",
        ]  # fmt: skip
        self.forms += [f"{part}/{form}" for form in self.forms] if part else []

    def of(self, id: Any) -> str:
        """Return the name of an image: the first form of which there is a file."""
        if isinstance(id, str) and not is_coco_number(id):
            return id
        names = [form.format(int(id)) for form in self.forms]
        found = next((name for name in names if not self.folder.missing(name)), None)
        if found is None:
            return names[0]
        self.forms.insert(0, self.forms.pop(names.index(found)))  # the others are named alike
        return found


def _document(file: Path) -> Any:
    try:
        return json.loads(decoded(read_annotations(file), file))
    except (ValueError, RecursionError) as error:
        raise unusable(file, f"is not JSON: {why_unparsed(error)}") from error
