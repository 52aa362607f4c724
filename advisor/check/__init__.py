"""A choice judged: a checkpoint against a task, the class that loads it, and what answers require."""

from advisor.check.judgement import Judgement, Problem, judge

__all__ = ["Judgement", "Problem", "judge"]
