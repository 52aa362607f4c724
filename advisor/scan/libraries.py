"""How libraries are asked for checkpoints: which call loads what, and from which argument."""

from __future__ import annotations

import re
from typing import NamedTuple

from advisor.scan.values import Symbol

CLASS_METHODS = {
    "from_pretrained": ("pretrained_model_name_or_path",),
    "from_encoder_decoder_pretrained": (
        "encoder_pretrained_model_name_or_path",
        "decoder_pretrained_model_name_or_path",
    ),
    "from_vision_text_pretrained": (
        "vision_model_name_or_path",
        "text_model_name_or_path",
    ),
}
"""Class methods of transformers that load, and their first arguments."""

_OPEN_CLIP = {
    "create_model": ("model_name", "pretrained"),
    "create_model_and_transforms": ("model_name", "pretrained"),
    "create_model_from_pretrained": ("model_name", "pretrained"),
    "get_tokenizer": ("model_name",),
}
_KINDS = (
    (
        re.compile(r".*(?:ImageProcessor|FeatureExtractor|VideoProcessor)(?:Fast|Pil)?\Z"),
        "image_processor",
    ),
    (re.compile(r".*Tokenizer(?:Fast)?\Z"), "tokenizer"),
    (re.compile(r".*Processor\Z"), "processor"),
    (re.compile(r".*Config\Z"), "configuration"),
)
_LOADED_THEN_CALLED = frozenset(
    [
        "to",
        "eval",
        "cuda",
        "cpu",
        "half",
        "float",
        "bfloat16",
        "double",
        "train",
        "requires_grad_",
        "share_memory",
        "compile",
        "to_bettertransformer",
    ]
)
_WRAPPERS = frozenset(
    [
        "prepare",
        "compile",
        "DataParallel",
        "DistributedDataParallel",
        "get_peft_model",
        "prepare_model_for_kbit_training",
    ]
)


class Loader(NamedTuple):
    """A call that loads: `parameters` are the names of checkpoint, second checkpoint, task."""

    package: str
    kind: str
    call: str
    class_name: str | None
    checkpoint: tuple[str, ...]
    """Names of the argument with the checkpoint; the first is also its position."""
    position: int
    second: str | None
    task: str | None
    parts: int
    """How many values the call gives: open_clip gives model and transforms together."""


def loader(callee: Symbol) -> Loader | None:
    """Return how a call of this name loads, or None where it does not."""
    if callee.root == "transformers":
        return _transformers(callee)
    if callee.root == "sentence_transformers" and callee.name == "SentenceTransformer":
        names = ("model_name_or_path",)
        return Loader(
            "sentence_transformers", "model", callee.name, callee.name, names, 0, None, None, 1
        )
    if callee.root == "open_clip" and callee.name in _OPEN_CLIP:
        first, *rest = _OPEN_CLIP[callee.name]
        kind = "tokenizer" if callee.name == "get_tokenizer" else "model"
        second = rest[0] if rest else None
        parts = {"create_model_and_transforms": 3, "create_model_from_pretrained": 2}
        return Loader(
            "open_clip",
            kind,
            callee.name,
            None,
            (first,),
            0,
            second,
            None,
            parts.get(callee.name, 1),
        )
    if callee == Symbol("clip", "load") or callee == Symbol("clip.clip", "load"):
        return Loader("clip", "model", "load", None, ("name",), 0, None, None, 2)
    return None


def _transformers(callee: Symbol) -> Loader | None:
    if callee.name == "pipeline":
        return Loader("transformers", "pipeline", "pipeline", None, ("model",), 1, None, "task", 1)
    if callee.name in CLASS_METHODS:
        class_name = callee.module.rpartition(".")[2]
        if not class_name[:1].isupper():
            return None
        first, *rest = CLASS_METHODS[callee.name]
        composed = callee.name != "from_pretrained"
        kind = "composition" if composed else kind_of(class_name)
        second = rest[0] if rest else None
        return Loader("transformers", kind, callee.name, class_name, (first,), 0, second, None, 1)
    return None


def kind_of(class_name: str) -> str:
    """Return what a class of transformers is, by how its name ends."""
    for expression, kind in _KINDS:
        if expression.match(class_name):
            return kind
    return "model"


def gives_itself(method: str) -> bool:
    """True for methods that give back the object they are called on."""
    return method in _LOADED_THEN_CALLED


def wraps(function: str) -> bool:
    """True for functions that give back the model they were passed, wrapped."""
    return function in _WRAPPERS
