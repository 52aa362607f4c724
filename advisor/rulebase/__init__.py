"""Everything known: questions, tasks, families, rules, sources, checkpoints."""

from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules

__all__ = ["RuleBase", "load_rules"]
