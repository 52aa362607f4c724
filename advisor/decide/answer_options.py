"""How an answer is told: in which formats, as a program, the id alone, a screen or everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Protocol

from advisor.console.commands import Options
from advisor.console.options import option
from advisor.console.output import Showing, showing
from advisor.draw.formats import PAGE_FORMATS, Report
from advisor.errors import UsageError

if TYPE_CHECKING:
    from advisor.decide.recommendation import Recommendation
    from advisor.decide.written_program import Script
    from advisor.draw.blocks import Page

FORMATS = (*PAGE_FORMATS, "python", "notebook")
Quiet = Annotated[bool, option("--quiet -q", "Print the id of the first checkpoint alone.")]
Verbose = Annotated[bool, option("--verbose -v", "Print every reason, remark, change and date.")]


class Told(Protocol):
    """An answer that can be told: a recommendation, or what was understood with one."""

    @property
    def recommendation(self) -> Recommendation: ...  # noqa: D102

    def to_dict(self, today: str | None = None) -> dict[str, Any]: ...  # noqa: D102

    def to_page(self, today: str | None = None, *, whole: bool = False) -> Page: ...  # noqa: D102


class Telling(NamedTuple):
    """How an answer is to be told; documents are whole, a terminal gets a screen by itself."""

    shown: Showing
    quiet: bool
    verbose: bool

    @property
    def format(self) -> str:
        """The format on stdout."""
        return self.shown.format

    @property
    def brief(self) -> bool:
        """True for a screen of a terminal, with nothing more and nothing less."""
        return self.format == "terminal" and not (self.quiet or self.verbose)

    def emit(self, answer: Told, day: str | None) -> None:
        """Print an answer, and write it to the files."""
        recommended = answer.recommendation

        def written() -> Script:
            from advisor.decide.written_program import script

            return script(recommended)

        drawings: dict[str, Callable[[], str]] = {
            "python": lambda: written().python,
            "notebook": lambda: written().notebook,
        }
        if self.quiet:
            drawings["terminal"] = lambda: "".join(f"{id}\n" for id in recommended.ids)
        report = Report(
            lambda: answer.to_dict(day),
            lambda: answer.to_page(day, whole=True),
            drawings=drawings,
            screen=None if self.verbose else lambda: answer.to_page(day),
        )
        self.shown.emit(report)


def telling(
    shown: Annotated[Showing, showing(FORMATS)], quiet: Quiet = False, verbose: Verbose = False
) -> Telling:
    """Return how to tell an answer. Raises UsageError where it is to be short and long at once."""
    if quiet and verbose:
        raise UsageError("`-q` and `-v` cannot go together", hint="give one of the two")
    if quiet and shown.format != "terminal":
        hint = "leave out --format, or -q"
        raise UsageError(f"`-q` prints an id, not {shown.format}", hint=hint)
    return Telling(shown, quiet, verbose)


AnswerTelling = Annotated[Telling, Options(telling)]
