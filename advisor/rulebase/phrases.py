"""The words of all concepts, tasks and names as one table of phrases, to be read in one sweep.

A phrase is its word forms with spaces between. The table also has every beginning of a phrase. A
meaning is a letter for the kind (see `phrase_kinds`) and an id; a mere beginning has no meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Any

from advisor.model import Checkpoint, Question, Task
from advisor.model.phrase_kinds import (
    ABBREVIATION,
    ALIAS,
    ALONE,
    BETWEEN,
    CONCEPT,
    JOINING,
    MEANS,
    MEASURE,
    NAME,
    NEXT,
    NUMBER_WORD,
    NUMERAL,
    PARTICLE,
    ROLES,
    SAYING,
    SERVED,
    SHELF,
)
from advisor.model.wording import Particle
from advisor.naming import as_in_papers
from advisor.tokens import ANY, pattern_of, patterns_of

LEAST_SERIES = 5
"""Least letters of the name of a series; shorter ones are common words: git, owl."""

LEAST_NAME = 4
"""Least letters of the name of a language; shorter ones are words elsewhere: it, no, is."""

Values = Mapping[str, list[Any]]


def in_all_languages(kind: str, values: Values, entries: list[Any]) -> list[Any]:
    """Return entries of a kind with the words that the files of whole languages add."""
    for spoken in values["sentence-language"]:
        words: Mapping[str, list[str]] = getattr(spoken, f"{kind}s")
        entries = [_with_words(entry, "words", spoken.id, words) for entry in entries]
        if kind == "numeral":
            entries = [_with_words(entry, "alone", spoken.id, spoken.alone) for entry in entries]
    return entries


def _with_words(entry: Any, field: str, language: str, words: Mapping[str, list[str]]) -> Any:
    """Return an entry with `words[entry.id]` added to its `field` in a language."""
    if entry.id not in words:
        return entry
    by_language = getattr(entry, field)
    more = dict.fromkeys((*by_language.get(language, ()), *words[entry.id]))
    return entry._replace(**{field: {**by_language, language: [*more]}})


def compile_words(values: Values) -> dict[str, Any]:
    """Return the tables of the lexicon as JSON can hold them; a list of ids is one text."""
    skipped, *quiet = (_forms(values["particle"], id) for id in TELLING)
    concepts = values["concept"]
    return {
        **_table(_words(values)),
        "skipped": " ".join(sorted(skipped)),
        "quiet": " ".join(sorted(skipped.union(*quiet))),
        **compile_word_languages(values),
        "says": {concept.id: dict(concept.says) for concept in concepts if concept.says},
        "whole": [concept.id for concept in concepts if concept.whole],
        "roles": {
            role: " ".join(concept.id for concept in concepts if concept.role == role)
            for role in ROLES
        },
        "denied": {concept.id: dict(concept.denied) for concept in concepts if concept.denied},
        "meanings": [
            " ".join([entry.id, *sorted(set(when))])
            for entry in values["meaning"]
            for when in entry.when
        ],
        "implications": [
            [value.id, sorted(set(when)), [*value.unless], value.says, value.because]
            for value in values["implication"]
            for when in value.when
        ],
        "measures": {
            value.id: [value.question, value.times, value.reach, [*value.unless], [*value.despite]]
            for value in values["measure"]
        },
        "numerals": {value.id: value.times for value in values["numeral"]},
        "number_words": [
            language
            for particle in values["particle"]
            for language in particle.words
            if particle.id == NUMBER_WORD
        ],
    }


def compile_names(values: Values) -> dict[str, Any]:
    """Return the tables of names: of languages, machines, tasks, families and checkpoints."""
    languages = _language_names(values["question"])
    ids = ((id, *id.partition("-")) for id in languages)
    return {
        **_table(_name_phrases(values)),
        "says": {**{id: {question: of} for id, question, _, of in ids}, **_machines(values)},
        "named": _named(values["checkpoint"]),
    }


def _table(phrases: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    """Return a table of (kind, id, phrase) rows: the phrases by their first letters, each one text.

    `starts` and `ends` are the forms that end, or begin, with a wildcard.
    """
    table: dict[str, list[str]] = {}
    for kind, id, phrase in phrases:
        for pattern in patterns_of(phrase):
            add(table, pattern, f"{kind}{id}")
    forms = {form for phrase in table for form in phrase.split()}
    shelves: dict[str, list[str]] = {}
    for phrase, means in table.items():
        shelf = shelves.setdefault(phrase[:SHELF], [])
        shelf.append(f"{phrase}{MEANS}{BETWEEN.join(means)}")
    return {
        "phrases": {begin: NEXT.join(shelf) for begin, shelf in shelves.items()},
        "starts": " ".join(sorted(form for form in forms if form[-1:] == ANY)),
        "ends": " ".join(sorted(form for form in forms if form[:1] == ANY)),
    }


def _forms(particles: Iterable[Particle], id: str) -> set[str]:
    """Return the word forms of the particle `id`."""
    phrases = [phrase for entry in particles if entry.id == id for _, phrase in phrases_in(entry)]
    return {form for phrase in phrases for form in pattern_of(phrase)}


def add(table: dict[str, list[str]], pattern: tuple[str, ...], meaning: str) -> None:
    """Add a phrase with its meaning to a table, and its beginnings without one."""
    for words in range(1, len(pattern) + 1):
        means = table.setdefault(" ".join(pattern[:words]), [])
        if words == len(pattern) and meaning not in means:
            means.append(meaning)


def _name_phrases(values: Values) -> Iterable[tuple[str, str, str]]:
    """Yield kind, id and phrase of everything that has a name."""
    for language, names in _language_names(values["question"]).items():
        yield from ((SAYING, language, name) for name in names)
    for machine in values["machine"]:
        yield from (
            (SAYING, f"machine-{machine.id}", name.replace("-", " "))
            for name in (machine.id, *machine.aliases)
        )
    for task in values["task"]:
        yield from ((ALIAS, task.id, name) for name in task_phrases(task))
    if values["concept"]:  # where no words are known, neither are names
        yield from ((NAME, label, label) for label in _named(values["checkpoint"]))
        for family in values["family"]:
            called = (family.id, *family.aliases)
            yield from ((NAME, family.id, name.replace("-", " ")) for name in called)


def _words(values: Values) -> Iterable[tuple[str, str, str]]:
    """Yield kind, id and phrase of the lexicon."""
    speaking = {id for meaning in values["meaning"] for when in meaning.when for id in when}
    for concept in values["concept"]:
        kind = CONCEPT if concept.id in speaking else SAYING
        yield from ((kind, concept.id, phrase) for _, phrase in phrases_in(concept))
    for kind, noun in ((MEASURE, "measure"), (NUMERAL, "numeral")):
        for entry in values[noun]:
            yield from ((kind, entry.id, phrase) for _, phrase in phrases_in(entry))
    words = {concept.id: phrases_in(concept) for concept in values["concept"]}
    counted = ((entry.id, words[id]) for entry in values["measure"] for id in entry.concepts)
    yield from ((MEASURE, id, phrase) for id, phrases in counted for _, phrase in phrases)
    for numeral in values["numeral"]:
        for words in numeral.alone.values():
            yield from ((ALONE, numeral.id, phrase) for phrase in words)
    for particle in values["particle"]:
        for language, phrase in phrases_in(particle):
            if particle.id not in LISTED:
                suffix = f".{language}" if particle.id == NUMBER_WORD else ""
                kind = NAME if particle.id == SERVED else PARTICLE
                yield kind, f"{particle.id}{suffix}", phrase


def task_phrases(task: Task) -> list[str]:
    """Return the names of a task as phrases."""
    names = (task.id, *task.aliases, *task.words)
    return [name.replace("-", " ") for name in names]


def _language_names(questions: Iterable[Question]) -> dict[str, list[str]]:
    """Return the English names of languages by concept, which is `QUESTION-CODE`."""
    options = [
        (question.id, option)
        for question in questions
        if any(option.requires.get("languages") for option in question.options)
        for option in question.options
        if option.requires
    ]
    named = {(id, option.id): option.aliases for id, option in options}
    named |= {(id, code): names for id, option in options for code, names in option.covers.items()}
    return {
        f"{id}-{code}": [
            name
            for name in names
            if len(name) >= LEAST_NAME and "-" not in name and name != "other"
        ]
        for (id, code), names in named.items()
    }


def _machines(values: Values) -> dict[str, dict[str, Any]]:
    """Return concept -> answers that a machine's name gives: of several memory sizes the first."""
    ids = [q.id for q in values["question"] if q.requires("memory_gb")][:1]
    return {
        f"machine-{value.id}": {
            **value.answers,
            **{id: value.memory_gb[0] for id in ids if value.memory_gb and not value.shared},
        }
        for value in values["machine"]
    }


