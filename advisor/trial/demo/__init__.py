"""The demo checkpoints: three small networks, really trained, that ship with the package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from advisor.hub import NotFoundError
from advisor.trial.demo.cards import read_card

HOME = Path(__file__).with_name("checkpoints")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCheckpoint:
    """A checkpoint that ships with the package: `demo:NAME` wherever a checkpoint is named.

    `family` is the family its card names; `tasks` are those to show it with.
    """

    name: str
    folder: Path
    family: str
    tasks: tuple[str, ...]
    summary: str

    @property
    def id(self) -> str:
        """The name to give as a checkpoint."""
        return f"demo:{self.name}"


def demo_checkpoints() -> tuple[DemoCheckpoint, ...]:
    """Return the demo checkpoints, by the order their cards give."""
    found = [(read_card(folder), folder) for folder in sorted(HOME.glob("*")) if folder.is_dir()]
    return tuple(
        DemoCheckpoint(
            name=folder.name,
            folder=folder,
            family=str(card["family"]),
            tasks=tuple(card["tasks"]),
            summary=str(card["summary"]),
        )
        for card, folder in sorted(found, key=lambda each: each[0].get("order", 99))
        if card
    )


def demo_checkpoint(name: str) -> DemoCheckpoint:
    """Return one demo checkpoint by name."""
    known = demo_checkpoints()
    for each in known:
        if each.name == name:
            return each
    raise NotFoundError(
        f"there is no demo checkpoint `{name}`",
        hint=f"there are: {', '.join(each.id for each in known)}",
    )
