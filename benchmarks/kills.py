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
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
CODE = (
    "from transformers import AutoModelForVision2Seq\n"
    'm = AutoModelForVision2Seq.from_pretrained("Salesforce/blip-image-captioning-base")\n'
)
CHOICE = "{name: a, checkpoint: Salesforce/blip-vqa-base, needs: {task: vqa}}"
ADVISOR = (sys.executable, "-m", "advisor")
FORMATS = ("json", "markdown", "html", "sarif", "junit")
OUTPUTS = [word for format in FORMATS for word in ("--output", f"{format}=report.{format}")]
CAPTIONING = ("--task", "captioning")
IMAGE = str(ROOT / "examples" / "images" / "red-circle.png")
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
HUB_IDS = ("Salesforce/blip-vqa-base", "openai/clip-vit-base-patch32", "my-lab/blip")
INTERVIEW = (
    "import advisor\n"
    "from advisor.cli.main import main\n"
    "from advisor.interview.saved_interview import SavedInterview\n"
    "from advisor.interview.session import Session\n"
    "import advisor.interview.command as command, sys\n"
    "from advisor.cli.main import _take_signals\n"
    "_take_signals()\n"
    "session = Session(advisor.Engine(advisor.load_rules()))\n"
    "for question, answer in (('task', 'captioning'), ('images', 'one'), ('training', 'pairs')):\n"
    "    try:\n"
    "        session.answer(question, answer)\n"
    "    except advisor.AdvisorError:\n"
    "        continue\n"
    "    SavedInterview().write(session)\n"
)


class Writer(NamedTuple):
    """A command that writes: its words, or a program, and what it needs in its folder."""

    words: tuple[str, ...]
    prepare: Callable[[Path], None] = lambda _folder: None
    program: str = ""

    @property
    def line(self) -> list[str]:
        """The command line."""
        return [sys.executable, "-c", self.program] if self.program else [*ADVISOR, *self.words]


def code(folder: Path) -> None:
    """Write a project with something to do for every command on code."""
    for number in range(40):
        (folder / f"f{number:03}.py").write_text(CODE)
    (folder / "advisor.yaml").write_text(f"choices:\n  - {CHOICE}\n")
    (folder / "known.json").write_text('{"baseline_version": 1, "findings": []}\n')


def overlay(folder: Path) -> None:
    """Write an overlay that no cache knows yet."""
    (folder / "our").mkdir()
    source = {"id": "ours", "title": "Our trials", "kind": "results", "read": "2026-11"}
    (folder / "our" / "sources.yaml").write_text(json.dumps({"sources": [source]}))


def pictures(folder: Path) -> None:
    """Write pictures with captions, and tiny networks to train."""
    from PIL import Image

    rows = []
    for number, colour in enumerate(["red", "blue"] * 4):
        Image.new("RGB", (32, 32), colour).save(folder / f"{number}.png")
        rows.append(f"{number}.png,a {colour} square")
    (folder / "pairs.csv").write_text("image,text\n" + "\n".join(rows) + "\n")


def parts(folder: Path) -> None:
    """Write an encoder and a decoder to join, beside pictures to train on."""
    sys.path.insert(0, str(ROOT / "tests" / "trial"))
    import torch
    import transformers
    from networks import TEXT, VISION, bert_tokenizer

    pictures(folder)
    torch.manual_seed(3)
    words = bert_tokenizer()
    transformers.ViTModel(transformers.ViTConfig(**VISION)).save_pretrained(folder / "vit")
    images = transformers.ViTImageProcessorPil(size={"height": 32, "width": 32})
    images.save_pretrained(folder / "vit")
    config = transformers.BertConfig(**TEXT, vocab_size=len(words))
    transformers.BertForMaskedLM(config).save_pretrained(folder / "bert")
    words.save_pretrained(folder / "bert")


TRAINING = ("--epochs", "2", "--batch-size", "2", "--checkpoint-every", "1")
WRITERS = {
    "check --fix": Writer(("check", "--fix", "."), code),
    "check --lock": Writer(("check", "--lock", "."), code),
    "check --write-baseline": Writer(("check", "--write-baseline", "known.json", "."), code),
    "check --output": Writer(("check", *OUTPUTS, "."), code),
    "init --force": Writer(("init", "--force"), code),
    "rules docs": Writer(("rules", "docs")),
    "rules cache": Writer(("list", "criteria", "--rules", "our"), overlay),
    "recommend --output": Writer(("recommend", *CAPTIONING, "--output", "html=a.html")),
    "explain --output": Writer(("explain", *CAPTIONING, "--output", "json=a.json")),
    "code --output": Writer(("code", *CAPTIONING, "--output", "python=a.py")),
    "ask keeps": Writer((), program=INTERVIEW),
    "catalogue refresh --write": Writer(
        ("catalogue", "refresh", *HUB_IDS[:2], "--write", "--rules", "new", "--today", "2027-02-03")
    ),
    "catalogue add --write": Writer(
        ("catalogue", "add", HUB_IDS[2], "--family", "unified-vlp", "--write", "--rules", "new",
         "--today", "2027-02-03")
    ),
    "skills add": Writer(("skills", "add", ".")),
    "try --vectors": Writer(
        ("try", "--image", IMAGE, "--task", "embeddings", "--checkpoint", "demo:clip",
         "--repeat", "0", "--vectors", "v.npy", "--output", "html=a.html")
    ),
    "compose": Writer(
        ("compose", "--encoder", "vit", "--decoder", "bert", "--save", "joined"), parts
    ),
    "compose --finetune": Writer(
        ("compose", "--encoder", "vit", "--decoder", "bert", "--finetune", "pairs.csv", "--save",
         "trained", "--torch-device", "cpu", *TRAINING), parts
    ),
    "train vlp": Writer(
        ("train", "vlp", "pairs.csv", "--aim", "pretraining", "--save", "start",
         "--torch-device", "cpu", *TRAINING), pictures
    ),
}  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with what it holds."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def run(line: list[str], folder: Path, stop: tuple[float, int] | None = None) -> float:
    """Run a command in a folder, whose cache and home are inside it; return its seconds.

    With `stop`, send it a signal after some time.
    """
    variables = {**os.environ, "HF_HOME": str(folder.parent / "hf"), "OMP_NUM_THREADS": "1"}
    if "our" in line or len(line) == 3:  # whose cache is what is looked at
        variables["ADVISOR_CACHE"] = str(folder / "cache")
    null = subprocess.DEVNULL
    start = time.monotonic()
    running = subprocess.Popen(
        line, cwd=folder, stdout=null, stderr=null, stdin=null, env=variables
    )
    if stop is not None:
        time.sleep(stop[0])
        running.send_signal(stop[1])
    running.wait()
    return time.monotonic() - start


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
        seconds = run(writer.line, folder)
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
            run(writer.line, folder, (known.seconds * (instant + 0.5) / instants, number))
            for file, content in files(folder).items():
                on_the_way = any(part.startswith(KEPT_ON_THE_WAY) for part in file.split("/"))
                if file not in known.before and file not in known.after:
                    counts["stray"] += not on_the_way
                elif not known.whole(file, content):
                    counts["half"] += not on_the_way
            run(writer.line, folder)
            left = files(folder)
            bad = [f for f in known.after if f not in left or not known.whole(f, left[f])]
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
        for name in given.commands or WRITERS:
            writer = WRITERS[name]
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
