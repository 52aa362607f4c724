"""A class that the check lets load another architecture's checkpoint loads a tiny one whole."""

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from advisor.catalogue.release import release  # noqa: E402

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
