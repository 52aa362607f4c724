"""What a rule base is made of: one declared class an entity.

What few need is imported from its own module: `check_rule`, `name_change`, `network`, `scenario`,
`statement`.
"""

from advisor.model.checkpoint import Benchmark, Checkpoint, Decoder, Measurement, Program
from advisor.model.family import NONE, Declaration, Family, Fit
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
from advisor.model.rule import Criterion, Rule

__all__ = [
    "NONE",
    "NOT_APPLICABLE",
    "TASK",
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
    "Task",
]
