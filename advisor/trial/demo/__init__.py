"""The demo checkpoints, four small trained networks, and their machine-readable cards."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.hub import NotFoundError

HOME = Path(__file__).with_name("checkpoints")
CARD = "advisor_card.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCheckpoint:
    """A checkpoint included in the package, accepted as `demo:NAME` in place of any checkpoint.

    `family` is that of its card; `tasks` are those it supports, `labels` and `question` are inputs
    for a demonstration, used if the user passes none.
    """

    name: str
    folder: Path
    family: str
    tasks: tuple[str, ...]
    labels: tuple[str, ...] = ()
    question: str | None = None

    @property
    def id(self) -> str:
        """The name to pass as a checkpoint: `demo:NAME`."""
        return f"demo:{self.name}"


def demo_checkpoints() -> tuple[DemoCheckpoint, ...]:
    """Return the demo checkpoints, in the order that their cards set."""
    cards = [(read_card(folder), folder) for folder in sorted(HOME.glob("*")) if folder.is_dir()]
    return tuple(
        DemoCheckpoint(
            name=folder.name,
            folder=folder,
            family=card["family"],
            tasks=tuple(card["tasks"]),
            labels=tuple(card.get("labels", ())),
            question=card.get("question"),
        )
        for card, folder in sorted(cards, key=lambda each: each[0].get("order", 99))
        if card
    )


def demo_checkpoint(name: str) -> DemoCheckpoint:
    """Return a demo checkpoint by its name; raise NotFoundError if there is none."""
    checkpoints = {each.name: each for each in demo_checkpoints()}
    if name not in checkpoints:
        there = ", ".join(each.id for each in checkpoints.values())
        raise NotFoundError(
            f"the demo checkpoint `{name}` does not exist", hint=f"there are: {there}"
        )
    return checkpoints[name]


def read_card(folder: Path) -> dict[str, Any]:
    """Return the JSON card of a folder; empty if it has no valid one."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return card if isinstance(card, dict) else {}


def warnings_of(card: dict[str, Any]) -> tuple[str, ...]:
    """Return the warnings of a card, which go with every answer."""
    warnings = card.get("warnings")
    return tuple(str(each) for each in warnings) if isinstance(warnings, list) else ()
