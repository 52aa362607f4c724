"""Cold starts: how long a fresh process takes to answer, against `python -c pass`.

Measured: the wall time of one process from start to exit, with nothing on standard input and its
output thrown away. The anchor is `python -c pass` of the same interpreter; peers are command
lines that also recommend or look up models, measured in the same rounds. One round runs every
command once (A B C A B C ...), so that a busy moment of the machine falls on all of them; a first
round, not counted, fills the disk cache and writes bytecode. On an idle machine the median is what
counts. On a busy one it flatters: waiting adds about as much to the anchor as to the rest, and the
ratio shrinks. Where the anchor's median is far above its least, believe the ratio of the least.

Peers that ask the network for every answer are measured on their help alone, and
HF_HUB_OFFLINE=1 keeps the others from trying.

    python benchmarks/start.py --advisor "$(command -v advisor)" \
        --peer jetfit="$(command -v jetfit)" --peer caniarun="$(command -v caniarun)"
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

TASK = ["recommend", "--task", "captioning"]


class Peer(NamedTuple):
    """What is run of a peer; `recommend` is None where it cannot answer without the network."""

    help: list[str]
    recommend: list[str] | None


PEERS = {
    "jetfit": Peer(["--help"], ["recommend", "--json"]),
    "caniarun": Peer(["--help"], ["scan", "--json"]),
    "hf-mem": Peer(["--help"], None),
    "whichllm": Peer(["--help"], None),
    "hf": Peer(["--help"], None),
}


class Command(NamedTuple):
    """One command line under the name that the table shows."""

    name: str
    words: list[str]


def main() -> int:
    """Measure and print a table; 2 where a command cannot be run."""
    given = arguments()
    peers = dict(peer.split("=", 1) for peer in given.peer)
    commands = [
        Command("python -c pass", [given.python, "-c", "pass"]),
        Command("advisor --help", [given.advisor, "--help"]),
        Command(f"advisor {' '.join(TASK)}", [given.advisor, *TASK]),
        Command(f"advisor {' '.join(TASK)} --json", [given.advisor, *TASK, "--json"]),
    ]
    for name, path in peers.items():
        peer = PEERS[name]
        commands += [
            Command(f"{name} {' '.join(words)}", [path, *words])
            for words in (peer.help, peer.recommend)
            if words
        ]
    times: dict[str, list[float]] = {command.name: [] for command in commands}
    for turn in range(given.runs + 1):
        for command in commands:
            try:
                took = start(command)
            except (OSError, subprocess.SubprocessError) as error:
                print(f"start.py: `{command.name}` cannot be measured: {error}", file=sys.stderr)
                return 2
            if turn:
                times[command.name].append(took)
    print(table(times))
    print()
    print(conditions(given.runs))
    print(left_out(peers))
    return 0


def arguments() -> argparse.Namespace:
    """Return the command line, checked."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n\n")[0],
        epilog=f"Peers known: {', '.join(PEERS)}. All are on PyPI (hf is in huggingface-hub).",
    )
    parser.add_argument("--advisor", metavar="PATH", required=True, help="the advisor executable")
    parser.add_argument(
        "--peer",
        metavar="NAME=PATH",
        action="append",
        default=[],
        help="a peer's executable; repeat at will",
    )
    parser.add_argument(
        "--python",
        metavar="PATH",
        default=sys.executable,
        help="the interpreter of the anchor; give the one that advisor runs on (default: this one)",
    )
    parser.add_argument(
        "--runs", metavar="N", type=int, default=15, help="rounds counted (default 15)"
    )
    given = parser.parse_args()
    for peer in given.peer:
        name, separator, path = peer.partition("=")
        if name not in PEERS or not separator or not path:
            parser.error(f"`--peer {peer}` is not NAME=PATH with one of {', '.join(PEERS)}")
    if given.runs < 1:
        parser.error("`--runs` has to be at least 1")
    return given


def start(command: Command) -> float:
    """Run a command in a fresh process and return its milliseconds.

    Raises CalledProcessError where it fails, so that no error message is timed as an answer.
    """
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "NO_COLOR": "1"}
    before = time.perf_counter()
    done = subprocess.run(
        command.words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        check=False,  # and no timeout: waiting with one polls, in steps of up to 50 ms
    )
    took = (time.perf_counter() - before) * 1000
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, Path(command.words[0]).name)
    return took


def table(times: dict[str, list[float]]) -> str:
    """Return a Markdown table; the first command is what the others are divided by."""
    first = next(iter(times.values()))
    anchor, idle = statistics.median(first), min(first)
    rows = [
        "| fresh process | median ms | times `python -c pass` | least ms | times its least |",
        "| --- | --: | --: | --: | --: |",
    ]
    for name, taken in times.items():
        median = statistics.median(taken)
        least = min(taken)
        typical = f"{median:.0f} | {median / anchor:.1f}"
        rows.append(f"| `{name}` | {typical} | {least:.0f} | {least / idle:.1f} |")
    return "\n".join(rows)


def conditions(runs: int) -> str:
    """Return what the figures depend on."""
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    return (
        f"{runs} interleaved runs each; Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores{load}."
    )


def left_out(peers: dict[str, str]) -> str:
    """Return which peers are missing from the table, and of which only the help is in it."""
    absent = [name for name in PEERS if name not in peers]
    helped = [name for name in peers if PEERS[name].recommend is None]
    said = []
    if absent:
        said.append(f"Not given, so left out: {', '.join(absent)}.")
    if helped:
        said.append(f"Help alone, because answering needs the network: {', '.join(helped)}.")
    return " ".join(said)


if __name__ == "__main__":
    sys.exit(main())
