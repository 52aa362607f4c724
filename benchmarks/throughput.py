"""How far the estimated speed of writing is from what was published for named cards.

Each row is a published measurement that sets no constant of the rules, or one of several that a
constant covers: pages a second where a model reads whole pages, tokens a second where texts alone
were written. The estimate is a range; the last column says by which factor the published value
lies outside it, 1 if it lies inside.

    python benchmarks/throughput.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from advisor.decide.recommendation import recommend
from advisor.decide.workload import served_speed, step_seconds, time_of
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules

LIGHTON = "https://huggingface.co/lightonai/LightOnOCR-0.9B-32k-1025"
CACHES = "https://huggingface.co/datasets/ydshieh/A100_cache_benchmark_dynamic_length"
QWEN2 = "https://qwen.readthedocs.io/en/v2.0/_sources/benchmark/speed_benchmark.rst.txt"
RTX_4090 = "https://github.com/aaronzhfeng/gpu-inference, benchmarks/rtx-4090.md at b764d49"

PAGES = (
    ("lightonai/LightOnOCR-1B-1025", "h100", 5.71, LIGHTON),
    ("PaddlePaddle/PaddleOCR-VL", "h100", 5.71 / 2, LIGHTON),  # "2 times faster than"
)
"""Pages a second by vLLM: checkpoint, machine, published, source."""
TEXTS = (
    ("Qwen2-0.5B", 494, "a100", "", 1, 49.94, QWEN2),
    ("gemma-2b", 2506, "a100", "", 1, 1024 / 25.3, CACHES),
    ("gemma-7b", 8538, "a100", "", 1, 1024 / 37.6, CACHES),
    ("Qwen3.5-4B", 4205, "card-24gb", "vllm", 1, 97.5, RTX_4090),
    ("Qwen3.5-4B", 4205, "card-24gb", "vllm", 8, 635, RTX_4090),
    ("Qwen3.5-4B", 4205, "card-24gb", "vllm", 32, 1955, RTX_4090),
    ("Qwen3.5-4B", 4205, "card-24gb", "vllm", 64, 2954, RTX_4090),
)
"""Tokens a second: model, millions of weights, machine, server, texts at once, rate, source."""


class Compared(NamedTuple):
    """A published rate a second, and the range of the estimate."""

    what: str
    published: float
    low: float
    high: float

    @property
    def outside(self) -> float:
        """By which factor the published rate lies outside the range; 1 inside."""
        return max(self.low / self.published, self.published / self.high, 1.0)


def compared(rules: RuleBase) -> Iterator[Compared]:
    """Yield each published rate with its estimate."""
    server = rules.runtimes["vllm"]
    for id, machine, published, _ in PAGES:
        answer = recommend(rules, {"task": "ocr-page", "device": machine})
        profile = answer.advice[0].decision.profile
        took = time_of(rules, rules.forms[id], profile, 1, server)
        assert took
        rates = (1 / took.high / 3600, 1 / took.low / 3600)
        yield Compared(f"{id} on {machine}, pages", published, *rates)
    speeds = {speed.id: speed for speed in rules.speeds}
    for model, millions, machine, by, batch, published, _ in TEXTS:
        speed = served_speed(speeds[machine], server) if by else speeds[machine]
        assert speed
        read = millions * 1e6 * 2 / 2**30
        rates = tuple(batch / step_seconds(speed, millions, read, batch, end) for end in (0, 1))
        what = f"{model} on {machine}, {batch} at once, tokens"
        yield Compared(what, published, *rates)


def main() -> None:
    """Print a line for each."""
    for row in compared(load_rules()):
        span = f"{row.low:8.1f} to {row.high:8.1f}"
        print(f"{row.what:<55} {row.published:8.1f}  {span}  {row.outside:.2f}")


if __name__ == "__main__":
    main()
