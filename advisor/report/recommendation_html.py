"""A recommendation in a notebook cell."""

from __future__ import annotations

from advisor.recommendation import Recommendation
from advisor.report.html import html
from advisor.report.recommendation_page import as_page


def as_html(recommendation: Recommendation) -> str:
    """Return the fragment that a notebook shows."""
    return html(as_page(recommendation))
