"""Names of transformers across its releases: which any has, and what is spelt like one."""

from __future__ import annotations

from advisor.catalogue.release import INSTALLED, release, release_table
from advisor.errors import AdvisorError, nearest
from advisor.rulebase.base import RuleBase


def in_some_release(rulebase: RuleBase, name: str) -> bool:
    """Return whether a described release, or the installed one, has a class or function."""
    table = release_table()
    if name in table.exported:
        return True
    try:
        installed = release(rulebase, INSTALLED)
    except AdvisorError:
        return False
    return installed.version not in table.versions and installed.has_class(name)


def spelt_alike(name: str, others: frozenset[str] = frozenset()) -> list[str]:
    """Return the class of a described release, or of `others`, that is most likely meant."""
    close = nearest(name, release_table().exported | others)
    return [close] if close else []
