"""The file kinds of a rule base and the shape of each."""

from __future__ import annotations

from typing import Any

from advisor.reader.kinds.catalogue import architectures, benchmarks, checkpoints, drift, programs
from advisor.reader.kinds.checking import PROJECT, checks
from advisor.reader.kinds.judging import (
    PROFILE,
    criteria,
    decisions,
    family,
    family_extension,
    questions,
    scenarios,
    sources,
    tasks,
)
from advisor.reader.shape import Shape

__all__ = ["KINDS", "PROFILE", "PROJECT", "schema"]

KINDS: dict[str, Shape] = {
    "criteria": criteria,
    "questions": questions,
    "tasks": tasks,
    "sources": sources,
    "decisions": decisions,
    "benchmarks": benchmarks,
    "family": family,
    "family-extension": family_extension,
    "checkpoints": checkpoints,
    "architectures": architectures,
    "programs": programs,
    "drift": drift,
    "scenarios": scenarios,
    "checks": checks,
    "project": PROJECT,
    "profile": PROFILE,
}


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a file kind, for an editor to complete and check."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"advisor {kind}",
        **KINDS[kind].schema(),
    }
