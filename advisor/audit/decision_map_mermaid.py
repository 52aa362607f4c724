"""A map of decisions as a Mermaid flowchart, as GitHub and most wikis draw it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import count

from advisor.audit.decision_map import (
    DecisionMap,
    answer_name,
    extent,
    options_text,
    rest_of,
    table,
    title,
    try_next,
)
from advisor.audit.family_colours import colour_of, tint_of
from advisor.draw.blocks import Code, Heading, Text
from advisor.draw.markdown import markdown
from advisor.interview.policy import Leaf, Policy
from advisor.model.entities import NONE
from advisor.phrasing import share

LINE = 30
"""Labels break after about so many characters."""


def mermaid(map: DecisionMap) -> str:
    """Return the flowchart, from left to right."""
    return "\n".join(["flowchart LR", *_Drawing(map).lines(), *_classes(map)]) + "\n"


def as_markdown(map: DecisionMap) -> str:
    """Return a Markdown page with the flowchart, and the same paths as a table."""
    return markdown(
        [
            Heading(title(map)),
            Text(extent(map)),
            Code(mermaid(map).rstrip(), "mermaid"),
            table(map),
        ]
    )


class _Drawing:
    def __init__(self, map: DecisionMap) -> None:
        self.map = map
        self.numbers = count(1)

    def lines(self) -> list[str]:
        return list(self._node(self.map.tree, "start"))

    def _node(self, node: Policy, name: str) -> Iterator[str]:
        if isinstance(node, Leaf):
            yield from self._leaf(node, name)
            return
        question = self.map.rulebase.question(node.question)
        yield f'  {name}["{_label(question.ask)}"]:::question'
        for arm in node.arms:
            then = f"n{next(self.numbers)}"
            yield f'  {name} -->|"{_label(options_text(question, arm))}"| {then}'
            yield from self._node(arm.then, then)
        if rest := rest_of(node):
            then = f"n{next(self.numbers)}"
            part = share(rest, self.map.profiles)
            yield f'  {name} --> {then}["other answers<br/>{part}"]:::rest'

    def _leaf(self, leaf: Leaf, name: str) -> Iterator[str]:
        map = self.map
        part = share(leaf.profiles, map.profiles)
        kind = _class(leaf.answer, map)
        yield f'  {name}(["{_label(answer_name(leaf))}<br/>{part}"]):::{kind}'
        if after := try_next(leaf, map.rulebase):
            then = f"n{next(self.numbers)}"
            yield f'  {name} -.->|"try next"| {then}(["{_label(after[0])}<br/>{_label(after[1])}"])'
            yield f"  class {then} {_class(after[0], map)}next"


def _class(family: str, map: DecisionMap) -> str:
    places = {known.id: place for place, known in enumerate(map.rulebase.families)}
    return f"family{places[family]}" if family in places else "none"


def _classes(map: DecisionMap) -> Iterator[str]:
    yield "  classDef question fill:#f6f8fa,stroke:#8c959f,color:#1f2328"
    yield "  classDef rest fill:#ffffff,stroke:#d0d7de,color:#59636e,stroke-dasharray:3 3"
    for family in [*(family.id for family in map.rulebase.families), NONE]:
        colour, tint = colour_of(family, map.rulebase), tint_of(family, map.rulebase)
        kind = _class(family, map)
        yield f"  classDef {kind} fill:{colour},stroke:{colour},color:#ffffff"
        yield f"  classDef {kind}next fill:{tint},stroke:{colour},color:#1f2328"


def _label(text: str) -> str:
    """Return text as Mermaid takes it inside quotes, broken into lines."""
    lines = textwrap.wrap(text, LINE, break_on_hyphens=False)
    return "<br/>".join(
        line.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;") for line in lines
    )
