"""Stop every command that writes, at many moments, with three signals, and look at what is left.

`python benchmarks/kills.py --instants 30 [COMMAND]...`: for each command and signal a count of
files that are neither old nor new, of stray files, and of runs that did not recover afterwards.
`--steps` stops them at each change that Python makes to the folder instead of at moments of time:
whenever a file is opened to be written, renamed, removed, and so on, one run for each; `--again`
sends the signal at each change after that one as well, which is while what is half done is undone.
What is left in the folder for temporary files is stray as well. Exit 1 where any count is not 0;
strays of SIGKILL cannot be helped and are counted apart.

What differs between two undisturbed runs, as times do, is held to be whole where it ends as theirs
do. A training keeps its state under `unfinished/`, and an evaluation a journal: neither is stray.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from writers import WRITERS, Writer

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
KEPT_ON_THE_WAY = ("unfinished", "journal", "run")
"""Files and folders with such names hold what a second run goes on from."""
END = 12
CHANGES = {
    f"os.{each}" for each in ("mkdir", "rmdir", "rename", "remove", "chmod", "chown", "link")
}
"""What Python says of itself (`sys.addaudithook`) before it changes a folder, beside `open`."""
STEPS = "steps"
PASSING = "tmp"
"""The folder beside a project in which a command keeps its temporary files."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with what it holds."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


class Stop(NamedTuple):
    """A signal that a command gets: after some seconds, or at the nth change that it makes.

    With `again` at each change after that one too.
    """

    number: int
    seconds: float = 0.0
    step: int = 0
    again: bool = False


def run(writer: Writer, folder: Path, stop: Stop | None = None) -> float:
    """Run a command in a folder, whose cache and home are inside it; return its seconds."""
    (passing := folder.parent / PASSING).mkdir(exist_ok=True)
    variables = {**os.environ, "HF_HOME": str(folder.parent / "hf"), "OMP_NUM_THREADS": "1"}
    variables["TMPDIR"] = str(passing)
    if "our" in writer.words:  # whose cache is what is looked at
        variables["ADVISOR_CACHE"] = str(folder / "cache")
    start = time.monotonic()
    forked = multiprocessing.get_context("fork").Process(
        target=_inside, args=(writer, folder, variables, stop)
    )
    forked.start()
    if stop is not None and not stop.step:
        time.sleep(stop.seconds)
        with suppress(ProcessLookupError):
            os.kill(forked.pid or 0, stop.number)
    forked.join()
    return time.monotonic() - start


def _inside(writer: Writer, folder: Path, variables: dict[str, str], stop: Stop | None) -> None:
    """Be the command, in a process where what it imports is there already."""
    from advisor.cli.main import main as program

    os.chdir(folder)
    os.environ.update(variables)
    tempfile.tempdir = None  # which is remembered
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    sys.argv[1:] = writer.words
    _count_changes(folder, stop)
    try:
        program()
    finally:
        os._exit(0)


def _count_changes(folder: Path, stop: Stop | None) -> None:
    """Count the changes that this process makes to a folder; get the signal at one of them."""
    seen, count = folder.with_name(STEPS), 0
    places = {folder, folder.with_name(PASSING)}

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if not (event in CHANGES or (event == "open" and (arguments[2] or 0) & WRITING)):
            return
        if isinstance(arguments[0], int) or not places & {*Path(arguments[0]).absolute().parents}:
            return
        count += 1
        if stop is None:
            os.pwrite(written, str(count).encode(), 0)
        elif count == stop.step or (stop.again and count > stop.step > 0):
            os.kill(os.getpid(), stop.number)

    written = os.open(seen, os.O_WRONLY | os.O_CREAT)
    sys.addaudithook(hook)


def _import_commands() -> None:
    """Import what commands are made of, before any of them is begun."""
    import advisor.cli.main  # noqa: F401
    from advisor.cli.program import COMMANDS, Group
    from advisor.console.commands import command_at

    for entry in COMMANDS.values():
        for command in entry.commands.values() if isinstance(entry, Group) else (entry,):
            command_at(command.home)


def _import_networks() -> None:
    """Import what heavy commands do beside that."""
    import torch
    import transformers

    torch.set_num_threads(1)
    for name in (
        "AutoModel", "AutoProcessor", "AutoTokenizer", "BertForMaskedLM", "CLIPModel", "ViTModel",
        "CLIPProcessor", "PreTrainedModel", "Trainer", "VisionEncoderDecoderModel",
    ):  # fmt: skip
        getattr(transformers, name)
    import advisor.unified_vlp  # noqa: F401


