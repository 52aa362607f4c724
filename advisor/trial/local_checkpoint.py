"""A checkpoint on this machine: its folder, its configuration and the facts of its weights."""

from __future__ import annotations

import json
import math
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.catalogue.uncatalogued import read_config
from advisor.errors import AdvisorError
from advisor.files import MEGABYTE, know_as_read, size_shown
from advisor.trial import runtime

TABLE_ROWS = 5000
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
SAFE = ".safetensors"
ELSEWHERE = "transformers_weights"
"""The configuration key by which transformers loads another file of weights."""
COMPUTED_BY = "_implementation"
"""Suffix of the keys that name an implementation of attention or experts, even Hub code."""
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")
READ_WHOLE = (".json", ".txt", ".jinja", ".model")
MOST_BYTES = 200 * MEGABYTE
"""Maximum size of a READ_WHOLE file; the largest known ones take a fifth of it."""
GENERATION, MOST_BYTES_AT_EACH_STEP = "generation_config.json", MEGABYTE
"""A file that is processed again for each generated token, and its maximum size in bytes."""
FETCH = "download the checkpoint again"
MOST_FILES, MOST_TENSORS = 1_000, 100_000
"""Maximum numbers of weight files, and of tensors in one; reading more takes minutes."""
STORED_BYTES = {"F64": 8, "I64": 8, "F16": 2, "BF16": 2, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
"""Bytes of a number, by tensor type; other types take 4, and F8 types 1."""
DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The totals in the headers of the weight files; `dtype` is the one of most parameters.

    `table_parameters` are those of token embeddings, of which a text encoder reads few rows.
    """

    parameters: int
    stored_bytes: int
    dtype: str
    table_parameters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCheckpoint:
    """A folder that can be loaded, with the name that the user passed."""

    name: str
    folder: Path
    config: dict[str, Any]
    weights: Weights
    revision: str | None = None

    @property
    def model_type(self) -> str:
        """The `model_type` of its configuration."""
        return str(self.config["model_type"])

    @property
    def part_types(self) -> tuple[str, ...]:
        """The model types of its encoder and its decoder, as far as the configuration has them."""
        parts = (self.config.get(part) for part in ("encoder", "decoder"))
        return tuple(str(part.get("model_type")) for part in parts if isinstance(part, dict))

    @property
    def architectures(self) -> tuple[str, ...]:
        """The classes it was saved from; empty if the configuration has no list of them."""
        named = self.config.get("architectures")
        return tuple(map(str, named)) if isinstance(named, list) else ()


def read_checkpoint(folder: Path, name: str, revision: str | None = None) -> LocalCheckpoint:
    """Read a folder's configuration and weight headers, without loading weights or running code."""
    _refuse_what_is_no_file(folder, name)
    return LocalCheckpoint(
        name=name,
        folder=folder,
        config=_configuration(folder, name),
        weights=_read_weights(_weight_files(folder, name), name),
        revision=revision,
    )


def _refuse_what_is_no_file(folder: Path, name: str) -> None:
    """Raise BrokenCheckpointError for a pipe, a device or a text file above its size limit."""
    for path in sorted(folder.glob("*")) + sorted(folder.glob("*/*")):
        most = MOST_BYTES_AT_EACH_STEP if path.name == GENERATION else MOST_BYTES
        reason = ""
        with suppress(OSError):  # a link to nothing, which is missed where it is needed
            status = path.stat()
            if not stat.S_ISDIR(status.st_mode):
                know_as_read(path)
                if not stat.S_ISREG(status.st_mode):
                    reason = "is a pipe or a device, not a file"
                elif path.suffix in READ_WHOLE and status.st_size > most:
                    reason = f"is larger than {size_shown(most)}"
        if reason:
            raise runtime.BrokenCheckpointError(f"`{path.name}` of `{name}` {reason}", hint=FETCH)


def _configuration(folder: Path, name: str) -> dict[str, Any]:
    """Return `config.json`; raise an error if it is missing, broken, or needs code from the Hub."""
    try:
        config = read_config(folder / "config.json", name)
    except AdvisorError as error:
        raise runtime.BrokenCheckpointError(error.message, hint=error.hint) from error
    if not isinstance(config.get("model_type"), str):
        raise runtime.BrokenCheckpointError(
            f"the config.json of `{name}` has no model_type",
            hint="look for a version of the checkpoint that was converted to transformers",
        )
    kernel = next(_kernels(config), "")
    if kernel or (config.get("auto_map") and not is_known_type(config["model_type"])):
        raise runtime.InferenceError(
            f"`{name}` needs code from the Hub, `{kernel or name}`, which advisor never runs",
            hint="look for a version of the checkpoint that transformers supports natively",
            kind="remote-code",
        )
    if config.get(ELSEWHERE, WEIGHTS) != WEIGHTS:
        raise runtime.BrokenCheckpointError(
            f"`{ELSEWHERE}` in the config.json of `{name}` sets another name for the weights",
            hint=f"rename the file to {WEIGHTS} and delete that setting",
        )
    return config


def _kernels(value: Any, key: str = "") -> Iterator[str]:
    """Yield the Hub repositories that a configuration names as implementations."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _kernels(inner, key if key.endswith(COMPUTED_BY) else str(name))
    elif isinstance(value, str) and "/" in value and key.endswith(COMPUTED_BY):
        yield value


def is_known_type(model_type: str) -> bool:
    """Return whether the installed transformers has this model type."""
    auto = runtime.library("transformers.models.auto.configuration_auto")
    return model_type in auto.CONFIG_MAPPING_NAMES


def _weight_files(folder: Path, name: str) -> tuple[Path, ...]:
    """Return the safetensors files of a folder; raise an error for pickled or missing weights."""
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    if not (folder / INDEX).is_file():
        refuse_pickled([path.name for path in folder.iterdir()], name)
        raise runtime.BrokenCheckpointError(
            f"`{name}` has no weights: the file {WEIGHTS} is missing",
            hint="pass the folder that `save_pretrained` wrote",
            kind="incomplete-checkpoint",
        )
    try:
        parts = sorted(set(json.loads((folder / INDEX).read_text("utf-8"))["weight_map"].values()))
        in_folder = all(Path(part).name == part and part.endswith(SAFE) for part in parts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        parts, in_folder = [], False
    if len(parts) > MOST_FILES or not in_folder:
        raise runtime.BrokenCheckpointError(
            f"the weight index of `{name}` does not list at most {MOST_FILES:,} {SAFE} files, all "
            "in the same folder",
            hint=FETCH,
        )
    absent = [part for part in parts if not (folder / part).is_file()]
    if absent:
        raise runtime.BrokenCheckpointError(
            f"`{name}` is incomplete: {len(absent)} of {len(parts)} weight files are missing, the "
            f"first is `{absent[0]}`",
            hint="download the checkpoint again. The download resumes where it stopped",
            kind="incomplete-checkpoint",
        )
    return tuple(folder / part for part in parts)


def refuse_pickled(names: list[str], name: str) -> None:
    """Raise InferenceError if any of the files is a pickle."""
    pickled = sorted(each for each in names if each.endswith(PICKLED))
    if pickled:
        raise runtime.InferenceError(
            f"`{name}` has only the pickle file `{pickled[0]}`, and loading a pickle can run code",
            hint="pass a --revision with safetensors (often under `refs/pr/...`), or convert the "
            "file if you trust it",
            kind="pickled-weights",
        )


def _read_weights(paths: tuple[Path, ...], name: str) -> Weights:
    """Return the totals of the weight files from their headers alone."""
    by_dtype: Counter[str] = Counter()
    tables = 0
    for path in paths:
        try:
            with runtime.library("safetensors").safe_open(path, framework="pt") as file:
                names = file.keys()
                if len(names) > MOST_TENSORS:
                    raise ValueError(f"the file lists {len(names):,} tensors")  # noqa: TRY301
                for tensor in names:
                    header = file.get_slice(tensor)
                    shape = header.get_shape()
                    by_dtype[header.get_dtype()] += math.prod(shape)
                    if "embed" in tensor and len(shape) == 2 and shape[0] >= TABLE_ROWS:
                        tables += math.prod(shape)
        except Exception as error:
            reason = str(error).removeprefix("Error while deserializing header: ")
            raise runtime.BrokenCheckpointError(
                f"the weights of `{name}` are damaged: `{path.name}`: {reason}",
                hint="delete the file and download it again",
            ) from error
    most, _ = by_dtype.most_common(1)[0] if by_dtype else ("F32", 0)
    return Weights(
        parameters=by_dtype.total(),
        stored_bytes=sum(
            number * STORED_BYTES.get(dtype, 1 if dtype.startswith("F8") else 4)
            for dtype, number in by_dtype.items()
        ),
        dtype=DTYPES.get(most, most.lower()),
        table_parameters=tables,
    )
