"""Vectors on disk: a `.npy` file with one row a image, and the names beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from advisor.files import replacing
from advisor.trial.extra import library
from advisor.trial.failures import CannotWriteError, MissingInputError


def write_vectors(
    path: str | Path, names: Sequence[str], vectors: Sequence[Sequence[float]]
) -> tuple[Path, Path]:
    """Write float32 vectors, (N, dimensions), to `path` and their names to `path`.json.

    Row and name number n belong together. Each file is complete or not there. Returns both paths;
    raises CannotWriteError.
    """
    if not vectors or len(names) != len(vectors):
        raise MissingInputError(
            f"there are {len(vectors)} vectors and {len(names)} names to write",
            hint="run a checkpoint with the task `embeddings` first",
        )
    numpy = library("numpy")
    target = Path(path)
    if target.suffix != ".npy":
        target = target.with_name(f"{target.name}.npy")
    beside = target.with_name(f"{target.name}.json")
    try:
        with replacing(target) as scratch, scratch.open("wb") as file:
            numpy.save(file, numpy.asarray(vectors, dtype="float32"))
        with replacing(beside) as scratch:
            scratch.write_text(json.dumps(list(names), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CannotWriteError(
            f"`{target}` cannot be written: {error.strerror or error}",
            hint="name a file in a folder that exists and can be written",
        ) from error
    return target, beside
