"""What is known of one file while it is read: its loads and uses, functions and classes.

A file is walked several times, until nothing new is learned: the first walk finds what functions
give back and are called with, the next one uses it.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import (
    Callable,
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from functools import cache, cached_property
from typing import NamedTuple, TypeAlias

from advisor.scan.abstract import (
    MOST_VALUES,
    NOTHING,
    Abstract,
    Constant,
    DictLiteral,
    Distant,
    FunctionNode,
    ListLiteral,
    Loaded,
    LoadedElsewhere,
    Namespace,
    PartialString,
    Ready,
    String,
    Symbol,
    Values,
    pieces,
    union,
)
from advisor.scan.classes import ClassDefinition, Classes
from advisor.scan.deadline import OutOfTimeError
from advisor.scan.imports import Imports
from advisor.scan.learned import DEFAULT
from advisor.scan.node import attributes_in, is_long
from advisor.scan.passed import Passed
from advisor.scan.scope import Scope
from advisor.scan.source import Parsed, Placed, descendants, same_letters
from advisor.scan.usage import UNKNOWN, Argument, Built, Call, Load, Location, Value
from advisor.scan.vocabulary import Vocabulary

_LONGEST_SOURCE = 200
_MOST_DOUBTFUL_USES = 1_000
"""Uses of a load that may as well be those of another; more of them tell nothing new."""
_MOST_CALLS = 12
"""Calls of a function, each on its own way, that are followed apart."""
_DEEPEST_CALLS = 3
"""Functions inside functions that are walked for one call alone."""
_MOST_USES = 100_000
"""Uses in one file; nobody reads what would be said of so many."""
_WORD = re.compile(r"[^\W\d]\w*")
_MOST_ENTRIES = 500
"""Functions that a walk of one file walks for one call alone."""
_ASKS_A_TABLE = re.compile(r"\bget\b|\[[\s(\\]*+(?:[^\W\d]|#)")
"""What stands in all code that asks a table for what is no constant."""
_CHOOSES = re.compile(r"\bif\b.+\belse\b|\bif\b[^:]*$|^\s*else\b[^:]")
"""What stands in one of the lines of a conditional expression."""
_MOST_INHERITED = 200_000
"""Methods of all classes of a file, those of their bases included."""
_HUB_PREFIX = "hf-hub:"
_DEEPEST_SOURCE = 20


class Home(NamedTuple):
    """A file of the project as others see it: its lines, what it defines, what it loads."""

    parsed: Parsed
    defined: Mapping[str, Values]
    loads: Sequence[Load]


Homes: TypeAlias = "dict[str, Home]"
"""Files of the project, by name."""


class Use(NamedTuple):
    """A use of something loaded, as a walk meets it; the one of the last walk becomes a call."""

    node: Placed
    kind: str
    name: str
    receiver: Loaded
    certain: bool
    passed: Sequence[Passed]


Enter: TypeAlias = "Callable[[Study, FunctionNode, Scope, Mapping[str, Values], Values], Values]"
"""Walks a function for one call: with what is around it, what is passed, and its object."""


Pending: TypeAlias = tuple[FunctionNode, Scope, tuple[Hashable, ...]]
"""A function to be walked, with what is around it and the ways to it."""


class Study(Classes):
    """One file under study."""

    def __init__(
        self, parsed: Parsed, vocabulary: Vocabulary, imports: Imports, homes: Homes | None = None
    ) -> None:
        super().__init__(vocabulary)
        self.parsed = parsed
        self.imports = imports
        self.homes = homes
        self.uses: list[Use] = []
        self.stars: list[str] = []
        self.training: list[Placed] = []
        self.made: list[tuple[ast.expr, str, Sequence[Passed]]] = []
        self.named: list[tuple[ast.expr, str, str]] = []
        """Names that `getattr` takes from modules, with where they are given to it."""
        self.pending: list[Pending] = []
        """Functions to be walked, with what is around them and the ways to them."""
        self.imports_library = False
        self._missed_library = False
        self.names: dict[str, Values] = {}
        """What stands outside its functions and classes."""
        self.awaits = False
        """True where the last walk met a call that may load, and did not know what is called."""
        self.seeks = False
        """True where a walk met a class that is asked for by a name, and did not know that."""
        self.too_deep: set[Location] = set()
        """The statements that are nested too deeply to be followed."""
        self.ways: tuple[Hashable, ...] = ()
        """The calls, turns of loops and keys of tables that the walk is under way for."""
        self._entries = 0
        self.statements = 0
        """How many statements all walks have passed."""
        self.recorded: set[int] = set()
        """The loads that the last walk recorded."""
        self.narrows = False
        """True once a condition has told something of names behind dots."""
        self.enter: Enter | None = None
        self._results: dict[Hashable, Values] = {}
        """What functions of other files that load nothing gave in this walk."""
        self.entered: set[FunctionNode] = set()
        """Functions that are walked once for each call of them, not for all calls in one."""
        self.walked: set[FunctionNode] = set()
        """Those that this walk has walked for some call."""
        self._stale: set[int] = set()
        self._calls: dict[FunctionNode, set[Hashable]] = defaultdict(set)
        self._conditions: dict[FunctionNode, dict[Hashable, Mapping[str, Values]]] = defaultdict(
            dict
        )
        self._numbers: dict[Hashable, int] = {}
        self.shares_all = False
        """True where other files ask for its names: then those it cannot use itself count too."""
        self._doubtful: Counter[int] = Counter()
        self._elsewhere: dict[ast.AST, Parsed] = {}
        self._visited: set[tuple[str, ast.AST]] = set()
        self._namespaces: dict[int, Namespace] = {}
        self._taken: set[int] = set()
        """The loads of other files, which each walk knows."""
        self._places: dict[Placed, Location] = {}
        self._around: dict[ast.AST, Scope] = {}
        self.scopes: dict[FunctionNode, Scope] = {}
        """What stands around the functions of the file."""
        self._adopted: dict[ast.AST, Distant] = {}
        """Methods of classes of other files."""
        self.source = cache(_source)

    @cached_property
    def asks_tables(self) -> bool:
        """False where nothing in the file asks a table for what is no constant."""
        return _ASKS_A_TABLE.search(same_letters(self.parsed.text)) is not None

    @cached_property
    def chooses(self) -> bool:
        """False where no conditional expression stands in the file."""
        lines = (line for line in self.parsed.lines if "if" in line or "else" in line)
        return any(map(_CHOOSES.search, lines))

    def call_where(self, method: FunctionNode, call: ast.Call, names: Mapping[str, Values]) -> None:
        """Learn what conditions around a call say of attributes, which hold in the method too."""
        calls = self._conditions[method]
        if calls.get(call) != names:
            self.learned_more |= bool(names) or any(calls.values())
            calls[call] = names

    def conditions(self, method: FunctionNode) -> dict[str, Values]:
        """Return what conditions around say of attributes where a method is called.

        That is one call of it where the walk is under way for it, or else all of them.
        """
        calls = self._conditions.get(method, {})
        now = next((way for way in reversed(self.ways) if way in calls), None)
        known = [calls[now]] if isinstance(now, ast.Call) else [*calls.values()]
        names = set.intersection(*map(set, known)) if known else set()
        return {name: union(*(one[name] for one in known)) for name in names}

    def begin(self) -> None:
        """Begin a walk: forget what the last one recorded, which this one records again."""
        super().begin()
        self.awaits = self.seeks = False
        self._entries = 0
        records = (self.uses, self.training, self.pending, self.stars, self.made, self.named)
        known = (self._doubtful, self._visited, self.recorded, self._results, self.walked)
        for record in (*records, *known):
            record.clear()
        self.recorded |= self._taken
        self.names = {}

    def location(self, node: Placed) -> Location:
        """Return where a node stands, in the file or in another that it comes from."""
        place = self._places.get(node)
        if place is None:
            place = self._elsewhere.get(node, self.parsed).location(node)
            self._places[node] = place
        return place

    def around(self, function: Distant) -> Scope | None:
        """Return what stands around a function of another file; None where it is not followed."""
        if function.node in self._around:
            return self._around[function.node]
        home = (self.homes or {}).get(function.home)
        if home is None:
            return None
        parsed, defined, _ = home
        if is_long(function.node):
            return None
        nodes = list(descendants(function.node))
        self._elsewhere.update(dict.fromkeys(nodes, parsed))
        used = {node.id for node in nodes if isinstance(node, ast.Name)} & {*defined}
        around = Scope(names={name: self.here(defined[name]) for name in used})
        self._around[function.node] = around
        return around

    def scope(self, function: FunctionNode) -> Scope | None:
        """Return what stands around a function, or a method of a class of another file."""
        adopted = self._adopted.get(function)
        return self.scopes.get(function) if adopted is None else self.around(adopted)

    def visit(self, function: Distant) -> bool:
        """Walk a function of another file as well; return whether that is done."""
        around = self.around(function)
        if around is not None:
            self._walk_once(function.node, around)
        return around is not None

    def visit_methods(self, owner: str) -> None:
        """Walk what methods of other files a class has that use what it holds of loads."""
        for node in self._using(owner):
            if node in self._elsewhere and (around := self.scope(node)) is not None:
                self._walk_once(node, Scope(owner, around, is_class=True))

    def _using(self, owner: str) -> list[FunctionNode]:
        """The methods that use what a class holds of loads, themselves or by one another."""
        methods = {name: node for name, node in self.methods(owner).items() if name != "__init__"}
        names, using = self.holds_loaded(owner), dict[str, FunctionNode]()
        while more := {
            name: node
            for name, node in methods.items()
            if name not in using and not names.isdisjoint(attributes_in(node))
        }:
            using.update(more)
            names = {*more}
        return [*using.values()]

    def _walk_once(self, function: FunctionNode, around: Scope) -> None:
        """Let a function be walked, once for each class that has it."""
        if (key := (around.label, function)) not in self._visited:
            self._visited.add(key)
            self.pending.append((function, around, ()))

    def record(self, node: ast.expr, load: Load) -> Loaded:
        """Record a load; the same expression on the same way is the same load in every walk."""
        number = self._numbers.setdefault((node, *self.ways), len(self.loads))
        self.loads[number : number + 1] = [load]
        self.recorded.add(number)
        return Loaded(number)

    def here(self, values: Values) -> Values:
        """Return what another file defines as it is known in this one."""
        if not any(isinstance(value, _HOLDING) for value in values):
            return values
        return tuple(map(self._here, values))

    def _here(self, value: Abstract) -> Abstract:
        match value:
            case LoadedElsewhere(home, load, path):
                return self._taken_over(home, load)._replace(path=path)
            case ListLiteral(groups):
                return ListLiteral(tuple(map(self.here, groups)))
            case DictLiteral(entries):
                return DictLiteral(tuple((key, self.here(inner)) for key, inner in entries))
            case Ready(inner):
                return Ready(self.here(inner))
        return value

    def _taken_over(self, home: str, number: int) -> Loaded:
        """A load of another file as one of this file's."""
        own = self._numbers.setdefault((home, number), len(self.loads))
        if own == len(self.loads):
            load = (self.homes or {})[home].loads[number]
            self.loads.append(load._replace(scope=f"{home}:{load.scope}"))
            self._taken.add(own)
            self.recorded.add(own)
        return Loaded(own)

    def asking(self, node: Placed, ids: Iterable[Value], class_name: str) -> Placed:
        """Return where a load is asked for.

        That is the call in this file of a function of another one, where it is told there what to
        load.
        """
        home = self._elsewhere.get(node)
        calls = (way for way in reversed(self.ways) if isinstance(way, ast.Call))
        own = next((call for call in calls if call not in self._elsewhere), None)
        if home is None or own is None:
            return node
        told = any(one.text and one.place.path != home.name for one in ids)
        called = node.func if isinstance(node, ast.Call) else node
        named = called.value if isinstance(called, ast.Attribute) else called
        written = getattr(named, "attr", None) or getattr(named, "id", None)
        return own if told or class_name != written else node

    def asked(self, ids: Iterable[Value]) -> tuple[Location, ...]:
        """Return the calls that the walk is under way for, and where the ids are written."""
        calls = (self.location(way) for way in self.ways if isinstance(way, ast.Call))
        return tuple(dict.fromkeys((*calls, *(one.place for one in ids if one.text))))

    def forget_stale(self) -> None:
        """Forget what is known of loads that the last walk no longer met: they are others now."""
        stale = {n for n in range(len(self.loads)) if n not in self.recorded} - self._stale
        if not stale:
            return
        self._stale |= stale
        self.forget_loads(stale)

    def result_for(
        self,
        way: Hashable,
        function: FunctionNode,
        around: Scope,
        given: Mapping[str, Values],
        of: Values = NOTHING,
    ) -> Values:
        """Walk a function for one call, or one object, alone, and return what it gives.

        What one of another file does that loads nothing is the same for the next call like it.
        """
        if self.enter is None:
            return NOTHING
        key: Hashable = None
        if function in self._elsewhere and function not in self._conditions:
            key = function, around.label, self._calls_under_way, tuple(given.items()), of
            if (known := self._results.get(key)) is not None:
                return known
        before = len(self.recorded)
        self.walked.add(function)
        with self.entering(way):
            values = self.enter(self, function, around, given, of)
        if key and before == len(self.recorded):
            self._results[key] = values
        return values

    @contextmanager
    def entering(self, way: Hashable) -> Iterator[None]:
        """Walk a function for one call, or one object, alone."""
        self._entries += 1
        with self.on_way(way):
            yield

    @contextmanager
    def on_way(self, way: Hashable) -> Iterator[None]:
        """Follow one of several ways through what is walked inside."""
        before, self.ways = self.ways, (*self.ways, way)
        try:
            yield
        finally:
            self.ways = before

    def enters(self, function: FunctionNode, call: ast.Call) -> bool:
        """Return whether a function is walked for this call alone: where there are several."""
        if function in self._elsewhere:  # nothing else walks it
            return self.may_enter
        calls = self._calls[function]
        if (key := (call, *self.ways)) not in calls and len(calls) <= _MOST_CALLS:
            calls.add(key)
            if len(calls) <= _MOST_CALLS and function not in self.entered:
                self.entered.add(function)
                self.learned_more = True
            elif len(calls) > _MOST_CALLS:
                self.entered.discard(function)
                self.learned_more = True
        return function in self.entered and self.may_enter

    @property
    def may_enter(self) -> bool:
        """True while one more function can be walked for one call alone."""
        return self._calls_under_way < _DEEPEST_CALLS and self._entries < _MOST_ENTRIES

    @property
    def _calls_under_way(self) -> int:
        return sum(isinstance(way, ast.Call) for way in self.ways)

    def is_one(self, loaded: Iterable[Loaded]) -> bool:
        """True where all is loaded by one expression, from the same, be it on several ways."""
        numbers = {value.load for value in loaded}
        if len(numbers) < 2:
            return bool(numbers)
        found = (self.loads[number] for number in numbers)
        return len({(one.place, one.class_name, one.checkpoint) for one in found}) == 1

    def use(
        self,
        node: Placed,
        kind: str,
        name: str,
        receivers: Iterable[Abstract],
        passed: Sequence[Passed] = (),
        *,
        certain: bool = True,
    ) -> None:
        """Record a use of whatever among `receivers` was loaded; of one of them, if several."""
        loaded = [value for value in receivers if isinstance(value, Loaded)]
        if self.extending:
            loaded = [value for value in loaded if not self.defines(value, name)]
        loaded = loaded[:MOST_VALUES]
        certain = certain and self.is_one(loaded)
        if len(loaded) > 1:
            self._doubtful.update(value.load for value in loaded)
            loaded = [v for v in loaded if self._doubtful[v.load] <= _MOST_DOUBTFUL_USES]
        if len(self.uses) > _MOST_USES:
            raise OutOfTimeError
        self.uses.extend(
            Use(node=node, kind=kind, name=name, receiver=value, certain=certain, passed=passed)
            for value in loaded
        )

    def built(self) -> tuple[Built, ...]:
        """Return what is made of classes of transformers, each place once."""
        return self._built(self.made)

    def members_of_ours(self) -> tuple[Built, ...]:
        """Return what is taken from classes of ours that classes of the file extend."""
        named = ((one, one[1].partition(".")) for one in self.made)
        is_class = self.vocabulary.is_class
        return self._built(one for one, (name, _, of) in named if of and is_class(name))

    def _built(self, made: Iterable[tuple[ast.expr, str, Sequence[Passed]]]) -> tuple[Built, ...]:
        once = {node: (name, passed) for node, name, passed in made}
        return tuple(
            Built(self.location(node), name, self.arguments(passed))
            for node, (name, passed) in once.items()
        )

    def call(self, use: Use) -> Call:
        """Return a recorded use as the check sees it."""
        return Call(
            place=self.location(use.node),
            kind=use.kind,
            name=use.name,
            of=use.receiver.path,
            receiver=self.loads[use.receiver.load],
            certain=use.certain,
            arguments=self.arguments(use.passed),
        )

    def checkpoints(self, node: Placed, values: Values) -> tuple[Value, ...]:
        """Return values as names of checkpoints, each once."""
        return tuple(dict.fromkeys(self._checkpoint(node, value) for value in values))

    def _checkpoint(self, node: Placed, value: Abstract) -> Value:
        """A value as the name of a checkpoint, read off the end of a path where one ends in it."""
        match value:
            case String(text, place, certain):
                text = text.removeprefix(_HUB_PREFIX)
                known = self.vocabulary.known(text)
                at_end = None if known else self.vocabulary.known_at_end(text)
                return Value(at_end or text, place, certain, local=at_end is not None)
            case PartialString((*_, last), place):
                path = last if last and last.count("/") >= 2 else ""
                at_end = self.vocabulary.known_at_end(path)
                return Value(at_end, place, certain=bool(at_end), local=bool(at_end))
        return Value(None, self.location(node), certain=False)

    def arguments(self, passed: Iterable[Passed]) -> dict[str, Argument]:
        """Return arguments as the check sees them, by their names."""
        arguments = {}
        for name, values, node, keyword, key in passed:
            name_place = None
            if keyword is not None:
                name_place = self.location(keyword).beginning(len(keyword.arg or ""))
            arguments[name] = Argument(
                value=_literal(values),
                source=self.source(node),
                pieces=pieces(values),
                place=self.location(node),
                name_place=name_place,
                key_place=key,
            )
        return arguments

    def home(self, node: ast.AST) -> str:
        """Return the file in which a function stands."""
        return self._elsewhere.get(node, self.parsed).name

    def adopt(self, one: Namespace) -> str:
        """Treat a class of another file as one of this file; return its name."""
        if one.name not in self.classes:
            methods: dict[str, FunctionNode] = {}
            for distant in one.methods:
                if home := (self.homes or {}).get(distant.home):
                    methods[distant.node.name] = distant.node
                    self._adopted[distant.node] = distant
                    self._elsewhere[distant.node] = home.parsed
            self.define(one.name, ClassDefinition((), methods, list(one.fields), one.extends))
        if id(one) not in self._namespaces:  # several objects may be of one class
            self._namespaces[id(one)] = one
            for name, values in one.attributes:
                known = self.here(values)
                self.learn(one.name, name, known)
                if name in one.fields:
                    self.learn((one.name, DEFAULT), name, known)
        return one.name

    def inherited(
        self, asks: Callable[[FunctionNode], bool]
    ) -> Iterator[tuple[str, FunctionNode, Scope]]:
        """Yield the methods that classes inherit which say more than the class they come from.

        Each comes with its class and with what is around it; `asks` tells of which to speak.
        """
        left = _MOST_INHERITED
        for label, one in [*self.classes.items()]:
            if not one.bases:
                continue
            methods = self.methods(label)
            left -= len(methods)
            if left < 0:
                raise OutOfTimeError
            for name, node in methods.items():
                if name in one.methods:
                    continue
                if not (asks(node) and self.told_of(label)) and not self.says_more(label, node):
                    continue
                if (around := self.scope(node)) is not None:
                    yield label, node, around

    def starred(self, name: str) -> Values:
        """Return what a name that nothing binds may be because of `from x import *`.

        A class of ours that a file forgot to import is meant as well, where it imports others.
        """
        modules = [star for star in self.stars if star.partition(".")[0] == "transformers"]
        loads = name[:1].isupper() or name == "pipeline"
        if not modules and self.vocabulary.is_class(name):
            self._missed_library |= not self.imports_library
            return (Symbol("transformers", name),) if self.imports_library else NOTHING
        return (Symbol(modules[-1], name),) if modules and loads else NOTHING

    def imported_by_star(self, module: str) -> Collection[str]:
        """Return the names that `from module import *` binds, as far as anybody here uses them."""
        exports = self.imports.exports(module) or {}
        if self.shares_all:
            return exports
        few, many = sorted((exports, self._words), key=len)
        return [name for name in few if name in many]

    @cached_property
    def _words(self) -> dict[str, None]:
        """Each word of the file once, also those in annotations that are texts."""
        return dict.fromkeys(_WORD.findall(same_letters(self.parsed.text)))

    def import_library(self) -> None:
        """Learn that the file imports transformers, of which names before it may be meant."""
        self.imports_library = True
        self.learned_more |= self._missed_library
        self._missed_library = False


