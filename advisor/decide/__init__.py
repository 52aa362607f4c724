"""Which family, which checkpoint, in what order and why."""
