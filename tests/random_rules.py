"""Small random rule bases, and what they decide by plain enumeration.

`facts()` draws what rule files could hold; `compiled` makes a `RuleBase` of it through the real
compiler. `Plain` decides the same facts the slow and obvious way: list every complete profile,
drop what cannot be, compare the families one criterion after the other.
"""

from __future__ import annotations

import copy
import json
from itertools import combinations, product
from typing import Any, NamedTuple

from hypothesis import strategies as st

from advisor.engine.decision import Engine
from advisor.engine.profile import Answer
from advisor.rulebase.base import RuleBase
from advisor.rulebase.compile import CompiledParts

NOT_APPLICABLE = "not-applicable"
REASON = {"because": "So it is.", "sources": ["paper"]}
SOURCE = {"id": "paper", "title": "A paper", "kind": "paper", "read": "2026-11"}

Facts = dict[str, list[dict[str, Any]]]
Whole = dict[str, tuple[str, ...]]
"""A complete profile: question -> the options that hold."""


class Written(NamedTuple):
    """An entry as the compiler wants it."""

    value: dict[str, Any]
    place: str = "random.yaml:1"

    def place_of(self, path: tuple[str, ...]) -> str:
        """Where a part of it stands; empty where nobody wrote it."""
        return self.place if path[1] in self.value.get(path[0], {}) else ""


# -- drawing ----------------------------------------------------------------------------------


@st.composite
def facts(draw, *, rules: int = 10) -> Facts:
    """Draw 2 to 4 families, 3 to 5 questions with the task, 2 or 3 tasks, and rules."""
    criteria = _criteria(draw)
    tasks = [{"id": f"task-{n}", "name": "T", "description": "T."} for n in range(draw(_up(2, 3)))]
    questions = _questions(draw, tasks)
    choices = {q["id"]: options_of(q, tasks) for q in questions}
    plain = [q["id"] for q in questions[1:]]
    for task in tasks:
        if draw(_seldom):
            question = draw(st.sampled_from(plain))
            task["implies"] = {question: draw(_some(choices[question]))}
    drawn = {
        "criterion": criteria,
        "question": questions,
        "task": tasks,
        "never": [
            {
                "id": f"never-{n}",
                "when": draw(_condition(choices, plain)),
                "because": "It cannot be.",
            }
            for n in range(draw(st.sampled_from([0, 1, 0, 2])))
        ],
        "family": (families := _families(draw, questions, tasks)),
        "rule": [
            rule(f"rule-{n}", *draw(_rule(choices, criteria, families)))
            for n in range(draw(_up(3, rules)))
        ],
        "source": [SOURCE],
        "checkpoint": [],
        "scenario": [],
    }
    if not Plain(drawn).completions({}):
        drawn["never"] = []
    if not Plain(drawn).completions({}):
        drawn["task"] = [task | {"implies": {}} for task in tasks]
    return drawn


def rule(id: str, criterion: str, when: dict[str, list[str]], effect: str, families: list[str]):
    """Return a rule as a file would hold it."""
    return {
        "id": id,
        "criterion": criterion,
        "when": when,
        effect: families,
        **REASON,
        "examples": [],
    }


def _up(least: int, most: int):
    return st.integers(least, most)


_seldom = st.sampled_from([False, True, False])


def _some(options: list[str]):
    return st.lists(st.sampled_from(options), min_size=1, max_size=len(options), unique=True)


@st.composite
def _condition(draw, choices, among):
    questions = draw(st.lists(st.sampled_from(among), min_size=1, max_size=2, unique=True))
    return {question: draw(_some(choices[question])) for question in questions}


@st.composite
def _rule(draw, choices, criteria, families):
    return (
        draw(st.sampled_from([criterion["id"] for criterion in criteria])),
        draw(_condition(choices, list(choices))),
        draw(st.sampled_from(["exclude", "avoid", "prefer", "avoid", "prefer"])),
        draw(_some([family["id"] for family in families])),
    )


def _criteria(draw) -> list[dict[str, Any]]:
    criteria = [
        {"id": f"criterion-{n}", "name": "C", "because": "C."} for n in range(draw(_up(2, 3)))
    ]
    if draw(st.booleans()):
        judges = draw(st.permutations(range(len(criteria))))
        criteria[judges[0]]["judges"] = "declarations"
        criteria[judges[1]]["judges"] = "fits"
    return criteria


def _questions(draw, tasks) -> list[dict[str, Any]]:
    questions = [{"id": "task", "ask": "T?", "why": "T.", "options_from": "tasks", "many": True}]
    count = draw(st.sampled_from([3, 2, 4, 3]))
    many = draw(_up(1, count))
    for n in range(1, count + 1):
        options = [
            {"id": f"option-{n}{letter}", "label": letter}
            for letter in "abc"[: draw(st.sampled_from([3, 2]))]
        ]
        question = {"id": f"question-{n}", "ask": "Q?", "why": "Q.", "options": options}
        if n <= 2 and draw(_seldom):
            question["declared_by"] = "gives" if n == 1 else "takes"
        grounds = {q["id"]: options_of(q, tasks) for q in questions if not q.get("many")}
        if n == many:
            question["many"] = True
        elif grounds and draw(st.booleans()):
            question["ask_if"] = draw(_condition(grounds, list(grounds)))
        questions.append(question)
    return questions


