"""How long a collection takes: the operations of a checkpoint over the speed of a machine.

An image tower runs in batches at the rate that networks of its kind reach. A generative model reads
an image at the rate of a plain tower, and then all of its weights for each token of a batch of
texts, which ends with the longest. On a GPU the batch is that of the printed program, or what fits
in memory; on a CPU each text takes its own time, since a step for two takes 1.7 to 2 times that for
one (`benchmarks/hours.py`). Sending, opening and resizing images is not counted.
"""

from __future__ import annotations

from math import prod, sqrt

from advisor.decide.command_lines import TRANSFORMERS, act_of, program_for
from advisor.decide.memory import (
    PIXELS,
    cache_mb,
    file_dtype,
    memory_gb,
    pixels_of,
    weights_mb,
    writes_as_language_model,
)
from advisor.engine.profile import Profile
from advisor.model import AS_IS, TASK, Checkpoint, NamedTuple, Task
from advisor.model.figures import Speed, Workload
from advisor.model.library import Runtime
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

CONTRASTIVE = "contrastive"
HOUR = 3600
SPANS = ((1, "hours"), (60, "minutes"), (HOUR, "seconds"))


class Hours(NamedTuple):
    """How long a collection takes on a machine, from `low` to `high`, in a `unit`: (core-)hours.

    `tokens` are those of an answer, 0 if none are generated. If a checkpoint `thinks` before it
    answers, that is not part of the range: `longest` is the time if it generates the `most_tokens`
    that programs allow, 1 if they set no limit. `at_once` is how many texts are generated together.
    """

    low: float
    high: float
    unit: str
    machine: str
    items: float
    tokens: int
    thinks: bool
    most_tokens: int = 1
    longest: float = 0.0
    at_once: int = 1

    @property
    def about(self) -> float:
        """The geometric mean of `low` and `high`."""
        return sqrt(self.low * self.high)

    @property
    def text(self) -> str:
        """The time in words, with items, machine and tokens."""
        batch = f"{self.at_once} at a time" if self.at_once > 1 else "one at a time"
        written = f", {batch}, {count(self.tokens, 'token')} each" if self.tokens else ""
        times, name = _span(self.about)
        low, about, high = (rounded(times * each) for each in (self.low, self.about, self.high))
        span = f" ({low}-{high})" if low != high else ""
        took = f"about {about} {self.unit.replace('hours', name)}{span}"
        most = ""
        if self.thinks:
            longest = "an unknown time"
            if self.most_tokens > self.tokens:
                times, name = _span(self.longest)
                at_most = rounded(times * self.longest)
                longest = f"up to {at_most} {self.unit.replace('hours', name)}"
                most = f" (thinking: up to {self.most_tokens:,})"
            took = f"{longest} with thinking, {took} without,"
        items = f"for {self.items:,.0f} items on {self.machine}{written}{most}"
        return f"{took} {items}, without data loading"


def _span(hours: float) -> tuple[int, str]:
    """Return the unit in which a time reads best: how many of it an hour has, and its name."""
    return next((n, name) for n, name in SPANS if hours * n >= 1 or n == HOUR)


def rounded(number: float) -> str:
    """Return a number as text with two significant digits."""
    return f"{float(f'{number:.2g}'):,.0f}" if number >= 10 else f"{number:.2g}"


def speed_for(rulebase: RuleBase, profile: Profile) -> Speed | None:
    """Return the speed of the machine that answers describe, the first of its kind; or None.

    If memory was given as a number, that of the kind with the most memory that is no more.
    """
    alike = [speed for speed in rulebase.speeds if _answers_so(speed, profile)]
    ids = (q.id for q in rulebase.questions if q.requires("memory_gb") and q.id in profile)
    memory = next((profile[id].value for id in ids), None)
    if memory is None:
        return alike[0] if alike else None
    fitting = [speed for speed in alike if speed.memory_gb <= memory]
    return max(fitting, key=lambda speed: speed.memory_gb, default=None)


def _answers_so(speed: Speed, profile: Profile) -> bool:
    """Return whether the answers describe a machine of this speed."""
    return all(id in profile and profile[id].options == (o,) for id, o in speed.answers.items())