def _named(checkpoints: Iterable[Checkpoint]) -> dict[str, str]:
    """Return name -> ids of checkpoints | tasks, for each name that people call checkpoints.

    Names are labels, ids without the owner, the common beginning of a series' ids (Qwen2.5-VL), and
    an owner whose name begins all ids of its series (Qwen). The tasks are the typical ones of the
    checkpoints, else all that they do or can be fine-tuned for.
    """
    named: dict[str, list[Checkpoint]] = {}
    series: dict[tuple[str, str], list[Checkpoint]] = {}
    for checkpoint in checkpoints:
        owner, _, tail = checkpoint.id.partition("/")
        for name in {checkpoint.label, tail, as_in_papers(tail)}:
            named.setdefault(name, []).append(checkpoint)
        if checkpoint.series:
            series.setdefault((owner, checkpoint.series), []).append(checkpoint)
    for members in series.values():
        tails = zip(*(member.id.partition("/")[2] for member in members), strict=False)
        alike = takewhile(lambda letters: len(set(letters)) == 1, tails)
        begin = "".join(letters[0] for letters in alike).rstrip("-_.")
        if len(begin) >= LEAST_SERIES and begin.lower() not in {name.lower() for name in named}:
            named[begin] = members
    owners: dict[str, list[Checkpoint]] = {}
    for (owner, _), members in series.items():
        if all(member.id.lower().startswith(f"{owner}/{owner}".lower()) for member in members):
            owners.setdefault(owner, []).extend(members)
    named |= {owner: models for owner, models in owners.items() if owner not in named}
    return {
        name: BETWEEN.join([" ".join(model.id for model in those), " ".join(_tasks_of(those))])
        for name, those in sorted(named.items())
    }


