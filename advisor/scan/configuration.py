"""Checkpoint ids in YAML, TOML and JSON files, under keys that ask for a checkpoint."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from advisor.reader import read_text
from advisor.scan.comments import MARK, ignores_in_text
from advisor.scan.usage import FileNote, Ignore, Location, Usage, Value
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


class Seen(NamedTuple):
    """What a configuration file holds."""

    usages: tuple[Usage, ...]
    ignores: tuple[Ignore, ...]
    notes: tuple[FileNote, ...]


NOTHING_SEEN = Seen((), (), ())


class _Found(NamedTuple):
    """A text under a key: the keys to it, and the mapping it stands in."""

    keys: tuple[str, ...]
    text: str
    around: dict[str, Any]


def read_configuration(data: bytes, name: str, vocabulary: Vocabulary) -> Seen:
    """Return the checkpoints that a configuration file names.

    An id counts where the catalogue knows it or nearly does, or where it has the form
    organisation/name and its key names an architecture (`clip_model`).
    """
    if b"/" not in data or not _WORTH_READING.search(data):
        return NOTHING_SEEN
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Seen((), (), (FileNote(name, line, "is not UTF-8 text"),))
    if not _mentions(text, vocabulary):
        return NOTHING_SEEN
    try:
        found = list(_texts(text, name))
    except _BrokenError as error:
        return Seen((), (), (FileNote(name, error.line, error.message),))
    except RecursionError:
        return Seen((), (), (FileNote(name, None, "is nested too deeply to be read"),))
    usages = []
    cursor = 0
    for one in found:
        if _is_checkpoint(one, vocabulary):
            start = _written_at(text, one, cursor)
            cursor = max(cursor, start + 1)
            usages.append(_usage(text, name, one, start))
        else:
            cursor = max(cursor, text.find(one.text, cursor))
    ignores = ignores_in_text(text, name) if MARK in data else []
    return Seen(tuple(sorted(usages, key=lambda u: u.place[:3])), tuple(ignores), ())


class _BrokenError(Exception):
    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


# Runs start where they begin and are never given back, so that a long one is read once.
_ID_IN_TEXT = re.compile(
    r"(?<![\w.-])[_.-]*+(?P<id>[A-Za-z0-9][\w.-]*+/[A-Za-z0-9][\w.-]*+)", re.ASCII
)


def _mentions(text: str, vocabulary: Vocabulary) -> bool:
    """True where any id in the text may be a checkpoint of ours; saves reading the rest."""
    keys = _HUMP.sub("_", text)
    if any(vocabulary.key_hinted(word) for word in set(_WORD.findall(keys))):
        return True
    return any(
        vocabulary.known(found["id"]) or vocabulary.resembles(found["id"])
        for found in _ID_IN_TEXT.finditer(text)
    )


def _is_checkpoint(found: _Found, vocabulary: Vocabulary) -> bool:
    if "/" not in found.text or " " in found.text:
        return False
    key = _HUMP.sub("_", found.keys[-1]).lower()
    if not _KEY.search(key):
        return False
    if vocabulary.known(found.text) or vocabulary.resembles(found.text):
        return True
    return vocabulary.is_id(found.text) and vocabulary.key_hinted(key)


def _usage(text: str, name: str, found: _Found, start: int) -> Usage:
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    place = Location(name, line, column, line, column + len(found.text))
    value = Value(found.text, place)
    class_name = _sibling(found.around, _CLASS_KEYS)
    task = _sibling(found.around, _TASK_KEYS)
    key = ".".join(found.keys)
    return Usage(place, None, (), (), found.text, (value,), class_name, task, None, key)


def _sibling(around: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        value = around.get(key)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, str):
            return value
    return None


def _written_at(text: str, found: _Found, cursor: int) -> int:
    """Where the id stands: values come in the order of the file, so not before `cursor`.

    Comments are passed over. An alias stands earlier, where its anchor is.
    """
    written = re.compile(rf"(?<![\w./-]){re.escape(found.text)}(?![\w./-])")
    for start in (cursor, 0):
        for match in written.finditer(text, start):
            line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            if "#" not in line:
                return match.start()
    return 0


def _texts(text: str, name: str) -> Iterator[_Found]:
    suffix = name.rpartition(".")[2].lower()
    if suffix == "json":
        yield from _inside(_json(text), (), {})
    elif suffix == "toml":
        yield from _inside(_toml(text), (), {})
    else:
        for value in _yaml(text, name):
            yield from _inside(value, (), {})


def _inside(value: Any, keys: tuple[str, ...], around: dict[str, Any]) -> Iterator[_Found]:
    if isinstance(value, str):
        if keys:
            yield _Found(keys, value.strip(), around)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _inside(inner, (*keys, str(key)), value)
    elif isinstance(value, list):
        for inner in value:
            yield from _inside(inner, keys, around)


def _json(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if lines and all(line.lstrip().startswith(("{", "[", '"')) for line in lines[:3]):
            try:
                return [_DECODER.decode(line) for line in lines]
            except ValueError:
                pass
        raise _BrokenError(error.lineno, f"is not valid JSON: {error.msg.lower()}") from None


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        message = f"is not valid TOML: {str(error).partition(' (at')[0].lower()}"
        raise _BrokenError(int(line[1]) if line else None, message) from None
    except ValueError:  # a date that is none, or more digits than an integer may have
        raise _BrokenError(None, "holds a number that cannot be read") from None


def _yaml(text: str, name: str) -> Iterator[Any]:
    """The documents of a YAML file. Its dialect is not judged, only what cannot be read at all."""
    starts = [0, *(found.end() for found in _DOCUMENT.finditer(text))]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        part = text[start:end]
        part = re.sub(r"^(?:---(?:[ \t].*)?|\.\.\.)[ \t]*$|^%.*$", "", part, flags=re.MULTILINE)
        document = read_text(part, name)
        if document.value is None and document.problems:
            problem = document.problems[0]
            line = text.count("\n", 0, start) + problem.line
            raise _BrokenError(line, problem.message)
        yield document.value