_HOLDING = (LoadedElsewhere, ListLiteral, DictLiteral, Ready)
"""Values that are something another file loads, or may hold it."""


def _source(node: ast.expr) -> str:
    """An expression as code, of the same form however it was written."""
    written = _written(node, _DEEPEST_SOURCE)
    return (ast.unparse(node) if written is None else written)[:_LONGEST_SOURCE]


def _written(node: ast.expr, deepest: int) -> str | None:
    """What most arguments are, in a tenth of the time: a name, a constant, a call, a part of it."""
    match node:
        case ast.Name(name):
            return name
        case ast.Constant(str() | int() | None as value, None):
            return repr(value)
        case ast.Attribute(ast.Name() | ast.Attribute() | ast.Call() as owner, name) if deepest:
            inner = _written(owner, deepest - 1)
            return inner and f"{inner}.{name}"
        case ast.Subscript(
            ast.Name() | ast.Call() as table, ast.Constant(int() | str()) as key
        ) if deepest:
            inner, at = _written(table, deepest - 1), _written(key, 0)
            return inner and at and f"{inner}[{at}]"
        case ast.Call(
            ast.Name() | ast.Attribute() as called, [], [ast.keyword(None, ast.Name(name))]
        ) if deepest:
            inner = _written(called, deepest - 1)
            return inner and f"{inner}(**{name})"
    return None


def _literal(values: Values) -> object:
    """Return the constant, or tuple of constants, that the values are, or UNKNOWN."""
    match values:
        case (String(value) | Constant(value),):
            return value
        case (ListLiteral(groups),):
            items = tuple(map(_literal, groups))
            return UNKNOWN if UNKNOWN in items else items
    return UNKNOWN
