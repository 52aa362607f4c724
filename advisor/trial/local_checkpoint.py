"""A checkpoint on this machine: its folder, its configuration and the facts of its weights."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.trial.failures import (
    BrokenCheckpointError,
    RemoteCodeError,
    UnsafeWeightsError,
)

TABLE_ROWS = 5000
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")
BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1}
BYTES |= {"F8_E4M3": 1, "F8_E5M2": 1, "BOOL": 1}
NAMES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What the headers of the weight files say: how many numbers, in which precision.

    `table_parameters` are those of word tables: a text encoder looks up a few rows of them.
    """

    parameters: int
    stored_bytes: int
    dtype: str
    table_parameters: int = 0

    @property
    def bytes_each(self) -> float:
        """Mean bytes of a stored parameter."""
        return self.stored_bytes / max(1, self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A folder that can be loaded, under the name the user gave."""

    name: str
    folder: Path
    config: dict[str, Any]
    weights: Weights
    revision: str | None = None

    @property
    def model_type(self) -> str:
        """The checkpoint's own word for what it is."""
        return str(self.config["model_type"])

    @property
    def architectures(self) -> tuple[str, ...]:
        """The classes it was saved from, where it says so."""
        named = self.config.get("architectures")
        return tuple(map(str, named)) if isinstance(named, list) else ()


def read_checkpoint(folder: Path, name: str, revision: str | None = None) -> Checkpoint:
    """Read a folder's configuration and weight headers; nothing is loaded and no code is run."""
    config = read_config(folder, name)
    return Checkpoint(
        name=name,
        folder=folder,
        config=config,
        weights=_read_weights(weight_files(folder, name), name),
        revision=revision,
    )


def read_config(folder: Path, name: str) -> dict[str, Any]:
    """Return `config.json`; refuse one that is missing, broken, or needs code of its own."""
    path = folder / "config.json"
    if not path.is_file():
        raise BrokenCheckpointError(
            f"`{name}` holds no config.json, so nothing says which network it is",
            hint="give the folder that `save_pretrained` wrote",
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise BrokenCheckpointError(
            f"the config.json of `{name}` cannot be read: {error}", hint="fetch it again"
        ) from error
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise BrokenCheckpointError(
            f"the config.json of `{name}` names no model_type",
            hint="this is no transformers checkpoint; look for a converted one",
        )
    _refuse_own_code(config, name)
    return config


def weight_files(folder: Path, name: str) -> tuple[Path, ...]:
    """Return the safetensors files of a folder; refuse pickled or incomplete weights."""
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    if (folder / INDEX).is_file():
        try:
            named = json.loads((folder / INDEX).read_text("utf-8"))["weight_map"].values()
            parts = sorted({_text(part) for part in named})
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BrokenCheckpointError(
                f"the index of the weights of `{name}` cannot be read", hint="fetch it again"
            ) from error
        paths = tuple(folder / Path(part).name for part in parts)
        absent = [path.name for path in paths if not path.is_file()]
        if absent:
            raise BrokenCheckpointError(
                f"`{name}` is incomplete: {len(absent)} of {len(paths)} weight files are missing, "
                f"`{absent[0]}` first",
                hint="fetch the rest; a download resumes where it stopped",
                kind="incomplete-checkpoint",
            )
        return paths
    refuse_pickled([path.name for path in folder.iterdir()], name)
    raise BrokenCheckpointError(
        f"`{name}` holds no weights: there is no {WEIGHTS}",
        hint="give the folder that `save_pretrained` wrote",
        kind="incomplete-checkpoint",
    )


def refuse_pickled(names: list[str], name: str) -> None:
    """Raise UnsafeWeightsError where weights exist, but in no safe format."""
    pickled = sorted(each for each in names if each.endswith(PICKLED))
    if pickled:
        raise UnsafeWeightsError(
            f"`{name}` has its weights only as `{pickled[0]}`, and loading that file could run "
            "any code in it",
            hint="look for a revision with safetensors (many have one under `refs/pr/...`: "
            "--revision), or convert it yourself where you trust the file",
        )


def _refuse_own_code(config: dict[str, Any], name: str) -> None:
    """Refuse a checkpoint whose network exists only as code beside its weights."""
    if not config.get("auto_map") or knows(config["model_type"]):
        return
    raise RemoteCodeError(
        f"`{name}` brings its own Python code, which advisor never runs",
        hint="look for a version of it that transformers itself supports",
    )


def knows(model_type: str) -> bool:
    """Return whether the installed transformers has this model type."""
    from advisor.trial.extra import library

    auto = library("transformers.models.auto.configuration_auto")
    return model_type in auto.CONFIG_MAPPING_NAMES


def _read_weights(paths: tuple[Path, ...], name: str) -> Weights:
    parameters = stored = tables = 0
    by_dtype: dict[str, int] = {}
    for path in paths:
        for tensor, dtype, shape in _header(path, name):
            count = math.prod(shape)
            parameters += count
            if "embed" in tensor and len(shape) == 2 and shape[0] >= TABLE_ROWS:
                tables += count
            stored += count * BYTES.get(dtype, 4)
            by_dtype[dtype] = by_dtype.get(dtype, 0) + count
    most = max(by_dtype, key=lambda dtype: by_dtype[dtype], default="F32")
    return Weights(
        parameters=parameters,
        stored_bytes=stored,
        dtype=NAMES.get(most, most.lower()),
        table_parameters=tables,
    )


def _header(path: Path, name: str) -> list[tuple[str, str, list[int]]]:
    """Return name, dtype and shape of each tensor, from the header alone."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > 100_000_000:
                raise ValueError("the header is too long")  # noqa: TRY301
            header = json.loads(file.read(length))
        tensors = {key: value for key, value in header.items() if key != "__metadata__"}
        ends = [value["data_offsets"][1] for value in tensors.values()]
        if path.stat().st_size < 8 + length + max(ends, default=0):
            raise ValueError("it is cut short")  # noqa: TRY301
        return [
            (key, _text(value["dtype"]), _shape(value["shape"])) for key, value in tensors.items()
        ]
    except (
        OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, struct.error
    ) as error:  # fmt: skip
        raise BrokenCheckpointError(
            f"the weights of `{name}` are damaged: `{path.name}`: {error}",
            hint="delete the file and fetch it again",
        ) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _shape(value: Any) -> list[int]:
    if not isinstance(value, list) or not all(type(size) is int and size >= 0 for size in value):
        raise TypeError(f"{value!r} is no shape")
    return value
