"""The lexicon: the compiled words of a rule base, looked up by normalized forms of words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from advisor.model.phrase_kinds import BETWEEN, CONCEPT, MEANS, NEXT, ROLES, SHELF
from advisor.rulebase.base import RuleBase
from advisor.tokens import ANY, form_of, tokens_of

KEPT_FORMS = 20_000
"""At most this many words are cached with their forms."""

_DASHED = re.compile("[/_. ]")

LEAST_LETTERS = 5
"""Shorter words are not corrected: they have too many neighbors."""

ENDING = 3
"""A corrected word may have this many letters behind a stem of the lexicon (`photograph*`)."""

KEPT = 3
"""Letters of a stem that must follow the typing error, else the word is another one."""

NUMBER = "#"
"""The sign in a phrase that matches any number in digits."""

USUAL = "en"
"""The code of the language that is assumed if words indicate none."""

TELLING = 2
"""Least number of words that indicate a language."""


class Phrases:
    """The meanings of phrases; those with the same first letters are read at the first look-up."""

    def __init__(self, tables: Sequence[Mapping[str, str]]) -> None:
        self._tables = tables
        self._read: dict[str, dict[str, str]] = {}

    def get(self, phrase: str) -> str | None:
        """Return the meanings of a phrase, "" for the mere beginning of one, None for any other."""
        begin = phrase[:SHELF]
        if begin not in self._read:
            self._read[begin] = self._shelf(begin)
        return self._read[begin].get(phrase)

    def _shelf(self, begin: str) -> dict[str, str]:
        """Return phrase -> meanings for phrases that begin so, joined over all tables."""
        shelf: dict[str, str] = {}
        for table in self._tables:
            for line in filter(None, table.get(begin, "").split(NEXT)):
                phrase, means = line.split(MEANS)
                every = filter(None, (*shelf.get(phrase, "").split(BETWEEN), *means.split(BETWEEN)))
                shelf[phrase] = BETWEEN.join(dict.fromkeys(every)) if phrase in shelf else means
        return shelf

    def all(self) -> Iterator[tuple[str, str]]:
        """Yield every phrase with its meanings; this reads all tables."""
        for begin in dict.fromkeys(chain.from_iterable(self._tables)):
            yield from self._shelf(begin).items()

    def __contains__(self, phrase: str) -> bool:
        return self.get(phrase) is not None


class Lexicon:
    """The compiled words of a rule base.

    `skipped` are forms of articles and the like, `quiet` these and other words without a meaning;
    `meanings` are (task, concepts). `seen`, `things` and `joined` are concepts by role: images,
    these and other objects, and acts that `and` connects.
    """

    def __init__(self, rulebase: RuleBase) -> None:
        index = rulebase.words_index
        self.index: Mapping[str, Any] = index
        self.phrases = Phrases(index["phrases"])
        self.skipped = frozenset(index["skipped"].split())
        self.quiet = frozenset(index["quiet"].split())
        self.meanings = [
            (task, frozenset(when)) for task, *when in map(str.split, index["meanings"])
        ]
        self._listed = {of: frozenset(words.split()) for of, words in index["common"].items()}
        self._common = self.quiet.union(*self._listed.values())
        self._starts = frozenset(index["starts"].split())
        self._ends = frozenset(index["ends"].split())
        self._telling = {of: frozenset(words.split()) for of, words in index["telling"].items()}
        self._friends: Mapping[str, Mapping[str, str]] = index["friends"]
        seen, things, joined = (frozenset(index["roles"][role].split()) for role in ROLES)
        self.seen, self.things, self.joined = seen, seen | things, joined
        self._single = {id: frozenset(forms.split()) for id, forms in index["single"].items()}
        self._spelt: dict[str, frozenset[str]] = {}
        self._forms: dict[str, tuple[str, ...]] = {}

    def forms(self, form: str) -> tuple[str, ...]:
        """Return a form and the patterns of the lexicon that match it: stem*, *ending, #."""
        forms = self._forms.get(form)
        if forms is None:
            size = len(form)
            starts = [form[:end] + ANY for end in range(1, size + 1)]
            ends = [ANY + form[start:] for start in range(size)]
            variants = [start for start in starts if start in self._starts]
            variants += [end for end in ends if end in self._ends]
            variants += [NUMBER] * form.isdigit()
            if len(self._forms) > KEPT_FORMS:
                self._forms.clear()
            forms = self._forms[form] = (form, *variants)
        return forms

    def begun_by(self, form: str) -> list[tuple[str, str]]:
        """Return (phrase, meanings) for the phrases that a word is or begins."""
        return self._known(self.forms(form))

    def going_on(self, begun: Sequence[str], form: str) -> list[tuple[str, str]]:
        """Return (phrase, meanings) for the begun phrases that a word continues."""
        forms = self.forms(form)
        return self._known(dict.fromkeys([f"{start} {more}" for start in begun for more in forms]))

    def _known(self, phrases: Iterable[str]) -> list[tuple[str, str]]:
        pairs = []
        for phrase in phrases:
            means = self.phrases.get(phrase)
            if means is not None:
                pairs.append((phrase, means))
        return pairs

    def concepts_with(self, text: str, least: int = 1) -> set[str]:
        """Return the concepts with at least `least` phrases that contain all words of a text."""
        wanted = [frozenset(self.forms(token.form)) for token in tokens_of(text) if token.is_word]
        counts: Counter[str] = Counter()
        for phrase, means in self.phrases.all() if wanted else ():
            forms = phrase.split()
            if means and all(not forms_of.isdisjoint(forms) for forms_of in wanted):
                counts.update({part[1:] for part in means.split(BETWEEN) if part[0] == CONCEPT})
        return {concept for concept, phrases in counts.items() if phrases >= least}

    def named(self, name: str) -> tuple[list[str], list[str]]:
        """Return the ids of the checkpoints with this name, and their tasks; ([], []) for none."""
        ids, _, tasks = self.index["named"].get(name, "").partition(BETWEEN)
        return ids.split(), tasks.split()

    def named_by(self, name: str, words: str) -> list[str]:
        """Return the checkpoints of a name, narrowed by each further word that some ids contain."""
        ids, _ = self.named(name)
        for word in words.split():
            ids = [id for id in ids if _has_word(id, word)] or ids
        return ids

    def is_part(self, word: str, name: str) -> bool:
        """True if a checkpoint of this name has the word in its id: `large` for openai clip."""
        return any(_has_word(id, word) for id in self.named(name)[0])

    def language(self, forms: Iterable[str]) -> str:
        """Return the code of the language of words; "" if none or several fit equally.

        Common words decide, unless too few or outweighed by English words of phrases. Then words
        of phrases count too, and common words that English phrases have do not (German `tag`).
        Last, a language wins that alone has every word that any language has.
        """
        forms = list(dict.fromkeys(forms))
        telling = self._telling.items()
        counts = Counter({language: sum(form in of for form in forms) for language, of in telling})
        first = _first_by_far(counts)
        if first == USUAL:
            return first
        phrases = {of: {form for form in forms if self._stands_in(form, of)} for of in counts}
        spelt = Counter({language: len(of) for language, of in phrases.items()})
        if first and spelt[first] >= spelt[USUAL]:
            return first
        alone = set(forms).difference(phrases.get(USUAL, ()))
        more = Counter({language: len(alone & of) for language, of in telling})
        words = {of: phrases[of] | (own & {*forms}) for of, own in telling}
        every = set().union(*words.values())
        knowing = [of for of in words if words[of] == every and len(every) >= TELLING]
        return _first_by_far(more + spelt) or (knowing[0] if len(knowing) == 1 else "")

    def _stands_in(self, form: str, language: str) -> bool:
        """True if phrases of the language contain the word; of any language for ""."""
        return not self._spelt_in(language).isdisjoint(self.forms(form))

    def says_nothing(self, form: str, language: str, meaning: str) -> bool:
        """True if a word does not have this meaning in the language of the text ("": English)."""
        return (language or USUAL) in self._friends.get(form, {}).get(meaning, "").split()

    def is_one(self, form: str, language: str, particle: str) -> bool:
        """True for a word of a particle, unless it means something else in the text's language."""
        return form in self._single[particle] and not self.says_nothing(form, language, particle)

    def is_spelt(self, word: str, language: str = "") -> bool:
        """True for a known word or phrase; patterns (stem*) must be of the language, or English."""
        form = form_of(word)
        if self.is_a_word(form) or form in self.phrases:
            return True
        return self._stands_in(form, language or USUAL)

    def is_a_word(self, form: str) -> bool:
        """True for a common word, and for a word in phrases of any language."""
        return form in self._common or form in self._spelt_in("")

    def correction(self, form: str, language: str = "") -> str | None:
        """Return the word that a misspelt form was meant to be; None if it is known or unclear.

        Only ASCII words are corrected, to a word of `language`, or of English and then any.
        """
        plain = form.isascii() and form.isalpha() and len(form) >= LEAST_LETTERS
        if not plain or form in self._common:
            return None
        if any(variant in self.phrases for variant in self.forms(form)):
            return None  # some phrase begins with it, or some pattern stands for it
        if self._stands_in(form, language):
            return None  # right as it is, in the middle of a phrase
        likeliest = (language,) if language else (USUAL, "")
        corrections = (self._corrected(form, self._spelt_in(code)) for code in likeliest)
        return next(filter(None, corrections), None)

    def _corrected(self, form: str, words: frozenset[str]) -> str | None:
        """Return the likeliest word one edit away that is in `words`, or has a stem there."""

        def is_spelt(near: str, edited: int) -> bool:
            if near in words:
                return len(near) >= LEAST_LETTERS - 1
            ends = range(max(edited + KEPT, len(near) - ENDING), len(near) + 1)
            return any(end > LEAST_LETTERS and near[:end] + ANY in words for end in ends)

        return corrected(form, is_spelt)

    def _spelt_in(self, language: str) -> frozenset[str]:
        """Return the words and patterns in phrases of a language, or of all languages for ""."""
        if language not in self._spelt:
            spelt: Mapping[str, str] = self.index["spelt"]
            lists = (
                [spelt.get(key, "") for key in (language, "any")] if language else spelt.values()
            )
            self._spelt[language] = frozenset(word for words in lists for word in words.split())
        return self._spelt[language]


