"""What a value has to look like: checks it with places, and says the same as a JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from advisor.errors import nearest
from advisor.phrasing import joined

if TYPE_CHECKING:
    from advisor.reader.document import Document, KeyPath

    Report = Callable[[KeyPath, str], None]
    Reference = tuple[KeyPath, str, str]
    """Where a name stands, what it is the name of, and the name."""

ID_PATTERN = r"[a-z0-9]+(-[a-z0-9]+)*"
RESERVED_IDS = ("yes", "no", "on", "off", "true", "false", "null")


class Shape:
    """Base of all shapes."""

    def check(self, value: Any, path: KeyPath, report: Report) -> None:  # noqa: ARG002 - abstract
        """Report everything in `value` that is not of this shape."""
        raise TypeError(f"{type(self).__name__} does not check")

    def schema(self) -> dict[str, Any]:
        """Return this shape as a JSON Schema (draft 2020-12)."""
        raise TypeError(f"{type(self).__name__} has no schema")

    def references(self, value: Any, path: KeyPath) -> Iterator[Reference]:  # noqa: ARG002 - abstract
        """Yield every name of something else inside a value of this shape."""
        yield from ()


class TextOf(Shape):
    """Non-empty text, of a pattern where one is given; `of` is what it is the name of."""

    def __init__(self, pattern: str | None = None, example: str = "", of: str = "") -> None:
        self.pattern = pattern
        self.example = example
        self.of = of

    def check(self, value: Any, path: KeyPath, report: Report) -> None:
        if not isinstance(value, str):
            report(path, f"expected text, found {_kind(value)}")
        elif not value.strip():
            report(path, "expected text, found nothing")
        elif self.pattern and not re.fullmatch(self.pattern, value):
            report(path, f"`{value}` does not look like {self.example or self.pattern}")

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "minLength": 1}
        if self.pattern:
            schema["pattern"] = f"^({self.pattern})$"
        return schema

    def references(self, value: Any, path: KeyPath) -> Iterator[Reference]:
        if self.of:
            yield path, self.of, value


class KebabCase(TextOf):
    """A kebab-case id that no YAML reader takes for something else."""

    def __init__(self, of: str = "") -> None:
        super().__init__(ID_PATTERN, "a kebab-case id such as `large-collection`", of)

    def check(self, value: Any, path: KeyPath, report: Report) -> None:
        if isinstance(value, str) and value in RESERVED_IDS:
            report(path, f"`{value}` cannot be an id: YAML reads it as something else")
        else:
            super().check(value, path, report)


class Integer(Shape):
    """A whole number from `least` on."""

    def __init__(self, least: int = 0) -> None:
        self.least = least

    def check(self, value: Any, path: KeyPath, report: Report) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            report(path, f"expected a whole number, found {_kind(value)}")
        elif value < self.least:
            report(path, f"expected a whole number from {self.least} on, found {value}")

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least}


class Number(Shape):
    """Any number."""

    def check(self, value: Any, path: KeyPath, report: Report) -> None:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            report(path, f"expected a number, found {_kind(value)}")

    def schema(self) -> dict[str, Any]:
        return {"type": "number"}


class Boolean(Shape):
    """true or false."""

    def check(self, value: Any, path: KeyPath, report: Report) -> None:
        if not isinstance(value, bool):
            report(path, f"expected true or false, found {_kind(value)}")

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class OneOf(Shape):
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def check(self, value: Any, path: KeyPath, report: Report) -> None:
        if value not in self.words:
            words = _quoted(self.words, "or")
            close = nearest(value, self.words) if isinstance(value, str) else None
            hint = f"; did you mean `{close}`?" if close else f"; use {words}"
            report(path, f"expected {words}, found {_kind(value)}{hint}")

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


class ListOf(Shape):
    """A list of one shape, with at least `least` members."""

    def __init__(self, member: Shape, least: int = 0) -> None:
        self.member = member
        self.least = least

    def check(self, value: Any, path: KeyPath, report: Report) -> None:
        if not isinstance(value, list):
            report(path, f"expected a list, found {_kind(value)}")
            return
        if len(value) < self.least:
            report(path, f"expected at least {self.least} in this list, found {len(value)}")
        for index, member in enumerate(value):
            self.member.check(member, (*path, index), report)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.member.schema(), "minItems": self.least}

    def references(self, value: Any, path: KeyPath) -> Iterator[Reference]:
        for index, member in enumerate(value):
            yield from self.member.references(member, (*path, index))


class MapOf(Shape):
    """A mapping from ids or other text to one shape."""

    def __init__(self, value: Shape, key: Shape | None = None, least: int = 0) -> None:
        self.key = key or KebabCase()
        self.value = value
        self.least = least

    def check(self, value: Any, path: KeyPath, report: Report) -> None:
        if not isinstance(value, dict):
            report(path, f"expected a mapping, found {_kind(value)}")
            return
        if len(value) < self.least:
            report(path, f"expected at least {self.least} keys here, found {len(value)}")
        for key, member in value.items():
            self.key.check(key, (*path, key), report)
            self.value.check(member, (*path, key), report)

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "propertyNames": self.key.schema(),
            "additionalProperties": self.value.schema(),
            "minProperties": self.least,
        }

    def references(self, value: Any, path: KeyPath) -> Iterator[Reference]:
        for key, member in value.items():
            yield from self.key.references(key, (*path, key))
            yield from self.value.references(member, (*path, key))


class OptionsOf(MapOf):
    """A mapping from a question to some of its options."""

    def __init__(self) -> None:
        super().__init__(ListOf(KebabCase(), least=1), KebabCase(of="question"))

    def references(self, value: Any, path: KeyPath) -> Iterator[Reference]:
        yield from super().references(value, path)
        for question, options in value.items():
            for index, option in enumerate(options):
                yield (*path, question, index), f"option of `{question}`", option


class AnyOf(Shape):
    """Text or a list of text, a number or a word: whatever one of the shapes accepts."""

    def __init__(self, *shapes: Shape) -> None:
        self.shapes = shapes

    def check(self, value: Any, path: KeyPath, report: Report) -> None:
        attempts: list[list[tuple[KeyPath, str]]] = []
        for shape in self.shapes:
            found: list[tuple[KeyPath, str]] = []
            shape.check(value, path, _into(found))
            if not found:
                return
            attempts.append(found)
        deepest = max(attempts, key=lambda found: max(len(where) for where, _ in found))
        for where, what in deepest:
            report(where, what)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [shape.schema() for shape in self.shapes]}


class Record(Shape):
    """A mapping with known keys; those ending in `?` may be left out.

    Of the keys in `one_of` exactly one has to stand.
    """

    def __init__(self, fields: Mapping[str, Shape], one_of: tuple[str, ...] = ()) -> None:
        self.fields = {name.rstrip("?"): shape for name, shape in fields.items()}
        self.required = [name for name in fields if not name.endswith("?")]
        self.one_of = one_of

    def check(self, value: Any, path: KeyPath, report: Report) -> None:
        if not isinstance(value, dict):
            report(path, f"expected a mapping, found {_kind(value)}")
            return
        for key, member in value.items():
            shape = self.fields.get(key)
            if shape is None:
                close = nearest(key, tuple(self.fields))
                hint = f"did you mean `{close}`?" if close else f"known: {', '.join(self.fields)}"
                report((*path, key), f"unknown key `{key}`; {hint}")
            else:
                shape.check(member, (*path, key), report)
        missing = [name for name in self.required if name not in value]
        if missing:
            verb = "is" if len(missing) == 1 else "are"
            report(path, f"{_quoted(missing, 'and')} {verb} missing")
        if self.one_of and sum(name in value for name in self.one_of) != 1:
            report(path, f"exactly one of {_quoted(self.one_of, 'or')} has to stand here")

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in self.fields.items()},
            "required": self.required,
            "additionalProperties": False,
        }
        if self.one_of:
            schema["oneOf"] = [{"required": [name]} for name in self.one_of]
        return schema

    def references(self, value: Any, path: KeyPath) -> Iterator[Reference]:
        for key, shape in self.fields.items():
            if key in value:
                yield from shape.references(value[key], (*path, key))


def check_shape(document: Document, shape: Shape) -> bool:
    """Check the document's value; problems go into the document. True where it was clean."""
    if document.problems:
        return False
    shape.check(document.value, (), document.report)
    return not document.problems


def _into(found: list[tuple[KeyPath, str]]) -> Report:
    def report(where: KeyPath, what: str) -> None:
        found.append((where, what))

    return report


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
