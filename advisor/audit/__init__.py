"""Is the rule base sound: every rule's own examples, and whole scenarios."""

from advisor.audit.own_examples import Failure, Proof, prove

__all__ = ["Failure", "Proof", "prove"]
