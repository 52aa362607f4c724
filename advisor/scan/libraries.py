"""How libraries are asked for checkpoints: which call loads what, and from which argument."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from advisor.scan.abstract import Symbol

LIBRARIES = frozenset(("clip", "open_clip", "sentence_transformers", "torch", "transformers"))
"""Looked for under their own names, even in a project that holds a copy."""

_KINDS = (
    (r".*(?:ImageProcessor|FeatureExtractor|VideoProcessor)(?:Fast|Pil)?", "image_processor"),
    (r".*Tokenizer(?:Fast)?", "tokenizer"),
    (r".*Processor", "processor"),
    (r".*Config", "configuration"),
)
_GIVES_ITSELF = re.compile(
    r"to|eval|cuda|cpu|half|float|bfloat16|double|train|requires_grad_|share_memory|compile"
    r"|to_bettertransformer"
)
_WRAPS = re.compile(
    r"prepare|compile|DataParallel|DistributedDataParallel|get_peft_model"
    r"|prepare_model_for_kbit_training"
)


class Loader(NamedTuple):
    """A call that loads: what, and the names of the arguments that tell which.

    `position` is that of the checkpoint among positional arguments, `second` the argument with the
    second checkpoint, and `parts` how many values the call gives: open_clip gives model and
    transforms together.
    """

    package: str
    kind: str
    call: str
    class_name: str | None = None
    checkpoint: str = "pretrained_model_name_or_path"
    position: int = 0
    second: str | None = None
    task: str | None = None
    parts: int = 1


_METHODS = {
    "from_pretrained": Loader("transformers", "", "from_pretrained"),
    "from_encoder_decoder_pretrained": Loader(
        package="transformers",
        kind="composition",
        call="from_encoder_decoder_pretrained",
        checkpoint="encoder_pretrained_model_name_or_path",
        second="decoder_pretrained_model_name_or_path",
    ),
    "from_vision_text_pretrained": Loader(
        package="transformers",
        kind="composition",
        call="from_vision_text_pretrained",
        checkpoint="vision_model_name_or_path",
        second="text_model_name_or_path",
    ),
}
"""Class methods of transformers that load; the class is that of the call."""

_OPEN_CLIP = Loader(
    package="open_clip",
    kind="model",
    call="create_model",
    checkpoint="model_name",
    second="pretrained",
)
_FUNCTIONS = {
    ("transformers", "pipeline"): Loader(
        package="transformers",
        kind="pipeline",
        call="pipeline",
        checkpoint="model",
        position=1,
        task="task",
    ),
    ("sentence_transformers", "SentenceTransformer"): Loader(
        package="sentence_transformers",
        kind="model",
        call="SentenceTransformer",
        class_name="SentenceTransformer",
        checkpoint="model_name_or_path",
    ),
    ("open_clip", "create_model"): _OPEN_CLIP,
    ("open_clip", "create_model_and_transforms"): _OPEN_CLIP._replace(
        call="create_model_and_transforms", parts=3
    ),
    ("open_clip", "create_model_from_pretrained"): _OPEN_CLIP._replace(
        call="create_model_from_pretrained", parts=2
    ),
    ("open_clip", "get_tokenizer"): _OPEN_CLIP._replace(
        kind="tokenizer", call="get_tokenizer", second=None
    ),
    ("clip", "load"): Loader(package="clip", kind="model", call="load", checkpoint="name", parts=2),
}
"""Functions and classes that load when they are called, by package and name."""


@lru_cache(maxsize=4096)
def loader_of(callee: Symbol) -> Loader | None:
    """Return how a call of this name loads, or None where it does not."""
    if callee.root == "clip" and callee.module not in ("clip", "clip.clip"):
        return None
    method = _METHODS.get(callee.name) if callee.root == "transformers" else None
    if method is None:
        return _FUNCTIONS.get((callee.root, callee.name))
    class_name = callee.module.rpartition(".")[2]
    if not class_name[:1].isupper():
        return None
    return method._replace(kind=method.kind or kind_of(class_name), class_name=class_name)


def kind_of(class_name: str) -> str:
    """Return what a class of transformers is, by how its name ends."""
    return next((kind for ending, kind in _KINDS if re.fullmatch(ending, class_name)), "model")


def composer_of(callee: Symbol) -> Loader | None:
    """Return what calling a model class itself gives: random weights, from a configuration."""
    if callee.name.endswith("Model") or "For" in callee.name[1:]:
        return Loader("transformers", "composition", callee.name, callee.name)
    return None


def gives_itself(method: str) -> bool:
    """True for methods that give back the object they are called on."""
    return _GIVES_ITSELF.fullmatch(method) is not None


def wraps(function: str) -> bool:
    """True for functions that give back the model they were passed, wrapped."""
    return _WRAPS.fullmatch(function) is not None
