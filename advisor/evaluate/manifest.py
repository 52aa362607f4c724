"""The folder of a run: its manifest, its images, and reading a run back from there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Any

from advisor.errors import AdvisorError, BrokenFileError
from advisor.evaluate.labelled import (
    EvaluationSet,
    LabelledImage,
    UnreadableImage,
    digest_of,
)
from advisor.evaluate.recorded import EvaluatedCandidate, EvaluationRun, broken_run
from advisor.files import (
    cannot_write,
    clear_half_written,
    make_folder,
    open_growing,
    read_bounded,
    remove_folder,
    replacing,
)

MANIFEST, IMAGES, LOCK = "manifest.json", "images.jsonl", ".lock"
WRITTEN_TO_A_RUN = ("timing-*.jsonl", "given-*.jsonl", IMAGES, MANIFEST)
"""In the order in which they go: what has a manifest is a run, as long as anything of it is left.
In place of a star stands the number of a candidate.
"""
KEYS = {"form", "data", "candidates", "settings"}
FORM = 1
"""Goes up when a folder is written in another form."""
LARGEST = 1_000_000_000
LOCK_TRIES, LOCK_SECONDS = 20, 0.1
"""How often a folder that is kept is tried again, and how long is waited between."""
KEPT_WHERE = "--run DIR says where a run is kept"


@contextmanager
def kept_for_us(folder: Path, *, fresh: bool) -> Iterator[None]:
    """Keep the folder of a run for this process, where the system can; a kill lets it go.

    What a kill left half written goes, and with `fresh` all that a run left. Raises AdvisorError
    where another process keeps it, and where it cannot be written.
    """
    make_folder(folder)
    with ExitStack() as stack:
        try:
            _lock(stack.enter_context(open_growing(folder / LOCK)), folder)
            clear_half_written(folder)
            for name in names_made(folder) if fresh else ():
                (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(folder, error, KEPT_WHERE) from error
        yield


def names_made(folder: Path) -> list[str]:
    """Return the names of the files that its manifest says a run made; none where there is none."""
    try:
        candidates = read_manifest(folder)["candidates"]
    except BrokenFileError:
        return []
    numbers = range(len(candidates))
    return [name.replace("*", str(n)) for name in WRITTEN_TO_A_RUN[:2] for n in numbers] + [
        *WRITTEN_TO_A_RUN[2:]
    ]


def remove_unused(folder: Path) -> None:
    """Remove the folder of a run, unless a process keeps it or nobody can say whether one does."""
    with suppress(OSError, AdvisorError), open_growing(folder / LOCK) as file:
        if _lock(file, folder, tries=1):
            remove_folder(folder)


def _lock(file: FileIO, folder: Path, tries: int = LOCK_TRIES) -> bool:
    """Return True where it is locked, False without locks; AdvisorError where another has it."""
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    for left in reversed(range(tries)):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # what is being killed holds it for a moment still
            time.sleep(LOCK_SECONDS if left else 0)
        except OSError:  # a file system without locks
            return False
        else:
            return True
    raise AdvisorError(
        f"`{folder}` is being written by another evaluation",
        hint="wait until it is done, or name another folder: --run DIR",
        kind="in-use",
    )


def write_manifest(run: EvaluationRun) -> None:
    """Write what is run on what, each file whole or not at all."""
    data = run.data
    left_out = [each._asdict() for each in data.left_out]
    body = {
        "form": FORM,
        "data": {**data._asdict(), "images": len(data.images), "left_out": left_out},
        "candidates": [each._asdict() for each in run.candidates],
        "settings": dict(run.settings),
    }
    try:
        with replacing(run.folder / MANIFEST, chosen=True) as scratch:
            scratch.write_text(_text(body, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise cannot_write(run.folder, error, KEPT_WHERE) from error


def write_images(run: EvaluationRun) -> None:
    """Write the images of a run with what is true of them, a line each."""
    try:
        with replacing(run.folder / IMAGES, chosen=True) as scratch, scratch.open("wb") as file:
            file.writelines(_image_line(each) for each in run.data.images)
    except OSError as error:
        raise cannot_write(run.folder, error, KEPT_WHERE) from error


def read_run(folder: Path) -> EvaluationRun:
    """Return the run in a folder; BrokenFileError where there is none."""
    body = read_manifest(folder)
    try:
        data = body["data"]
        images = tuple(_images(folder / IMAGES))
        if len(images) != data["images"] or digest_of(data["task"], images) != data["digest"]:
            raise broken_run(folder / IMAGES)
        listed = {key: tuple(data[key]) for key in ("classes", "notes")}
        left = tuple(UnreadableImage(**each) for each in data["left_out"])
        return EvaluationRun(
            folder=folder,
            data=EvaluationSet(**{**data, **listed, "images": images, "left_out": left}),
            candidates=tuple(candidate_of(each) for each in body["candidates"]),
            settings=body["settings"],
        )
    except (KeyError, TypeError, AttributeError, UnicodeError) as error:
        raise broken_run(folder / MANIFEST) from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a run as it stands there; BrokenFileError where there is none."""
    file = folder / MANIFEST
    try:
        body = json.loads(read_bounded(file, LARGEST, known=False))
    except OSError as error:
        raise BrokenFileError(
            f"`{folder}` holds no evaluation: `{MANIFEST}` cannot be read",
            hint="name the folder that `advisor evaluate --run` was given",
        ) from error
    except (ValueError, RecursionError) as error:
        raise broken_run(file) from error
    if not isinstance(body, dict) or body.keys() != KEYS or body["form"] != FORM:
        raise broken_run(file)
    return body


def candidate_of(body: Mapping[str, Any]) -> EvaluatedCandidate:
    """Return the candidate that a manifest has."""
    return EvaluatedCandidate(**{**body, "warnings": tuple(body["warnings"])})


def _images(file: Path) -> Iterator[LabelledImage]:
    try:
        lines = read_bounded(file, LARGEST, known=False).splitlines()
    except OSError as error:
        raise broken_run(file) from error
    for number, line in enumerate(lines, start=1):
        try:
            known = json.loads(line)
            for key in ("labels", "references"):
                known[key] = tuple(known.get(key, ()))
            yield LabelledImage(**known)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise broken_run(file, number) from error


def _image_line(image: LabelledImage) -> bytes:
    known = {key: value for key, value in image._asdict().items() if value not in ("", (), None)}
    return _text(known).encode() + b"\n"


def _text(value: Any, indent: int | None = None) -> str:
    separators = None if indent else (",", ":")
    return json.dumps(value, indent=indent, separators=separators)
