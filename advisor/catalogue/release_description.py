"""What one release of the table has, in the form in which `release_files` describes a package."""

from __future__ import annotations

from typing import Any

from advisor.catalogue.release_table import EXPORTS, SPAN, ReleaseTable


class ReleaseDescription(dict[str, Any]):
    """What the table holds of a release, as `release_files.describe` reads it of a package."""

    def __init__(self, table: ReleaseTable, version: str) -> None:
        super().__init__(version=version)
        self._table, self._number = table, table.versions.index(version)

    def __missing__(self, part: str) -> Any:
        rows = self._table.group("@tasks", part, self._number) or {}
        match part:
            case "classes":
                self[part] = self._classes()
            case "auto":
                self[part] = self._auto()
            case "aliases":
                self[part] = rows
            case "suffixes":
                self[part] = list(rows)
            case _:
                self[part] = {key: text.split() for key, text in rows.items()}
        return self[part]

    def _classes(self) -> dict[str, str]:
        names: dict[str, list[str]] = {}
        for block in self._table.blocks:
            if block.startswith(EXPORTS):
                for name, text in (self._table.group(block, "", self._number) or {}).items():
                    parts = text.rpartition(" ")[2].replace(".deprecated", "").split(".")
                    folder = parts[1] if parts[0] == "models" and len(parts) > 1 else ""
                    names.setdefault(folder, []).append(name)
        return {folder: " ".join(sorted(classes)) for folder, classes in names.items()}

    def _auto(self) -> dict[str, dict[str, list[str]]]:
        tables = {}
        for lines in self._table.groups("@auto"):
            if (rows := self._table.members(lines, self._number)) is not None:
                name = lines[: lines.index(SPAN)]
                tables[name] = {key: text.split() for key, text in rows.items()}
        return tables
