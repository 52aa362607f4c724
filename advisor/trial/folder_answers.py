"""Each image of a folder answered, a line of JSON each, in a file that a later run goes on with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
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
    """How many images a run answered, found answered, and could not read; and where that stands."""

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
    """Answer a request about each image of a folder, and write a line each to a file.

    A line has the image's path within the folder, the digest of its bytes, and `answers` or an
    `error`. Images whose bytes have an answer in the file are not run again; a last line that was
    cut short is taken away. `settings` decide what the answers are: BrokenFileError where the file
    holds those of others, or something else. UsageError where another run writes to it. `load` is
    called where there is anything to run.
    """
    paths = list_images(folder)
    refuse_what_was_read(file)
    run = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
    new = unreadable = 0
    with open_growing(file) as stream:
        _lock(stream, file)
        lines = list(_lines(stream, file, run))
        written = {(line["image"], line["digest"]) for line in lines}
        outcomes = {line["digest"]: line for line in lines if "answers" in line}
        runner: Runner | None = None
        for start in range(0, len(paths), BATCH):
            batch, images = [], {}
            for path in paths[start : start + BATCH]:
                name = path.relative_to(folder).as_posix()
                digest, image = _opened(path)
                if (name, digest) not in written:
                    batch.append((name, digest))
                    if digest not in outcomes:
                        images[digest] = image
            if images:
                runner = runner or load()
                outcomes |= _outcomes(runner, images, request)
            for name, digest in batch:
                outcome = {key: each for key, each in outcomes[digest].items() if key not in KEYS}
                stream.write(_encoded({"run": run, "image": name, "digest": digest, **outcome}))
                unreadable += "error" in outcome
            new += len(batch)
            progress(min(start + BATCH, len(paths)), len(paths))
    return FolderAnswers(str(file), new, len(paths) - new, unreadable)


def _lock(stream: FileIO, file: Path) -> None:
    """Take the file for this process; the system lets it go with the process, however that ends."""
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
    """Return the digest of an image file, and the image or what is wrong with it."""
    try:
        data = read_bounded(path, LARGEST_FILE)
    except OSError:
        data = b""
    digest = hashlib.sha256(data).hexdigest()[:32]
    try:
        return digest, open_encoded(data, path.name)
    except ImageError as error:
        return digest, error


def _lines(stream: FileIO, file: Path, run: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file, and leave it at its end, without a last line that was cut."""
    hint = "run the same command as before to resume, or pass another file with --output jsonl=FILE"
    whole, _, torn = stream.read().rpartition(b"\n")
    for number, text in enumerate(whole.splitlines(), start=1):
        try:
            line = json.loads(text)
            begun, _, _ = (str(line[key]) for key in KEYS)
        except (ValueError, TypeError, KeyError) as error:
            raise BrokenFileError(
                f"{file}:{number}: advisor did not write this line", hint=hint
            ) from error
        if begun != run:
            raise BrokenFileError(
                f"{file}:{number}: this line is from another checkpoint, task or question",
                hint=hint,
            )
        yield line
    own = _encoded({"run": run})[:-2]
    if torn[: len(own)] != own[: len(torn)]:  # nobody's words are taken away but our own
        raise BrokenFileError(f"{file}: advisor did not write the last line", hint=hint)
    stream.seek(-len(torn), 2)
    stream.truncate()


def _encoded(line: dict[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _outcomes(
    runner: Runner, images: dict[str, OpenedImage | ImageError], request: Request
) -> dict[str, dict[str, Any]]:
    """Return what is said of each image by its digest: its answers and warnings, or an error."""
    readable = {digest: each for digest, each in images.items() if isinstance(each, OpenedImage)}
    outcomes: dict[str, dict[str, Any]] = {
        digest: {"error": each.message}
        for digest, each in images.items()
        if isinstance(each, ImageError)
    }
    if not readable:
        return outcomes
    try:
        replies = runner.run_all([*readable.values()], [request] * len(readable))
    except (UsageError, MissingInputError):
        raise  # it holds for every image
    except AdvisorError as error:
        if len(readable) == 1:
            return outcomes | {digest: {"error": error.message} for digest in readable}
        for digest, image in readable.items():
            outcomes |= _outcomes(runner, {digest: image}, request)
        return outcomes
    for (digest, image), reply in zip(readable.items(), replies, strict=True):
        outcomes[digest] = {"answers": [answer.as_json() for answer in reply.answers]}
        if warnings := (*image.warnings, *reply.warnings):
            outcomes[digest]["warnings"] = list(warnings)
    return outcomes
