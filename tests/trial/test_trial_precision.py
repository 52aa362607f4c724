"""In which precision a checkpoint is run where nobody says."""

import re

import pytest

pytest.importorskip("torch")

from advisor.decide.memory import file_dtype, loaded_dtype
from advisor.decide.programs import program_for, snippet
from advisor.rulebase.store import load_rules
from advisor.trial.local_checkpoint import Weights
from advisor.trial.placement import place

torch = pytest.importorskip("torch")
HALF = Weights(parameters=2 * 10**9, stored_bytes=4 * 10**9, dtype="bfloat16")
SMALL = Weights(parameters=2 * 10**8, stored_bytes=4 * 10**8, dtype="bfloat16")
WHOLE = Weights(parameters=2 * 10**9, stored_bytes=8 * 10**9, dtype="float32")


@pytest.mark.parametrize(
    ("weights", "asked", "used"),
    [
        (HALF, None, "bfloat16"),
        (HALF, "float32", "float32"),
        (SMALL, None, "bfloat16"),
        (WHOLE, None, "float32"),
        (None, None, "float32"),
    ],
    ids=["large", "asked", "small", "whole", "unknown"],
)
def test_a_file_in_half_precision_is_run_as_it_is_on_a_cpu(weights, asked, used):
    assert place("cpu", asked, weights).dtype == used


def dtypes_on_a_cpu(code):
    """Yield in what a program loads its network where there is no accelerator."""
    for line in re.findall(r"^ *dtype = (.+)$", code, re.MULTILINE):
        yield str(eval(line, {"torch": torch, "accelerated": False})).removeprefix("torch.")


def test_a_cpu_loads_each_checkpoint_in_the_precision_whose_memory_was_counted():
    rulebase = load_rules()
    programs = 0
    for checkpoint in rulebase.checkpoints.values():
        counted = loaded_dtype(checkpoint)
        if checkpoint.is_rounded or checkpoint.parameters_millions is None:
            continue
        stored = file_dtype(checkpoint)
        half = 2 if stored != "float32" else 4
        millions = int(checkpoint.parameters_millions * 1e6)
        weights = Weights(parameters=millions, stored_bytes=half * millions, dtype=stored)
        assert place("cpu", None, weights, checkpoint).dtype == counted, checkpoint.id
        tasks = {
            program_for(checkpoint, task, rulebase.programs).id: task
            for task in checkpoint.tasks
            if program_for(checkpoint, task, rulebase.programs)
        }
        for task in tasks.values():
            for dtype in dtypes_on_a_cpu(snippet(checkpoint, task, rulebase)):
                assert (stored if dtype == "auto" else dtype) == counted, (checkpoint.id, task)
                programs += 1
    assert programs > 200
