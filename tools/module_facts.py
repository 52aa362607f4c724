"""What one module of a library binds, read by parsing it: names, classes and their members.

A member is written as a text: "" for an attribute, ":Class" for one that is an instance of a class
known by name, "(a,b=,*,c=,old=a,**rest)Class" for a method. `=` follows a parameter with a default;
a name behind it is what a decorator gives the argument on as. `~` follows the parentheses of a
processor that takes texts and images in either order. A member called "?..." says that a class has
more than can be read, one called "-name" that it takes a name away.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any

from module_aliases import aliases_of

FIELDS = ("dataclass", "ModelOutput", "TypedDict", "NamedTuple", "strict")
"""Decorators and bases of classes whose annotated names are attributes without a value too."""
PARTS = ("image_processor", "tokenizer", "feature_extractor", "video_processor", "audio_processor")
"""What a processor is put together from, as the parameters of its `__init__` are called."""
TABLES = ("attributes", "optional_attributes", "attribute_map", "SPECIAL_TOKENS_ATTRIBUTES")
"""Class attributes that list names of further attributes."""
STORING = ("register_buffer", "register_parameter", "add_module", "register_module")
RENAMING, RENAMING_TAKES = "deprecate_kwarg", ("old_name", "version", "new_name")
"""The decorator of the library that gives an argument on under another name."""
OTHER_FRAMEWORK = re.compile(r"(^|[._])(tf|flax)(_|$)")
VISION = re.compile(r"vision_config|image_size|patch_size|num_channels|vision_model")
SAYS_NOTHING = ("None", "Any", "Self", "Optional", "Union")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def facts_of(name: str, source: str, *, package: bool) -> dict[str, Any]:
    """Return what a module binds, as JSON can hold it; `name` is dotted, below the library."""
    return _Module(name, source, package).facts


class _Module:
    """A module under way."""

    def __init__(self, name: str, source: str, package: bool) -> None:
        self.name, self.package = name, package
        self.values: dict[str, ast.expr] = {}
        self.bound: dict[str, list[str] | None] = {}
        self.facts: dict[str, Any] = {
            "package": package,
            "bound": self.bound,
            "stars": [],
            "classes": {},
            "functions": {},
            "lazy": {},
            "all": [],
            "open": False,
            "structured": "define_import_structure" in source,
            "vision": bool(VISION.search(source)),
        }
        others = OTHER_FRAMEWORK.search(name.rpartition(".")[2])
        body = ast.parse(source).body
        for statement in _statements(body):
            self._statement(statement, bool(others))
        if not name:
            self.facts |= aliases_of(body)

    def _statement(self, node: ast.stmt, others: bool) -> None:
        match node:
            case ast.ImportFrom() | ast.Import():
                self._import(node)
            case ast.ClassDef():
                self._class(node, others)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node)
            case ast.Assign(targets, value):
                for target in targets:
                    self._assign(target, value)
            case (
                ast.AnnAssign(target=target, value=given)
                | ast.AugAssign(target=target, value=given)
            ):
                self._assign(target, given)
            case ast.Expr(ast.Call(ast.Attribute(ast.Subscript(table, ast.Constant(key))), [more])):
                if dotted(table) == "_import_structure":
                    self.facts["lazy"].setdefault(key, []).extend(_texts(more))

    def _import(self, node: ast.ImportFrom | ast.Import) -> None:
        for alias in node.names:
            bound = alias.asname or alias.name
            if isinstance(node, ast.Import):
                self.bound[bound.partition(".")[0]] = [f"!{alias.name}", ""]
            elif alias.name == "*":
                self.facts["stars"].append(self._origin(node))
            else:
                self.bound[bound] = [self._origin(node), alias.name]

    def _origin(self, node: ast.ImportFrom) -> str:
        """The module an import reads from; `!` stands before one outside the library."""
        module = node.module or ""
        if not node.level:
            library, _, below = module.partition(".")
            return below if library == "transformers" else "!" + module
        parts = self.name.split(".") if self.name else []
        kept = parts[: len(parts) - node.level + self.package]
        return ".".join([*kept, *([module] if module else [])])

    def _class(self, node: ast.ClassDef, others: bool) -> None:
        self.bound[node.name] = None
        members = {} if others else _Members(node).found
        stand_in = self.facts["classes"].get(node.name, {"members": {}})
        bases = [dotted(base) or "?" for base in node.bases]
        self.facts["classes"][node.name] = {
            "bases": bases,
            "members": {**stand_in["members"], **members},
        }
        if _decorated(node, ("requires", "export")):
            self.facts["all"].append(node.name)

    def _function(self, node: Function) -> None:
        self.bound[node.name] = None
        self.facts["functions"][node.name] = signature(node)
        if _decorated(node, ("requires", "export")):
            self.facts["all"].append(node.name)
        if node.name == "__getattr__":
            tables = re.findall(r"name (?:not )?in (\w+)", ast.unparse(node))
            self.facts["open"] = not tables
            for table in tables:
                self.bound.update(dict.fromkeys(_texts(self.values.get(table))))

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        match target:
            case ast.Tuple(elts):
                for inner in elts:
                    self._assign(inner, None)
            case ast.Subscript(table, ast.Constant(key)) if dotted(table) == "_import_structure":
                self.facts["lazy"].setdefault(key, []).extend(_texts(value))
            case ast.Name(name):
                self._name(name, value)

    def _name(self, name: str, value: ast.expr | None) -> None:
        self.bound.setdefault(name, None)
        if value is not None:
            self.values.setdefault(name, value)
        if name == "__all__":
            self.facts["all"].extend(_texts(value))
        match value:
            case ast.Name(other) if other in self.facts["classes"]:
                self.facts["classes"][name] = {"bases": [other], "members": {}}
            case ast.Name(other):
                self.bound[name] = [self.name, other]
            case ast.Dict():
                self._table(name, value)
            case ast.Call(keywords=keywords) if name == "__getattr__":
                for keyword in keywords:
                    self.bound.update(dict.fromkeys(_texts(keyword.value)))

    def _table(self, name: str, table: ast.Dict) -> None:
        """A dictionary that says what is exported from where, or is called what by now."""
        for key, value in zip(table.keys, table.values, strict=True):
            if not isinstance(key, ast.Constant):
                continue
            if name == "_import_structure":
                self.facts["lazy"].setdefault(key.value, []).extend(_texts(value))


class _Members:
    """The members that the body of a class and its methods give."""

    def __init__(self, node: ast.ClassDef) -> None:
        self.found: dict[str, str] = {}
        bases = " ".join(ast.unparse(item) for item in [*node.decorator_list, *node.bases])
        self.fields = any(word in bases for word in FIELDS) or node.name.endswith(
            ("Output", "Kwargs")
        )
        self.processor = "Processor" in bases
        for statement in _statements(node.body):
            self._statement(statement)

    def _put(self, name: str, text: str = "") -> None:
        if text or name not in self.found:
            self.found[name] = text

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.AnnAssign(ast.Name(name), annotation, value) if value or self.fields:
                self._put(name, _instance(classes_in(annotation)) if self.fields else "")
            case ast.Assign(targets, value):
                for name in (one.id for one in targets if isinstance(one, ast.Name)):
                    alias = self.found.get(dotted(value), "")
                    self._put(name, alias if alias.startswith("(") else "")
                    for text in _texts(value) if name in TABLES else ():
                        self._put(text)
                        if name == "SPECIAL_TOKENS_ATTRIBUTES":
                            self._put(f"{text}_id")
            case ast.ClassDef():
                self._put(node.name)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._method(node)

    def _method(self, node: Function) -> None:
        decorators = " ".join(ast.unparse(one) for one in node.decorator_list)
        if "property" in decorators or decorators.endswith(".setter"):
            self._put(node.name, _instance(classes_in(node.returns)))
        else:
            self._put(node.name, signature(node, bound="staticmethod" not in decorators))
        if node.name == "__init__" and self.processor:
            for parameter in (*node.args.args, *node.args.kwonlyargs):
                if any(part in parameter.arg for part in PARTS):
                    self._put(parameter.arg)
        for inner in ast.walk(node):
            self._inside(node.name, inner)

    def _inside(self, method: str, node: ast.AST) -> None:
        """What a statement of a method stores; `set_decoder` only sets what is there, if it is."""
        stores = not method.startswith("set_")
        match node:
            case ast.Call(func, [first, *rest]):
                self._call(dotted(func), first, rest)
            case ast.Assign(targets, value) if stores:
                self._store(targets, value)
            case ast.AnnAssign(target=target, value=given) if stores:
                self._store([target], given)
            case ast.AugAssign(target=target) | ast.For(target=target):
                self._store([target], None)
            case ast.Delete(targets) if method == "__init__":
                for name in (name for target in targets for name in _stored(target)):
                    self.found[f"-{name}"] = ""

    def _store(self, targets: list[ast.expr], value: ast.expr | None) -> None:
        for name in (name for target in targets for name in _stored(target)):
            self._put(name, _instance(_built(value)))

    def _call(self, called: str, first: ast.expr, rest: list[ast.expr]) -> None:
        owner, _, name = called.rpartition(".")
        match first, rest:
            case ast.Constant(str(text)), _ if owner == "self" and name in STORING:
                self._put(text)
            case ast.Name("self"), [ast.Constant(str(text)), *_] if called == "setattr":
                self._put(text)
            case ast.Name("self"), [ast.JoinedStr(values), *_] if called == "setattr":
                parts = (getattr(value, "value", "*") for value in values)
                self._put("".join(part if isinstance(part, str) else "*" for part in parts))
            case ast.Name("self"), [_, *_] if called == "setattr":
                self._put("?setattr")
        if called == "self.__dict__.update":
            self._put("?dict")


def signature(node: Function, *, bound: bool = False) -> str:
    """Return the parameters of a function, and the classes of what it gives back."""
    args = node.args
    plain = [*args.posonlyargs, *args.args]
    first_default = len(plain) - len(args.defaults)
    parts = [one.arg + "=" * (number >= first_default) for number, one in enumerate(plain)]
    parts = parts[1:] if bound else parts
    renamed = dict(_renamed(node))
    if args.vararg or args.kwonlyargs or renamed:
        parts.append("*" + (args.vararg.arg if args.vararg else ""))
    for one, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        parts.append(one.arg + "=" * (default is not None))
    parts += [f"{old}={new}" for old, new in renamed.items()]
    if args.kwarg:
        parts.append("**" + args.kwarg.arg)
    calls = (one.func for one in ast.walk(node) if isinstance(one, ast.Call))
    either = any("_input_order" in dotted(call) for call in calls)
    returned = classes_in(node.returns) or sorted(set(_outputs(node)))
    return f"({','.join(parts)}){'~' if either else ''}{'|'.join(returned)}"


def _renamed(node: Function) -> Iterator[tuple[str, str]]:
    """The old names that decorators take arguments by, with the parameters they give them on as."""
    taken = {one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    for one in node.decorator_list:
        if isinstance(one, ast.Call) and dotted(one.func).rpartition(".")[2] == RENAMING:
            given = dict(zip(RENAMING_TAKES, one.args, strict=False))
            given |= {keyword.arg or "": keyword.value for keyword in one.keywords}
            match given.get("old_name"), given.get("new_name"):
                case ast.Constant(str(old)), ast.Constant(str(new)) if old not in taken:
                    yield old, new


def _outputs(node: Function) -> Iterator[str]:
    """The output classes that a function builds where it returns."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Return) and isinstance(inner.value, ast.Call):
            name = dotted(inner.value.func)
            if name[:1].isupper() and "Output" in name:
                yield name


