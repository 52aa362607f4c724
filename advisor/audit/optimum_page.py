"""How many questions the interview asks, as JSON and as a page."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from advisor.audit.optimum import RIVALS, Cost, Measure, Measured, Played, Unknown
from advisor.draw.blocks import Heading, Item, Items, Page, Table, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.phrasing import count


def as_json(measured: Measured, digest: str) -> dict[str, Any]:
    """Return the JSON document of `advisor rules audit --questions --format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": digest,
        "proved": measured.proved,
        "mean": {
            "at_least": _number(measured.optimum),
            "interview": _known(measured.mean(lambda one: one.interview)),
            "rivals": {name: _known(_rival_mean(measured, name)) for name in RIVALS},
        },
        "tasks": [
            {
                "task": one.task,
                "profiles": one.profiles,
                "states": one.states,
                "proved": one.proved,
                "at_least": _number(one.at_least),
                "interview": one.interview and _cost(one.interview),
                "rivals": {name: cost and _cost(cost) for name, cost in one.rivals.items()},
            }
            for one in measured.tasks
        ],
        "task_unknown": {
            "proved": measured.unknown.proved,
            "at_least": _number(measured.unknown.at_least),
            "first": measured.unknown.first,
            "states": measured.unknown.states,
        },
        "played": [
            {
                "scenario": one.scenario,
                "task": one.task,
                "asked": list(one.asked),
                "family": one.family,
                "recommended": one.recommended,
                "same": one.same,
            }
            for one in measured.played
        ],
    }


def _number(number: Fraction) -> dict[str, Any]:
    return {"expected": round(float(number), 6), "exact": str(number)}


def _known(number: Fraction | None) -> dict[str, Any] | None:
    return None if number is None else _number(number)


def _cost(cost: Cost) -> dict[str, Any]:
    return {**_number(cost.expected), "most": cost.most}


def _rival_mean(measured: Measured, name: str) -> Fraction | None:
    return measured.mean(lambda one: one.rivals[name])


def as_page(measured: Measured) -> Page:
    """Return the page: each task that asks anything, the means, the task unknown, the scenarios."""
    open_tasks = [one for one in measured.tasks if one.at_least]
    profiles = sum(one.profiles for one in measured.tasks)
    page: Page = [
        Text(
            f"Questions after the task until the family is decided, over {profiles:,} complete "
            "profiles. Within a task each profile is as likely as any other, and each task is as "
            "likely as any other. All figures are exact, none is sampled."
        ),
        Text(
            "optimum: no strategy asks fewer; most: the longest interview; the others choose by "
            "information gain, by Gini impurity, or take what matters in the order of the file.",
            "quiet",
        ),
        _table(open_tasks, measured),
        Items(tuple(_statements(measured, len(open_tasks)))),
        Heading("Scenarios played by somebody who knows their answers and no others"),
        _played_items(measured.played),
        Items((_played(measured.played),)),
    ]
    return page


def _table(tasks: list[Measure], measured: Measured) -> Table:
    columns = ("task", "optimum", "interview", "most", *RIVALS)
    rows = [
        (
            one.task,
            _bound(one.at_least, proved=one.proved),
            _expected(one.interview),
            str(one.interview.most) if one.interview else "?",
            *(_expected(one.rivals[name]) for name in RIVALS),
        )
        for one in tasks
    ]
    means = (_text(_rival_mean(measured, name)) for name in RIVALS)
    rows.append(
        (
            "mean over all tasks",
            _bound(measured.optimum, proved=measured.proved),
            _text(measured.mean(lambda one: one.interview)),
            str(max((one.interview.most for one in measured.tasks if one.interview), default=0)),
            *means,
        )
    )
    return Table(columns, tuple(rows))


def _bound(number: Fraction, *, proved: bool) -> str:
    return _text(number) if proved else f"over {_text(number)}"


def _expected(cost: Cost | None) -> str:
    return _text(cost.expected if cost else None)


def _text(number: Fraction | None) -> str:
    return "not known" if number is None else f"{float(number):.2f}"


def _statements(measured: Measured, open_tasks: int) -> list[Item]:
    tasks = len(measured.tasks)
    rows = [
        Item("", f"{tasks - open_tasks} of {tasks} tasks are decided as soon as they are named")
    ]
    unproved = [one.task for one in measured.tasks if not one.proved]
    if unproved:
        rows.append(
            Item("!", f"not proved within the budget, a bound is given: {', '.join(unproved)}")
        )
    else:
        states = sum(one.states for one in measured.tasks)
        rows.append(Item("+", f"the optimum is proved for every task ({states:,} states solved)"))
    rows.append(_ratio(measured))
    rows.append(_unknown(measured.unknown))
    return rows


def _ratio(measured: Measured) -> Item:
    worst = _worst(measured)
    if worst is None:
        return Item("!", "the interview was not measured for every task: it has too many states")
    task, ratio = worst
    if ratio == 1:
        return Item("+", "the interview asks exactly as few questions as can be, for every task")
    text = f"the interview asks at most {100 * float(ratio - 1):.1f} % more than the optimum"
    return Item("+" if ratio <= Fraction(105, 100) else "-", f"{text} ({task})")


def _worst(measured: Measured) -> tuple[str, Fraction] | None:
    """Return the task on which the interview is farthest from the least, and the ratio there."""
    found = []
    for one in measured.tasks:
        if one.interview is None:
            return None
        ratio = one.interview.expected / one.at_least if one.at_least else Fraction(1)
        found.append((ratio, one.task))
    ratio, task = max(found, default=(Fraction(1), ""), key=lambda pair: pair[0])
    return task, ratio


def _unknown(unknown: Unknown) -> Item:
    if not unknown.proved:
        return Item(
            "!", f"the task unknown: not proved; no strategy gets below {_text(unknown.at_least)}"
        )
    first = f"asking `{unknown.first}` first is best" if unknown.first else "nothing is to be asked"
    text = f"the task unknown: {first}, with {_text(unknown.at_least)} questions expected in all"
    return Item("+", f"{text}; no strategy gets below that ({unknown.states:,} states solved)")


def _played_items(played: tuple[Played, ...]) -> Items:
    rows = tuple(
        Item(
            "",
            f"{one.scenario}: {count(len(one.asked), 'question')}, {one.family}",
            ", ".join(one.asked),
        )
        for one in played
    )
    return Items(rows)


def _played(played: tuple[Played, ...]) -> Item:
    if not played:
        return Item("", "no scenarios")
    others = [one.scenario for one in played if not one.same]
    lengths = [len(one.asked) for one in played]
    mean = sum(lengths) / len(lengths)
    text = f"{count(len(played), 'interview')}, {mean:.1f} questions with the task, "
    text += f"{max(lengths)} at most"
    if others:
        return Item("-", f"{text}; another family than `recommend` gives: {', '.join(others)}")
    return Item("+", f"{text}; each ends in the family that `recommend` gives")
