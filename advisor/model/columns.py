"""What a declared class says of its values: their shape in files, and how they are made of entries.

A class is declared once, as a NamedTuple. A field with a default may be left out of files, unless
it is `Required`; one that is `Computed` stands in none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import NoneType
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from advisor import model
from advisor.model import evidence, library
from advisor.model import fields as f
from advisor.model.value import Plan
from advisor.reader.shape import Boolean, Integer, ListOf, MapOf, Number, Record, Shape, TextOf

Built = TypeVar("Built", bound=tuple[Any, ...])
HOLDERS = {Sequence: "list", tuple: "list", Mapping: "map"}
PARTS = f.ListOf(f.KebabCase(of="part"), least=1)
PLAIN: dict[Any, Shape] = {bool: Boolean(), int: Integer(), float: Number(), str: TextOf()}

EXTRA_KEYS: dict[type, dict[str, Any]] = {
    model.Criterion: {"judges?": f.OneOf("declarations", "fits")},
    model.Question: {"options_from?": f.OneOf("tasks")},
    model.Rule: {
        **{f"{effect}?": f.CANDIDATES for effect in model.EFFECTS},
        "examples": Annotated[Sequence[evidence.Example], f.Least(2)],
    },
    model.Declaration: {"inferred?": bool},
    model.Fit: {"inferred?": bool},
    model.Family: {
        "description?": dict.fromkeys(
            evidence.SECTIONS, Annotated[Sequence[evidence.Statement], f.Least(1)]
        ),
        "claims?": Sequence[evidence.ArticleClaim],
    },
    model.Checkpoint: {
        "parameters_precision?": f.OneOf("published", "derived", "rounded"),
        "image_size_note?": f.Cited[f.Text],
        "languages_note?": f.Text,
        "intended_use?": f.Cited[f.Text],
        "restriction?": f.Cited[f.Text],
        "language_model_licence?": f.Cited[f.Text],
    },
    library.Program: {
        "parts": PARTS,
        "thinking_parts?": PARTS,
        "also?": f.ListOf(
            Record(
                {
                    "runtimes?": f.ListOf(f.KebabCase(of="runtime"), least=1),
                    "precision?": f.OneOf("int8", "int4"),
                    "parts": PARTS,
                    "thinking_parts?": PARTS,
                    "tools?": f.ListOf(f.KebabCase(of="tool"), least=1),
                    "export?": f.TextOf(),
                    "towers?": f.MapOf(f.TextOf(), f.TextOf()),
                }
            )
        ),
    },
    library.ProgramTool: {"before": PARTS, "after": PARTS, "lines": PARTS, "alone": PARTS},
    evidence.Scenario: {"note?": f.Text},
}
"""For a class the keys of its entries that are no fields of it, by shape or annotation: compiling
makes something of them."""


class Hint(NamedTuple):
    """An annotation taken apart: the bare type, and the notes on it; None is no part of it."""

    type: Any
    notes: tuple[Any, ...]

    @property
    def how(self) -> str:
        """How it holds other values: as a list, a map, or one declared value."""
        holder = "one" if hasattr(self.type, "_field_defaults") else ""
        return HOLDERS.get(get_origin(self.type), holder)


class Column(NamedTuple):
    """A field of a declared class: its key in files, its annotation, whether it has to stand.

    `inner` is the class of the declared values that it holds, `was` its key in earlier releases.
    """

    field: str
    key: str
    hint: Hint
    required: bool
    inner: Any
    was: str

    @property
    def computed(self) -> bool:
        """True for a field that stands in no file."""
        return f.COMPUTED in self.hint.notes


def cited_keys(declared: type) -> tuple[str, ...]:
    """Return the keys of an entry of which each has to cite where it was read."""
    marked = [column.key for column in columns(declared) if f.CITED in column.hint.notes]
    extra = EXTRA_KEYS.get(declared, {}).items()
    return (*marked, *(key.rstrip("?") for key, value in extra if f.CITED in _hint(value).notes))


@cache
def record(declared: type) -> Record:
    """Return the shape of the entry of a declared class in a file."""
    members = {
        column.key if column.required else f"{column.key}?": shape_of(column.hint)
        for column in columns(declared)
        if not column.computed
    }
    members |= {key: _shape(value) for key, value in EXTRA_KEYS.get(declared, {}).items()}
    return Record(members, one_of=model.EFFECTS if declared is model.Rule else ())


@cache
def columns(declared: type) -> tuple[Column, ...]:
    """Return the columns of the fields of a class, in order."""
    hints = get_type_hints(declared, localns={**vars(f), "f": f}, include_extras=True)
    defaults: dict[str, Any] = vars(declared)["_field_defaults"]
    return tuple(
        Column(
            field,
            key=next((note.name for note in hint.notes if isinstance(note, f.Key)), field),
            hint=hint,
            required=field not in defaults or f.REQUIRED in hint.notes,
            inner=_inner(hint),
            was=next((note.name for note in hint.notes if isinstance(note, f.Was)), ""),
        )
        for field, hint in ((field, _hint(value)) for field, value in hints.items())
    )


def _inner(hint: Hint) -> Any:
    """Return the class of the declared values that a field holds: one, a list or a map of them."""
    if hint.how in ("list", "map"):
        hint = _hint(get_args(hint.type)[-1 if hint.how == "map" else 0])
    return hint.type if hint.how == "one" else None


def _hint(annotation: Any) -> Hint:
    """Take an annotation apart: `Annotated` and `| None` in any order."""
    if get_origin(annotation) is Annotated:
        inner = _hint(annotation.__origin__)
        return Hint(inner.type, (*inner.notes, *annotation.__metadata__))
    arguments = get_args(annotation)
    if NoneType in arguments:
        return _hint(next(argument for argument in arguments if argument is not NoneType))
    return Hint(annotation, ())


def _shape(value: Any) -> Shape:
    """Return the shape that a shape, an annotation, or a mapping of keys to such stands for."""
    if isinstance(value, dict):
        return Record({key: _shape(member) for key, member in value.items()})
    return value if isinstance(value, Shape) else shape_of(_hint(value))


def shape_of(hint: Hint) -> Shape:
    """Return the shape of a value with this annotation."""
    for note in hint.notes:
        if isinstance(note, Shape):
            return note
    if hint.how == "one":
        return record(hint.type)
    if not hint.how:
        return PLAIN[hint.type]
    members = [_shape(argument) for argument in get_args(hint.type) if argument is not ...]
    if hint.how == "map":
        return MapOf(members[1], key=members[0])
    least = next((note.number for note in hint.notes if isinstance(note, f.Least)), 0)
    return ListOf(members[0], least)


def build(declared: type[Built], entry: Mapping[str, Any], **computed: Any) -> Built:
    """Return the value that a checked entry of a file says, with what is computed."""
    values = {
        column.field: _built(column, entry[column.key])
        for column in columns(declared)
        if column.key in entry and not column.computed
    }
    return declared(**(values | computed))


def _built(column: Column, value: Any) -> Any:
    if column.inner is None:
        return value
    if column.hint.how == "map":
        return {key: build(column.inner, member) for key, member in value.items()}
    if column.hint.how == "list":
        return [build(column.inner, member) for member in value]
    return build(column.inner, value)


def plan(declared: Iterable[type]) -> Plan:
    """Return what has to be known of these classes, and of those inside them, to decode them."""
    result: Plan = {}
    classes = list(declared)
    for each in classes:
        nested = [column for column in columns(each) if column.inner]
        classes += [column.inner for column in nested]
        result[each.__name__] = {
            "fields": [column.field for column in columns(each)],
            "nested": {column.field: [column.hint.how, column.inner.__name__] for column in nested},
            "keys": {
                column.field: column.was or column.key
                for column in columns(each)
                if column.was or column.key != column.field
            },
        }
    return result
