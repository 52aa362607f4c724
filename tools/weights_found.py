"""Which classes find their weights in the files of a whole model, under one release.

    python tools/weights_found.py build TINY          # small checkpoints, as the tests have them
    python tools/weights_found.py rewrite TINY OTHER  # as another release saves the same networks
    python tools/weights_found.py load OTHER          # with each class of its architecture

`load` prints a line for each class: how many of its weights were missing from the files, of how
many. Published files of older models have the names that transformers 4.57 gives, so `rewrite` with
that; then `load` with each release in question, from an environment of its own. What it told is
written down as `unfound` in rules/checks/architecture.yaml.
"""

import argparse
import importlib
import inspect
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1] / "tests" / "trial"


def build(folder: Path) -> None:
    """Save each small checkpoint of the tests."""
    sys.path.insert(0, str(TESTS))
    networks, more = map(importlib.import_module, ("networks", "more_networks"))
    for kind in sorted({*networks.BUILDERS, *more.BUILDERS}):
        more.build(kind, folder / kind)


def checkpoints(library: Any, folder: Path) -> Iterator[tuple[Path, Any]]:
    """Yield each checkpoint in a folder with the class that saved it, where this release has it."""
    for file in sorted(folder.glob("*/config.json")):
        name = json.loads(file.read_text(encoding="utf-8"))["architectures"][0]
        if native := getattr(library, name, None):
            yield file.parent, native


def rewrite(library: Any, folder: Path, other: Path) -> None:
    """Save networks of the same sizes, with the names that this release gives their weights."""
    for checkpoint, native in checkpoints(library, folder):
        try:
            network = native(native.config_class.from_pretrained(checkpoint))
            network.save_pretrained(other / checkpoint.name)
        except (AttributeError, TypeError, ValueError) as error:
            print(f"{checkpoint.name}: not with this release: {error!s:.80}", file=sys.stderr)


def load(library: Any, folder: Path) -> None:
    """Load each checkpoint with each class of its architecture, and print what was missing."""
    for checkpoint, native in checkpoints(library, folder):
        for name, one in sorted(vars(inspect.getmodule(native)).items()):
            is_model = inspect.isclass(one) and issubclass(one, library.PreTrainedModel)
            if not is_model or one is native or one.__module__ != native.__module__:
                continue
            try:
                network, told = one.from_pretrained(checkpoint, output_loading_info=True)
            except Exception as error:  # whatever a class says to what was not made for it
                print(f"{checkpoint.name} {name}: {type(error).__name__}")
                continue
            missing, parts = len(told["missing_keys"]), len(network.state_dict())
            print(f"{checkpoint.name} {name}: {missing}/{parts}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("act", choices=["build", "rewrite", "load"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("other", type=Path, nargs="?")
    given = parser.parse_args()
    if given.act == "rewrite" and given.other is None:
        parser.error("rewrite takes two folders")
    logging.disable(logging.ERROR)
    warnings.simplefilter("ignore")
    transformers = importlib.import_module("transformers")
    transformers.logging.set_verbosity_error()
    if given.act == "build":
        build(given.folder)
    elif given.act == "load":
        load(transformers, given.folder)
    else:
        rewrite(transformers, given.folder, given.other)
