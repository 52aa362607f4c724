"""A whole project, scanned: from files, which are modules that import each other, to usages."""

from __future__ import annotations

import errno
import gc
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from advisor.errors import reason_of
from advisor.files import know_as_read, read_bounded, size_shown
from advisor.scan.cells import code_of_notebook, read_cells
from advisor.scan.configuration import read_configuration
from advisor.scan.deadline import Deadline, OutOfTimeError
from advisor.scan.grouping import Grouping, together
from advisor.scan.guard import guarded, mentions_guards
from advisor.scan.importers import Importers, given_names, imports_from, uses
from advisor.scan.imports import Imports
from advisor.scan.mention import FEATURES, Lost, Mentions, Settled, imports_library, sees
from advisor.scan.modules import Modules
from advisor.scan.names import names_asked, names_in
from advisor.scan.notebook import parse_cells
from advisor.scan.override import mentions_overrides, overrides
from advisor.scan.pin import Pin, pin_of_notebook, pin_of_script
from advisor.scan.source import (
    MARK,
    Parsed,
    UnreadableError,
    digest,
    ignores_in_python,
    parse_python,
    same_letters,
    searchable,
    spells_otherwise,
    text_of,
)
from advisor.scan.statement import study_file
from advisor.scan.study import Study
from advisor.scan.usage import (
    Built,
    FileNote,
    FileScan,
    Ignore,
    Location,
    Name,
    Override,
    Scan,
    Usage,
    Value,
)
from advisor.scan.vocabulary import LIBRARIES_OF_FUNCTIONS, Vocabulary
from advisor.scan.walk import MOST_BYTES, SourceFile, dialect_of, find_files

_LIBRARY = "transformers"
_WORDS = {"pretrained", "pipeline", MARK.decode(), *FEATURES, *LIBRARIES_OF_FUNCTIONS}
_SPOKEN_OF = tuple(
    one.encode()
    for one in (_LIBRARY, *sorted(_WORDS - {_LIBRARY}))
    if not any(two in one for two in _WORDS - {one})
)
"""Bytes of which some stand in each file that has anything to do with checkpoints.

The first stands in most of those files.
"""
_ESCAPED_LETTER = re.compile(rb"\\u00[4-7]")
"""A letter as JSON need not write it."""
_BETWEEN_PIECES = re.compile(rb'"\s*,\s*"')
"""Where a line of a cell, or a word of it, may go on."""
TOO_DEEP = "{} is nested too deeply to be followed"
_VALUES_MADE = 50_000
_MOST_IN_A_ROW = 3
"""Files that have something loaded each from the next, without a word of it."""


def scan(
    paths: Sequence[Path],
    root: Path,
    vocabulary: Vocabulary,
    *,
    exclude: Sequence[str] = (),
    deadline: Deadline | None = None,
    settled: Settled = lambda *_: False,
    lost: Lost = lambda _: frozenset(),
) -> Scan:
    """Return what the files under `paths` load; places are relative to `root`.

    Files are parsed, never imported or run. One that cannot be read or parsed gives a note, and
    the others are still scanned; nothing is raised for what a file holds. A file that uses nothing
    but `settled` names, of which no release can say anything, and loads nothing is only `skimmed`.
    Classes that know no language are followed where they have `lost` members that a file uses.
    """
    deadline = deadline or Deadline()
    with deadline.watched(), _rare_collections():
        found = find_files(paths, root, exclude, deadline)
        scanner = _Scanner(Modules(found.files, vocabulary), vocabulary, settled, lost)
        for number, file in enumerate(found.files):
            if not deadline.left:
                scanner.stop_at(file, len(found.files) - number)
                break
            scanner.add(file, deadline)
        scanner.follow_importers(deadline)
    notes = {*found.notes, *scanner.notes}
    return Scan(
        usages=tuple(together(scanner.usages)),
        beside=tuple(scanner.beside),
        names=tuple(sorted(scanner.names, key=lambda name: name.place[:3])),
        built=tuple(scanner.built),
        overrides=tuple(scanner.overrides),
        ignores=tuple(scanner.ignores),
        notes=tuple(sorted(notes, key=lambda note: (note.path, note.line or 0, note.message))),
        files=scanner.files,
        left_out=found.left_out + scanner.left_out,
        vouched=found.vouched,
        seen=scanner.seen,
        pins=scanner.pins,
        unreached=tuple(scanner.unreached()),
        guarded=tuple(scanner.guarded),
        skimmed=frozenset(scanner.skimmed),
        seeing=frozenset(scanner.seeing),
    )


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for circles of garbage less often: trees hold many values, and none of them."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _VALUES_MADE) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Read(NamedTuple):
    """The bytes of a file and the code in them; of a notebook, what JSON gives as well.

    The code is None where only reading the file whole tells.
    """

    data: bytes
    code: str | None
    notebook: Any = None


