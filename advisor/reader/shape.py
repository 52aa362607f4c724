"""What a value has to look like: checks it with places, and says the same as a JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from advisor.errors import nearest
from advisor.reader.document import Document, Path

Report = Callable[[Path, str], None]

ID_PATTERN = r"[a-z0-9]+(-[a-z0-9]+)*"
RESERVED_IDS = ("yes", "no", "on", "off", "true", "false", "null")


class Shape:
    """Base of all shapes."""

    description = ""

    def check(self, value: Any, path: Path, report: Report) -> None:  # noqa: ARG002 - abstract
        """Report everything in `value` that is not of this shape."""
        raise TypeError(f"{type(self).__name__} does not check")

    def schema(self) -> dict[str, Any]:
        """Return this shape as a JSON Schema (draft 2020-12)."""
        raise TypeError(f"{type(self).__name__} has no schema")


class Text(Shape):
    """Non-empty text, of a pattern where one is given."""

    def __init__(self, pattern: str | None = None, example: str = "") -> None:
        self.pattern = pattern
        self.example = example

    def check(self, value: Any, path: Path, report: Report) -> None:
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


class Id(Text):
    """A kebab-case id that no YAML reader takes for something else."""

    def __init__(self) -> None:
        super().__init__(ID_PATTERN, "a kebab-case id such as `large-collection`")

    def check(self, value: Any, path: Path, report: Report) -> None:
        if isinstance(value, str) and value in RESERVED_IDS:
            report(path, f"`{value}` cannot be an id: YAML reads it as something else")
        else:
            super().check(value, path, report)


class Integer(Shape):
    """A whole number from `least` on."""

    def __init__(self, least: int = 0) -> None:
        self.least = least

    def check(self, value: Any, path: Path, report: Report) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            report(path, f"expected a whole number, found {_kind(value)}")
        elif value < self.least:
            report(path, f"expected a whole number from {self.least} on, found {value}")

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least}


class Number(Shape):
    """Any number."""

    def check(self, value: Any, path: Path, report: Report) -> None:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            report(path, f"expected a number, found {_kind(value)}")

    def schema(self) -> dict[str, Any]:
        return {"type": "number"}


class Boolean(Shape):
    """true or false."""

    def check(self, value: Any, path: Path, report: Report) -> None:
        if not isinstance(value, bool):
            report(path, f"expected true or false, found {_kind(value)}")

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Choice(Shape):
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def check(self, value: Any, path: Path, report: Report) -> None:
        if value not in self.words:
            close = nearest(value, self.words) if isinstance(value, str) else None
            hint = f"; did you mean `{close}`?" if close else f"; use {_or(self.words)}"
            report(path, f"expected {_or(self.words)}, found {_kind(value)}{hint}")

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


class ListOf(Shape):
    """A list of one shape, with at least `least` members."""

    def __init__(self, member: Shape, least: int = 0) -> None:
        self.member = member
        self.least = least

    def check(self, value: Any, path: Path, report: Report) -> None:
        if not isinstance(value, list):
            report(path, f"expected a list, found {_kind(value)}")
            return
        if len(value) < self.least:
            report(path, f"expected at least {self.least} in this list, found {len(value)}")
        for index, member in enumerate(value):
            self.member.check(member, (*path, index), report)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.member.schema(), "minItems": self.least}


class MapOf(Shape):
    """A mapping from ids or other text to one shape."""

    def __init__(self, value: Shape, key: Shape | None = None, least: int = 0) -> None:
        self.key = key or Id()
        self.value = value
        self.least = least

    def check(self, value: Any, path: Path, report: Report) -> None:
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


class AnyOf(Shape):
    """Text or a list of text, a number or a word: whatever one of the shapes accepts."""

    def __init__(self, *shapes: Shape) -> None:
        self.shapes = shapes

    def check(self, value: Any, path: Path, report: Report) -> None:
        attempts: list[list[tuple[Path, str]]] = []
        for shape in self.shapes:
            found: list[tuple[Path, str]] = []
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
    """A mapping with known keys; those ending in `?` may be left out."""

    def __init__(self, fields: Mapping[str, Shape], one_of: tuple[str, ...] = ()) -> None:
        self.fields = {name.rstrip("?"): shape for name, shape in fields.items()}
        self.required = [name for name in fields if not name.endswith("?")]
        self.one_of = one_of

    def check(self, value: Any, path: Path, report: Report) -> None:
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
            report(path, f"{_and(missing)} {'is' if len(missing) == 1 else 'are'} missing")
        if self.one_of and sum(name in value for name in self.one_of) != 1:
            report(path, f"exactly one of {_or(self.one_of)} has to stand here")

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


def check_shape(document: Document, shape: Shape) -> bool:
    """Check the document's value; problems go into the document. True where it was clean."""
    if document.problems:
        return False
    shape.check(document.value, (), document.report)
    return not document.problems


def _into(found: list[tuple[Path, str]]) -> Report:
    def report(where: Path, what: str) -> None:
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


def _or(words: tuple[str, ...]) -> str:
    return _join(words, "or")


def _and(words: list[str]) -> str:
    return _join(tuple(words), "and")


def _join(words: tuple[str, ...], last: str) -> str:
    quoted = [f"`{word}`" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
