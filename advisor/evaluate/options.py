"""The options of `advisor evaluate`, in the groups that its parts take them in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from advisor.console.options import MAX_SEED, Download, NoThinking, Offline, option
from advisor.errors import UsageError

if TYPE_CHECKING:
    from advisor.evaluate.gates import Gates
    from advisor.trial.resolution import Loading

ALONE = "local"
ADDRESS = re.compile(r"(?:ray://)?[\w.-]+:\d+\Z|auto\Z|local\Z")


class Addresses:
    """What may follow `--ray`: `auto`, `local`, host:port or ray://host:port."""

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and bool(ADDRESS.match(word))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOptions:
    """Which images."""

    image_folder: Annotated[
        str, option("--image-folder DIR", "Where the images that a table names are.")
    ] = ""
    limit: Annotated[
        int,
        option(
            "--limit",
            "At most so many images, of each class in proportion; 0: all.",
            min=0,
            show_default=False,
        ),
    ] = 0
    seed: Annotated[
        int,
        option(
            "--seed",
            "For the draw, and all that is random.",
            min=0,
            max=MAX_SEED,
            show_default=False,
        ),
    ] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateOptions:
    """Who is run."""

    named: Annotated[
        list[str] | None,
        option(
            "--candidate ID|FOLDER",
            "Model to evaluate, or baseline:random, commonest, knn, probe; can be used multiple"
            " times. NAME=ID names it, ID@REV selects a revision.",
        ),
    ] = None
    demo: Annotated[bool, option("--demo", "The small checkpoints that come with advisor.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How and where it is run."""

    template: Annotated[str, option("--template TEXT", "Wraps each label, {} being it.")] = "{}"
    prompt: Annotated[str, option("--prompt TEXT", "In place of the checkpoint's own prompt.")] = ""
    batch: Annotated[int, option("--batch-size", "Images at once.", min=1, max=4096)] = 16
    device: Annotated[
        str, option("--torch-device NAME", "Where torch runs it: auto, cpu, cuda, mps.")
    ] = "auto"
    dtype: Annotated[str, option("--dtype NAME", "float32, bfloat16 or float16.")] = ""
    max_new_tokens: Annotated[
        int, option("--max-new-tokens", "Longest text to write.", min=0, show_default=False)
    ] = 0
    no_thinking: NoThinking = False
    offline: Offline = False
    download: Download = False

    def loading(self) -> Loading:
        """Return how checkpoints are loaded; downloads are asked for in a terminal."""
        from advisor.trial.command import permissions
        from advisor.trial.resolution import Loading

        return Loading(
            device=self.device,
            dtype=self.dtype or None,
            offline=self.offline,
            max_new_tokens=self.max_new_tokens or None,
            thinking=not self.no_thinking,
            **permissions(download=self.download),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOptions:
    """Where a run is kept, and who else takes part in it."""

    folder: Annotated[
        str, option("--run DIR", "Keep the run here; the same command goes on with it.")
    ] = ""
    fresh: Annotated[bool, option("--fresh", "Begin anew what an earlier run left.")] = False
    ray: Annotated[
        str,
        option(
            "--ray [ADDRESS]",
            "Run on a Ray cluster; without an address, on this machine.",
            alone=(ALONE, Addresses()),
        ),
    ] = ""
    workers: Annotated[
        int,
        option(
            "--workers", "Actors of Ray; 0: one for each GPU or CPU.", min=0, show_default=False
        ),
    ] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastOptions:
    """What to say before anything is run."""

    dry_run: Annotated[
        bool, option("--dry-run", "Say what would be run, fetched and spent; run nothing.")
    ] = False
    price: Annotated[
        float,
        option(
            "--price-per-hour",
            "What an hour of this machine costs; gives the cost of the run or of 1,000 images.",
            min=0.0,
            show_default=False,
        ),
    ] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """What decides, and when the answer is no."""

    priority: Annotated[
        list[str] | None,
        option("--priority METRIC", "Decide by these first: metrics, or size, speed, memory."),
    ] = None

    fail_under: Annotated[
        list[str] | None,
        option("--fail-under METRIC=VALUE", "Exit 1 where the best candidate is below; repeat it."),
    ] = None
    confident: Annotated[
        bool, option("--confident", "Hold the lower end of the interval against --fail-under.")
    ] = False
    baseline: Annotated[
        str, option("--baseline FILE", "Exit 1 where a metric fell below this earlier JSON.")
    ] = ""
    strict: Annotated[bool, option("--strict", "Exit 3 where the candidates tie.")] = False

    def made(self) -> Gates:
        """Return the gates; UsageError where one is malformed."""
        from advisor.evaluate.gates import Gates

        if self.confident and not self.fail_under:
            raise UsageError(
                "`--confident` is about a threshold", hint="add one: --fail-under accuracy=0.9"
            )
        baseline = Path(self.baseline) if self.baseline else None
        gates = Gates(
            tuple(self.fail_under or ()),
            confident=self.confident,
            baseline=baseline,
            strict=self.strict,
        )
        gates.refuse_what_cannot_be_judged()
        return gates
