"""Text of others made fit to be shown: what would steer a terminal is spelled out."""

from __future__ import annotations

from typing import Any

CONTROLS = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"
}
"""How each control character is written, for `str.translate`."""


def visible(value: Any) -> Any:
    """Return a block, or what it is made of, without control characters."""
    if isinstance(value, str):
        return value.translate(CONTROLS)
    if isinstance(value, tuple):
        parts = [visible(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value