def _first_by_far(counts: Counter[str]) -> str:
    """Return the language counted most, if at least TELLING and more than any other; else ""."""
    (first, most), (_, second), *_ = (*counts.most_common(2), ("", 0), ("", 0))
    return first if most >= TELLING and most > second else ""


@lru_cache(maxsize=4)
def lexicon_of(rulebase: RuleBase) -> Lexicon:
    """Return the lexicon of a rule base; the last four are cached."""
    return Lexicon(rulebase)


LETTERS = "abcdefghijklmnopqrstuvwxyz"


def corrected(word: str, is_known: Callable[[str, int], bool]) -> str | None:
    """Return the first known word that is one edit away from a word; None if there is none.

    Swapped, added, left out, then replaced letters are tried; the first letter is at most swapped.
    `is_known` gets a word and the index of the edit.
    """
    halves = [(word[:place], word[place:], place) for place in range(1, len(word) + 1)]
    near = chain(
        ((a + b[1] + b[0] + b[2:], place) for a, b, place in halves if len(b) > 1),
        [(word[1] + word[0] + word[2:], 0)],
        ((a + b[1:], place) for a, b, place in halves if b),
        ((a + letter + b, place) for a, b, place in halves for letter in LETTERS),
        ((a + letter + b[1:], place) for a, b, place in halves if b for letter in LETTERS),
    )
    return next((form for form, place in near if is_known(form, place)), None)


def _has_word(id: str, word: str) -> bool:
    """True if a checkpoint id contains the word between separators (- / _ . or a space)."""
    return f"-{word.lower()}-" in _DASHED.sub("-", f"-{id.lower()}-")
