"""What the card beside a demo checkpoint says, for machines: `advisor_card.json`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

CARD = "advisor_card.json"


def read_card(folder: Path) -> dict[str, Any]:
    """Return the card of a folder, empty where it has none."""
    path = folder / CARD
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def known_words(folder: Path) -> frozenset[str] | None:
    """Return all words a checkpoint was trained on, None where its card lists none."""
    words = read_card(folder).get("words")
    return frozenset(str(each) for each in words) if isinstance(words, list) else None


def unknown_words(known: frozenset[str] | None, texts: Iterable[str]) -> tuple[str, ...]:
    """Return a warning where texts hold words that training never showed."""
    if known is None:
        return ()
    every = [word for text in texts for word in re.findall(r"[^\W\d_]+", text.lower())]
    new = list(dict.fromkeys(word for word in every if word not in known))
    if not new:
        return ()
    shown = ", ".join(f"`{word}`" for word in new[:5]) + (", ..." if len(new) > 5 else "")
    return (f"words it never saw in training: {shown}",)


def warnings_of(folder: Path) -> tuple[str, ...]:
    """Return the warnings that the card wants to be said with every answer."""
    said = read_card(folder).get("warnings")
    return tuple(str(each) for each in said) if isinstance(said, list) else ()
