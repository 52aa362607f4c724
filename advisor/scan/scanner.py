"""A whole project, scanned: from files, which are modules that import each other, to usages."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from advisor.files import read_bounded
from advisor.scan.abstract import Values
from advisor.scan.configuration import read_configuration
from advisor.scan.deadline import Deadline, OutOfTimeError
from advisor.scan.grouping import Grouping
from advisor.scan.guard import MENTIONED, guarded, words
from advisor.scan.notebook import parse_notebook
from advisor.scan.pin import Pin, pin_of_code
from advisor.scan.source import (
    MARK,
    Parsed,
    UnreadableError,
    digest,
    ignores_in_python,
    parse_python,
)
from advisor.scan.statement import exported, study_file
from advisor.scan.study import Study
from advisor.scan.usage import FileNote, Ignore, Location, Name, Scan, Usage, Value
from advisor.scan.vocabulary import LIBRARIES, Vocabulary
from advisor.scan.walk import MOST_BYTES, SourceFile, find_files

_LONG = {"advisor", "transformers", "sentence_transformers", "open_clip"}
"""Found by what is in their names, or by a longer name."""
_IMPORTS = re.compile(
    rb"(?:^|[\"\r\n;:]|\\n)[ \t]*(?:from|import)[ \t]+(?:\w+[ \t]*,[ \t]*)*"
    rb"(?:" + "|".join(sorted(LIBRARIES)).encode() + rb")\b"
)
_LOADING = (
    *(b"from_pretrained", b"pipeline", b"open_clip", b"SentenceTransformer", b"clip"),
    *(b"load_model", b"LLM", b"pretrained_model_name_or_path"),
)
_NAMES = (b"transformers", b"advisor.unified_vlp", *(name.encode() for name in LIBRARIES - _LONG))
_CLASS_NAME = re.compile(rb"\b[A-Z]\w+")

_LIBRARIES = LIBRARIES | {"torch"}
"""Looked for under their own names, even in a project that holds a copy."""
_LIBRARY = "transformers"
_EXPECTED = {"ImportError", "ModuleNotFoundError", "AttributeError", "Exception"}
_INSTALLED = re.compile(r"(?i:version|available)|^TYPE_CHECKING$")
"""Words of a condition that asks for a version, for what is available, or for type checking."""
TOO_DEEP = "{} is nested too deeply to be followed"
_MOST_BYTES_OF_MODULE = 1_000_000
_DEEPEST_IMPORTS = 12


def scan(
    paths: Sequence[Path],
    root: Path,
    vocabulary: Vocabulary,
    *,
    exclude: Sequence[str] = (),
    deadline: Deadline | None = None,
) -> Scan:
    """Return what the files under `paths` load; places are relative to `root`.

    Files are parsed, never imported or run. One that cannot be read or parsed gives a note, and
    the others are still scanned; nothing is raised for what a file holds.
    """
    found = find_files(paths, root, exclude)
    deadline = deadline or Deadline()
    scanner = _Scanner(_Modules(found.files, vocabulary), vocabulary)
    for number, file in enumerate(found.files):
        if not deadline.left:
            scanner.stop_at(file, len(found.files) - number)
            break
        scanner.add(file, deadline)
    notes = {*found.notes, *scanner.notes}
    return Scan(
        usages=tuple(scanner.usages),
        names=tuple(scanner.names),
        ignores=tuple(scanner.ignores),
        notes=tuple(sorted(notes, key=lambda note: (note.path, note.line or 0, note.message))),
        files=scanner.files,
        left_out=found.left_out + scanner.left_out,
        vouched=found.vouched,
        seen=scanner.seen,
        pins=scanner.pins,
        unreached=tuple(scanner.unreached()),
        guarded=tuple(scanner.guarded),
    )


class _Scanner:
    """A scan under way."""

    def __init__(self, modules: _Modules, vocabulary: Vocabulary) -> None:
        self.modules = modules
        self.vocabulary = vocabulary
        self.usages: list[Usage] = []
        self.names: list[Name] = []
        self.ignores: list[Ignore] = []
        self.notes: list[FileNote] = []
        self.files = 0
        self.left_out: Counter[str] = Counter()
        self.seen: dict[str, bytes] = {}
        self.named_ids: dict[str, dict[str, int]] = {}
        self.pins: dict[str, Pin] = {}
        self.guarded: list[Location] = []
        self._is_class = cache(
            lambda name: name.startswith("AutoModel") or vocabulary.is_class(name)
        )

    def stop_at(self, file: SourceFile, left: int) -> None:
        """Say that the run was over before a file and all behind it."""
        self.left_out["out_of_time"] += left
        more = f", nor were {left - 1} files behind it" if left > 1 else ""
        self.notes.append(FileNote(file.name, None, f"was not reached before the deadline{more}"))

    def add(self, file: SourceFile, deadline: Deadline) -> None:
        """Add what one file holds, or that it took too long."""
        try:
            with deadline.a_file():
                self._add(file)
        except OutOfTimeError:
            self.notes.append(FileNote(file.name, None, "takes too long to be followed"))

    def _add(self, file: SourceFile) -> None:
        try:
            data = read_bounded(Path(file.path), MOST_BYTES[file.kind])
            self.files += 1
            if file.kind == "configuration":
                seen = read_configuration(data, file.name, self.vocabulary)
                if seen.usages:
                    self.seen[file.name] = digest(data)
                self.usages.extend(seen.usages)
                self.ignores.extend(seen.ignores)
            elif self._speaks_of_us(data) or self._names_ids(file.name, data):
                self.seen[file.name] = digest(data)
                self._code(file, data)
        except OSError as error:
            message = f"cannot be read: {(error.strerror or str(error)).lower()}"
            self.notes.append(FileNote(file.name, None, message))
        except UnreadableError as error:
            self.notes.append(error.note)
        except (RecursionError, MemoryError):
            self.notes.append(FileNote(file.name, None, TOO_DEEP.format("something in it")))

    def _speaks_of_us(self, data: bytes) -> bool:
        """True where parsing may find something: most files of most projects it saves."""
        if any(name in data for name in _NAMES) and _IMPORTS.search(data):
            return True
        names = set(_CLASS_NAME.findall(data)) if b"from_pretrained" in data else ()
        return MARK in data or any(
            self._is_class(name.decode("ascii", "replace")) for name in names
        )

    def _names_ids(self, name: str, data: bytes) -> bool:
        """True where a known id stands in a text of a file; each is remembered."""
        ids = self.vocabulary.ids_in(data)
        if ids and name not in self.named_ids:
            self.named_ids[name] = ids
        return bool(ids)

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

    def _code(self, file: SourceFile, data: bytes) -> None:
        self._names_ids(file.name, data)
        parse = parse_notebook if file.kind == "notebook" else parse_python
        parsed = parse(data, file.name)
        self.notes.extend(parsed.notes)
        self.left_out["other_language"] += parsed.other_language
        names = _names_in(parsed)
        self.names.extend(names)
        if (
            file.name in self.named_ids
            or any(word in data for word in _LOADING)
            or any(self.vocabulary.is_class(name.name) for name in names)
        ):
            self.usages.extend(self._usages(parsed, direct=bool(_IMPORTS.search(data))))
        if MARK in data:
            self.ignores.extend(ignores_in_python(parsed))
        if MENTIONED.search(data):
            self.guarded.extend(guarded(parsed))
        if pin := pin_of_code(data, file.name):
            self.pins[file.name] = pin

    def _usages(self, parsed: Parsed, *, direct: bool) -> list[Usage]:
        """Return what a file loads; other files are read only where that may tell more."""
        study = self.modules.study(parsed)
        if direct:
            asked: set[str] = set()
            alone = Study(parsed, self.vocabulary, asked.add)
            study_file(alone, walks=1)
            if not Grouping(alone).may_concern_us:
                return []
            if all(study.exports(module) is None for module in asked):
                alone.exports = study.exports  # which has told it nothing yet: it goes on as it is
                study = alone
        study_file(study)
        for line in sorted(study.too_deep):
            place = parsed.spot(line, 0)
            self.notes.append(FileNote(parsed.name, place.line, TOO_DEEP.format("a statement")))
        return Grouping(study).usages()


class _Modules:
    """Gives what modules of the scanned files define; each is read when it is first asked for."""

    def __init__(self, files: Sequence[SourceFile], vocabulary: Vocabulary) -> None:
        self._files = {file.name: file for file in files if file.kind == "python"}
        self._vocabulary = vocabulary
        self._defined: dict[str, dict[str, Values]] = {}
        self._under_way: list[str] = []

    def exports(self, importer: str, module: str) -> dict[str, Values] | None:
        """Return what `module`, as imported in a file, defines; None where it is no file of ours.

        Modules that import each other in a circle, or cannot be read, define nothing.
        """
        if module.partition(".")[0] in _LIBRARIES:
            return None
        file = self._find(importer, module)
        if file is None:
            return None
        if file.name not in self._defined:
            too_deep = file.name in self._under_way or len(self._under_way) >= _DEEPEST_IMPORTS
            if too_deep or file.size > _MOST_BYTES_OF_MODULE:
                return {}
            self._under_way.append(file.name)
            try:
                data = read_bounded(Path(file.path), _MOST_BYTES_OF_MODULE)
                parsed = parse_python(data, file.name)
                self._defined[file.name] = exported(self.study(parsed))
            except (UnreadableError, OSError, RecursionError):
                self._defined[file.name] = {}
            finally:
                self._under_way.pop()
        return self._defined[file.name]

    def _find(self, importer: str, module: str) -> SourceFile | None:
        """The file of a module: beside the importer, as Python finds it, or in a folder above."""
        name = module.lstrip(".")
        parts = [part for part in name.split(".") if part]
        folders = importer.split("/")[:-1]
        ends = range(len(folders), -1, -1) if parts else range(0)
        if level := len(module) - len(name):
            above = len(folders) - level + 1
            ends = range(max(above, 0), above + 1)
        for end in ends:
            path = [*folders[:end], *parts]
            for file in ("/".join(path) + ".py", "/".join([*path, "__init__.py"])):
                if file in self._files:
                    return self._files[file]
        return None

    def study(self, parsed: Parsed) -> Study:
        """Return a study of a file that knows what the others define."""
        return Study(parsed, self._vocabulary, lambda name: self.exports(parsed.name, name))


def _names_in(parsed: Parsed) -> list[Name]:
    """Return the names of transformers that a file imports or reaches, in order of place."""
    names: list[Name] = []
    modules: dict[str, str] = {}
    for node, optional in _imports(parsed.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == _LIBRARY:
                    modules[alias.asname or _LIBRARY] = alias.name if alias.asname else _LIBRARY
                    outer, _, inner = alias.name.rpartition(".")
                    if outer:
                        names.append(Name(parsed.location(alias), outer, inner, True, optional))
        elif node.level == 0 and (node.module or "").partition(".")[0] == _LIBRARY:
            for alias in (alias for alias in node.names if alias.name != "*"):
                place = parsed.location(alias)
                end = place.column + len(alias.name)
                place = place._replace(end_line=place.line, end_column=end)
                names.append(Name(place, node.module or "", alias.name, True, optional))
    for part in ast.walk(parsed.tree) if modules else ():
        if isinstance(part, ast.Attribute) and (module := _module(part.value, modules)):
            place = parsed.location(part)
            place = place._replace(line=place.end_line, column=place.end_column - len(part.attr))
            names.append(Name(place, module, part.attr, False, False))
    return sorted(names, key=lambda name: name.place[1:5])


def _module(node: ast.expr, modules: dict[str, str]) -> str | None:
    """The library or one of its modules, where an expression is that: `transformers.models`."""
    match node:
        case ast.Name(name):
            return modules.get(name)
        case ast.Attribute(inner, name) if name[:1].islower():
            outer = _module(inner, modules)
            return f"{outer}.{name}" if outer else None
    return None


def _imports(tree: ast.AST) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Yield the imports among statements, each with whether the file is ready for it to fail."""
    left: list[tuple[ast.AST, bool]] = [(tree, False)]
    while left:
        node, optional = left.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, optional
        elif isinstance(node, ast.Try | ast.TryStar):
            optional = optional or any(
                one.type is None or words(one.type) & _EXPECTED for one in node.handlers
            )
        elif isinstance(node, ast.If):
            optional = optional or any(map(_INSTALLED.search, words(node.test)))
        inner = [
            (statement, optional)
            for part in ("body", "orelse", "finalbody", "handlers", "cases")
            if isinstance(statements := getattr(node, part, ()), (list, tuple))
            for statement in statements
        ]
        left.extend(reversed(inner))
