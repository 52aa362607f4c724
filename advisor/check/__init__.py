"""Choices judged: a checkpoint against needs, and code against what is known of checkpoints."""
