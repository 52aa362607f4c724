"""A choice judged: a checkpoint against a task, its class, and what the answers require."""

from advisor.check.judgement import Judgement, Problem, judge

__all__ = ["Judgement", "Problem", "judge"]