def _tasks_of(checkpoints: list[Checkpoint]) -> list[str]:
    typical = [task for checkpoint in checkpoints for task in checkpoint.typical]
    tasks = typical or [task for model in checkpoints for task in (*model.tasks, *model.fine_tune)]
    return list(dict.fromkeys(tasks))


TELLING = ("skipped", "quiet", *JOINING)
"""Particles of common words, which identify a language and add nothing to a need."""

SINGLE = (*JOINING, ABBREVIATION)
"""Particles that are looked up by the word and its language."""

LISTED = (*TELLING, "common", *SINGLE)
"""Particles that are looked up by the word alone, and stand in no phrase."""

Forms = dict[str, set[str]]
"""Forms of words by language."""


def compile_word_languages(values: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Return the words of each language: those that tell it, common ones, and those of phrases.

    `friends` are words with a meaning in one language and none in another, `single` the words of
    each particle that is looked up together with its language.
    """
    particles = values["particle"]
    named = [value for noun in ("concept", "particle") for value in values[noun]]
    speaking = [entry for entry in named if entry.id not in LISTED]
    single = [entry for entry in particles if entry.id in SINGLE]
    telling = _by_language(entry for entry in particles if entry.id in TELLING)
    telling.pop("any", None)
    idle = _by_language(entry for entry in particles if entry.id in (*TELLING, "common"))
    spelt = _by_language([*speaking, *values["measure"], *values["numeral"]])
    common = _by_language(entry for entry in particles if entry.id == "common")
    return {
        "common": {language: " ".join(sorted(forms)) for language, forms in common.items()},
        "telling": {language: " ".join(sorted(forms)) for language, forms in telling.items()},
        "spelt": {language: " ".join(sorted(forms)) for language, forms in spelt.items()},
        "friends": _false_friends([*speaking, *single], idle),
        "single": {id: " ".join(sorted(_forms(particles, id))) for id in SINGLE},
    }


def phrases_in(entry: Any) -> list[tuple[str, str]]:
    """Return language and phrase for each phrase of an entry."""
    return [(language, phrase) for language, words in entry.words.items() for phrase in words]


def _by_language(entries: Iterable[Any]) -> Forms:
    forms: Forms = {}
    for entry in entries:
        for language, words in entry.words.items():
            patterns = (pattern for phrase in words for pattern in patterns_of(phrase))
            forms.setdefault(language, set()).update(*patterns)
    return forms


def _false_friends(entries: Iterable[Any], idle: Forms) -> dict[str, dict[str, str]]:
    """Return word -> entry id -> languages, as one text, in which the word has no meaning.

    German `also` is not English `also`, and Spanish `son` is no sound.
    """
    by_form: dict[str, dict[str, str]] = {}
    for entry in entries:
        alone: Forms = {}
        for language, phrase in phrases_in(entry):
            for pattern in patterns_of(phrase):
                if len(pattern) == 1:
                    alone.setdefault(pattern[0], set()).add(language)
        for form, own in sorted(alone.items()):
            other = [of for of, forms in idle.items() if form in forms and of not in own]
            if other and "any" not in own:
                by_form.setdefault(form, {})[entry.id] = " ".join(other)
    return by_form
