"""A whole project, scanned: from files, which are modules that import each other, to usages."""

from __future__ import annotations

import errno
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from advisor.errors import reason_of
from advisor.files import know_as_read, read_bounded, size_shown
from advisor.scan.abstract import Values
from advisor.scan.grouping import Grouping, together
from advisor.scan.guard import guarded
from advisor.scan.mention import imports_from, may_concern_us, read_configuration, sees
from advisor.scan.names import names_in, overrides
from advisor.scan.notebook import parse_notebook
from advisor.scan.pin import pin_of_notebook
from advisor.scan.scope import Imports
from advisor.scan.source import (
    MARK,
    Parsed,
    UnreadableError,
    digest,
    ignores_in_python,
    parse_python,
    text_of,
)
from advisor.scan.statement import walk_file
from advisor.scan.study import Study, exported
from advisor.scan.usage import FileNote, Location, Scan, Value
from advisor.scan.vocabulary import Vocabulary
from advisor.scan.walk import MOST_BYTES, SourceFile, find_files

TOO_DEEP = "{} is nested too deeply to be checked"
_LEAST_SECONDS = 0.5
"""Seconds in which the files of a small project are found, whatever the deadline."""
Lost = Callable[[str], frozenset[str]]
"""Returns the members that a class, or one beside it, had in some release and lacks now."""
_DEEPEST_FOLLOWED, _DEEPEST_IMPORTS = 6, 12
"""Number of files importing each other in a chain that are followed, and that are read."""
_IN_ORDER = ("usages", "beside", "names", "built", "overrides", "ignores")
"""Fields of `Scan` that are sorted by location."""
Held: TypeAlias = Mapping[str, Sequence[Any]]
"""What files hold, by field of `Scan` and a few more keys; another process can unpickle it."""


def scan(
    paths: Sequence[Path],
    root: Path,
    vocabulary: Vocabulary,
    *,
    exclude: Sequence[str] = (),
    seconds: float = 0.0,
    lost: Lost = lambda _: frozenset(),
    begin: Callable[[str], None] = lambda _: None,
    end: Callable[[Held], None] = lambda _: None,
    before: Iterable[Held] = (),
    given_up: Set[str] = frozenset(),
) -> Scan:
    """Return what the files under `paths` load; places are relative to `root`.

    Files are parsed, never imported or run. A file that cannot be read or parsed adds a note, and
    the others are still scanned; nothing is raised for what a file holds. Classes without language
    are in `beside` if `lost` names members that a file uses. `begin` is called with the name of
    each file ("" at the end), `end` with what it and the files followed for it held; a scan that
    continues another one gets that as `before`. Files in `given_up` are skipped, with a note. After
    `seconds`, unless 0, no further file is begun.
    """
    now = time.monotonic()
    ends = now + seconds if seconds else math.inf
    listing = find_files(paths, root, exclude, max(ends, now + _LEAST_SECONDS))
    scanner = _Scanner(listing.files, vocabulary, ends, lost, begin, end, given_up)
    for held in before:
        scanner.hold(**held)
    scanner.add_all()
    held = scanner.held
    in_order = {name: sorted(held[name], key=lambda use: use.place[:3]) for name in _IN_ORDER}
    notes = {*listing.notes, *held["notes"]}
    left_out = Counter([*held["left_out"], *["given_up"] * len({*held["given_up"]})])
    return Scan(
        usages=tuple(together(in_order.pop("usages"))),
        **{name: tuple(values) for name, values in in_order.items()},
        guarded=tuple(held["guarded"]),
        notes=tuple(sorted(notes, key=lambda note: (note.path, note.line or 0, note.message))),
        files=len(held["read"]),
        left_out=listing.left_out + left_out,
        vouched=listing.vouched,
        seen=dict(held["seen"]),
        pins=dict(held["pins"]),
        unreached=tuple(scanner.unreached()),
        seeing=scanner.concerned(),
        defined=frozenset(held["defined"]),
    )


