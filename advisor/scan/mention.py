"""What a text of code mentions, told by a few searches, so that most files need not be parsed.

A search may see more than there is, in a comment say, and never less: what nothing here sees, a
walk through the tree would not find either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from advisor.scan.cells import code_of_notebook
from advisor.scan.source import MARK, same_letters, searchable, spells_otherwise, text_of
from advisor.scan.vocabulary import (
    LIBRARIES,
    LIBRARIES_OF_FUNCTIONS,
    Vocabulary,
)

Lost = Callable[[str], frozenset[str]]
"""Gives the members that a class, or one beside it, once had and has no more."""
FEATURES = ("get_image_features", "get_text_features")
"""What only vision-language models are asked for."""
_WORDS = {"pretrained", "pipeline", MARK.decode(), *FEATURES, *LIBRARIES_OF_FUNCTIONS}
_SPOKEN_OF = tuple(
    one.encode()
    for one in ("transformers", *sorted(_WORDS))
    if not any(two in one for two in _WORDS - {one})
)
"""Bytes of which some stand in each file that has anything to do with checkpoints.

The first stands in most of those files.
"""
_ESCAPED_LETTER = re.compile(rb"\\u00[4-7]")
"""A letter as JSON need not write it."""
_BETWEEN_PIECES = re.compile(rb'"\s*,\s*"')
"""Where a line of a cell, or a word of it, may go on."""
_SEEING = {
    "pixel_values": re.compile("pixel_values"),
    "clip": re.compile(r"CLIP(?<!\wCLIP)"),
    "blip": re.compile(r"B(?:LIP(?<!\wBLIP)|lip(?<![^\W_]Blip)(?![a-z]))"),
    "modal": re.compile(r"(?i)\bmulti-?modal"),
    "vision": re.compile(r"Vision|(?i:vision(?<![^\W_]vision))"),
    "visual": re.compile(
        r"(?i)visual(?<![^\W_]visual)_?(?:embed|encod|feature|prompt|token|tower)"
    ),
    "pil": re.compile(r"PIL(?<!\wPIL)\b"),
    "image_": re.compile(r"image_(?:embeds?|features|processor|tokens?)\b"),
}
"""Words of code that looks at pictures, whatever it loads.

By a part of each in small letters, which is looked for first, since that is fast.
"""
_LOADS = ".from_pretrained"
_LONGEST_CLASS = 80
_ATTRIBUTE = re.compile(r"\.([A-Za-z]\w*)")
_IMPORTS = re.compile(
    r"(?:from|import)[ \t]+(?:[\w.]+(?:[ \t]+as[ \t]+\w+)?+[ \t]*,[ \t]*)*"
    rf"(?:{'|'.join(sorted(LIBRARIES))})\b"
)
_BEGINNING = ('"', "\r", "\n", ";", ":", "\\n")
"""Behind one of these, or where a text begins, a statement may, in a text of code too."""
_QUOTED_ID = re.compile(r"[\"'\\]([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)\\?[\"']", re.ASCII)
FROM = (
    r"from(?<!\wfrom)(?:[ \t]++|(?=\.))"
    r"(?P<of>(?:\.[ \t]*+)++(?:(?!import\b)\w[\w.]*+)?|(?!import\b)\w[\w.]*+)"
    r"(?:[ \t]++|(?<=[. \t]))import\b"
)
"""The beginning of an import from a module, up to the names."""
_FROM_MODULE = re.compile(rf"{FROM}[ \t]*+(\((?:[^()#]|#[^\n]*+)*+\)?|[^\n;#\\]*+)")
_IMPORT_MODULE = re.compile(r"import(?<!\wimport)[ \t]++([\w., \t]++)")
_COMMENT = re.compile(r"#[^\n]*")
_WORD = re.compile(r"\w+")


class Mentions:
    """What texts of code mention of the names that a vocabulary knows."""

    def __init__(self, vocabulary: Vocabulary, lost: Lost) -> None:
        self._vocabulary, self._lost = vocabulary, lost

    def speaks(self, data: bytes) -> bool:
        """True where words of ours, or catalogued ids, stand in the bytes of a file."""
        return _speaks_of_us(data) or bool(self._vocabulary.ids_in(data))

    def may_concern_us(self, kind: str, data: bytes) -> bool:
        """True where words of ours stand in a file, in whatever letters Python takes for them."""
        if b"\0" in data:  # as each second byte of UTF-16 is
            data = data.replace(b"\0", b"")
        if self.speaks(data) or (kind == "python" and spells_otherwise(data)):
            return True
        if kind == "notebook":
            data = _BETWEEN_PIECES.sub(b"", data)
            if _ESCAPED_LETTER.search(data) or _speaks_of_us(data):
                return True
        if data.isascii():
            return False
        text = text_of(data) if kind == "python" else data.decode("utf-8", "replace")
        return _speaks_of_us(same_letters(text).encode("utf-8", "replace"))

    def ids(self, code: str) -> set[str]:
        """Return the catalogued ids that stand in quotes."""
        known = map(self._vocabulary.known, _QUOTED_ID.findall(code))
        return {id for id in known if id}

    def may_lack(self, code: str) -> bool:
        """True where a class is loaded, of which members are lost that are used."""
        loaded = {_last_word(text[-_LONGEST_CLASS:]) for text in code.split(_LOADS)[:-1]}
        classes = (one for one in loaded if one[:1].isupper() and not one.startswith("Auto"))
        lost = frozenset[str]().union(*map(self._lost, classes))
        return bool(lost) and not lost.isdisjoint(_ATTRIBUTE.findall(code))


def _speaks_of_us(data: bytes) -> bool:
    return any(map(data.__contains__, _SPOKEN_OF))


def may_ask(code: str) -> bool:
    """True where code loads a model, or asks one that another file loads."""
    return "from_pretrained" in code or any(name in code for name in FEATURES)


def code_in(kind: str, data: bytes) -> str | None:
    """Return the code of a file as a search is to see it; None where only its tree tells."""
    if kind == "notebook":
        text = code_of_notebook(data)
        return None if text is None else searchable(text)
    return None if b"\0" in data or spells_otherwise(data) else searchable(text_of(data))


def sees(code: str) -> bool:
    """True where code looks at pictures, whatever it loads."""
    lowered = code.lower()
    return any(part in lowered and words.search(code) for part, words in _SEEING.items())


def imports_library(code: str) -> bool:
    """True where a library that loads is imported, be it in code that stands in a text."""
    return any(
        begins_statement(code, found.start(), _BEGINNING) for found in _IMPORTS.finditer(code)
    )


def begins_statement(code: str, at: int, behind: tuple[str, ...]) -> bool:
    """True where a statement may begin, as it may behind some signs and where a text begins."""
    while at and code[at - 1] in " \t":
        at -= 1
    return not at or code.endswith(behind, 0, at)


def imports_from(code: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what `from module import a, b` and `import module` import in a text of code."""
    for written, names in _FROM_MODULE.findall(code):
        parts = map(str.split, _COMMENT.sub("", names).strip("()").split(","))
        yield "".join(written.split()), [part[0] for part in parts if part]
    for whole in _IMPORT_MODULE.finditer(code):
        if begins_statement(code, whole.start(), ("\n", ";", ":")):
            yield from ((part.split()[0], []) for part in whole[1].split(",") if part.strip())


def _last_word(text: str) -> str:
    """The word that a text ends in."""
    found = _WORD.match(text[::-1])  # from behind, where nothing has to be looked for
    return found[0][::-1] if found else ""
