"""What a rule base is made of: one declared class an entity.

What few need is imported from its own module: `evidence`, `library`.
"""

from advisor.model.checkpoint import Benchmark, Checkpoint, Decoder, Measurement, Program
from advisor.model.family import NONE, Criterion, Declaration, Family, Fit, Rule
from advisor.model.question import (
    NOT_APPLICABLE,
    TASK,
    Condition,
    Elsewhere,
    Never,
    Option,
    Question,
    Task,
)
from advisor.model.runner_use import ANY_TYPE, Act, RunnerUse

__all__ = [
    "ANY_TYPE",
    "NONE",
    "NOT_APPLICABLE",
    "TASK",
    "Act",
    "Benchmark",
    "Checkpoint",
    "Condition",
    "Criterion",
    "Declaration",
    "Decoder",
    "Elsewhere",
    "Family",
    "Fit",
    "Measurement",
    "Never",
    "Option",
    "Program",
    "Question",
    "Rule",
    "RunnerUse",
    "Task",
]
