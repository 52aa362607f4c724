"""Whether the page of `advisor site` gives the answers of `recommend --format json`.

Random profiles come in chunks, each from a seed of its own, which is printed with what was found,
so that a run which is broken off still counts; half of each is admissible by construction. The
whole document is compared. `--asked` also compares the next question of an interview. `--generated`
takes random rule bases in place of the shipped ones, 30 profiles each. With `--flip` the page gets
one rule with another effect, and a difference is what is looked for.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import random_rules  # noqa: E402
from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from site_profiles import lines  # noqa: E402

from advisor.engine.decision import Engine  # noqa: E402
from advisor.rulebase.store import load_rules  # noqa: E402
from advisor.site.page_data import page_data  # noqa: E402

CHUNK = 1000
OF_EACH_RULE_BASE = 30
FLIPPED = {"prefer": "avoid", "avoid": "prefer", "exclude": "prefer"}
SHOWN = 2000


def main() -> int:
    """Compare chunk after chunk; 1 where any profile has another answer on the page."""
    asked = _arguments()
    first = secrets.randbits(32) if asked.seed is None else asked.seed
    print(f"seed {first}, {asked.profiles} profiles", flush=True)
    compared = unequal = 0
    for cases, found in _generated(asked, first) if asked.generated else _chunks(asked, first):
        compared += cases
        unequal += found
    print(f"{compared} profiles, {unequal} unequal", flush=True)
    return 1 if bool(unequal) is not asked.flip else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--profiles", type=int, default=5000)
    parser.add_argument("--seed", type=int, help="the first seed; a fresh one if not given")
    parser.add_argument("--rules", action="append", default=[], metavar="DIR", help="an overlay")
    parser.add_argument("--priority", default="", help="criteria first, with commas between")
    parser.add_argument("--asked", action="store_true", help="the next question as well")
    parser.add_argument("--generated", action="store_true", help="random rule bases")
    parser.add_argument("--flip", action="store_true", help="give the page another effect")
    return parser.parse_args()


def _chunks(asked: argparse.Namespace, first: int) -> Iterable[tuple[int, int]]:
    rulebase = load_rules(overlays=tuple(asked.rules))
    priority = tuple(filter(None, asked.priority.split(",")))
    engine = Engine(rulebase, priority)
    data = page_data(rulebase, priority)
    if asked.flip:
        _flip(data, random.Random(first))
    for number, begin in enumerate(range(0, asked.profiles, CHUNK)):
        size = min(CHUNK, asked.profiles - begin)
        yield _compared(data, engine, first + number, size, asked.asked)


def _generated(asked: argparse.Namespace, first: int) -> list[tuple[int, int]]:
    found = []

    @seed(first)
    @settings(
        max_examples=asked.profiles // OF_EACH_RULE_BASE,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(of=random_rules.facts(), ahead=st.booleans(), at=st.integers(0, 2**32))
    def compare(of: Any, ahead: bool, at: int) -> None:
        priority = (of["criterion"][-1]["id"],) if ahead else ()
        engine = random_rules.engine_for(of, priority)
        data = page_data(engine.rulebase, priority)
        found.append(_compared(data, engine, at, OF_EACH_RULE_BASE, asked.asked))

    compare()
    return found


def _flip(data: dict[str, Any], draw: random.Random) -> None:
    """Give one rule another effect in what the page is given."""
    place = data["layouts"]["Rule"]["fields"].index("effect")
    rules = data["rows"]["rules"] = copy.deepcopy(data["rows"]["rules"])
    row = draw.choice(rules)
    row[place] = FLIPPED[row[place]]
    print(f"the page has another effect for the rule {row[0]}", flush=True)


def _compared(
    data: dict[str, Any], engine: Engine, seed: int, number: int, asked: bool
) -> tuple[int, int]:
    """Hold the page's engine to one chunk; return how many cases there were, how many unequal."""
    began = time.monotonic()
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(data, file)
        file.flush()
        with subprocess.Popen(
            [str(shutil.which("node")), str(ROOT / "site" / "tools" / "equal.js"), file.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        ) as node, ThreadPoolExecutor(1) as reader:  # fmt: skip
            assert node.stdin
            assert node.stdout
            said = reader.submit(node.stdout.read)
            for line in lines(engine, seed, number, asked=asked):
                node.stdin.write(f"{line}\n")
            node.stdin.close()
            found = json.loads(said.result())
    seconds = time.monotonic() - began
    told = f"seed {seed}: {found['cases']} cases, {found['unequal']} unequal, {seconds:.0f} s"
    print(told, flush=True)
    for one in found["first"][:1]:
        print(json.dumps(one)[:SHOWN], flush=True)
    return found["cases"], found["unequal"]


if __name__ == "__main__":
    sys.exit(main())
