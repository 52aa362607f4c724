"""The original's settings of writing, and what its stored beams say should be written."""

from __future__ import annotations

from typing import Any

import numpy
import recipe

ALIVE = -5000.0
"""Beams below are dead: their scores tie, and ties fall differently between releases of torch."""


def is_plain(setting: dict[str, Any]) -> bool:
    """Return whether nothing is forbidden: the rest no published command turns on."""
    return not setting["forbid_duplicate_ngrams"] and not setting["min_len"]


def plain_beams(settings: list[dict[str, Any]]) -> int | None:
    """Return the first setting with the most beams and nothing forbidden; None where none is."""
    plain = [
        number
        for number, each in enumerate(settings)
        if each["search_beam_size"] > 1 and is_plain(each)
    ]
    return max(plain, key=lambda number: settings[number]["search_beam_size"], default=None)


def traced(totals: Any, words: Any, pointers: Any, penalty: float) -> list[int]:
    """Return the best sequence of one picture's stored beams, (steps, beams) each, filled up.

    The total grows by the penalty a word; whatever ends in [SEP] may win, and in the last step
    (the first in which all beams end) whatever there is.
    """
    steps, beams = words.shape
    done = (words == recipe.SEP).all(1)
    last = int(done.argmax()) if done.any() else steps - 1
    ends = (words == recipe.SEP) | (numpy.arange(steps) == last)[:, None]
    gained = totals.astype("float64") + penalty * numpy.arange(1, steps + 1)[:, None]
    gained[~ends] = gained[last + 1 :] = -numpy.inf
    step, beam = divmod(int(gained.argmax()), beams)
    sequence = [recipe.PAD] * steps
    for place in range(step, -1, -1):
        sequence[place] = int(words[place, beam])
        beam = int(pointers[place, beam])
    return sequence


def search(setting: dict[str, Any]) -> dict[str, Any]:
    """Return a setting of the original as `generate` takes it."""
    return {
        "num_beams": setting["search_beam_size"],
        "length_penalty": setting["length_penalty"],
    }


def described(setting: dict[str, Any]) -> str:
    """Return a setting in a few words."""
    penalty = f" penalty {setting['length_penalty']}" if setting["length_penalty"] else ""
    return f"(beams {setting['search_beam_size']}{penalty})"
