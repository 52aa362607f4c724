"""How many questions the interview asks, as JSON and as a page."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from advisor.audit.optimum import RIVALS, Cost, Measured, Played, TaskMeasure
from advisor.draw.blocks import Heading, Item, Items, Page, Table, Text
from advisor.draw.formats import document
from advisor.phrasing import count

CLOSE = Fraction(105, 100)
"""So much more than the optimum the interview may ask."""


def as_json(measured: Measured, digest: str) -> dict[str, Any]:
    """Return the JSON document of `advisor rules audit --questions --format json`."""
    interview, *rivals = _means(measured)
    mean = {
        "at_least": measured.optimum,
        "interview": interview,
        "rivals": dict(zip(RIVALS, rivals, strict=True)),
    }
    return document(
        digest,
        proved=measured.proved,
        mean=_plain(mean),
        tasks=[_plain(one._asdict()) for one in measured.tasks],
        task_unknown=_plain(measured.unknown._asdict()),
        played=[{**one._asdict(), "same": one.same} for one in measured.played],
    )


def _means(measured: Measured) -> list[Fraction | None]:
    """Return the means over all tasks of the interview and of its rivals, as far as known."""

    def rival(name: str) -> Fraction | None:
        return measured.mean(lambda one: one.rivals[name])

    return [measured.mean(lambda one: one.interview), *map(rival, RIVALS)]


def _plain(value: Any) -> Any:
    """Return a value with its fractions as JSON has them: rounded, and exact as a text."""
    if isinstance(value, Cost):
        return {**_plain(value.expected), "most": value.most}
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, Fraction):
        return {"expected": round(float(value), 6), "exact": str(value)}
    return value


def as_page(measured: Measured) -> Page:
    """Return the page: each task that asks anything, the means, the task unknown, the scenarios."""
    profiles = sum(one.profiles for one in measured.tasks)
    scenarios = []
    for one in measured.played:
        text = f"{one.scenario}: {count(len(one.asked), 'question')}, {one.family}"
        scenarios.append(Item("", text, ", ".join(one.asked)))
    return [
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
        _table(measured),
        Items(tuple(_statements(measured))),
        Heading("Scenarios played by somebody who knows their answers and no others"),
        Items(tuple(scenarios)),
        Items((_played(measured.played),)),
    ]


def _table(measured: Measured) -> Table:
    rows = []
    for one in filter(lambda one: one.at_least, measured.tasks):
        costs = (one.interview, *one.rivals.values())
        interview, *rivals = (_text(cost and cost.expected) for cost in costs)
        most = str(one.interview.most) if one.interview else "?"
        rows.append((one.task, _text(one.at_least, one.proved), interview, most, *rivals))
    interview, *rivals = map(_text, _means(measured))
    most = str(max((one.interview.most for one in measured.tasks if one.interview), default=0))
    least = _text(measured.optimum, measured.proved)
    rows.append(("mean over all tasks", least, interview, most, *rivals))
    return Table(("task", "optimum", "interview", "most", *RIVALS), tuple(rows))


def _text(number: Fraction | None, exact: bool = True) -> str:
    bound = "" if exact else "over "
    return "not known" if number is None else f"{bound}{float(number):.2f}"


def _statements(measured: Measured) -> Iterator[Item]:
    tasks, unknown = measured.tasks, measured.unknown
    decided = sum(not one.at_least for one in tasks)
    yield Item("", f"{decided} of {len(tasks)} tasks are decided as soon as they are named")
    if names := ", ".join(one.task for one in tasks if not one.proved):
        yield Item("!", f"not proved within the budget, a bound is given: {names}")
    else:
        states = sum(one.states for one in tasks)
        yield Item("+", f"the optimum is proved for every task ({states:,} states solved)")
    yield _farthest(tasks)
    least = _text(unknown.at_least)
    if not unknown.proved:
        yield Item("!", f"the task unknown: not proved; no strategy gets below {least}")
        return
    asked = f"asking `{unknown.first}` first is best" if unknown.first else "nothing is to be asked"
    yield Item(
        "+",
        f"the task unknown: {asked}, with {least} questions expected in all; "
        f"no strategy gets below that ({unknown.states:,} states solved)",
    )


def _farthest(tasks: tuple[TaskMeasure, ...]) -> Item:
    measured = [(one.task, one.interview.expected, one.at_least) for one in tasks if one.interview]
    if len(measured) < len(tasks):
        return Item("!", "the interview was not measured for every task: it has too many states")
    ratios = {task: expected / least for task, expected, least in measured if least}
    task, ratio = max(ratios.items(), key=lambda one: one[1], default=("", Fraction(1)))
    if ratio == 1:
        return Item("+", "the interview asks exactly as few questions as can be, for every task")
    text = f"the interview asks at most {100 * float(ratio - 1):.1f} % more than the optimum"
    return Item("+" if ratio <= CLOSE else "-", f"{text} ({task})")


def _played(played: tuple[Played, ...]) -> Item:
    if not played:
        return Item("", "no scenarios")
    lengths = [len(one.asked) for one in played]
    mean = sum(lengths) / len(lengths)
    text = (
        f"{count(len(played), 'interview')}, {mean:.1f} questions with the task, "
        f"{max(lengths)} at most"
    )
    if others := [one.scenario for one in played if not one.same]:
        return Item("-", f"{text}; another family than `recommend` gives: {', '.join(others)}")
    return Item("+", f"{text}; each ends in the family that `recommend` gives")
