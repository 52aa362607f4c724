"""Declared values: how their classes are made, their compiled form and back."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import namedtuple

    class _Maker(type):
        """Makes classes as `typing.NamedTuple` does, in half the time: it reads no annotation."""

        def __new__(cls, name: str, _bases: tuple[type, ...], body: dict[str, Any]) -> type:
            fields = body["__annotations__"]
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body.pop("__module__"))
            for key, member in body.items():
                setattr(made, key, member)
            return made

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {})

Declared = TypeVar("Declared")

PLAIN = (str, bool, int, float)
"""Values that JSON holds as they are."""
Plan = dict[str, dict[str, Any]]
"""By declared class its `fields` in the order of compiled rows; those that hold declared values as
`nested`, each with how (one, list or map) and their class; those that JSON calls otherwise as
`keys`."""


def encode(value: Any) -> Any:
    """Return a value as JSON can hold it: of a declared one a row, without defaults at its end."""
    if value is None or type(value) in PLAIN:
        return value
    if hasattr(value, "_field_defaults"):
        row = list(value)
        for field in reversed(value._fields):
            if field not in value._field_defaults or row[-1] != value._field_defaults[field]:
                break
            row.pop()
        return [encode(member) for member in row]
    if isinstance(value, Mapping):
        return {key: encode(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(member) for member in value]
    return value


def decode(declared: type[Declared], rows: Iterable[list[Any]], plan: Plan) -> list[Declared]:
    """Return the declared values whose compiled rows these are."""
    fields, nested = plan[declared.__name__]["fields"], plan[declared.__name__]["nested"]
    if nested:
        home = vars(sys.modules[declared.__module__])
        inside = [(fields.index(field), how, home[of]) for field, (how, of) in nested.items()]
        rows = [_with_values(row, inside, plan) for row in rows]
    if fields == list(vars(declared)["_fields"]):
        return [declared(*row) for row in rows]
    return [declared(**dict(zip(fields, row, strict=False))) for row in rows]


def _with_values(row: list[Any], inside: list[tuple[int, str, Any]], plan: Plan) -> list[Any]:
    """Return a row with the declared values that some of its fields hold."""
    made = list(row)
    for place, how, declared in inside:
        value = row[place] if place < len(row) else None
        if value and how == "map":
            made[place] = dict(zip(value, decode(declared, value.values(), plan), strict=True))
        elif value and how == "list":
            made[place] = tuple(decode(declared, value, plan))
        elif value:
            made[place] = decode(declared, [value], plan)[0]
    return made
