"""The interview as a map of decisions: its commonest paths, as text and as a Mermaid flowchart.

GitHub and most wikis draw Mermaid.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import count, cycle
from typing import Any, NamedTuple

from advisor.draw.blocks import Code, Heading, Page, Table, Text
from advisor.draw.formats import document, plain
from advisor.draw.markdown import markdown
from advisor.engine.decision import Engine
from advisor.engine.profile import Profile
from advisor.interview.policy import (
    MOST_ENDS,
    InterviewEnd,
    InterviewPath,
    Policy,
    paths,
    policy,
    pruned,
)
from advisor.model import NONE, TASK
from advisor.phrasing import NO_FAMILY, family_text, options_text, share
from advisor.rulebase.base import RuleBase

WIDTH = 76
"""So wide is the tree of text: fits a terminal of 80 columns."""
LONG = 6
"""Of so many options, those that they lack are named where these are few."""
QUESTION, ANSWER, REST = "question", "answer", "rest"
LABEL = 30
"""Labels of the flowchart break after about so many characters."""
ESCAPES = str.maketrans({"&": "&amp;", '"': "&quot;", "<": "&lt;"})
COLORS = (
    ("#0a58b8", "#ddf0ff"),
    ("#7a3ec8", "#f3eafd"),
    ("#17703a", "#e0f6e6"),
    ("#9a4a00", "#fdeedd"),
    ("#a8215f", "#fde8f1"),
    ("#00696e", "#ddf5f5"),
)
"""A color for each family, dark enough for white text on it, with a light tint of the same."""
GRAY = ("#59636e", "#eff1f3")


class DecisionMap(NamedTuple):
    """An interview cut down to its commonest `paths`; `root` has these alone.

    `profiles` is how many complete profiles the whole interview tells apart, `known` how many
    paths it has.
    """

    rulebase: RuleBase
    given: Profile
    root: Node
    paths: list[InterviewPath]
    known: int
    profiles: int

    @property
    def title(self) -> str:
        """The heading of a drawing."""
        if TASK not in self.given:
            return "Which answers lead where"
        task = self.rulebase.task(self.given[TASK].options[0])
        return f"{task.name}: which answers lead where"

    @property
    def extent(self) -> str:
        """How much of the interview the map shows."""
        if len(self.paths) == self.known:
            return f"Every path of the interview, over {self.profiles:,} complete profiles."
        shown = share(sum(path.leaf.profiles for path in self.paths), self.profiles)
        return (
            f"The {len(self.paths)} commonest of {self.known} paths: {shown} of "
            f"{self.profiles:,} complete profiles, each counted once."
        )


class Node(NamedTuple):
    """One node of a drawing: a question with its arms, an answer, or what the map leaves out.

    `options` are the words on the arm that leads here, `family` is empty but for answers, and
    `second` is the family to try next with the reason why it comes second.
    """

    kind: str
    text: str
    profiles: int
    share: str
    options: str = ""
    question: str = ""
    family: str = ""
    second: tuple[str, str] | None = None
    arms: tuple[Node, ...] = ()


def decision_map(
    rulebase: RuleBase, given: Profile, most: int, ends: int = MOST_ENDS
) -> DecisionMap:
    """Return the map of the interview that follows after some answers.

    Raises TooMuchOpenError for one with more than so many `ends`.
    """
    interview = policy(Engine(rulebase), given, ends)
    every = paths(interview)
    return DecisionMap(
        rulebase=rulebase,
        given=given,
        root=_node(rulebase, interview.profiles, pruned(interview, every[:most])),
        paths=every[:most],
        known=len(every),
        profiles=interview.profiles,
    )


def _node(rulebase: RuleBase, whole: int, tree: Policy, options: str = "") -> Node:
    """Return what is drawn of a tree that `options` lead to; shares are of a `whole`."""
    node = Node(ANSWER, "", tree.profiles, share(tree.profiles, whole), options)
    if isinstance(tree, InterviewEnd):
        second = _second(tree, rulebase)
        return node._replace(text=_answer(tree), family=tree.answer, second=second)
    question = rulebase.question(tree.question)
    known = [option.id for option in question.options]
    arms = [
        _node(rulebase, whole, arm.then, options_text(arm.options, known, LONG))
        for arm in tree.arms
    ]
    if rest := tree.profiles - sum(arm.profiles for arm in arms):
        arms.append(Node(REST, "other answers", rest, share(rest, whole)))
    return node._replace(kind=QUESTION, text=question.ask, question=question.id, arms=tuple(arms))


def _answer(leaf: InterviewEnd) -> str:
    return family_text(leaf.answer, NO_FAMILY) if leaf.answer else "still open"


def _second(leaf: InterviewEnd, rulebase: RuleBase) -> tuple[str, str] | None:
    """Return what to try if the answer disappoints, and on what it comes second."""
    if leaf.runner_up is None:
        return None
    family, criterion = leaf.runner_up
    if criterion == "rank":
        return family, "equal but for the declared rank"
    return family, f"second on {rulebase.criterion(criterion).name}"


def as_page(map: DecisionMap) -> Page:
    """Return the page: the map as a tree."""
    return [Heading(map.title), Text(map.extent, "quiet"), Code(tree(map), "text")]


def table(map: DecisionMap) -> Table:
    """Return the paths of a map as rows."""
    rows = []
    for steps, leaf in map.paths:
        answers = " · ".join(f"{step.question}: {', '.join(step.options)}" for step in steps)
        second = _second(leaf, map.rulebase)
        after = f"{second[0]} ({second[1]})" if second else ""
        part = share(leaf.profiles, map.profiles)
        rows.append((answers or "no question", _answer(leaf), part, after))
    return Table(("answers", "leads to", "share", "try next"), tuple(rows))


def tree(map: DecisionMap) -> str:
    """Return the map as a tree of text."""
    return "\n".join(_tree(map.root, ""))


def _tree(node: Node, margin: str) -> Iterator[str]:
    if node.kind == ANSWER:
        end = f"→ {node.text} · {node.share}"
        if node.second:
            end += f" · try next {node.second[0]}, {node.second[1]}"
        yield from _wrapped(end, margin, f"{margin}  ")
        return
    yield from _wrapped(f"{node.text} ({node.question})", margin, margin)
    for arm in node.arms:
        corner, line = ("└─ ", "   ") if arm is node.arms[-1] else ("├─ ", "│  ")
        if arm.kind == REST:
            yield f"{margin}{corner}{arm.text}: {arm.share}"
        else:
            yield from _wrapped(arm.options, margin + corner, margin + line)
            yield from _tree(arm, margin + line)


def _wrapped(text: str, first: str, then: str) -> list[str]:
    width = max(WIDTH, len(then) + 24)
    return textwrap.TextWrapper(width, first, then, break_on_hyphens=False).wrap(text)


def mermaid(map: DecisionMap) -> str:
    """Return the flowchart, from left to right."""
    families = [family.id for family in map.rulebase.families]
    classes = {family: f"family{place}" for place, family in enumerate(families)} | {NONE: "none"}
    colors = dict(zip(families, cycle(COLORS), strict=False)) | {NONE: GRAY}
    lines = [
        "flowchart LR",
        *_flow(map.root, "start", {**classes, "": "none"}, count(1)),
        "  classDef question fill:#f6f8fa,stroke:#8c959f,color:#1f2328",
        "  classDef rest fill:#ffffff,stroke:#d0d7de,color:#59636e,stroke-dasharray:3 3",
    ]
    for family, name in classes.items():
        color, tint = colors[family]
        lines += [
            f"  classDef {name} fill:{color},stroke:{color},color:#ffffff",
            f"  classDef {name}next fill:{tint},stroke:{color},color:#1f2328",
        ]
    return "\n".join(lines) + "\n"


def as_markdown(map: DecisionMap) -> str:
    """Return a Markdown page with the flowchart, and the same paths as a table."""
    flowchart = Code(mermaid(map).rstrip(), "mermaid")
    return markdown([Heading(map.title), Text(map.extent), flowchart, table(map)])


def _flow(node: Node, name: str, classes: dict[str, str], numbers: Iterator[int]) -> Iterator[str]:
    if node.kind == ANSWER:
        yield f'  {name}(["{_label(node.text)}<br/>{node.share}"]):::{classes[node.family]}'
        if node.second:
            family, reason = node.second
            then = f"n{next(numbers)}"
            yield f'  {name} -.->|"try next"| {then}(["{_label(family)}<br/>{_label(reason)}"])'
            yield f"  class {then} {classes[family]}next"
        return
    yield f'  {name}["{_label(node.text)}"]:::question'
    for arm in node.arms:
        then = f"n{next(numbers)}"
        if arm.kind == REST:
            yield f'  {name} --> {then}["{arm.text}<br/>{arm.share}"]:::rest'
        else:
            yield f'  {name} -->|"{_label(arm.options)}"| {then}'
            yield from _flow(arm, then, classes, numbers)


def _label(text: str) -> str:
    """Return text as Mermaid takes it inside quotes, broken into lines."""
    lines = textwrap.wrap(text, LABEL, break_on_hyphens=False)
    return "<br/>".join(line.translate(ESCAPES) for line in lines)


def as_json(map: DecisionMap) -> dict[str, Any]:
    """Return the JSON document of `advisor rules graph --format json`."""
    return document(
        map.rulebase.digest,
        given={id: answer.options for id, answer in map.given.items()},
        profiles=map.profiles,
        known=map.known,
        paths=[
            {
                "steps": plain(steps),
                "answer": leaf.answer or None,
                "profiles": leaf.profiles,
                "share": leaf.profiles / map.profiles,
                "try_next": plain(leaf.runner_up),
            }
            for steps, leaf in map.paths
        ],
    )
