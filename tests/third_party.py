"""Warnings of libraries that are not ours to repair, any of which would fail a test."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

IGNORED = (
    "ignore::DeprecationWarning:torch",
    "ignore::DeprecationWarning:transformers",
    "ignore::FutureWarning:transformers",
    "ignore::UserWarning:torch",
    "ignore::UserWarning:transformers",
    "ignore:builtin type .* has no __module__ attribute:DeprecationWarning",
)


def ignore_in(folder: Path, items: Iterable[pytest.Item]) -> None:
    """Let the tests of a folder pass whatever torch and transformers warn of."""
    inside = f"{folder}{os.sep}"
    for item in items:
        if str(item.path).startswith(inside):
            item.add_marker(pytest.mark.filterwarnings(*IGNORED))
