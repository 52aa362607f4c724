"""Parquet files, as the Hub keeps data sets; read with what the extra `arrow` brings, in place.

Nothing is copied into a cache: columns of annotations are read at once, images a row group at a
time.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from advisor.errors import BrokenFileError
from advisor.evaluate.annotation import LARGEST_FILE, LabelledData
from advisor.evaluate.arrow_folder import ArrowRows, annotations_of_rows, image_column
from advisor.evaluate.image_folder import HELD_OUT
from advisor.files import leads_out, size_shown
from advisor.trial.runtime import first_words, library

SUFFIX = ".parquet"
IN_A_FOLDER = ("", "data")
"""Where in a folder such files lie; the Hub puts them into `data`."""
_PART = re.compile(r"([a-z]+)(?:[-_.]\d.*)?\Z")
_GROUPS_KEPT = 4
"""Row groups whose images are in memory, of those that were read last."""


def parquet_files(folder: Path) -> list[Path]:
    """Return the Parquet files of a folder, in order."""
    for name in IN_A_FOLDER:
        if (folder / name).is_dir() and (found := sorted((folder / name).glob(f"*{SUFFIX}"))):
            return found
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
            f"`{file}` is no file of `{folder}`", hint="name the file itself, if it is meant"
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
