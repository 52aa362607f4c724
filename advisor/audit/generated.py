"""Generated pages against those in a folder: which are new, changed, current or left over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from advisor.audit.rule_pages import MARKER
from advisor.draw.blocks import Item, Items, Page, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.phrasing import count


class Written(NamedTuple):
    """The pages to write, those to remove, and how many are current already."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int

    @property
    def current(self) -> bool:
        """True where nothing has to be written or removed."""
        return not self.written and not self.removed


def compare(texts: Mapping[str, str], present: Mapping[str, str]) -> Written:
    """Return what has to be done so that a folder holds these texts.

    Files that do not carry the marker of a generated page are left alone.
    """
    written = tuple(name for name, text in texts.items() if present.get(name) != text)
    removed = tuple(
        name for name, text in present.items() if name not in texts and text.startswith(MARKER)
    )
    return Written(written, removed, len(texts) - len(written))


def written_json(state: Written, folder: str, *, check: bool) -> dict[str, Any]:
    """Return the JSON document of `advisor rules docs --format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "folder": folder,
        "checked": check,
        "current": state.current or not check,
        "written": list(state.written),
        "removed": list(state.removed),
        "unchanged": state.unchanged,
    }


def written_page(state: Written, folder: str, *, check: bool) -> Page:
    """Return the page: what was done, or with `check` what has to be."""
    number = len(state.written) + state.unchanged
    if state.current:
        return [Text(f"{folder}: {count(number, 'page')}, all current", "good")]
    if not check:
        done = f"{folder}: {count(len(state.written), 'page')} written, {state.unchanged} current"
        gone = f", {len(state.removed)} removed" if state.removed else ""
        return [Text(f"{done}{gone}", "good")]
    rows = [Item("-", f"{folder}/{name} is not current") for name in state.written]
    rows += [Item("-", f"{folder}/{name} is left over") for name in state.removed]
    return [Items(tuple(rows)), Text("run `advisor rules docs` to write them", "warn")]
