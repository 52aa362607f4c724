"""Names of transformers across its releases: what all described ones have, and what any has."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from advisor.catalogue.release import INSTALLED, Release, release, release_table
from advisor.catalogue.release_table import EXPORTS, block_of
from advisor.errors import AdvisorError, nearest
from advisor.rulebase.base import RuleBase


def settled_names(rulebase: RuleBase, judged_by: Release | None) -> Callable[[str, str], bool]:
    """Return what tells whether no release can say anything of a name in a module.

    The module is dotted, below the library, or one of `huggingface_hub`. Where a release judges
    that is not described, no name is settled.
    """
    table = release_table()
    if table is None or (judged_by and judged_by.version not in table.versions):
        return lambda *_: False
    patterns = (one.name for one in rulebase.changes if one.of == "class")
    words = (r"\w+".join(map(re.escape, pattern.split("*"))) for pattern in patterns)
    changed = re.compile("|".join(words) or r"(?!)")
    gone = {one.name for one in rulebase.changes if one.of == "module"}

    @cache
    def lasting(block: str, group: str) -> frozenset[str]:
        return table.lasting(block, group)

    def settled(module: str, name: str) -> bool:
        if name.startswith("__"):
            return True
        if changed.fullmatch(name):
            return False
        if module.partition(".")[0] == "huggingface_hub":
            return f"{module}.{name}" not in gone
        if not module and name in lasting(f"{EXPORTS}{name[:1]}", ""):
            return True
        return name in lasting(block_of(module), f"{module}:")

    return settled


def in_some_release(rulebase: RuleBase, name: str) -> bool:
    """Return whether a described release, or the installed one, has a class or function."""
    table = release_table()
    if table is None or name in table.exported:
        return True
    try:
        installed = release(rulebase, INSTALLED)
    except AdvisorError:
        return False
    return installed.version not in table.versions and installed.has_class(name)


def spelt_alike(name: str, others: frozenset[str] = frozenset()) -> list[str]:
    """Return the class of a described release, or of `others`, that is most likely meant."""
    table = release_table()
    close = nearest(name, (table.exported if table else frozenset()) | others)
    return [close] if close else []
