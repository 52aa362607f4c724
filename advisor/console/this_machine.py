"""What this machine has (cores, memory, CUDA, MPS) and answers, where somebody asks for it.

Neither torch nor a driver is loaded: the kernel's files, `nvidia-smi` and `sysctl` are asked. What
they do not say stays unknown.
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
from advisor.model.library import Speed
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import cache_folder
from advisor.writing import replacing

Ask = Callable[[Sequence[str]], str | None]
"""Runs a program and returns what it prints; None where it is not there or fails."""

PATIENCE_SECONDS = 10
SHARE_FOR_A_MODEL = 0.75
"""Of memory that the system and other programs need as well."""
KB_OF_GB, MIB_OF_GB, BYTES_OF_GB = 2**20, 2**10, 2**30
MEASURED = "this machine (measured)"
GPU_QUERY = ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")


class Gpu(NamedTuple):
    """A graphics card, with its memory in GB (2^30 bytes); None where nothing tells."""

    name: str
    memory_gb: float | None


class ThisMachine(NamedTuple):
    """What was found: `kind` is cuda, mps or cpu, `gpus` those of CUDA, the largest first."""

    kind: str
    cores: int | None
    memory_gb: float | None
    gpus: tuple[Gpu, ...] = ()

    def model_gb(self, share: float = SHARE_FOR_A_MODEL) -> float | None:
        """Return what a model may take: a whole graphics card, else a share of the memory."""
        if self.kind == "cuda":
            return _down(self.gpus[0].memory_gb)
        return _down(self.memory_gb and self.memory_gb * share)

    @property
    def text(self) -> str:
        """What was found, in words."""
        gpus = [f"{gpu.name} ({_size(gpu.memory_gb)})" for gpu in self.gpus]
        cores = "cores unknown" if self.cores is None else f"{self.cores} CPU cores"
        apple = "an Apple GPU (MPS)" if self.kind == "mps" else "no MPS"
        parts = [cores, _size(self.memory_gb), f"CUDA on {', '.join(gpus)}" if gpus else "no CUDA"]
        return "; ".join([*parts, apple])


class MeasuredSpeed(NamedTuple):
    """How fast this machine was: billions of operations a second by the kind of network.

    `weights_gb` are the gigabytes of weights a second that a network which writes read; None where
    none was measured.
    """

    gflops: Mapping[str, float]
    weights_gb: float | None = None


def keep_speed(machine: ThisMachine, new: MeasuredSpeed) -> MeasuredSpeed:
    """Write a speed over what is kept of the same machine, and return all that is kept now.

    Raises UsageError where advisor keeps nothing, and OSError where the file cannot be written.
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
    """Return the speed that is kept of this machine; None where there is none, or it is broken."""
    with contextlib.suppress(OSError, ValueError, TypeError, LookupError, AttributeError):
        body = json.loads(read_bounded(speed_file() or "", MEGABYTE, recorded=False))
        rates = {str(kind): float(rate) for kind, rate in body["gflops"].items()}
        weights_gb = body["weights_gb"] and float(body["weights_gb"])
        values = [*rates.values(), *filter(None, [weights_gb])]
        if body["machine"] == machine.text and all(0 < value < inf for value in values):
            return MeasuredSpeed(rates, weights_gb)
    return None


def speed_file() -> Path | None:
    """Return where a measured speed is kept; None where advisor keeps nothing."""
    folder = cache_folder()
    return folder and folder / "this-machine.json"


@cache
def look(root: Path = Path("/"), system: str = sys.platform, ask: Ask | None = None) -> ThisMachine:
    """Return what this machine has; `root` is where the files of its kernel stand."""
    ask = ask or _run
    gpus = _cuda(root, ask)
    apple = system == "darwin" and platform.machine() == "arm64"
    kind = "cuda" if gpus else "mps" if apple else "cpu"
    return ThisMachine(kind, _cores(root), _memory_gb(root, system, ask), gpus)


def _cuda(root: Path, ask: Ask) -> tuple[Gpu, ...]:
    """Return the cards that CUDA may use, the largest first."""
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
    """Return the cores that this process may use, with the limit of its control group."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with contextlib.suppress(OSError, ValueError):
        quota, period = (root / "sys/fs/cgroup/cpu.max").read_text("ascii").split()
        return min(count or 1, max(1, int(quota) // int(period)))
    return count


def _memory_gb(root: Path, system: str, ask: Ask) -> float | None:
    """Return the memory of the machine, or of the control group where that is less."""
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
    """Return a size to a tenth, never more than it is."""
    return None if size_gb is None else int(size_gb * 10) / 10


def _size(size_gb: float | None) -> str:
    return "memory unknown" if size_gb is None else f"{size_gb:.1f} GB of memory"


def detected(
    rulebase: RuleBase, answers: Mapping[str, Any], machine: ThisMachine | None = None
) -> Profile:
    """Return what this machine answers, with origin `detected`; empty where nobody said `here`.

    It answers the question that was asked so and how much memory a model may take, unless that is
    among the answers, and says on stderr what was found.
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
    """Return the rules with the speed that `advisor try --measure` kept of this machine, if any."""
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
    """Return the option of a question that a machine is, None where it asks for no machine."""
    return next((o.id for o in question.options if machine.kind in o.detected), None)
