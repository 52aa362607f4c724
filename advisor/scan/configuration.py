"""Checkpoint ids in YAML, TOML and JSON files."""

from __future__ import annotations

import bisect
import codecs
import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from advisor.scan.source import MARK, UnreadableError, decode_utf8, ignores_in_text
from advisor.scan.usage import Location, Scan, Usage, Value
from advisor.scan.vocabulary import Vocabulary

_KEY = re.compile(
    r"(?:^|[_.-])(?:model|models|checkpoint|checkpoints|pretrained|weights|processor|tokenizer"
    r"|encoder|decoder|captioner|backbone|repo|model_?(?:name|id|path|name_or_path|checkpoint|repo)"
    r"|(?:checkpoint|pretrained|repo|hub|hf)_?(?:name|id|path|model|name_or_path"
    r"|model_name_or_path))\Z"
)
_CLASS_KEYS = ("class", "class_name", "model_class", "architecture", "architectures")
_TASK_KEYS = ("task", "pipeline", "pipeline_tag")
_OTHER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ESCAPED = re.compile(rb"\\(?:/|(?:x|u00|U000000)[2-7])|[\w/.-]\\\r?\n[ \t]*[\w/.-]")
"""A sign of an id or a key that is not written as it reads, or an id that goes on in a line."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"(?<![\w-])[A-Za-z0-9_-]++(?=[\"']?\s*+[:=])", re.ASCII)
_DECODER = json.JSONDecoder(parse_int=float)
"""Numbers are never read here, and an integer may have more digits than Python converts."""
_DOCUMENT = re.compile(r"^---(?:[ \t].*)?$", re.MULTILINE)
_DIRECTIVE = re.compile(r"^(?:---(?:[ \t].*)?|\.\.\.)[ \t]*$|^%.*$", re.MULTILINE)


_LINE = re.compile(r"^[^\n#]+", re.MULTILINE)
"""What stands in a line before a comment."""
_OWN_KEYS = ({"schema_version", "rule_base"}, {"baseline_version"}, {"lock_version"})
_LONG_KEY = re.compile(
    r"(?<![\w\"'-])(?:(?:[\w-]++|\"(?:\\.|[^\"\\\n]){0,200}+\"|'[^'\n]{0,200}+')"
    r"[ \t]*+\.[ \t]*+){100}"
)
"""A dotted key of more parts than any honest one; reading one takes time by their square."""
_WRITTEN = re.compile(r"[\w./-]+")

# Runs start where they begin and are never given back, so that a long entry is read once.
_ID_IN_TEXT = re.compile(
    r"(?<![\w.-])[_.-]*+(?P<id>[A-Za-z0-9][\w.-]*+/[A-Za-z0-9][\w.-]*+)", re.ASCII
)


def read_configuration(data: bytes, name: str, vocabulary: Vocabulary) -> Scan:
    """Return the checkpoints that a configuration file names.

    An id counts where the catalogue knows it, whatever its key; under a key that asks for a
    checkpoint, also where it nearly does, or where it has the form organisation/name and the key
    names an architecture (`clip_model`).
    Raises UnreadableError where the file may name a checkpoint and cannot be read.
    """
    if data.startswith(_OTHER_MARKS) or b"\0" in data[:4]:
        raise UnreadableError(name, None, "is not UTF-8 text")
    escaped = _ESCAPED.search(data)
    if not escaped and b"/" not in data:
        return Scan()
    text = decode_utf8(data, name)
    if not escaped and not _mentions(text, vocabulary):
        return Scan()
    try:
        documents = [one for one in documents_in(text, name) if not _ours(one, name)]
        texts = [entry for document in documents for entry in _texts(document, (), {})]
    except RecursionError:
        raise UnreadableError(name, None, "is nested too deeply to be read") from None
    usages = []
    written = Written(text)
    for keys, id, around in texts:
        line, column = written.next_place(id)
        if _is_checkpoint(keys[-1], id, vocabulary):
            place = Location(name, line, column, line, column + len(id))
            usages.append(
                Usage(
                    place=place,
                    checkpoint=id,
                    alternatives=(Value(id, place),),
                    class_name=_sibling(around, _CLASS_KEYS),
                    task=_sibling(around, _TASK_KEYS),
                    key=".".join(keys),
                )
            )
    return Scan(
        usages=tuple(sorted(usages, key=lambda usage: usage.place[:3])),
        ignores=tuple(ignores_in_text(text, name)) if MARK in data else (),
    )


def documents_in(text: str, name: str) -> Iterable[Any]:
    """Return the documents of a YAML, TOML or JSON file. Raises UnreadableError."""
    read = {"json": _json, "toml": read_toml}.get(name.rpartition(".")[2].lower(), _yaml)
    return read(text, name)


def _ours(document: Any, name: str) -> bool:
    """True for what advisor wrote itself, as JSON: answers and reports, baselines, locks."""
    own = isinstance(document, dict) and any(keys <= document.keys() for keys in _OWN_KEYS)
    return own and name.lower().endswith(".json")


def _mentions(text: str, vocabulary: Vocabulary) -> bool:
    """True where any id in the text may be a checkpoint of ours; saves reading the rest."""
    keys = _HUMP.sub("_", text)
    return any(vocabulary.key_hinted(word) for word in set(_WORD.findall(keys))) or any(
        vocabulary.known(match["id"]) or vocabulary.resembles(match["id"])
        for match in _ID_IN_TEXT.finditer(text)
    )


def _is_checkpoint(key: str, id: str, vocabulary: Vocabulary) -> bool:
    key = _HUMP.sub("_", key).lower()
    if "/" not in id or " " in id:
        return False
    if vocabulary.known(id):
        return True
    if not _KEY.search(key):
        return False
    return vocabulary.resembles(id) or (vocabulary.is_id(id) and vocabulary.key_hinted(key))


def _sibling(around: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    values = (around.get(key) for key in keys)
    single = (v[0] if isinstance(v, list) and len(v) == 1 else v for v in values)
    return next((value for value in single if isinstance(value, str)), None)


class Written:
    """Where ids stand in a text, found in one pass; comments are passed over."""

    def __init__(self, text: str) -> None:
        self._starts: dict[str, list[int]] = {}
        self._lines = [0, *(feed.end() for feed in re.finditer("\n", text))]
        self._cursor = 0
        for line in _LINE.finditer(text):
            for word in _WRITTEN.finditer(text, line.start(), line.end()):
                if "/" in word[0]:
                    self._starts.setdefault(word[0], []).append(word.start())

    def next_place(self, id: str) -> tuple[int, int]:
        """Return line and column of an id; values come in the order of the file.

        An alias stands earlier, where its anchor is. What is written in another way than it reads
        stands on line 1.
        """
        starts = self._starts.get(id, [0])
        at = bisect.bisect_left(starts, self._cursor)
        start = starts[at if at < len(starts) else 0]
        self._cursor = max(self._cursor, start + 1)
        line = bisect.bisect_right(self._lines, start)
        return line, start - self._lines[line - 1] + 1


def _texts(
    value: Any, keys: tuple[str, ...], around: dict[str, Any]
) -> Iterator[tuple[tuple[str, ...], str, dict[str, Any]]]:
    """Yield each text under a key: the keys to it, itself, and the mapping it stands in."""
    if isinstance(value, str) and keys:
        yield keys, value.strip(), around
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*keys, str(key)), value)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, keys, around)


def _json(text: str, name: str) -> list[Any]:
    """The value of a JSON file, or those of a file with one on each line."""
    try:
        return [_DECODER.decode(text)]
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if lines and all(line.lstrip().startswith(("{", "[", '"')) for line in lines[:3]):
            with contextlib.suppress(ValueError):
                return [_DECODER.decode(line) for line in lines]
        message = f"is not valid JSON: {error.msg.lower()}"
        raise UnreadableError(name, error.lineno, message) from None


def read_toml(text: str, name: str) -> list[Any]:
    """Return the value of a TOML file, alone. Raises UnreadableError."""
    if long := _LONG_KEY.search(text):
        at = text.count("\n", 0, long.start()) + 1
        raise UnreadableError(name, at, "is nested too deeply to be read")
    import tomllib  # which few checks need

    try:
        return [tomllib.loads(text)]
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        message = f"is not valid TOML: {str(error).partition(' (at')[0].lower()}"
        raise UnreadableError(name, int(line[1]) if line else None, message) from None
    except ValueError:  # a date that is none, or more digits than an integer may have
        raise UnreadableError(name, None, "holds a number that cannot be read") from None


def _yaml(text: str, name: str) -> Iterator[Any]:
    """The documents of a YAML file. Its dialect is not judged, only what cannot be read at all."""
    from advisor.reader.document import read_text  # which few checks need

    starts = [0, *(mark.end() for mark in _DOCUMENT.finditer(text))]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        document = read_text(_DIRECTIVE.sub("", text[start:end]), name)
        if document.value is None and document.problems:
            problem = document.problems[0]
            line = text.count("\n", 0, start) + problem.line
            raise UnreadableError(name, line, problem.message)
        yield document.value
