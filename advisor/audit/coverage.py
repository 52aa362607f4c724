"""What scenarios cover: the rules they put to the test, the tasks they are about, their answers.

A rule decides a scenario where it is decisive there (without this kind of reason the family would
stand elsewhere) or pivotal (without this very rule another family would win). Either can be true
alone: two rules that say the same are decisive and not pivotal; one that weighs up another on the
same criterion is pivotal, while a later criterion is decisive. A rule about checkpoints decides
where it fires for the family that wins. Of a supporting rule, which never changes an answer,
nobody can ask more than that it fires.
"""

from __future__ import annotations

from typing import NamedTuple

from advisor.audit.own_examples import answer_scenario
from advisor.engine.decision import Decision, Engine
from advisor.engine.profile import holds
from advisor.errors import AdvisorError
from advisor.model import NONE, TASK, Rule
from advisor.rulebase.base import RuleBase

Found = dict[str, dict[str, None]]
"""Id of what is covered -> ids of scenarios, each once and in the order of the files."""


class RuleCoverage(NamedTuple):
    """The scenarios in which a written rule is decisive, is pivotal, and fires at all."""

    rule: Rule
    decisive: tuple[str, ...]
    pivotal: tuple[str, ...]
    fires: tuple[str, ...] = ()

    @property
    def covered(self) -> bool:
        """True where a scenario puts the rule to the test, as far as its kind can be."""
        return bool(self.fires if self.rule.supporting else self.decisive or self.pivotal)

    @property
    def missed(self) -> bool:
        """True where a scenario would notice the rule's absence, or none ever could."""
        about_families = any("/" not in candidate for candidate in self.rule.candidates)
        return bool(self.pivotal) or self.rule.supporting or not about_families


class Coverage(NamedTuple):
    """Every written rule, task and family with the scenarios that cover it.

    A task that every family is sent away from is covered by a scenario that ends in `none`.
    """

    scenarios: int
    rules: tuple[RuleCoverage, ...]
    tasks: dict[str, tuple[str, ...]]
    families: dict[str, tuple[str, ...]]

    @property
    def complete(self) -> bool:
        """True where scenarios cover everything."""
        covered = all(rule.covered for rule in self.rules)
        return covered and all(self.tasks.values()) and all(self.families.values())


def coverage(rulebase: RuleBase) -> Coverage:
    """Run all scenarios and return what they cover; one that cannot be answered covers nothing."""
    engine = Engine(rulebase)
    written = [rule for rule in rulebase.rules if not rule.derived]
    decisive: Found = {rule.id: {} for rule in written}
    pivotal: Found = {rule.id: {} for rule in written}
    fires: Found = {rule.id: {} for rule in written}
    tasks: Found = {task.id: {} for task in rulebase.tasks}
    families: Found = {family.id: {} for family in rulebase.families}
    for scenario in rulebase.scenarios:
        try:
            family, decisions = answer_scenario(engine, scenario)
        except AdvisorError:
            continue
        if family != NONE:
            families[family][scenario.id] = None
        for decision in decisions:
            for covered, ids in (
                (tasks, decision.given[TASK].options if TASK in decision.given else ()),
                (fires, [rule.id for rule in written if holds(rule.when, decision.profile)]),
                (decisive, _decisive(rulebase, decision)),
                (pivotal, _pivotal(engine, decision)),
            ):
                for id in ids:
                    covered[id][scenario.id] = None
    return Coverage(
        len(rulebase.scenarios),
        tuple(
            RuleCoverage(rule, *(tuple(of[rule.id]) for of in (decisive, pivotal, fires)))
            for rule in written
        ),
        {id: tuple(found) for id, found in tasks.items()},
        {id: tuple(found) for id, found in families.items()},
    )


def _decisive(rulebase: RuleBase, decision: Decision) -> set[str]:
    found = {
        finding.rule.id
        for assessment in decision.assessments
        for finding in assessment.fired
        if finding.decisive and not finding.rule.derived
    }
    for rule in rulebase.rules:
        about = [rulebase.checkpoints[id].family for id in rule.candidates if "/" in id]
        if decision.family in about and holds(rule.when, decision.profile):
            found.add(rule.id)
    return found


def _pivotal(engine: Engine, decision: Decision) -> set[str]:
    """Return the written rules without which the profile of a decision has another winner."""
    encoding, ranking = engine.encoding, engine.ranking
    fired = encoding.fired([choices[0] for choices in engine.choices(decision.profile)])
    winner = ranking.winner(encoding.outcome(fired))
    masks: dict[str, int] = {}
    for place, conjunction in enumerate(encoding.conjunctions):
        origin = conjunction.origin
        if fired >> place & 1 and isinstance(origin, Rule) and not origin.derived:
            masks[origin.id] = masks.get(origin.id, 0) | 1 << place
    return {
        id
        for id, mask in masks.items()
        if ranking.winner(encoding.outcome(fired & ~mask)) != winner
    }
