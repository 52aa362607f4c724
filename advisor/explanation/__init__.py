"""Why, why not, and what would change it."""

from advisor.explanation.flips import Flip, flips
from advisor.explanation.sufficient import Because, sufficient

__all__ = ["Because", "Flip", "flips", "sufficient"]
