"""For which tasks a checkpoint is known to be fit for a language, as a matrix.

Each cell counts what can be loaded, or trained from, for a task in a language: checkpoints whose
language is verified, and behind `+` those that stand on a maker's count of languages alone. A task
in which no language matters has a dot. Below, the tasks without a verified one; those whose only
ones were measured and stand at the bottom of their column have their number in brackets.

    python benchmarks/languages.py
    python benchmarks/languages.py --use commercial --languages fr es de
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NamedTuple

from advisor import load_rules, recommend
from advisor.decide.selection import Pick
from advisor.errors import AdvisorError
from advisor.rulebase.base import RuleBase

LANGUAGES = ("fr", "es", "it", "pt", "hi")


class Cell(NamedTuple):
    """How many checkpoints know a language for a task, by how that is known.

    `well` are verified and not at the bottom of a column.
    """

    verified: int
    inferred: int
    well: int

    def __str__(self) -> str:
        verified = f"{self.verified}" if self.well or not self.verified else f"({self.verified})"
        return f"{verified}+{self.inferred}" if self.inferred else verified


def main() -> int:
    """Print the matrix; 1 where more than two tasks lack a language."""
    given = arguments()
    rulebase = load_rules()
    tasks = [task.id for task in rulebase.tasks if not task.elsewhere]
    print(f"{'':<27}" + "".join(f"{language:>8}" for language in given.languages))
    lacking: dict[str, list[str]] = {language: [] for language in given.languages}
    for task in tasks:
        cells = [cell(rulebase, task, language, given.use) for language in given.languages]
        written = ["." if one is None else str(one) for one in cells]
        print(f"{task:<27}" + "".join(f"{text:>8}" for text in written))
        for language, one in zip(given.languages, cells, strict=True):
            if one is not None and not one.verified:
                lacking[language].append(task)
    print(f"{'without a verified one':<27}" + "".join(f"{len(lacking[one]):>8}" for one in lacking))
    for language, without in lacking.items():
        if without:
            print(f"  {language}: {', '.join(without)}")
    return int(any(len(without) > 2 for without in lacking.values()))


def cell(rulebase: RuleBase, task: str, language: str, use: str | None) -> Cell | None:
    """Count the checkpoints of an answer that know a language; None where none matters."""
    answers = {"task": task, "language": language} | ({"use": use} if use else {})
    try:
        selection = recommend(rulebase, answers).advice[0].selection
    except AdvisorError as error:
        if "language" in error.message:
            return None
        raise
    usable = [pick for pick in selection.picks if not pick.unknown]
    verified = [pick for pick in usable if not among(pick, "languages_inferred", language)]
    well = [pick for pick in verified if not among(pick, "languages_poor", language)]
    return Cell(len(verified), len(usable) - len(verified), len(well))


def among(pick: Pick, field: str, language: str) -> bool:
    """True where a field of a checkpoint has a language."""
    listed: Sequence[str] = getattr(pick.checkpoint, field) or ()
    return language in listed


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--languages", nargs="+", default=LANGUAGES, metavar="CODE")
    parser.add_argument("--use", help="an answer to the question what it is for")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
