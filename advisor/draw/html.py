"""A page as an HTML fragment, for a notebook cell."""

from __future__ import annotations

from html import escape

from advisor.draw.blocks import Block, Candidate, Code, Heading, Items, Page, Pairs, Table, Text

COLOURS = {
    "recommended": "#1a7f37",
    "allowed": "#0969da",
    "discouraged": "#9a6700",
    "excluded": "#cf222e",
}


def html(page: Page) -> str:
    """Return the page as one HTML fragment that brings its own few styles."""
    return f'<div class="advisor">{"".join(_block(block) for block in page)}</div>'


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        level = min(block.level + 1, 6)
        return f"<h{level}>{escape(block.text)}</h{level}>"
    if isinstance(block, Text):
        return f"<p>{escape(block.text)}</p>"
    if isinstance(block, Candidate):
        colour = COLOURS.get(block.verdict, "#9a6700")
        return (
            f'<h4><span style="color:{colour}">{escape(block.name)}</span> '
            f'<small style="color:{colour}">{block.verdict}</small></h4><p>{escape(block.text)}</p>'
        )
    if isinstance(block, Items):
        rows = (
            f"<li>{escape(item.mark)} {escape(item.text)} "
            f"<small>{escape(item.cited())}</small></li>"
            for item in block.rows
        )
        return f'<ul style="list-style:none">{"".join(rows)}</ul>'
    if isinstance(block, Pairs):
        rows = (f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in block.rows)
        return f"<dl>{''.join(rows)}</dl>"
    if isinstance(block, Code):
        return f"<pre><code>{escape(block.text)}</code></pre>"
    return _table(block)


def _table(block: Table) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in block.columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in block.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
