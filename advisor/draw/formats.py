"""The formats that a result can be drawn in: one table, one function each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec

if TYPE_CHECKING:
    from advisor.draw.blocks import Page
    from advisor.draw.findings import FindingsReport

P = ParamSpec("P")


class Style(NamedTuple):
    """How to draw: `indent` of JSON (None for one line), and whether a terminal shows colours."""

    indent: int | None = 2
    color: bool = True


class Report(NamedTuple):
    """A result ready to be drawn; one without `findings` only in formats of a page.

    `drawings` are formats that it has besides, or draws in a way of its own.
    """

    json: Callable[[], dict[str, Any]]
    page: Callable[[], Page]
    findings: Callable[[], FindingsReport] | None = None
    drawings: Mapping[str, Callable[[], str]] = MappingProxyType({})

    @classmethod
    def of(
        cls,
        json: Callable[P, dict[str, Any]],
        page: Callable[P, Page],
        *values: P.args,
        **named: P.kwargs,
    ) -> Report:
        """Return a report whose JSON and page are made from the same values."""
        return cls(partial(json, *values, **named), partial(page, *values, **named))

    @property
    def formats(self) -> tuple[str, ...]:
        """Every format it can be drawn in."""
        known = FINDING_FORMATS if self.findings else PAGE_FORMATS
        return tuple(dict.fromkeys((*known, *self.drawings)))


def drawn(report: Report, format: str, style: Style) -> str:
    """Return a report as text in one of its formats."""
    if format in report.drawings:
        return report.drawings[format]()
    return FORMATS[format](report, style)


def _terminal(report: Report, style: Style) -> str:
    from advisor.draw.terminal import terminal

    return terminal(report.page(), color=style.color)


def _json(report: Report, style: Style) -> str:
    return json.dumps(report.json(), ensure_ascii=False, indent=style.indent) + "\n"


def _markdown(report: Report, _: Style) -> str:
    from advisor.draw.markdown import markdown

    return markdown(report.page())


def _html(report: Report, _: Style) -> str:
    from advisor.draw.html import html

    return html(report.page()) + "\n"


def _github(report: Report, _: Style) -> str:
    from advisor.draw.github import github

    return github(_findings(report))


def _sarif(report: Report, style: Style) -> str:
    from advisor.draw.sarif import sarif

    return json.dumps(sarif(_findings(report)), ensure_ascii=False, indent=style.indent) + "\n"


def _junit(report: Report, _: Style) -> str:
    from advisor.draw.junit import junit

    return junit(_findings(report))


def _findings(report: Report) -> FindingsReport:
    if report.findings is None:
        raise TypeError("this report has no findings")
    return report.findings()


FORMATS: dict[str, Callable[[Report, Style], str]] = {
    "terminal": _terminal,
    "json": _json,
    "markdown": _markdown,
    "html": _html,
    "github": _github,
    "sarif": _sarif,
    "junit": _junit,
}
PAGE_FORMATS = ("terminal", "json", "markdown", "html")
FINDING_FORMATS = tuple(FORMATS)
"""The formats of commands that give findings."""
