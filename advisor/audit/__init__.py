"""Verifies a rule base: its own examples and scenarios, and claims about all complete profiles."""
