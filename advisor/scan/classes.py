"""The classes and functions of a file: their members, bases and loaders, and what they return."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from advisor.scan.abstract import (
    NOTHING,
    Abstract,
    Constant,
    ForeignObject,
    FunctionNode,
    Loaded,
    LocalObject,
    String,
    Values,
    doubted,
    union,
)
from advisor.scan.scope import passes_on
from advisor.scan.usage import Load
from advisor.scan.vocabulary import CHECKPOINT_ARGUMENTS, Vocabulary

RESULT = "return"
"""The key under which `Classes.learn` keeps what a function returns; no parameter has this name."""
_MOST_BASES = 50
"""Classes in a lineage; of a longer one, no further bases are searched."""
_LIBRARY = "transformers."


class ClassDefinition(NamedTuple):
    """A class of the file: its bases in the file, its methods, and its annotated names.

    `extends` is the transformers class that it extends, itself or through another file, `mixed`
    true if it extends several. `whole` is false if a base is unknown or of another library,
    `configured` true if it sets `config` or `config_class`.
    """

    bases: tuple[str, ...]
    methods: dict[str, FunctionNode]
    fields: list[str]
    extends: str | None = None
    whole: bool = True
    configured: bool = False
    mixed: bool = False


class Classes:
    """The classes of a file by name, and the values learned of functions, classes and options."""

    def __init__(self, vocabulary: Vocabulary, loads: list[Load]) -> None:
        self.vocabulary = vocabulary
        self.loads = loads
        self.classes: dict[str, ClassDefinition] = {}
        self._told: dict[object, dict[str, Values]] = defaultdict(dict)
        self.extending: dict[int, str] = {}
        """By the number of a load, the class of the project that it is an object of."""

    def learn(self, about: object, name: str, values: Values) -> None:
        """Add possible values of `name`: a parameter, a result, an attribute or an option.

        None is not added. If it may be several texts, none of them is certain.
        """
        if not values:
            return
        before = self._told[about].get(name, NOTHING)
        useful = tuple(v for v in values if not (isinstance(v, Constant) and v.value is None))
        merged = union(before, useful)
        if len({value.text for value in merged if isinstance(value, String)}) > 1:
            merged = tuple(dict.fromkeys(doubted(merged)))
        self._told[about][name] = merged

    def told(self, about: object, name: str) -> Values:
        """Return the values learned of one parameter, result, attribute or option."""
        return self._told[about].get(name, NOTHING)

    def attribute(self, owner: str, name: str) -> Values:
        """Return the possible values of an attribute of a class or its bases in the same file."""
        for own in self.lineage(owner) or [owner]:
            if name in self._told[own]:
                return self._told[own][name]
        return NOTHING

    def method(self, owner: str, name: str) -> FunctionNode | None:
        """Return the method of a class or of its bases in the same file, None if they have none."""
        owners = (self.classes[label].methods for label in self.lineage(owner))
        return next((methods[name] for methods in owners if name in methods), None)

    def built_as(self, owner: str) -> str | None:
        """Return the transformers class whose `__init__` builds a class of the file, or None."""
        classes = [self.classes[label] for label in self.lineage(owner)]
        builders = [each.methods["__init__"] for each in classes if "__init__" in each.methods]
        if not all(map(passes_on, builders)):
            return None
        return next((definition.extends for definition in classes if definition.extends), None)

    def loads_as(self, owner: str) -> str | None:
        """Return the transformers class whose loader a class of the file inherits unchanged.

        None if it has a loader or configuration of its own, an unknown base, several transformers
        bases, or one that is an auto class or not vision-language.
        """
        if any(self.method(owner, name) for name in CHECKPOINT_ARGUMENTS):
            return None
        classes = [self.classes[label] for label in self.lineage(owner)]
        bases = {definition.extends for definition in classes if definition.extends}
        complete = all(definition.whole and not definition.configured for definition in classes)
        base = bases.pop() if len(bases) == 1 and complete else ""
        return base if self.vocabulary.is_class(base) and not base.startswith("Auto") else None

    def defines(self, loaded: Loaded, name: str) -> str | None:
        """Return the class of the project that a load is of, if it defines `name`, else None.

        A class of another file is returned for any name, since its methods are not all kept.
        """
        owner = self.extending.get(loaded.load) if not loaded.path else None
        if owner is None or owner not in self.classes:
            return owner
        names = {"forward", "__call__"} if name == "__call__" else {name}
        stored = any(each in self._told[label] for label in self.lineage(owner) for each in names)
        return owner if stored or any(self.method(owner, each) for each in names) else None

    def class_behind(self, holder: Abstract, name: str) -> str | None:
        """Return the transformers class that has to have the attribute `name` of an object.

        It is the class of the object, or the one that its class extends without defining `name`;
        None if neither is certain.
        """
        match holder:
            case ForeignObject(callee) if callee.startswith(_LIBRARY):
                made = callee.rpartition(".")[2]
                return made if made[:1].isupper() else None
            case LocalObject(owner):
                lineage = self.lineage(owner)
                classes = [self.classes[label] for label in lineage]
                extended = next((cls.extends for cls in classes if cls.extends), None)
                if extended is None or not all(cls.whole and not cls.mixed for cls in classes):
                    return None
                names = {name, "attributes"}  # which list the parts of a processor
                stored = any(not names.isdisjoint(self._told[label]) for label in lineage)
                return None if stored or self.method(owner, name) else extended
        return None

    def lineage(self, owner: str) -> list[str]:
        """Return a class of the file and its bases in it, the nearest first; empty if unknown."""
        names = [owner] if owner in self.classes else []
        for name in names:
            bases = self.classes[name].bases if len(names) < _MOST_BASES else ()
            names.extend(base for base in bases if base in self.classes and base not in names)
        return names
