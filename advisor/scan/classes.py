"""What is known of the classes of a file: what they have, inherit, load and extend."""

from __future__ import annotations

import ast
from collections import defaultdict
from itertools import islice
from typing import NamedTuple

from advisor.scan.abstract import (
    MOST_VALUES,
    NOTHING,
    Abstract,
    ForeignObject,
    FunctionNode,
    Loaded,
    LocalObject,
    Values,
    doubted,
    union,
)
from advisor.scan.learned import DEFAULT, MEANT, STORED, Learned
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

    def __init__(self, vocabulary: Vocabulary, loads: list[Load]) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.loads = loads
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
                return values
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


def _is_adopted(label: str) -> bool:
    """True for a class of another file, of which only what its attributes are is known."""
    return ":" in label
