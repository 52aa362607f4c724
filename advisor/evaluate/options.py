"""The options of `advisor evaluate`, in the groups that its parts take them in."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from advisor.console.options import MAX_SEED, Prompt, Template, option
from advisor.errors import UsageError

number = partial(option, min=0, show_default=False)
"""Returns an option of a number, of which none is said to be usual."""
BATCH, ALONE = 16, "local"
ADDRESS = re.compile(r"(?:ray://)?[\w.-]+:\d+\Z|auto\Z|local\Z")


class Addresses:
    """What may follow `--ray`: `auto`, `local`, host:port or ray://host:port."""

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and bool(ADDRESS.match(word))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """On which images who is run, how, what may leave for servers, and what it may cost."""

    image_folder: Annotated[
        str, option("--image-folder DIR", "Folder of the images that the data file names.")
    ] = ""
    label_map: Annotated[
        str,
        option(
            "--label-map FILE",
            "JSON object that maps a classifier's labels to your labels.",
        ),
    ] = ""
    limit: Annotated[
        int,
        number(
            "--limit",
            "Maximum number of images, sampled in proportion to class size. 0 uses all images.",
        ),
    ] = 0
    seed: Annotated[
        int, number("--seed", "Random seed for sampling and intervals.", max=MAX_SEED)
    ] = 0
    named: Annotated[
        list[str] | None,
        option(
            "--candidate ID|FOLDER|URL",
            "Model to evaluate, or baseline:random|commonest|knn|probe; can be used multiple"
            " times. NAME=ID names it, ID@REV selects a revision. URL is https://HOST/v1#MODEL.",
        ),
    ] = None
    demo: Annotated[bool, option("--demo", "Evaluate the small networks included in advisor.")] = (
        False
    )
    template: Template = "{}"
    prompt: Prompt = ""
    batch: Annotated[int, option("--batch-size", "Images per batch.", min=1, max=4096)] = BATCH
    upload: Annotated[
        bool, option("--upload", "Send the images to the servers among the candidates.")
    ] = False
    key_from: Annotated[
        list[str] | None,
        option(
            "--key-from [HOST=]NAME",
            "Environment variable with the API key of a server. Can be used multiple times.",
        ),
    ] = None
    allow_http: Annotated[
        bool, option("--allow-http", "Send images and keys to other machines unencrypted.")
    ] = False
    dry_run: Annotated[
        bool,
        option("--dry-run", "Print what would be run, downloaded and spent, without running it."),
    ] = False
    price: Annotated[
        float,
        number(
            "--price-per-hour", "Price per hour of this machine, to report costs per 1,000 images."
        ),
    ] = 0.0
    token_price: Annotated[
        str,
        option(
            "--price-per-token IN,OUT",
            "Price of a token read and of one written, to report costs of servers.",
        ),
    ] = ""

    def prices(self) -> dict[str, Any]:
        """Return the prices that were given, as settings of a run; UsageError for what are none."""
        hour = {"price_per_hour": self.price} if self.price else {}
        if not self.token_price:
            return hour
        try:
            read, written = map(float, self.token_price.split(","))
        except ValueError:
            read = written = -1.0
        if not 0 <= read < math.inf or not 0 <= written < math.inf:
            raise UsageError(
                f"`--price-per-token {self.token_price}` are no two prices",
                hint="e.g. --price-per-token 0.0000025,0.00001",
            )
        return {**hour, "price_per_token": (read, written)}


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
        int, number("--workers", "Number of Ray actors. 0 uses one per GPU or CPU.")
    ] = 0
