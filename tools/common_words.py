"""Add the common words that look like a slip of some word of the lexicon to `rules/words`.

    pip install wordfreq
    python tools/common_words.py [--check]

A common word is one of the 20,000 most frequent of English, German, French, Spanish, Italian or
Portuguese in wordfreq (Speer 2022, https://doi.org/10.5281/zenodo.7199437), which counts books,
subtitles, news and the web. The ones that a sentence would have corrected into another word are
listed in `rules/words/common-words.yaml`, since a common word is no misspelling. Run it after
words were added to the lexicon; `--check` exits 1 where one is missing and writes nothing.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from textwrap import fill

from advisor.need.lexicon import LEAST_LETTERS, corrected, lexicon_of
from advisor.rulebase.store import load_rules
from advisor.tokens import ANY, form_of

FILE = Path(__file__).resolve().parents[1] / "rules" / "words" / "common-words.yaml"
LANGUAGES = ("en", "de", "fr", "es", "it", "pt")
MOST = 20_000
WIDTH = 120


def missing(language: str) -> list[str]:
    """Return the common words of a language that some sentence would correct, as forms."""
    from wordfreq import top_n_list  # type: ignore[import-not-found]  # see above

    lexicon = lexicon_of(load_rules())
    spelt = {form for words in lexicon.index["spelt"].values() for form in words.split()}
    starts = tuple({form[:-1] for form in spelt if form.endswith(ANY)})

    def begins(near: str, _: int) -> bool:
        return near in spelt or near.startswith(starts)

    found = {}
    for word in filter(str.isalpha, top_n_list(language, MOST)):
        form = form_of(word)
        near = len(form) >= LEAST_LETTERS and corrected(form, begins)
        if near and any(lexicon.correction(form, spoken) for spoken in (*LANGUAGES, "")):
            found[form] = word if form_of(form) != form else form
    return list(found.values())


def main() -> int:
    """Write the words that are missing; return 1 where `--check` finds some."""
    text = FILE.read_text(encoding="utf-8")
    added = {language: words for language in LANGUAGES if (words := missing(language))}
    for language, words in added.items():
        print(f"{language}: {len(words)} words, such as {', '.join(words[:8])}")
        block = re.search(rf"^      {language}: \[([^\]]*)\]$", text, re.MULTILINE)
        assert block is not None, f"no list of {language} in {FILE.name}"
        listed = " ".join([*f"{block[1].rstrip()},".split(), *(f"{word}," for word in words)])
        lines = fill(
            f"{language}: [{listed.rstrip(',')}]", WIDTH,
            initial_indent=" " * 6, subsequent_indent=" " * 10, break_long_words=False,
        )  # fmt: skip
        text = text.replace(block[0], lines)
    if added and "--check" not in sys.argv[1:]:
        FILE.write_text(text, encoding="utf-8")
    return int(bool(added) and "--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
