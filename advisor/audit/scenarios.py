"""Runs the examples, scenarios and relations of a rule base, and finds what scenarios cover.

A rule decides a scenario if it is decisive there (without this kind of reason the family would have
another place) or pivotal (without this very rule another family would win). Either can be true
alone: two rules that say the same are decisive and not pivotal; one that weighs up another on the
same criterion is pivotal, while a later criterion is decisive. A rule about checkpoints decides if
it fires for the family that wins. A supporting rule never changes an answer, so it only has to
fire.

Relations (larger in a series, successor) rank checkpoints that no yardstick tells apart. Each
relation is compared with every table that has both; it fails if it loses more often than it wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from advisor.audit.claim import UNBOUNDED, ProofContext
from advisor.decide.outlook import diagram_for
from advisor.decide.precedence import ENGLISH, Gauge, Precedences, related
from advisor.engine.decision import Decision, Engine, family_for_all, verdicts_by_family
from advisor.engine.profile import Answer, holds, make_profile
from advisor.engine.task_diagram import Leaf
from advisor.errors import AdvisorError
from advisor.model import NONE, NOT_APPLICABLE, TASK, Rule
from advisor.model.evidence import Example, Scenario
from advisor.rulebase.base import RuleBase


class Tested(NamedTuple):
    """An example, scenario or relation: file:line, and its rule, id or kind.

    `message` says how it fails, and is "" if it passes.
    """

    place: str
    id: str
    message: str


class Proof(NamedTuple):
    """The numbers of what was run, the ids of scenarios marked `differs`, and the failures."""

    examples: int
    scenarios: int
    relations: int
    differing: tuple[str, ...]
    failures: tuple[Tested, ...]

    @property
    def passed(self) -> bool:
        """True if nothing failed."""
        return not self.failures


class RuleCoverage(NamedTuple):
    """The scenarios in which a rule is decisive, is pivotal, and fires at all."""

    rule: Rule
    decisive: tuple[str, ...]
    pivotal: tuple[str, ...]
    fires: tuple[str, ...] = ()

    @property
    def covered(self) -> bool:
        """True if a scenario decides by the rule or, for a supporting one, if it fires in any."""
        return bool(self.fires if self.rule.supporting else self.decisive or self.pivotal)


class Coverage(NamedTuple):
    """Every written rule, task and family with the scenarios that cover it.

    A task that no family does is covered by a scenario that ends in `none`. `leaves` is task ->
    (leaves of its diagram that scenarios reach, all leaves); a leaf is a family with a checkpoint
    and its use.
    """

    scenarios: int
    rules: tuple[RuleCoverage, ...]
    tasks: dict[str, tuple[str, ...]]
    families: dict[str, tuple[str, ...]]
    leaves: dict[str, tuple[int, int]]

    @property
    def complete(self) -> bool:
        """True if scenarios cover all rules, tasks and families; leaves do not count."""
        rules = [rule.covered for rule in self.rules]
        return all([*rules, *self.tasks.values(), *self.families.values()])


def answer_scenario(engine: Engine, scenario: Scenario) -> tuple[str, list[Decision]]:
    """Return the family of a scenario (of several tasks, the one for all) and its decisions."""
    profile = make_profile(engine.rulebase, scenario.profile, "file")
    tasks = profile[TASK].options if TASK in profile else ()
    if len(tasks) < 2:
        decision = engine.decide(profile)
        return decision.family or NONE, [decision]
    each = {task: {**profile, TASK: Answer((task,), None, "file")} for task in tasks}
    decisions = {task: engine.decide(profile) for task, profile in each.items()}
    family = family_for_all(engine, verdicts_by_family(engine, decisions))
    return family or NONE, list(decisions.values())


def prove(rulebase: RuleBase) -> Proof:
    """Run every rule's examples and all scenarios, and compare relations with results."""
    engine, related = Engine(rulebase), relations(rulebase)
    ran = [Tested(case.place, case.rule, _of_example(rulebase, case)) for case in rulebase.examples]
    ran += [Tested(case.place, case.id, _of_scenario(engine, case)) for case in rulebase.scenarios]
    ran += related
    return Proof(
        len(rulebase.examples),
        len(rulebase.scenarios),
        len(related),
        tuple(scenario.id for scenario in rulebase.scenarios if scenario.differs),
        tuple(result for result in ran if result.message),
    )


def _of_example(rulebase: RuleBase, example: Example) -> str:
    """Return the message of an example that fails; "" if it passes."""
    rule = rulebase.rule(example.rule)
    try:
        given = make_profile(rulebase, example.given, "file")
    except AdvisorError as error:
        return error.message
    unanswered = Answer((NOT_APPLICABLE,), None, "assumed")
    if holds(rule.when, {**dict.fromkeys(rule.when, unanswered), **given}) == example.fires:
        return ""
    expected = "fire" if example.fires else "not fire"
    listed = ", ".join(f"{id}: {value}" for id, value in example.given.items())
    return f"should {expected} on {{{listed}}}, but it does the opposite"