def _families(draw, questions, tasks) -> list[dict[str, Any]]:
    families = []
    for n in range(draw(st.sampled_from([3, 2, 4]))):
        family = silent_family(f"family-{n}", draw(_up(1, 3)))
        for question in questions:
            if part := question.get("declared_by"):
                for option in question["options"]:
                    if not draw(_seldom):
                        family[part][option["id"]] = REASON
        for task in tasks:
            fit = draw(
                st.sampled_from(["good", "best", "good", "good", "possible", "helper", None])
            )
            if fit:
                family["tasks"][task["id"]] = {"fit": fit, **REASON}
        families.append(family)
    return families


def silent_family(id: str, rank: int) -> dict[str, Any]:
    """Return a family that declares nothing."""
    return {
        "id": id, "name": id, "tie_break_order": rank, "summary": "F.",
        "takes": {}, "gives": {}, "tasks": {},
    }  # fmt: skip


def options_of(question, tasks) -> list[str]:
    """Return all options of a question, the built-in one last."""
    if question.get("options_from"):
        return [task["id"] for task in tasks]
    own = [option["id"] for option in question["options"]]
    return own + ([NOT_APPLICABLE] if question.get("ask_if") else [])


@st.composite
def given_answers(
    draw, of: Facts, *, task: bool = False, together: bool = True
) -> dict[str, list[str]]:
    """Draw answers to some questions; `task` makes sure that the task is among them.

    Without `together`, no question has several answers that hold at once.
    """
    given = {}
    for question in of["question"]:
        options = options_of(question, of["task"])
        if question["id"] == "task":
            if task or draw(st.booleans()):
                given["task"] = [draw(st.sampled_from(options))]
        elif draw(_seldom):
            drawn = draw(_some(options))
            alone = question.get("many") and not together
            given[question["id"]] = drawn[:1] if alone else drawn
    return given


# -- compiling --------------------------------------------------------------------------------


def compiled(facts: Facts) -> RuleBase:
    """Return the rule base that holds these facts."""
    entries = {
        kind: {value["id"]: Written(value) for value in copy.deepcopy(values)}
        for kind, values in facts.items()
    }
    parts = CompiledParts(entries, {"digest": "random", "overlays": [], "warnings": []})
    return RuleBase(lambda name: parts[name])


def without(rulebase: RuleBase, rule) -> RuleBase:
    """Return a rule base that lacks one rule."""
    rest = copy.copy(rulebase)
    rest.rules = tuple(one for one in rulebase.rules if one.id != rule.id)
    return rest


def engine_for(facts: Facts, priority: tuple[str, ...] = ()) -> Engine:
    """Return an engine on these facts."""
    return Engine(compiled(facts), priority)


def write(facts: Facts, folder) -> None:
    """Write the facts as rule files."""
    singles = {
        "criteria": {"criteria": facts["criterion"]},
        "questions": {"questions": facts["question"], "never": facts["never"]},
        "tasks": {"tasks": facts["task"]},
        "sources": {"sources": facts["source"]},
    }
    files = {f"{name}.yaml": value for name, value in singles.items()}
    files |= {f"families/{family['id']}.yaml": family for family in facts["family"]}
    files["decisions/all.yaml"] = {"rules": [_with_examples(rule) for rule in facts["rule"]]}
    for name, value in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(value, indent=1), encoding="utf-8")  # JSON is YAML


def _with_examples(rule):
    given = {"task": "task-0"}
    return rule | {"examples": [{"given": given, "fires": True}, {"given": given, "fires": False}]}


def profile_of(answers: dict[str, Any], origin: str = "flag") -> dict[str, Answer]:
    """Return answers as a profile."""
    return {id: Answer(tuple(options), None, origin) for id, options in answers.items()}


# -- deciding, slowly and obviously -----------------------------------------------------------


