"""Files with the same code, as copies and translations of a notebook have: one is followed."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from advisor.scan.cells import Cells, code_of_notebook, read_cells
from advisor.scan.mention import imported
from advisor.scan.source import Spot, digest, searchable, spells_otherwise, text_of
from advisor.scan.usage import FileScan, Location
from advisor.scan.walk import SourceFile


class Read(NamedTuple):
    """The bytes of a file and the code in them; of a notebook, what JSON gives as well.

    The code is None where only reading the file whole tells. `key` is that of files like it.
    """

    data: bytes
    code: str | None
    notebook: Any = None
    key: tuple[str, bytes] = ("", b"")


def read_code(file: SourceFile, data: bytes) -> Read:
    """Return the bytes of a file with the code in them."""
    if file.kind != "notebook":
        if b"\0" in data or spells_otherwise(data):
            return Read(data, None, key=(file.kind, digest(data)))
        code = searchable(text_of(data))
        return Read(data, code, key=(file.kind, digest(data)))
    text, notebook = code_of_notebook(data)
    seen = None if text is None else searchable(text)
    written = (text or "").encode("utf-8", "surrogatepass")
    return Read(data, seen, notebook, (file.kind, digest(written)))


Place: TypeAlias = Callable[[Location], Location]


class _Kept(NamedTuple):
    """What a file holds; for a notebook, how its code is written and where its cells begin."""

    name: str
    held: FileScan
    modules: frozenset[str]
    written: bytes = b""
    starts: tuple[Spot, ...] = ()


class Twins:
    """What files held, for others with the same bytes, or notebooks whose code is the same.

    A file that imports modules of the project, or reads files of it, is like no other, since those
    depend on its place. `is_ours` tells that of a module, by the name of the file that imports it,
    `reads` whether a file reads others.
    """

    def __init__(self, is_ours: Callable[[str, str], bool], reads: Callable[[str], bool]) -> None:
        self._is_ours, self._reads = is_ours, reads
        self._kept: dict[tuple[str, bytes], _Kept] = {}
        self._last: tuple[str, Cells] | None = None

    def cells(self, file: SourceFile, read: Read) -> Cells:
        """Return the code cells of a notebook; it is asked for more than once in a row."""
        if self._last is None or self._last[0] != file.name:
            self._last = file.name, read_cells(read.data, file.name, read.notebook)
        return self._last[1]

    def keep(self, file: SourceFile, read: Read, held: FileScan) -> None:
        """Keep what a file holds, of whose code a copy may come."""
        modules = frozenset(imported(read.code or ""))
        alone = held.notes or held.ignores or self._reads(file.name)
        if alone or any(self._is_ours(file.name, one) for one in modules):
            return
        kept = _Kept(file.name, held, modules)
        if held.parsed and file.kind == "notebook":
            cells = self.cells(file, read)
            kept = kept._replace(written=cells.written(), starts=tuple(cells.starts()))
        self._kept[read.key] = kept

    def of(self, file: SourceFile, read: Read) -> FileScan | None:
        """Return what a file holds, where another tells; its pin and ids may stand elsewhere."""
        kept = self._kept.get(read.key)
        if kept is None or not self._may_follow(kept, file):
            return None
        if not kept.held.parsed:
            return kept.held
        if file.kind != "notebook":
            before = kept.name
            return _moved(
                kept.held, lambda at: at._replace(path=file.name) if at.path == before else at
            )
        cells = self.cells(file, read)
        if cells.written() != kept.written:
            return None
        return _moved(kept.held, _place(kept.starts, cells.starts(), file.name))

    def _may_follow(self, kept: _Kept, file: SourceFile) -> bool:
        return not any(self._is_ours(file.name, module) for module in kept.modules)


def _place(old: Sequence[Spot], new: Sequence[Spot], name: str) -> Place:
    """Return what tells where a place in a notebook is in one whose cells begin elsewhere."""

    def place(at: Location) -> Location:
        cell = bisect.bisect_right(old, (at.line, at.column), key=itemgetter(0, 1)) - 1
        before, now = old[cell], new[cell]
        rows, columns = now.line - before.line, now.column - before.column
        return Location(
            name,
            at.line + rows,
            at.column + columns * (at.line == before.line),
            at.end_line + rows,
            at.end_column + columns * (at.end_line == before.line),
            now.cell,
            at.cell_line,
        )

    return place


def _moved(held: FileScan, place: Place) -> FileScan:
    """What a file holds with every place put where it is in another file."""
    made: dict[int, Any] = {}

    def moved(value: Any) -> Any:
        if isinstance(value, tuple):
            if (new := made.get(id(value))) is None:
                if isinstance(value, Location):
                    new = place(value)
                else:
                    parts = map(moved, value)
                    make = getattr(value, "_make", tuple)
                    new = make(parts)
                made[id(value)] = new
            return new
        if isinstance(value, dict):
            return {key: moved(inner) for key, inner in value.items()}
        return value

    placed = ("usages", "beside", "names", "built", "overrides", "guarded")
    return held._replace(**{name: moved(getattr(held, name)) for name in placed})