def classes_in(annotation: ast.expr | None) -> list[str]:
    """Return the last names in an annotation, without those that say nothing."""
    found: list[str] = []
    left = [annotation] if annotation is not None else []
    while left:
        node = left.pop(0)
        match node:
            case ast.Constant(str(text)):
                left.insert(0, ast.parse(text.strip(), mode="eval").body)
            case ast.BinOp(one, _, other):
                left[:0] = [one, other]
            case ast.Subscript(outer, inner) if dotted(outer).endswith(("Optional", "Union")):
                left[:0] = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            case ast.Name() | ast.Attribute() | ast.Subscript():
                name = dotted(node).rpartition(".")[2]
                found.append("tuple" if name == "Tuple" else name)
    return [name for name in dict.fromkeys(found) if name and name not in SAYS_NOTHING]


def dotted(node: ast.AST | None) -> str:
    """Return the dotted text of a name, "" for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(inner, name):
            outer = dotted(inner)
            return f"{outer}.{name}" if outer else ""
        case ast.Subscript(inner):
            return dotted(inner)
    return ""


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body, those of all branches too, but what is for type checkers alone."""
    for node in body:
        match node:
            case ast.If(test, inner, other):
                yield from _statements(() if "TYPE_CHECKING" in ast.unparse(test) else inner)
                yield from _statements(other)
            case ast.Try():
                handlers = (one for handler in node.handlers for one in handler.body)
                yield from _statements((*node.body, *handlers, *node.orelse, *node.finalbody))
            case ast.With() | ast.For() | ast.While():
                yield from _statements((*node.body, *getattr(node, "orelse", ())))
            case _:
                yield node


def _texts(node: ast.expr | None) -> list[str]:
    """The texts of a literal: itself, its items, or the keys of a dictionary."""
    items = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [node])
    return [one.value for one in items if isinstance(one, ast.Constant) and type(one.value) is str]


def _stored(target: ast.expr | None) -> Iterator[str]:
    """The attributes of `self` among the targets of an assignment."""
    match target:
        case ast.Attribute(ast.Name("self" | "cls"), name):
            yield name
        case ast.Tuple(elts) | ast.List(elts):
            for inner in elts:
                yield from _stored(inner)


def _built(value: ast.expr | None) -> list[str]:
    """The class of the library that a value is visibly an instance of."""
    name = dotted(value.func) if isinstance(value, ast.Call) else ""
    owner, _, last = name.rpartition(".")
    name = owner if last in ("_from_config", "from_config", "from_pretrained") else name
    plain = name[:1].isupper() and "." not in name
    return [name] if plain else []


def _instance(classes: list[str]) -> str:
    return ":" + "|".join(classes) if classes else ""


def _decorated(node: ast.ClassDef | Function, names: tuple[str, ...]) -> bool:
    calls = (one.func if isinstance(one, ast.Call) else one for one in node.decorator_list)
    return any(dotted(call) in names for call in calls)
