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
    ForeignObject,
    FunctionNode,
    ListLiteral,
    Loaded,
    LoadedElsewhere,
    LocalClass,
    LocalObject,
    Namespace,
    PartialString,
    Ready,
    String,
    Symbol,
    Values,
    bounded,
    doubted,
    pieces,
    plain,
    union,
    with_entries,
    without_loads,
)
from advisor.scan.imports import Imports
from advisor.scan.node import attributes_in, is_long, is_property, loads_something, own_names
from advisor.scan.scope import Scope
from advisor.scan.source import Parsed, Placed, descendants, same_letters
from advisor.scan.usage import ANNOTATED, UNKNOWN, Argument, Built, Call, Load, Location, Value
from advisor.scan.vocabulary import CHECKPOINT_ARGUMENTS, Vocabulary

DEFAULT = "="
"""Stands for the defaults of a class's fields, among what is learned of it."""
STORED = "."
"""Stands for what is put into a class's fields later, among what is learned of it."""
MEANT = ":"
"""Stands for what annotations say of a class's fields, among what is learned of it."""
KEPT = "[]"
"""Stands for the entries that dictionaries get, among what is learned of who has them."""
RESULT = "return"
"""What a function gives back, among what is learned of it; no parameter has this name."""


_LONGEST_SOURCE = 200
_MOST_DOUBTFUL_USES = 1_000
"""Uses of a load that may as well be those of another; more of them tell nothing new."""
_MOST_BASES = 50
"""Classes behind a class that are looked through."""
_MOST_CALLS = 12
"""Calls of a function, each on its own way, that are followed apart."""
_DEEPEST_CALLS = 3
"""Functions inside functions that are walked for one call alone."""
_WORD = re.compile(r"[^\W\d]\w*")
_WORTH_KEEPING = (DictLiteral, ListLiteral, Loaded, LocalClass, LocalObject, String, Symbol)
_MOST_KEPT = 64
"""Entries that dictionaries of one name get."""
_MOST_ENTRIES = 500
"""Functions that a walk of one file walks for one call alone."""
_ASKS_A_TABLE = re.compile(r"\bget\b|\[[\s(\\]*+(?:[^\W\d]|#)")
"""What stands in all code that asks a table for what is no constant."""
_CHOOSES = re.compile(r"\bif\b.+\belse\b|\bif\b[^:]*$|^\s*else\b[^:]")
"""What stands in one of the lines of a conditional expression."""
_HUB_PREFIX = "hf-hub:"
_LIBRARY = "transformers."


class Home(NamedTuple):
    """A file of the project as others see it: its lines, what it defines, what it loads."""

    parsed: Parsed
    defined: Mapping[str, Values]
    loads: Sequence[Load]


Homes: TypeAlias = "dict[str, Home]"
"""Files of the project, by name."""


class Passed(NamedTuple):
    """An argument as it was passed: its name or number, what it may be, where it stands.

    `key` is where its name stands in the dictionary that it comes from.
    """

    name: str
    values: Values
    node: ast.expr
    keyword: ast.keyword | None = None
    key: Location | None = None


class Use(NamedTuple):
    """A use of something loaded, as a walk meets it; the one of the last walk becomes a call."""

    node: Placed
    kind: str
    name: str
    receiver: Loaded
    certain: bool
    passed: Sequence[Passed]


class ClassDefinition(NamedTuple):
    """A class of the file: its bases in the file, its methods, and its annotated names.

    `extends` is the class of transformers that it extends, itself or through another file; `whole`
    is false where there are bases of which nothing is known, `configured` true where it says which
    configuration is its own.
    """

    bases: tuple[str, ...]
    methods: dict[str, FunctionNode]
    fields: list[str]
    extends: str | None = None
    whole: bool = True
    configured: bool = False


Enter: TypeAlias = "Callable[[Study, FunctionNode, Scope, Mapping[str, Values], Values], Values]"
"""Walks a function for one call: with what is around it, what is passed, and its object."""


