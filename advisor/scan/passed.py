"""The arguments of a call as they are passed, those in tables behind `**` too."""

from __future__ import annotations

import ast
from typing import NamedTuple

from advisor.scan.abstract import DictLiteral, Other, String, Values, union
from advisor.scan.usage import Location


class Passed(NamedTuple):
    """An argument as it was passed: its name or number, what it may be, where it stands.

    `key` is where its name stands in the dictionary that it comes from.
    """

    name: str
    values: Values
    node: ast.expr
    keyword: ast.keyword | None = None
    key: Location | None = None

    def later(self, places: int) -> Passed:
        """Return the same argument, as many places later if it has one."""
        return self._replace(name=str(int(self.name) + places)) if self.name.isdigit() else self


def spread(values: Values, node: ast.expr) -> list[Passed]:
    """Return the arguments that `**table` gives: what its entries name, and "**" if there is more.

    What only some of several tables hold may be missing, so that its value is not known. A key that
    is no name, such as a number, is none of an argument.
    """
    tables = [value for value in values if isinstance(value, DictLiteral)]
    whole = bool(values) and len(tables) == len(values)
    named: dict[str, list[tuple[Values, Location]]] = {}
    for table in tables:
        texts = [(key, inner) for key, inner in table.entries if isinstance(key, String)]
        whole &= len(texts) == len(table.entries)
        names = {key.text: (key, inner) for key, inner in texts if key.text.isidentifier()}
        for key, inner in names.values():
            named.setdefault(key.text, []).append((inner, key.location))
    passed = [] if whole else [Passed("**", values, node)]
    for name, found in named.items():
        others: Values = () if len(found) == len(values) else (Other(),)
        inner = union(*(one for one, _ in found), others)
        passed.append(Passed(name, inner, node, key=found[0][1]))
    return passed
