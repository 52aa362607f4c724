"""Where rule files stand, seen from the working folder: what reports call them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def places(base: Path, overlays: tuple[str, ...]) -> Callable[[str], tuple[str, int | None]]:
    """Return what turns a place of a rule base (`decisions/scale.yaml:3`) into path and line.

    Overlays are named by their folder there (`our-rules/decisions/scale.yaml:3`). Paths are
    relative to the working folder where they lie in it; else they begin with the rule folder.
    """

    def placed(place: str) -> tuple[str, int | None]:
        name, _, line = place.rpartition(":")
        if not name:
            return "", None
        for overlay in overlays:
            folder = Path(overlay)
            inside = folder.parent / name
            if name.startswith(f"{folder.name}/") and inside.is_file():
                return _relative(inside, folder), int(line)
        return _relative(base / name, base), int(line)

    return placed


def _relative(file: Path, folder: Path) -> str:
    whole = file.resolve()
    working = Path.cwd().resolve()
    if whole.is_relative_to(working):
        return whole.relative_to(working).as_posix()
    return whole.relative_to(folder.resolve().parent).as_posix()
