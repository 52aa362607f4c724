"""A whole project, scanned: from files to usages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from advisor.scan.comments import MARK, ignores_in_python
from advisor.scan.configuration import read_configuration
from advisor.scan.grouping import Grouping
from advisor.scan.imports import names_in
from advisor.scan.modules import Modules
from advisor.scan.notebook import parse_notebook
from advisor.scan.source import Parsed, UnreadableError, parse_python
from advisor.scan.statement import study_file
from advisor.scan.study import Study
from advisor.scan.usage import FileNote, Ignore, Name, Scan, Usage
from advisor.scan.vocabulary import Vocabulary
from advisor.scan.walk import SourceFile, find_files

_IMPORTS = re.compile(
    rb"(?:^|[\"\r\n;:]|\\n)[ \t]*(?:from|import)[ \t]+(?:\w+[ \t]*,[ \t]*)*"
    rb"(?:transformers|open_clip|sentence_transformers|clip)\b"
)
_LOADING = (b"from_pretrained", b"pipeline", b"open_clip", b"SentenceTransformer", b"clip")
_CLASS_NAME = re.compile(rb"\b[A-Z]\w+")


def scan(
    paths: Sequence[Path],
    root: Path,
    vocabulary: Vocabulary,
    *,
    exclude: Sequence[str] = (),
) -> Scan:
    """Return what the files under `paths` load; places are relative to `root`.

    Files are parsed, never imported or run. One that cannot be read or parsed gives a note, and
    the others are still scanned; nothing is raised for what a file holds.
    """
    sources = find_files(paths, root, exclude)
    scanner = _Scanner(Modules(sources.files, vocabulary), vocabulary)
    for file in sources.files:
        scanner.take(file)
    notes = {*sources.notes, *scanner.notes}
    return Scan(
        usages=tuple(scanner.usages),
        names=tuple(scanner.names),
        ignores=tuple(scanner.ignores),
        notes=tuple(sorted(notes, key=lambda note: (note.path, note.line or 0, note.message))),
        files=scanner.files,
    )


class _Scanner:
    """A scan under way."""

    def __init__(self, modules: Modules, vocabulary: Vocabulary) -> None:
        self.modules = modules
        self.vocabulary = vocabulary
        self.usages: list[Usage] = []
        self.names: list[Name] = []
        self.ignores: list[Ignore] = []
        self.notes: list[FileNote] = []
        self.files = 0
        self._classes: dict[bytes, bool] = {}

    def take(self, file: SourceFile) -> None:
        """Add what one file holds."""
        try:
            with Path(file.path).open("rb", buffering=0) as stream:
                data = stream.read()
            self.files += 1
            if file.kind == "configuration":
                seen = read_configuration(data, file.name, self.vocabulary)
                self.usages.extend(seen.usages)
                self.ignores.extend(seen.ignores)
            elif self._speaks_of_us(data):
                self._code(file, data)
        except OSError as error:
            message = f"cannot be read: {(error.strerror or str(error)).lower()}"
            self.notes.append(FileNote(file.name, None, message))
        except UnreadableError as error:
            self.notes.append(error.note)
        except (RecursionError, MemoryError):
            self.notes.append(FileNote(file.name, None, "is nested too deeply to be followed"))

    def _speaks_of_us(self, data: bytes) -> bool:
        """True where parsing may find something: most files of most projects it saves."""
        if (b"transformers" in data or b"clip" in data) and _IMPORTS.search(data):
            return True
        if b"from_pretrained" in data and any(
            self._is_class(name) for name in set(_CLASS_NAME.findall(data))
        ):
            return True
        return MARK in data

    def _is_class(self, name: bytes) -> bool:
        known = self._classes.get(name)
        if known is None:
            text = name.decode("ascii", "replace")
            known = self.vocabulary.is_class(text) or text.startswith("AutoModel")
            self._classes[name] = known
        return known

    def _code(self, file: SourceFile, data: bytes) -> None:
        parse = parse_notebook if file.kind == "notebook" else parse_python
        parsed = parse(data, file.name)
        self.notes.extend(parsed.notes)
        names = names_in(parsed)
        self.names.extend(names)
        if any(word in data for word in _LOADING) or any(
            self.vocabulary.is_class(name.name) for name in names
        ):
            self.usages.extend(self._usages(parsed, direct=bool(_IMPORTS.search(data))))
        if MARK in data:
            self.ignores.extend(ignores_in_python(parsed))

    def _usages(self, parsed: Parsed, *, direct: bool) -> list[Usage]:
        """Return what a file loads; other files are read only where that may tell more."""
        if direct:
            study = Study(parsed, self.vocabulary, lambda _: None)
            study_file(study, walks=1)
            if not Grouping(study).may_concern_us:
                return []
        study = self.modules.study(parsed)
        study_file(study)
        return Grouping(study).usages()
