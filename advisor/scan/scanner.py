"""A whole project, scanned: from files, which are modules that import each other, to usages."""

from __future__ import annotations

import errno
import gc
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from advisor.errors import reason_of
from advisor.files import know_as_read, read_bounded, size_shown
from advisor.scan.abstract import Values
from advisor.scan.configuration import read_configuration
from advisor.scan.deadline import Deadline, OutOfTimeError
from advisor.scan.exported import exported, giving
from advisor.scan.grouping import Grouping, together
from advisor.scan.guard import guarded, mentions_guards
from advisor.scan.mention import (
    Lost,
    Mentions,
    code_in,
    imports_from,
    imports_library,
    may_ask,
    sees,
)
from advisor.scan.modules import Modules
from advisor.scan.names import names_asked, names_in
from advisor.scan.notebook import parse_notebook
from advisor.scan.override import mentions_overrides, overrides
from advisor.scan.pin import Pin, pin_of_notebook, pin_of_script
from advisor.scan.source import (
    MARK,
    Parsed,
    UnreadableError,
    digest,
    ignores_in_python,
    parse_python,
    text_of,
)
from advisor.scan.statement import outline, study_file
from advisor.scan.usage import FileNote, FileScan, Location, Scan, Value
from advisor.scan.vocabulary import Vocabulary
from advisor.scan.walk import MOST_BYTES, SourceFile, dialect_of, find_files

TOO_DEEP = "{} is nested too deeply to be followed"
GIVEN_UP = "was given up: it takes more memory or time than a file may"
_VALUES_MADE = 50_000
_MOST_IN_A_ROW = 3
"""Files that have something loaded each from the next, without a word of it."""
_DEEPEST_IMPORTS = 6
"""Files that import each other and are followed one inside the other."""
_IN_ORDER = ("usages", "beside", "names", "built", "overrides", "ignores")
"""What files hold that stands in the order of its places."""


