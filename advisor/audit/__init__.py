"""Is the rule base sound: what its own examples and scenarios say, and what can be proved."""