@dataclass(eq=False)
class _Scanner:
    """The state of a scan; values are only added to `held`."""

    files_found: Sequence[SourceFile]
    vocabulary: Vocabulary
    ends: float
    lost: Lost
    begin: Callable[[str], None]
    end: Callable[[Held], None]
    given_up: Set[str]
    held: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    _begun: set[str] = field(default_factory=set)
    _under_way: list[str] = field(default_factory=list)
    _exported: dict[str, Mapping[str, Values]] = field(default_factory=dict)
    _ended: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.imports = Imports(self.files_found, self.exports)

    def hold(self, **held: Iterable[Any]) -> None:
        """Add values to `held` by key, and take over what `begun` and `exported` say of files."""
        for name, values in held.items():
            self.held[name].extend(values)
        self._begun.update(held.get("begun", ()))
        for name, names in held.get("exported", ()):
            self._exported[name] = names
            self.imports.begin()

    def add_all(self) -> None:
        """Scan each file until the time is over, but those that were followed for another one."""
        for number, file in enumerate(self.files_found):
            if time.monotonic() > self.ends:
                left = len(self.files_found) - number
                more = f", and neither were {left - 1} more files" if left > 1 else ""
                self.note(file, f"was not reached before the time limit{more}")
                self.hold(left_out=["out_of_time"] * left)
                break
            if file.name not in self._begun:
                self._work(file, self._add)
                held = {name: values[self._ended[name] :] for name, values in self.held.items()}
                self.end({name: values for name, values in held.items() if values})
                self._ended.update({name: len(values) for name, values in held.items()})
        self.begin("")

    def note(self, file: SourceFile, message: str) -> None:
        """Note what is not checked of a file, or why the file is not."""
        self.hold(notes=[FileNote(file.name, None, message)])

    def exports(self, file: SourceFile) -> Mapping[str, Values]:
        """Return the names that a module defines; it is scanned first, if that is still to be done.

        If it is being scanned, or names no library of ours, only its definitions are walked. Beyond
        _DEEPEST_IMPORTS files inside each other, the answer is empty.
        """
        if file.name not in self._begun and len(self._under_way) < _DEEPEST_FOLLOWED:
            self._work(file, self._add)
        if file.name not in self._exported:
            if len(self._under_way) >= _DEEPEST_IMPORTS:
                return {}
            self._exported[file.name] = {}
            self._work(file, self._outline)
        return self._exported[file.name]

    def _work(self, file: SourceFile, act: Callable[[SourceFile], None]) -> None:
        """Apply `act` to a file, and note an error that stops it."""
        self._under_way.append(file.name)
        try:
            self.begin(file.name)
            if file.name in self.given_up:
                self._give_up(file)
            else:
                act(file)
        except MemoryError:
            self._give_up(file)
        except OSError as error:
            message = f"cannot be read: {reason_of(error)}"
            if error.errno == errno.EFBIG:
                self.hold(left_out=["too_large"] * (file.name in self._begun))
                most = size_shown(MOST_BYTES[file.kind])
                message = f"is larger than {most}, so it is not checked"
            if error.errno != errno.EFBIG or not file.name.endswith(".json"):  # mostly data
                self.note(file, message)
        except UnreadableError as error:
            self.hold(notes=[error.note])
        except RecursionError:
            self.note(file, TOO_DEEP.format("a part of the file"))
        finally:
            self._under_way.pop()
            if self._under_way:
                self.begin(self._under_way[-1])

    def _give_up(self, file: SourceFile) -> None:
        """Note that a file was skipped for its need of memory or time."""
        self.hold(begun=[file.name], given_up=[file.name])
        self.note(file, "was skipped, because reading it exceeds the memory or time limit")

    def _add(self, file: SourceFile) -> None:
        """Read a file, and add what it holds if it may concern vision-language models."""
        self.hold(begun=[file.name])
        code = file.kind != "configuration"  # which may be a report that is written anew
        data = read_bounded(file.path, MOST_BYTES[file.kind], recorded=code, walked=True)
        self.hold(read=[file.name])
        if file.kind == "configuration":
            seen = read_configuration(data, file.name, self.vocabulary)
            if seen.usages:
                know_as_read(file.path)
                self.hold(seen=[(file.name, digest(data))])
            self.hold(usages=seen.usages, ignores=seen.ignores)
        else:
            if file.kind == "python" and b"import" in data:
                self._learn_imports(file, text_of(data, file.name))
            if may_concern_us(file.kind, data, self.vocabulary):
                self._parse(file, data)

    def _outline(self, file: SourceFile) -> None:
        data = read_bounded(file.path, MOST_BYTES[file.kind], recorded=True)
        self.hold(exported=[(file.name, exported(self._study(parse_python(data, file.name))))])

    def _study(self, parsed: Parsed) -> Study:
        study = Study(parsed, self.vocabulary, self.imports, self.held["loads"])
        walk_file(study)
        return study

    def _learn_imports(self, file: SourceFile, text: str) -> None:
        """Learn which files of the project a file imports, and whether it looks at images."""
        if sees(text):
            self.hold(seeing=[file.name])
        for module, names in imports_from(text):
            outer = module if module.endswith(".") else f"{module}."
            for inner in (module, *(outer + name for name in names)):
                if home := self.imports.file(file.name, inner):
                    self.hold(imported=[(file.name, home.name)])

    def concerned(self) -> frozenset[str]:
        """Return the files about images: by words or classes, or imported by such a file."""
        imported = defaultdict[str, set[str]](set)
        for importer, name in self.held["imported"]:
            imported[importer].add(name)
        concerned = {*self.held["seeing"]}
        left = [*concerned]
        while left:
            fresh = imported[left.pop()] - concerned
            concerned |= fresh
            left += fresh
        return frozenset(concerned)

    def unreached(self) -> Iterator[Value]:
        """Yield the catalogued ids in code that no load takes, as far as loads can be followed."""
        loads = [(usage, load) for usage in self.held["usages"] for load in usage.loads]
        loaded = set()
        for usage, load in loads:
            for value in (*load.checkpoint, *load.second_checkpoint):
                loaded |= {(value.place.path, value.text), (usage.place.path, value.text)}
        for path, ids in sorted(self.held["named_ids"]):
            for id, line in ids.items():
                if (path, id) not in loaded:
                    yield Value(id, Location(path, line, 1, line, 1), certain=False)

    def _parse(self, file: SourceFile, data: bytes) -> None:
        """Add the names, comments, pins and loads that a Python file or notebook holds."""
        name, notebook = file.name, file.kind == "notebook"
        parsed = parse_notebook(data, name) if notebook else parse_python(data, name)
        text, ids = parsed.text, self.vocabulary.ids_in(data)
        names = dict.fromkeys(names_in(parsed))
        self._follow(file, parsed, names_ids=bool(ids))
        own = pin_of_notebook(data, parsed.written, name) if notebook else None
        looks = (notebook and sees(text)) or any(self.vocabulary.sees(it.name) for it in names)
        self.hold(
            names=names,
            guarded=guarded(parsed),
            overrides=overrides(parsed, names) if "Trainer" in text else (),
            ignores=ignores_in_python(parsed) if MARK in data else (),
            notes=parsed.notes,
            left_out=["other_language"] * parsed.other_language,
            seen=[(name, digest(data))],
            seeing=[name] if looks else (),
            defined=[it for it in self.vocabulary.features if f"def {it}(" in text],
            named_ids=[(name, ids)] if ids else (),
            pins=[(name, own)] if own else (),
        )

    def _follow(self, file: SourceFile, parsed: Parsed, *, names_ids: bool) -> None:
        """Add what a file loads and makes, and a note of each statement nested too deeply.

        It is walked again if ids in it (`names_ids`), or the first walk, show that it may concern
        us.
        """
        study = self._study(parsed)
        grouping = Grouping(study)
        concerned = names_ids or grouping.may_concern_us or bool(grouping.beside(self.lost))
        if concerned or study.built(ours_alone=True):
            walk_file(study)
            grouping = Grouping(study)
        usages = grouping.usages() if concerned else []
        self.hold(
            exported=[(file.name, exported(study))],
            usages=usages,
            beside=grouping.beside(self.lost),
            built=study.built(objects=bool(usages)),
            notes=[
                FileNote(place.path, place.line, TOO_DEEP.format("a statement"))
                for place in sorted(study.too_deep)
            ],
        )