def time_of(
    rulebase: RuleBase,
    checkpoint: Checkpoint,
    profile: Profile,
    items: float,
    runtime: Runtime | None = None,
) -> Hours | None:
    """Return how long a checkpoint, used as it is, takes for so many images of a task.

    A `runtime` is a server, else it is transformers. None if the operations, the tokens or the
    speed of the machine are unknown. A quantized form has the time of its checkpoint: fewer bits
    take less memory, not less time.
    """
    workload = workload_of(rulebase, checkpoint)
    task = rulebase.task(profile[TASK].options[0])
    speed = workload and _speed(rulebase, profile, workload)
    if speed and runtime:
        speed = served_speed(speed, runtime)
    if workload is None or speed is None:
        return None
    written = (task.writes or 0) if workload.writes_millions else 0
    pixels = pixels_of(task)
    tower = workload.image_gflops(pixels)
    writer = checkpoint.writer if written else None
    image_tokens = writer.tokens_of(pixels) if writer else 0
    if tower is None or image_tokens is None or bool(writer) == (checkpoint.stage == CONTRASTIVE):
        return None

    batch = _at_once(rulebase, checkpoint, task, speed, runtime) if written else 1
    act = act_of(rulebase, task.id)
    limit = max(act.limit(task.id) if act else 1, written)

    def hours(end: int, written: int) -> float:
        """Return the hours at the slow end of a speed (0) or at the fast one (1).

        At the slow end, lengths of texts are spread as those of an exponential distribution.
        """
        seconds = tower / speed.gflops[workload.network][end]
        if workload.writes_millions:
            reading = 2 * workload.reads_millions * image_tokens / 1000
            seconds += reading / speed.gflops["plain"][end]
            spread = written if end or written == 1 else written * _longest(batch)
            steps = max(min(spread, limit), written)
            read = _step_gb(workload.writes_millions, checkpoint, task, batch)
            step = step_seconds(speed, workload.writes_millions, read, batch, end)
            seconds += steps * step / batch
        return items / HOUR * seconds

    thinks = written > 1 and checkpoint.thinks  # a yes or no is its first word
    most = rulebase.thought_limit(checkpoint.model_type) if thinks else 1
    low, high, longest = hours(1, written), hours(0, written), hours(0, max(most, written))
    return Hours(low, high, speed.unit, speed.label, items, written, thinks, most, longest, batch)


def workload_of(rulebase: RuleBase, checkpoint: Checkpoint) -> Workload | None:
    """Return the operations of a checkpoint's network for an image; None if unknown."""
    made: dict[str, Workload] = rulebase.compared.setdefault(workload_of, {})
    if not made:
        made.update({id: each for each in rulebase.workloads for id in each.checkpoints})
    return made.get(checkpoint.hub_id)


class Timed(NamedTuple):
    """The hours that all items take on a whole machine, with all its cores; or a `limit`.

    A limit is the least that a checkpoint takes that thinks before it answers, or that generates
    text with unknown operations.
    """

    hours: float
    is_limit: bool


def timed(rulebase: RuleBase, checkpoint: Checkpoint, profile: Profile) -> Timed | None:
    """Return the time to compare with a bound; None if unknown, or a lower limit below it."""
    bounds, workload = rulebase.bounds, workload_of(rulebase, checkpoint)
    speed = _speed(rulebase, profile, workload)
    took = time_of(rulebase, checkpoint, profile, bounds.items)
    least = (
        took.about if took else bounds.items / HOUR * _least(rulebase, checkpoint, speed, profile)
    )
    if speed is None or not least:
        return None
    whole = float(f"{least / speed.cores:.5g}")
    known = took is not None and not took.thinks
    return Timed(whole, not known) if known or whole > bounds.hours else None


def _least(
    rulebase: RuleBase, checkpoint: Checkpoint, speed: Speed | None, profile: Profile
) -> float:
    """Return the seconds in which a checkpoint generates an answer, 0 if unknown."""
    task = rulebase.task(profile[TASK].options[0])
    millions = checkpoint.active_parameters_millions or checkpoint.parameters_millions
    writes = checkpoint.writer or writes_as_language_model(checkpoint)
    if not (speed and millions and task.writes and writes):
        return 0.0
    batch = _at_once(rulebase, checkpoint, task, speed)
    read = _step_gb(millions, checkpoint, task, batch)
    steps = [step_seconds(speed, millions, read, batch, end) for end in (0, 1)]
    return task.writes * sqrt(prod(steps)) / batch


