"""The hardware of this machine (cores, memory, CUDA, MPS), and the answers that it implies.

Neither torch nor a driver is loaded: the sources are files of the kernel, `nvidia-smi` and
`sysctl`. Values that they lack stay unknown.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from advisor.console.flags import HERE
from advisor.console.streams import note
from advisor.engine.profile import Profile, flag_text, read_answer
from advisor.errors import UsageError
from advisor.files import MEGABYTE, read_bounded
from advisor.model import Question
from advisor.model.figures import Speed
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import cache_folder
from advisor.writing import replacing

Ask = Callable[[Sequence[str]], str | None]
"""Runs a program and returns its stdout; None if it is missing or fails."""

PATIENCE_SECONDS = 10
SHARE_FOR_A_MODEL = 0.75
"""The share of memory for a model; the system and other programs need the rest."""
KB_OF_GB, MIB_OF_GB, BYTES_OF_GB = 2**20, 2**10, 2**30
MEASURED = "this machine (measured)"
GPU_QUERY = ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")


class Gpu(NamedTuple):
    """A graphics card, with its memory in GB (2^30 bytes), None if unknown."""

    name: str
    memory_gb: float | None


class ThisMachine(NamedTuple):
    """The hardware found: `kind` is cuda, mps or cpu; `gpus` are CUDA devices, largest first."""

    kind: str
    cores: int | None
    memory_gb: float | None
    gpus: tuple[Gpu, ...] = ()

    def model_gb(self, share: float = SHARE_FOR_A_MODEL) -> float | None:
        """Return the GB for a model: a whole graphics card, else a share of the memory; or None."""
        if self.kind == "cuda":
            return _down(self.gpus[0].memory_gb)
        return _down(self.memory_gb and self.memory_gb * share)

    @property
    def text(self) -> str:
        """The hardware as text; it also identifies the machine in the speed file."""
        gpus = [f"{gpu.name} ({_size(gpu.memory_gb)})" for gpu in self.gpus]
        cores = "cores unknown" if self.cores is None else f"{self.cores} CPU cores"
        apple = "an Apple GPU (MPS)" if self.kind == "mps" else "no MPS"
        parts = [cores, _size(self.memory_gb), f"CUDA on {', '.join(gpus)}" if gpus else "no CUDA"]
        return "; ".join([*parts, apple])


class MeasuredSpeed(NamedTuple):
    """The measured speed of this machine: kind of network -> billions of operations per second.

    `weights_gb` is GB of weights read per second by a generative model, None if not measured.
    """

    gflops: Mapping[str, float]
    weights_gb: float | None = None


def keep_speed(machine: ThisMachine, new: MeasuredSpeed) -> MeasuredSpeed:
    """Store a speed over the earlier one of the same machine; return the merged speed.

    Raises UsageError without a cache folder, and OSError if the file cannot be written.
    """
    file = speed_file()
    if file is None:
        raise UsageError(
            "there is no folder to store the measured speed of this machine",
            hint="set ADVISOR_CACHE to an absolute path",
        )
    before = kept_speed(machine) or MeasuredSpeed({})
    whole = MeasuredSpeed({**before.gflops, **new.gflops}, new.weights_gb or before.weights_gb)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(file, chosen=True) as scratch:
        scratch.write_text(json.dumps({"machine": machine.text, **whole._asdict()}), "utf-8")
    return whole


def kept_speed(machine: ThisMachine) -> MeasuredSpeed | None:
    """Return the stored speed of this machine; None if there is none or the file is broken."""
    with contextlib.suppress(OSError, ValueError, TypeError, LookupError, AttributeError):
        body = json.loads(read_bounded(speed_file() or "", MEGABYTE, recorded=False))
        rates = {str(kind): float(rate) for kind, rate in body["gflops"].items()}
        weights_gb = body["weights_gb"] and float(body["weights_gb"])
        values = [*rates.values(), *filter(None, [weights_gb])]
        if body["machine"] == machine.text and all(0 < value < inf for value in values):
            return MeasuredSpeed(rates, weights_gb)
    return None


def speed_file() -> Path | None:
    """Return the file of the measured speed; None without a cache folder."""
    folder = cache_folder()
    return folder and folder / "this-machine.json"


@cache
def look(root: Path = Path("/"), system: str = sys.platform, ask: Ask | None = None) -> ThisMachine:
    """Return the hardware of this machine; `root` is the folder with `proc` and `sys`."""
    ask = ask or _run
    gpus = _cuda(root, ask)
    apple = system == "darwin" and platform.machine() == "arm64"
    kind = "cuda" if gpus else "mps" if apple else "cpu"
    return ThisMachine(kind, _cores(root), _memory_gb(root, system, ask), gpus)


def _cuda(root: Path, ask: Ask) -> tuple[Gpu, ...]:
    """Return the graphics cards that CUDA_VISIBLE_DEVICES allows, the largest first."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and visible.strip() in ("", "-1"):
        return ()
    gpus = []
    for line in (ask(GPU_QUERY) or "").splitlines():
        name, _, memory = line.rpartition(",")
        size = float(memory) / MIB_OF_GB if memory.strip().isdigit() else None
        gpus += [Gpu(name.strip(), size)] if name.strip() else []
    if not gpus and (root / "proc/driver/nvidia/gpus").is_dir():
        gpus = [Gpu("an NVIDIA GPU", None)]
    numbers = [part.strip() for part in (visible or "").split(",")]
    if gpus[1:] and visible is not None and all(number.isdigit() for number in numbers):
        gpus = [gpus[int(number)] for number in numbers if int(number) < len(gpus)]
    return tuple(sorted(gpus, key=lambda gpu: -(gpu.memory_gb or 0)))


