"""Training data: images or stored regions, with captions, or with questions and answers.

Formats: a CSV (`image,text`, or `image,question,answer`), COCO captions (with `annotations`, or
Karpathy's with `sentences`), and VQA's questions with a file of annotations beside them.
"""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from advisor.errors import BrokenFileError, UsageError
from advisor.files import MOST_TEXT, is_file, read_bounded, read_lines
from advisor.phrasing import count, why_unparsed
from advisor.trial.images import SUFFIXES
from advisor.trial.runtime import library

MANY = 20
"""How many problems of a file are named."""
COCO_DIGITS = 12
AGREED = 10
"""VQA: an answer scores min(1, times given * 3 / 10), as Pythia reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingExample:
    """An image (or its stored regions), a text, and soft scores of answers where it is a question.

    `image` is a path, which for regions may end in `::ID`.
    """

    image: Path
    text: str
    answers: tuple[tuple[str, float], ...] = ()

    @property
    def expected(self) -> str:
        """What should be written: the caption, or the best answer."""
        return max(self.answers, key=lambda each: each[1])[0] if self.answers else self.text


def is_coco_number(text: str) -> bool:
    """True for a number by which COCO knows an image, as in `COCO_val2014_000000391895`."""
    return text.isdecimal() and len(text) <= COCO_DIGITS


def read_examples(
    data: str | Path, images: str | Path | None = None, annotations: str | Path | None = None
) -> tuple[TrainingExample, ...]:
    """Return the examples of a file; `images` is the folder of the images, else the file's own.

    Raises BrokenFileError with every problem named, up to twenty.
    """
    source = Path(data)
    folder = Path(images) if images is not None else source.parent
    in_json = source.suffix.lower() == ".json"
    if annotations is not None and not in_json:
        raise UsageError(
            "`--annotations` is for VQA questions in JSON", hint="put the answers in the CSV file"
        )
    with _readable(source):
        rows = [*(_of_json(source, annotations) if in_json else _of_csv(source))]
    examples, problems = [], []
    for place, name, text, answers in rows:
        path = _picture(folder, name)
        if not text.strip() or not name:
            problems.append(f"{place}: the {'text' if name else 'image'} is empty")
        elif path is None:
            problems.append(f"{place}: there is no file `{name}`")
        else:
            examples.append(TrainingExample(image=path, text=text.strip(), answers=answers))
    if problems:
        more = len(problems) - MANY
        left = (f"and {more} more",) if more > 0 else ()
        raise BrokenFileError(
            f"`{data}` has {count(len(problems), 'bad line')}",
            problems=(*problems[:MANY], *left),
            hint="correct or remove them, or name the folder of the images with --images",
        )
    if len({example.image for example in examples}) < 2:
        raise BrokenFileError(
            f"`{data}` has fewer than two images",
            hint="one is held out, so at least two are needed",
        )
    return tuple(examples)


def hold_out(
    examples: tuple[TrainingExample, ...], share: float, seed: int
) -> tuple[tuple[TrainingExample, ...], tuple[TrainingExample, ...]]:
    """Return training examples and held-out examples; the same seed gives the same parts.

    The cut goes between images, so that no held-out image was seen with another text.
    """
    images = list(dict.fromkeys(each.image for each in examples))
    random.Random(seed).shuffle(images)
    held = set(images[: min(len(images) - 1, max(1, round(len(images) * share)))])
    training = tuple(each for each in examples if each.image not in held)
    return training, tuple(each for each in examples if each.image in held)


Row = tuple[str, str, str, tuple[tuple[str, float], ...]]
"""Rank, the image's name, the text, and scores of answers."""


@contextmanager
def _readable(file: str | Path) -> Iterator[None]:
    """Turn what is raised where a file is read into one sentence about it."""
    try:
        yield
    except (
        OSError, csv.Error, ValueError, KeyError, TypeError, AttributeError, RecursionError
    ) as error:  # fmt: skip
        reason = getattr(error, "strerror", None) or why_unparsed(error)
        raise BrokenFileError(
            f"`{file}` cannot be read: {reason}",
            hint="give a CSV in UTF-8, COCO captions or VQA questions",
        ) from error


