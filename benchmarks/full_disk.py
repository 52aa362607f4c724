"""Give every command that writes a disk that is full, and look at what it says and leaves.

`python benchmarks/full_disk.py [COMMAND]...`: each command runs in a folder of its own, and every
file that it writes there may be so large and no larger: nothing at all at first, then half of the
largest that it writes. With `--mount` (for root, on Linux) the folder is a small disk that is
really full. A line says how it ended. Exit 1 where a command says anything but one sentence with a
hint and exit code 2, or leaves a file that is neither old nor new.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from kills import KEPT_ON_THE_WAY, each_writer, files
from writers import WRITERS, Writer

CANNOT, GOES_ON, NAMES_EACH = 2, ("rules cache",), "check --fix"
"""Its exit code; what writes only what can be done without; what says it of each file."""
LEFT = 8_192


class Ended(NamedTuple):
    """How a command ended: its code, and what it said on stderr."""

    code: int
    said: str


def run(writer: Writer, folder: Path, most: int | None) -> Ended:
    """Run a command in a folder, where no file of it may be larger than `most` bytes."""
    said = folder.with_name("said")
    forked = multiprocessing.get_context("fork").Process(
        target=_inside, args=(writer, folder, said, most)
    )
    forked.start()
    forked.join()
    return Ended(forked.exitcode or 0, said.read_text(encoding="utf-8"))


def _inside(writer: Writer, folder: Path, said: Path, most: int | None) -> None:
    """Be the command; what it says goes through a pipe, which no limit holds for."""
    from advisor.cli.main import main as program

    reader = subprocess.Popen(["tee", str(said)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert reader.stdin is not None
    os.dup2(reader.stdin.fileno(), 2)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(0, 1)
    os.chdir(folder)
    os.environ["ADVISOR_CACHE"] = str(folder / "cache" if "our" in writer.words else said.parent)
    os.environ |= {"HF_HOME": str(said.parent / "hf"), "TMPDIR": str(said.parent)}
    tempfile.tempdir = None
    sys.argv[1:] = writer.words
    sys.dont_write_bytecode = True  # Python would put what fits of it in place
    if most is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    code = 0
    try:
        program()
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.stderr.flush()
        reader.stdin.close()
        os.close(2)
        reader.wait()
        os._exit(code)


def kept(found: dict[str, bytes]) -> dict[str, bytes]:
    """Return files without those that a second run goes on from."""
    parted = ((name, content, name.split("/")) for name, content in found.items())
    return {
        name: content for name, content, parts in parted
        if not any(part.startswith(KEPT_ON_THE_WAY) for part in parts)
    }  # fmt: skip


def wrong(name: str, ended: Ended, folder: Path, before: Path, after: Path) -> list[str]:
    """Return what is wrong with how a command ended, and with what it left."""
    found, old, new = kept(files(folder)), files(before), files(after)
    half = [
        file for file, content in found.items()
        if content != old.get(file) and (file not in new or len(content) < len(new[file]) // 2)
    ]  # fmt: skip
    lines = [line for line in ended.said.splitlines() if line.startswith("advisor: ")]
    problems = [f"half written: {', '.join(half)}"] if half else []
    if name not in GOES_ON and ended.code != CANNOT:
        problems.append(f"exit {ended.code}")
    if name not in (*GOES_ON, NAMES_EACH) and (len(lines) != 1 or "  hint: " not in ended.said):
        problems.append(f"says {ended.said[-300:]!r}")
    if "bug in advisor" in ended.said or "Traceback" in ended.said:
        problems.append(f"a bug: {ended.said[-300:]!r}")
    return problems


def tried(name: str, writer: Writer, place: Path, *, mount: bool) -> list[str]:
    """Run a command to its end, then with ever less room; return what is wrong."""
    (before := place / "before").mkdir()
    writer.prepare(before)
    shutil.copytree(before, after := place / "after")
    run(writer, after, None)
    new = {file: one for file, one in files(after).items() if one != files(before).get(file)}
    largest = max(map(len, new.values()), default=0)
    problems = []
    for most in (None,) if mount else (0, largest // 2):
        folder = place / "project"
        if mount:
            _mounted(folder, before)
        else:
            shutil.copytree(before, folder)
        try:
            ended = run(writer, folder, most)
            said = next((one for one in ended.said.splitlines() if "advisor: " in one), "")
            room = "full disk" if mount else f"{most} bytes"
            print(f"{name:26} {room:>14}: exit {ended.code} {said[:150]}", flush=True)
            problems += wrong(name, ended, folder, before, after)
        finally:
            if mount:
                subprocess.run(["umount", folder], check=True)
            shutil.rmtree(folder)
    return problems


def _mounted(folder: Path, before: Path) -> None:
    """Make a disk that holds a copy of a folder, and next to nothing more."""
    folder.mkdir()
    size = sum(len(one) + 4096 for one in files(before).values()) + 64 * LEFT
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    subprocess.run(words, check=True)
    shutil.copytree(before, folder, dirs_exist_ok=True)
    with suppress(OSError), (folder / "unfinished-filler").open("wb") as filler:
        while True:
            filler.write(b"\0" * LEFT)
            filler.flush()


def main() -> int:
    """Print a line for each command and room, and each problem."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mount", action="store_true", help="a small disk that is really full")
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help=", ".join(WRITERS))
    given = parser.parse_args()
    count = 0
    for name, writer, place in each_writer(given.commands):
        for problem in tried(name, writer, place, mount=given.mount):
            print(f"  {problem}", flush=True)
            count += 1
    print(f"{count} wrong")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
