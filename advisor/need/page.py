"""The page of the answer to a sentence, with the rows of what was understood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import itemgetter

from advisor.decide.advice import SCREEN, Screen
from advisor.decide.page import as_page as answered_page
from advisor.draw.blocks import Code, Headline, Page, Pairs
from advisor.draw.typesetting import GAP, cut_lines, height, wrapped
from advisor.engine.machines import other_sizes
from advisor.need.named import named_rows
from advisor.need.reading import AnswerRead
from advisor.need.remainder import noteworthy
from advisor.need.understood import Understood
from advisor.need.wishes import Span
from advisor.phrasing import first_named, joined

_SEVERAL = re.compile(r"(?i)\b(?:[2-9]|two|four|zwei|deux|dos|due|dois|duas)\s*(?:[x×*]\s*)?$")
"""A number above 1 right before the name of a machine (two A100)."""
SHOWN_WORDS = 16
SHOWN_TASKS = 3
AS_FLAGS = "As flags"
NAMED, SHARE = 5, 4
"""The rows take at most one line in SHARE of a screen, NAMED lines of it left out."""


def as_page(understanding: Understood, *, whole: bool = False, screen: Screen = SCREEN) -> Page:
    """Return the page of the answer, with the rows of what was understood below its first line.

    If no word names a task, the page asks for one and lists commands with likely tasks.
    """
    answer = understanding.recommendation
    by_flags, by_words = answer.command, understanding.command
    named = {f"{by_flags} -v": f"{by_words} -v"}
    if not (understanding.between or understanding.literally or answer.strict):
        code, own = (line.replace("recommend", "code", 1) for line in (by_flags, by_words))
        named[code] = own
    if trial := understanding.advice.try_command:
        named[trial] = str(understanding.advice.trying(own=understanding.reading.own))
    rows = tuple(_rows(understanding))
    pairs: Page = [_fitting(rows, screen)] if rows else []
    more = bool(pairs) + bool(understanding.between)  # an empty line, and that the task is a guess
    left = screen._replace(most=screen.most - height(pairs, screen.columns) - more)
    page = answered_page(answer, whole=whole, screen=left, named=named)
    if understanding.guesses and understanding.confirming:
        question = Headline("No task was understood", ("needs more answers",), "warn")
        choices = Code("\n".join(understanding.confirming), "console")
        return [question, *pairs, choices, *(page[1:] if whole else [])]
    if page and isinstance(head := page[0], Headline) and understanding.between:
        notes = (note.replace("based on defaults", "needs more answers") for note in head.notes)
        page[0] = head._replace(notes=(*notes, "the task is a guess"))
    return [*page[:1], *pairs, *page[1:]]


def _fitting(rows: tuple[tuple[str, str], ...], screen: Screen) -> Pairs:
    """Return the rows as pairs, cut to 3, 2 or 1 lines each to fit their share of a screen."""
    pairs = Pairs(rows)
    room = screen.columns - max(len(label) for label, _ in rows) - 2 * GAP
    for most in (3, 2, 1):
        if height([pairs], screen.columns) <= (screen.most - NAMED) // SHARE:
            break
        cut = (
            (label, text if label == AS_FLAGS else _cut(text, room, most)) for label, text in rows
        )
        pairs = Pairs(tuple(row for row in cut if len(wrapped(row[1], room)) <= most))
    return pairs


def _cut(text: str, width: int, most: int) -> str:
    """Return the first parts of a text (between ` · `) that fit in `most` lines, then `…`."""
    parts = text.split(" · ")
    for end in range(len(parts) - 1, 0, -1):
        if len(wrapped(text, width)) <= most:
            return text
        text = " · ".join((*parts[:end], "…"))
    return " ".join(cut_lines(text, width, most))


def _rows(understanding: Understood) -> Iterator[tuple[str, str]]:
    reading = understanding.reading
    if understanding.guesses:
        yield "Task", "describe the images and the output, or pass --task"
    phrases = [f"{_quoted(words)} {meaning}" for meaning, words in _read(understanding)]
    if phrases:
        yield "Understood", " · ".join(phrases)
    if concluded := [f"{answers}, as {why}" for answers, why in _concluded(understanding)]:
        yield "Inferred", " · ".join(concluded)
    yield from named_rows(understanding)
    for other in (each for each in reading.besides if each.task in understanding.besides):
        words = f"{_quoted(reading.words(other.spans))} {other.task}: not included."
        yield "Other task", f"{words} {understanding.answering(other.task)}"
    if makers := reading.words(reading.makers):
        yield "Not known", f"{_quoted(makers)}: the countries of makers. --without excludes makers"
    rest = {"No effect": noteworthy(understanding), "Not understood": reading.not_understood}
    for label, spans in rest.items():
        if missed := reading.words(reading.uncounted(spans)):
            yield label, first_named(missed, SHOWN_WORDS)
    if (confirming := understanding.confirming) and not understanding.guesses:
        others = [task.task for task in understanding.tasks[1:SHOWN_TASKS]]
        also = f" (or {joined(others, 'or')})" if others else ""
        yield AS_FLAGS, f"{confirming[0]}{also}"


def _read(understanding: Understood) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (meaning, words) for tasks, stated answers, limits, labels and corrections."""
    reading = understanding.reading
    seen: set[Span] = set()
    for place, task in enumerate(understanding.tasks):
        if task.spans and (place < SHOWN_TASKS or not seen.issuperset(task.spans)):
            yield f"task: {task.task}", reading.words(task.spans)
            seen.update(task.spans)
    for answer_read in understanding.kept:
        if not answer_read.implication:
            yield _answer(understanding, answer_read), reading.words(answer_read.spans)
    for limit in understanding.limits:
        yield f"{limit.bound}: {limit.text}", reading.words((limit.span,))
    others = {
        "sort: memory": reading.words(reading.smallest),
        "fields to extract": understanding.fields,
        "labels": reading.words(reading.labels),
        "to count": reading.words(reading.counted),
        "not wanted": reading.words(reading.taken_back),
    }
    yield from filter(itemgetter(1), others.items())
    for span, word in reading.corrected:
        yield f"read as {word}", reading.words((span,))
    for answer_read in understanding.dropped:
        if not answer_read.implication:
            answer = _answer(understanding, answer_read)
            yield f"left out, because {answer} contradicts it", reading.words(answer_read.spans)


