"""What is known of the classes of a file: what they have, inherit, load and extend."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from advisor.scan.abstract import (
    MOST_VALUES,
    NOTHING,
    Abstract,
    DictLiteral,
    ForeignObject,
    FunctionNode,
    ListLiteral,
    Loaded,
    LocalObject,
    Values,
    doubted,
    union,
)
from advisor.scan.learned import DEFAULT, MEANT, RESULT, STORED, Learned
from advisor.scan.node import is_property, loads_something, own_names
from advisor.scan.usage import ANNOTATED, Load
from advisor.scan.vocabulary import CHECKPOINT_ARGUMENTS, Vocabulary

_MOST_BASES = 50
"""Classes behind a class that are looked through."""
_LIBRARY = "transformers."


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


class Classes(Learned):
    """The classes of a file, by their names, and what is learned of them."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.loads: list[Load] = []
        self.classes: dict[str, ClassDefinition] = {}
        self._lineages: dict[str, list[str]] = {}
        self._extended: dict[str, dict[str, None]] = defaultdict(dict)
        self.extending: dict[int, str] = {}
        """The classes of the file that loads are of, by the numbers of these."""

    def attribute(self, owner: str, name: str) -> Values:
        """Return what an attribute may be, looking through bases in the same file."""
        owners = self.lineage(owner) or [owner]
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
        extending = islice(self._extended.get(owner, ()), MOST_VALUES - 1)
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
        lineage = reversed(self.lineage(owner) or [owner])
        return {name: values for own in lineage for name, values in self.told_of(own).items()}

    def fields(self, owner: str) -> tuple[str, ...]:
        """Return the annotated names of a class and its bases, those of the bases first."""
        lineage = reversed(self.lineage(owner))
        return tuple(dict.fromkeys(name for own in lineage for name in self.classes[own].fields))

    def methods(self, owner: str) -> dict[str, FunctionNode]:
        """Return the methods of a class, those of its bases included."""
        lineage = reversed(self.lineage(owner))
        return {name: node for own in lineage for name, node in self.classes[own].methods.items()}

    def only_annotated(self, values: Values) -> bool:
        """True where all that is known of values is the annotation of what takes them."""
        loads = [self.loads[one.load] for one in values if isinstance(one, Loaded)]
        return bool(loads) and all(load.call == ANNOTATED for load in loads)

    def holds_loaded(self, owner: str) -> set[str]:
        """Return the attributes of a class that may be something loaded, or hold it."""
        known = (pair for own in self.lineage(owner) for pair in self.told_of(own).items())
        return {name for name, values in known if any(map(_is_loaded, values))}

    def method(self, owner: str, name: str) -> FunctionNode | None:
        """Return the method of a class, looking through bases in the same file."""
        owners = (self.classes[label].methods for label in self.lineage(owner))
        return next((methods[name] for methods in owners if name in methods), None)

    def above(self, owner: str, method: ast.AST | None, name: str) -> FunctionNode | None:
        """Return what `super().name` is in a method, for an object of a class."""
        lineage = self.lineage(owner)
        here = (n for n, one in enumerate(lineage) if method in self.classes[one].methods.values())
        start = next(here, len(lineage)) + 1
        owners = (self.classes[one].methods for one in lineage[start:])
        return next((methods[name] for methods in owners if name in methods), None)

    def says_more(self, owner: str, method: FunctionNode) -> bool:
        """True where a method that a class inherits asks for what only that class loads.

        That is what a method of the class gives, or has set.
        """
        nearer: list[str] = []
        for one in self.lineage(owner):
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

    def built_as(self, owner: str) -> str | None:
        """Return the class of transformers whose builder builds objects of a class of the file."""
        classes = [self.classes[label] for label in self.lineage(owner)]
        if any("__init__" in one.methods for one in classes):
            return None
        return next((one.extends for one in classes if one.extends), None)

    def loads_as(self, owner: str) -> str | None:
        """Return the class of transformers whose loader a class of the file has, unchanged.

        None where another configuration is its own, or where not all that it extends is known.
        """
        if any(self.method(owner, name) for name in CHECKPOINT_ARGUMENTS):
            return None
        lineage = self.lineage(owner)
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
        stored = any(one in self.told_of(label) for label in self.lineage(owner) for one in names)
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
                lineage = self.lineage(owner)
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

    def define(self, label: str, definition: ClassDefinition) -> None:
        """Learn what a class of the file is; nobody has asked for one that is not known yet."""
        before = self.classes.get(label)
        if before != definition:
            self.classes[label] = definition
            self._lineages.clear()
            for base in before.bases if before else ():
                self._extended[base].pop(label, None)
            for base in definition.bases:
                self._extended[base][label] = None
            self.learned_more |= before is not None

    def lineage(self, owner: str) -> list[str]:
        """A class of the file and its bases in it, the nearest first."""
        if (known := self._lineages.get(owner)) is not None:
            return known
        names = [owner] if owner in self.classes else []
        for name in names:
            bases = self.classes[name].bases if len(names) < _MOST_BASES else ()
            names.extend(base for base in bases if base in self.classes and base not in names)
        self._lineages[owner] = names
        return names


def _is_loaded(value: Abstract) -> bool:
    """True for something loaded, or a list or table of it."""
    inside = value.groups if isinstance(value, (ListLiteral, DictLiteral)) else ((value,),)
    return any(isinstance(one, Loaded) for group in inside for one in group)


def _is_adopted(label: str) -> bool:
    """True for a class of another file, of which not all methods are kept."""
    return ":" in label
