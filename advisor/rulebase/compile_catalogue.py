"""What is known of checkpoints, compiled: the catalogue, architectures and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from advisor.model import Architecture, Benchmark, Checkpoint, Decoder, Program

Values = Mapping[str, Sequence[dict[str, Any]]]
"""Checked values by kind, in order."""


def catalogue_parts(values: Values) -> dict[str, dict[str, Any]]:
    """Return the parts catalogue, architectures and programs as values that JSON can hold."""
    made = [_architecture(value) for value in values.get("architecture", ())]
    return {
        "catalogue": {
            "checkpoints": _checkpoints(values, made),
            "benchmarks": [_benchmark(value) for value in values.get("benchmark", ())],
            "read": {value["id"]: value["read"] for value in values["source"]},
        },
        "architectures": {"architectures": made},
        "programs": {"programs": _programs(values)},
    }


def pick(value: dict[str, Any], *keys: str) -> list[Any]:
    """Return the values of some keys, None for each that is not there."""
    return [value.get(key) for key in keys]


def _benchmark(value: dict[str, Any]) -> Benchmark:
    return Benchmark(*pick(value, *Benchmark._fields))


NOTES = (
    "parameters_precision",
    "image_size_note",
    "languages_note",
    "intended_use",
    "language_model_licence",
)
"""Fields of a checkpoint that only qualify others; kept together under `notes`."""


def _checkpoint(value: dict[str, Any]) -> dict[str, Any]:
    row = {field: value.get(field) for field in Checkpoint._fields}
    for field in ("tasks", "fine_tune", "typical", "pitfalls"):
        row[field] = value.get(field, [])
    return row | {
        "model_class": value.get("class"),
        "derived": value.get("derived", False),
        "notes": {key: value[key] for key in NOTES if key in value},
        "measurements": [
            pick(m, "benchmark", "metric", "value", "source", "note", "split")
            for m in value.get("measurements", [])
        ],
    }


def _architecture(value: dict[str, Any]) -> Architecture:
    writer = value.get("writer")
    return Architecture(
        value["id"],
        value["checkpoints"],
        value["class"],
        value["dimensions"],
        value["parameters"],
        writer and Decoder(*pick(writer, *Decoder._fields)),
        value["because"],
        value["sources"],
    )


def _programs(values: Values) -> list[Program]:
    code = {part["id"]: part["code"].strip("\n") for part in values.get("part", ())}
    return [
        Program(
            value["id"],
            value.get("loader", "transformers"),
            value.get("classes", []),
            value.get("processors", []),
            value.get("tasks", []),
            value.get("prompts", {}),
            _joined([code[part] for part in value["parts"]]),
            value.get("says", {}),
        )
        for value in values.get("program", ())
    ]


def _joined(parts: list[str]) -> str:
    """Parts of a program one after the other, functions two lines apart as Python has it."""
    text = parts[0]
    for before, after in pairwise(parts):
        apart = any(part.startswith("def ") for part in (before, after))
        text += ("\n\n\n" if apart else "\n\n") + after
    return text


def _checkpoints(values: Values, made: list[Architecture]) -> dict[str, list[list[Any]]]:
    """Return the checkpoints by family, each with what its architecture says of its writer."""
    writers = {id: architecture.writer for architecture in made for id in architecture.checkpoints}
    families: dict[str, list[list[Any]]] = {}
    for value in values["checkpoint"]:
        row = _checkpoint(value) | {"writer": writers.get(value["id"])}
        listed = [row[field] for field in Checkpoint._fields]
        families.setdefault(value["family"], []).append(listed)
    return families
