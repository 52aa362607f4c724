"""Of which language the words of a rule base are, compiled: what tells one, what is spelt in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from advisor.tokens import patterns_of

LISTED = ("skipped", "quiet", "common")
"""Particles that are looked up by the word alone, and stand in no phrase."""

Forms = dict[str, set[str]]
"""Forms of words by language."""


def compile_word_languages(values: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Return the words of each language: those that tell it, and those that phrases are made of.

    `friends` are words that mean something in one language and nothing in another.
    """
    particles = values["particle"]
    named = [one for noun in ("concept", "particle") for one in values[noun]]
    speaking = [one for one in named if one.id not in LISTED]
    telling = _forms(one for one in particles if one.id in ("quiet", "skipped"))
    idle = _forms(one for one in particles if one.id in LISTED)
    spelt = _forms([*speaking, *values["measure"], *values["numeral"]])
    return {
        "telling": {language: " ".join(sorted(forms)) for language, forms in telling.items()},
        "spelt": {language: " ".join(sorted(forms)) for language, forms in spelt.items()},
        "friends": _false_friends(speaking, idle),
    }


def phrases_in(entry: Any) -> list[tuple[str, str]]:
    """Return the phrases of an entry, each with its language."""
    return [(language, phrase) for language, words in entry.words.items() for phrase in words]


def _forms(entries: Iterable[Any]) -> Forms:
    found: Forms = {}
    for entry in entries:
        for language, phrase in phrases_in(entry):
            for pattern in patterns_of(phrase):
                found.setdefault(language, set()).update(pattern)
    return found


def _false_friends(entries: Iterable[Any], idle: Forms) -> dict[str, dict[str, str]]:
    """Return single words with what they mean, and the languages where they say nothing.

    German `also` comes besides nothing, and Spanish `son` is no sound.
    """
    found: dict[str, dict[str, str]] = {}
    for entry in entries:
        alone = [
            (language, pattern)
            for language, phrase in phrases_in(entry)
            for pattern in patterns_of(phrase)
        ]
        for form in {pattern[0] for _, pattern in alone if len(pattern) == 1}:
            own = {language for language, pattern in alone if pattern == (form,)}
            other = [one for one, forms in idle.items() if form in forms and one not in own]
            if other and "any" not in own:
                found.setdefault(form, {})[entry.id] = " ".join(other)
    return found
