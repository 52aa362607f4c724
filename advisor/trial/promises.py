"""What the files beside the weights promise, held against them before memory or time is taken.

A configuration is held against what the weights hold; settings of processors and of writing against
numbers that no checkpoint needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from advisor.trial.failures import BrokenCheckpointError
from advisor.trial.local_checkpoint import LocalCheckpoint
from advisor.trial.runtime import library, quiet, transformers

T = TypeVar("T")
MOST_LAYERS = 2_000
LARGEST_NUMBER = 100_000_000
"""No size that a configuration states is larger."""
MOST_TIMES = 2.2
"""Parameters a stored byte, at most: two of four bits, and some that are made anew."""
MOST_TENSORS = 10
"""Tensors of a network for each that is stored, at most: some are stored as one, or made anew."""
TENSORS_ALLOWED = 2_000
"""So many more, of layers that are to be trained, do no harm; building a million takes minutes."""
ALWAYS_ALLOWED = 20_000_000
"""So many parameters, of a head that is to be trained, say, do no harm."""
_MOST = dict.fromkeys(("layers", "depth", "depths", "blocks"), MOST_LAYERS)
_MOST["num_labels"] = 100_000
"""How large a number may be whose name ends so; each layer and each label is built by itself."""
SETTINGS = ("processor_config.json", "preprocessor_config.json", "generation_config.json")
MOST_COUNTED = 5_000
"""No setting counts more: tokens for an image, tiles, patches, beams, answers."""
_NOT_COUNTED = ("_id", "_ids", "_index", "_tokens", "length")
"""How names end of settings that are ids or bounds on texts."""
_SIZES = ("size", "pixels", "edge", "height", "width")
"""How names end of a processor's settings that `growth` holds."""


_FILES = ("_path", "_file")
"""How settings of a processor end that name files to read: pipes as well, and those of others."""


def refuse_what_promises_more(checkpoint: LocalCheckpoint, loader: Any) -> None:
    """Raise BrokenCheckpointError where a network would be far larger than its weights.

    The network is built without memory (on torch's meta device). A configuration that no network
    can be built from is left to the loader, which says what is wrong with it.
    """
    refuse_what_counts_more(checkpoint)
    for key, number in _numbers(checkpoint.config):
        if number > next(
            (most for end, most in _MOST.items() if key.endswith(end)), LARGEST_NUMBER
        ):
            raise _promises_more(checkpoint, f"{key} of {number:,}")
    weights = checkpoint.weights
    count = _Count(
        most=MOST_TIMES * weights.stored_bytes + ALWAYS_ALLOWED,
        most_tensors=MOST_TENSORS * weights.tensors + TENSORS_ALLOWED,
    )
    _build(checkpoint, loader, count)
    if count.numel > count.most:
        raise _promises_more(checkpoint, f"{count.numel:,} numbers")
    if count.tensors > count.most_tensors:
        raise _promises_more(checkpoint, f"{count.tensors:,} tensors or more")


def refuse_what_counts_more(checkpoint: LocalCheckpoint) -> None:
    """Raise BrokenCheckpointError where a setting asks for far more than any checkpoint needs."""
    for file in SETTINGS:
        try:
            settings = json.loads((checkpoint.folder / file).read_bytes())
        except (OSError, ValueError, RecursionError):
            continue  # missing, or the loader says what is wrong with it
        for key, named in _own(settings, str):
            if key.endswith(_FILES) and not key.endswith("name_or_path"):
                raise BrokenCheckpointError(
                    f"`{key}` in the {file} of `{checkpoint.name}` names `{named}`, which advisor "
                    "does not read",
                    hint="choose another checkpoint: those for its tasks need no such file",
                )
        for key, number in _own(settings, int):
            others = _NOT_COUNTED + (_SIZES if "processor" in file else ())
            counted = not key.endswith(others) or "seq" in key or key.startswith("num_")
            if abs(number) > MOST_COUNTED and counted:
                raise BrokenCheckpointError(
                    f"`{key}` in the {file} of `{checkpoint.name}` is {number:,}, more than any "
                    "checkpoint needs",
                    hint="fetch the checkpoint again, or correct that line",
                )


def _build(checkpoint: LocalCheckpoint, loader: Any, count: _Count) -> None:
    """Count what a network consists of; one that is far too large is not built to its end."""
    torch = library("torch")
    kind = getattr(loader, "config_class", None) or transformers().AutoConfig
    try:
        with quiet(), count.counting(), torch.device("meta"):
            config = kind.from_pretrained(
                checkpoint.folder, local_files_only=True, trust_remote_code=False
            )
            build = loader.from_config if hasattr(loader, "from_config") else loader
            network = build(config)
            count.numel = sum(map(_size, (*network.parameters(), *network.buffers())))
    except _TooManyError:
        return
    except Exception:  # whatever it is, the loader meets it again and says it better
        count.numel = count.tensors = 0


def _size(tensor: Any) -> int:
    """Return how many numbers a parameter has, or how many of four bytes a buffer takes."""
    numbers = int(tensor.numel())
    is_parameter = isinstance(tensor, library("torch").nn.Parameter)
    return numbers if is_parameter else numbers * tensor.element_size() // 4


class _TooManyError(Exception):
    """A network under construction is larger than it may be."""


@dataclass
class _Count:
    """How many tensors modules were given so far, and how many numbers these hold."""

    most: float
    most_tensors: int
    numel: int = 0
    tensors: int = 0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count what modules made inside are given; raise _TooManyError where it passes a bound.

        So the building of what is far too large ends early, by whatever name its size is stated.
        """
        from torch.nn.modules import module

        hooks = [
            module.register_module_parameter_registration_hook(self._registered),
            module.register_module_buffer_registration_hook(self._registered),
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _registered(self, _module: Any, _name: str, tensor: Any) -> None:
        if tensor is not None:
            self.tensors += 1
            self.numel += _size(tensor)
            if self.numel > 2 * self.most or self.tensors > self.most_tensors:
                raise _TooManyError


def _numbers(value: Any, key: str = "") -> Iterator[tuple[str, int]]:
    """Yield each whole number of a configuration with the key it stands under."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _numbers(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _numbers(inner, key)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield key, value


def _own(settings: Any, kind: type[T]) -> Iterator[tuple[str, T]]:
    """Yield each value of a kind that settings, or the image processor in them, have themselves."""
    for part in (settings, settings.get("image_processor")) if isinstance(settings, dict) else ():
        for key, value in part.items() if isinstance(part, dict) else ():
            if isinstance(value, kind) and not isinstance(value, bool):
                yield key, value


def _promises_more(checkpoint: LocalCheckpoint, what: str) -> BrokenCheckpointError:
    size = checkpoint.weights.stored_bytes / 1e6
    return BrokenCheckpointError(
        f"the configuration of `{checkpoint.name}` promises {what}, far more than its weights "
        f"of {size:,.1f} MB hold",
        hint="fetch the checkpoint again; its config.json does not belong to these weights",
    )