def _cores(root: Path) -> int | None:
    """Return the number of cores that the affinity and control group of this process allow."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with contextlib.suppress(OSError, ValueError):
        quota, period = (root / "sys/fs/cgroup/cpu.max").read_text("ascii").split()
        return min(count or 1, max(1, int(quota) // int(period)))
    return count


def _memory_gb(root: Path, system: str, ask: Ask) -> float | None:
    """Return the GB of memory of the machine, or of its control group if less; None if unknown."""
    sizes = []
    with contextlib.suppress(OSError, ValueError, IndexError, StopIteration):
        lines = (root / "proc/meminfo").read_text("ascii").splitlines()
        total = next(line for line in lines if line.startswith("MemTotal:"))
        sizes.append(int(total.split()[1]) / KB_OF_GB)
    with contextlib.suppress(OSError, ValueError):
        limit = (root / "sys/fs/cgroup/memory.max").read_text("ascii")
        sizes.append(int(limit) / BYTES_OF_GB)
    if (
        system == "darwin"
        and (reported := (ask(("sysctl", "-n", "hw.memsize")) or "").strip()).isdigit()
    ):
        sizes.append(int(reported) / BYTES_OF_GB)
    return min(sizes, default=None)


def _run(words: Sequence[str]) -> str | None:
    program = shutil.which(words[0])
    if program is None:
        return None
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            [program, *words[1:]],
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=True,
            stdin=subprocess.DEVNULL,
        )
        return done.stdout
    return None


def _down(size_gb: float | None) -> float | None:
    """Return a size rounded down to a tenth of a GB."""
    return None if size_gb is None else int(size_gb * 10) / 10


def _size(size_gb: float | None) -> str:
    return "memory unknown" if size_gb is None else f"{size_gb:.1f} GB of memory"


def detected(
    rulebase: RuleBase, answers: Mapping[str, Any], machine: ThisMachine | None = None
) -> Profile:
    """Return the answers of this machine for questions answered `auto` or `here`, else {}.

    The memory for a model (GB) is answered too, unless it is in `answers`. The origin is
    `detected`. The hardware found is printed on stderr.
    """
    questions = [q for q in rulebase.questions if answers.get(q.id) in HERE]
    profile: Profile = {}
    for question in questions:
        machine = machine or look()
        option = option_for(question, machine)
        if option is None:
            continue
        profile[question.id] = read_answer(question, option, "detected")
        sized = next((q for q in rulebase.questions if q.requires("memory_gb")), None)
        declared = rulebase.share_of({question.id: (option,)})
        share = declared.of if declared else SHARE_FOR_A_MODEL
        memory = machine.model_gb(share)
        if sized and sized.id not in answers and memory is not None:
            profile[sized.id] = read_answer(sized, memory, "detected")
        whole = machine.kind == "cuda" or memory is None or len(profile) < 2
        part = "" if whole else f" ({share:.0%} of it for a model)"
        used = " ".join(
            flag_text(rulebase, id, given.options[0] if given.value is None else f"{given.value:g}")
            for id, given in profile.items()
        )
        note(f"this machine: {machine.text}. Used as {used}{part}")
    return profile


def with_measured_speed(rulebase: RuleBase) -> RuleBase:
    """Return the rules with the speed stored by `advisor try --measure`, if there is any."""
    file = speed_file()
    if file is None or not file.is_file():
        return rulebase
    machine = look()
    options = ((q.id, option_for(q, machine)) for q in rulebase.questions)
    answers = {id: option for id, option in options if option}
    measured = kept_speed(machine)
    if measured is None or not answers:
        return rulebase
    made = rulebase.asking(rulebase.questions)
    made.shelf = rulebase.shelf  # a speed tells checkpoints apart only under a bound
    rates = {kind: (rate, rate) for kind, rate in measured.gflops.items()}
    weights = (measured.weights_gb,) * 2 if measured.weights_gb else ()
    made.this_machine = Speed("this-machine", MEASURED, answers, rates, weights)
    return made


def option_for(question: Question, machine: ThisMachine) -> str | None:
    """Return the option of a question for this kind of machine; None if it has none."""
    return next((o.id for o in question.options if machine.kind in o.detected), None)