def _step_gb(millions: float, checkpoint: Checkpoint, task: Task, batch: int) -> float:
    """Return the GB that are read to generate one token of each text in a batch."""
    return _token_gb(millions, checkpoint) + batch * (cache_mb(checkpoint, task) or 0.0) / 1024


def step_seconds(speed: Speed, millions: float, read: float, batch: int, end: int) -> float:
    """Return the seconds of a step that reads GB and computes one token of each text in a batch.

    It reads the weights once and the keys and values of each text; it takes a least time, however
    small the model is. A speed has a slow end (0) and a fast one (1).
    """
    computed = batch * 2 * millions / 1000 / speed.gflops["plain"][end] if batch > 1 else 0.0
    least = 1 / speed.tokens[end] if speed.tokens else 0.0
    return max(read / speed.weights_gb[end] + computed, least)


def served_speed(speed: Speed, runtime: Runtime) -> Speed | None:
    """Return the speed of a machine that serves a model by a runtime; None if it is unknown."""
    if not (runtime.at_once and speed.served_gb):
        return None
    label = f"{speed.label} with {runtime.label}"
    return speed._replace(label=label, weights_gb=speed.served_gb, tokens=speed.served_tokens)


def _at_once(
    rulebase: RuleBase,
    checkpoint: Checkpoint,
    task: Task,
    speed: Speed,
    runtime: Runtime | None = None,
) -> int:
    """Return how many texts a GPU generates together: the batch of the program that is printed.

    As the program does, a batch is halved until its keys and values fit in the memory of the
    machine.
    """
    alike = (each.tokens for each in rulebase.speeds if each.answers == speed.answers)
    by = AS_IS, runtime.id if runtime else TRANSFORMERS
    program = program_for(checkpoint, task.id, rulebase.programs, *by) if any(alike) else None
    tools = [rulebase.tools[id] for id in program.tools] if program else []
    batch = min(
        (tool.batch for tool in tools if not tool.tasks or task.id in tool.tasks), default=1
    )
    batch = (runtime and runtime.at_once) or batch
    each, needed = cache_mb(checkpoint, task), memory_gb(checkpoint, task)
    if not (each and needed and speed.memory_gb):
        return batch
    while batch > 1 and needed + (batch - 1) * each / 1024 > speed.memory_gb:
        batch //= 2
    return batch


def _longest(texts: int) -> float:
    """Return how many times the mean length the longest of some texts has, on average.

    Lengths are spread as by an exponential distribution, whose deviation is its mean.
    """
    return sum(1 / place for place in range(1, texts + 1))


def _speed(rulebase: RuleBase, profile: Profile, workload: Workload | None) -> Speed | None:
    """Return the speed of the machine of a profile; under a bound on time, the one it chose.

    A measurement on this machine replaces it if it holds for such a network.
    """
    own: Speed | None = rulebase.this_machine
    named = workload is None or (own and workload.network in own.gflops)
    writes = workload is None or workload.writes_millions
    measured = own and named and (own.weights_gb or not writes)
    if own and measured and _answers_so(own, profile):
        return own
    if rulebase.bounds is None or rulebase.bounds.hours is None:
        return speed_for(rulebase, profile)
    options = (option for answer in profile.values() for option in answer.options)
    return next(filter(None, map(rulebase.bounds.speeds.get, options)), None)


def measured_rates(
    workload: Workload, checkpoint: Checkpoint, image_seconds: float, token_seconds: float
) -> tuple[dict[str, float], float | None]:
    """Return the speed of a machine with measured times for an image and a token.

    It is billions of operations a second by kind of network, and gigabytes (2^30 bytes) of weights
    a second, None for models that generate nothing. The image has `PIXELS`; a generative model
    reads it at one rate with its image tower and its language model.
    """
    tower = workload.image_gflops(PIXELS) or 0.0
    if not workload.writes_millions:
        return {workload.network: tower / image_seconds}, None
    tokens = (checkpoint.writer and checkpoint.writer.tokens_of(PIXELS)) or 0.0
    rate = (tower + 2 * workload.reads_millions * tokens / 1000) / image_seconds
    weights_gb = _token_gb(workload.writes_millions, checkpoint) / token_seconds
    return dict.fromkeys(("plain", workload.network), rate), weights_gb


def _token_gb(millions: float, checkpoint: Checkpoint) -> float:
    """Return the GB (2^30 bytes) of weights that are read for each generated token."""
    return weights_mb(millions * 1e6, file_dtype(checkpoint)) / 1024
