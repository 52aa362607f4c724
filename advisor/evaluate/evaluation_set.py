"""The set of labeled images that candidates are evaluated on, read from the user's data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from unicodedata import normalize

from advisor.decide.command_lines import act_of
from advisor.errors import BrokenFileError, UsageError
from advisor.evaluate import arrow_rows
from advisor.evaluate.responses import EvaluationSet, LabelledImage, UnreadableImage, digest_of
from advisor.evaluate.tar_shards import read_shards
from advisor.files import leads_out
from advisor.model import library as acts
from advisor.phrasing import count, joined
from advisor.rulebase.base import RuleBase
from advisor.trial.annotations import (
    HELD_OUT,
    TRAINED_ON,
    Annotation,
    LabelledData,
    class_text,
    merged,
    read_class_folders,
)
from advisor.trial.label_files import read_json, read_table

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
IN_A_FOLDER = ("metadata.jsonl", "metadata.csv", "labels.csv", "labels.tsv", "captions.csv")
"""Names of tables that are preferred to other tables in a folder."""
LAYOUTS = "`advisor help labeled-data` lists the formats"


def read_data(data: str, images: str = "") -> LabelledData:
    """Return the annotations of a file or folder; `images` is the image folder of a table."""
    path, folder = Path(data), Path(images) if images else None
    if folder is not None and not folder.is_dir():
        raise UsageError(
            f"`--image-folder {images}` is not a folder", hint="pass the folder of images"
        )
    if path.is_dir():
        return _folder(path, folder)
    if not path.exists():
        raise UsageError(f"`{data}` does not exist", hint=LAYOUTS, kind="not-found")
    suffix = path.suffix.lower()
    if suffix in TABLES:
        return read_table(path, folder)
    if suffix == ".json":
        return read_json(path, folder)
    if suffix == ".tar":
        return read_shards([path], path.parent)
    if suffix == arrow_rows.SUFFIX:
        return arrow_rows.read_parquet([path], path.parent)
    raise UsageError(f"`{data}` has no format that advisor can read", hint=LAYOUTS)


def _folder(path: Path, images: Path | None) -> LabelledData:
    """Return the annotations of a folder, in the format that its files show."""
    if arrow_rows.is_arrow_folder(path):
        return arrow_rows.read_arrow(path)
    files = sorted(each for each in path.iterdir() if each.is_file())
    named = {file.name.lower(): file for file in files if not file.name.startswith(".")}
    usual = [named[name] for name in IN_A_FOLDER if name in named]
    tables = [file for name, file in named.items() if file.suffix.lower() in TABLES]
    tables, notes = _held_out(tables, path)
    if usual or len(tables) == 1:
        table = (usual or tables)[0]
        if (folders := sum(each.is_dir() for each in path.iterdir())) > 1:
            notes.append(f"labels are read from {table.name}, not from {folders} folders beside it")
        data = read_table(_own(table, path), images or path)
        return data._replace(notes=(*data.notes, *notes))
    if len(tables) > 1:
        raise UsageError(f"`{path}` holds several tables", hint=_one_of(tables))
    if rows := arrow_rows.parquet_files(path):
        return arrow_rows.read_parquet(rows, path)
    shards = [file for name, file in named.items() if name.endswith(".tar")]
    if shards:
        return read_shards(shards, path)
    documents = [file for name, file in named.items() if name.endswith(".json")]
    if documents:
        halves = [file for file in documents if "question" in file.name.lower()]
        if len(documents) > 1 and len(halves) != 1:
            raise UsageError(f"`{path}` holds several JSON files", hint=_one_of(documents))
        return read_json(_own((halves or documents)[0], path), images or path)
    data = read_class_folders(path)
    return data._replace(notes=(*data.notes, *notes))


def _held_out(tables: Sequence[Path], folder: Path) -> tuple[list[Path], list[str]]:
    """Return the tables without those for training, if the folder also has held-out data.

    The notes name the tables left out.
    """
    beside = {path.stem.lower() for path in (*tables, *filter(Path.is_dir, folder.iterdir()))}
    trained = [file for file in tables if file.stem.lower() in TRAINED_ON]
    held = next((name for name in HELD_OUT if name in beside), "")
    if not trained or not held:
        return list(tables), []
    notes = [f"`{file.name}` is left out, because the folder also has `{held}`" for file in trained]
    return [file for file in tables if file not in trained], notes


def _one_of(files: Sequence[Path]) -> str:
    return f"pass one of these: {', '.join(file.name for file in files)}"


def _own(file: Path, folder: Path) -> Path:
    """Return a file found in a folder; raise BrokenFileError if it links outside the folder."""
    if leads_out(file, folder):
        raise BrokenFileError(
            f"`{file}` is a symbolic link to a path outside `{folder}`",
            hint="pass the path of the file itself and --image-folder to use it",
        )
    return file


NEEDS = {
    acts.LABEL: ("labels", "a label"),
    acts.ANSWER: ("answers", "a question and its answer"),
    acts.EXTRACT: ("fields", "the fields of a document"),
    acts.CAPTION: ("texts", "a caption"),
    acts.DESCRIBE: ("texts", "a caption"),
    acts.SEARCH: ("texts", "a caption"),
    acts.READ_LINE: ("texts", "the text that the image shows"),
    acts.READ_PAGE: ("texts", "the text that the image shows"),
}
"""The field of Annotation that each operation is evaluated by, and its name in messages."""
INFERRED = (acts.LABEL, acts.ANSWER, acts.EXTRACT, acts.CAPTION)
"""Operations to infer, in order; the first whose field the data has is chosen."""


def infer_task(rulebase: RuleBase, data: LabelledData) -> tuple[str, str]:
    """Return the task that fits the data, and a sentence on the reason and the other tasks.

    Raises UsageError if no task fits.
    """
    fit = [act for act in INFERRED if _usable(data.annotations, act)]
    if not fit:
        parts = joined(dict.fromkeys(words for _, words in NEEDS.values()), "or")
        raise UsageError(
            "the data has no labels, captions, questions or fields for its images",
            hint=f"each image needs {parts}. `advisor help labeled-data` shows the names of "
            "columns",
        )
    task, *others = (rulebase.acts[act].tasks[0] for act in fit)
    instead = f". Pass --task to choose {joined(others, 'or')} instead" if others else ""
    return task, f"inferred task: {task}, because the images have {NEEDS[fit[0]][1]}{instead}"


def make_set(
    rulebase: RuleBase, name: str, data: LabelledData, task: str, *, limit: int = 0, seed: int = 0
) -> EvaluationSet:
    """Return the readable images that have the annotation of a task, at most `limit` (0: all).

    The sample is drawn by the seed, in proportion to the classes, and keeps all questions of an
    image; the order is that of the data. Raises UsageError if the task or no image can be
    evaluated.
    """
    act = act_of(rulebase, task)
    if act is None or act.id not in NEEDS:
        able = {each for id in NEEDS for each in rulebase.acts[id].tasks}
        raise UsageError(
            f"`{task}` cannot be evaluated",
            hint=f"these can: {', '.join(sorted(able - rulebase.clip_tasks))}",
        )
    if task in rulebase.clip_tasks:
        raise UsageError(
            f"`{task}` cannot be evaluated: it needs the frames of a clip, and each row of "
            f"`{name}` has one image",
            hint=f"`advisor try --task {task} --folder FRAMES --question 'what happens?'` runs a "
            "model on one clip",
        )
    part, words = NEEDS[act.id]
    usable = _usable(data.annotations, act.id)
    if not usable:
        raise UsageError(
            f"`{name}` cannot be used to evaluate `{task}`: each image needs {words}",
            hint="`advisor help labeled-data` shows the names of columns",
        )
    why = {image: data.store.missing(image) for image in dict.fromkeys(a.image for a in usable)}
    present = [each for each in usable if not why[each.image]]
    if not present:
        first = next(image for image, reason in why.items() if reason)
        raise UsageError(
            f"none of the {count(len(why), 'image')} of `{name}` can be read. The first is "
            f"`{first}`: {why[first]}",
            hint="pass the folder of the images with --image-folder",
        )
    notes = list(data.notes)
    lacking = {each.image for each in data.annotations} - {each.image for each in usable}
    if lacking:
        notes.append(f"skipped {count(len(lacking), 'image')} without {words}")
    chosen = _part(present, limit, seed) if limit else present
    if len(chosen) < len(present):
        total = len({each.image for each in present})
        notes.append(f"{limit} of {total} images, sampled with seed {seed}")
    images = tuple(
        LabelledImage(
            number=number,
            id=each.image,
            question=each.question if part == "answers" else "",
            labels=each.labels if part == "labels" else (),
            references=getattr(each, part) if part in ("texts", "answers") else (),
            fields=each.fields if part == "fields" else None,
        )
        for number, each in enumerate(chosen)
    )
    _refuse_what_is_no_text(images)
    labelled = any(each.labels for each in images)
    classes = tuple(sorted({c for each in usable for c in each.labels})) if labelled else ()
    several = sum(len(each.labels) > 1 for each in usable) if act.id == acts.LABEL else 0
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
    """Raise UsageError for a text or folder name that is not UTF-8, and for a blank label."""
    for image in images:
        texts = "".join((*image.labels, image.question, *image.references))
        why = "" if all(map(class_text, image.labels)) else f"the label of `{image.id}` is blank"
        if texts != texts.encode(errors="replace").decode():
            why = f"a text of `{image.id}` is not valid UTF-8"
        if why:
            raise UsageError(why, hint="write it in the file of labels, or rename the folder")


def _notes_on_classes(classes: Sequence[str], several: int) -> list[str]:
    """Return notes on unusual classes; `several` is the number of images with several labels."""
    notes = []
    if several:
        have = f"{count(several, 'image')} {'has' if several == 1 else 'have'} several labels"
        notes.append(f"{have}, so each label is evaluated independently")
    if classes and all(each.isdecimal() for each in classes):
        notes.append(
            "the labels are numbers, which have no meaning for a model. Use class names instead"
        )
    alike: dict[str, list[str]] = defaultdict(list)
    for each in classes:
        alike[class_text(each).casefold()].append(f"`{each}`")
    if twins := next((some for some in alike.values() if len(some) > 1), None):
        notes.append(f"{joined(twins)} differ in spelling only and count as separate labels")
    return notes


def _usable(annotations: Sequence[Annotation], act: str) -> list[Annotation]:
    """Return the annotations that an operation is evaluated by, one per question or per image."""
    part = NEEDS[act][0]
    if act == acts.ANSWER:
        return [each for each in annotations if each.answers and each.question]
    whole = merged(
        each._replace(
            question="", labels=tuple(dict.fromkeys(normalize("NFC", name) for name in each.labels))
        )
        for each in annotations
        if getattr(each, part)
    )
    return [each._replace(texts=tuple(dict.fromkeys(each.texts))) for each in whole]


def _part(annotations: Sequence[Annotation], limit: int, seed: int) -> list[Annotation]:
    """Return the annotations of at most `limit` images, of each class in proportion.

    Images are sorted by label, in random order within a label, and taken at equal distances.
    """
    random = Random(seed)
    places = {each.image: (each.labels, random.random()) for each in annotations}
    ordered = sorted(places, key=places.__getitem__)
    distance = max(1.0, len(ordered) / limit)
    drawn = {ordered[int((n + 0.5) * distance)] for n in range(min(limit, len(ordered)))}
    return [each for each in annotations if each.image in drawn]
