"""What `advisor check` costs: `python benchmarks/scan.py FOLDER ...`, or `--tree 20000`.

Each folder is checked by a process of its own, in turn with `grep -r from_pretrained` over the same
kinds of file, so that the figure can be carried to another machine as a ratio, and with an older
advisor where `--against` names a Python that has one. All are run several times, and the median
counts: processor seconds of the whole process with its start, and its peak memory. The first round
also fills the cache of the disk, and is not counted.

`--tree N` writes N small files of mixed kinds into a folder of its own and checks those.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from advisor.scan.walk import KINDS

FILES_A_SECOND = 1_000
"""Aimed at where few files mention a checkpoint."""
_FILES = re.compile(r"in ([\d,]+) files?\b")
LOADING = """\
from transformers import BlipProcessor, BlipForConditionalGeneration

ID = "Salesforce/blip-image-captioning-base"
processor = BlipProcessor.from_pretrained(ID)
model = BlipForConditionalGeneration.from_pretrained(ID)


def caption_{number}(image):
    inputs = processor(image, return_tensors="pt")
    return processor.decode(model.generate(**inputs)[0], skip_special_tokens=True)
"""
IMPORTING = """\
from part_{near}.file_{before} import *
from transformers import AutoModel, AutoTokenizer

NAME = "bert-base-uncased-{number}"


def build(name=NAME):
    return AutoTokenizer.from_pretrained(name), AutoModel.from_pretrained(name)
"""
PLAIN = """\
import json
import os


class Table{number}:
    def __init__(self, path):
        self.path = os.path.join(path, "{number}.json")
        self.rows = {{}}

    def read(self):
        with open(self.path) as file:
            self.rows = json.load(file)
        return [row for row in self.rows.values() if row["size"] > {number}]
"""
CONFIGURATION = "model: {{name: example/model-{number}, size: {number}}}\nlearning_rate: 0.1\n"
FOLDER_OF = 100
"""Files in each folder of a tree."""


class Cost(NamedTuple):
    """What one process took, and what it wrote."""

    seconds: float
    megabytes: float
    text: str


def write_tree(folder: Path, files: int) -> None:
    """Write small files: most have nothing to do with checkpoints, as in a usual project."""
    for number in range(files):
        inner = folder / f"part_{number // FOLDER_OF}"
        inner.mkdir(exist_ok=True)
        kinds = {0: (LOADING, "py"), 1: (IMPORTING, "py"), 2: (CONFIGURATION, "yaml")}
        text, ending = kinds.get(number % 20, (PLAIN, "py"))
        before = max(number - 1, 0)
        filled = text.format(number=number, before=before, near=before // FOLDER_OF)
        (inner / f"file_{number}.{ending}").write_text(filled, encoding="utf-8")


def cost(command: list[str]) -> Cost:
    """Run a command to its end."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode(errors="replace")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, text)


def measure(folder: Path, runs: int, against: str | None) -> None:
    """Check a folder in turn with its anchors, and print the medians."""
    check = ["-I", "-m", "advisor", "check", str(folder)]
    commands = {"advisor": [sys.executable, *check]}
    if against:
        commands["before"] = [against, *check]
    include = [f"--include=*{suffix}" for suffix in KINDS]
    commands["grep -r"] = ["grep", "-rc", *include, "from_pretrained", str(folder)]
    rounds = [{name: cost(command) for name, command in commands.items()} for _ in range(runs + 1)]
    found = _FILES.search(" ".join(rounds[0]["advisor"].text.split()))
    files = int(found[1].replace(",", "")) if found else 0
    print(f"{folder.name}: {files:,} files")
    for name in commands:
        costs = [one[name] for one in rounds[1:]]
        seconds = median(each.seconds for each in costs)
        peak = median(each.megabytes for each in costs)
        ratio = median(one["advisor"].seconds / one[name].seconds for one in rounds[1:])
        rate = f"{files / seconds:7,.0f} files/s" if name != "grep -r" else " " * 15
        print(f"  {name:8} {seconds:7.2f} s  {rate}  {peak:4.0f} MB  advisor / it: {ratio:.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", help="folders to check")
    parser.add_argument(
        "--tree", type=int, default=0, metavar="N", help="check N files written now"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--against", metavar="PYTHON", help="a Python with an older advisor")
    asked = parser.parse_args()
    for folder in asked.folders:
        measure(folder.resolve(), asked.runs, asked.against)
    if asked.tree:
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder) / "tree"
            tree.mkdir()
            write_tree(tree, asked.tree)
            measure(tree, asked.runs, asked.against)


if __name__ == "__main__":
    main()
