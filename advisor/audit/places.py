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
        file, folder = self._file(name)
        return _relative(file, folder), int(line)

    def _file(self, name: str) -> tuple[Path, Path]:
        """Return a file, and the rule folder that it is in."""
        for overlay in map(Path, self.rulebase.folders):
            inside = overlay.parent / name
            if name.startswith(f"{overlay.name}/") and inside.is_file():
                return inside, overlay
        return self.base / name, self.base

    def lead(self, place: str) -> str:
        """Return what comes before a message: `rules/criteria.yaml:3: `, or nothing."""
        path, line = self.locate(place)
        return f"{path}:{line}: " if path else ""

    def stands(self, place: str) -> dict[str, Any]:
        """Return path and line as JSON documents have them."""
        return dict(zip(("path", "line"), self.locate(place), strict=True))


def _relative(file: Path, folder: Path) -> str:
    place = resolved(file)
    working = resolved(Path.cwd())
    if place.is_relative_to(working):
        return place.relative_to(working).as_posix()
    return place.relative_to(resolved(folder).parent).as_posix()
