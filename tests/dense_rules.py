"""Random rule bases in which many rules compete, so that answers hang on several questions at once.

Those of `random_rules` are drawn option by option and shrink well, but most are decided by the
task alone. These come from a seed and are as dense as real ones.
"""

import random

from hypothesis import strategies as st
from random_rules import REASON, SOURCE, Facts, rule, silent_family

from advisor.model import NOT_APPLICABLE

dense_facts = st.integers(0, 1_000_000).map(lambda seed: facts_of(seed))


def facts_of(seed: int) -> Facts:
    """Return a rule base of 5 questions, 2 tasks, 3 families and 6 to 14 rules."""
    chance = random.Random(seed)
    criteria = [{"id": f"criterion-{n}", "name": "C", "because": "C."} for n in range(4)]
    tasks = [{"id": f"task-{n}", "name": "T", "description": "T."} for n in range(2)]
    questions = [{"id": "task", "ask": "T?", "why": "T.", "options_from": "tasks", "many": True}]
    for n in range(1, 5):
        options = [{"id": f"option-{n}{x}", "label": x} for x in "abc"[: chance.choice([2, 3, 3])]]
        question = {"id": f"question-{n}", "ask": "Q?", "why": "Q.", "options": options}
        if n > 1 and chance.random() < 0.3:
            before = questions[-1]
            question["ask_if"] = {before["id"]: [chance.choice(before["options"])["id"]]}
        questions.append(question)
    families = [silent_family(f"family-{n}", n + 1) for n in range(3)]
    for family in families:
        for task in tasks:
            family["tasks"][task["id"]] = {"fit": "good", **REASON}
    return {
        "criterion": criteria,
        "question": questions,
        "task": tasks,
        "never": [
            {"id": f"never-{n}", "when": _when(chance, questions, 2), "because": "No."}
            for n in range(chance.choice([0, 0, 1, 2]))
        ],
        "family": families,
        "rule": [
            rule(
                f"rule-{n}",
                chance.choice(criteria)["id"],
                _when(chance, questions, chance.choice([1, 2, 2, 3])),
                chance.choice(["prefer", "prefer", "avoid", "avoid", "exclude"]),
                [chance.choice(families)["id"]],
            )
            for n in range(chance.randint(6, 14))
        ],
        "source": [SOURCE],
        "checkpoint": [],
        "scenario": [],
    }


def _when(chance: random.Random, questions, size: int):
    """Return a condition on so many questions that leaves out an option of each."""
    when = {}
    for question in chance.sample(questions[1:], size):
        options = [option["id"] for option in question["options"]]
        options += [NOT_APPLICABLE] if "ask_if" in question else []
        when[question["id"]] = chance.sample(options, chance.randint(1, len(options) - 1))
    return when
