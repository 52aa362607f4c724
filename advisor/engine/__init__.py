"""Decides: pure, exact, standard library only."""

from advisor.engine.decision import Assessment, Decision, Engine, Finding
from advisor.engine.profile import Answer, Profile, make_profile

__all__ = ["Answer", "Assessment", "Decision", "Engine", "Finding", "Profile", "make_profile"]
