"""Recommendations: the family, its checkpoints in ranking order, and the reasons."""
