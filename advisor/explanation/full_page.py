"""Every reason and every change of an answer, and how stable it is, as JSON and as blocks."""

from __future__ import annotations

from typing import Any

from advisor.decide.flips import Flip
from advisor.decide.sufficient import Because
from advisor.draw.blocks import Heading, Item, Items, Page, Table, Text
from advisor.engine.decision import Decision
from advisor.explanation.full import Change, Stability, Whole
from advisor.model import NONE, TASK
from advisor.phrasing import count, origin_word, share

SHOWN_QUESTIONS = 5
STAYING = "All other answers, assumed ones too, staying as they are:"


def whole_json(whole: Whole) -> dict[str, Any]:
    """Return the value of `all` in the JSON document of `advisor explain --all`."""
    return {
        "task": whole.task,
        "reasons": [
            [
                {"question": one.question, "option": one.options[0], "origin": one.origin}
                for one in reason
            ]
            for reason in whole.reasons
        ],
        "changes": [_change_json(change) for change in whole.changes],
        "stability": {
            "answers": list(whole.stability.answers),
            "fragile": list(whole.stability.fragile),
            "fewest": whole.stability.fewest,
        },
        "open": [one._asdict() for one in whole.open],
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "answers": change.answers,
        "family": None if change.family == NONE else change.family,
        "origins": change.origins,
        "follows": list(change.follows),
    }


def whole_page(whole: Whole, decision: Decision) -> Page:
    """Return the blocks of a whole explanation."""
    return [
        *_reasons(whole, decision),
        *_changes(whole),
        Heading("How stable it is"),
        *(Text(sentence) for sentence in _stability(whole.stability)),
        *_open(whole),
    ]


def ways_to(family: str, whole: Whole) -> Page:
    """Return every change after which one family wins."""
    changes = [change for change in whole.changes if change.family == family]
    if not changes:
        return [Text(f"No answers to other questions than the task make {family} win.", "quiet")]
    rows = tuple(Item(">", _change(change), _origins(change)) for change in changes)
    return [Heading(f"Every way to {family}"), Text(STAYING, "quiet"), Items(rows)]


def answers_text(flip: Flip) -> str:
    """Return the answers of a change in words."""
    return " and ".join(f"{id}: {option}" for id, option in flip.answers.items())


def _reasons(whole: Whole, decision: Decision) -> Page:
    name = decision.family or "none of the families"
    if whole.reasons == ((),):
        return [
            Heading("Every reason"),
            Text(f"{TASK}: {whole.task} alone makes it {name}, whatever the other answers are."),
        ]
    rows = tuple(Item("", _reason(reason), _kinds(reason)) for reason in whole.reasons)
    lead = f"With {TASK}: {whole.task}, each line alone makes it {name}, whatever the rest is:"
    return [Heading("Every reason"), Text(lead, "quiet"), Items(rows)]


def _reason(reason: tuple[Because, ...]) -> str:
    return " · ".join(f"{one.question}: {' and '.join(one.options)}" for one in reason)


def _kinds(reason: tuple[Because, ...]) -> str:
    origins = dict.fromkeys(origin_word(one.origin) for one in reason)
    if len(origins) == 1:
        return f"all {next(iter(origins))}" if len(reason) > 1 else next(iter(origins))
    return ", ".join(f"{one.question} is {origin_word(one.origin)}" for one in reason)


def _changes(whole: Whole) -> Page:
    if not whole.changes:
        return []
    rows = tuple(
        Item(
            ">",
            f"{_change(change)}: {'none of them' if change.family == NONE else change.family}",
            _origins(change),
        )
        for change in whole.changes
    )
    return [Heading("Every change"), Text(STAYING, "quiet"), Items(rows)]


def _change(change: Change) -> str:
    first = [f"{id}: {o}" for id, o in change.answers.items() if id not in change.follows]
    then = [f"{id}: {o}" for id, o in change.answers.items() if id in change.follows]
    text = " and ".join(first)
    return f"{text} (and so {' and '.join(then)})" if then else text


def _origins(change: Change) -> str:
    origins = {origin_word(origin) for origin in change.origins.values()}
    if len(origins) == 1 and len(change.origins) > 1:
        return f"all {origins.pop()}"
    return ", ".join(f"{id} is {origin_word(origin)}" for id, origin in change.origins.items())


def _stability(stability: Stability) -> list[str]:
    number = len(stability.answers)
    if stability.fewest is None:
        return [f"All {number} answers besides the task could be wrong: the family stays."]
    if not stability.fragile:
        single = f"Any one of the {number} answers could be wrong without changing the family."
    elif len(stability.fragile) == 1:
        (only,) = stability.fragile
        single = f"Any one of the {number} answers could be wrong but this one: {only}."
    else:
        names = ", ".join(stability.fragile)
        single = (
            f"Any one of the {number} answers could be wrong but these "
            f"{len(stability.fragile)}: {names}."
        )
    fewest = f"It takes {count(stability.fewest, 'wrong answer')} to change it."
    return [single, fewest]


def _open(whole: Whole) -> Page:
    if not whole.open:
        return []
    first = whole.open[0]
    if first.settled:
        lead = f"{first.question} would settle the most: once it is answered, "
        lead += f"{share(first.settled, first.profiles)} of what is still possible is decided."
    else:
        lead = f"No single answer is sure to settle it; {first.question} comes closest."
    rows = tuple(
        (one.question, share(one.settled, one.profiles), share(one.agreeing, one.profiles))
        for one in whole.open[:SHOWN_QUESTIONS]
    )
    return [
        Heading("What to find out first"),
        Text(lead),
        Table(("open question", "settled by it", "foreseen after it"), rows),
        Text(f"of {count(first.profiles, 'profile')} still possible", "quiet"),
    ]
