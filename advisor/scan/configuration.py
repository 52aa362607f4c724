"""Checkpoint ids in YAML, TOML and JSON files, under keys that ask for a checkpoint."""

from __future__ import annotations

import contextlib
import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from advisor.reader.document import read_text
from advisor.scan.comments import MARK, ignores_in_text
from advisor.scan.source import UnreadableError, decode_utf8
from advisor.scan.usage import FileNote, Location, Scan, Usage, Value
from advisor.scan.vocabulary import Vocabulary

_KEY = re.compile(
    r"(?:^|[_.-])(?:model|models|checkpoint|checkpoints|pretrained|weights|processor|tokenizer"
    r"|encoder|decoder|captioner|backbone|repo|model_?(?:name|id|path|name_or_path|checkpoint|repo)"
    r"|(?:checkpoint|pretrained|repo|hub|hf)_?(?:name|id|path|model|name_or_path"
    r"|model_name_or_path))\Z"
)
_CLASS_KEYS = ("class", "class_name", "model_class", "architecture", "architectures")
_TASK_KEYS = ("task", "pipeline", "pipeline_tag")
_WORTH_READING = re.compile(
    rb"(?i)model|checkpoint|pretrained|weights|processor|tokenizer|encoder|captioner|backbone|repo"
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"(?<![\w-])[A-Za-z0-9_-]++(?=[\"']?\s*+[:=])", re.ASCII)
_DECODER = json.JSONDecoder(parse_int=float)
"""Numbers are never read here, and an integer may have more digits than Python converts."""
_DOCUMENT = re.compile(r"^---(?:[ \t].*)?$", re.MULTILINE)
_DIRECTIVE = re.compile(r"^(?:---(?:[ \t].*)?|\.\.\.)[ \t]*$|^%.*$", re.MULTILINE)


class _KeyedText(NamedTuple):
    """A text under a key: the keys to it, and the mapping it stands in."""

    keys: tuple[str, ...]
    text: str
    around: dict[str, Any]


def read_configuration(data: bytes, name: str, vocabulary: Vocabulary) -> Scan:
    """Return the checkpoints that a configuration file names.

    An id counts where the catalogue knows it or nearly does, or where it has the form
    organisation/name and its key names an architecture (`clip_model`).
    Raises UnreadableError where the file may name entry and cannot be read.
    """
    if b"/" not in data or not _WORTH_READING.search(data):
        return Scan()
    text = decode_utf8(data, name)
    if not _mentions(text, vocabulary):
        return Scan()
    try:
        texts = list(_texts(text, name))
    except RecursionError:
        raise UnreadableError(FileNote(name, None, "is nested too deeply to be read")) from None
    usages = []
    cursor = 0
    for entry in texts:
        if _is_checkpoint(entry, vocabulary):
            start = _written_at(text, entry.text, cursor)
            cursor = max(cursor, start + 1)
            usages.append(_usage(text, name, entry, start))
        else:
            cursor = max(cursor, text.find(entry.text, cursor))
    return Scan(
        usages=tuple(sorted(usages, key=lambda usage: usage.place[:3])),
        ignores=tuple(ignores_in_text(text, name)) if MARK in data else (),
    )


# Runs start where they begin and are never given back, so that a long entry is read once.
_ID_IN_TEXT = re.compile(
    r"(?<![\w.-])[_.-]*+(?P<id>[A-Za-z0-9][\w.-]*+/[A-Za-z0-9][\w.-]*+)", re.ASCII
)


def _mentions(text: str, vocabulary: Vocabulary) -> bool:
    """True where any id in the text may be a checkpoint of ours; saves reading the rest."""
    keys = _HUMP.sub("_", text)
    if any(vocabulary.key_hinted(word) for word in set(_WORD.findall(keys))):
        return True
    return any(
        vocabulary.known(match["id"]) or vocabulary.resembles(match["id"])
        for match in _ID_IN_TEXT.finditer(text)
    )


def _is_checkpoint(entry: _KeyedText, vocabulary: Vocabulary) -> bool:
    key = _HUMP.sub("_", entry.keys[-1]).lower()
    if "/" not in entry.text or " " in entry.text or not _KEY.search(key):
        return False
    if vocabulary.known(entry.text) or vocabulary.resembles(entry.text):
        return True
    return vocabulary.is_id(entry.text) and vocabulary.key_hinted(key)


def _usage(text: str, name: str, entry: _KeyedText, start: int) -> Usage:
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    location = Location(name, line, column, line, column + len(entry.text))
    return Usage(
        place=location,
        model=None,
        processors=(),
        calls=(),
        checkpoint=entry.text,
        alternatives=(Value(entry.text, location),),
        class_name=_sibling(entry.around, _CLASS_KEYS),
        task=_sibling(entry.around, _TASK_KEYS),
        trained=None,
        key=".".join(entry.keys),
    )


def _sibling(around: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        value = around.get(key)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, str):
            return value
    return None


def _written_at(text: str, id: str, cursor: int) -> int:
    """Where the id stands: values come in the order of the file, so not before `cursor`.

    Comments are passed over. An alias stands earlier, where its anchor is.
    """
    written = re.compile(rf"(?<![\w./-]){re.escape(id)}(?![\w./-])")
    for start in (cursor, 0):
        for match in written.finditer(text, start):
            line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            if "#" not in line:
                return match.start()
    return 0


def _texts(text: str, name: str) -> Iterator[_KeyedText]:
    suffix = name.rpartition(".")[2].lower()
    read = {"json": _json, "toml": _toml}.get(suffix, _yaml)
    for document in read(text, name):
        yield from _inside(document, (), {})


def _inside(value: Any, keys: tuple[str, ...], around: dict[str, Any]) -> Iterator[_KeyedText]:
    if isinstance(value, str):
        if keys:
            yield _KeyedText(keys, value.strip(), around)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _inside(inner, (*keys, str(key)), value)
    elif isinstance(value, list):
        for inner in value:
            yield from _inside(inner, keys, around)


def _json(text: str, name: str) -> list[Any]:
    """The value of a JSON file, or those of a file with entry on each line."""
    try:
        return [_DECODER.decode(text)]
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if lines and all(line.lstrip().startswith(("{", "[", '"')) for line in lines[:3]):
            with contextlib.suppress(ValueError):
                return [_DECODER.decode(line) for line in lines]
        note = FileNote(name, error.lineno, f"is not valid JSON: {error.msg.lower()}")
        raise UnreadableError(note) from None


def _toml(text: str, name: str) -> list[Any]:
    try:
        return [tomllib.loads(text)]
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        message = f"is not valid TOML: {str(error).partition(' (at')[0].lower()}"
        raise UnreadableError(FileNote(name, int(line[1]) if line else None, message)) from None
    except ValueError:  # a date that is none, or more digits than an integer may have
        note = FileNote(name, None, "holds a number that cannot be read")
        raise UnreadableError(note) from None


def _yaml(text: str, name: str) -> Iterator[Any]:
    """The documents of a YAML file. Its dialect is not judged, only what cannot be read at all."""
    starts = [0, *(mark.end() for mark in _DOCUMENT.finditer(text))]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        document = read_text(_DIRECTIVE.sub("", text[start:end]), name)
        if document.value is None and document.problems:
            problem = document.problems[0]
            line = text.count("\n", 0, start) + problem.line
            raise UnreadableError(FileNote(name, line, problem.message))
        yield document.value
