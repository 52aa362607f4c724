"""Sentences made of the words of the lexicon, with what they say; drawn anew by seed."""

import random
from typing import NamedTuple

import pytest

from advisor.engine.bounds import SIZE, TIME, bound_value
from advisor.need.reading import read

SEED = 20261126
ENDINGS = ("", ", please", " for us")

TASKS = {
    "captioning": "describe {image}",
    "image-search": "find {image} by text",
    "similar-images": "find similar {image}",
    "deduplication": "remove duplicate {image}",
    "zero-shot-classification": "classify {image}",
    "vqa": "answer questions about {image}",
    "counting": "count objects in {image}",
    "alt-text": "write alt text for {image}",
    "handwriting": "read handwritten text lines",
    "math-ocr": "read formulas from {image}",
    "field-extraction": "extract fields from invoices",
    "content-moderation": "flag nudity in {image}",
    "object-detection": "detect objects with bounding boxes in {image}",
    "segmentation": "segment {image}",
    "embeddings": "compute embeddings of {image}",
    "video-captioning": "describe videos",
}
"""A sentence for a task, whose words for images are drawn."""

SAID = {
    "on-cpu": ("device", "on CPU"),
    "on-phone": ("device", "on a phone"),
    "in-browser": ("device", "in the browser"),
    "commercial": ("use", "commercially"),
    "for-research": ("use", "for a paper"),
}


class Sentence(NamedTuple):
    """A sentence, its task, and the answers that it gives: question to option."""

    text: str
    task: str
    answers: dict[str, str]


def sentences(rulebase, number, seed=SEED):
    """Return sentences made from words of the lexicon."""
    source = random.Random(seed)
    images = [word for word in rulebase.concepts["image"].words["en"] if word.isalpha()]
    images = [f"{word}s" for word in images if word not in ("photography", "gallery", "frame")]
    languages = next(q for q in rulebase.questions if q.id == "language")
    apart = ("other-language", "multilingual")
    named = [one for one in languages.options if one.requires and one.id not in apart]
    made = []
    while len(made) < number:
        task = source.choice(sorted(TASKS))
        text = TASKS[task].format(image=source.choice(images))
        answers = {}
        if source.random() < 0.5:
            language = source.choice(named)
            text += f" in {language.label}"
            answers["language"] = language.id
        if source.random() < 0.6:
            id = source.choice(sorted(SAID))
            question, words = SAID[id]
            text += f", {words}"
            answers[question] = rulebase.concepts[id].says[question]
        if source.random() < 0.3:
            gigabytes = source.choice([2, 4, 6, 8, 12, 16])
            text += f", with {gigabytes} GB"
            answers["memory-gb"] = gigabytes
        made.append(Sentence(text + source.choice(ENDINGS), task, answers))
    return made


def misspelt(sentence, source):
    """Return a sentence with one letter of one long word swapped, left out, doubled or changed."""
    words = sentence.text.split(" ")
    long = [place for place, word in enumerate(words) if len(word.strip(",.")) >= 5]
    if not long:
        return sentence
    place = source.choice(long)
    word = words[place]
    at = source.randrange(1, len(word.strip(",.")) - 1)
    ways = [
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + source.choice("aeiounrst") + word[at + 1 :],
    ]
    words[place] = source.choice(ways)
    return sentence._replace(text=" ".join(words))


def limit_of(reading, bound):
    """Return the value of a limit that words set, in the unit of its field; None without one."""
    found = next((limit for limit in reading.limits if limit.bound == bound), None)
    return found and bound_value(bound, found.text)[0]


EACH = object()
"""In place of what a sentence says: it stands behind that sentence."""


def meanings(table):
    """Return each sentence of a table with what it says, as parameters of a test.

    Of each kind of sentences a table has what all say, and the sentences: a text, or a text with
    what it says in the place of each `EACH`, or of more in a dictionary.
    """
    parameters = []
    for kind, (shared, *rows) in table.items():
        own = [question for question, answer in shared.items() if answer is EACH]
        for row in rows:
            text, *answers = (row,) if isinstance(row, str) else row
            more = answers.pop() if len(answers) > len(own) else {}
            said = {**shared, **dict(zip(own, answers, strict=True)), **more}
            parameters.append(pytest.param(text, said, id=f"{kind}: {text}"))
    return parameters


def meaning(rulebase, text, questions):
    """Return what a sentence says of some questions, None where it says nothing.

    `task` is all that it wishes for and `first` the likeliest, `hours` and `millions` are its
    limits, `limits` all of them, `numbers` all that counts something.
    """
    reading = read(rulebase, text)
    answers = {one.question: one.answer for one in (*reading.answers, *reading.concluded)}
    tasks = [one.task for one in reading.tasks]
    said = {
        "task": tasks[0] if len(tasks) == 1 else tasks,
        "first": tasks[0] if tasks else None,
        "hours": limit_of(reading, TIME),
        "millions": limit_of(reading, SIZE),
        "limits": {limit.bound: limit.text for limit in reading.limits},
        "besides": reading.besides,
        "corrected": reading.corrected,
        "numbers": {id: one.value for id, one in answers.items() if one.value},
    }
    for question, answer in answers.items():
        names = answer.names[0] if len(answer.names) == 1 else answer.names
        said[question] = names if answer.value is None else answer.value
    return {question: said.get(question) for question in questions}
