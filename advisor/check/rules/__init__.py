"""The rules of the check, one noun a module: each judges a usage, or everything scanned."""
