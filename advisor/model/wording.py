"""How people say what they need: words of concepts, and what concepts together mean."""

from __future__ import annotations

from typing import Annotated

from advisor.model import fields as f
from advisor.model.phrase_kinds import ROLES
from advisor.model.value import NamedTuple


class Concept(NamedTuple):
    """A thing that people name in many words, by language; `any` is for words of all languages.

    A word may begin or end in `*`. `says` are the answers that it gives by itself, `denied` those
    that it gives where it is taken back: `no GPU` is a CPU. The words of one that is a `whole` mean
    nothing else inside its phrases. Its `role`: `seen` (or heard), another `thing` that something
    is done with, or an act that is `joined` to others by an `and` right beside it.
    """

    id: f.Id
    words: f.Words
    says: f.Said = {}
    denied: f.Said = {}
    whole: bool = False
    role: Annotated[str, f.OneOf(*ROLES)] | None = None


class SentenceLanguage(NamedTuple):
    """The words of a whole language in one place, each list under the id of what it stands for.

    They join the words that concepts, measures, numerals and particles have themselves; `alone` are
    numerals that stand without a number.
    """

    id: Annotated[str, f.TextOf(r"[a-z]{2}", "a language such as `nl`")]
    concepts: f.ConceptWords = {}
    measures: f.MeasureWords = {}
    numerals: f.NumeralWords = {}
    alone: f.NumeralWords = {}
    particles: f.ParticleWords = {}


class Meaning(NamedTuple):
    """A task, named by its id, and the sets of concepts that each speak of it."""

    id: Annotated[str, f.KebabCase(of="task")]
    when: Annotated[f.Conjunctions, f.Least(1)]


class Implication(NamedTuple):
    """What may be concluded where some concepts are met and none of those of `unless`.

    It is not said, so it can be switched off.
    """

    id: f.Id
    when: Annotated[f.Conjunctions, f.Least(1)]
    says: f.Said
    because: f.Text
    unless: f.Concepts = ()


class Measure(NamedTuple):
    """What a number counts, and the question that it answers.

    `times` turns it into the unit of the question. The words stand within `reach` words behind it,
    or right before it where `reach` is 0. Where the text names one of the concepts `unless`, the
    number counts something else, but not where it names one of `despite` too. The words of the
    `concepts` count as its own.
    """

    id: f.Id
    words: f.Words
    question: Annotated[str, f.KebabCase(of="question")] | None = None
    times: float = 1.0
    reach: f.NotNegative = 6
    unless: f.Concepts = ()
    despite: f.Concepts = ()
    concepts: f.Concepts = ()


class Numeral(NamedTuple):
    """A word that makes a number larger by a factor: thousand, Mio, k.

    `alone`: it may stand without a number, as in `thousands of photos`.
    """

    id: f.Id
    times: float
    words: f.Words
    alone: f.Words = {}


class Particle(NamedTuple):
    """Words that say how others are meant; the id says which way.

    `negation` takes back the words after it, `negation-after` those before it; `contrast` ends what
    a negation reaches, `complaint` is none: what does not work with something is wanted to;
    `settled` says that its clause is done already, `aside` that what follows comes besides, `talk`
    that advice is wanted; `improvement` makes an aside the wish; `lighter` asks for less than the
    model named next, `likened` for its like; `is-it` stands before what something may be; behind
    `learnt-from` stands what is trained on, behind `dated` a year, beside `about` a rough number,
    beside `few` all there is; `skipped` words stand anywhere in a phrase, `filler` hides words;
    `limit` stands beside the most that there may be, `above` where that is
    taken back, `within` before a time that is left, `of-one` beside the time of one image, `most`
    beside what it may take. `served` words name models whose weights companies publish none of.
    `next` stands between wishes, `wishes` says how many there are, `maker` who makes models.
    `and`, `or` and `into` (right before a list of labels) are single words that join others in a
    sentence of their language; behind an `abbreviation` a full stop before a number ends nothing.
    `quiet` words are never told to be not understood, `common` ones are no misspelling of others.
    """

    id: Annotated[
        str,
        f.OneOf(
            *("negation", "negation-after", "contrast", "complaint", "settled", "aside", "lighter"),
            *("of-each", "learnt-from", "common", "dated", "skipped", "filler", "quiet", "about"),
            *("few", "served", "limit", "above", "within", "of-one", "most", "talk", "improvement"),
            *("next", "wishes", "maker", "number-word", "and", "or", "into", "abbreviation"),
            *("likened", "is-it"),
        ),
    ]
    words: f.Words
