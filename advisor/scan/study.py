"""What is known of one file while it is read: its loads and uses, functions and classes.

A file with vision-language models is walked twice. The first walk finds what its functions return
and are called with, and the second walk uses it.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable, Sequence
from functools import cache
from typing import NamedTuple

from advisor.scan.abstract import (
    MOST_VALUES,
    NOTHING,
    Abstract,
    Constant,
    DictLiteral,
    ForeignObject,
    Function,
    FunctionNode,
    ImportedClass,
    ListLiteral,
    Loaded,
    LocalClass,
    LocalObject,
    Other,
    Partial,
    PartialString,
    Ready,
    String,
    Symbol,
    Values,
    pieces,
)
from advisor.scan.classes import RESULT, Classes
from advisor.scan.scope import Imports, Passed, Scope, last_name, parameters
from advisor.scan.source import Parsed, Placed, descendants
from advisor.scan.usage import (
    ANNOTATED,
    SUPPOSED,
    UNKNOWN,
    Argument,
    Built,
    Call,
    Load,
    Location,
    Value,
)
from advisor.scan.vocabulary import CHECKPOINT_ARGUMENTS, Vocabulary

_DEEPEST_VALUES = 3
_LONGEST_SOURCE = 200
_IMPORT = "from transformers import"


class Use(NamedTuple):
    """A use of a loaded object; those of the last walk become calls, `kind` and `name` as there."""

    node: Placed
    kind: str
    name: str
    receiver: Loaded
    certain: bool
    passed: Sequence[Passed]


class Study(Classes):
    """What the walks through one file found; `loads` are those of all files of the project."""

    def __init__(
        self, parsed: Parsed, vocabulary: Vocabulary, imports: Imports, loads: list[Load]
    ) -> None:
        super().__init__(vocabulary, loads)
        self.parsed = parsed
        self.imports = imports
        self.uses: list[Use] = []
        self.stars: list[str] = []
        self.training: list[Placed] = []
        self.made: list[tuple[ast.expr, Built]] = []
        self.pending: list[tuple[FunctionNode, Scope]] = []
        """Functions to be walked, each with the scope around it."""
        self.names: dict[str, Values] = {}
        """The values of the names of the module."""
        self.too_deep: set[Location] = set()
        """The statements that are nested too deeply to be followed."""
        self.recorded: set[int] = set()
        """The numbers of the loads that the last walk recorded."""
        self.chosen: tuple[int, int] | None = None
        """First and last line of the branch that a text selects: `if name == "blip"`."""
        self._numbers: dict[Hashable, int] = {}
        self.location = cache(parsed.location)
        """Returns the location of a node in the file."""
        self.source = cache(lambda node: ast.unparse(node)[:_LONGEST_SOURCE])
        """Returns an expression as code in one form, cut to _LONGEST_SOURCE characters."""

    def begin(self) -> None:
        """Begin a walk: clear the records of the last one, but for loads and what was learned."""
        records = (self.uses, self.training, self.pending, self.stars, self.made, self.recorded)
        for record in records:
            record.clear()
        self.names = {}

    def record(self, node: Hashable, load: Load) -> Loaded:
        """Record a load and return it; a load of the same `node` in an earlier walk is replaced."""
        number = self._numbers.setdefault(node, len(self.loads))
        self.loads[number : number + 1] = [load]
        self.recorded.add(number)
        return Loaded(number)

    def stand_in(self, node: ast.expr, of: str, scope: Scope, kind: str = SUPPOSED) -> Loaded:
        """Return an object of the transformers class `of`; no load of it is seen, only `node`."""
        load = Load(self.location(node), "transformers", kind, ANNOTATED, of, arguments={})
        return self.record(node, load._replace(scope=scope.label))

    def seen(self, values: Iterable[Abstract]) -> list[Loaded]:
        """Return the loaded objects among values; supposed ones only if there are no others."""
        loaded = [value for value in values if isinstance(value, Loaded)]
        return [it for it in loaded if self.loads[it.load].kind != SUPPOSED] or loaded

    def is_one(self, loaded: Iterable[Loaded]) -> bool:
        """True if the loads of all values, at least one, have one place, class and checkpoint."""
        loads = (self.loads[number] for number in {value.load for value in loaded})
        return len({(load.place, load.class_name, load.checkpoint) for load in loads}) == 1

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
        """Record a use of each load in `receivers`, unless its class in the file defines `name`."""
        loaded = [it for it in self.seen(receivers) if not self.defines(it, name)][:MOST_VALUES]
        certain = certain and self.is_one(loaded)
        self.uses.extend(Use(node, kind, name, value, certain, passed) for value in loaded)

    def make(
        self, node: ast.expr, name: str, passed: Sequence[Passed] = (), *, of_object: bool = False
    ) -> None:
        """Record an object made of a transformers class, or a member taken (`Class.name`)."""
        built = Built(self.location(node), name, self.arguments(passed), of_object)
        self.made.append((node, built))

    def take(
        self, node: ast.expr, holders: Values, name: str, passed: Sequence[Passed] = ()
    ) -> None:
        """Record `holder.name` if a transformers class has to have it, as `Class.name`.

        If all holders are unknown, that is the class of ours which alone once had a member `name`.
        """
        behind = [(self.class_behind(h, name), isinstance(h, ForeignObject)) for h in holders]
        unknown = all(
            isinstance(holder, (Other, ForeignObject))
            or holder == Constant(None)
            or (isinstance(holder, Loaded) and self.loads[holder.load].class_name is None)
            for holder in holders
        )
        if unknown:
            behind.append((self.vocabulary.distinctive.get(name), False))
        for owner, of_object in behind:
            if owner:
                self.make(node, f"{owner}.{name}", passed, of_object=of_object)

    def built(self, *, ours_alone: bool = False, objects: bool = True) -> tuple[Built, ...]:
        """Return the objects made of transformers classes and the members taken, each node once.

        With `ours_alone`, only members of vision-language classes, and names that only those once
        had. Without `objects`, members of objects of other classes are left out.
        """
        once = {}
        for node, built in self.made:
            owner, _, of = built.class_name.partition(".")
            ours = self.vocabulary.is_class(owner) or of in self.vocabulary.distinctive
            if (of and ours) or (not ours_alone and (objects or not built.of_object)):
                once[node] = built
        return tuple(once.values())

    def call(self, use: Use) -> Call:
        """Return a recorded use as a `Call`."""
        node = use.node.func if isinstance(use.node, ast.Call) else use.node
        name_place = None
        if isinstance(node, ast.Attribute) and node.attr == use.name:  # it ends what is used
            name_place = self.location(node).ending(len(use.name))
        return Call(
            place=self.location(use.node),
            kind=use.kind,
            name=use.name,
            of=use.receiver.path,
            receiver=self.loads[use.receiver.load],
            certain=use.certain,
            arguments=self.arguments(use.passed),
            name_place=name_place,
        )

    def checkpoints(self, node: Placed, values: Values) -> tuple[Value, ...]:
        """Return values as names of checkpoints, each once; an unknown one has the text None."""
        return tuple(dict.fromkeys(self._checkpoint(node, value) for value in values))

    def _checkpoint(self, node: Placed, value: Abstract) -> Value:
        """A value as the name of a checkpoint; a path that ends in a catalogued id is that id."""
        match value:
            case String(text, place, certain):
                text = text.removeprefix("hf-hub:")
                exact = self.vocabulary.known(text)
                at_end = None if exact else self.vocabulary.known_at_end(text)
                return Value(at_end or text, place, certain, local=at_end is not None)
            case PartialString((*_, last), place):
                path = last if last and last.count("/") >= 2 else ""
                at_end = self.vocabulary.known_at_end(path)
                return Value(at_end, place, certain=bool(at_end), local=bool(at_end))
        return Value(None, self.location(node), certain=False)

    def choose(self, first: Placed, last: Placed) -> None:
        """Mark the lines from one node to another as chosen by a comparison (see `meant`)."""
        self.chosen = self.location(first).line, self.location(last).end_line

    def meant(self, values: Values, *, given: bool) -> Values:
        """Return values, with `Other` for the texts that need not apply in the chosen lines.

        A text applies if it is written in these lines, or if it is certain and not `given`: callers
        may set a parameter or an attribute. Without chosen lines, all values are returned.
        """
        if self.chosen is None:
            return values
        first, last = self.chosen

        def is_meant(value: Abstract) -> bool:
            if not isinstance(value, (String, PartialString)):
                return True
            path, line, *_ = value.location
            inside = path == self.parsed.name and first <= line <= last
            return inside or (isinstance(value, String) and value.certain and not given)

        return tuple(value if is_meant(value) else Other() for value in values)

    def arguments(self, passed: Iterable[Passed]) -> dict[str, Argument]:
        """Return arguments as the check reads them, by name."""
        arguments = {}
        for name, values, node, keyword, key in passed:
            name_place = None
            if keyword is not None:
                name_place = self.location(keyword).beginning(len(keyword.arg or ""))
            value, source, place = _literal(values), self.source(node), self.location(node)
            arguments[name] = Argument(value, source, pieces(values), place, name_place, key)
        return arguments

    def starred(self, name: str) -> Values:
        """Return an unbound name as one of transformers, if a star or lacking import tells so."""
        modules = [star for star in self.stars if star.partition(".")[0] == "transformers"]
        if not modules and self.vocabulary.is_class(name) and _IMPORT in self.parsed.text:
            return (Symbol("transformers", name),)  # which the file forgot to import
        loads = name[:1].isupper() or name == "pipeline"
        return (Symbol(modules[-1], name),) if modules and loads else NOTHING


def _literal(values: Values) -> object:
    """Return the only constant, or tuple of constants, that the values can be, or UNKNOWN."""
    match values:
        case (String(value) | Constant(value),):
            return value
        case (ListLiteral(groups),):
            items = tuple(map(_literal, groups))
            return UNKNOWN if UNKNOWN in items else items
    return UNKNOWN


def exported(study: Study) -> dict[str, Values]:
    """Return the values of the names that a module defines, as another file sees them.

    No syntax tree is kept: functions become the values they return, classes `ImportedClass`.
    """
    return {name: _values(study, values) for name, values in study.names.items()}


def _values(study: Study, values: Values, depth: int = 0) -> Values:
    """Return the values as another file sees them; empty if they are nested too deeply."""
    return tuple(dict.fromkeys(_seen(study, v, depth) for v in values if depth <= _DEEPEST_VALUES))


def _seen(study: Study, value: Abstract, depth: int) -> Abstract:
    """The value as another file sees it; `Other` for one that needs a syntax tree."""
    match value:
        case ListLiteral(groups):
            return ListLiteral(tuple(_values(study, group, depth + 1) for group in groups))
        case DictLiteral(entries):
            seen = ((key, _values(study, group, depth + 1)) for key, group in entries)
            return DictLiteral(tuple(seen))
        case LocalClass(label) | LocalObject(label) if depth == 0:
            own = f"{study.parsed.name}:{label}"
            return ImportedClass(own, study.built_as(label), study.loads_as(label))
        case Function(node, None):
            given = _values(study, study.told(node, RESULT), depth + 1)
            names = (*parameters(node), *(argument.arg for argument in node.args.kwonlyargs))
            reaching = _reaching(node)
            numbered = tuple((n, name) for n, name in enumerate(names) if name in reaching)
            return Ready(given, node.name if numbered else None, numbered)
        case Ready(values):
            return value._replace(values=_values(study, values, depth + 1))
        case Function() | ForeignObject() | Partial() | LocalClass() | LocalObject():
            return Other()
    return value


def _reaching(node: FunctionNode) -> set[str]:
    """Return the names that a function passes to a load as the checkpoint."""
    given: set[str] = set()
    for call in descendants(node):
        if isinstance(call, ast.Call) and (name := last_name(call.func)) in CHECKPOINT_ARGUMENTS:
            position, keywords = CHECKPOINT_ARGUMENTS[name]
            passed = [*call.args[position : position + 1]]
            passed += [keyword.value for keyword in call.keywords if keyword.arg in keywords]
            given |= {argument.id for argument in passed if isinstance(argument, ast.Name)}
    return given
