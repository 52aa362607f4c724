"""How often an expert would hand over the checkpoint that comes first.

Measured: the first checkpoint of each command of a file, or the first that it names elsewhere
where no family fits. Each row has the `command`, what one expert accepts (`accepted`, and
`accepted_as_equal`) and what another does who knew nothing of the first (`second`, with `first`
and `accept`); rows without both are left out. A name of a list counts as accepted where it stands
in the id of the checkpoint. Rows whose first checkpoint was released after the experts answered,
which they could not name, are counted apart. Of a release the catalog has the year: one of the year
of the answers counts as known where the catalog had read of it by their month. Nothing is run but
advisor, in this process.

    python benchmarks/answers.py answers.yaml
    python benchmarks/answers.py answers.yaml --show neither --answered 2026-11
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from advisor import load_rules
from advisor.cli.main import run

VERDICTS = ("both", "only the first expert", "only the second expert", "neither")


class Judged(NamedTuple):
    """One command: what came first, None where nothing did, and which experts accept that."""

    command: str
    checkpoint: str | None
    first: bool
    second: bool
    wanted: str
    later: bool = False

    @property
    def verdict(self) -> str:
        """Who accepts it, in words."""
        return VERDICTS[2 * (not self.first) + (not self.second)]


def main() -> int:
    """Judge every row and print the shares; 2 where a command could not be run."""
    given = arguments()
    rows = yaml.safe_load(given.file.read_text(encoding="utf-8"))["answers"]
    judged = [judge(row, given.answered) for row in rows if "accepted" in row and "second" in row]
    for one in judged:
        if given.show in ("all", one.verdict):
            print(f"{one.verdict:<23} {one.command}")
            print(f"{'':<23} {one.checkpoint}, wanted {one.wanted}")
    since = f"first released after {given.answered}"
    for title, apart in (("all rows", None), (since, True), (f"not {since}", False)):
        some = [one for one in judged if apart in (None, one.later)]
        print(f"{title}: {len(some)}")
        for name, number in counted(some).items() if some else ():
            print(f"  accepted by {name}: {number} of {len(some)} ({number / len(some):.0%})")
    return 0


def counted(judged: Sequence[Judged]) -> dict[str, int]:
    """Return how many of some rows experts accept, by who they are."""
    return {
        "either": sum(one.first or one.second for one in judged),
        "both": sum(one.first and one.second for one in judged),
        "the first": sum(one.first for one in judged),
        "the second": sum(one.second for one in judged),
    }


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("file", type=Path, help="the rows, as YAML under `answers`")
    parser.add_argument("--show", choices=("all", *VERDICTS), help="the rows to print as well")
    parser.add_argument("--answered", default="2026-11", help="year and month of the answers")
    return parser.parse_args()


def judge(row: Mapping[str, Any], answered_in: str) -> Judged:
    """Run the command of a row and hold what comes first against both lists."""
    words = shlex.split(row["command"])
    answer = answered([*words[1:], "--format", "json"])
    elsewhere = (answer.get("elsewhere") or {}).get("checkpoints", [])
    found = answer.get("checkpoints") or [{"id": id} for id in elsewhere]
    checkpoint = found[0]["id"] if found else None
    first = [*row["accepted"], *row.get("accepted_as_equal", ())]
    second = [row["second"]["first"], *row["second"].get("accept", ())]
    return Judged(
        command=" ".join(words[1:]),
        checkpoint=checkpoint,
        first=accepted(checkpoint, first),
        second=accepted(checkpoint, second),
        wanted=f"{', '.join(first)}; {', '.join(second)}",
        later=released_after(checkpoint, answered_in),
    )


def released_after(checkpoint: str | None, month: str) -> bool:
    """Return whether a checkpoint came after a month; False where nobody knows when it came."""
    entry = load_rules().checkpoints.get(checkpoint or "")
    if entry is None or entry.released is None:
        return False
    year = int(month.partition("-")[0])
    return entry.released > year or (entry.released == year and entry.checked > month)


def accepted(checkpoint: str | None, names: Iterable[str]) -> bool:
    """Return whether one of the names stands in the id of a checkpoint."""
    return checkpoint is not None and any(name.lower() in checkpoint.lower() for name in names)


def answered(words: list[str]) -> dict[str, Any]:
    """Return the JSON document of a command of advisor."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        code = run(words)
    answer: dict[str, Any] = json.loads(said.getvalue())
    if code not in (0, 1, 3):
        raise SystemExit(f"answers.py: `advisor {' '.join(words)}` exited {code}: {answer}")
    return answer


if __name__ == "__main__":
    sys.exit(main())