class Undisturbed(NamedTuple):
    """What a command makes of a folder: before, after, what else a second run made, its time.

    `steps` is how many changes it makes, and files in `tells` say how a run went.
    """

    before: dict[str, bytes]
    after: dict[str, bytes]
    again: dict[str, bytes]
    seconds: float
    steps: int
    tells: tuple[str, ...]

    def stops(self, number: int, instants: int, *, again: bool) -> list[Stop]:
        """Return when to send a signal: at so many moments; at each change where there are none."""
        if not instants:
            return [Stop(number, step=step + 1, again=again) for step in range(self.steps)]
        return [Stop(number, self.seconds * (n + 0.5) / instants) for n in range(instants)]

    def whole(self, file: str, content: bytes) -> bool:
        """True where a file is as before, as after, or differs from run to run and ends as ever."""
        if content in (self.before.get(file), self.after.get(file), self.again.get(file)):
            return True
        varies = self.after.get(file) != self.again.get(file) or file in self.tells
        return varies and content[-END:].strip() == self.after.get(file, b"")[-END:].strip()


def undisturbed(writer: Writer, before: Path) -> Undisturbed:
    """Run a command twice to its end."""
    made: list[dict[str, bytes]] = []
    seconds = 0.0
    for name in ("after", "again"):
        folder = Path(shutil.copytree(before, before.with_name(name)))
        seconds = run(writer, folder)
        made.append(files(folder))
    if made[0].keys() != made[1].keys() or not made[0].keys() | files(before).keys():
        sys.stderr.write(f"{' '.join(writer.words)}: two runs write other files\n")
    seen = before.with_name(STEPS)
    steps = int(seen.read_text()) if seen.exists() else 0
    return Undisturbed(files(before), *made, seconds, steps, writer.tells)


def counted(writer: Writer, before: Path, known: Undisturbed, stops: list[Stop]) -> Counter[str]:
    """Stop a command so many times; count what is wrong with what is left."""
    counts: Counter[str] = Counter()
    for instant, stop in enumerate(stops):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(shutil.copytree(before, Path(place) / "project"))
            run(writer, folder, stop)
            left = {
                file: content for file, content in files(folder).items()
                if not any(part.startswith(KEPT_ON_THE_WAY) for part in file.split("/"))
            }  # fmt: skip
            strays = sorted(left.keys() - known.before.keys() - known.after.keys())
            strays += sorted(each.name for each in folder.with_name(PASSING).iterdir())
            known_files = left.keys() - strays
            halves = sorted(file for file in known_files if not known.whole(file, left[file]))
            run(writer, folder)
            left = files(folder)
            lost = [
                file for file in known.after
                if not Path(file).name.startswith("timing")
                and (file not in left or not known.whole(file, left[file]))
            ]  # fmt: skip
            counts += Counter(
                {"half": len(halves), "stray": len(strays), "not recovered": bool(lost)}
            )
            for kind, found in (("half", halves), ("stray", strays), ("not recovered", lost)):
                if found and (kind, stop.number) != ("stray", signal.SIGKILL):
                    sys.stderr.write(f"  instant {instant}: {kind}: {', '.join(found)}\n")
    return counts


def each_writer(names: Sequence[str]) -> Iterator[tuple[str, Writer, Path]]:
    """Yield commands, the light ones first, each with a folder; what they import is there then."""
    os.environ.pop("ADVISOR_RULES", None)
    _import_commands()
    for name in names or sorted(WRITERS, key=lambda one: WRITERS[one].heavy):
        if WRITERS[name].heavy:
            _import_networks()
        with tempfile.TemporaryDirectory() as place:
            yield name, WRITERS[name], Path(place)


def main() -> int:
    """Print a line for each command and signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instants", type=int, default=30)
    parser.add_argument("--steps", action="store_true", help="at each change to the folder instead")
    parser.add_argument("--again", action="store_true", help="with --steps: and at all after it")
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help=", ".join(WRITERS))
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    wrong = runs = 0
    for name, writer, place in each_writer(given.commands):
        (before := place / "before").mkdir()
        writer.prepare(before)
        known = undisturbed(writer, before)
        new = [one for one in known.after if known.after[one] != known.before.get(one)]
        if not new:
            sys.stdout.write(f"{name:26} writes nothing: nothing is shown\n")
            wrong += 1
            continue
        for number in SIGNALS:
            instants = 0 if given.steps or given.again else given.instants
            stops = known.stops(number, instants, again=given.again)
            counts = counted(writer, before, known, stops)
            runs += len(stops)
            word = signal.Signals(number).name
            kinds = ("half", "stray", "not recovered")
            said = ", ".join(f"{counts[one]} {one}" for one in kinds)
            moments = "instants" if instants else "steps"
            sys.stdout.write(
                f"{name:26} {word:8} {len(stops)} {moments} in {known.seconds:.1f} s, "
                f"{len(new)} files: {said}\n"
            )
            sys.stdout.flush()
            strays = 0 if number == signal.SIGKILL else counts["stray"]
            wrong += counts["half"] + counts["not recovered"] + strays
    sys.stdout.write(f"{runs} runs, {wrong} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
