"""Annotations of images (labels, texts, answers, fields), and the store of the images."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, Protocol

from advisor.errors import BrokenFileError, UsageError
from advisor.files import leads_out, read_bounded, size_shown
from advisor.trial.images import SUFFIXES

LARGEST_FILE = 1_000_000_000
"""Maximum size of an annotation file, in bytes."""
MOST_PROBLEMS = 20
"""Maximum number of unusable rows that an error names."""
LARGEST_IMAGE = 200_000_000
"""Maximum size of an image file, in bytes; `trial.images` limits its decoded size."""


class Annotation(NamedTuple):
    """The ground truth of an image; `image` is its name in the store.

    `labels` are classes; `texts` are captions or lines of text, each of which is right; `answers`
    are those of several annotators to `question`; `fields` are the named values of a document.
    """

    image: str
    labels: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    question: str = ""
    answers: tuple[str, ...] = ()
    fields: Mapping[str, Any] | None = None


class ImageStore(Protocol):
    """Images by name. `read` reads one image from its place; nothing is copied before."""

    def missing(self, name: str) -> str:
        """Return why an image cannot be read, without reading it; empty if it seems readable."""

    def read(self, name: str) -> bytes:
        """Return the bytes of an image file, at most LARGEST_IMAGE; raise OSError if it cannot."""


class LabelledData(NamedTuple):
    """The user's annotations in their order, the store of their images, and notes for the user."""

    annotations: tuple[Annotation, ...]
    store: ImageStore
    notes: tuple[str, ...] = ()


def read_annotations(file: Path) -> bytes:
    """Return the bytes of an annotation file; raise BrokenFileError if it cannot be read."""
    try:
        return read_bounded(file, LARGEST_FILE)
    except OSError as error:
        raise BrokenFileError(
            f"`{file}` cannot be read: {error.strerror or error}",
            hint=f"use a file of at most {size_shown(LARGEST_FILE)}, or a folder",
        ) from error


def unusable(file: Path, what: str) -> BrokenFileError:
    """Return the error for a file that breaks its format; `what` follows the file name."""
    return BrokenFileError(f"`{file}` {what}", hint="`advisor help labeled-data` lists the formats")


def broken_rows(message: str, problems: Sequence[str], hint: str) -> BrokenFileError:
    """Return the error for data with unusable rows; it names the first MOST_PROBLEMS."""
    more = len(problems) - MOST_PROBLEMS
    left = [f"and {more} more"] if more > 0 else []
    return BrokenFileError(message, problems=(*problems[:MOST_PROBLEMS], *left), hint=hint)


def decoded(data: bytes, file: Path) -> str:
    """Return UTF-8 data as text, without a byte order mark; raise BrokenFileError for others."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BrokenFileError(
            f"`{file}`, line {line}, is not UTF-8", hint="save the file as UTF-8"
        ) from error


def merged(annotations: Iterable[Annotation]) -> tuple[Annotation, ...]:
    """Return one annotation for each image and question, in order; the last `fields` are kept."""
    grouped: dict[tuple[str, str], list[Annotation]] = {}
    for each in annotations:
        grouped.setdefault((each.image, each.question), []).append(each)
    return tuple(
        same[0]
        if len(same) == 1
        else same[0]._replace(
            labels=tuple(dict.fromkeys(label for each in same for label in each.labels)),
            texts=tuple(text for each in same for text in each.texts),
            answers=tuple(answer for each in same for answer in each.answers),
            fields=next((each.fields for each in reversed(same) if each.fields is not None), None),
        )
        for same in grouped.values()
    )


def class_text(name: str) -> str:
    """Return the name of a class as words: `traffic_light` becomes `traffic light`."""
    return name.replace("_", " ").strip()


HELD_OUT = ("test", "testing", "validation", "val", "valid", "dev", "eval")
"""Names of folders with test or validation data, in order of preference."""
TRAINED_ON = ("train", "training")


def one_split(names: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """Return the split to use, a held-out one if possible, and a note if there are several."""
    splits = {name.lower(): name for name in names}
    part = next(splits[name] for name in (*HELD_OUT, *splits) if name in splits)
    note = f"the data set has several splits. Only the split `{part}` is used"
    return part, (note,) if len(splits) > 1 else ()


class ImageFolder:
    """A store of the image files below a folder; paths that lead out of it raise OSError.

    Link checks are cached per folder, since each takes as long as decoding a small image.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._top = os.path.abspath(root)  # noqa: PTH100 - pathlib's would follow links
        self._leads_out: dict[str, bool] = {}

    def missing(self, name: str) -> str:
        """Return why an image cannot be read, without reading it; empty if it seems readable."""
        try:
            status = os.stat(self._path(name))  # noqa: PTH116 - of a string, as all paths here
        except (OSError, ValueError) as error:
            if isinstance(error, FileNotFoundError):
                return "the file does not exist"
            return str(getattr(error, "strerror", None) or error)
        if not stat.S_ISREG(status.st_mode):
            return "the path is not a regular file"
        return "" if status.st_size else "the file is empty"

    def read(self, name: str) -> bytes:
        """Return the bytes of an image file, at most LARGEST_IMAGE; raise OSError if it cannot."""
        try:
            return read_bounded(self._path(name), LARGEST_IMAGE)
        except ValueError as error:
            raise OSError(0, str(error)) from error

    def _path(self, name: str) -> str:
        """Return the absolute path of an image; raise OSError if it is outside the folder."""
        path = os.path.normpath(os.path.join(self._top, name))  # noqa: PTH118
        folder = os.path.dirname(path)  # noqa: PTH120
        goes_out = not path.startswith(self._top.rstrip(os.sep) + os.sep)
        if not goes_out and folder not in self._leads_out:
            self._leads_out[folder] = leads_out(folder, self.root)
        goes_out = goes_out or self._leads_out[folder]
        if goes_out or (os.path.islink(path) and leads_out(path, self.root)):  # noqa: PTH114
            raise OSError(0, f"the file is outside `{self.root}`")
        return path


def read_class_folders(folder: Path) -> LabelledData:
    """Return the images of a folder, each labelled with the name of its top-level folder.

    If these are splits (`train`, `test`), one is used, held-out first; a note says so if several.
    """
    root, notes = folder, tuple[str, ...]()
    parts = {path.name.lower(): path for path in _folders(folder)}
    splits = [name for name in (*HELD_OUT, *TRAINED_ON) if name in parts]
    if splits and (len(splits) == len(parts) or (len(splits) > 1 and splits[-1] in TRAINED_ON)):
        part, notes = one_split(parts[name].name for name in splits)
        root = folder / part
    named = []
    for top in _folders(root):
        files = sorted(
            PurePosixPath(Path(base, file).relative_to(folder)).as_posix()
            for base, inner, names in os.walk(top)
            if inner.sort() is None
            for file in names
            if not file.startswith(".") and PurePosixPath(file).suffix.lower() in SUFFIXES
        )
        named += [Annotation(image=file, labels=(top.name,)) for file in files]
    if not named:
        raise UsageError(
            f"`{folder}` has neither a folder of images for each class nor a file of labels",
            hint="`advisor help labeled-data` lists the formats",
        )
    return LabelledData(tuple(named), ImageFolder(folder), notes)


def _folders(folder: Path) -> list[Path]:
    entries = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path for path in entries if path.is_dir())