def _of_csv(source: Path) -> Iterator[Row]:
    """Yield the rows of a CSV with `image` and `text`, or with `image`, `question`, `answer`."""
    reader = csv.DictReader(read_lines(source))
    columns = reader.fieldnames or ()
    asked = {"question", "answer"} <= set(columns)
    lacking = {"image", "question" if asked else "text"} - set(columns)
    if lacking:
        raise BrokenFileError(
            f"`{source}` lacks the column `{'` and the column `'.join(sorted(lacking))}`, and has "
            f"`{'`, `'.join(columns) or 'none'}`",
            hint="the first line is image,text, or image,question,answer",
        )
    for row in reader:
        answer = (row.get("answer") or "").strip()
        text = row["question" if asked else "text"] or ""
        image, answers = (row["image"] or "").strip(), ((answer, 1.0),) if asked else ()
        yield f"{source}:{reader.line_num}", image, text if answer or not asked else "", answers


def _of_json(source: Path, annotations: str | Path | None) -> Iterator[Row]:
    """Yield the rows of COCO captions, or of VQA's questions with their annotations."""
    document = _read_json(source)
    if "questions" in document:
        if annotations is None:
            raise UsageError(
                f"`{source}` holds questions, and their answers are in another file",
                hint="add --annotations v2_mscoco_train2014_annotations.json",
            )
        yield from _of_vqa(source, document["questions"], _read_json(annotations))
    elif "annotations" in document and "images" in document:
        names = {image["id"]: str(image["file_name"]) for image in document["images"]}
        for number, each in enumerate(document["annotations"]):
            name = names.get(each.get("image_id"), "")
            yield f"{source}: annotation {number}", name, str(each.get("caption", "")), ()
    else:
        for image in document["images"]:
            for sentence in image.get("sentences", ()):
                name = str(image.get("filename", ""))
                yield f"{source}: {name}", name, str(sentence.get("raw", "")), ()


def _of_vqa(source: Path, questions: Iterable[Any], annotations: Any) -> Iterator[Row]:
    """Yield VQA's questions: images by COCO's number, answers by how often they were given."""
    given = {each["question_id"]: each for each in annotations.get("annotations", ())}
    for each in questions:
        answers = given.get(each["question_id"], {}).get("answers", ())
        counts = Counter(str(answer["answer"]) for answer in answers)
        scores = {answer: min(1.0, 3 * times / AGREED) for answer, times in counts.items()}
        text = str(each["question"]) if scores else ""
        place = f"{source}: question {each['question_id']}"
        yield place, str(each["image_id"]), text, tuple(scores.items())


def _picture(folder: Path, name: str) -> Path | None:
    """Return the image of a name, or its stored regions; a number is one of COCO's images."""
    file, mark, key = name.partition("::")
    if is_file(folder / file):
        return folder / f"{file}{mark}{key}"
    stems = [Path(file).stem]
    if is_coco_number(file):
        stems = [file, f"COCO_train2014_{int(file):012}", f"COCO_val2014_{int(file):012}"]
    for each in stems:
        for suffix in (".npz", *sorted(SUFFIXES)):
            if is_file(path := folder / f"{each}{suffix}"):
                return path
        for pair in sorted(folder.glob(f"*_feat{each[-3:]}.h5")):
            if each in _names_in(pair):
                return folder / f"{pair.name}::{each}"
    return None


@cache
def _names_in(file: Path) -> frozenset[str]:
    """Return the images whose regions an `.h5` file holds, each under its name."""
    with library("h5py", "vlp").File(file, "r") as stored:
        return frozenset(stored.keys())


def _read_json(file: str | Path) -> Any:
    with _readable(file):
        return json.loads(read_bounded(Path(file), MOST_TEXT).decode())
