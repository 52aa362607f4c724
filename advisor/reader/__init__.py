"""The only door to YAML: text to plain values, every problem with its file, line and column."""

from advisor.reader.document import Document, Problem, read_document, read_text
from advisor.reader.shape import check_shape

__all__ = ["Document", "Problem", "check_shape", "read_document", "read_text"]