def _concluded(understanding: Understood) -> list[tuple[str, str]]:
    """Return (answers, reason) for the inferred answers, grouped by reason."""
    answers: dict[str, list[str]] = {}
    for answer_read in understanding.kept:
        if answer_read.implication:
            reason = f"{answer_read.because} ({answer_read.implication})"
            answers.setdefault(reason, []).append(_answer(understanding, answer_read))
    return [(", ".join(those), why) for why, those in answers.items()]


def _answer(understanding: Understood, read: AnswerRead) -> str:
    question = understanding.recommendation.rulebase.question(read.question)
    value = read.answer.value
    names = (
        read.answer.names
        if value is None
        else (f"{value:,.0f}" if value.is_integer() else f"{value:,g}",)
    )
    text = f"{question.typed}: {', '.join(map(question.word, names))}"
    if value is not None and question.requires("memory_gb"):
        words = " ".join(understanding.reading.words(read.spans))
        reading = understanding.reading
        cards = [each.spans for each in reading.answers if "gpu" in each.answer.options]
        if any(_SEVERAL.search(reading.text, 0, at) for spans in cards for at, _ in spans):
            text += ", the memory of one card"
        sizes = other_sizes(understanding.recommendation.rulebase, words)
        text += f" (also sold with {joined(f'{size:g}' for size in sizes)} GB)" if sizes else ""
    return text


def _quoted(words: tuple[str, ...]) -> str:
    plain = (word.strip('"') for word in words)
    return ", ".join(f'"{word}"' for word in plain)
