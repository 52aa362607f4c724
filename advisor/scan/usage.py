"""One place in code that loads a checkpoint, and everything seen around it, as frozen values.

Lines and columns count characters from 1; `end_column` is the column behind the last character,
as in SARIF. In a notebook they are lines and columns of the `.ipynb` file itself, and `cell` and
`cell_line` say where a reader of the notebook finds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from advisor.scan.version_range import Pin


class Unknown:
    """The class of `UNKNOWN`, which stays one object in each process when it is unpickled."""

    def __reduce__(self) -> str:
        return "UNKNOWN"

    __repr__ = __reduce__


UNKNOWN: Final = Unknown()
"""The value of an argument that the code alone does not tell."""
ANNOTATED: Final = "annotation"
"""`Load.call` of an annotation that names a class: nothing is loaded at this place."""
SUPPOSED: Final = "supposed"
"""`Load.kind` of a model that is known by the name of its method alone: no load of it is seen."""


class Location(NamedTuple):
    """A stretch of a file; `path` is relative to the scanned root, with forward slashes."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    cell: int | None = None
    cell_line: int | None = None

    def beginning(self, characters: int) -> Location:
        """Return the location of its first characters, on its first line."""
        return self._replace(end_line=self.line, end_column=self.column + characters)

    def to(self, other: Location) -> Location:
        """Return the stretch from its beginning to the end of another one."""
        return self._replace(end_line=other.end_line, end_column=other.end_column)

    def ending(self, characters: int) -> Location:
        """Return the location of its last characters, on its last line."""
        return self._replace(line=self.end_line, column=self.end_column - characters)


class Value(NamedTuple):
    """A string that the code passes to a load; `text` is None if the code alone does not tell.

    `place` is where the string is written, which may be another file: a fix of the string goes
    there. `certain` is false if something outside decides: a default that a caller, a flag or the
    environment may replace, or one branch of several. `local` is true if `text` was read off the
    end of a path on disk, so that revisions and downloads do not apply.
    """

    text: str | None
    place: Location
    certain: bool = True
    local: bool = False


