"""What was understood of a sentence as the beginning of a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.draw.blocks import Code, Heading, Page, Pairs, Text
from advisor.phrasing import first_named, joined

if TYPE_CHECKING:
    from advisor.need.reading import AnswerRead
    from advisor.need.understanding import Understanding

SHOWN_WORDS = 8
SHOWN_TASKS = 3


def as_page(understanding: Understanding, today: str | None = None, *, whole: bool = False) -> Page:
    """Return the page of the answer, begun with what was understood."""
    page = understanding.recommendation.to_page(today, whole=whole)
    if page and isinstance(commands := page[-1], Code):
        by_flags = f"{understanding.recommendation.command} -v"
        text = commands.text.replace(by_flags, f"{understanding.command} -v")
        page[-1] = Code(text, commands.language)
    return [*understood_page(understanding), *page]


def understood_page(understanding: Understanding) -> Page:
    """Return what was understood, word for word, and what was not."""
    rows = tuple(_rows(understanding))
    page: Page = [Heading("Understood", 3), Pairs(rows)] if rows else []
    reading = understanding.reading
    if rest := reading.words(reading.not_understood):
        page.append(Text(f"not understood: {first_named(rest, SHOWN_WORDS)}", "quiet"))
    if confirming := understanding.confirming:
        others = [one.task for one in understanding.tasks[1:SHOWN_TASKS]]
        text = f"Or did you mean {joined(others, 'or')}? " if others else ""
        page.append(Text(f"{text}To confirm: {confirming[0]}", "warn"))
    return page


def understood_lines(understanding: Understanding) -> list[str]:
    """Return what was understood and what was not, as lines for a terminal."""
    rows = list(_rows(understanding))
    width = max((len(name) for name, _ in rows), default=0)
    lines = ["Understood"] if rows else []
    lines += [f"  {name:<{width}}  {words}" for name, words in rows]
    reading = understanding.reading
    if rest := reading.words(reading.not_understood):
        lines.append(f"  not understood: {first_named(rest, SHOWN_WORDS)}")
    return lines


def _rows(understanding: Understanding) -> Iterator[tuple[str, str]]:
    reading = understanding.reading
    for one in understanding.tasks[:SHOWN_TASKS]:
        if one.spans:
            yield f"task: {one.task}", _quoted(reading.words(one.spans))
    for answer in understanding.kept:
        yield _answer(answer), _because(understanding, answer)
    if reading.taken_back:
        yield "not wanted", _quoted(reading.words(reading.taken_back))
    if reading.corrected:
        spelt = (f"{reading.words((span,))[0]} as {word}" for span, word in reading.corrected)
        yield "read", ", ".join(spelt)
    for answer in understanding.dropped:
        yield (
            f"dropped: {_answer(answer)}",
            f"{_because(understanding, answer)} does not go with it",
        )


def _answer(read: AnswerRead) -> str:
    value = read.answer.value
    said = ", ".join(read.answer.options) if value is None else number_text(value)
    return f"{read.question}: {said}"


def number_text(value: float) -> str:
    """Return a number with its thousands grouped."""
    return f"{value:,.0f}" if value.is_integer() else f"{value:,g}"


def _because(understanding: Understanding, read: AnswerRead) -> str:
    words = _quoted(understanding.reading.words(read.spans))
    return f"{words}: {read.because} ({read.implication})" if read.because else words


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f'"{word}"' for word in words)
