"""The only door to YAML: text to plain values, every problem with its file, line and column."""
