"""What is known of one file while it is read: its loads and uses, functions and classes.

A file is walked several times, until nothing new is learned: the first walk finds what functions
give back and are called with, the next one uses it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import NamedTuple

from advisor.scan.source import Parsed
from advisor.scan.usage import Location
from advisor.scan.values import (
    NOTHING,
    Abstract,
    Constant,
    Loaded,
    Symbol,
    Text,
    Values,
    doubted,
    union,
)

Exports = Callable[[str], "dict[str, Values] | None"]
"""Gives what a module of the project defines, by its dotted name as imported; None elsewhere."""


class Passed(NamedTuple):
    """An argument as it was passed: its name or number, what it may be, where it stands."""

    name: str
    values: Values
    node: ast.expr
    keyword: ast.keyword | None


class RawLoad(NamedTuple):
    """A load, with the values its arguments may have."""

    node: ast.Call
    function: ast.expr
    package: str
    kind: str
    call: str
    classes: tuple[str, ...]
    checkpoint: Values
    second: Values
    task: Values
    passed: tuple[Passed, ...]
    scope: str


class RawCall(NamedTuple):
    """A later use of a load, by its number."""

    node: ast.AST
    kind: str
    name: str
    path: tuple[str, ...]
    load: int
    certain: bool
    passed: tuple[Passed, ...]
    inputs: tuple[Loaded, ...]
    scope: str


class ClassFacts(NamedTuple):
    """A class of the file: its bases in the file, its methods, and its values by attribute."""

    bases: tuple[str, ...]
    methods: dict[str, ast.FunctionDef | ast.AsyncFunctionDef]
    attributes: dict[str, Values]
    fields: list[str]


class Scope:
    """The names of a module, class or function, while it is walked.

    `earlier` keeps loads that a name stood for before it was bound again: a function may have been
    called in between, as in a notebook.
    """

    def __init__(
        self, label: str = "", parent: Scope | None = None, owner: str | None = None
    ) -> None:
        self.names: dict[str, Values] = {}
        self.label = label
        self.parent = parent
        self.owner = owner
        self.is_class = False
        self.shared: set[str] = set()
        self.earlier: dict[str, Values] = {}
        self.function: ast.AST | None = None

    def find(self, name: str) -> Values | None:
        """Return what a name may be, here or around; None where it is not bound."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                values = scope.names[name]
                if scope is self or name not in scope.earlier:
                    return values
                return doubted(union(values, scope.earlier[name]))
            scope = scope.parent
        return None

    def bind(self, name: str, values: Values) -> None:
        """Give a name its value from here on."""
        before = self.names.get(name)
        if before and before != values and any(isinstance(v, Loaded) for v in before):
            self.earlier[name] = union(self.earlier.get(name, NOTHING), before)
        self.names[name] = values
        if name in self.shared:
            top = self.top
            before = tuple(v for v in top.names.get(name, NOTHING) if not isinstance(v, Constant))
            top.names[name] = union(before, values)

    @property
    def top(self) -> Scope:
        """The scope of the module."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


class Study:
    """One file under study."""

    def __init__(self, parsed: Parsed, exports: Exports) -> None:
        self.parsed = parsed
        self.exports = exports
        self.loads: list[RawLoad] = []
        self.calls: list[RawCall] = []
        self.classes: dict[str, ClassFacts] = {}
        self.stars: list[str] = []
        self.training: list[ast.AST] = []
        self.pending: list[tuple[ast.FunctionDef | ast.AsyncFunctionDef, Scope, str | None]] = []
        self._numbers: dict[int, int] = {}
        self._parameters: dict[int, dict[str, Values]] = {}
        self._returns: dict[int, Values] = {}
        self._options: dict[str, Values] = {}
        self._places: dict[int, Location] = {}
        self._texts: dict[int, Values] = {}

    def begin(self) -> None:
        """Forget what a walk records and the next one records again."""
        self.calls.clear()
        self.training.clear()
        self.pending.clear()
        self.stars.clear()

    @property
    def learned(self) -> object:
        """What the next walk builds on; equal after two walks, nothing more can be learned."""
        return (
            dict(self._returns),
            {node: dict(values) for node, values in self._parameters.items()},
            {name: dict(facts.attributes) for name, facts in self.classes.items()},
            dict(self._options),
            len(self.loads),
        )

    def place(self, node: ast.AST) -> Location:
        """Return where a node stands."""
        known = self._places.get(id(node))
        if known is None:
            known = self._places[id(node)] = self.parsed.place(node)
        return known

    def text(self, node: ast.Constant) -> Values:
        """Return a string constant as a value."""
        known = self._texts.get(id(node))
        if known is None:
            known = self._texts[id(node)] = (Text(str(node.value), self.place(node)),)
        return known

    # -- what is recorded --------------------------------------------------------------------

    def load(self, found: RawLoad) -> Loaded:
        """Record a load; the same expression is the same load in every walk."""
        number = self._numbers.setdefault(id(found.node), len(self.loads))
        if number == len(self.loads):
            self.loads.append(found)
        else:
            self.loads[number] = found
        return Loaded(number)

    def use(
        self,
        node: ast.AST,
        kind: str,
        name: str,
        receivers: Iterable[Abstract],
        passed: tuple[Passed, ...],
        scope: Scope,
        *,
        certain: bool = True,
    ) -> None:
        """Record a use of whatever among `receivers` was loaded; of one of them, if several."""
        values = tuple(receivers)
        loaded = [value for value in values if isinstance(value, Loaded)]
        for value in loaded:
            inputs = dict.fromkeys(
                found
                for argument in passed
                for found in argument.values
                if isinstance(found, Loaded) and found.load != value.load
            )
            self.calls.append(
                RawCall(
                    node,
                    kind,
                    name,
                    value.path,
                    value.load,
                    certain and len({one.load for one in loaded}) == 1,
                    passed,
                    tuple(inputs),
                    scope.label,
                )
            )

    # -- what is learned ---------------------------------------------------------------------

    def called(self, node: ast.AST, name: str, values: Values) -> None:
        """Learn what a parameter of a function is given."""
        known = self._parameters.setdefault(id(node), {})
        known[name] = _learned(known.get(name, NOTHING), values)

    def parameter(self, node: ast.AST, name: str) -> Values:
        """Return what the file passes for a parameter."""
        return self._parameters.get(id(node), {}).get(name, NOTHING)

    def gives(self, node: ast.AST, values: Values) -> None:
        """Learn what a function gives back."""
        self._returns[id(node)] = _learned(self._returns.get(id(node), NOTHING), values)

    def result(self, node: ast.AST) -> Values:
        """Return what a function gives back, as far as known."""
        return self._returns.get(id(node), NOTHING)

    def offer(self, option: str, values: Values) -> None:
        """Learn the default of a command-line option."""
        self._options[option] = _learned(self._options.get(option, NOTHING), doubted(values))

    def option(self, name: str) -> Values:
        """Return what a command-line option may be."""
        return self._options.get(name, NOTHING)

    def set_attribute(self, owner: str, name: str, values: Values) -> None:
        """Learn a value of an attribute of a class's objects."""
        facts = self.classes.get(owner)
        if facts is not None and values:
            facts.attributes[name] = _learned(facts.attributes.get(name, NOTHING), values)

    def attribute(self, owner: str, name: str) -> Values:
        """Return what an attribute may be, looking through bases in the same file."""
        facts = self._having(owner, lambda facts: name in facts.attributes)
        return facts.attributes[name] if facts else NOTHING

    def method(self, owner: str, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """Return the method of a class, looking through bases in the same file."""
        facts = self._having(owner, lambda facts: name in facts.methods)
        return facts.methods[name] if facts else None

    def _having(self, owner: str, has: Callable[[ClassFacts], bool]) -> ClassFacts | None:
        todo, seen = [owner], set()
        while todo:
            name = todo.pop(0)
            facts = self.classes.get(name)
            if facts is None or name in seen:
                continue
            seen.add(name)
            if has(facts):
                return facts
            todo.extend(facts.bases)
        return None

    def starred(self, name: str) -> Values:
        """Return what a name that nothing binds may be because of `from x import *`."""
        for module in reversed(self.stars):
            if module.partition(".")[0] == "transformers" and (
                name[:1].isupper() or name == "pipeline"
            ):
                return (Symbol(module, name),)
        return NOTHING


def _learned(before: Values, now: Values) -> Values:
    """Return all values seen. Nothing is learned from a placeholder such as None."""
    useful = tuple(v for v in now if not (isinstance(v, Constant) and v.value is None))
    merged = union(before, useful)
    texts = [value for value in merged if isinstance(value, Text)]
    if len({text.text for text in texts}) > 1:
        merged = tuple(dict.fromkeys(doubted(merged)))
    return merged
