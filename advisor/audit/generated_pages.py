"""Generated pages against those in a folder: which are new, changed, current or left over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from advisor.audit.rule_pages import MARKER
from advisor.draw.blocks import Item, Items, Page, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.errors import AdvisorError
from advisor.files import write_text
from advisor.phrasing import count


class GeneratedPages(NamedTuple):
    """The pages to write, those to remove, and how many are current already."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int

    @property
    def current(self) -> bool:
        """True where nothing has to be written or removed."""
        return not self.written and not self.removed


def compare(texts: Mapping[str, str], present: Mapping[str, str]) -> GeneratedPages:
    """Return what has to be done so that a folder holds these texts.

    Files that do not carry the marker of a generated page are left alone.
    """
    written = tuple(name for name, text in texts.items() if present.get(name) != text)
    removed = tuple(
        name for name, text in present.items() if name not in texts and text.startswith(MARKER)
    )
    return GeneratedPages(written, removed, len(texts) - len(written))


def pages_in(folder: Path) -> dict[str, str]:
    """Return the Markdown files in a folder; none where there is no folder."""
    try:
        return {
            file.name: file.read_text(encoding="utf-8", errors="replace")
            for file in sorted(folder.glob("*.md"))
            if file.is_file()
        }
    except OSError as error:
        raise AdvisorError(
            f"`{folder}` cannot be read: {error.strerror or error}",
            hint="name a folder that can be read",
            kind="cannot-read",
        ) from error


def write_pages(folder: Path, texts: Mapping[str, str], removed: tuple[str, ...]) -> None:
    """Write pages into a folder, made where it is missing, and remove others."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in removed:
            (folder / name).unlink()
    except OSError as error:
        raise AdvisorError(
            f"`{folder}` cannot be written: {error.strerror or error}",
            hint="name a folder that can be written",
            kind="cannot-write",
        ) from error
    for name, text in texts.items():
        write_text(folder / name, text)


def generated_json(state: GeneratedPages, folder: Path, *, check: bool) -> dict[str, Any]:
    """Return the JSON document of `advisor rules docs --format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "folder": str(folder),
        "checked": check,
        "current": state.current or not check,
        **state._asdict(),
    }


def generated_page(state: GeneratedPages, folder: Path, *, check: bool) -> Page:
    """Return the page: what was done, or with `check` what has to be."""
    number = len(state.written) + state.unchanged
    if state.current:
        return [Text(f"{folder}: {count(number, 'page')}, all current", "good")]
    if not check:
        done = f"{folder}: {count(len(state.written), 'page')} written, {state.unchanged} current"
        removed = f", {len(state.removed)} removed" if state.removed else ""
        return [Text(f"{done}{removed}", "good")]
    rows = [Item("-", f"{folder}/{name} is not current") for name in state.written]
    rows += [Item("-", f"{folder}/{name} is left over") for name in state.removed]
    return [Items(tuple(rows)), Text("run `advisor rules docs` to write them", "warn")]
