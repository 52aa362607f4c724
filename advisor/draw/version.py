"""What JSON documents hold: the version that commands print, and values as JSON has them."""

from __future__ import annotations

from typing import Any

SCHEMA_VERSION = 1


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: named tuples as objects, other tuples as arrays."""
    if hasattr(value, "_asdict"):
        return {key: plain(member) for key, member in value._asdict().items()}
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    return value


def document(digest: str, /, **body: Any) -> dict[str, Any]:
    """Return the JSON document of a command: its version, the rule base, and what it says."""
    return {"schema_version": SCHEMA_VERSION, "rule_base": digest, **body}
