"""In which precision a checkpoint is run where nobody says."""

import pytest

pytest.importorskip("torch")

from advisor.trial.local_checkpoint import Weights
from advisor.trial.placement import place

HALF = Weights(parameters=2 * 10**9, stored_bytes=4 * 10**9, dtype="bfloat16")
SMALL = Weights(parameters=2 * 10**8, stored_bytes=4 * 10**8, dtype="bfloat16")
WHOLE = Weights(parameters=2 * 10**9, stored_bytes=8 * 10**9, dtype="float32")


@pytest.mark.parametrize(
    ("weights", "asked", "used"),
    [
        (HALF, None, "bfloat16"),
        (HALF, "float32", "float32"),
        (SMALL, None, "float32"),
        (WHOLE, None, "float32"),
        (None, None, "float32"),
    ],
    ids=["large", "asked", "small", "whole", "unknown"],
)
def test_a_large_file_in_half_precision_is_run_as_it_is_on_a_cpu(weights, asked, used):
    assert place("cpu", asked, weights).dtype == used
