"""Members of the classes, functions and modules of one release, read from the table on demand.

Inherited members count. The text of a member says what it is: "" an attribute, ":Class" an
attribute that is an instance, "(a,b=,*,c=,old=a,**rest)Class" a method with its parameters and the
class it returns: here `old` is accepted as another name of `a`.
"""

from __future__ import annotations

import builtins
import collections
import enum
import re
from collections.abc import Mapping
from functools import cache

from advisor.catalogue.release_table import EXPORTS, ReleaseTable, block_of
from advisor.model import NamedTuple

_NETWORK = """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda
    double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu load_state_dict modules mtia named_buffers named_children named_modules
    named_parameters parameters register_backward_hook register_buffer register_forward_hook
    register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
    register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_
    set_extra_state set_submodule share_memory state_dict to to_empty train training type xpu
    zero_grad"""
NETWORK = frozenset(_NETWORK.split())
"""Members of torch.nn.Module."""
OUTSIDE: dict[str, frozenset[str]] = {
    "object": frozenset(),
    "ABC": frozenset(),
    "Generic": frozenset(),
    "Protocol": frozenset(),
    "TypedDict": frozenset(dir(dict)),
    "NamedTuple": frozenset(dir(tuple)),
    "UserDict": frozenset(dir(collections.UserDict)),
    "OrderedDict": frozenset(dir(collections.OrderedDict)),
    "Enum": frozenset(dir(enum.Enum)),
    "Module": NETWORK,
}
"""Members of the classes outside transformers that its classes inherit from."""
SHARED = ("modeling_outputs",)
"""Modules whose classes the model modules use though the library does not export them."""
SETTING = ("modeling_utils", "processing_utils")
"""Modules whose classes call `setattr` only with names that they have anyway."""
ANSWERING = ("tokenization_utils_base", "feature_extraction_utils", "image_processing_base")
"""Modules whose classes have attributes that their source does not show."""
BASES = "<"
_SIGNATURE = re.compile(r"\((?P<parameters>[^)]*)\)(?P<either>~?)(?P<returns>.*)", re.DOTALL)


class Signature(NamedTuple):
    """The parameters of a method and the classes it may return.

    `positional` are names of parameters in order, `keywords` those that can be passed by keyword,
    `required` those without a default. `rest` is true for `**kwargs`, `many` for `*args`, `either`
    if images and texts may be passed in either order. `renamed` maps old keywords to the current
    parameters.
    """

    positional: tuple[str, ...]
    keywords: frozenset[str]
    required: frozenset[str]
    rest: bool
    many: bool
    either: bool
    returns: tuple[str, ...]
    renamed: Mapping[str, str]


class Members(NamedTuple):
    """The members of the class `home` (`module:Class`). If `open`, it may have more attributes."""

    home: str
    texts: dict[str, str]
    open: bool

    def has(self, name: str) -> bool:
        """True if the class has this member, or a pattern with `*` that matches its name."""
        return name in self.texts or any(
            name.startswith(before) and name.endswith(after)
            for before, _, after in (key.partition("*") for key in self.texts if "*" in key)
        )

    def signature(self, name: str) -> Signature | None:
        """Return the signature of a method; None if the class has no such method."""
        return signature(self.texts.get(name, ""))

    def class_of(self, name: str) -> str | None:
        """Return the class that an attribute is an instance of; None if not just one is known."""
        text = self.texts.get(name, "")
        return text[1:] if text.startswith(":") and "|" not in text else None


class ReleaseMembers:
    """The members in one release of a table. `names`, `module_of` and `of` cache their results."""

    def __init__(self, table: ReleaseTable, version: str) -> None:
        self.table, self.version = table, version
        self._number = table.versions.index(version)
        self.names = cache(self._names)
        self.module_of = cache(self._module_of)
        self.of = cache(self._of)

    def _names(self, module: str) -> Mapping[str, str] | None:
        """Return the names that a module has, with texts; None if the release lacks the module.

        `module` is dotted, below `transformers`. The text of a function is its signature.
        """
        return self.table.group(block_of(module), f"{module}:", self._number)

    def _module_of(self, name: str) -> str | None:
        """Return the module of a name that the library exports at its top; None for other names."""
        exports = self.table.group(f"{EXPORTS}{name[:1]}", "", self._number) or {}
        return exports[name].partition(" ")[0] if name in exports else None

    def _of(self, name: str, module: str = "") -> Members | None:
        """Return the members of a class, inherited ones included; None if the table lacks it.

        An exported class needs no `module`. Models without image input are not in the table.
        """
        module = module or self.module_of(name) or ""
        home = f"{module}:{name}"
        if self._group(home) is None:
            return None
        order: list[str] = []
        left = [home]
        while left:  # a base that comes twice counts at its last place
            at = left.pop(0)
            order = [*(base for base in order if base != at), at]
            left = [*(self._group(at) or {}).get(BASES, "").split(), *left]
        texts: dict[str, str] = {}
        gone: set[str] = set()
        is_open = False
        for at in order:
            own, more = self._own(at)
            is_open |= more
            gone |= {key[1:] for key in own if key[:1] == "-"} - {*own, *texts}
            for key, text in own.items():
                if key not in gone and key[:1] not in ("-", BASES):
                    texts.setdefault(key, text)
        return Members(home, texts, is_open)

    def near(self, name: str, at: Members) -> Members | None:
        """Return the members of the class that `name` means in the module of `at`; None if none."""
        module = at.home.partition(":")[0]
        homes = [module, self.module_of(name) or module, *SHARED]
        return next((members for home in homes if (members := self.of(name, home))), None)

    def _group(self, home: str) -> Mapping[str, str] | None:
        if home.startswith("!"):
            return None
        return self.table.group(block_of(home.partition(":")[0]), home, self._number)

    def _own(self, home: str) -> tuple[dict[str, str], bool]:
        """Return the members that a class itself adds, each with its text, and if it may have more.

        `home` is `module:Class`. A leading `!` marks a class outside the described packages; if it
        is unknown, it is taken to have the members of every network. A key that begins with `?`
        says that the class sets members by names that are not in its code.
        """
        if home.startswith("!"):
            last = home.rpartition(".")[2].lstrip("!")
            names = OUTSIDE.get(last)
            if names is None and hasattr(builtins, last):
                names = frozenset(dir(getattr(builtins, last)))
            return dict.fromkeys(NETWORK if names is None else names, ""), names is None
        own, module = self._group(home), home.partition(":")[0]
        if own is None:
            return {}, True
        marks = any(key[:1] == "?" for key in own) and module not in SETTING
        more = marks or module in ANSWERING or "__getattr__" in own
        return {key: text for key, text in own.items() if key[:1] != "?"}, more


@cache
def signature(text: str) -> Signature | None:
    """Return the signature in the text of a method; None for the text of an attribute."""
    match = _SIGNATURE.fullmatch(text)
    if match is None:
        return None
    parts = [part for part in match["parameters"].split(",") if part]
    named = [part.partition("=") for part in parts if part[0] != "*"]
    stars = [part for part in parts if part[0] == "*" and part[:2] != "**"]
    before = parts[: parts.index(stars[0])] if stars else parts
    return Signature(
        positional=tuple(part.partition("=")[0] for part in before if part[0] != "*"),
        keywords=frozenset(name for name, _, _ in named),
        required=frozenset(name for name, default, _ in named if not default),
        rest=any(part[:2] == "**" for part in parts),
        many=any(part != "*" for part in stars),
        either=bool(match["either"]),
        returns=tuple(kind for kind in match["returns"].split("|") if kind),
        renamed={name: new for name, _, new in named if new},
    )
