"""The next question, until the outcome can no longer change."""

from advisor.interview.session import STOPS, UNKNOWN, Agreement, Ask, Session

__all__ = ["STOPS", "UNKNOWN", "Agreement", "Ask", "Session"]
