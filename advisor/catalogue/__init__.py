"""Which checkpoint, after the family is decided."""

from advisor.catalogue.memory import memory_gb
from advisor.catalogue.selection import Pick, Selection, select

__all__ = ["Pick", "Selection", "memory_gb", "select"]
