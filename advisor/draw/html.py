"""A page as one HTML file that needs nothing else, or as a fragment for a notebook cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from advisor.draw import blocks as b
from advisor.foreign import visible_lines

STYLE = Path(__file__).with_name("page.css")
REPORT = Path(__file__).with_name("report.html")
"""Macros of Jinja for what a report shows beside blocks; they have a style sheet of their own."""
COPY = Path(__file__).with_name("copy.js")
"""A script that gives every block of code a button to copy it."""
MARKS = {"+": "for", "-": "against", "!": "caveat", ">": "leads", "": "plain"}
"""Mark of an item -> its class in the style sheet."""


def html(page: Sequence[b.Shared]) -> str:
    """Return the page as one HTML file, in the reader's light or dark scheme, for any width.

    The title is `advisor` and the first headline or heading. A page without an `h1` gets
    the title as a hidden one, for screen readers.
    """
    whole, title = body(page), "advisor"
    for block in page:
        if isinstance(block, (b.Headline, b.Heading)):
            title += f": {block.text if isinstance(block, b.Heading) else block.name}"
            break
    reports = any(isinstance(block, b.Filled) for block in page)
    style = REPORT.with_suffix(".css").read_text(encoding="utf-8") if reports else ""
    copies = '<div class="code">' in whole
    script = f"<script>\n{COPY.read_text(encoding='utf-8')}</script>" if copies else ""
    unseen = "" if "<h1" in whole else f'<h1 class="unseen">{escape(title)}</h1>\n'
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,">'
        f"<style>\n{_style('body')}{style}</style></head>\n"
        f"<body><main>\n{unseen}{whole}\n</main>{script}</body>\n</html>\n"
    )


def fragment(page: b.Page) -> str:
    """Return the page as one element with its own styles, for a notebook cell."""
    return f'<div class="advisor"><style>{_style(".advisor")}</style>{body(page)}</div>'


def body(page: Sequence[b.Shared]) -> str:
    """Return the blocks of a page as HTML."""
    return "\n".join(_block(block) for block in page)


@cache
def _macros() -> Any:
    """Return the macros of the report, which escape all text and make hidden characters visible."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: value if hasattr(value, "__html__") else visible_lines(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string(REPORT.read_text(encoding="utf-8")).module


def _style(root: str) -> str:
    """Return the style sheet, with the rules for the whole page on the selector `root`."""
    return STYLE.read_text(encoding="utf-8").replace("@root", root)


def _block(block: b.Shared) -> str:
    if isinstance(block, b.Scatter):
        from advisor.draw.scatter import scatter

        return scatter(block)
    if isinstance(block, b.Filled):
        return str(getattr(_macros(), block.macro)(**block.values))
    if isinstance(block, b.Folded):
        inside = body(block.blocks)
        return f"<details><summary>{escape(block.summary)}</summary>{inside}</details>"
    if isinstance(block, b.Headline):
        notes = " · ".join(map(escape, block.notes))
        return f'<div class="headline"><h1>{_cell(block.name)}</h1><p>{notes}</p></div>'
    if isinstance(block, b.Heading):
        level = min(block.level, 6)
        return f"<h{level}>{escape(block.text)}</h{level}>"
    if isinstance(block, b.Text):
        return f'<p class="{block.tone}">{escape(block.text)}</p>'
    if isinstance(block, b.Code):
        text = _flagged(block.text) if block.language == "console" else escape(block.text)
        pre = f'<pre tabindex="0" class="{block.language}"><code>{text}</code></pre>'
        return f'<div class="code">{pre}</div>'
    if isinstance(block, b.Table):
        return _table(block)
    return _rows(block)


def _rows(block: b.Items | b.Pairs | b.Notes) -> str:
    if isinstance(block, b.Items):
        rows = (
            f'<li class="{MARKS[item.mark]}">{escape(item.text)}'
            + (f" <small>{cited}</small>" if cited else "")
            + "</li>"
            for item in block.rows
            for cited in [", ".join(_cell(part) for part in (item.note, *item.sources) if part)]
        )
        return f'<ul class="items">{"".join(rows)}</ul>'
    pairs = block.rows if isinstance(block, b.Pairs) else [(n.label, n.text) for n in block.rows]
    listed = (
        f"{f'<dt>{escape(name)}</dt>' if name else ''}<dd>{_flagged(value)}</dd>"
        for name, value in pairs
    )
    return f"<dl>{''.join(listed)}</dl>"


def _flagged(text: str) -> str:
    """Return escaped text in which a line does not break within the name of a flag."""
    return re.sub("--[a-z-]+", r'<span class="flag">\g<0></span>', escape(text))


def _table(block: b.Table) -> str:
    head = "".join(
        f"<th>{escape(column)}</th>" if column else "<td></td>" for column in block.columns
    )
    rows = (
        "".join(
            f'<td data-column="{escape(column)}">{_cell(cell)}</td>'
            for column, cell in zip(block.columns, row, strict=True)
        )
        for row in block.rows
    )
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0"><table class="rows"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(cell: b.Cell) -> str:
    if isinstance(cell, b.Link):
        return f'<a href="{escape(cell.url)}">{escape(cell.text)}</a>'
    return escape(cell)
