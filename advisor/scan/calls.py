"""The possible results of calling a loader, a loaded object, or a function of file or library."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import NamedTuple

from advisor.scan.abstract import (
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
    Ready,
    String,
    Symbol,
    Values,
    bounded,
    constant,
    doubted,
    elements,
    item,
    joined,
    union,
)
from advisor.scan.classes import RESULT
from advisor.scan.scope import Passed, Scope, decorators, last_name, parameters, spread
from advisor.scan.study import Study
from advisor.scan.usage import Load, Value
from advisor.scan.vocabulary import Loader, loader_of

NAMESPACES = {"parse_args", "parse_known_args", "parse_intermixed_args"}
"""Methods of argument parsers that return an object with an attribute for each option."""

OPTION = "--"
"""The key under which `Classes.learn` keeps the defaults of command-line options."""

_OF_MODEL = "model_kwargs"
"""The argument of a pipeline whose entries go to the load of its model."""
_UNMISTAKABLE = "pretrained_model_name_or_path"
_DECLARING = {"Field", "field", "Option", "Argument", "Parameter"}
_UNCHANGED = re.compile(r"str|Path|PurePath|open|list|tuple|set|sorted|dict|iter|reversed")
_GROUPS = {"add_argument_group", "add_mutually_exclusive_group", "add_parser", "add_subparsers"}
_RETURNS_ITSELF = re.compile(
    r"to|eval|cuda|cpu|half|float|bfloat16|double|train|requires_grad_|share_memory|compile"
    r"|to_bettertransformer"
)
"""Methods that return the object they are called on."""
_WRAPS = re.compile(
    r"prepare|unwrap_model|compile|DataParallel|DistributedDataParallel|get_peft_model"
    r"|prepare_model_for_kbit_training"
)
"""Functions that return the model they are passed, wrapped."""


class EvaluatedCall(NamedTuple):
    """A call and its evaluated parts: the possible `callees`, and the `holders` before the dot."""

    study: Study
    scope: Scope
    node: ast.Call
    holders: Values
    callees: Values
    passed: tuple[Passed, ...]

    def result(self) -> Values:
        """Return the possible results of the call, and record a load or a use."""
        name = last_name(self.node.func)
        if name == "backward" or name.endswith("Trainer"):
            self.study.training.append(self.node)
        if isinstance(self.node.func, ast.Attribute):
            self.study.take(self.node, self.holders, name, self.passed)
        loaded = self.study.seen(self.callees)
        given = [self.called(callee) for callee in self.callees if not isinstance(callee, Loaded)]
        if loaded:
            certain = self.study.is_one(loaded)
            given.extend([self._used(callee, certain=certain) for callee in loaded])
        given.extend([self._method(holder) for holder in self.holders])
        if not loaded:
            given.append(self._foreign(name))
        return union(*given)

    def called(self, callee: Abstract) -> Values:
        """Return the possible results of calling one of the callees; empty for a loaded object."""
        match callee:
            case Symbol():
                loader = loader_of(callee)
                if loader is None:
                    return self._symbol(callee)
                symbols = (each for each in self.callees if isinstance(each, Symbol))
                classes = {other.class_name for other in map(loader_of, symbols) if other}
                several = len(classes) > 1  # any of which may be meant
                return self._load(loader._replace(class_name=None) if several else loader)
            case Function(node, owner):
                return self._function(node, owner)
            case LocalClass(label):
                return (self._built(label),)
            case LocalObject(label):
                own = self.study.method(label, "__call__") or self.study.method(label, "forward")
                return self._function(own, label) if own else NOTHING
            case ImportedClass(extends=base):
                self._extended(base, ())
                return (callee,)
            case Ready(values, name, parameters):
                single = parameters if len(parameters) == 1 else ()
                named = (text for place, parameter in single for text in (str(place), parameter))
                given = self._given(_UNMISTAKABLE, *named)
                ids = self.study.checkpoints(self.node, given) if given else ()
                return self._loaded_here(values, name, ids) if ids else values
            case Partial(inner, passed):
                names = {arg.name for arg in self.passed}
                first = sum(arg.name.isdigit() for arg in passed)
                later = (arg.later(first) for arg in self.passed)
                bound = (arg for arg in passed if arg.name not in names or arg.name.isdigit())
                whole = self._replace(callees=(inner,), passed=(*bound, *later))
                return whole.called(inner)
        return NOTHING

    def _loaded_here(self, values: Values, label: str | None, ids: tuple[Value, ...]) -> Values:
        """Return the results of a function, its loads of an uncertain checkpoint as this call's.

        These get `ids`, the checkpoints that this call passes. With a `label`, loads outside the
        function of that name are left as they are.
        """
        held: list[Abstract] = []
        for value in values:
            match value:
                case Loaded(number, path):
                    load = self.study.loads[number]
                    here_alone = label in (None, load.scope)
                    if here_alone and not any(value.certain for value in load.checkpoint):
                        place, scope = self.study.location(self.node), self.scope.label
                        here = load._replace(place=place, checkpoint=ids, scope=scope)
                        here = here._replace(class_place=None)
                        value = self.study.record((self.node, number), here)._replace(path=path)
                case ListLiteral(groups):
                    value = ListLiteral(tuple(self._loaded_here(g, label, ids) for g in groups))
            held.append(value)
        return tuple(held)

    def _function(self, function: FunctionNode, owner: str | None = None) -> Values:
        """Return the results of a function of the file, and learn what its parameters get."""
        names = parameters(function)
        if owner is not None and "staticmethod" not in decorators(function):
            names = names[1:]
        self._learn(function, names)
        return self.study.told(function, RESULT)

    def _built(self, label: str) -> LocalObject:
        """Return an object of a class of the file, and learn the arguments it is built with."""
        own = self.study.method(label, "__init__")
        fields = self.study.classes[label].fields if label in self.study.classes else []
        if own:
            self._function(own, label)
        elif fields:
            self._learn(label, fields)
        self._extended(self.study.built_as(label), fields)
        return LocalObject(label)

    def _extended(self, base: str | None, own: Sequence[str]) -> None:
        """Record an object of the transformers class `base`, with the arguments not in `own`."""
        if base:
            passed = tuple(arg for arg in self.passed if arg.name not in own)
            self.study.make(self.node, base, passed)

    def _learn(self, about: object, parameters: list[str]) -> None:
        """Learn the values of the parameters of `about` from the arguments, by position or name."""
        for name, values, *_ in self.passed:
            if name.isdigit() and int(name) < len(parameters):
                name = parameters[int(name)]
            if name.isidentifier():
                self.study.learn(about, name, values)

    def _used(self, callee: Loaded, *, certain: bool) -> Values:
        """Return the result of calling a loaded object or a method of it, and record that use."""
        takes = isinstance(self.node.func, ast.Attribute) and self.node.func.attr
        owners = (holder for holder in self.holders if isinstance(holder, Loaded))
        if callee.path and takes and any(owner.step(takes) == callee for owner in owners):
            name, receiver = callee.path[-1], callee._replace(path=callee.path[:-1])
            result = receiver if _RETURNS_ITSELF.fullmatch(name) else callee
        else:
            name, receiver = "__call__", callee
            result = callee.step(name)
        self._use("call", name, (receiver,), certain=certain)
        for argument in self.passed:  # which may be what another load gave
            results = (v for v in argument.values if isinstance(v, Loaded) and v.path)
            others = tuple(v for v in results if v.load != receiver.load)
            if others and not argument.name.startswith("*"):
                self.study.use(argument.node, "pass", name, others)
        return (result,)

    def _use(self, kind: str, name: str, receivers: Values, *, certain: bool = True) -> None:
        self.study.use(self.node, kind, name, receivers, self.passed, certain=certain)

    def _symbol(self, callee: Symbol) -> Values:
        """Return the result of calling a library's name that loads no checkpoint by itself."""
        name, full_name = callee.name, f"{callee.module}.{callee.name}"
        first = self.passed[0].values if self.passed else NOTHING
        if name == "getenv" or full_name == "os.environ.get":
            return self._default(1)
        if name in _DECLARING:
            return self._default(0)
        if full_name == "functools.partial" and self.passed:
            given = tuple(argument.later(-1) for argument in self.passed[1:])
            return tuple(Partial(inner, given) for inner in first)
        if full_name == "os.path.join":
            parts = [argument.values for argument in self.passed]
            return joined(parts, self.study.location(self.node), "/")
        if _UNCHANGED.fullmatch(name) and self.passed and callee.root in ("pathlib", "builtins"):
            return first
        if callee.root == "transformers" and name[:1].isupper():
            self.study.make(self.node, name, self.passed)
            if name.endswith("Processor"):
                values = (v for argument in self.passed for v in argument.values)
                halves = (v for v in values if isinstance(v, Loaded) and not v.path)
                return tuple(half.step(name) for half in halves)[:1]
            if name.endswith("Model") or "For" in name[1:]:  # random weights, from a configuration
                composer = Loader("transformers", name, "composition", name)
                return (self._record(composer, self.node.func),)
        owner = callee.module.rpartition(".")[2]
        if callee.root == "transformers" and owner[:1].isupper():
            self.study.make(self.node, f"{owner}.{name}", self.passed)
        return (ForeignObject(full_name),)

    def _load(self, loader: Loader) -> Values:
        """Record a load; return it, in a list with transforms if `loader.parts` is more than 1."""
        checkpoint = self._passed_for(loader.checkpoint, loader.position)
        models = tuple(value for value in checkpoint if isinstance(value, Loaded))
        if loader.kind == "pipeline" and models:
            self._use("pass", "pipeline", models)
            checkpoint = tuple(value for value in checkpoint if not isinstance(value, Loaded))
        function = self.node.func
        named = function.value if isinstance(function, ast.Attribute) else function
        value = self._record(loader, named, checkpoint)
        if loader.parts == 1:
            return (value,)
        transforms: list[Values] = [(value.step("transform"),)] * (loader.parts - 1)
        return (ListLiteral(((value,), *transforms)),)

    def _record(self, loader: Loader, written: ast.expr, checkpoint: Values = NOTHING) -> Loaded:
        """Record a load and return it; `written` is the class (or library, function) that loads."""
        study, node = self.study, self.node
        ids = study.checkpoints(node, checkpoint)
        classes = (cls.name for cls in self.holders if isinstance(cls, LocalClass | ImportedClass))
        own = next(classes, None)
        pipeline = loader.kind == "pipeline"
        tables = (passed for passed in self.passed if pipeline and passed.name == _OF_MODEL)
        passed_on = (passed for table in tables for passed in spread(table.values, table.node))
        load = Load(
            place=study.location(node),
            package=loader.package,
            kind=loader.kind,
            call=loader.call,
            class_name=loader.class_name,
            class_place=study.location(written),
            class_written=study.source(written),
            checkpoint=ids,
            second_checkpoint=study.checkpoints(node, self._passed_for(loader.second, 1)),
            task=study.checkpoints(node, self._passed_for(loader.task, 0)),
            arguments=study.arguments((*self.passed, *passed_on)),
            scope=self.scope.label,
            extended=own is not None and loader.kind == "model",
        )
        loaded = study.record(node, load)
        if own is not None:
            study.extending[loaded.load] = own
        return loaded

    def _given(self, *names: str) -> Values | None:
        """The values of the first argument with one of these names; None if no argument has one."""
        return next((argument.values for argument in self.passed if argument.name in names), None)

    def _passed_for(self, name: str | None, position: int) -> Values:
        """The values passed for a parameter: empty if none are, `Other` if they are unknown."""
        if name is None:
            return NOTHING
        values = self._given(name, str(position))
        if values is None:
            return NOTHING if self._given("*", "**") is None else (Other(),)
        return values or (Other(),)

    def _default(self, position: int) -> Values:
        """The default among the arguments, no text certain: a setting may replace it."""
        return doubted(self._given("default", str(position)) or NOTHING)

    def _foreign(self, name: str) -> Values:
        """The results of a library's function, and of a builtin one, for its arguments.

        Loaded arguments are recorded as used, also in lists and dictionaries one level down. Empty
        if a callee is a function or class of the file, or loads a checkpoint.
        """
        symbols = (callee for callee in self.callees if isinstance(callee, Symbol))
        ours = any(isinstance(callee, (Function, LocalClass)) for callee in self.callees)
        if ours or any(map(loader_of, symbols)):
            return NOTHING
        builtin = isinstance(self.node.func, ast.Name) and not self.callees
        if name == "map" and len(self.passed) > 1 and builtin:  # what is done for its items
            items = (p._replace(values=elements(p.values)).later(-1) for p in self.passed[1:])
            whole = self._replace(callees=self.passed[0].values, passed=tuple(items))
            return bounded(ListLiteral((union(*map(whole.called, whole.callees)),)))
        makes_table = name == "dict" and not self.callees
        if makes_table and all(passed.keyword or passed.key for passed in self.passed):
            return self._table()
        given = (value for argument in self.passed for value in argument.values)
        groups = (v.groups if isinstance(v, ListLiteral | DictLiteral) else ((v,),) for v in given)
        inside = (value for held in groups for group in held for value in group)
        if loaded := [value for value in inside if isinstance(value, Loaded)]:
            return self._given_away(name, loaded)
        if makes_table:
            return self._table()
        if _UNCHANGED.fullmatch(name) and self.passed and not self.callees:
            return self.passed[0].values
        return NOTHING

    def _table(self) -> Values:
        """The dictionary that `dict(other, name=value)` returns."""
        entries: list[tuple[String | Constant | None, Values]] = []
        for passed in self.passed:
            place = passed.key
            if passed.keyword is not None:
                place = self.study.location(passed.keyword).beginning(len(passed.name))
            if place is not None:
                entries.append((String(passed.name, place), passed.values))
            elif len(passed.values) == 1 and isinstance(passed.values[0], DictLiteral):
                entries.extend(passed.values[0].entries)
            else:
                entries.append((None, (Other(),)))
        return bounded(DictLiteral(tuple(entries)))

    def _given_away(self, name: str, given: list[Loaded]) -> Values:
        """Record loaded objects as arguments of a library's function, and return its results."""
        models = tuple(value for value in given if not value.path)
        results = tuple(value for value in given if value.path)
        first = self.passed[0].values
        through = tuple(v for v in results if v in first and v.path != ("parameters",))
        self._use("pass", name, models)
        self._use("call" if through else "pass", name, through or results)
        if models and _WRAPS.fullmatch(name):
            if len(self.passed) == 1:
                return models
            return (ListLiteral(tuple(argument.values for argument in self.passed)),)
        return tuple(value.step(name) for value in through or results)

    def _method(self, holder: Abstract) -> Values:
        """The results of methods of dictionaries and argument parsers; empty for others."""
        name, callees = last_name(self.node.func), self.callees
        match name, holder:
            case "get" | "pop" | "setdefault", DictLiteral() if self.passed:
                return union(item((holder,), constant(self.passed[0].values)), self._default(1))
            case "values", DictLiteral(groups=groups):
                return (ListLiteral(groups),)
            case "items", DictLiteral(entries):
                keyed = ((key if isinstance(key, String) else Other(), v) for key, v in entries)
                pairs = (ListLiteral(((key,), values)) for key, values in keyed)
                return (ListLiteral(tuple((pair,) for pair in pairs)),)
            case ("keys" | "copy", DictLiteral()) | ("parse_args", LocalObject()) if not callees:
                return (holder,)
            case _, ForeignObject():
                return self._parser_method(name)
        return NOTHING

    def _parser_method(self, name: str) -> Values:
        made: Values = (ForeignObject(f"argparse.{name}"),)
        if name == "add_argument" and (default := self._given("default")):
            written = [constant(passed.values) for passed in self.passed if passed.name.isdigit()]
            long = (text for text in map(str, written) if text[0] != "-" or text[:2] == "--")
            option = constant(self._given("dest") or NOTHING) or next(long, "")
            self.study.learn(OPTION, str(option).lstrip("-").replace("-", "_"), doubted(default))
        elif name == "parse_known_args":
            return (ListLiteral((made, NOTHING)),)
        return made if name in NAMESPACES | _GROUPS else NOTHING
