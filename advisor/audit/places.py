"""Where the entries of a rule base stand, as reports write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from advisor.files import resolved
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import shipped_rules


class Places:
    """Turns places of a rule base (`decisions/scale.yaml:3`) into paths and lines.

    `folder` holds its rules where these are not the shipped ones. Overlays are named by their
    folder (`our-rules/decisions/scale.yaml:3`). Paths are relative to the working folder where
    they lie in it; else they begin with the rule folder.
    """

    def __init__(self, rulebase: RuleBase, folder: str = "") -> None:
        self.rulebase = rulebase
        self.base = Path(folder) if folder else shipped_rules()

    def locate(self, place: str) -> tuple[str, int | None]:
        """Return path and line; an empty path and None for an empty place."""
        name, _, line = place.rpartition(":")
        if not name:
            return "", None
        file, folder = self.base / name, self.base
        for overlay in map(Path, self.rulebase.folders):
            inside = overlay.parent / name
            if name.startswith(f"{overlay.name}/") and inside.is_file():
                file, folder = inside, overlay
                break
        stands, working = resolved(file), resolved(Path.cwd())
        root = working if stands.is_relative_to(working) else resolved(folder).parent
        return stands.relative_to(root).as_posix(), int(line)

    def lead(self, place: str) -> str:
        """Return what comes before a message: `rules/criteria.yaml:3: `, or nothing."""
        path, line = self.locate(place)
        return f"{path}:{line}: " if path else ""

    def stands(self, place: str) -> dict[str, Any]:
        """Return path and line as JSON documents have them."""
        return dict(zip(("path", "line"), self.locate(place), strict=True))
