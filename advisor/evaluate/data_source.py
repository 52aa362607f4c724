"""What the user points at: which layout it has, and which images are labelled in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from advisor.errors import BrokenFileError, UsageError
from advisor.evaluate.arrow_rows import (
    SUFFIX,
    is_arrow_folder,
    parquet_files,
    read_arrow,
    read_parquet,
)
from advisor.evaluate.coco import read_json
from advisor.evaluate.image_folder import HELD_OUT, TRAINED_ON, read_class_folders
from advisor.evaluate.label_tables import read_table
from advisor.evaluate.labelled import LabelledData
from advisor.evaluate.tar_shards import read_shards
from advisor.files import leads_out

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
IN_A_FOLDER = ("metadata.jsonl", "metadata.csv", "labels.csv", "labels.tsv", "captions.csv")
"""Tables that are looked for in a folder, by their usual names, before any other."""
LAYOUTS = (
    "a folder with a folder of images for each class",
    "a .csv, .tsv or .jsonl that names an image a row, or a folder with one",
    "COCO captions or VQA questions (.json)",
    "WebDataset shards (.tar), or a folder of them",
    "Parquet (.parquet), or a folder of it",
    "a folder that `datasets` saved to disk",
)


def read_data(data: str, images: str = "") -> LabelledData:
    """Return what is labelled in a file or folder; `images` is where a table's images are."""
    path, folder = Path(data), Path(images) if images else None
    if folder is not None and not folder.is_dir():
        raise UsageError(
            f"`--image-folder {images}` is not a folder", hint="name the folder of images"
        )
    if path.is_dir():
        return _folder(path, folder)
    if not path.exists():
        raise UsageError(
            f"there is no `{data}`", hint=f"DATA is {'; or '.join(LAYOUTS)}", kind="not-found"
        )
    suffix = path.suffix.lower()
    if suffix in TABLES:
        return read_table(path, folder)
    if suffix == ".json":
        return read_json(path, folder)
    if suffix == ".tar":
        return read_shards([path], path.parent)
    if suffix == SUFFIX:
        return read_parquet([path], path.parent)
    raise UsageError(
        f"`{data}` is nothing that can be read", hint=f"DATA is {'; or '.join(LAYOUTS)}"
    )


def _folder(path: Path, images: Path | None) -> LabelledData:
    """Return what a folder holds, by the files in it."""
    if is_arrow_folder(path):
        return read_arrow(path)
    files = sorted(each for each in path.iterdir() if each.is_file())
    named = {file.name.lower(): file for file in files if not file.name.startswith(".")}
    usual = [named[name] for name in IN_A_FOLDER if name in named]
    tables = [file for name, file in named.items() if file.suffix.lower() in TABLES]
    tables, notes = _held_out(tables, path)
    if usual or len(tables) == 1:
        found = read_table(_own((usual or tables)[0], path), images or path)
        return found._replace(notes=(*found.notes, *notes))
    if len(tables) > 1:
        names = ", ".join(file.name for file in tables)
        raise UsageError(f"`{path}` holds several tables", hint=f"name one of them: {names}")
    if rows := parquet_files(path):
        return read_parquet(rows, path)
    shards = [file for name, file in named.items() if name.endswith(".tar")]
    if shards:
        return read_shards(shards, path)
    documents = [file for name, file in named.items() if name.endswith(".json")]
    if documents:
        halves = [file for file in documents if "question" in file.name.lower()]
        if len(documents) > 1 and len(halves) != 1:
            names = ", ".join(file.name for file in documents)
            raise UsageError(f"`{path}` holds several JSON files", hint=f"name one: {names}")
        return read_json(_own((halves or documents)[0], path), images or path)
    found = read_class_folders(path)
    return found._replace(notes=(*found.notes, *notes))


def _held_out(tables: Sequence[Path], folder: Path) -> tuple[list[Path], list[str]]:
    """Return the tables without those for training, where something is held out beside them.

    The notes say which were left.
    """
    beside = {path.stem.lower() for path in (*tables, *filter(Path.is_dir, folder.iterdir()))}
    trained = [file for file in tables if file.stem.lower() in TRAINED_ON]
    held = next((name for name in HELD_OUT if name in beside), "")
    if not trained or not held:
        return list(tables), []
    notes = [f"`{file.name}` is left out, since `{held}` is beside it" for file in trained]
    return [file for file in tables if file not in trained], notes


def _own(file: Path, folder: Path) -> Path:
    """Return a file that nobody named; BrokenFileError where a link hides one from elsewhere."""
    if leads_out(file, folder):
        raise BrokenFileError(
            f"`{file}` is a link that leads out of `{folder}`",
            hint="name the file itself, with --image-folder, if it is meant",
        )
    return file
