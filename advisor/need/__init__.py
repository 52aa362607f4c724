"""A need in words: what was understood of it, and the answer to that."""
