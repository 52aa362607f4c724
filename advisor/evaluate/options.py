"""The options of `advisor evaluate`, grouped by use, and the gates among them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from advisor.console.options import MAX_SEED, Prompt, Template, option
from advisor.errors import BrokenFileError, UsageError
from advisor.evaluate.certainty import CONFIDENCE, MetricResult
from advisor.evaluate.metrics import METRIC_KINDS, MetricKind, metric_kind
from advisor.evaluate.scores import Scores
from advisor.evaluate.verdict import GUESSING_WINS, NOBODY, TIE, Verdict
from advisor.files import MEGABYTE, path_shown, read_bounded

number = partial(option, min=0, show_default=False)
"""Return an option for a number of at least 0, without a default in its help."""
BATCH, ALONE = 16, "local"
ADDRESS = re.compile(r"(?:ray://)?[\w.-]+:\d+\Z|auto\Z|local\Z")


class Addresses:
    """The values of `--ray`: `auto`, `local`, host:port or ray://host:port."""

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and bool(ADDRESS.match(word))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Options for the data, the candidates, the run, servers and prices."""

    image_folder: Annotated[str, option("--image-folder DIR", "Folder of a table's images.")] = ""
    label_map: Annotated[
        str, option("--label-map FILE", "JSON file that maps a classifier's labels to yours.")
    ] = ""
    limit: Annotated[int, number("--limit", "Maximum number of images. 0 uses all images.")] = 0
    seed: Annotated[int, number("--seed", "Seed of samples and intervals.", max=MAX_SEED)] = 0
    named: Annotated[
        list[str] | None,
        option(
            "--candidate ID|FOLDER|URL",
            "Model to evaluate, or baseline:random|majority|knn|probe. Can be used multiple "
            "times. NAME=ID sets the name, ID@REV selects a revision. A URL has the form "
            "https://HOST/v1#MODEL.",
        ),
    ] = None
    demo: Annotated[bool, option("--demo", "Evaluate the networks included in advisor.")] = False
    template: Template = "{}"
    prompt: Prompt = ""
    batch: Annotated[int, option("--batch-size", "Images per batch.", min=1, max=4096)] = BATCH
    upload: Annotated[bool, option("--upload", "Allow sending the images to servers.")] = False
    key_from: Annotated[
        list[str] | None,
        option(
            "--key-from [HOST=]NAME",
            "Environment variable with an API key. Can be used multiple times.",
        ),
    ] = None
    allow_http: Annotated[bool, option("--allow-http", "Allow unencrypted HTTP.")] = False
    price: Annotated[float, number("--price-per-hour", "Price per hour of this machine.")] = 0.0
    token_price: Annotated[
        str, option("--price-per-token IN,OUT", "Prices per input and output token of servers.")
    ] = ""
    folder: Annotated[str, option("--run DIR", "Folder of the results, to resume later.")] = ""
    fresh: Annotated[bool, option("--fresh", "Discard an earlier run in the folder.")] = False
    ray: Annotated[
        str,
        option(
            "--ray [ADDRESS]",
            "Run on a Ray cluster. Without an address, start one on this machine.",
            alone=(ALONE, Addresses()),
        ),
    ] = ""
    workers: Annotated[int, number("--workers", "Ray actors. 0 uses one per GPU or CPU.")] = 0

    def prices(self) -> dict[str, Any]:
        """Return the prices that were passed, as settings of a run; UsageError for invalid ones."""
        hour = {"price_per_hour": self.price} if self.price else {}
        if not self.token_price:
            return hour
        try:
            read, written = map(float, self.token_price.split(","))
        except ValueError:
            read = written = -1.0
        if not 0 <= read < math.inf or not 0 <= written < math.inf:
            raise UsageError(
                f"`--price-per-token` needs two prices, not `{self.token_price}`",
                hint="e.g. --price-per-token 0.0000025,0.00001",
            )
        return {**hour, "price_per_token": (read, written)}


LARGEST_BASELINE = 50 * MEGABYTE
FAIL_UNDER, BASELINE, ANSWERED = "fail-under", "baseline", "verdict"


class GateCheck(NamedTuple):
    """The result of one gate: its id, the candidate, whether it passed, and a message."""

    gate: str
    candidate: str
    passed: bool
    message: str


@dataclass(frozen=True, slots=True)
class Gates:
    """The gates of an evaluation; the fields are options of `advisor evaluate` as well.

    `fail_under` are METRIC=VALUE thresholds (`accuracy=0.9`) for the recommended candidate, an
    upper limit if lower is better; with `confident` the worse end of its interval is compared.
    `baseline` is the JSON of an earlier evaluation; no candidate may be significantly worse. With
    `strict` a tie fails. The verdict compares the metrics of `priority` in order.
    """

    fail_under: Annotated[
        list[str] | None,
        option(
            "--fail-under METRIC=VALUE",
            "Exit 1 if the recommended candidate misses the threshold. Can be used multiple times.",
        ),
    ] = None
    confident: Annotated[
        bool, option("--confident", "Compare --fail-under with the worse end of the interval.")
    ] = False
    baseline: Annotated[
        str,
        option(
            "--compare-to FILE",
            "Earlier JSON result. Exit 1 if a metric is significantly worse.",
            "--baseline",
        ),
    ] = ""
    strict: Annotated[bool, option("--strict", "Exit 3 if the candidates tie.")] = False
    priority: Annotated[
        list[str] | None, option("--priority METRIC", "Compare candidates by these metrics first.")
    ] = None

    def thresholds(self) -> tuple[tuple[MetricKind, float], ...]:
        """Return the thresholds; raise UsageError for an invalid one or `confident` without one."""
        hint = "write a threshold as METRIC=VALUE, such as --fail-under accuracy=0.9"
        if self.confident and not self.fail_under:
            raise UsageError("`--confident` needs a threshold", hint=hint)
        thresholds = []
        for text in self.fail_under or ():
            name, _, value = text.partition("=")
            try:
                number = float(value)
            except ValueError:
                number = math.nan
            if not math.isfinite(number):
                raise UsageError(f"`{text}` is not a valid threshold", hint=hint)
            thresholds.append((metric_kind(name.strip()), number))
        return tuple(thresholds)

    def earlier(self) -> tuple[dict[str, dict[str, MetricResult]], str]:
        """Return the earlier evaluation's results by candidate and metric, and its data digest.

        Empty without `baseline`. Raises UsageError or BrokenFileError if the file cannot be read.
        """
        before: dict[str, dict[str, MetricResult]] = {}
        if not self.baseline:
            return before, ""
        shown = path_shown(Path(self.baseline))
        hint = "pass a file that `advisor evaluate ... --format json` wrote"
        try:
            body = json.loads(read_bounded(Path(self.baseline), LARGEST_BASELINE))
            for result in body["results"]:
                figures = before[str(result["candidate"])] = {}
                for id, metric in result["metrics"].items():
                    value, low, high = map(float, (metric["value"], *metric["interval"]))
                    if id in METRIC_KINDS and all(map(math.isfinite, (value, low, high))):
                        figures[id] = MetricResult(value, (low, high), int(metric["n"]))
            return before, str((body.get("data") or {}).get("digest", ""))
        except OSError as error:
            raise UsageError(f"cannot read `{shown}`: {error.strerror}", hint=hint) from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise BrokenFileError(f"`{shown}` is not an evaluation", hint=hint) from error

    def checks(self, scores: Scores, verdict: Verdict) -> tuple[GateCheck, ...]:
        """Return the results of all gates."""
        return (*self._reached(scores, verdict), *self._kept(scores))

    def exit_code(self, scores: Scores, verdict: Verdict) -> int:
        """Return 2 if nothing ran, 1 if a gate fails or the baseline wins, 3 for a strict tie."""
        if verdict.outcome == NOBODY:
            return 2
        failed = any(not check.passed for check in self.checks(scores, verdict))
        if failed or verdict.outcome == GUESSING_WINS:
            return 1
        return 3 if self.strict and verdict.outcome == TIE else 0

    def _reached(self, scores: Scores, verdict: Verdict) -> Iterator[GateCheck]:
        judged = next((c for c in scores.candidates if c.name == verdict.recommended), None)
        for kind, least in self.thresholds():
            if judged is None:
                why = (
                    f"{kind.name} {kind.written(least)}: the threshold was not checked, because "
                    "no candidate is recommended"
                )
                yield GateCheck(FAIL_UNDER, "", False, why)
                continue
            if kind.id not in judged.metrics:
                raise UsageError(
                    f"`--fail-under {kind.id}={least:g}`: this evaluation has no {kind.name}",
                    hint=f"it has {', '.join(judged.metrics)}",
                )
            result = judged.metrics[kind.id]
            compared = result.interval[kind.lower] if self.confident else result.value
            passed = kind.gain(compared - least) >= 0
            bound = f"{'upper' if kind.lower else 'lower'} bound of " if self.confident else ""
            wanted = f"{'' if passed else 'not '}at {'most' if kind.lower else 'least'} {least:g}"
            reached = f"`{judged.name}`: {bound}{kind.name} {kind.written(compared)}"
            yield GateCheck(FAIL_UNDER, judged.name, passed, f"{reached}, {wanted}")

    def _kept(self, scores: Scores) -> Iterator[GateCheck]:
        before, digest = self.earlier()
        shown = path_shown(Path(self.baseline))
        other = "" if digest in ("", scores.data.digest) else ", which used different images"
        now = {model.name: model.metrics for model in scores.candidates}
        if self.baseline and not before.keys() & now.keys():
            why = f"`{shown}` has no results for these candidates, so no comparison was made"
            yield GateCheck(BASELINE, "", False, why)
            return
        for name, figures in before.items():
            if name not in now:
                why = f"`{name}` is in `{shown}` but has no results in this evaluation"
                yield GateCheck(BASELINE, name, True, why)
            for id in filter(now.get(name, {}).__contains__, figures):
                passed, words = _kept_up(METRIC_KINDS[id], now[name][id], figures[id])
                yield GateCheck(BASELINE, name, passed, f"`{name}`: {words} (`{shown}`{other})")


def _kept_up(kind: MetricKind, now: MetricResult, then: MetricResult) -> tuple[bool, str]:
    """Return whether a metric is not significantly worse than it was, and a sentence on it.

    The two are treated as independent, which is conservative if the images are the same.
    """
    gap = kind.gain(now.value - then.value)
    spread = math.dist((now.interval[0], then.interval[0]), (now.interval[1], then.interval[1])) / 2
    passed = gap >= 0 or -gap <= spread
    moved = "as good as" if gap == 0 else "ahead of" if gap > 0 else "behind"
    by = f" by {kind.written(abs(gap))}" if gap else ""
    sure = "" if gap >= 0 else f", {'not ' if passed else ''}reliably at {CONFIDENCE * 100:g} %"
    figures = f"{kind.written(now.value)} is {moved} {kind.written(then.value)}"
    return passed, f"{kind.name} {figures}{by}{sure}"
