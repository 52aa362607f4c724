"""An overlay of a size that nobody writes by hand: every question of it can decide."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

FAMILIES = ("clip", "vision-encoder-decoder", "unified-vlp")
EFFECTS = ("prefer", "avoid")
CRITERIA = ("domain", "language", "detail", "hardware")
SOURCE = "house"


class Size(NamedTuple):
    """How many of each are written, and for how many of the questions a rule asks at once."""

    questions: int
    checkpoints: int
    tasks: int
    together: int = 1


def written(kind: str, entries: Iterator[dict[str, Any]]) -> str:
    """Return a file of entries: JSON, which is YAML too."""
    return json.dumps({kind: list(entries)}, indent=0)


def questions(number: int) -> Iterator[dict[str, Any]]:
    """Yield questions of three options each."""
    for n in range(number):
        options = [{"id": f"q{n}-{letter}", "label": f"answer {letter}"} for letter in "abc"]
        yield {"id": f"extra-{n}", "ask": f"Extra {n}?", "why": "It is.", "options": options}


def rules(number: int, together: int) -> Iterator[dict[str, Any]]:
    """Yield a rule for each question; every one of them can decide."""
    for n in range(number):
        asked = {n, *(n * (7 + 4 * more) + 1 + more for more in range(together - 1))}
        fires = {"output": "free-text"} | {
            f"extra-{one % number}": f"q{one % number}-b" for one in sorted(asked)
        }
        not_so = {**fires, f"extra-{n}": f"q{n}-a"}
        yield {
            "id": f"extra-rule-{n}",
            "criterion": CRITERIA[n % len(CRITERIA)],
            "when": {question: [option] for question, option in fires.items()},
            EFFECTS[n // 3 % 2]: FAMILIES[n % 3],
            "because": f"Reason {n}.",
            "sources": [SOURCE],
            "examples": [{"given": fires, "fires": True}, {"given": not_so, "fires": False}],
        }


def checkpoints(number: int, family: str) -> Iterator[dict[str, Any]]:
    """Yield checkpoints of a family, in sizes that differ."""
    parts = {
        "clip": ("CLIPModel", "CLIPProcessor", "image-search"),
        "unified-vlp": ("BlipForConditionalGeneration", "BlipProcessor", "captioning"),
        "vision-encoder-decoder": ("VisionEncoderDecoderModel", "TrOCRProcessor", "captioning"),
    }
    model_class, processor, task = parts[family]
    for n in range(number):
        yield {
            "id": f"house/{family}-{n}",
            "label": f"House {n}",
            "loader": "transformers",
            "class": model_class,
            "processor": processor,
            "tasks": [task],
            "parameters_millions": 100 + n,
            "languages": ["en"],
            "sources": {
                field: [SOURCE]
                for field in ("class", "processor", "parameters_millions", "languages")
            },
            "checked": "2026-11",
        }


def tasks(number: int) -> Iterator[dict[str, Any]]:
    """Yield tasks that write about an image."""
    for n in range(number):
        yield {
            "id": f"house-task-{n}",
            "name": f"House task {n}",
            "description": f"Says the thing number {n}.",
            "implies": {"output": ["free-text"], "text-input": ["nothing"], "images": ["one"]},
        }


def fits(number: int) -> dict[str, Any]:
    """Return what unified VLP says of the tasks."""
    fit = {"fit": "good", "because": "It writes.", "sources": [SOURCE]}
    return {"id": "unified-vlp", "tasks": {f"house-task-{n}": fit for n in range(number)}}


def write_overlay(folder: Path, given: Size) -> None:
    """Write all of it."""
    for inner in ("decisions", "checkpoints", "families"):
        (folder / inner).mkdir(parents=True)
    source = {"id": SOURCE, "title": "Our trials", "kind": "results", "read": "2026-11"}
    files = {
        "sources.yaml": written("sources", iter([source])),
        "questions.yaml": written("questions", questions(given.questions)),
        "decisions/house.yaml": written("rules", rules(given.questions, given.together)),
        "tasks.yaml": written("tasks", tasks(given.tasks)),
        "families/unified-vlp.yaml": json.dumps(fits(given.tasks)),
    }
    for family in FAMILIES:
        of_family = checkpoints(given.checkpoints // len(FAMILIES), family)
        files[f"checkpoints/{family}.yaml"] = written("checkpoints", of_family)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
