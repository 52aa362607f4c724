"""WebDataset shards: tar files whose members of one name make a sample; nothing is extracted."""

from __future__ import annotations

import contextlib
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from advisor.errors import BrokenFileError
from advisor.files import know_as_read, leads_out, lines_of, size_shown
from advisor.phrasing import why_unparsed
from advisor.trial.annotations import LARGEST_IMAGE, Annotation, LabelledData, unusable
from advisor.trial.images import SUFFIXES
from advisor.trial.label_files import COLUMNS, annotation_of

LARGEST_NOTE = 10_000_000
"""Maximum size of a member with a label, a text or JSON, in bytes."""
WORDS = {".txt": "texts", ".cls": "labels", ".label": "labels"}
NOTES = (*WORDS, ".json")
"""The field of Annotation for each suffix, and all suffixes that are read beside images."""
NAMES = (".classes.txt", "classes.txt", "classnames.txt")
"""Files beside the shards with the class names, one per line, that `.cls` numbers refer to."""


class Member(NamedTuple):
    """The position of an image in a shard, in bytes."""

    shard: Path
    offset: int
    size: int


class TarShards:
    """A store of images in tar files, read directly from the shards."""

    def __init__(self, members: dict[str, Member]) -> None:
        self.members = members

    def missing(self, name: str) -> str:
        """Return why an image cannot be read, without reading it; empty if it seems readable."""
        member = self.members[name]
        if member.size > LARGEST_IMAGE:
            return f"the image is larger than {size_shown(LARGEST_IMAGE)}"
        return "" if member.size else "the image is empty"

    def read(self, name: str) -> bytes:
        """Return the bytes of an image; raise OSError if the shard is truncated or unreadable."""
        member = self.members[name]
        with member.shard.open("rb") as shard:
            shard.seek(member.offset)
            data = shard.read(min(member.size, LARGEST_IMAGE))
        if len(data) < member.size:
            raise OSError(0, "the shard is truncated")
        return data


def read_shards(shards: Sequence[Path], folder: Path) -> LabelledData:
    """Return the samples of tar files in their order.

    A sample is made of the members with one name up to the first dot: an image, `.cls` (a class or
    its number), `.txt` (a caption or a line), `.json` (the columns of a table's row).
    """
    classes = _class_names(folder)
    annotations: list[Annotation] = []
    members: dict[str, Member] = {}
    for shard in shards:
        if leads_out(shard, folder):
            raise _broken(shard, "a symbolic link leads out of the folder")
        for name, member, parts in _samples(shard):
            members[name] = member
            annotations.append(_annotation(name, parts, classes, shard))
    if not annotations:
        raise BrokenFileError(
            f"`{folder}` has no sample with an image",
            hint="a sample is an image plus a .cls, .txt or .json file of the same name",
        )
    return LabelledData(tuple(annotations), TarShards(members))


def _samples(shard: Path) -> Iterator[tuple[str, Member, dict[str, bytes]]]:
    """Yield each sample: its image's name (`SHARD/PATH`) and position, and its data by suffix."""
    done: set[str] = set()
    for sample, files in groupby(_files(shard), lambda file: str(file[0].parent / file[1])):
        image: tuple[str, Member] | None = None
        parts: dict[str, bytes] = {}
        for path, name, member, data in files:
            suffix = path.name.removeprefix(name).lower()
            if sample in done or suffix in parts:
                raise BrokenFileError(
                    f"`{shard}` cannot be used: two samples have the name `{sample}`",
                    hint=f"rename one of the two samples. The second sample begins at `{path}`",
                )
            parts[suffix] = data
            if path.suffix.lower() in SUFFIXES:
                image = image or (f"{shard.name}/{path}", member)
        done.add(sample)
        if image:
            yield *image, parts


def _files(shard: Path) -> Iterator[tuple[PurePosixPath, str, Member, bytes]]:
    """Yield each file of a shard: path, name up to the first dot, position, and data of NOTES."""
    try:
        if not shard.is_file():
            raise _broken(shard, "the shard is not a regular file")
        know_as_read(shard)
        with shard.open("rb") as opened:
            tar: Any = tarfile.open(fileobj=_Frugal(opened), mode="r:")  # type: ignore[call-overload]  # noqa: SIM115
            for each in tar:
                tar.members = []  # tarfile keeps what it has seen
                if each.size < 0:
                    raise _broken(shard, "a file in the shard has a negative size")
                if each.isreg() and not each.issparse():
                    path, data = PurePosixPath(each.name), b""
                    name = path.name.partition(".")[0]
                    if path.name.removeprefix(name).lower() in NOTES:
                        if each.size > LARGEST_NOTE:
                            most = size_shown(LARGEST_NOTE)
                            raise _broken(
                                shard, f"the text or label `{path}` is larger than {most}"
                            )
                        data = tar.extractfile(each).read()
                    yield path, name, Member(shard, each.offset_data, each.size), data
    except (tarfile.TarError, OSError, ValueError, EOFError, RecursionError) as error:
        raise _broken(shard, getattr(error, "strerror", None) or why_unparsed(error)) from error


class _Frugal:
    """A file that refuses to read more than LARGEST_NOTE bytes at once, as hostile headers ask."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.seek, self.tell = file, file.seek, file.tell

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; raise OSError if `size` is above LARGEST_NOTE."""
        if size > LARGEST_NOTE:
            raise OSError(0, "a header of the shard is too large")
        return self.file.read(size)


def _annotation(
    name: str, parts: Mapping[str, bytes], classes: Sequence[str], shard: Path
) -> Annotation:
    row: dict[str, Any] = {}
    try:
        for suffix, data in parts.items():
            text = data.decode("utf-8").strip()
            if suffix == ".json":
                read = json.loads(text)
                row.update(read if isinstance(read, dict) else {})
            elif suffix in WORDS:
                part = WORDS[suffix]
                numbered = part == "labels" and text.isdecimal() and int(text) < len(classes)
                row[COLUMNS[part][0]] = classes[int(text)] if numbered else text or data.decode()
        own = {column: cell for column, cell in row.items() if column not in COLUMNS["image"]}
        return annotation_of({**own, "image": name})
    except (ValueError, RecursionError) as error:
        raise unusable(shard, f"cannot be used: `{name}`: {why_unparsed(error)}") from error


def _class_names(folder: Path) -> Sequence[str]:
    for file in (folder / name for name in NAMES):
        with contextlib.suppress(OSError, ValueError):
            if not leads_out(file, folder):
                names = lines_of(file)
                for number, name in enumerate(names, 1):
                    if not name.strip() and any(map(str.strip, names[number:])):
                        raise BrokenFileError(
                            f"line {number} of `{file}` has no class name",
                            hint="write one class name per line",
                        )
                return names
    return ()


def _broken(shard: Path, why: str) -> BrokenFileError:
    return BrokenFileError(
        f"`{shard}` cannot be read as a tar file: {why}",
        hint="pass plain .tar files. Decompress .gz files first",
    )
