"""Data sets of the library `datasets`: folders written by `save_to_disk`, and Parquet files.

Nothing is copied into a cache: annotation columns are read at once, images when needed, those of
Parquet by row group. Both need the extra `arrow`.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from advisor.errors import BrokenFileError
from advisor.files import read_bounded, resolved, size_shown
from advisor.phrasing import why_unparsed
from advisor.trial.annotations import (
    LARGEST_FILE,
    LARGEST_IMAGE,
    Annotation,
    LabelledData,
    one_split,
)
from advisor.trial.label_files import COLUMNS, annotations_of
from advisor.trial.runtime import first_words, library

MARKS = ("dataset_dict.json", "state.json")
"""Files that mark a folder of `save_to_disk`: one of several splits, and a single one."""
LARGEST_DESCRIPTION, LONGEST_REASON = 50_000_000, 300
SUFFIX = ".parquet"
IN_A_FOLDER = ("", "data")
"""Subfolders that may hold the Parquet files; the Hub puts them into `data`."""
_PART = re.compile(r"([a-z]+)(?:[-_.]\d.*)?\Z")
_GROUPS_KEPT = 4
"""Number of row groups whose images stay in memory, the last ones read."""


class ArrowRows:
    """A store of images in the rows of a data set; paths in rows must stay within `folder`.

    `cell_of` returns the image cell of a row number: bytes, or a mapping with `bytes` or `path`.
    Image names are `row N`.
    """

    def __init__(self, cell_of: Callable[[int], Any], folder: Path) -> None:
        self.cell_of, self.folder = cell_of, folder

    def missing(self, name: str) -> str:  # noqa: ARG002 - only reading a row shows its image
        """Return an empty text: all listed rows exist."""
        return ""

    def read(self, name: str) -> bytes:
        """Return the bytes of the image in a row; raise OSError with the reason."""
        try:
            cell = self.cell_of(int(name.removeprefix("row "))) or {}
            data, path = (cell, "") if isinstance(cell, bytes) else map(cell.get, ("bytes", "path"))
        except Exception as error:  # whatever the library raises, the row is damaged
            raise OSError(0, f"the image row cannot be read: {first_words(error)}") from error
        if data is not None:
            if len(data) > LARGEST_IMAGE:
                raise OSError(0, f"the image is larger than {size_shown(LARGEST_IMAGE)}")
            return bytes(data)
        if not path:
            raise OSError(0, "the row of the image has no image data")
        file = self.folder / path
        if not resolved(file).is_relative_to(resolved(self.folder)):
            raise OSError(0, "the row of the image names a file outside the data folder")
        return read_bounded(file, LARGEST_IMAGE, within=self.folder)


def is_arrow_folder(folder: Path) -> bool:
    """Return whether a folder was written by `save_to_disk` of `datasets`."""
    return any((folder / mark).is_file() for mark in MARKS)


def parquet_files(folder: Path) -> list[Path]:
    """Return the sorted Parquet files of a folder, or else those in its subfolder `data`."""
    for name in IN_A_FOLDER:
        if (folder / name).is_dir() and (paths := sorted((folder / name).glob(f"*{SUFFIX}"))):
            return paths
    return []


def read_arrow(folder: Path) -> LabelledData:
    """Return the annotations and images of a `save_to_disk` folder, of a held-out split if any."""
    needing = "arrow", f"reading `{folder}`"
    datasets, pyarrow = library("datasets", *needing), library("pyarrow", *needing)
    with _understood(folder):
        several = (folder / MARKS[0]).is_file()
        part, notes = one_split(_described(folder / MARKS[0], folder)["splits"] if several else ".")
        home = folder / part
        described = _described(home / "dataset_info.json", folder)
        features = datasets.Features.from_dict(described["features"])
        files = [each["filename"] for each in _described(home / MARKS[1], folder)["_data_files"]]
        mapped = [pyarrow.memory_map(str(_own(home / file, folder))) for file in files]
        table = pyarrow.concat_tables(pyarrow.ipc.open_stream(each).read_all() for each in mapped)
        table.validate(full=True)  # Arrow trusts its files: a hostile offset ends the process
        column = _image_column(datasets, features, folder)
        images = table.column(column)
        annotations = _annotations(table.drop_columns([column]), features, folder)
    return LabelledData(annotations, ArrowRows(lambda row: images[row].as_py(), folder), notes)


def read_parquet(files: Sequence[Path], folder: Path) -> LabelledData:
    """Return the annotations and images of Parquet files, from a held-out split if any."""
    needing = "arrow", f"reading the Parquet of `{folder}`"
    datasets, parquet = library("datasets", *needing), library("pyarrow.parquet", *needing)
    parts: dict[str, list[Path]] = {}
    for file in files:
        named = _PART.match(file.stem.lower())
        parts.setdefault(named[1] if named else "", []).append(file)
    part, notes = one_split(parts)
    with _understood(folder):
        opened = [parquet.ParquetFile(_own(file, folder)) for file in parts[part]]
        if any(file.schema_arrow != opened[0].schema_arrow for file in opened):
            raise ValueError("the Parquet files have different columns")
        features = datasets.Features.from_arrow_schema(opened[0].schema_arrow)
        column = _image_column(datasets, features, folder)
        annotations = _annotations(_table(opened, set(features) - {column}), features, folder)
    return LabelledData(annotations, ArrowRows(_cells(opened, column), folder), notes)


@contextmanager
def _understood(folder: Path) -> Iterator[None]:
    """Turn every error of a library into a BrokenFileError about the folder."""
    try:
        yield
    except BrokenFileError:
        raise
    except Exception as error:
        why = getattr(error, "strerror", None) or " ".join(why_unparsed(error).split())
        raise BrokenFileError(
            f"`{folder}` cannot be read: {why[:LONGEST_REASON]}",
            hint="pass a folder that `datasets` saved with `save_to_disk` or `to_parquet`",
        ) from error


def _described(file: Path, folder: Path) -> Any:
    return json.loads(read_bounded(_own(file, folder), LARGEST_DESCRIPTION))


def _own(file: Path, folder: Path) -> Path:
    """Return a file; raise BrokenFileError if it is outside the folder or not a regular file."""
    if not resolved(file).is_relative_to(resolved(folder)):
        message = f"`{folder}` refers to `{file}`, which is outside that folder"
        raise BrokenFileError(message, hint="pass the path of the file itself")
    if not file.is_file():
        raise BrokenFileError(f"`{folder}` cannot be read: `{file}` is not a regular file")
    return file


def _image_column(datasets: Any, features: Any, folder: Path) -> str:
    """Return the first column of images; raise BrokenFileError if there is none."""
    for name, kind in features.items():
        if isinstance(kind, datasets.Image):
            return str(name)
    raise BrokenFileError(
        f"`{folder}` has no column of images", hint=f"it has: {', '.join(features)}"
    )


def _annotations(table: Any, features: Any, folder: Path) -> tuple[Annotation, ...]:
    """Return the annotations in the known columns of a table; image names are `row N`."""
    kinds = {name: getattr(kind, "feature", kind) for name, kind in features.items()}
    classes = {name: kind.names for name, kind in kinds.items() if hasattr(kind, "int2str")}
    columns = {name for part, names in COLUMNS.items() if part != "image" for name in names}
    wanted = [name for name in table.column_names if name.lower() in columns]

    def rows() -> Iterator[tuple[str, Mapping[str, Any]]]:
        batches = table.select(wanted).to_batches(1000)
        for number, row in enumerate(row for batch in batches for row in batch.to_pylist()):
            place = f"row {number}"
            named = {name: _named(cell, classes.get(name), place) for name, cell in row.items()}
            yield place, {**named, "image": place}

    return annotations_of(rows(), folder)


def _named(cell: Any, names: Sequence[str] | None, place: str) -> Any:
    """Return a cell with class numbers replaced by names; a negative number becomes None."""
    if isinstance(cell, list):
        return [_named(each, names, place) for each in cell]
    if names is None or not isinstance(cell, int):
        return cell
    if cell >= len(names):
        raise BrokenFileError(f"{place} of the data has a class without a name")
    return names[cell] if cell >= 0 else None


def _table(opened: Sequence[Any], columns: Set[str]) -> Any:
    """Return columns of files as one table; raise ValueError if they exceed LARGEST_FILE."""
    groups = [file.metadata.row_group(n) for file in opened for n in range(file.num_row_groups)]
    chunks = [group.column(n) for group in groups for n in range(group.num_columns)]
    wanted = [chunk for chunk in chunks if chunk.path_in_schema.partition(".")[0] in columns]
    size = sum(int(chunk.total_uncompressed_size) for chunk in wanted)
    if size > LARGEST_FILE:
        names, limit = ", ".join(sorted(columns)), size_shown(LARGEST_FILE)
        raise ValueError(f"the columns {names} have {size_shown(size)}, and the limit is {limit}")
    tables = [file.read(columns=sorted(columns)) for file in opened]
    return library("pyarrow", "arrow").concat_tables(tables)


def _cells(opened: Sequence[Any], column: str) -> Callable[[int], Any]:
    """Return a function from a row number to its image cell; it caches some row groups."""
    groups = [(file, number) for file in opened for number in range(file.num_row_groups)]
    lengths = (file.metadata.row_group(number).num_rows for file, number in groups)
    starts = [0, *accumulate(lengths)]

    @lru_cache(_GROUPS_KEPT)
    def images(group: int) -> Any:
        file, number = groups[group]
        return file.read_row_group(number, columns=[column]).column(0)

    def cell_of(row: int) -> Any:
        group = bisect_right(starts, row) - 1
        return images(group)[row - starts[group]].as_py()

    return cell_of
