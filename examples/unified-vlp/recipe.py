"""Seeded weights and inputs for the parity with the original, by NumPy alone.

A fixture holds what the original computed, not what it computed with: weights and regions are
numbers from seeds. For each name of a weight in the original's state dict there is a legacy
generator of its own, `RandomState(crc32(name) ^ seed)`, whose stream NumPy has frozen (NEP 19), so
that Python 3.6 with NumPy 1.17 and any newer pair make the same bits.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy

Config = dict[str, int]
Array = Any

REGIONS, FEATURES, BOX, CLASSES, ANSWERS = 100, 2048, 6, 1601, 3129
PAD, CLS, SEP, MASK, UNK = 0, 1, 2, 3, 4
FIRST_WORD = 10
"""The first id that stands for a word; those before it are special or unused."""


def shapes(config: Config, *, answers: bool) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of the original's weights, of a captioner or an answerer."""
    width, inner, words = (
        config[name] for name in ("hidden_size", "intermediate_size", "vocab_size")
    )
    found: dict[str, tuple[int, ...]] = {}

    def linear(name: str, out: int, into: int) -> None:
        found[f"{name}.weight"], found[f"{name}.bias"] = (out, into), (out,)

    def norm(name: str) -> None:
        found[f"{name}.weight"] = found[f"{name}.bias"] = (width,)

    tables = {
        "word": words,
        "position": config["max_position_embeddings"],
        "token_type": config["type_vocab_size"],
    }
    for name, rows in tables.items():
        found[f"bert.embeddings.{name}_embeddings.weight"] = (rows, width)
    norm("bert.embeddings.LayerNorm")
    for number in range(config["num_hidden_layers"]):
        layer = f"bert.encoder.layer.{number}"
        for name in ("query", "key", "value"):
            linear(f"{layer}.attention.self.{name}", width, width)
        linear(f"{layer}.attention.output.dense", width, width)
        norm(f"{layer}.attention.output.LayerNorm")
        linear(f"{layer}.intermediate.dense", inner, width)
        linear(f"{layer}.output.dense", width, inner)
        norm(f"{layer}.output.LayerNorm")
    linear("bert.pooler.dense", width, width)
    found["cls.predictions.bias"] = (words,)
    linear("cls.predictions.transform.dense", width, width)
    norm("cls.predictions.transform.LayerNorm")
    linear("vis_embed.0", FEATURES, FEATURES)
    linear("vis_embed.2", width, FEATURES)
    linear("vis_pe_embed.0", width, BOX + CLASSES)
    if answers:
        linear("ans_classifier.0", 2 * width, width)
        linear("ans_classifier.2", ANSWERS, 2 * width)
    return found


def weight(
    name: str, shape: tuple[int, ...], seed: int, end: tuple[int, float] | None = None
) -> Array:
    """Return one weight, float32; `end` is a word and what is added to its bias.

    The scales make the words written differ from place to place, and captions end.
    """
    random = numpy.random.RandomState((zlib.crc32(name.encode()) ^ seed) & 0xFFFFFFFF)
    values = random.standard_normal(shape)
    if name.endswith("LayerNorm.weight"):
        values = 1 + 0.2 * values
    elif name.endswith("bias"):
        values = 0.05 * values
    elif "position_embeddings" in name:
        values = 1.5 * values
    elif "embeddings" in name:
        values = 0.5 * values
    else:
        gain = 1.2
        if ".query." in name or ".key." in name:
            gain = 2.0
        elif ".value." in name or "attention.output" in name:
            gain = 0.7
        values = gain * values / numpy.sqrt(shape[1])
    single = values.astype(numpy.float32)
    if name == "cls.predictions.bias" and end is not None:
        single[end[0]] += end[1]
    return single


def weights(
    config: Config, seed: int, *, answers: bool = False, end: tuple[int, float] | None = None
) -> dict[str, Array]:
    """Return a state dict as the original writes it; the word head's table is the word table."""
    found = {
        name: weight(name, shape, seed, end)
        for name, shape in shapes(config, answers=answers).items()
    }
    table = found["bert.embeddings.word_embeddings.weight"]
    return {**found, "cls.predictions.decoder.weight": table}


def regions(batch: int, seed: int) -> tuple[Array, Array, Array]:
    """Return what a detector would give, float32: features, class probabilities and boxes.

    They are (batch, 100, 2048), (batch, 100, 1601) and (batch, 100, 6): x1 y1 x2 y2 class score.
    """
    random = numpy.random.RandomState(seed)
    features = numpy.maximum(random.standard_normal((batch, REGIONS, FEATURES)), 0)
    logits = 3 * random.standard_normal((batch, REGIONS, CLASSES))
    powers = numpy.exp(logits - logits.max(-1, keepdims=True))
    probabilities = powers / powers.sum(-1, keepdims=True)
    corner = random.uniform(0, 400, (batch, REGIONS, 2))
    size = random.uniform(10, 220, (batch, REGIONS, 2))
    named = random.randint(1, CLASSES, (batch, REGIONS, 1))
    score = random.uniform(0.2, 1, (batch, REGIONS, 1))
    boxes = numpy.concatenate([corner, corner + size, named, score], -1)
    single = numpy.float32
    return features.astype(single), probabilities.astype(single), boxes.astype(single)


def texts(config: Config, batch: int, seed: int, longest: int = 20) -> list[list[int]]:
    """Return captions or questions as ids, of different lengths, without special tokens."""
    random = numpy.random.RandomState(seed + 7)
    lengths = [int(length) for length in random.randint(3, longest + 1, batch)]
    words = config["vocab_size"]
    return [[int(word) for word in random.randint(FIRST_WORD, words, n)] for n in lengths]
