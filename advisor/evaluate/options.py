"""The options of `advisor evaluate`, in the groups that its parts take them in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from advisor.console.options import MAX_SEED, Prompt, Template, option

if TYPE_CHECKING:
    pass

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
        str, option("--image-folder DIR", "Folder of the images that the data file names.")
    ] = ""
    limit: Annotated[
        int,
        option(
            "--limit",
            "Maximum number of images, sampled in proportion to class size. 0 uses all images.",
            min=0,
            show_default=False,
        ),
    ] = 0
    seed: Annotated[
        int,
        option(
            "--seed",
            "Random seed for sampling and intervals.",
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
    demo: Annotated[bool, option("--demo", "Evaluate the small networks included in advisor.")] = (
        False
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How each candidate is asked."""

    template: Template = "{}"
    prompt: Prompt = ""
    batch: Annotated[int, option("--batch-size", "Images per batch.", min=1, max=4096)] = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOptions:
    """Where a run is kept, and who else takes part in it."""

    folder: Annotated[
        str, option("--run DIR", "Keep the run in this folder. The same command resumes it.")
    ] = ""
    fresh: Annotated[
        bool, option("--fresh", "Discard an earlier run in the folder and start again.")
    ] = False
    ray: Annotated[
        str,
        option(
            "--ray [ADDRESS]",
            "Run on a Ray cluster. Without an address, start one on this machine.",
            alone=(ALONE, Addresses()),
        ),
    ] = ""
    workers: Annotated[
        int,
        option(
            "--workers",
            "Number of Ray actors. 0 uses one per GPU or CPU.",
            min=0,
            show_default=False,
        ),
    ] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastOptions:
    """What to say before anything is run."""

    dry_run: Annotated[
        bool,
        option("--dry-run", "Print what would be run, downloaded and spent, without running it."),
    ] = False
    price: Annotated[
        float,
        option(
            "--price-per-hour",
            "Price per hour of this machine, to report costs per 1,000 images.",
            min=0.0,
            show_default=False,
        ),
    ] = 0.0
