"""Everything known: questions, tasks, families, rules, sources, checkpoints."""