class Plain:
    """Decides facts by enumeration, straight from what the files say."""

    def __init__(self, facts: Facts, priority: tuple[str, ...] = ()) -> None:
        self.facts = facts
        self.questions = {question["id"]: question for question in facts["question"]}
        self.options = {id: options_of(q, facts["task"]) for id, q in self.questions.items()}
        self.tasks = {task["id"]: task for task in facts["task"]}
        self.families = sorted(facts["family"], key=lambda f: (f["tie_break_order"], f["id"]))
        criteria = [criterion["id"] for criterion in facts["criterion"]]
        judges = {c.get("judges"): c["id"] for c in facts["criterion"]}
        self.fits = judges.get("fits", criteria[-1])
        self.order = [*priority, *(id for id in criteria if id not in priority)]
        self._known: dict[tuple[Any, ...], tuple[str, dict[str, str]]] = {}

    def can_be(self, whole: Whole) -> bool:
        """True where a complete profile breaks nothing."""
        for task in whole["task"]:
            for question, implied in self.tasks[task].get("implies", {}).items():
                if not set(whole[question]) <= set(implied):
                    return False
        for id, question in self.questions.items():
            ask_if = question.get("ask_if")
            if ask_if and holds(ask_if, whole) == (NOT_APPLICABLE in whole[id]):
                return False
        return not any(holds(never["when"], whole) for never in self.facts["never"])

    def completions(self, given: dict[str, list[str]]) -> list[Whole]:
        """List the complete profiles within answers that can be, in declared order."""
        choices = [self.choices(id, given.get(id)) for id in self.questions]
        wholes = (dict(zip(self.questions, chosen, strict=True)) for chosen in product(*choices))
        return [whole for whole in wholes if self.can_be(whole)]

    def choices(self, id: str, given: list[str] | None) -> list[tuple[str, ...]]:
        """Return what a question may still be: one option each, or all given ones of a `many`."""
        kept = [option for option in self.options[id] if given is None or option in given]
        if given is not None and self.questions[id].get("many"):
            return [tuple(kept)]
        return [(option,) for option in kept]

    def decide(self, whole: Whole) -> tuple[str, dict[str, str]]:
        """Return the winner (or none) of a complete profile, and each family's verdict."""
        key = tuple(whole.values())
        if key not in self._known:
            self._known[key] = self._decide(whole)
        return self._known[key]

    def winner(self, whole: Whole) -> str:
        return self.decide(whole)[0]

    def _decide(self, whole: Whole) -> tuple[str, dict[str, str]]:
        standing = {
            family["id"]: [self.sign(criterion, family, whole) for criterion in self.order]
            for family in self.families
            if not self.excluded(family, whole)
        }
        left = list(standing)  # by rank: of equals the first one counts
        winner = max(left, key=standing.__getitem__) if left else "none"
        verdicts = {}
        for family in self.families:
            id = family["id"]
            if id not in standing:
                verdicts[id] = "excluded"
            elif id == winner:
                verdicts[id] = "recommended"
            else:
                verdicts[id] = "discouraged" if -1 in standing[id] else "allowed"
        return winner, verdicts

    def excluded(self, family, whole: Whole) -> bool:
        """True where a rule excludes a family, or it does not declare what is asked of it."""
        for id, question in self.questions.items():
            part = question.get("declared_by")
            if part and set(whole[id]) - {NOT_APPLICABLE} - set(family[part]):
                return True
        for task in whole["task"]:
            if family["tasks"].get(task, {"fit": "helper"})["fit"] == "helper":
                return True
        return bool(self.effects("exclude", family, whole))

    def sign(self, criterion: str, family, whole: Whole) -> int:
        """Return where a family stands on a criterion: for, against, or neither."""
        plus = criterion in self.effects("prefer", family, whole)
        minus = criterion in self.effects("avoid", family, whole)
        if criterion == self.fits:
            fits = [family["tasks"][task]["fit"] for task in whole["task"]]
            plus, minus = plus or "best" in fits, minus or "possible" in fits
        return plus - minus

    def effects(self, effect: str, family, whole: Whole) -> set[str]:
        """Return on which criteria rules have this effect on a family."""
        return {
            rule["criterion"]
            for rule in self.facts["rule"]
            if family["id"] in rule.get(effect, []) and holds(rule["when"], whole)
        }

    def winners(self, given: dict[str, list[str]]) -> set[str]:
        """Return who wins in some completion."""
        return {self.winner(whole) for whole in self.completions(given)}

    def typical(self, given: dict[str, list[str]]) -> Whole | None:
        """Fill each question in turn with its first option that still can be."""
        possible = self.completions(given)
        return possible[0] if possible else None

    def changes(self, size: int, present: Whole) -> list[dict[str, list[str]]]:
        """List all ways to answer `size` questions other than the task differently."""
        others = {
            id: [o for o in self.options[id] if o not in present[id] and o != NOT_APPLICABLE]
            for id in self.questions
            if id != "task"
        }
        return [
            {id: [option] for id, option in zip(ids, chosen, strict=True)}
            for ids in combinations(others, size)
            for chosen in product(*(others[id] for id in ids))
        ]


def holds(when: dict[str, list[str]], whole: Whole) -> bool:
    """True where every question of a condition has one of its options."""
    return all(set(whole[question]) & set(options) for question, options in when.items())


def wins_of(engine, space):
    """In how many complete profiles each family wins, and none last."""
    won = [0] * len(engine.encoding.winners)
    for outcome, number in space.counts(space.root).items():
        won[engine.ranking.winner(outcome)] += number
    return won
