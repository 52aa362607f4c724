"""`advisor rules diff`: which answers change from one rule base to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from advisor.console.groups import Arguments
from advisor.console.options import Format, NoColor, Output, Rules
from advisor.console.output import Report, check_format, check_outputs, emit
from advisor.errors import AdvisorError, UsageError
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules

SHIPPED = "shipped"
SHOWN = 8


def command(arguments: Arguments) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return diff


def diff(
    old: Annotated[
        str,
        typer.Argument(
            metavar="[OLD]", help="A folder, git:REVISION[:FOLDER], or shipped (the default)."
        ),
    ] = SHIPPED,
    new: Annotated[
        str, typer.Argument(metavar="[NEW]", help="The same; the default is shipped.")
    ] = SHIPPED,
    checkpoints: Annotated[
        bool,
        typer.Option("--checkpoints", help="Also say where another checkpoint comes first."),
    ] = False,
    all: Annotated[bool, typer.Option("--all", help="Every pattern of each change.")] = False,
    rules: Rules = [],  # noqa: B006
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """Say which answers change from one rule base to another; exit 1 where one does.

    Every complete profile is compared, exactly. --rules is laid over NEW. A folder without
    criteria, questions, tasks and families of its own is laid over the shipped rules.

    \b
    Examples:
      advisor rules diff --rules our-rules
      advisor rules diff git:main
      advisor rules diff git:v1.0:our-rules our-rules --format markdown
    """
    from advisor.audit.difference import difference
    from advisor.audit.difference_page import Compared, as_json, as_page, pick_changes

    check_format(format)
    check_outputs(output)
    if old == new and not rules:
        raise UsageError(
            f"`{old}` is compared with itself",
            hint="name two rule bases, e.g. advisor rules diff git:main",
        )
    with _rule_base(old, []) as before, _rule_base(new, rules) as after:
        compared = Compared(
            (_named(old, []), _named(new, rules)),
            (before, after),
            difference(before, after, None if all else SHOWN),
            pick_changes(before, after) if checkpoints else None,
        )
        report = Report(lambda: as_json(compared), lambda: as_page(compared))
        emit(report, format, output, color=not no_color)
    return 0 if compared.difference.keeps_answers else 1


@contextmanager
def _rule_base(named: str, overlays: list[Path]) -> Iterator[RuleBase]:
    """Give the rule base that an argument names. Files of a revision last as long as this does."""
    import tempfile

    from advisor.reader.revision import PREFIX, copy_revision

    if named == SHIPPED:
        yield load_rules(overlays=tuple(overlays))
    elif named.startswith(PREFIX):
        with tempfile.TemporaryDirectory(prefix="advisor-") as kept:
            copy_revision(named, Path(kept))
            yield _read(Path(kept), named, overlays)
    else:
        yield _read(Path(named), named, overlays)


def _read(folder: Path, named: str, overlays: list[Path]) -> RuleBase:
    whole = not folder.is_dir() or _is_whole(folder)
    try:
        if whole:
            return load_rules(folder, tuple(overlays))
        return load_rules(overlays=(folder, *overlays))
    except AdvisorError as error:
        error.message = f"{error.message} (in `{named}`)"
        raise


def _is_whole(folder: Path) -> bool:
    singles = ("criteria.yaml", "questions.yaml", "tasks.yaml")
    return all((folder / name).is_file() for name in singles) and (folder / "families").is_dir()


def _named(name: str, overlays: list[Path]) -> str:
    return " + ".join([name, *map(str, overlays)])