class _Scanner:
    """A scan under way."""

    def __init__(
        self, modules: Modules, vocabulary: Vocabulary, settled: Settled, lost: Lost
    ) -> None:
        self.modules = modules
        self.vocabulary = vocabulary
        self.mentions = Mentions(vocabulary, settled, modules.is_ours, lost)
        self.importers = Importers(modules.home, modules.words)
        self._unread: list[SourceFile] = []
        """Files passed over while nobody had anything to give them."""
        self.usages: list[Usage] = []
        self.beside: list[Usage] = []
        self.names: list[Name] = []
        self.built: list[Built] = []
        self.overrides: list[Override] = []
        self.ignores: list[Ignore] = []
        self.notes: list[FileNote] = []
        self.files = 0
        self.left_out: Counter[str] = Counter()
        self.seen: dict[str, bytes] = {}
        self.named_ids: dict[str, dict[str, int]] = {}
        self.pins: dict[str, Pin] = {}
        self.guarded: list[Location] = []
        self.skimmed: set[str] = set()
        self.seeing: set[str] = set()

    def stop_at(self, file: SourceFile, left: int) -> None:
        """Say that the run was over before a file and all behind it."""
        self.left_out["out_of_time"] += left
        more = f", nor were {left - 1} files behind it" if left > 1 else ""
        self.notes.append(FileNote(file.name, None, f"was not reached before the deadline{more}"))

    def add(self, file: SourceFile, deadline: Deadline, taken: Collection[str] = ()) -> None:
        """Add what one file holds, or does with what it has taken of others."""
        if taken:
            self._work(deadline, self._again, file, taken)
        else:
            self._work(deadline, self._add, file)

    def _work(
        self, deadline: Deadline, act: Callable[..., None], file: SourceFile, *rest: object
    ) -> None:
        """Work on a file, or note what stops that."""
        try:
            with deadline:
                act(file, *rest)
        except OutOfTimeError:
            self.notes.append(FileNote(file.name, None, "takes too long to be followed"))
        except OSError as error:
            self._note_unread(file, error)
        except UnreadableError as error:
            self.notes.append(error.note)
        except (RecursionError, MemoryError):
            self.notes.append(FileNote(file.name, None, TOO_DEEP.format("something in it")))

    def _note_unread(self, file: SourceFile, error: OSError) -> None:
        """Say why a file was not read."""
        message = f"cannot be read: {reason_of(error)}"
        if error.errno == errno.EFBIG:
            self.left_out["too_large"] += 1
            if file.name.endswith(".json"):  # data, more often than not
                return
            message = f"is over {size_shown(MOST_BYTES[file.kind])}, so it is not checked"
        self.notes.append(FileNote(file.name, None, message))

    def _add(self, file: SourceFile) -> None:
        code = file.kind != "configuration"  # which may be a report that is written anew
        data = read_bounded(file.path, MOST_BYTES[file.kind], known=code, walked=True)
        self.files += 1
        if file.kind == "python":
            self._see_from(file, data)
        if file.kind == "configuration":
            seen = read_configuration(data, file.name, self.vocabulary)
            if seen.usages:
                know_as_read(file.path)
                self.seen[file.name] = digest(data)
            self.usages.extend(seen.usages)
            self.ignores.extend(seen.ignores)
        elif file.kind == "dialect":
            self._pass_over(file, data)
        elif self._may_concern_us(file, data):
            self._merge(file.name, data, self._followed(file, read_code(file, data)))
        elif file.kind == "python" and self.importers.wanted:
            self._keep_left(file, data)
        elif file.kind in ("python", "notebook"):
            self._unread.append(file)

    def _see_from(self, file: SourceFile, data: bytes) -> None:
        """Learn which files belong to a model of this one about images: its imports."""
        code = text_of(data) if b"import" in data and b"class " in data else ""
        for module, names in imports_from(code) if sees(code) else ():
            inner = (f"{module}{'' if module.endswith('.') else '.'}{name}" for name in names)
            files = (self.modules.file(file.name, one) for one in (module, *inner))
            self.seeing.update(one.name for one in files if one)

    def follow_importers(self, deadline: Deadline) -> None:
        """Follow files that were passed over, but use what others load, and those that use them."""
        for file in self._unread if self.importers.wanted and deadline.left else ():
            self._work(deadline, self._keep_unread, file)
        for _ in range(_MOST_IN_A_ROW):
            if not (using := self.importers.using()):
                return
            for number, (file, names) in enumerate(using.items()):
                if not deadline.left:
                    self.stop_at(file, len(using) - number)
                    return
                self.add(file, deadline, names)

    def _keep_unread(self, file: SourceFile) -> None:
        with suppress(OSError):
            self._keep_left(file, read_bounded(file.path, MOST_BYTES[file.kind], known=True))

    def _keep_left(self, file: SourceFile, data: bytes) -> None:
        """Keep a file that was passed over, if it imports modules of the project."""
        if file.kind == "python" and b"\0" not in data:
            self.importers.keep(file, searchable(text_of(data)), left=True)
        elif file.kind == "notebook" and self.importers.may_take(data):
            self.importers.keep(file, read_code(file, data).code or "", left=True)

    def _again(self, file: SourceFile, names: Collection[str]) -> None:
        """Add what a file does with what others load that it has by these names."""
        data = read_bounded(file.path, MOST_BYTES[file.kind], known=True)
        read = read_code(file, data)
        if read.code is not None and not uses(read.code, names):
            return
        held = self._parsed(file, read, loads=True, again=True)
        if file.name in self.seen:  # it was walked through
            nothing = FileScan(notes=held.notes, gives=held.gives)
            held = nothing._replace(usages=held.usages, built=held.built)
        self._merge(file.name, data, held)

    def _may_concern_us(self, file: SourceFile, data: bytes) -> bool:
        """True where words of ours stand in a file, in whatever letters Python takes for them."""
        if b"\0" in data:  # as each second byte of UTF-16 is
            data = data.replace(b"\0", b"")
        if _speaks_of_us(data) or self.vocabulary.ids_in(data):
            return True
        if file.kind == "python" and spells_otherwise(data):
            return True
        if file.kind == "notebook":
            data = _BETWEEN_PIECES.sub(b"", data)
            if _ESCAPED_LETTER.search(data) or _speaks_of_us(data):
                return True
        if data.isascii():
            return False
        text = text_of(data) if file.kind == "python" else data.decode("utf-8", "replace")
        return _speaks_of_us(same_letters(text).encode("utf-8", "replace"))

    def _pass_over(self, file: SourceFile, data: bytes) -> None:
        """Say of what is nearly Python that it is not read, where that may hide something."""
        if _speaks_of_us(data) or self.vocabulary.ids_in(data):
            self.notes.append(
                FileNote(file.name, None, f"is {dialect_of(file.name)}, which is not read")
            )

    def unreached(self) -> Iterator[Value]:
        """Yield the known ids in texts of code that no load takes, as far as can be followed."""
        loaded = defaultdict(set)
        for usage in self.usages:
            for load in usage.loads:
                for value in (*load.checkpoint, *load.second_checkpoint):
                    for path in {value.place.path, usage.place.path}:
                        loaded[path].add(value.text)
        for path, ids in sorted(self.named_ids.items()):
            for id, line in ids.items():
                if id not in loaded[path]:
                    yield Value(id, Location(path, line, 1, line, 1), certain=False)

    def _merge(self, name: str, data: bytes, held: FileScan) -> None:
        """Add what a file of code holds."""
        self.usages.extend(held.usages)
        self.beside.extend(held.beside)
        self.names.extend(held.names)
        self.built.extend(held.built)
        self.overrides.extend(held.overrides)
        self.ignores.extend(held.ignores)
        self.notes.extend(held.notes)
        self.guarded.extend(held.guarded)
        self.left_out["other_language"] += held.other_language
        if held.ids:
            self.named_ids[name] = dict(held.ids)
        self.importers.give(name, held.gives)
        if held.pin:
            self.pins[name] = held.pin
        if held.parsed:
            self.seen[name] = digest(data)
        for is_so, names in ((held.skimmed, self.skimmed), (held.seeing, self.seeing)):
            if is_so:
                names.add(name)

    def _followed(self, file: SourceFile, read: Read) -> FileScan:
        """What a file of code holds; it is kept for later where that may come from others."""
        held = self._searched(file, read)
        if read.code is not None:
            self.importers.keep(file, read.code, left=not held.followed)
        return held

    def _searched(self, file: SourceFile, read: Read) -> FileScan:
        """What a file of code holds, read as far as a search tells that it has to be."""
        name, data, code = file.name, read.data, read.code
        known = code is None or bool(self.mentions.ids(code))
        ids = self.vocabulary.ids_in(data) if known else {}
        whole = known or MARK in data
        if code is None or whole or _may_ask(code) or imports_library(code):
            loads = known or code is None or self.mentions.may_load(code, name)
            loads = loads or self.mentions.may_lack(code or "")
            if loads or whole or self.mentions.may_drift(code or ""):
                return self._parsed(file, read, loads=loads)._replace(ids=ids)
            if file.kind == "python":
                parse_python(data, name)  # what is broken is said to be
            return FileScan(ids=ids, skimmed=True)
        return FileScan(ids=ids)

    def _parsed(
        self, file: SourceFile, read: Read, *, loads: bool, again: bool = False
    ) -> FileScan:
        """What a walk through a file finds; `loads` is false where it loads nothing of ours.

        It is walked again where it may have something loaded from a file that it imports.
        """
        name, data, code = file.name, read.data, read.code
        notebook = file.kind == "notebook"
        if notebook:
            parsed = parse_cells(read_cells(data, name, read.notebook), name)
        else:
            parsed = parse_python(data, name)
        text = code if code is not None else parsed.text
        direct, ids = not again and imports_library(text), self.mentions.ids(text) if loads else ()
        lacks = loads and self.mentions.may_lack(text)
        found = self._usages(parsed, direct, bool(ids), lacks) if loads else FileScan()
        return found._replace(
            names=tuple(dict.fromkeys((*names_in(parsed), *found.names))),
            overrides=tuple(overrides(parsed)) if mentions_overrides(text) else (),
            ignores=tuple(ignores_in_python(parsed)) if MARK in data else (),
            notes=(*parsed.notes, *found.notes),
            guarded=tuple(guarded(parsed)) if mentions_guards(text) else (),
            pin=self._pin(file, data, text),
            other_language=parsed.other_language,
            parsed=True,
            seeing=sees(text),
        )

    @staticmethod
    def _pin(file: SourceFile, data: bytes, text: str) -> Pin | None:
        """The pin that a file has in itself."""
        if file.kind == "notebook":
            return pin_of_notebook(data, text, file.name)
        return pin_of_script(data, file.name)

    def _usages(self, parsed: Parsed, direct: bool, ids: bool, lacks: bool) -> FileScan:
        """Return what a file loads and makes, and notes of what in it is too deep.

        Other files are read only where that may tell more.
        """
        study: Study | None = None
        grouping: Grouping | None = None
        if direct:
            asked: set[str] = set()
            imports = self.modules.imports(parsed.name)
            alone = Study(parsed, self.vocabulary, Imports(asked.add, imports.documents))
            study_file(alone, walks=1)
            ours = any(self.modules.has(parsed.name, module) for module in asked)
            goes_on = alone.awaits and alone.learned_more and not ours
            grouping = Grouping(alone)
            concerns = grouping.may_concern_us or (ours and (ids or alone.seeks))
            if not (concerns or goes_on or lacks):
                return FileScan(built=_members_of_ours(alone), names=names_asked(alone))
            if not ours:
                alone.imports = imports  # which has told it nothing yet: it goes on as it is
                study = alone
        study = study or self.modules.study(parsed)
        if grouping is None or grouping.study is not study or study.learned_more:
            study_file(study)
            grouping = Grouping(study)
        notes = tuple(
            FileNote(place.path, place.line, TOO_DEEP.format("a statement"))
            for place in sorted(study.too_deep)
        )
        usages, beside = tuple(grouping.usages()), tuple(grouping.beside()) if lacks else ()
        return FileScan(
            usages,
            beside,
            names=names_asked(study),
            built=study.built() if usages else study.members_of_ours(),
            notes=notes,
            gives=given_names(study, grouping.ours) if usages else frozenset(),
            followed=True,
        )


def read_code(file: SourceFile, data: bytes) -> Read:
    """Return the bytes of a file with the code in them."""
    if file.kind == "notebook":
        text, notebook = code_of_notebook(data)
        return Read(data, None if text is None else searchable(text), notebook)
    if b"\0" in data or spells_otherwise(data):
        return Read(data, None)
    return Read(data, searchable(text_of(data)))


def _members_of_ours(study: Study) -> tuple[Built, ...]:
    """What is taken from our classes that a file extends, seen again when all of it is known."""
    if study.members_of_ours():
        study.learned_more = True
        study_file(study, walks=1)
    return study.members_of_ours()


def _speaks_of_us(data: bytes) -> bool:
    for word in _SPOKEN_OF:  # noqa: SIM110 - a generator costs as much as the search
        if word in data:
            return True
    return False


def _may_ask(code: str) -> bool:
    """True where code loads a model, or asks one that another file loads."""
    return "from_pretrained" in code or any(name in code for name in FEATURES)
