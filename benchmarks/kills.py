"""Stop every command that writes, at many moments, with three signals, and look at what is left.

`python benchmarks/kills.py --instants 30 [COMMAND]...`: for each command and signal a count of
files that are neither old nor new, of stray files, and of runs that did not recover afterwards.
Exit 1 where any count is not 0; strays of SIGKILL cannot be helped and are counted apart.

What differs between two undisturbed runs, as times do, is held to be whole where it ends as theirs
do. A training keeps its state under `unfinished/`, and an evaluation a journal: neither is stray.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from writers import HUB_IDS, WRITERS, Writer

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
KEPT_ON_THE_WAY = ("unfinished", "journal", "run")
"""Files and folders with such names hold what a second run goes on from."""
END = 12
HUB_ANSWER = {
    "sha": "0123456789abcdef0123456789abcdef01234567",
    "lastModified": "2027-01-02T03:04:05.000Z",
    "gated": False,
    "pipeline_tag": "image-to-text",
    "safetensors": {"parameters": {"F32": 384672572}, "total": 384672572},
    "cardData": {"license": "mit", "language": ["en"]},
    "siblings": [],
    "tags": [],
}


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with what it holds."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def run(writer: Writer, folder: Path, stop: tuple[float, int] | None = None) -> float:
    """Run a command in a folder, whose cache and home are inside it; return its seconds.

    With `stop`, send it a signal after some time.
    """
    variables = {**os.environ, "HF_HOME": str(folder.parent / "hf"), "OMP_NUM_THREADS": "1"}
    if "our" in writer.words or writer.program:  # whose cache is what is looked at
        variables["ADVISOR_CACHE"] = str(folder / "cache")
    start = time.monotonic()
    if writer.heavy:
        forked = multiprocessing.get_context("fork").Process(
            target=_inside, args=(writer, folder, variables)
        )
        forked.start()
        number, wait = forked.pid or 0, forked.join
    else:
        null = subprocess.DEVNULL
        running = subprocess.Popen(
            writer.line, cwd=folder, stdout=null, stderr=null, stdin=null, env=variables
        )
        number, wait = running.pid, running.wait
    if stop is not None:
        time.sleep(stop[0])
        with suppress(ProcessLookupError):
            os.kill(number, stop[1])
    wait()
    return time.monotonic() - start


def _inside(writer: Writer, folder: Path, variables: dict[str, str]) -> None:
    """Be the command, in a process where torch is there already."""
    from advisor.cli.main import main as program

    os.chdir(folder)
    os.environ.update(variables)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    sys.argv[1:] = writer.words
    try:
        program()
    finally:
        os._exit(0)


def _import_what_takes_long() -> None:
    """Import what heavy commands do, before any of them is begun."""
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
    """What a command makes of a folder: before, after, what else a second run made, its time."""

    before: dict[str, bytes]
    after: dict[str, bytes]
    again: dict[str, bytes]
    seconds: float

    def whole(self, file: str, content: bytes) -> bool:
        """True where a file is as before, as after, or differs from run to run and ends as ever."""
        if content in (self.before.get(file), self.after.get(file), self.again.get(file)):
            return True
        varies = self.after.get(file) != self.again.get(file)
        return varies and content[-END:].strip() == self.after.get(file, b"")[-END:].strip()


def undisturbed(writer: Writer, before: Path) -> Undisturbed:
    """Run a command twice to its end."""
    made, seconds = [], 0.0
    for name in ("after", "again"):
        folder = Path(shutil.copytree(before, before.with_name(name)))
        seconds = run(writer, folder)
        made.append(files(folder))
    if made[0].keys() != made[1].keys() or not made[0].keys() | files(before).keys():
        sys.stderr.write(f"{writer.line}: two runs write other files\n")
    return Undisturbed(files(before), made[0], made[1], seconds)


def counted(
    writer: Writer, before: Path, known: Undisturbed, number: int, instants: int
) -> Counter[str]:
    """Stop a command at so many moments of its time; count what is wrong with what is left."""
    counts: Counter[str] = Counter()
    for instant in range(instants):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(shutil.copytree(before, Path(place) / "project"))
            run(writer, folder, (known.seconds * (instant + 0.5) / instants, number))
            for file, content in files(folder).items():
                on_the_way = any(part.startswith(KEPT_ON_THE_WAY) for part in file.split("/"))
                if file not in known.before and file not in known.after:
                    counts["stray"] += not on_the_way
                elif not known.whole(file, content):
                    counts["half"] += not on_the_way
            run(writer, folder)
            left = files(folder)
            bad = [
                f for f in known.after
                if not Path(f).name.startswith("timing")
                and (f not in left or not known.whole(f, left[f]))
            ]  # fmt: skip
            counts["not recovered"] += bool(bad)
    return counts


@contextmanager
def hub() -> Iterator[None]:
    """Answer for the Hub on loopback, as far as commands on the catalogue ask."""
    from small_hub import COMMIT, Hub

    small = Hub()
    config = json.dumps({"architectures": ["BlipForConditionalGeneration"], "model_type": "blip"})
    for id in HUB_IDS:
        small.answers[id] = {**HUB_ANSWER, "id": id, "sha": COMMIT,
                             "siblings": [{"rfilename": "config.json"}]}  # fmt: skip
        small.files[id, "config.json"] = config.encode()
    os.environ |= {"HF_ENDPOINT": small.address}
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN"):
        os.environ.pop(name, None)
    yield
    small.close()


def main() -> int:
    """Print a line for each command and signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instants", type=int, default=30)
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help=", ".join(WRITERS))
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    os.environ.pop("ADVISOR_RULES", None)
    wrong = runs = 0
    with hub():
        for name in given.commands or sorted(WRITERS, key=lambda one: WRITERS[one].heavy):
            writer = WRITERS[name]
            if writer.heavy:
                _import_what_takes_long()
            with tempfile.TemporaryDirectory() as place:
                (before := Path(place) / "before").mkdir()
                writer.prepare(before)
                known = undisturbed(writer, before)
                new = [one for one in known.after if known.after[one] != known.before.get(one)]
                if not new:
                    sys.stdout.write(f"{name:26} writes nothing: nothing is shown\n")
                    wrong += 1
                    continue
                for number in SIGNALS:
                    counts = counted(writer, before, known, number, given.instants)
                    runs += given.instants
                    word = signal.Signals(number).name
                    kinds = ("half", "stray", "not recovered")
                    said = ", ".join(f"{counts[one]} {one}" for one in kinds)
                    sys.stdout.write(
                        f"{name:26} {word:8} {given.instants} instants in {known.seconds:.1f} s, "
                        f"{len(new)} files: {said}\n"
                    )
                    sys.stdout.flush()
                    strays = 0 if number == signal.SIGKILL else counts["stray"]
                    wrong += counts["half"] + counts["not recovered"] + strays
    sys.stdout.write(f"{runs} runs, {wrong} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
