"""Answers for each image of a folder, as JSON Lines in a file that a later run resumes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

from advisor.errors import AdvisorError, BrokenFileError, UsageError
from advisor.files import read_bounded, refuse_what_was_read
from advisor.trial.answer import Request
from advisor.trial.images import LARGEST_FILE, OpenedImage, list_images, open_encoded
from advisor.trial.runner import Runner
from advisor.trial.runtime import ImageError, MissingInputError
from advisor.writing import open_growing

BATCH = 8
KEYS = ("run", "image", "digest")


class FolderAnswers(NamedTuple):
    """The file of answers, and its image counts: new, from earlier runs, new but unreadable."""

    file: str
    new: int
    earlier: int
    unreadable: int


def answer_folder(
    load: Callable[[], Runner],
    folder: str,
    request: Request,
    file: Path,
    settings: dict[str, Any],
    progress: Callable[[int, int], None],
) -> FolderAnswers:
    """Answer a request about each image of a folder; append one JSON line per image to `file`.

    A line has the image's path within the folder, the digest of its bytes, and `answers` or an
    `error`. Images with a line in the file are skipped; an incomplete last line is removed. Raises
    BrokenFileError if the file has lines of other `settings` or other content, UsageError if
    another process writes to it. `load` is called only if an image is left to run.
    """
    paths = list_images(folder)
    refuse_what_was_read(file)
    run = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
    new = unreadable = 0
    runner: Runner | None = None
    with open_growing(file) as stream:
        _lock(stream, file)
        written = set(_lines(stream, file, run))
        for start in range(0, len(paths), BATCH):
            some = [
                (path.relative_to(folder).as_posix(), *_opened(path))
                for path in paths[start:][:BATCH]
            ]
            batch = [each for each in some if each[:2] not in written]
            runner = runner or (load() if batch else None)
            if runner is not None:
                outcomes = _outcomes(runner, [image for *_, image in batch], request)
                for (name, digest, _), outcome in zip(batch, outcomes, strict=True):
                    line = {"run": run, "image": name, "digest": digest, **outcome}
                    stream.write(_encoded(line))
                    unreadable += "error" in outcome
            new += len(batch)
            progress(start + len(some), len(paths))
    return FolderAnswers(str(file), new, len(paths) - new, unreadable)


def _lock(stream: FileIO, file: Path) -> None:
    """Lock the file until this process ends; raise UsageError if another process has locked it."""
    try:
        try:
            import fcntl
        except ImportError:  # Windows
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 2**30)  # type: ignore[attr-defined]
        else:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        raise UsageError(
            f"another run is writing to `{file}`",
            hint="wait until the other run ends, or pass another file with --output jsonl=FILE",
        ) from error


def _opened(path: Path) -> tuple[str, OpenedImage | ImageError]:
    """Return the digest of an image file, and the image or its ImageError."""
    try:
        data = read_bounded(path, LARGEST_FILE)
    except OSError:
        data = b""
    digest = hashlib.sha256(data).hexdigest()[:32]
    try:
        return digest, open_encoded(data, path.name)
    except ImageError as error:
        return digest, error


def _lines(stream: FileIO, file: Path, run: str) -> Iterator[tuple[str, str]]:
    """Yield the image and digest of each line of the run; remove an incomplete last line."""
    hint = "run the same command as before to resume, or pass another file with --output jsonl=FILE"
    whole, _, torn = stream.read().rpartition(b"\n")
    for number, text in enumerate(whole.splitlines(), start=1):
        try:
            line = json.loads(text)
            begun, image, digest = (str(line[key]) for key in KEYS)
        except (ValueError, TypeError, KeyError) as error:
            raise BrokenFileError(
                f"{file}:{number}: advisor did not write this line", hint=hint
            ) from error
        if begun != run:
            raise BrokenFileError(
                f"{file}:{number}: this line is from another checkpoint, task or question",
                hint=hint,
            )
        yield image, digest
    beginning = _encoded({"run": run})[:-2]
    if torn[: len(beginning)] != beginning[: len(torn)]:  # keep the user's own text
        raise BrokenFileError(f"{file}: advisor did not write the last line", hint=hint)
    stream.seek(-len(torn), 2)
    stream.truncate()


def _encoded(line: dict[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _outcomes(
    runner: Runner, images: Sequence[OpenedImage | ImageError], request: Request
) -> list[dict[str, Any]]:
    """Return a JSON object for each image: `answers` and any `warnings`, or an `error`."""
    readable = [each for each in images if isinstance(each, OpenedImage)]
    try:
        replies = iter(runner.run_all(readable, [request] * len(readable)) if readable else ())
    except (UsageError, MissingInputError):
        raise  # it holds for every image
    except AdvisorError as error:
        if len(images) == 1:
            return [{"error": error.message}]
        return [outcome for image in images for outcome in _outcomes(runner, [image], request)]
    outcomes: list[dict[str, Any]] = []
    for image in images:
        if isinstance(image, ImageError):
            outcomes.append({"error": image.message})
            continue
        reply = next(replies)
        warnings = [*image.warnings, *reply.warnings]
        answers = [answer.as_json() for answer in reply.answers]
        outcomes.append({"answers": answers, **({"warnings": warnings} if warnings else {})})
    return outcomes