def _of_scenario(engine: Engine, scenario: Scenario) -> str:
    """Return the message of a scenario that fails; "" if it passes."""
    try:
        family, decisions = answer_scenario(engine, scenario)
    except AdvisorError as error:
        return error.message
    if scenario.differs:
        expected = family in scenario.families
        return "is marked `differs`, but returns the expected family" if expected else ""
    if family not in scenario.families:
        return f"returns {family} and should return {' or '.join(scenario.families)}"
    if scenario.outcome and any(decision.outcome != scenario.outcome for decision in decisions):
        return f"has the outcome {decisions[0].outcome} and should have {scenario.outcome}"
    decisive = _decisive(decisions)
    missing = ", ".join(rule for rule in scenario.because if rule not in decisive)
    return f"{missing} should decide the result, but does not" if missing else ""


def _decisive(decisions: Iterable[Decision]) -> set[str]:
    return {
        fired_rule.rule.id
        for decision in decisions
        for assessment in decision.assessments
        for fired_rule in assessment.fired
        if fired_rule.decisive
    }


def relations(rulebase: RuleBase) -> list[Tested]:
    """Return all relations, compared with the results of every task and language.

    A relation fails if more tables are against it than for it.
    """
    gauges: dict[tuple[str, str], Gauge] = {}
    for task in rulebase.tasks:
        rows = rulebase.order(task.id)["yardsticks"].values()
        columns = set(chain.from_iterable(row["tables"] for row in rows))
        for language in sorted({column for column in columns if len(column) in (2, 3)} | {ENGLISH}):
            own_gauges = Precedences(rulebase, task.id, [language]).gauges
            gauges |= {(gauge.yardstick, gauge.name): gauge for gauge in own_gauges}
    relations = []
    for kind, before, behind in related(rulebase.checkpoints):
        votes: dict[tuple[str, int], float] = {}
        for gauge in gauges.values():
            for number, table in enumerate(gauge.tables):
                if before in table and behind in table:
                    apart = gauge.apart(table[before], table[behind])
                    key = gauge.yardstick, number  # the columns of a table have one vote together
                    votes[key] = votes.get(key, 0) + (apart > 0) - (apart < 0)
        won, lost = (sum(sign * vote > 0 for vote in votes.values()) for sign in (1, -1))
        refuted = f"{before} is worse than {behind} in {lost} of {won + lost} comparisons"
        place = rulebase.place("checkpoint", before)
        relations.append(Tested(place, kind, refuted if lost > won else ""))
    return relations


def coverage(rulebase: RuleBase) -> Coverage:
    """Run all scenarios and return what they cover; one that cannot be answered covers nothing."""
    context = ProofContext(rulebase, UNBOUNDED)
    engine = context.engine
    covering: defaultdict[tuple[str, str], list[str]] = defaultdict(list)  # by the way and the id
    reached: defaultdict[str, set[Leaf]] = defaultdict(set)
    for scenario in rulebase.scenarios:
        try:
            family, decisions = answer_scenario(engine, scenario)
        except AdvisorError:
            continue
        covered = {("family", family)} | {("decisive", id) for id in _decisive(decisions)}
        for decision in decisions:
            covered |= set(_covered(context, decision))
            (task,) = decision.profile[TASK].options
            diagram = diagram_for(engine, task, decision.given)
            if assumed := diagram.assumed(diagram.kept(decision.given)):
                reached[task].add(assumed[1])
        for key in covered:
            covering[key].append(scenario.id)
    ends = {
        task.id: diagram_for(engine, task.id, {}).ends()
        for task in rulebase.tasks
        if engine.admits({TASK: Answer((task.id,), None, "file")})
    }
    return Coverage(
        len(rulebase.scenarios),
        tuple(
            RuleCoverage(rule, *(tuple(covering[way, rule.id]) for way in RuleCoverage._fields[1:]))
            for rule in context.written
        ),
        {task.id: tuple(covering["task", task.id]) for task in rulebase.tasks},
        {family.id: tuple(covering["family", family.id]) for family in rulebase.families},
        {task: (len(reached[task] & leaves), len(leaves)) for task, leaves in ends.items()},
    )


def _covered(context: ProofContext, decision: Decision) -> Iterator[tuple[str, str]]:
    """Yield the way and the id of what a decision covers; `decisive` only for checkpoint rules."""
    if TASK in decision.given:
        yield from (("task", id) for id in decision.given[TASK].options)
    fired = context.encoding.fired([of[0] for of in context.engine.choices(decision.profile)])
    for rule in context.rules(fired):  # without a pivotal one another family wins
        if context.winner(fired) != context.winner(fired & ~context.mask(rule)):
            yield "pivotal", rule.id
    for rule in context.written:
        if holds(rule.when, decision.profile):
            yield "fires", rule.id
            models = [context.rulebase.checkpoints[id] for id in rule.candidates if "/" in id]
            if decision.family in {model.family for model in models}:
                yield "decisive", rule.id
