"""Rows of the library `datasets`: folders as its `save_to_disk` writes them, and Parquet files.

Nothing is copied into a cache: columns of annotations are read at once, images of Parquet a row
group at a time. Both need the extra `arrow`.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from advisor.errors import BrokenFileError
from advisor.evaluate.label_tables import COLUMNS, annotation_of
from advisor.evaluate.labelled import (
    HELD_OUT,
    LARGEST_FILE,
    LARGEST_IMAGE,
    Annotation,
    LabelledData,
    merged,
)
from advisor.files import leads_out, read_bounded, resolved, size_shown
from advisor.phrasing import why_unparsed
from advisor.trial.runtime import first_words, library

MARKS = ("dataset_dict.json", "state.json")
"""Files by which such a folder is known: of several parts, and of one."""
LARGEST_DESCRIPTION = 50_000_000
AS_SAVED = "it should be what `save_to_disk` wrote"


class ArrowRows:
    """A store of images in the rows of a data set; a path in a row leads nowhere else."""

    def __init__(self, rows: Any, column: str, folder: Path) -> None:
        self.rows, self.column, self.folder = rows, column, folder

    def missing(self, name: str) -> str:  # noqa: ARG002 - only reading a row shows its image
        """Return nothing: rows that are listed are there."""
        return ""

    def read(self, name: str) -> bytes:
        """Return the bytes of the image in a row; OSError says why not."""
        try:
            cell = self.rows[int(name.removeprefix("row "))][self.column] or {}
        except Exception as error:  # whatever the library raises, the row is damaged
            raise OSError(0, f"its row cannot be read: {first_words(error)}") from error
        data, path = cell.get("bytes"), cell.get("path")
        if data is not None:
            if len(data) > LARGEST_IMAGE:
                raise OSError(0, f"it is larger than {size_shown(LARGEST_IMAGE)}")
            return bytes(data)
        if not path:
            raise OSError(0, "its row holds no image")
        file = self.folder / path
        if not resolved(file).is_relative_to(resolved(self.folder)) or leads_out(file, self.folder):
            raise OSError(0, "its row names a file outside of the data")
        return read_bounded(file, LARGEST_IMAGE, within=self.folder)


def is_arrow_folder(folder: Path) -> bool:
    """True where `datasets` wrote a folder."""
    return any((folder / mark).is_file() for mark in MARKS)


def read_arrow(folder: Path) -> LabelledData:
    """Return the rows of a data set on disk; of several parts, that for testing."""
    datasets = library("datasets", "arrow", f"reading `{folder}`")
    _refuse_files_of_others(folder)
    try:
        loaded = datasets.load_from_disk(str(resolved(folder)))
    except Exception as error:  # whatever the library raises, the folder is not what it writes
        raise _broken(folder, error) from error
    notes = []
    if isinstance(loaded, datasets.DatasetDict):
        part = next((name for name in HELD_OUT if name in loaded), next(iter(loaded)))
        notes = [f"of its parts, `{part}` is taken"] if len(loaded) > 1 else []
        loaded = loaded[part]
    features = loaded.features
    column = image_column(datasets, features, folder)
    try:
        loaded.data.validate(full=True)  # Arrow trusts its files: a hostile offset ends the process
    except Exception as error:
        raise _broken(folder, error) from error
    rows = loaded.cast_column(column, datasets.Image(decode=False))
    return LabelledData(
        annotations_of_rows(rows.remove_columns([column]), features, folder),
        ArrowRows(rows, column, folder),
        "a data set of the library `datasets`",
        tuple(notes),
    )


def image_column(datasets: Any, features: Any, folder: Path) -> str:
    """Return the first column of images; BrokenFileError where there is none."""
    for name, kind in features.items():
        if isinstance(kind, datasets.Image):
            return str(name)
    raise BrokenFileError(
        f"`{folder}` has no column of images", hint=f"it has: {', '.join(features)}"
    )


def _refuse_files_of_others(folder: Path) -> None:
    """Raise BrokenFileError where the library would open what is not a file of the folder.

    It opens whatever is named, and waits for a pipe for ever.
    """
    parts = ["."]
    try:
        if (folder / MARKS[0]).is_file():
            parts = _described(folder / MARKS[0], folder)["splits"]
        for part in parts:
            if part != "." and (Path(part).name != part or "::" in part):
                raise _outside(folder, part)
            _described(folder / part / "dataset_info.json", folder)
            for one in _described(folder / part / MARKS[1], folder)["_data_files"]:
                _refuse_other_kinds(folder / part / one["filename"], folder)
    except (OSError, ValueError, RecursionError, TypeError, AttributeError, KeyError) as error:
        why = getattr(error, "strerror", None) or why_unparsed(error)
        raise _unread(folder, why) from error


def _refuse_other_kinds(file: Path, folder: Path) -> None:
    """Raise BrokenFileError for a file of rows that is elsewhere, or is a pipe or a device."""
    if not resolved(file).is_relative_to(resolved(folder)):
        raise _outside(folder, str(file))
    if file.exists() and not file.is_file():
        raise _unread(folder, f"`{file}` is not a regular file")


def _described(file: Path, folder: Path) -> Any:
    return json.loads(read_bounded(file, LARGEST_DESCRIPTION, within=folder))


def _outside(folder: Path, named: str) -> BrokenFileError:
    message = f"`{folder}` names `{named}`, which is outside of it"
    return BrokenFileError(message, hint=AS_SAVED)


def annotations_of_rows(rows: Any, features: Any, folder: Path) -> tuple[Annotation, ...]:
    """Return the annotations of rows of `datasets`, whose images are not among their columns."""
    named = {name: kind.names for name, kind in features.items() if hasattr(kind, "int2str")}
    listed = {
        name: kind.feature.names
        for name, kind in features.items()
        if hasattr(getattr(kind, "feature", None), "int2str")
    }
    known = {column for names in COLUMNS.values() for column in names}
    wanted = [name for name in rows.column_names if name.lower() in known]
    found = []
    for number, row in _read(rows.select_columns(wanted), folder):
        cells = {key: value for key, value in row.items() if key.lower() not in COLUMNS["image"]}
        try:
            for name, names in named.items():
                if name in cells and isinstance(cells[name], int):
                    cells[name] = names[cells[name]] if cells[name] >= 0 else None
            for name, names in listed.items():
                if isinstance(cells.get(name), list):
                    cells[name] = [names[each] for each in cells[name]]
            found.append(annotation_of({**cells, "image": f"row {number}"}))
        except IndexError as error:
            raise BrokenFileError(f"row {number} of `{folder}` has a class without name") from error
        except ValueError as error:
            raise BrokenFileError(f"row {number} is not an annotation: {error}") from error
    return merged(found)


def _read(rows: Any, folder: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        yield from enumerate(rows)
    except Exception as error:  # whatever the library raises, the rows are damaged
        raise _broken(folder, error) from error


def _broken(folder: Path, error: Exception) -> BrokenFileError:
    return _unread(folder, first_words(error))


def _unread(folder: Path, why: str) -> BrokenFileError:
    return BrokenFileError(f"`{folder}` cannot be read: {why}", hint=AS_SAVED)


SUFFIX = ".parquet"
IN_A_FOLDER = ("", "data")
"""Where in a folder such files lie; the Hub puts them into `data`."""
_PART = re.compile(r"([a-z]+)(?:[-_.]\d.*)?\Z")
_GROUPS_KEPT = 4
"""Row groups whose images are in memory, of those that were read last."""


def parquet_files(folder: Path) -> list[Path]:
    """Return the Parquet files of a folder, in order."""
    for name in IN_A_FOLDER:
        if (folder / name).is_dir() and (paths := sorted((folder / name).glob(f"*{SUFFIX}"))):
            return paths
    return []


def read_parquet(files: Sequence[Path], folder: Path) -> LabelledData:
    """Return the rows of Parquet files; of several parts by their names, that for testing."""
    needing = "arrow", f"reading the Parquet of `{folder}`"
    datasets, parquet = library("datasets", *needing), library("pyarrow.parquet", *needing)
    parts: dict[str, list[Path]] = {}
    for file in files:
        named = _PART.match(file.stem.lower())
        parts.setdefault(named[1] if named else "", []).append(file)
    part = next((name for name in HELD_OUT if name in parts), next(iter(parts)))
    notes = (f"of its parts, `{part}` is taken",) if len(parts) > 1 else ()
    try:
        opened = [_opened(parquet, file, folder) for file in parts[part]]
        features = datasets.Features.from_arrow_schema(opened[0].schema_arrow)
        column = image_column(datasets, features, folder)
        rows = datasets.Dataset(_table(opened, [name for name in features if name != column]))
    except BrokenFileError:
        raise
    except Exception as error:  # whatever the library raises, the files are damaged
        raise BrokenFileError(
            f"`{folder}` cannot be read: {first_words(error)}",
            hint="it should be Parquet as `datasets` writes it",
        ) from error
    store = ArrowRows(_ImageRows(opened, column), column, folder)
    annotations = annotations_of_rows(rows, features, folder)
    return LabelledData(annotations, store, "Parquet files", notes)


def _opened(parquet: Any, file: Path, folder: Path) -> Any:
    if leads_out(file, folder) or not file.is_file():
        raise BrokenFileError(
            f"`{file}` is not a file of `{folder}`", hint="name the file itself, if it is meant"
        )
    return parquet.ParquetFile(file)


def _table(opened: Sequence[Any], columns: Sequence[str]) -> Any:
    """Return columns of files in one table; ValueError where they differ, or are too large."""
    if any(one.schema_arrow != opened[0].schema_arrow for one in opened):
        raise ValueError("its files have different columns")
    groups = [one.metadata.row_group(n) for one in opened for n in range(one.num_row_groups)]
    chunks = [group.column(n) for group in groups for n in range(group.num_columns)]
    size = sum(
        int(chunk.total_uncompressed_size)
        for chunk in chunks
        if chunk.path_in_schema.partition(".")[0] in columns
    )
    if size > LARGEST_FILE:
        raise ValueError(f"its columns {', '.join(columns)} hold {size_shown(size)}")
    tables = [one.read(columns=columns) for one in opened]
    return library("pyarrow", "arrow").concat_tables(tables)


class _ImageRows:
    """Rows with their image by number, of which a few row groups are in memory."""

    def __init__(self, opened: Sequence[Any], column: str) -> None:
        self.column = column
        self.groups = [(one, number) for one in opened for number in range(one.num_row_groups)]
        lengths = [one.metadata.row_group(number).num_rows for one, number in self.groups]
        self.starts = [0, *accumulate(lengths)]
        self.images = lru_cache(_GROUPS_KEPT)(self._images)

    def __getitem__(self, row: int) -> dict[str, Any]:
        group = bisect_right(self.starts, row) - 1
        cell = self.images(group)[row - self.starts[group]].as_py()
        return {self.column: {"bytes": cell} if isinstance(cell, bytes) else cell}

    def _images(self, group: int) -> Any:
        opened, number = self.groups[group]
        return opened.read_row_group(number, columns=[self.column]).column(0)
