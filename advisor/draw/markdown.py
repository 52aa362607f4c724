"""A page as Markdown, for a decision record, a wiki or a pull request."""

from __future__ import annotations

import re

from advisor.draw import blocks as b

_URL = re.compile(r"(https?://(?:(?!&(?:#|\w+;))[^\s<>|\[\]\\*`])+)")
"""An address, up to the first character that Markdown or HTML would interpret."""
_LINK = re.compile(r"\]([(\[])(?![\w-]+\.md\))")
"""The end of a link's text before a target, unless that is a page in the same folder."""
_FENCE = re.compile("`{3,}")
_ENTITY = re.compile(r"&(?=#|\w+;)")
_MENTION = re.compile(r"(?<!\w)@(?=\w)", re.ASCII)
"""The `@` of a mention, which GitHub notifies; an HTML comment behind it prevents this."""
MARKS = {"+": "for: ", "-": "against: ", "!": "caveat: ", ">": "", "": ""}


def markdown(page: b.Page) -> str:
    """Return the page as Markdown, ending in one newline."""
    return "\n\n".join(_block(block) for block in page) + "\n"


def _block(block: b.Block) -> str:
    if isinstance(block, b.Headline):
        return f"## {_linked(block.name)}\n\n{_escape(' · '.join(block.notes))}".rstrip()
    if isinstance(block, b.Notes):
        return "\n".join(
            f"- {f'**{_escape(note.label)}**: ' if note.label else ''}{_escape(note.text)}"
            for note in block.rows
        )
    if isinstance(block, b.Heading):
        return f"{'#' * block.level} {_escape(block.text)}"
    if isinstance(block, b.Text):
        return _escape(block.text)
    if isinstance(block, b.Items):
        return "\n".join(
            f"- {MARKS[item.mark]}{_escape(item.text)}"
            + (f" *({_escape(item.cited())})*" if item.cited() else "")
            for item in block.rows
        )
    if isinstance(block, b.Pairs):
        return "\n".join(f"- **{_escape(name)}**: {_escape(value)}" for name, value in block.rows)
    if isinstance(block, b.Code):
        fence = max(["```", *(f"{run}`" for run in _FENCE.findall(block.text))], key=len)
        return f"{fence}{block.language}\n{block.text}\n{fence}"
    head, *rows = [
        [_linked(cell).replace("|", "\\|").replace("\n", " ") for cell in row]
        for row in (block.columns, *block.rows)
    ]
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def _linked(cell: b.Cell) -> str:
    if isinstance(cell, b.Link):
        return f"[{_escape(cell.text)}]({cell.url})"
    return _escape(cell)


def _escape(text: str) -> str:
    """Escape what Markdown would interpret, but leave addresses as they are."""
    parts = _URL.split(text)
    for place in range(0, len(parts), 2):
        part = re.sub(r"[\\*_<#]", r"\\\g<0>", parts[place])
        parts[place] = _MENTION.sub("@<!-- -->", _LINK.sub(r"]\\\1", _ENTITY.sub(r"\&", part)))
    return "".join(parts)