class Study:
    """One file under study."""

    def __init__(
        self, parsed: Parsed, vocabulary: Vocabulary, imports: Imports, homes: Homes | None = None
    ) -> None:
        self.parsed = parsed
        self.vocabulary = vocabulary
        self.imports = imports
        self.homes = homes
        self.loads: list[Load] = []
        self.uses: list[Use] = []
        self.classes: dict[str, ClassDefinition] = {}
        self.stars: list[str] = []
        self.training: list[Placed] = []
        self.made: list[tuple[ast.expr, str, Sequence[Passed]]] = []
        self.named: list[tuple[ast.expr, str, str]] = []
        """Names that `getattr` takes from modules, with where they are given to it."""
        self.pending: list[tuple[FunctionNode, Scope, tuple[Hashable, ...]]] = []
        """Functions to be walked, with what is around them and the ways to them."""
        self.learned_more = True
        self.imports_library = False
        self._missed_library = False
        self.names: dict[str, Values] = {}
        """What stands outside its functions and classes."""
        self.awaits = False
        """True where the last walk met a call that may load, and did not know what is called."""
        self.seeks = False
        """True where a walk met a class that is asked for by a name, and did not know that."""
        self.keeps = False
        """True once an entry was put into a dictionary that others may ask for it."""
        self.extending: dict[int, str] = {}
        """The classes of the file that loads are of, by the numbers of these."""
        self.too_deep: set[int] = set()
        """The lines of statements that are nested too deeply to be followed."""
        self.ways: tuple[Hashable, ...] = ()
        """The calls, turns of loops and keys of tables that the walk is under way for."""
        self._entries = 0
        self.recorded: set[int] = set()
        """The loads that the last walk recorded."""
        self.narrows = False
        """True once a condition has told something of names behind dots."""
        self.enter: Enter | None = None
        self.entered: set[FunctionNode] = set()
        """Functions that are walked once for each call of them, not for all calls in one."""
        self._stale: set[int] = set()
        self._calls: dict[FunctionNode, set[Hashable]] = defaultdict(set)
        self._conditions: dict[FunctionNode, dict[Hashable, Mapping[str, Values]]] = defaultdict(
            dict
        )
        self._numbers: dict[Hashable, int] = {}
        self.shares_all = False
        """True where other files ask for its names: then those it cannot use itself count too."""
        self._doubtful: Counter[int] = Counter()
        self._told: dict[object, dict[str, Values]] = defaultdict(dict)
        self._asked: set[object] = set()
        """Of what this walk has asked what is told of it."""
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
        text = same_letters("\n".join(self.parsed.lines))
        return _ASKS_A_TABLE.search(text) is not None

    @cached_property
    def chooses(self) -> bool:
        """False where no conditional expression stands in the file."""
        lines = (line for line in self.parsed.lines if "if" in line or "else" in line)
        return any(map(_CHOOSES.search, lines))

    def call_where(self, method: FunctionNode, call: ast.Call, names: Mapping[str, Values]) -> None:
        """Learn what conditions around a call say of attributes, which hold in the method too."""
        calls = self._conditions[method]
        if calls.get(call) != names:
            calls[call] = names
            self.learned_more = True

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
        self.learned_more = self.awaits = self.seeks = False
        self._asked.clear()
        self._entries = 0
        records = (self.uses, self.training, self.pending, self.stars, self.made, self.named)
        for record in (*records, self._doubtful, self._visited, self.recorded):
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
        for told in self._told.values():
            for name, values in told.items():
                if (left := without_loads(values, stale)) != values:
                    told[name] = left
                    self.learned_more = True

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
        if function in self._elsewhere or function in self._adopted:  # nothing else walks it
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
        calls = sum(isinstance(way, ast.Call) for way in self.ways)
        return calls < _DEEPEST_CALLS and self._entries < _MOST_ENTRIES

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

    def learn(self, about: object, name: str, values: Values) -> None:
        """Add to what a parameter of a function or an attribute of a class may be.

        Nothing is learned from a placeholder such as None.
        """
        if not values:
            return
        before = self._told[about].get(name)
        useful = tuple(v for v in values if not (isinstance(v, Constant) and v.value is None))
        merged = union(before or NOTHING, useful)
        if len({value.text for value in merged if isinstance(value, String)}) > 1:
            merged = tuple(dict.fromkeys(doubted(merged)))
        if merged != before:
            self._told[about][name] = merged
            self.learned_more |= not self._asked.isdisjoint((about, (about, name)))

    def keep(self, about: object, name: str, key: String | Constant | None, values: Values) -> None:
        """Learn an entry of a dictionary: of an attribute of a class, or of a name of the file.

        Nothing is learned from numbers and what is made of foreign classes.
        """
        if not any(isinstance(value, _WORTH_KEEPING) for value in values):
            return
        tables = self._told[about, KEPT]
        before = next((v for v in tables.get(name, ()) if isinstance(v, DictLiteral)), None)
        entries = {plain(one): (one, inner) for one, inner in (before.entries if before else ())}
        known, inner = entries.get(plain(key), (key, NOTHING))
        merged = union(inner, values)
        if merged == inner or len(entries) >= _MOST_KEPT:
            return
        entries[plain(key)] = known, merged
        tables[name] = bounded(DictLiteral(tuple(entries.values())))
        asked = not self._asked.isdisjoint(((about, KEPT), ((about, KEPT), name)))
        self.learned_more |= asked or not self.keeps
        self.keeps = True

    def with_kept(self, about: object, name: str, values: Values) -> Values:
        """Return values with what is kept in a dictionary among them."""
        for table in self.told((about, KEPT), name):
            if isinstance(table, DictLiteral):
                return with_entries(values, table)
        return values

    def told(self, about: object, name: str) -> Values:
        """Return what has been learned of one parameter, result or attribute."""
        self._asked.add((about, name))
        return self._told[about].get(name, NOTHING)

    def told_of(self, about: object) -> Mapping[str, Values]:
        """Return all that has been learned of a function or a class, by name."""
        self._asked.update((about, (about, MEANT)))
        meant = self._told.get((about, MEANT))
        return {**meant, **self._told[about]} if meant else self._told[about]

    def attribute(self, owner: str, name: str) -> Values:
        """Return what an attribute may be, looking through bases in the same file."""
        owners = self._lineage(owner) or [owner]
        for own in owners:
            values = self.told(own, name)
            if name in self._told[own]:
                return self.with_kept(own, name, values) if self.keeps else values
            if meant := self.told((own, MEANT), name):
                return meant
        return NOTHING

    def store(self, owner: str, name: str, values: Values) -> None:
        """Learn what an attribute is given, which a field of that name was not built with."""
        self.learn(owner, name, values)
        if owner in self.classes and name in self.fields(owner):
            self.learn((owner, STORED), name, values)

    def objects_of(self, owner: str) -> Values:
        """Return an object of a class of the file, which may be one of a class that extends it."""
        extending = (name for name, one in self.classes.items() if owner in one.bases)
        return (LocalObject(owner), *map(LocalObject, extending))

    def field(self, made: LocalObject, name: str) -> Values:
        """Return what a field of an object may be: as it was made, or as it was stored later."""
        known = dict(made.fields).get(name, NOTHING)
        if not known and made.built:
            known = self.told((made.name, DEFAULT), name)
        stored = self.told((made.name, STORED), name) if known else NOTHING
        return doubted(union(known, stored)) if stored else known

    def attributes(self, owner: str) -> dict[str, Values]:
        """Return what all attributes of a class may be, those of its bases included."""
        lineage = reversed(self._lineage(owner) or [owner])
        return {name: values for own in lineage for name, values in self.told_of(own).items()}

    def fields(self, owner: str) -> tuple[str, ...]:
        """Return the annotated names of a class and its bases, those of the bases first."""
        lineage = reversed(self._lineage(owner))
        return tuple(dict.fromkeys(name for own in lineage for name in self.classes[own].fields))

    def methods(self, owner: str) -> dict[str, FunctionNode]:
        """Return the methods of a class, those of its bases included."""
        lineage = reversed(self._lineage(owner))
        return {name: node for own in lineage for name, node in self.classes[own].methods.items()}

    def home(self, node: ast.AST) -> str:
        """Return the file in which a function stands."""
        adopted = self._adopted.get(node)
        return self._elsewhere.get(node, self.parsed).name if adopted is None else adopted.home

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

    def only_annotated(self, values: Values) -> bool:
        """True where all that is known of values is the annotation of what takes them."""
        loads = [self.loads[one.load] for one in values if isinstance(one, Loaded)]
        return bool(loads) and all(load.call == ANNOTATED for load in loads)

    def holds_loaded(self, owner: str) -> set[str]:
        """Return the attributes of a class that may be something loaded, or hold it."""
        known = (pair for own in self._lineage(owner) for pair in self.told_of(own).items())
        return {name for name, values in known if any(map(_is_loaded, values))}

    def method(self, owner: str, name: str) -> FunctionNode | None:
        """Return the method of a class, looking through bases in the same file."""
        owners = (self.classes[label].methods for label in self._lineage(owner))
        return next((methods[name] for methods in owners if name in methods), None)

    def above(self, owner: str, method: ast.AST | None, name: str) -> FunctionNode | None:
        """Return what `super().name` is in a method, for an object of a class."""
        lineage = self._lineage(owner)
        here = (n for n, one in enumerate(lineage) if method in self.classes[one].methods.values())
        start = next(here, len(lineage)) + 1
        owners = (self.classes[one].methods for one in lineage[start:])
        return next((methods[name] for methods in owners if name in methods), None)

    def says_more(self, owner: str, method: FunctionNode) -> bool:
        """True where a method that a class inherits asks for what only that class loads.

        That is what a method of the class gives, or has set.
        """
        nearer: list[str] = []
        for one in self._lineage(owner):
            if self.classes[one].methods.get(method.name) is method:
                break
            nearer.append(one)
        return bool(nearer) and any(
            self._is_loaded(owner, nearer, n) for n in own_names(method).asked
        )

    def _is_loaded(self, owner: str, nearer: Sequence[str], name: str) -> bool:
        """True where some of a class's lineage load what they have under a name."""
        for one in nearer:
            if (own := self.classes[one].methods.get(name)) is not None:
                return loads_something(own) or self._holds_ours(self.told(own, RESULT))
            if self._holds_ours(self.told(one, name)):
                return True
        method = self.method(owner, name)
        if method is None or not is_property(method):
            return False
        asked = own_names(method).asked
        return any(
            (own := self.classes[one].methods.get(inner)) is not None and loads_something(own)
            for one in nearer
            for inner in asked
        )

    def _holds_ours(self, values: Values) -> bool:
        """True where something loaded that may be ours is among values, or in a list there."""
        return any(
            isinstance(inner, Loaded)
            and not inner.path
            and self._may_be_ours(self.loads[inner.load])
            for value in values
            for group in (value.groups if isinstance(value, ListLiteral) else ((value,),))
            for inner in group
        )

    def _may_be_ours(self, load: Load) -> bool:
        """False for a load of a class of transformers that has nothing to do with pictures."""
        name = load.class_name or "Auto"
        return (
            load.package != "transformers"
            or name.startswith("Auto")
            or self.vocabulary.is_class(name)
            or any(value.text and self.vocabulary.known(value.text) for value in load.checkpoint)
        )

    def inherited(
        self, asks: Callable[[FunctionNode], bool]
    ) -> Iterator[tuple[str, FunctionNode, Scope]]:
        """Yield the methods that classes inherit which say more than the class they come from.

        Each comes with its class and with what is around it; `asks` tells of which to speak.
        """
        for label, one in [*self.classes.items()]:
            if not one.bases:
                continue
            lineage = [self.classes[base] for base in self._lineage(label)]
            found: dict[str, FunctionNode] = {}
            for each in reversed(lineage):
                found.update(each.methods)
            for name, node in found.items():
                if name in one.methods:
                    continue
                if not (asks(node) and self.told_of(label)) and not self.says_more(label, node):
                    continue
                if (around := self.scope(node)) is not None:
                    yield label, node, around

    def built_as(self, owner: str) -> str | None:
        """Return the class of transformers whose builder builds objects of a class of the file."""
        classes = [self.classes[label] for label in self._lineage(owner)]
        if any("__init__" in one.methods for one in classes):
            return None
        return next((one.extends for one in classes if one.extends), None)

    def loads_as(self, owner: str) -> str | None:
        """Return the class of transformers whose loader a class of the file has, unchanged.

        None where another configuration is its own, or where not all that it extends is known.
        """
        if any(self.method(owner, name) for name in CHECKPOINT_ARGUMENTS):
            return None
        lineage = self._lineage(owner)
        if any("config_class" in self.told_of(one) or _is_adopted(one) for one in lineage):
            return None
        classes = [self.classes[label] for label in lineage]
        bases = {one.extends for one in classes if one.extends}
        known = all(one.whole and not one.configured for one in classes)
        base = bases.pop() if len(bases) == 1 and known else ""
        return base if self.vocabulary.is_class(base) and not base.startswith("Auto") else None

    def defines(self, loaded: Loaded, name: str) -> str | None:
        """Return the class of the file that something loaded is of, where it has a name itself.

        One of another file may have any, since not all methods of it are kept.
        """
        owner = self.extending.get(loaded.load) if not loaded.path else None
        if owner is None or _is_adopted(owner):
            return owner
        names = {"forward", "__call__"} if name == "__call__" else {name}
        stored = any(one in self.told_of(label) for label in self._lineage(owner) for one in names)
        return owner if stored or any(self.method(owner, one) for one in names) else None

    def class_behind(self, holder: Abstract, name: str) -> str | None:
        """Return the class of transformers that has to have an attribute of an object.

        That is the class it was made of, or the one that its own class extends without having it.
        """
        match holder:
            case ForeignObject(callee) if callee.startswith(_LIBRARY):
                made = callee.rpartition(".")[2]
                return made if made[:1].isupper() else None
            case LocalObject(owner):
                lineage = self._lineage(owner)
                classes = [self.classes[label] for label in lineage]
                extended = next((one.extends for one in classes if one.extends), None)
                if extended is None or not all(one.whole for one in classes):
                    return None
                if self.method(owner, name) or any(map(_is_adopted, lineage)):
                    return None
                own = any(name in self.told_of(one) for one in lineage)
                parts = any("attributes" in self.told_of(one) for one in lineage)  # of a processor
                return None if own or parts else extended
        return None

    def _lineage(self, owner: str) -> list[str]:
        """A class of the file and its bases in it, the nearest first."""
        names = [owner] if owner in self.classes else []
        for name in names:
            bases = self.classes[name].bases if len(names) < _MOST_BASES else ()
            names.extend(base for base in bases if base in self.classes and base not in names)
        return names

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
        return dict.fromkeys(_WORD.findall("\n".join(self.parsed.lines)))

    def import_library(self) -> None:
        """Learn that the file imports transformers, of which names before it may be meant."""
        self.imports_library = True
        self.learned_more |= self._missed_library
        self._missed_library = False

    def define(self, label: str, definition: ClassDefinition) -> None:
        """Learn what a class of the file is; nobody has asked for one that is not known yet."""
        before = self.classes.get(label)
        if before != definition:
            self.classes[label] = definition
            self.learned_more |= before is not None


def _is_loaded(value: Abstract) -> bool:
    """True for something loaded, or a list or table of it."""
    inside = value.groups if isinstance(value, (ListLiteral, DictLiteral)) else ((value,),)
    return any(isinstance(one, Loaded) for group in inside for one in group)


_HOLDING = (LoadedElsewhere, ListLiteral, DictLiteral, Ready)
"""Values that are something another file loads, or may hold it."""


def _is_adopted(label: str) -> bool:
    """True for a class of another file, of which not all methods are kept."""
    return ":" in label


def _source(node: ast.expr) -> str:
    """An expression as code, of the same form however it was written."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(ast.Name(name), attribute):
            return f"{name}.{attribute}"
    return ast.unparse(node)[:_LONGEST_SOURCE]


def _literal(values: Values) -> object:
    """Return the constant, or tuple of constants, that the values are, or UNKNOWN."""
    match values:
        case (String(value) | Constant(value),):
            return value
        case (ListLiteral(groups),):
            items = tuple(map(_literal, groups))
            return UNKNOWN if UNKNOWN in items else items
    return UNKNOWN
