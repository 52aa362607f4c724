"""Runs what the rule base says of itself: examples of rules, scenarios."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engine.decision import Decision, Engine, family_for_all, verdicts_by_family
from advisor.engine.profile import Answer, holds, make_profile
from advisor.errors import AdvisorError
from advisor.model import NONE, NOT_APPLICABLE, TASK
from advisor.model.evidence import Example, Scenario
from advisor.rulebase.base import RuleBase


class Failure(NamedTuple):
    """Something the rule base promises and does not keep."""

    place: str
    id: str
    message: str


class Proof(NamedTuple):
    """What was run, and what failed."""

    examples: int
    scenarios: int
    differing: tuple[str, ...]
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """True where nothing failed."""
        return not self.failures


def prove(rulebase: RuleBase) -> Proof:
    """Run every rule's examples and all scenarios."""
    engine = Engine(rulebase)
    failures = [f for example in rulebase.examples if (f := _example(rulebase, example))]
    failures += [f for scenario in rulebase.scenarios if (f := _scenario(engine, scenario))]
    return Proof(
        len(rulebase.examples),
        len(rulebase.scenarios),
        tuple(scenario.id for scenario in rulebase.scenarios if scenario.differs),
        tuple(failures),
    )


def _example(rulebase: RuleBase, example: Example) -> Failure | None:
    rule = rulebase.rule(example.rule)
    try:
        given = make_profile(rulebase, example.given, "file")
    except AdvisorError as error:
        return Failure(example.place, rule.id, error.message)
    unanswered = Answer((NOT_APPLICABLE,), None, "assumed")
    fires = holds(rule.when, {**dict.fromkeys(rule.when, unanswered), **given})
    if fires == example.fires:
        return None
    expected = "fire" if example.fires else "not fire"
    told = ", ".join(f"{id}: {value}" for id, value in example.given.items())
    return Failure(example.place, rule.id, f"should {expected} on {{{told}}}, and does otherwise")


def _scenario(engine: Engine, scenario: Scenario) -> Failure | None:
    try:
        family, decisions = answer_scenario(engine, scenario)
    except AdvisorError as error:
        return Failure(scenario.place, scenario.id, error.message)
    wanted = " or ".join(scenario.families)
    if scenario.differs:
        if family in scenario.families:
            return Failure(scenario.place, scenario.id, "says `differs`, but no longer differs")
        return None
    if family not in scenario.families:
        return Failure(scenario.place, scenario.id, f"gives {family}, should give {wanted}")
    if scenario.outcome and any(one.outcome != scenario.outcome for one in decisions):
        found = decisions[0].outcome
        return Failure(scenario.place, scenario.id, f"is {found}, should be {scenario.outcome}")
    decisive = {
        found.rule.id
        for decision in decisions
        for assessment in decision.assessments
        for found in assessment.fired
        if found.decisive
    }
    missing = [rule for rule in scenario.because if rule not in decisive]
    if missing:
        message = f"{', '.join(missing)} should be decisive, and is not"
        return Failure(scenario.place, scenario.id, message)
    return None


def answer_scenario(engine: Engine, scenario: Scenario) -> tuple[str, list[Decision]]:
    """Return the family of a scenario (of several tasks, the one for all) and its decisions."""
    profile = make_profile(engine.rulebase, scenario.profile, "file")
    if TASK not in profile or len(profile[TASK].options) == 1:
        decision = engine.decide(profile)
        return decision.family or NONE, [decision]
    decisions = {
        task: engine.decide({**profile, TASK: Answer((task,), None, "file")})
        for task in profile[TASK].options
    }
    family = family_for_all(engine, verdicts_by_family(engine, decisions))
    return family or NONE, list(decisions.values())
