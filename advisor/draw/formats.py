"""The formats that a result can be drawn in, and the values that JSON documents are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ParamSpec

from advisor.foreign import INERT_IN_JSON, inert, visible, visible_json, visible_lines
from advisor.model import NamedTuple

if TYPE_CHECKING:
    from advisor.draw.blocks import Page, Shared
    from advisor.draw.findings import FindingsReport

P = ParamSpec("P")
SCHEMA_VERSION = 1
"""The version of every JSON document that commands print."""


class Report(NamedTuple):
    """A result ready to be drawn; without `findings` it has only the formats of a page.

    `drawings` are further formats, or other drawings of these; `screen` is the page for a terminal,
    if that is a shorter one, `shared` the page for HTML, if that is another.
    """

    json: Callable[[], dict[str, Any]]
    page: Callable[[], Page]
    findings: Callable[[], FindingsReport] | None = None
    drawings: Mapping[str, Callable[[], str]] = MappingProxyType({})
    screen: Callable[[], Page] | None = None
    shared: Callable[[], Sequence[Shared]] | None = None

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
        usual = FINDING_FORMATS if self.findings else PAGE_FORMATS
        return tuple(dict.fromkeys((*usual, *self.drawings)))


FORMATS = {
    "terminal": "page",
    "json": "json",
    "markdown": "page",
    "html": "page",
    "github": "findings",
    "sarif": "findings",
    "junit": "findings",
}
"""Format -> the field of a report that it draws, by a function of its name."""
INERT = {"json": INERT_IN_JSON, "sarif": INERT_IN_JSON, "html": "#&#35;", "junit": "#&#35;"}
"""Format -> how it writes two signs that begin a command of a CI runner; see `inert`."""
PAGE_FORMATS = tuple(format for format, part in FORMATS.items() if part != "findings")
FINDING_FORMATS = tuple(FORMATS)
"""The formats of commands that give findings."""


def drawn(report: Report, format: str, *, indent: int | None = 2, color: bool = True) -> str:
    """Return a report as text in one of its formats.

    `indent` is that of JSON (None for one line); `color` is whether a terminal shows colors.
    """
    text = _drawn(report, format, indent, color=color)
    return text if format == "github" else inert(text, INERT.get(format, r"#\#"))


def brief(report: Report) -> str:
    """Return the short answer, a line each: findings, the first column of a table, or a first text.

    A report with a terminal drawing of its own is drawn by it.
    """
    from advisor.draw.blocks import Table

    if report.findings:
        from advisor.draw.findings import place

        rows = report.findings().findings
        lines = [
            f"{f'{place(row)}: ' * bool(row.path)}{row.level}[{row.rule}] {row.message}"
            for row in rows
        ]
    elif "terminal" in report.drawings:
        return drawn(report, "terminal")
    elif isinstance(first := report.page()[0], Table):
        lines = [str(row[0]) for row in first.rows]
    else:
        lines = [str(first[0])]
    return inert("".join(f"{visible(line)}\n" for line in lines), r"#\#")


def _drawn(report: Report, format: str, indent: int | None, *, color: bool) -> str:
    if format in report.drawings:
        text = report.drawings[format]()
        return visible_json(text) if format == "notebook" else visible_lines(text)
    own = {"terminal": report.screen, "html": report.shared}.get(format)
    value = (own or getattr(report, FORMATS[format]))()
    if FORMATS[format] == "page" and format != "terminal":  # which needs other signs besides
        from advisor.draw.blocks import shown

        value = [shown(block, {}) for block in value]
    if format != "json":
        module = "findings" if FORMATS[format] == "findings" else format
        draw = getattr(import_module(f"advisor.draw.{module}"), format)
        value = draw(value, color=color) if format == "terminal" else draw(value)
    if isinstance(value, dict):
        import json

        value = visible_json(json.dumps(value, ensure_ascii=False, indent=indent))
    return str(value).removesuffix("\n") + "\n"


SCALARS = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: named tuples as objects, other tuples as arrays."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):  # most members are scalars, and a call costs more than they do
        return {key: each if type(each) in SCALARS else plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [each if type(each) in SCALARS else plain(each) for each in value]
    return value


def document(digest: str, /, **body: Any) -> dict[str, Any]:
    """Return the JSON document of a command: schema version, digest of the rule base, `body`."""
    return {"schema_version": SCHEMA_VERSION, "rule_base": digest, **body}