def scan(
    paths: Sequence[Path],
    root: Path,
    vocabulary: Vocabulary,
    *,
    exclude: Sequence[str] = (),
    deadline: Deadline | None = None,
    lost: Lost = lambda _: frozenset(),
    begin: Callable[[str], None] = lambda _: None,
    given_up: Set[str] = frozenset(),
) -> Scan:
    """Return what the files under `paths` load; places are relative to `root`.

    Files are parsed, never imported or run. One that cannot be read or parsed gives a note, and
    the others are still scanned; nothing is raised for what a file holds. Classes that know no
    language are followed where they have `lost` members that a file uses. `begin` is told which
    file is worked on next; those `given_up` are left out, with a note.
    """
    deadline = deadline or Deadline()
    with deadline.watched(), _rare_collections():
        found = find_files(paths, root, exclude, deadline)
        scanner = _Scanner(found.files, vocabulary, deadline, lost, begin, given_up)
        scanner.add_all(found.files)
        for _ in range(_MOST_IN_A_ROW):
            scanner.add_all(scanner.taking(), again=True)
    notes = {*found.notes, *scanner.notes}
    held = {name: sorted(scanner.held[name], key=lambda one: one.place[:3]) for name in _IN_ORDER}
    return Scan(
        usages=tuple(together(held.pop("usages"))),
        **{name: tuple(values) for name, values in held.items()},
        guarded=tuple(scanner.held["guarded"]),
        notes=tuple(sorted(notes, key=lambda note: (note.path, note.line or 0, note.message))),
        files=scanner.files,
        left_out=found.left_out + scanner.left_out,
        vouched=found.vouched,
        seen=scanner.seen,
        pins=scanner.pins,
        unreached=tuple(scanner.unreached()),
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


class _Given(NamedTuple):
    """What a file imports of another one of the project: a name, or "" for the module itself."""

    home: str
    name: str


class _Scanner:
    """A scan under way."""

    def __init__(
        self,
        files: Sequence[SourceFile],
        vocabulary: Vocabulary,
        deadline: Deadline,
        lost: Lost,
        begin: Callable[[str], None],
        given_up: Set[str],
    ) -> None:
        self.modules = Modules(files, vocabulary, self.exports)
        self.vocabulary = vocabulary
        self.deadline = deadline
        self.begin, self.given_up = begin, given_up
        self.mentions = Mentions(vocabulary, lost)
        self.held: dict[str, list[Any]] = defaultdict(list)
        self.notes: list[FileNote] = []
        self.files = 0
        self.left_out: Counter[str] = Counter()
        self.seen: dict[str, bytes] = {}
        self.named_ids: dict[str, Mapping[str, int]] = {}
        self.pins: dict[str, Pin] = {}
        self.seeing: set[str] = set()
        self._begun: set[str] = set()
        self._under_way: list[str] = []
        self._exported: dict[str, Mapping[str, Values]] = {}
        self._ours: set[int] = set()
        """The loads of all files that may be of vision-language models."""
        self._giving: dict[str, frozenset[str]] = {}
        """The names by which files that load something of ours have it, or load it."""
        self._left: dict[SourceFile, list[_Given] | None] = {}
        """Files not followed, with what they import of the project once that was looked for."""

    def add_all(self, files: Sequence[SourceFile], *, again: bool = False) -> None:
        """Add what files hold, until the run is over: of all, or what some do with loads of others.

        One that was followed for another already is left.
        """
        for number, file in enumerate(files):
            if not self.deadline.left:
                left = len(files) - number
                self.left_out["out_of_time"] += left
                more = f", nor were {left - 1} files behind it" if left > 1 else ""
                message = f"was not reached before the deadline{more}"
                self.notes.append(FileNote(file.name, None, message))
                return
            if again:
                self._work(file, self._again)
            elif file.name not in self._begun:
                self._work(file, self._add)

    def taking(self) -> list[SourceFile]:
        """Return the files passed over that import what others load, each once."""
        found = []
        for file, imports in [*self._left.items()] if self._giving else ():
            if imports is None:
                self._left[file] = imports = list(self._imports(file))
            if any(
                (names := self._giving.get(home)) and (name in names or name in ("", "*"))
                for home, name in imports
            ):
                found.append(file)
                del self._left[file]
        return found

    def exports(self, file: SourceFile) -> Mapping[str, Values]:
        """Return what a module defines, which is followed for that if it is to be followed.

        Of one that is under way, or imported too deep, that is what its statements alone define.
        """
        if file.name not in self._begun and len(self._under_way) < _DEEPEST_IMPORTS:
            self._work(file, self._add)
        if file.name not in self._exported:
            self._exported[file.name] = {}
            self._work(file, self._outline, notes=[])
        return self._exported[file.name]

    def _work(
        self,
        file: SourceFile,
        act: Callable[[SourceFile], None],
        *,
        notes: list[FileNote] | None = None,
    ) -> None:
        """Work on a file, or note what stops that."""
        notes = self.notes if notes is None else notes
        self._begun.add(file.name)
        self._under_way.append(file.name)
        try:
            with self.deadline:
                self.begin(file.name)
                if file.name in self.given_up:
                    self._give_up(file)
                else:
                    act(file)
        except OutOfTimeError:
            notes.append(FileNote(file.name, None, "takes too long to be followed"))
        except MemoryError:
            self._give_up(file)
        except OSError as error:
            self._note_unread(file, error, notes)
        except UnreadableError as error:
            notes.append(error.note)
        except RecursionError:
            notes.append(FileNote(file.name, None, TOO_DEEP.format("something in it")))
        finally:
            self._under_way.pop()
            if self._under_way:
                self.begin(self._under_way[-1])

    def _give_up(self, file: SourceFile) -> None:
        """Say that a file was not read to its end."""
        self.left_out["given_up"] += 1
        self.notes.append(FileNote(file.name, None, GIVEN_UP))

    def _note_unread(self, file: SourceFile, error: OSError, notes: list[FileNote]) -> None:
        """Say why a file was not read."""
        message = f"cannot be read: {reason_of(error)}"
        if error.errno == errno.EFBIG:
            self.left_out["too_large"] += 1
            if file.name.endswith(".json"):  # data, more often than not
                return
            message = f"is over {size_shown(MOST_BYTES[file.kind])}, so it is not checked"
        notes.append(FileNote(file.name, None, message))

    def _add(self, file: SourceFile) -> None:
        code = file.kind != "configuration"  # which may be a report that is written anew
        data = read_bounded(file.path, MOST_BYTES[file.kind], known=code, walked=True)
        self.files += 1
        if file.kind == "configuration":
            seen = read_configuration(data, file.name, self.vocabulary)
            if seen.usages:
                know_as_read(file.path)
            self._merge(
                file, data, FileScan(seen.usages, ignores=seen.ignores, parsed=bool(seen.usages))
            )
        elif file.kind == "dialect":
            if self.mentions.speaks(data):
                message = f"is {dialect_of(file.name)}, which is not read"
                self.notes.append(FileNote(file.name, None, message))
        else:
            if file.kind == "python":
                self._see_from(file, data)
            concerned = self.mentions.may_concern_us(file.kind, data)
            held = self._searched(file, data) if concerned else FileScan()
            self._merge(file, data, held)
            if not held.followed:
                self._left[file] = None

    def _again(self, file: SourceFile) -> None:
        """Add what a file that was passed over does with what others load."""
        data = read_bounded(file.path, MOST_BYTES[file.kind], known=True)
        held = self._parsed(file, data)
        if file.name in self.seen:  # the rest of it is known
            nothing = FileScan(notes=held.notes, parsed=True)
            held = nothing._replace(usages=held.usages, built=held.built)
        self._merge(file, data, held)

    def _outline(self, file: SourceFile) -> None:
        data = read_bounded(file.path, MOST_BYTES[file.kind], known=True)
        study = self.modules.study(parse_python(data, file.name))
        outline(study)
        self._exported[file.name] = exported(study)

    def _imports(self, file: SourceFile) -> Iterator[_Given]:
        """Yield what a file imports of others of the project."""
        with suppress(OSError):
            data = read_bounded(file.path, MOST_BYTES[file.kind], known=True)
            for module, names in imports_from(code_in(file.kind, data) or ""):
                if home := self.modules.file(file.name, module):
                    yield from (_Given(home.name, name) for name in names or ("",))
                outer = module if module.endswith(".") else f"{module}."
                for inner in names:
                    if home := self.modules.file(file.name, outer + inner):
                        yield _Given(home.name, "")

    def _see_from(self, file: SourceFile, data: bytes) -> None:
        """Learn which files belong to a model of this one about images: its imports."""
        if b"import" in data and b"class " in data and sees(text_of(data)):
            self.seeing.update(one.home for one in self._imports(file))

    def unreached(self) -> Iterator[Value]:
        """Yield the known ids in texts of code that no load takes, as far as can be followed."""
        loaded = defaultdict(set)
        for usage in self.held["usages"]:
            for load in usage.loads:
                for value in (*load.checkpoint, *load.second_checkpoint):
                    for path in {value.place.path, usage.place.path}:
                        loaded[path].add(value.text)
        for path, ids in sorted(self.named_ids.items()):
            for id, line in ids.items():
                if id not in loaded[path]:
                    yield Value(id, Location(path, line, 1, line, 1), certain=False)

    def _merge(self, file: SourceFile, data: bytes, held: FileScan) -> None:
        """Add what a file holds."""
        for name in (*_IN_ORDER, "guarded"):
            self.held[name].extend(getattr(held, name))
        self.notes.extend(held.notes)
        self.left_out["other_language"] += held.other_language
        if held.ids:
            self.named_ids[file.name] = held.ids
        if held.pin:
            self.pins[file.name] = held.pin
        if held.parsed:
            self.seen[file.name] = digest(data)
        if held.seeing:
            self.seeing.add(file.name)

    def _searched(self, file: SourceFile, data: bytes) -> FileScan:
        """What a file of code holds, read as far as a search tells that it has to be."""
        code = code_in(file.kind, data)
        known = code is None or bool(self.mentions.ids(code))
        ids = self.vocabulary.ids_in(data) if known else {}
        if code is None or known or MARK in data or may_ask(code) or imports_library(code):
            return self._parsed(file, data)._replace(ids=ids)
        return FileScan(ids=ids)

    def _parsed(self, file: SourceFile, data: bytes) -> FileScan:
        """What a walk through a file finds."""
        name, notebook = file.name, file.kind == "notebook"
        parsed = parse_notebook(data, name) if notebook else parse_python(data, name)
        text = code_in(file.kind, data)
        text = parsed.text if text is None else text
        pin = pin_of_notebook(data, text, name) if notebook else pin_of_script(data, name)
        found = self._usages(file, parsed, text)
        return found._replace(
            names=tuple(dict.fromkeys((*names_in(parsed), *found.names))),
            overrides=tuple(overrides(parsed)) if mentions_overrides(text) else (),
            ignores=tuple(ignores_in_python(parsed)) if MARK in data else (),
            notes=(*parsed.notes, *found.notes),
            guarded=tuple(guarded(parsed)) if mentions_guards(text) else (),
            pin=pin,
            other_language=parsed.other_language,
            parsed=True,
            seeing=sees(text),
        )

    def _usages(self, file: SourceFile, parsed: Parsed, text: str) -> FileScan:
        """Return what a file loads and makes, and notes of what in it is too deep.

        It is walked once where nothing in it may concern us then.
        """
        study, lacks = self.modules.study(parsed), self.mentions.may_lack(text)
        study_file(study, walks=1)
        grouping = Grouping(study)
        known = study.learned_more and self.mentions.ids(text)
        concerned = grouping.may_concern_us or lacks or bool(known)
        if concerned or study.members_of_ours():
            study_file(study)
            grouping = Grouping(study)
        usages = tuple(grouping.usages()) if concerned else ()
        self._exported[file.name] = defined = exported(study)
        self._ours |= grouping.ours
        if names := frozenset(giving(defined, self._ours)):
            self._giving[file.name] = names
        return FileScan(
            usages=usages,
            beside=tuple(grouping.beside()) if lacks else (),
            names=names_asked(study),
            built=study.built() if usages else study.members_of_ours(),
            notes=tuple(
                FileNote(place.path, place.line, TOO_DEEP.format("a statement"))
                for place in sorted(study.too_deep)
            ),
            followed=concerned,
        )
