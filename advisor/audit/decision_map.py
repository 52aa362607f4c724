"""The interview as a map of decisions: its commonest paths, as JSON, as a tree of text, a table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

from advisor.draw.blocks import Code, Heading, Page, Table, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.engine.decision import Engine
from advisor.engine.profile import Profile
from advisor.interview.policy import Arm, Branch, Leaf, Path, Policy, kept, paths, policy
from advisor.model.entities import NONE, TASK, Question
from advisor.phrasing import share
from advisor.rulebase.base import RuleBase

WIDTH = 76
"""So wide is the tree of text: fits a terminal of 80 columns."""
LONG, FEW = 6, 2


class DecisionMap(NamedTuple):
    """An interview cut down to its commonest `paths`; `tree` has these alone.

    `profiles` is how many complete profiles the whole interview tells apart, `known` how many
    paths it has.
    """

    rulebase: RuleBase
    given: Profile
    tree: Policy
    paths: list[Path]
    known: int
    profiles: int

    @property
    def shown(self) -> int:
        """How many complete profiles the paths of the map hold."""
        return sum(path.leaf.profiles for path in self.paths)


def decision_map(rulebase: RuleBase, given: Profile, most: int) -> DecisionMap:
    """Return the map of the interview that follows after some answers."""
    whole = policy(Engine(rulebase), given)
    every = paths(whole)
    commonest = every[:most]
    return DecisionMap(
        rulebase, given, kept(whole, commonest), commonest, len(every), whole.profiles
    )


# -- words that all drawings share -------------------------------------------------------------


def title(map: DecisionMap) -> str:
    """Return the heading of a map."""
    if TASK in map.given:
        task = map.rulebase.task(map.given[TASK].options[0])
        return f"{task.name}: which answers lead where"
    return "Which answers lead where"


def extent(map: DecisionMap) -> str:
    """Return how much of the interview a map shows."""
    part = share(map.shown, map.profiles)
    if len(map.paths) == map.known:
        return f"Every path of the interview, over {map.profiles:,} complete profiles."
    return (
        f"The {len(map.paths)} commonest of {map.known} paths: {part} of {map.profiles:,} "
        "complete profiles, each counted once."
    )


def answer_name(leaf: Leaf) -> str:
    """Return what a path ends in."""
    if leaf.answer == NONE:
        return "none of the families"
    return leaf.answer or "still open"


def try_next(leaf: Leaf, rulebase: RuleBase) -> tuple[str, str] | None:
    """Return what to try if the answer disappoints, and on what it comes second."""
    second = leaf.runner_up
    if second is None:
        return None
    if second.criterion == "rank":
        return second.family, "equal but for the declared rank"
    return second.family, f"second on {rulebase.criterion(second.criterion).name}"


def options_text(question: Question, arm: Arm) -> str:
    """Return the options of an arm; of a long list that lacks one or two, it names these."""
    lacking = [option.id for option in question.options if option.id not in arm.options]
    if len(arm.options) >= LONG and 0 < len(lacking) <= FEW:
        return f"anything but {' and '.join(lacking)}"
    return ", ".join(arm.options)


def rest_of(branch: Branch) -> int:
    """Return how many profiles of a question lie on paths that the map leaves out."""
    return branch.profiles - sum(arm.then.profiles for arm in branch.arms)


# -- drawings of text --------------------------------------------------------------------------


def as_page(map: DecisionMap) -> Page:
    """Return the page: the map as a tree."""
    return [Heading(title(map)), Text(extent(map), "quiet"), Code(tree(map), "text")]


def table(map: DecisionMap) -> Table:
    """Return the paths of a map as rows."""
    rows = []
    for path in map.paths:
        after = try_next(path.leaf, map.rulebase)
        steps = " · ".join(f"{step.question}: {', '.join(step.options)}" for step in path.steps)
        rows.append(
            (
                steps or "no question",
                answer_name(path.leaf),
                share(path.leaf.profiles, map.profiles),
                f"{after[0]} ({after[1]})" if after else "",
            )
        )
    return Table(("answers", "leads to", "share", "try next"), tuple(rows))


def tree(map: DecisionMap) -> str:
    """Return the map as a tree of text."""
    return "\n".join(_tree(map.tree, map, ""))


def _tree(node: Policy, map: DecisionMap, margin: str) -> Iterator[str]:
    if isinstance(node, Leaf):
        yield from _wrapped(f"→ {_end(node, map)}", margin, f"{margin}  ")
        return
    question = map.rulebase.question(node.question)
    yield from _wrapped(f"{question.ask} ({question.id})", margin, margin)
    rest = rest_of(node)
    for place, arm in enumerate(node.arms):
        last = place == len(node.arms) - 1 and not rest
        below = margin + ("   " if last else "│  ")
        corner = margin + ("└─ " if last else "├─ ")
        yield from _wrapped(options_text(question, arm), corner, below)
        yield from _tree(arm.then, map, below)
    if rest:
        yield f"{margin}└─ other answers: {share(rest, map.profiles)}"


def _end(leaf: Leaf, map: DecisionMap) -> str:
    text = f"{answer_name(leaf)} · {share(leaf.profiles, map.profiles)}"
    after = try_next(leaf, map.rulebase)
    return f"{text} · try next {after[0]}, {after[1]}" if after else text


def _wrapped(text: str, first: str, then: str) -> list[str]:
    return textwrap.wrap(
        text,
        max(WIDTH, len(then) + 24),
        initial_indent=first,
        subsequent_indent=then,
        break_on_hyphens=False,
    )


# -- JSON --------------------------------------------------------------------------------------


def as_json(map: DecisionMap) -> dict[str, Any]:
    """Return the JSON document of `advisor rules graph --format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": map.rulebase.digest,
        "given": {id: list(answer.options) for id, answer in map.given.items()},
        "profiles": map.profiles,
        "known": map.known,
        "paths": [
            {
                "steps": [step._asdict() for step in path.steps],
                "answer": path.leaf.answer or None,
                "profiles": path.leaf.profiles,
                "share": path.leaf.profiles / map.profiles,
                "try_next": path.leaf.runner_up._asdict() if path.leaf.runner_up else None,
            }
            for path in map.paths
        ],
    }
