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
"""By which setting of a configuration transformers takes another file of weights."""
COMPUTED_BY = "_implementation"
"""How the settings end that say what computes attention, or experts: code of the Hub as well."""
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")
READ_WHOLE = (".json", ".txt", ".jinja", ".model")
MOST_BYTES = 200 * MEGABYTE
"""Of vocabularies, the index of weights; the largest known take a fifth of it."""
GENERATION, MOST_BYTES_AT_EACH_STEP = "generation_config.json", MEGABYTE
"""What is gone through for each token that is written."""
FETCH = "download the checkpoint again"
MOST_FILES, MOST_TENSORS = 1_000, 100_000
"""Of weights, and in one of their files; looking at more takes minutes."""
STORED_BYTES = {"F64": 8, "I64": 8, "F16": 2, "BF16": 2, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
"""Of one number, by the type of its tensor; four for others but those of eight bits."""
DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What the headers of the weight files say: how many numbers, in which precision.

    `table_parameters` are those of word tables: a text encoder looks up a few rows of them.
    """

    parameters: int
    stored_bytes: int
    dtype: str
    table_parameters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCheckpoint:
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
    def part_types(self) -> tuple[str, ...]:
        """The model types of its encoder and its decoder, where it is made of two."""
        parts = (self.config.get(part) for part in ("encoder", "decoder"))
        return tuple(str(part.get("model_type")) for part in parts if isinstance(part, dict))

    @property
    def architectures(self) -> tuple[str, ...]:
        """The classes it was saved from, where it says so."""
        named = self.config.get("architectures")
        return tuple(map(str, named)) if isinstance(named, list) else ()


def read_checkpoint(folder: Path, name: str, revision: str | None = None) -> LocalCheckpoint:
    """Read a folder's configuration and weight headers; nothing is loaded and no code is run."""
    _refuse_what_is_no_file(folder, name)
    return LocalCheckpoint(
        name=name,
        folder=folder,
        config=_configuration(folder, name),
        weights=_read_weights(_weight_files(folder, name), name),
        revision=revision,
    )


def _refuse_what_is_no_file(folder: Path, name: str) -> None:
    """Refuse a pipe or a device, which a library would read for ever, and files without end."""
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
    """Return `config.json`; refuse one that is missing, broken, or needs code of its own."""
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
    """Yield the repositories whose code a configuration, or a part of it, is to be computed by."""
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
    """Return the safetensors files of a folder; refuse pickled or incomplete weights."""
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
        own = all(Path(part).name == part and part.endswith(SAFE) for part in parts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        parts, own = [], False
    if len(parts) > MOST_FILES or not own:
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
    """Raise InferenceError where weights exist, but in no safe format."""
    pickled = sorted(each for each in names if each.endswith(PICKLED))
    if pickled:
        raise runtime.InferenceError(
            f"`{name}` has only the pickle file `{pickled[0]}`, and loading a pickle can run code",
            hint="pass a --revision with safetensors (often under `refs/pr/...`), or convert the "
            "file if you trust it",
            kind="pickled-weights",
        )


def _read_weights(paths: tuple[Path, ...], name: str) -> Weights:
    """Add up what the headers say; the numbers themselves are not read."""
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
