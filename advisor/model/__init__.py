"""What a rule base is made of: one declared class an entity."""
