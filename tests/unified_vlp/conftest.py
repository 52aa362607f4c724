"""What the tests of the unified VLP share: tiny networks with the recipe's weights."""

import functools
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import original
import recipe
import torch
from toy_vocabulary import toy_words
from transformers import BertTokenizer

from advisor.unified_vlp import (
    Regions,
    UnifiedVLPForAnswering,
    UnifiedVLPForCaptioning,
    UnifiedVLPProcessor,
    UnifiedVLPRegionReader,
)

FIXTURE = Path(__file__).with_name("original-small-7.npz")


@pytest.fixture(scope="session", autouse=True)
def drawn_once():
    """Draw each weight of the recipe once: most tests begin with the same network."""
    drawn = functools.cache(recipe.weight)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(recipe, "weight", lambda *which: drawn(*which).copy())
        yield


@pytest.fixture(scope="session")
def fixture():
    return original.Original(FIXTURE)


@pytest.fixture(scope="session")
def state_dict(fixture):
    """Weights by the original's names, of a captioner or an answerer."""

    def made(answers=False):
        weights = recipe.weights(fixture.sizes, fixture.seed, answers=answers, end=fixture.end)
        return {name: torch.from_numpy(value) for name, value in weights.items()}

    return made


@pytest.fixture(scope="session")
def regions(fixture):
    """The stored regions of the fixture's pictures."""
    features, probabilities, boxes = recipe.regions(fixture.batch, fixture.seed)
    return [
        Regions(features=each[0], class_probabilities=each[1], boxes=each[2])
        for each in zip(features, probabilities, boxes, strict=True)
    ]


def saved(folder, network):
    tokenizer = BertTokenizer(
        vocab={word: place for place, word in enumerate(toy_words())}, do_lower_case=False
    )
    processor = UnifiedVLPProcessor(UnifiedVLPRegionReader.of(network.config), tokenizer)
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def captioner(fixture, tmp_path_factory):
    folder = tmp_path_factory.mktemp("vlp") / "captioner"
    return saved(folder, fixture.network(UnifiedVLPForCaptioning))


@pytest.fixture(scope="session")
def answerer(fixture, tmp_path_factory):
    folder = tmp_path_factory.mktemp("vlp") / "answerer"
    return saved(folder, fixture.network(UnifiedVLPForAnswering))
