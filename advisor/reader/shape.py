"""Shapes of values: each finds problems and their places, and returns itself as a JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from advisor.errors import nearest
from advisor.phrasing import joined
from advisor.reader.document import Document, KeyPath

Faults = Iterator[tuple[KeyPath, str]]
"""Path and message of each problem."""

Parts = Iterator[tuple[KeyPath, Any, "Shape"]]
"""Path, value and shape of each key and member of a value."""

References = Iterator[tuple[KeyPath, str, str]]
"""Path, kind and name of each reference to another entry."""

ID_PATTERN = r"[a-z0-9]+(-[a-z0-9]+)*"
RESERVED_IDS = ("yes", "no", "on", "off", "true", "false", "null")


class Shape:
    """Base of all shapes: accepted Python `types`, their `noun` in messages, and the JSON type."""

    types: tuple[type, ...] = ()
    noun = ""
    json_type = ""

    def problems(self, value: Any, path: KeyPath = ()) -> Faults:
        """Yield everything in `value` that is not of this shape."""
        if type(value) not in self.types:
            yield path, f"expected {self.noun}, found {_kind(value)}"
            return
        yield from self.faults(value, path)
        for place, part, shape in self.parts(value, path):
            yield from shape.problems(part, place)

    def faults(self, value: Any, path: KeyPath) -> Faults:  # noqa: ARG002 - of none
        """Yield the problems of a value of the right type, except those of its parts."""
        yield from ()

    def parts(self, value: Any, path: KeyPath) -> Parts:  # noqa: ARG002 - of none
        """Yield the parts of a value of the right type."""
        yield from ()

    def references(self, value: Any, path: KeyPath = ()) -> References:
        """Yield every reference to another entry inside a value of this shape."""
        for place, part, shape in self.parts(value, path):
            if shape.refers:
                yield from shape.references(part, place)

    @cached_property
    def refers(self) -> bool:
        """True if values of this shape may contain references."""
        return any(shape.refers for shape in self.inner)

    @property
    def inner(self) -> Iterable[Shape]:
        """The shapes of its parts."""
        return ()

    def schema(self) -> dict[str, Any]:
        """Return this shape as a JSON Schema (draft 2020-12)."""
        return {"type": self.json_type}


class TextOf(Shape):
    """Non-empty text that fully matches `pattern`, if given; `of` is the kind of entry it names."""

    types, noun, json_type = (str,), "text", "string"

    def __init__(self, pattern: str | None = None, example: str = "", of: str = "") -> None:
        self.pattern = pattern
        self.example = example
        self.of = of
        self.refers = bool(of)

    def faults(self, value: Any, path: KeyPath) -> Faults:
        if not value.strip():
            yield path, "expected text, found nothing"
        elif self.pattern and not re.fullmatch(self.pattern, value):
            yield path, f"`{value}` is not {self.example or self.pattern}"

    def references(self, value: Any, path: KeyPath = ()) -> References:
        if self.of:
            yield path, self.of, value

    def schema(self) -> dict[str, Any]:
        pattern = {"pattern": f"^({self.pattern})$"} if self.pattern else {}
        return super().schema() | {"minLength": 1} | pattern


class KebabCase(TextOf):
    """A kebab-case id, except words that YAML reads as booleans or null."""

    def __init__(self, of: str = "") -> None:
        super().__init__(ID_PATTERN, "a kebab-case id such as `large-collection`", of)

    def faults(self, value: Any, path: KeyPath) -> Faults:
        if value in RESERVED_IDS:
            yield path, f"`{value}` cannot be an id, because YAML does not read it as text"
        else:
            yield from super().faults(value, path)


class Integer(Shape):
    """A whole number from `least` on."""

    types, noun, json_type = (int,), "a whole number", "integer"

    def __init__(self, least: int = 0) -> None:
        self.least = least

    def faults(self, value: Any, path: KeyPath) -> Faults:
        if value < self.least:
            yield path, f"expected a whole number of at least {self.least}, found {value}"

    def schema(self) -> dict[str, Any]:
        return super().schema() | {"minimum": self.least}


class Number(Shape):
    """Any number."""

    types, noun, json_type = (int, float), "a number", "number"


class Boolean(Shape):
    """true or false."""

    types, noun, json_type = (bool,), "true or false", "boolean"


class OneOf(Shape):
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def problems(self, value: Any, path: KeyPath = ()) -> Faults:
        if value not in self.words:
            words = _quoted(self.words, "or")
            close = nearest(value, self.words) if isinstance(value, str) else None
            hint = f"Did you mean `{close}`?" if close else f"Use {words}"
            yield path, f"expected {words}, found {_kind(value)}. {hint}"

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


class ListOf(Shape):
    """A list of one shape, with at least `least` members, and at most `most`."""

    types, noun, json_type = (list,), "a list", "array"

    def __init__(self, member: Shape, least: int = 0, most: int | None = None) -> None:
        self.member = member
        self.least = least
        self.most = most

    def faults(self, value: Any, path: KeyPath) -> Faults:
        if len(value) < self.least:
            yield path, f"expected at least {self.least} in this list, found {len(value)}"
        if self.most is not None and len(value) > self.most:
            yield path, f"expected at most {self.most:,} in this list, found {len(value):,}"

    def parts(self, value: Any, path: KeyPath) -> Parts:
        for index, member in enumerate(value):
            yield (*path, index), member, self.member

    @property
    def inner(self) -> Iterable[Shape]:
        return (self.member,)

    def schema(self) -> dict[str, Any]:
        most = {} if self.most is None else {"maxItems": self.most}
        return super().schema() | {"items": self.member.schema(), "minItems": self.least} | most


class MapOf(Shape):
    """A mapping from ids or other text to one shape."""

    types, noun, json_type = (dict,), "a mapping", "object"

    def __init__(self, value: Shape, key: Shape | None = None, least: int = 0) -> None:
        self.key = key or KebabCase()
        self.value = value
        self.least = least

    def faults(self, value: Any, path: KeyPath) -> Faults:
        if len(value) < self.least:
            yield path, f"expected at least {self.least} keys here, found {len(value)}"

    def parts(self, value: Any, path: KeyPath) -> Parts:
        for key, member in value.items():
            yield (*path, key), key, self.key
            yield (*path, key), member, self.value

    @property
    def inner(self) -> Iterable[Shape]:
        return self.key, self.value

    def schema(self) -> dict[str, Any]:
        return super().schema() | {
            "propertyNames": self.key.schema(),
            "additionalProperties": self.value.schema(),
            "minProperties": self.least,
        }


class OptionsOf(MapOf):
    """A mapping: question -> an option, a list of options, or a mapping with options as keys."""

    def __init__(self, options: Shape) -> None:
        super().__init__(options, KebabCase(of="question"))

    def references(self, value: Any, path: KeyPath = ()) -> References:
        yield from super().references(value, path)
        for question, options in value.items():
            for index, option in enumerate([options] if isinstance(options, str) else options):
                step = option if isinstance(options, dict) else index
                yield (*path, question, step), f"option of `{question}`", option


class AnyOf(Shape):
    """A value that one of the shapes accepts; else it has the problems of the closest shape."""

    def __init__(self, *shapes: Shape) -> None:
        self.shapes = shapes

    def problems(self, value: Any, path: KeyPath = ()) -> Faults:
        attempts = [list(shape.problems(value, path)) for shape in self.shapes]
        if all(attempts):
            yield from max(attempts, key=lambda faults: max(len(place) for place, _ in faults))

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [shape.schema() for shape in self.shapes]}


class Record(Shape):
    """A mapping with known keys; those ending in `?` may be left out.

    Exactly one of the keys in `one_of` must be present, if there are any.
    """

    types, noun, json_type = (dict,), "a mapping", "object"

    def __init__(self, fields: Mapping[str, Shape], one_of: tuple[str, ...] = ()) -> None:
        self.fields = {name.rstrip("?"): shape for name, shape in fields.items()}
        self.required = [name for name in fields if not name.endswith("?")]
        self.one_of = one_of

    def faults(self, value: Any, path: KeyPath) -> Faults:
        for key in (key for key in value if key not in self.fields):
            close = nearest(key, tuple(self.fields))
            hint = f"Did you mean `{close}`?" if close else f"Known: {', '.join(self.fields)}"
            yield (*path, key), f"unknown key `{key}`. {hint}"
        missing = [name for name in self.required if name not in value]
        if missing:
            verb = "is" if len(missing) == 1 else "are"
            yield path, f"{_quoted(missing, 'and')} {verb} missing"
        if self.one_of and sum(name in value for name in self.one_of) != 1:
            yield path, f"exactly one of {_quoted(self.one_of, 'or')} is required here"

    def parts(self, value: Any, path: KeyPath) -> Parts:
        for key, member in value.items():
            if key in self.fields:
                yield (*path, key), member, self.fields[key]

    @property
    def inner(self) -> Iterable[Shape]:
        return self.fields.values()

    def schema(self) -> dict[str, Any]:
        one_of = {"oneOf": [{"required": [name]} for name in self.one_of]} if self.one_of else {}
        return {
            **super().schema(),
            "properties": {name: shape.schema() for name, shape in self.fields.items()},
            "required": self.required,
            "additionalProperties": False,
            **one_of,
        }


def check_shape(document: Document, shape: Shape) -> bool:
    """Report problems of the document's value into the document; True if it has no problems."""
    return report_shape(document, shape) == []


def report_shape(document: Document, shape: Shape) -> list[KeyPath] | None:
    """Report problems of the document's value into the document, and return their paths.

    None if the document had problems before; its value is then not checked.
    """
    if document.problems:
        return None
    faults = list(shape.problems(document.value))
    document.report_all(faults)
    return [path for path, _ in faults]


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return f"`{text if len(text) <= 40 else text[:37] + '...'}`"


def _quoted(words: Iterable[str], last: str) -> str:
    return joined((f"`{word}`" for word in words), last)
