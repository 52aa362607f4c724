"""Making the set that candidates are judged on: its task, its images, a fair part of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from random import Random
from typing import NamedTuple
from unicodedata import normalize

from advisor.decide.command_lines import act_of
from advisor.errors import UsageError
from advisor.evaluate.labelled import (
    Annotation,
    EvaluationSet,
    LabelledData,
    LabelledImage,
    UnreadableImage,
    class_text,
    digest_of,
    merged,
)
from advisor.model.library import (
    ANSWER,
    CAPTION,
    DESCRIBE,
    EXTRACT,
    LABEL,
    READ_LINE,
    READ_PAGE,
    SEARCH,
)
from advisor.phrasing import count, joined
from advisor.rulebase.base import RuleBase

NEEDS = {
    LABEL: ("labels", "a label"),
    ANSWER: ("answers", "a question and its answer"),
    EXTRACT: ("fields", "the fields of a document"),
    CAPTION: ("texts", "a caption"),
    DESCRIBE: ("texts", "a caption"),
    SEARCH: ("texts", "a caption"),
    READ_LINE: ("texts", "the text that it shows"),
    READ_PAGE: ("texts", "the text that it shows"),
}
"""What an act is judged by: part of an annotation, and what that is in words."""
INFERRED = (LABEL, ANSWER, EXTRACT, CAPTION)
"""Acts that are inferred, the first whose part the data has."""


class InferredTask(NamedTuple):
    """The task that the data seems to be for, and others that it could be for."""

    task: str
    because: str
    others: tuple[str, ...]


def infer_task(rulebase: RuleBase, data: LabelledData) -> InferredTask:
    """Return the task that most annotations have what is needed for; UsageError where none."""
    fit = [act for act in INFERRED if _usable(data.annotations, act)]
    if not fit:
        parts = joined(dict.fromkeys(words for _, words in NEEDS.values()), "or")
        raise UsageError(
            "the data has no labels, captions, questions or fields for its images",
            hint=f"an image needs {parts}; `advisor help labelled-data` shows how they are named",
        )
    tasks = [rulebase.acts[act].tasks[0] for act in fit]
    shown = [NEEDS[act][1] for act in fit]
    return InferredTask(tasks[0], f"its images have {shown[0]}", tuple(tasks[1:]))


def make_set(
    rulebase: RuleBase, name: str, data: LabelledData, task: str, *, limit: int = 0, seed: int = 0
) -> EvaluationSet:
    """Return the images that are there and have what a task is judged by, at most `limit` of them.

    A part is drawn by the seed, from each class in proportion, and whole images with all their
    questions; the order stays that of the data. Raises UsageError where none is left.
    """
    act = act_of(rulebase, task)
    if act is None or act.id not in NEEDS:
        known = sorted({each for id in NEEDS for each in rulebase.acts[id].tasks})
        raise UsageError(f"`{task}` cannot be evaluated", hint=f"these can: {', '.join(known)}")
    part, words = NEEDS[act.id]
    usable = _usable(data.annotations, act.id)
    if not usable:
        raise UsageError(
            f"`{name}` has nothing to judge `{task}` by: an image needs {words}",
            hint="`advisor help labelled-data` shows how columns are named",
        )
    why = {image: data.store.missing(image) for image in dict.fromkeys(a.image for a in usable)}
    there = [each for each in usable if not why[each.image]]
    if not there:
        first = next(image for image, reason in why.items() if reason)
        raise UsageError(
            f"none of the {count(len(why), 'image')} of `{name}` is there: `{first}`: {why[first]}",
            hint="--image-folder says where they are",
        )
    notes = list(data.notes)
    lacking = {each.image for each in data.annotations} - {each.image for each in usable}
    if lacking:
        notes.append(f"{count(len(lacking), 'image')} without {words} left out")
    chosen = _part(there, limit, seed) if limit else there
    if len(chosen) < len(there):
        total = len({each.image for each in there})
        notes.append(f"{limit} of {total} images, drawn with seed {seed}")
    images = tuple(_image(number, each, part) for number, each in enumerate(chosen))
    _refuse_what_is_no_text(images)
    labels = [each.labels for each in images]
    classes = tuple(sorted({c for each in usable for c in each.labels})) if any(labels) else ()
    several = sum(len(each.labels) > 1 for each in usable) if act.id == LABEL else 0
    notes += _notes_on_classes(classes, several)
    return EvaluationSet(
        name=name,
        task=task,
        act=act.id,
        images=images,
        classes=classes,
        many=several > 0,
        left_out=tuple(UnreadableImage(image, reason) for image, reason in why.items() if reason),
        notes=tuple(notes),
        digest=digest_of(task, images),
    )


def _refuse_what_is_no_text(images: Sequence[LabelledImage]) -> None:
    """Raise UsageError for a folder's name in another encoding, half a character, a blank label."""
    for image in images:
        if not all(map(class_text, image.labels)):
            raise UsageError(
                f"`{image.id}`: its label is blank",
                hint="name it, in the file of labels or as the name of the folder",
            )
        for text in (*image.labels, image.question, *image.references):
            try:
                text.encode()
            except UnicodeEncodeError as error:
                raise UsageError(
                    f"`{image.id}`: `{text}` is not text in UTF-8, which no network reads",
                    hint="write it so, in the file of labels or as the name of the folder",
                ) from error


