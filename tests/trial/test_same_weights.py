"""What the check says of the weights that classes find is so for tiny checkpoints."""

import json

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import more_networks  # noqa: E402
import networks  # noqa: E402

from advisor.catalogue.release import release, version_number  # noqa: E402
from advisor.scan.version_range import read_range  # noqa: E402

FAULTS = ("missing_keys", "unexpected_keys", "mismatched_keys")
GENERATING = "ForConditionalGeneration"


def test_a_class_of_the_same_weights_finds_all_of_them_and_leaves_none(rulebase, tiny):
    classes = release(rulebase, "5.24").classes
    table = rulebase.checks["class-does-not-match"].knowledge["same_weights"]
    for model_type, folders in table.items():
        names = [n for n, folder in classes.items() if folder in folders and n.endswith(GENERATING)]
        assert names, model_type
        for name in names:
            loading = getattr(transformers, name).from_pretrained
            _, told = loading(tiny(model_type), output_loading_info=True)
            assert not any(told[fault] for fault in FAULTS), name


RULE, HEAD, RELEASE = "weights-random-or-unused", "For", "5.24"
KINDS = sorted({*networks.BUILDERS, *more_networks.BUILDERS})
HOLD_MORE = {"bridgetower", "grounding_dino"}
"""Whose published files hold more than what their class saves, or less than each class has."""
BY_DECODER = {"InstructBlipModel"}
"""Whether it finds all depends on the language model inside."""
ABSENT = {"AltCLIPVisionModel", "Gemma4AudioModel"}
"""No part of the tiny checkpoint, or under other names than in published ones."""


def loaded(name, folder):
    """The keys that a class does not find and does not take, and how many it has."""
    try:
        model, told = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError):
        return None  # a class that cannot be built from this configuration
    return len(told["missing_keys"]), len(told["unexpected_keys"]), len(model.state_dict())


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=pytest.mark.long if n % 3 else ()) for n, k in enumerate(KINDS)]
)
def test_each_class_of_an_architecture_finds_its_weights_or_is_said_not_to(rulebase, tiny, kind):
    described, knowledge = release(rulebase, RELEASE), rulebase.checks[RULE].knowledge
    folder = tiny(kind)
    native = json.loads((folder / "config.json").read_text())["architectures"][0]
    home = described.classes[native]
    number = version_number(described.version)
    unfound = {
        name
        for releases, names in knowledge["unfound"].items()
        for name in names
        if read_range(releases).allows(number)
    }
    incomplete = knowledge["incomplete"].get(native, [])
    whole = knowledge["whole"].get(native, [])
    for name in sorted(one for one, place in described.classes.items() if place == home):
        found = loaded(name, folder) if hasattr(transformers, name) else None
        if found is None or name == native or home in HOLD_MORE or name in BY_DECODER | ABSENT:
            continue
        missing, left, parts = found
        if name in unfound:
            assert missing > parts / 2, name
        elif name in incomplete:
            assert missing, name
        elif HEAD not in name or name in whole:
            assert not missing, name
        else:
            assert missing or left, name


def test_ranges_of_releases_that_the_check_knows_can_be_read(rulebase):
    for releases, names in rulebase.checks[RULE].knowledge["unfound"].items():
        meant = read_range(releases)
        assert meant, releases
        assert not meant.is_open, releases
        for name in names:
            assert release(rulebase, RELEASE).has_class(name), name
