"""A page, or findings, as text in a format; drawing decides nothing."""
