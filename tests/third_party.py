"""Warnings of libraries that are not ours to repair, any of which would fail a test."""

from __future__ import annotations

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
    for item in items:
        if folder in item.path.parents:
            for rule in IGNORED:
                item.add_marker(pytest.mark.filterwarnings(rule))
