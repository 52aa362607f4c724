"""Checkpoint ids in YAML, TOML and JSON files, found in their lines: none of them is parsed."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from advisor.scan.source import MARK, UnreadableError, decode_utf8, ignores_in_text
from advisor.scan.usage import Location, Scan, Usage, Value
from advisor.scan.vocabulary import Vocabulary

_KEY = re.compile(
    r"(?:^|[_.-])(?:model|models|checkpoint|checkpoints|pretrained|weights|processor|tokenizer"
    r"|encoder|decoder|captioner|backbone|repo|model_?(?:name|id|path|name_or_path|checkpoint|repo)"
    r"|(?:checkpoint|pretrained|repo|hub|hf)_?(?:name|id|path|model|name_or_path"
    r"|model_name_or_path))\Z"
)
_OTHER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OWN = re.compile(rb'\{\s*"(?:schema_version|baseline_version|lock_version)"\s*:')
"""How answers, reports, baselines and locks of advisor itself begin."""
_COMMENT = re.compile(r"(?:^|\s)#.*")
# Runs start where they begin and are never given back, so that a long entry is read once.
_WORD = re.compile(
    r"(?<![\w-])(?P<key>[\w-]++)[\"']?[ \t]*+[:=](?=\s|[\"'\[{]|$)"
    r"|(?<![\w./:@-])(?P<id>[A-Za-z0-9][\w.-]*+/[A-Za-z0-9][\w.-]*+)(?![\w/:@])",
    re.ASCII,
)
"""A key before its value, or what has the form of an id."""


def read_configuration(data: bytes, name: str, vocabulary: Vocabulary) -> Scan:
    """Return the checkpoints that a configuration file names.

    An id counts where the catalogue knows it, whatever its key; under a key that asks for a
    checkpoint, also where it nearly does, or where it has the form organisation/name and the key
    names an architecture (`clip_model`). The key of a value is the last one before it.
    Raises UnreadableError where the file cannot be read as text.
    """
    if data.startswith(_OTHER_MARKS) or b"\0" in data[:4]:
        raise UnreadableError(name, None, "is not UTF-8 text")
    if b"/" not in data or _OWN.match(data):
        return Scan()
    text = decode_utf8(data, name)
    usages = [
        Usage(place=place, checkpoint=id, alternatives=(Value(id, place),), key=key)
        for key, id, place in _entries(text, name)
        if _is_checkpoint(key, id, vocabulary)
    ]
    ignores = tuple(ignores_in_text(text, name)) if MARK in data else ()
    return Scan(usages=tuple(usages), ignores=ignores)


def _entries(text: str, name: str) -> Iterator[tuple[str, str, Location]]:
    """Yield what has the form of an id: the key before it, itself, and where it stands."""
    key = ""
    for number, line in enumerate(text.split("\n"), 1):
        for word in _WORD.finditer(_COMMENT.sub("", line)):
            if word["key"]:
                key = word["key"]
            else:
                column = word.start() + 1
                place = Location(name, number, column, number, column + len(word["id"]))
                yield key, word["id"], place


def _is_checkpoint(key: str, id: str, vocabulary: Vocabulary) -> bool:
    key = _HUMP.sub("_", key).lower()
    if vocabulary.known(id):
        return True
    if not _KEY.search(key):
        return False
    return vocabulary.resembles(id) or (vocabulary.is_id(id) and vocabulary.key_hinted(key))
