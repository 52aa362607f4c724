"""Decides: pure, exact, standard library only."""

from advisor.engine.decision import Assessment, Decision, Engine, FiredRule
from advisor.engine.profile import Answer, Profile, make_profile

__all__ = ["Answer", "Assessment", "Decision", "Engine", "FiredRule", "Profile", "make_profile"]
