"""The next question, until the outcome can no longer change."""

from advisor.interview.session import Ask, Session

__all__ = ["Ask", "Session"]
