"""Names of transformers that every described release has, and none calls otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from advisor.catalogue.release import Release, release_table
from advisor.catalogue.release_table import block_of
from advisor.rulebase.base import RuleBase


def settled_names(rulebase: RuleBase, judged_by: Release | None) -> Callable[[str, str], bool]:
    """Return what tells whether no release can say anything of a name in a module.

    The module is dotted, below the library. Where a release judges that is not described, no name
    is settled.
    """
    table = release_table()
    if table is None or (judged_by and judged_by.version not in table.versions):
        return lambda *_: False
    patterns = (one.name for one in rulebase.changes if one.of == "class")
    words = (r"\w+".join(map(re.escape, pattern.split("*"))) for pattern in patterns)
    changed = re.compile("|".join(words) or r"(?!)")

    @cache
    def lasting(block: str, group: str) -> frozenset[str]:
        return table.lasting(block, group)

    def settled(module: str, name: str) -> bool:
        if name.startswith("__"):
            return True
        if changed.fullmatch(name):
            return False
        if not module and name in lasting(f"@exports.{name[:1]}", ""):
            return True
        return name in lasting(block_of(module), f"{module}:")

    return settled
