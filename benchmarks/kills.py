"""Stop every command that writes, at many moments, with three signals, and look at what is left.

`python benchmarks/kills.py --instants 30`: for each command and signal a count of files that are
neither old nor new, of stray files, and of runs that did not recover afterwards. Exit 1 where any
count is not 0; strays of SIGKILL cannot be helped and are counted apart.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

CODE = (
    "from transformers import AutoModelForVision2Seq\n"
    'm = AutoModelForVision2Seq.from_pretrained("Salesforce/blip-image-captioning-base")\n'
)
CHOICE = "{name: a, checkpoint: Salesforce/blip-vqa-base, needs: {task: vqa}}"
ADVISOR = [sys.executable, "-m", "advisor"]
FORMATS = ("json", "markdown", "html", "sarif", "junit")
OUTPUTS = [word for format in FORMATS for word in ("--output", f"{format}=report.{format}")]
COMMANDS = {
    "check --fix": ["check", "--fix", "."],
    "check --lock": ["check", "--lock", "."],
    "check --write-baseline": ["check", "--write-baseline", "known.json", "."],
    "check --output": ["check", *OUTPUTS, "."],
    "init --force": ["init", "--force"],
    "rules docs": ["rules", "docs"],
    "recommend --output": ["recommend", "--task", "captioning", "--output", "html=a.html"],
}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def project(folder: Path) -> None:
    """Write a project with something to do for every command."""
    for number in range(40):
        (folder / f"f{number:03}.py").write_text(CODE)
    (folder / "advisor.yaml").write_text(f"choices:\n  - {CHOICE}\n")
    (folder / "known.json").write_text('{"baseline_version": 1, "findings": []}\n')


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with what it holds."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def stopped(command: list[str], before: Path, seconds: float, number: int) -> dict[str, bytes]:
    """Run a command in a copy of a folder, stop it after some time, and return the files."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        shutil.copytree(before, folder)
        run = subprocess.Popen(
            [*ADVISOR, *command],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        time.sleep(seconds)
        run.send_signal(number)
        run.wait()
        left = files(folder)
        subprocess.run([*ADVISOR, *command], cwd=folder, capture_output=True, check=False)
        again = files(folder)
    return left | {f"\0{name}": content for name, content in again.items()}


def main() -> int:
    """Print a line for each command and signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instants", type=int, default=30)
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    os.environ.pop("ADVISOR_RULES", None)
    wrong = 0
    for name, command in COMMANDS.items():
        with tempfile.TemporaryDirectory() as place:
            before, after = Path(place) / "before", Path(place) / "after"
            before.mkdir()
            project(before)
            shutil.copytree(before, after)
            start = time.monotonic()
            subprocess.run([*ADVISOR, *command], cwd=after, capture_output=True, check=False)
            whole = time.monotonic() - start
            old, new = files(before), files(after)
            for number in SIGNALS:
                counts: Counter[str] = Counter()
                for instant in range(given.instants):
                    seconds = whole * (instant + 0.5) / given.instants
                    found = stopped(command, before, seconds, number)
                    for file, content in found.items():
                        if not file.startswith("\0"):
                            known = content in (old.get(file), new.get(file))
                            counts["stray" if file not in old | new else "half"] += not known
                    recovered = {file[1:]: one for file, one in found.items() if file[0] == "\0"}
                    counts["not recovered"] += any(
                        recovered.get(file) != content for file, content in new.items()
                    )
                word = signal.Signals(number).name
                said = ", ".join(
                    f"{counts[one]} {one}" for one in ("half", "stray", "not recovered")
                )
                sys.stdout.write(f"{name:24} {word:8} {given.instants} instants: {said}\n")
                sys.stdout.flush()
                strays = 0 if number == signal.SIGKILL else counts["stray"]
                wrong += counts["half"] + counts["not recovered"] + strays
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
