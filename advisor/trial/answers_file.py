"""Each image of a folder answered, a line of JSON each, in a file that a later run goes on with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

from advisor.errors import AdvisorError, BrokenFileError, UsageError
from advisor.files import open_growing, read_bounded, refuse_what_was_read
from advisor.trial.answer import Prediction, Request
from advisor.trial.failures import ImageError
from advisor.trial.images import OpenedImage, list_images, open_encoded
from advisor.trial.runner import Runner

BATCH = 8
LARGEST_FILE = 2**30
"""Bytes of an image file, at most."""
KEYS = ("run", "image", "digest")


class FolderAnswers(NamedTuple):
    """How many images a run answered, found answered, and could not read; and where that stands."""

    file: Path
    new: int
    kept: int
    unreadable: int


def answer_folder(
    load: Callable[[], Runner],
    folder: str,
    request: Request,
    file: Path,
    settings: dict[str, Any],
    progress: Callable[[int, int], None] | None = None,
) -> FolderAnswers:
    """Answer a request about each image of a folder, and write a line each to a file.

    A line has the image's path within the folder, the digest of its bytes, and `answers` or an
    `error`. Images whose bytes have an answer in the file are not run again; a last line that was
    cut short is taken away. `settings` decide what the answers are: BrokenFileError where the file
    holds those of others, or something else. `load` is called where there is anything to run.
    """
    paths = list_images(folder)
    refuse_what_was_read(file)
    run = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
    new = unreadable = 0
    with open_growing(file) as stream:
        lines = list(_lines(stream, file, run))
        there = {(line["image"], line["digest"]) for line in lines}
        known = {line["digest"]: line for line in lines if "answers" in line}
        runner: Runner | None = None
        for start in range(0, len(paths), BATCH):
            shown = [_shown(path, folder, run) for path in paths[start : start + BATCH]]
            todo = [each for each in shown if (each["image"], each["digest"]) not in there]
            asked = [each for each in todo if each["digest"] not in known]
            if asked:
                runner = runner or load()
                for line, outcome in zip(asked, _outcomes(runner, asked, request), strict=True):
                    known[line["digest"]] = outcome
            for line in todo:
                told = known[line["digest"]]
                kept = {key: told[key] for key in told if key not in KEYS}
                stream.write(_encoded({key: line[key] for key in KEYS} | kept))
                unreadable += "error" in told
            new += len(todo)
            if progress is not None:
                progress(min(start + BATCH, len(paths)), len(paths))
    return FolderAnswers(file, new, len(paths) - new, unreadable)


def _shown(path: Path, folder: str, run: str) -> dict[str, Any]:
    """Return what a line says of an image file, and its bytes; none where the system refuses."""
    try:
        data = read_bounded(path, LARGEST_FILE)
    except OSError:
        data = b""
    digest = hashlib.sha256(data).hexdigest()[:32]
    return {
        "run": run,
        "image": path.relative_to(folder).as_posix(),
        "digest": digest,
        "data": data,
    }


def _lines(stream: FileIO, file: Path, run: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file, and leave it at its end, without a last line that was cut."""
    whole, _, torn = stream.read().rpartition(b"\n")
    for number, text in enumerate(whole.splitlines() if whole else (), start=1):
        try:
            line = json.loads(text)
            begun = {key: str(line[key]) for key in KEYS}["run"]
        except (ValueError, TypeError, KeyError) as error:
            raise BrokenFileError(
                f"{file}:{number}: this is no line of answers that advisor wrote",
                hint="name another file with --output jsonl=FILE",
            ) from error
        if begun != run:
            raise BrokenFileError(
                f"{file}:{number}: this is an answer of another checkpoint, task or question",
                hint="ask as before to go on, or name another file with --output jsonl=FILE",
            )
        yield line
    ours = _encoded({"run": run})[:-2]
    if torn[: len(ours)] != ours[: len(torn)]:  # nobody's words are taken away but our own
        raise BrokenFileError(
            f"{file}: its last line is none of answers that advisor wrote",
            hint="name another file with --output jsonl=FILE",
        )
    stream.seek(-len(torn), 2)
    stream.truncate()


def _encoded(line: dict[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _outcomes(
    runner: Runner, lines: Sequence[dict[str, Any]], request: Request
) -> list[dict[str, Any]]:
    """Return what is said of each image: its answers and warnings, or why there are none."""
    outcomes: list[dict[str, Any]] = [{} for _ in lines]
    opened: list[tuple[int, OpenedImage]] = []
    for place, line in enumerate(lines):
        try:
            opened.append((place, open_encoded(line["data"], line["image"])))
        except ImageError as error:
            outcomes[place] = {"error": error.message}
    if not opened:
        return outcomes
    images = [image for _, image in opened]
    try:
        replies = runner.run_all(images, [request] * len(images))
    except UsageError:
        raise
    except AdvisorError as error:
        if len(lines) == 1:
            return [{"error": error.message}]
        return [_outcomes(runner, [line], request)[0] for line in lines]
    for (place, image), reply in zip(opened, replies, strict=True):
        warnings = (*image.warnings, *reply.warnings)
        outcomes[place] = {"answers": [_plain(each) for each in reply.answers]}
        outcomes[place] |= {"warnings": list(warnings)} if warnings else {}
    return outcomes


def _plain(answer: Prediction) -> dict[str, Any]:
    return {key: value for key, value in answer.as_json().items() if value is not None}
