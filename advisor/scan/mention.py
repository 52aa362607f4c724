"""What the text of a file tells without parsing: library names, imports, ids in configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.scan.source import (
    MARK,
    UnreadableError,
    decode_utf8,
    ignores_in_text,
    same_letters,
    text_of,
)
from advisor.scan.usage import Location, Scan, Usage, Value
from advisor.scan.vocabulary import LIBRARIES_OF_FUNCTIONS, Vocabulary

_WORDS = ("transformers", "pretrained", "get_image_features", "get_text_features")
_SPOKEN_OF = (*map(str.encode, (*_WORDS, *sorted(LIBRARIES_OF_FUNCTIONS - {"clip"}))), MARK)
"""Bytes of which each file that loads a checkpoint has some, but for the library `clip`."""
_CLIP = re.compile(rb"\bfrom\s+clip\b|\bimport\b[^\n]*\bclip\b")
"""Imports of the library `clip`, whose name is a word of other code too."""
_ESCAPED_LETTER = re.compile(rb"\\u00[4-7]")
"""A letter as JSON may write it."""
_BETWEEN_PIECES = re.compile(rb'"\s*,\s*"')
"""The JSON between two pieces of a cell; a line, or a word, may go on behind it."""
_SEEING = re.compile(
    r"pixel_values|PIL(?<=\bPIL)\b|CLIP(?<=\bCLIP)|B(?:LIP(?<!\wBLIP)|lip(?<![^\W_]Blip)(?![a-z]))"
    r"|[Mm]ulti-?[Mm]odal|MULTI-?MODAL|Vision|(?i:vision(?<![^\W_]vision))|[Cc]aption"
    r"|(?i:visual(?<![^\W_]visual)_?(?:embed|encod|feature|prompt|token|tower))"
    r"|image_(?:embeds?|features|processor|tokens?)\b|(?:Clip(?<!\wClip)|Image(?<!\wImage))[A-Z]"
)
"""Words of code that looks at images, whatever it loads; each is found by its first letters."""
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<of>[\w.]+)[ \t]+import[ \t]+(?P<names>\([^()]*\)|[^\n;#\\]+)"
    r"|import[ \t]+(?P<modules>[\w., \t]+))",
    re.MULTILINE,
)


def speaks(data: bytes, vocabulary: Vocabulary) -> bool:
    """True if the bytes of a file name a library or loading call, or a catalogued id."""
    if any(map(data.__contains__, _SPOKEN_OF)) or vocabulary.ids_in(data):
        return True
    return b"clip" in data and _CLIP.search(data) is not None


def may_concern_us(kind: str, data: bytes, vocabulary: Vocabulary) -> bool:
    """True if a file may name one of these, also escaped, in another encoding or wide letters."""
    data = data.replace(b"\0", b"")  # as each second byte of UTF-16 is
    if speaks(data, vocabulary):
        return True
    if kind == "notebook":
        data = _BETWEEN_PIECES.sub(b"", data)
        if _ESCAPED_LETTER.search(data) or speaks(data, vocabulary):
            return True
    if data.isascii() and b"coding" not in data:
        return False
    try:
        text = text_of(data, "") if kind == "python" else data.decode("utf-8", "replace")
    except UnreadableError:  # which is said where it is parsed
        return True
    return speaks(same_letters(text).encode("utf-8", "replace"), vocabulary)


def sees(code: str) -> bool:
    """True if code works on images, by its words."""
    return _SEEING.search(code) is not None


def imports_from(code: str) -> Iterator[tuple[str, list[str]]]:
    """Yield module and names of each `from module import a, b`; of `import module`, no names."""
    for match in _IMPORT.finditer(code):
        if module := match["of"]:
            names = re.sub(r"#[^\n]*", "", match["names"]).strip("()").split(",")
            yield module, [name.split()[0] for name in names if name.strip()]
        else:
            modules = match["modules"].split(",")
            yield from ((name.split()[0], []) for name in modules if name.strip())


_KEY = re.compile(
    r"(?:^|[_.-])(?:model|models|checkpoint|checkpoints|pretrained|weights|processor|tokenizer"
    r"|encoder|decoder|captioner|backbone|repo|model_?(?:name|id|path|name_or_path|checkpoint|repo)"
    r"|(?:checkpoint|pretrained|repo|hub|hf)_?(?:name|id|path|model|name_or_path"
    r"|model_name_or_path))\Z"
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OWN = re.compile(rb'\{\s*"(?:schema_version|baseline_version|lock_version)"\s*:')
"""The beginning of answers, reports, baselines and locks that advisor itself wrote."""
_COMMENT = re.compile(r"(?:^|\s)#.*")
# Runs start where they begin and are never given back, so that a long entry is read once.
_WORD = re.compile(
    r"(?<![\w-])(?P<key>[\w-]++)[\"']?[ \t]*+[:=](?=\s|[\"'\[{]|$)"
    r"|(?<![\w./:@-])(?P<id>[A-Za-z0-9][\w.-]*+/[A-Za-z0-9][\w.-]*+)(?![\w/:@])",
    re.ASCII,
)
"""A key before its value, or a text with the form of an id."""


def read_configuration(data: bytes, name: str, vocabulary: Vocabulary) -> Scan:
    """Return the checkpoints that a configuration file names, as usages, and its comments.

    An id counts if it is in the catalog; under a key that asks for a checkpoint, also if it
    resembles one. The key of a value is the last one before it. Raises UnreadableError if the file
    is not UTF-8 text.
    """
    if b"\0" in data[:4]:
        raise UnreadableError(name, None, "is not UTF-8 text")
    if b"/" not in data or _OWN.match(data):
        return Scan()
    text = decode_utf8(data, name)
    usages, key = [], ""
    lines = ((number, _COMMENT.sub("", line)) for number, line in enumerate(text.split("\n"), 1))
    words = ((number, word) for number, line in lines for word in _WORD.finditer(line))
    for number, word in words:
        key, id = word["key"] or key, word["id"]
        asks = id and _KEY.search(_HUMP.sub("_", key).lower())
        if id and (vocabulary.known(id) or (asks and vocabulary.resembles(id))):
            place = Location(name, number, word.start() + 1, number, word.end() + 1)
            usages.append(Usage(place, checkpoint=id, alternatives=(Value(id, place),), key=key))
    ignores = tuple(ignores_in_text(text, name)) if MARK in data else ()
    return Scan(usages=tuple(usages), ignores=ignores)
