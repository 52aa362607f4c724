"""The interview as a map of decisions: its commonest paths, and what every drawing of it says."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

from advisor.draw.blocks import Code, Heading, Page, Table, Text
from advisor.draw.version import SCHEMA_VERSION, plain
from advisor.engine.decision import Engine
from advisor.engine.profile import Profile
from advisor.interview.policy import Arm, InterviewPath, Leaf, Policy, paths, policy, pruned
from advisor.model import TASK, Question
from advisor.phrasing import NO_FAMILY, family_text, share
from advisor.rulebase.base import RuleBase

WIDTH = 76
"""So wide is the tree of text: fits a terminal of 80 columns."""
LONG, FEW = 6, 2
QUESTION, ANSWER, REST = "question", "answer", "rest"


class DecisionMap(NamedTuple):
    """An interview cut down to its commonest `paths`; `tree` has these alone.

    `profiles` is how many complete profiles the whole interview tells apart, `known` how many
    paths it has.
    """

    rulebase: RuleBase
    given: Profile
    tree: Policy
    paths: list[InterviewPath]
    known: int
    profiles: int

    @property
    def title(self) -> str:
        """The heading of a drawing."""
        if TASK in self.given:
            task = self.rulebase.task(self.given[TASK].options[0])
            return f"{task.name}: which answers lead where"
        return "Which answers lead where"

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


def decision_map(rulebase: RuleBase, given: Profile, most: int) -> DecisionMap:
    """Return the map of the interview that follows after some answers."""
    interview = policy(Engine(rulebase), given)
    every = paths(interview)
    commonest = every[:most]
    return DecisionMap(
        rulebase=rulebase,
        given=given,
        tree=pruned(interview, commonest),
        paths=commonest,
        known=len(every),
        profiles=interview.profiles,
    )


def drawing(map: DecisionMap) -> Node:
    """Return what every rendering of a map draws."""
    return _node(map.tree, map, "")


def _node(tree: Policy, map: DecisionMap, options: str) -> Node:
    part = share(tree.profiles, map.profiles)
    if isinstance(tree, Leaf):
        return Node(
            kind=ANSWER,
            text=answer_name(tree),
            profiles=tree.profiles,
            share=part,
            options=options,
            family=tree.answer,
            second=_second(tree, map.rulebase),
        )
    question = map.rulebase.question(tree.question)
    arms = [_node(arm.then, map, _options(question, arm)) for arm in tree.arms]
    if rest := tree.profiles - sum(arm.then.profiles for arm in tree.arms):
        arms.append(
            Node(kind=REST, text="other answers", profiles=rest, share=share(rest, map.profiles))
        )
    return Node(
        kind=QUESTION,
        text=question.ask,
        profiles=tree.profiles,
        share=part,
        options=options,
        question=question.id,
        arms=tuple(arms),
    )


def answer_name(leaf: Leaf) -> str:
    """Return what a path ends in."""
    return family_text(leaf.answer, NO_FAMILY) if leaf.answer else "still open"


def _second(leaf: Leaf, rulebase: RuleBase) -> tuple[str, str] | None:
    """Return what to try if the answer disappoints, and on what it comes second."""
    second = leaf.runner_up
    if second is None:
        return None
    if second.criterion == "rank":
        return second.family, "equal but for the declared rank"
    return second.family, f"second on {rulebase.criterion(second.criterion).name}"


def _options(question: Question, arm: Arm) -> str:
    """Return the options of an arm; of a long list that lacks one or two, it names these."""
    lacking = [option.id for option in question.options if option.id not in arm.options]
    if len(arm.options) >= LONG and 0 < len(lacking) <= FEW:
        return f"anything but {' and '.join(lacking)}"
    return ", ".join(arm.options)


def as_page(map: DecisionMap) -> Page:
    """Return the page: the map as a tree."""
    return [Heading(map.title), Text(map.extent, "quiet"), Code(tree(map), "text")]


def table(map: DecisionMap) -> Table:
    """Return the paths of a map as rows."""
    rows = []
    for path in map.paths:
        second = _second(path.leaf, map.rulebase)
        steps = " · ".join(f"{step.question}: {', '.join(step.options)}" for step in path.steps)
        rows.append(
            (
                steps or "no question",
                answer_name(path.leaf),
                share(path.leaf.profiles, map.profiles),
                f"{second[0]} ({second[1]})" if second else "",
            )
        )
    return Table(("answers", "leads to", "share", "try next"), tuple(rows))


def tree(map: DecisionMap) -> str:
    """Return the map as a tree of text."""
    return "\n".join(_tree(drawing(map), ""))


def _tree(node: Node, margin: str) -> Iterator[str]:
    if node.kind == ANSWER:
        end = f"→ {node.text} · {node.share}"
        if node.second:
            end += f" · try next {node.second[0]}, {node.second[1]}"
        yield from _wrapped(end, margin, f"{margin}  ")
        return
    yield from _wrapped(f"{node.text} ({node.question})", margin, margin)
    for arm in node.arms:
        last = arm is node.arms[-1]
        corner, below = (
            (margin + "└─ ", margin + "   ") if last else (margin + "├─ ", margin + "│  ")
        )
        if arm.kind == REST:
            yield f"{corner}{arm.text}: {arm.share}"
        else:
            yield from _wrapped(arm.options, corner, below)
            yield from _tree(arm, below)


def _wrapped(text: str, first: str, then: str) -> list[str]:
    return textwrap.wrap(
        text,
        max(WIDTH, len(then) + 24),
        initial_indent=first,
        subsequent_indent=then,
        break_on_hyphens=False,
    )


def as_json(map: DecisionMap) -> dict[str, Any]:
    """Return the JSON document of `advisor rules graph --format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": map.rulebase.digest,
        "given": {id: answer.options for id, answer in map.given.items()},
        "profiles": map.profiles,
        "known": map.known,
        "paths": [
            {
                "steps": plain(path.steps),
                "answer": path.leaf.answer or None,
                "profiles": path.leaf.profiles,
                "share": path.leaf.profiles / map.profiles,
                "try_next": plain(path.leaf.runner_up),
            }
            for path in map.paths
        ],
    }
