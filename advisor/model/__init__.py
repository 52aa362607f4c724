"""What a rule base is made of: one declared class an entity.

What is read only to be shown or proved is imported from its own module: `source`, `scenario`,
`check_rule`.
"""

from advisor.model.checkpoint import Architecture, Benchmark, Checkpoint, Decoder, Measurement
from advisor.model.family import NONE, ArticleClaim, Declaration, Family, Fit, Statement
from advisor.model.program import NameChange, Program
from advisor.model.question import NOT_APPLICABLE, TASK, Condition, Never, Option, Question
from advisor.model.rule import Criterion, Rule
from advisor.model.task import Elsewhere, Task

__all__ = [
    "NONE",
    "NOT_APPLICABLE",
    "TASK",
    "Architecture",
    "ArticleClaim",
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
    "NameChange",
    "Never",
    "Option",
    "Program",
    "Question",
    "Rule",
    "Statement",
    "Task",
]