def _notes_on_classes(classes: Sequence[str], several: int) -> list[str]:
    """Return what may surprise about the classes, where `several` images have more than one."""
    notes = []
    if several:
        have = "has" if several == 1 else "have"
        notes.append(
            f"{count(several, 'image')} {have} several labels, so each label is judged alone"
        )
    if classes and all(each.isdecimal() for each in classes):
        notes.append("its labels are numbers, which tell a candidate nothing; name them")
    alike: dict[str, list[str]] = defaultdict(list)
    for each in classes:
        alike[class_text(each).casefold()].append(each)
    if twins := next((some for some in alike.values() if len(some) > 1), None):
        notes.append(f"{joined([f'`{each}`' for each in twins])} count as separate labels")
    return notes


def _usable(annotations: Sequence[Annotation], act: str) -> list[Annotation]:
    """Return the annotations that an act is judged by: of each question, or of each image."""
    part = NEEDS[act][0]
    if act == ANSWER:
        return [each for each in annotations if each.answers and each.question]
    whole = merged(
        each._replace(
            question="", labels=tuple(dict.fromkeys(normalize("NFC", one) for one in each.labels))
        )
        for each in annotations
        if getattr(each, part)
    )
    return [each._replace(texts=tuple(dict.fromkeys(each.texts))) for each in whole]


def _image(number: int, annotation: Annotation, part: str) -> LabelledImage:
    kept = getattr(annotation, part)
    return LabelledImage(
        number=number,
        id=annotation.image,
        question=annotation.question if part == "answers" else "",
        labels=kept if part == "labels" else (),
        references=kept if part in ("texts", "answers") else (),
        fields=kept if part == "fields" else None,
    )


def _part(annotations: Sequence[Annotation], limit: int, seed: int) -> list[Annotation]:
    """Return the annotations of at most `limit` images, of each class in proportion.

    Shares are rounded by largest remainder; a class that would have none keeps one while there is
    room.
    """
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for image, labels in {each.image: each.labels for each in annotations}.items():
        groups[labels].append(image)
    total = sum(map(len, groups.values()))
    if limit >= total:
        return list(annotations)
    exact = {labels: len(images) * limit / total for labels, images in groups.items()}
    shares = {labels: int(share) for labels, share in exact.items()}
    by_need = sorted(groups, key=lambda key: (shares[key] > 0, shares[key] - exact[key], key))
    for labels in by_need[: limit - sum(shares.values())]:
        shares[labels] += 1
    random = Random(seed)
    drawn = {
        image
        for labels in sorted(groups)
        for image in random.sample(groups[labels], shares[labels])
    }
    return [each for each in annotations if each.image in drawn]