class Argument(NamedTuple):
    """An argument of a call. In mappings, "0", "1" ... are positional, "*" and "**" unknown ones.

    `value` is a constant (text, number, boolean, None, or a tuple of them) or UNKNOWN; `source` is
    the expression as written (`torch.float16`); `pieces` are the constant parts of a text of which
    other parts are unknown; `name_place` is where the keyword itself stands, `key_place` where its
    name stands in a dictionary that is passed as `**`.
    """

    value: Any
    source: str
    pieces: tuple[str, ...]
    place: Location
    name_place: Location | None
    key_place: Location | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The strings in the value or, if there are none, its constant pieces."""
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return tuple(value for value in values if isinstance(value, str)) or self.pieces

    @property
    def written(self) -> Location:
        """The location of the keyword, or of the value if there is none."""
        return self.name_place or self.place

    @property
    def named_at(self) -> tuple[Location, ...]:
        """The location of its name in a dictionary passed as `**`; empty if it is not from one."""
        return (self.key_place,) if self.key_place else ()


class Load(NamedTuple):
    """One expression that loads something.

    - `package`: transformers, open_clip, sentence_transformers, clip (OpenAI's package) and so on.
    - `kind`: model, processor, tokenizer, image_processor, configuration, pipeline, or composition
      (a model combined from parts or made from a bare configuration, so not trained as a whole).
    - `class_name`: resolved through aliases (`BlipProcessor` for `P`), None if several are
      possible. `class_place` is its location in this expression, `class_written` its code there.
    - `call`: the function that loads: from_pretrained, pipeline, create_model_and_transforms ...;
      or ANNOTATED.
    - `checkpoint`: every value the code may load here; () if nothing is passed.
    - `second_checkpoint`: the decoder of an encoder-decoder, the text tower of a dual encoder, the
      weights (`pretrained=`) of open_clip.
    - `scope`: the function or class around it, dotted, or "" for the module.
    - `extended`: true if a class of the project loads a model; it extends `class_name`.
    """

    place: Location
    package: str
    kind: str
    call: str
    class_name: str | None
    class_place: Location | None = None
    class_written: str | None = None
    checkpoint: tuple[Value, ...] = ()
    second_checkpoint: tuple[Value, ...] = ()
    task: tuple[Value, ...] = ()
    arguments: Mapping[str, Argument] = MappingProxyType({})
    scope: str = ""
    extended: bool = False

    @property
    def class_name_place(self) -> Location | None:
        """The location of `class_name` in the expression; None if the code writes another name."""
        name, written, place = self.class_name, self.class_written, self.class_place
        if not (name and written and place) or written.rpartition(".")[2] != name:
            return None
        return place.ending(len(name))


class Call(NamedTuple):
    """A later use of a loaded object.

    - `kind`: call (`model.generate(...)`), assign (`model.config.pad_token_id = 0`), read
      (`outputs.loss`), index (`outputs[0]`), unpack (`a, b = outputs`), operate (`outputs / 2`:
      `name` is the operator) or pass (`Trainer(model=model)`: `name` is the function or method).
    - `of`: the path from the loaded object to this use. `model(**x).logits_per_image.softmax(-1)`
      is `name="softmax"`, `of=("__call__", "logits_per_image")`; `processor.tokenizer(text)` is
      `name="__call__"`, `of=("tokenizer",)`. Functions such as `torch.softmax(x)` are recorded the
      same way, by their last name.
    - `receiver` is the load; `certain` is false if it is one of several possible ones.
    - `name_place` is the location of the name behind a dot, None without one.
    """

    place: Location
    kind: str
    name: str
    of: tuple[str, ...]
    receiver: Load
    certain: bool
    arguments: dict[str, Argument]
    name_place: Location | None = None


class Usage(NamedTuple):
    """A model or pipeline with its processors, and what the code does with them.

    - `model` is None if only a processor is loaded, and in configuration files.
    - `checkpoint`: the id if exactly one is possible, else None; `alternatives` has all of them.
    - `class_name`, `task`: of the model, pipeline or single processor; None in configuration files.
    - `place`: of the load; in configuration, of the id.
    - `trained`: where the same file trains it, as far as can be seen, else None.
    - `joined`: those of its processors that surely feed the model, or decode its outputs.
    - `key`: the last key before the id in a configuration file, else None.
    """

    place: Location
    model: Load | None = None
    processors: tuple[Load, ...] = ()
    calls: tuple[Call, ...] = ()
    checkpoint: str | None = None
    alternatives: tuple[Value, ...] = ()
    class_name: str | None = None
    task: str | None = None
    trained: Location | None = None
    joined: tuple[Load, ...] = ()
    key: str | None = None

    @property
    def loads(self) -> tuple[Load, ...]:
        """The model, if there is one, and the processors."""
        return (self.model, *self.processors) if self.model else self.processors


class Name(NamedTuple):
    """A name of a library written in code: imported, or reached as `transformers.X`.

    `module` is where it is imported from (`transformers`, `transformers.models.blip`), `place` is
    of the name alone. `optional` is true if the code is ready for the import to fail (`try`,
    `suppress`, a test of the version), `inside` if it stands in a function or a branch, which may
    not run. `alias` is the name that the import gives it in the file, and `statement` the whole
    import, if it is one of names from a module.
    """

    place: Location
    module: str
    name: str
    imported: bool
    optional: bool
    inside: bool = False
    alias: str = ""
    statement: Location | None = None


class Built(NamedTuple):
    """An object made of a transformers class, not loaded (`TrainingArguments(...)`), or its member.

    A member has the `class_name` `Class.name`. `of_object` is true if it is taken from an object
    made before, which may be another by then.
    """

    place: Location
    class_name: str
    arguments: dict[str, Argument]
    of_object: bool = False


class Override(NamedTuple):
    """A method that a class defines anew; `base` is the transformers class that it extends.

    Beside the object itself it takes `positional` arguments in order, and those that are `named`;
    `many` and `rest` are true if it takes `*args` and `**kwargs`. `beside` are the names of all
    methods that the class defines.
    """

    place: Location
    base: str
    name: str
    positional: int
    named: tuple[str, ...]
    many: bool
    rest: bool
    beside: Set[str]


class Ignore(NamedTuple):
    """A comment `# advisor: ignore[rule-a, rule-b] reason`.

    It covers the lines `first` to `last` of its file: the statement around it, or the next one if
    it has a line of its own. `rules` is empty for a comment without brackets.
    """

    place: Location
    rules: tuple[str, ...]
    reason: str
    first: int
    last: int


class FileNote(NamedTuple):
    """A file, or a part of one, that could not be checked, and why."""

    path: str
    line: int | None
    message: str


class Scan(NamedTuple):
    """Everything seen: in the order of paths, lines and columns. `files` counts those checked.

    `beside` are usages of other models, whose members or arguments are gone in some release.
    `left_out` counts by reason what was not scanned; `vouched` is as in `walk.Found`. `seen` has a
    digest of each file that was parsed, `pins` the requirement of transformers that a notebook has
    in itself. `guarded` are stretches that run under some versions of a library only, or expect a
    name to be missing; `unreached` are catalogued ids in strings of code that reach no load which
    can be followed. `seeing` are the files with words of code about images, and those that they
    import. `built` is made of transformers classes, not loaded; `defined` are methods of its own.
    """

    usages: tuple[Usage, ...] = ()
    beside: tuple[Usage, ...] = ()
    names: tuple[Name, ...] = ()
    built: tuple[Built, ...] = ()
    overrides: tuple[Override, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    notes: tuple[FileNote, ...] = ()
    files: int = 0
    left_out: Mapping[str, int] = MappingProxyType({})
    vouched: bool = True
    seen: Mapping[str, bytes] = MappingProxyType({})
    pins: Mapping[str, Pin] = MappingProxyType({})
    guarded: tuple[Location, ...] = ()
    unreached: tuple[Value, ...] = ()
    seeing: frozenset[str] = frozenset()
    defined: frozenset[str] = frozenset()

    def names_of(self, path: str) -> list[Name]:
        """Return the names written in a file."""
        return [name for name in self.names if name.place.path == path]

    @property
    def loading(self) -> list[Usage]:
        """The usages, without those that are only annotations."""
        calls = ((usage, {load.call for load in usage.loads}) for usage in self.usages)
        return [usage for usage, own in calls if own != {ANNOTATED}]

    def paths(self) -> Iterator[str]:
        """Yield the paths of files that load something or name a library, some more than once."""
        yield from (usage.place.path for usage in (*self.usages, *self.beside))
        yield from (name.place.path for name in self.names)
