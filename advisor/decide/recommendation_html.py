"""A recommendation in a notebook cell."""

from __future__ import annotations

from advisor.decide.page import as_page
from advisor.decide.recommendation import Recommendation
from advisor.draw.html import html


def as_html(recommendation: Recommendation) -> str:
    """Return the fragment that a notebook shows."""
    return html(as_page(recommendation))
