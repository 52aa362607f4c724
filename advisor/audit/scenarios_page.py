"""What examples, scenarios and figures prove and cover, as JSON and as pages."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from advisor.audit.places import Places
from advisor.audit.scenarios import Coverage, Proof
from advisor.draw.blocks import Item, Items, Page, Text
from advisor.draw.formats import document
from advisor.phrasing import count

UNCOVERED = {
    "undecided-rule": "a rule that decides no scenario",
    "silent-rule": "a supporting rule that fires in no scenario",
    "task-without-scenario": "a task that no scenario is about",
    "family-without-scenario": "a family that is the answer to no scenario",
}


def proof_page(proof: Proof) -> Page:
    """Return the page of `advisor rules test`: failures at file:line, then the counts."""
    rows = tuple(Item("-", f"{f.place}: {f.id} {f.message}") for f in proof.failures)
    page: Page = [Items(rows)] if rows else []
    ran = f"{count(proof.examples, 'example')} of rules, {count(proof.scenarios, 'scenario')}, "
    ran += f"{count(proof.relations, 'relation')} of checkpoints"
    tone = "good" if proof.passed else "bad"
    page.append(Text(f"{ran}: {count(len(proof.failures), 'failure')}", tone))
    if proof.differing:
        page.append(Text(f"differing on purpose: {', '.join(proof.differing)}", "quiet"))
    return page


def coverage_json(coverage: Coverage, places: Places) -> dict[str, Any]:
    """Return the JSON document of `advisor rules coverage --format json`."""
    rules = [
        {
            "rule": rule.rule.id,
            **places.stands(rule.rule.place),
            "supporting": rule.rule.supporting,
            "covered": rule.covered,
            "decisive": rule.decisive,
            "pivotal": rule.pivotal,
            "fires": rule.fires,
        }
        for rule in coverage.rules
    ]
    return document(
        places.rulebase.digest,
        scenarios=coverage.scenarios,
        complete=coverage.complete,
        rules=rules,
        tasks=coverage.tasks,
        families=coverage.families,
        leaves={
            task: {"reached": reached, "leaves": leaves}
            for task, (reached, leaves) in coverage.leaves.items()
        },
    )


def coverage_page(coverage: Coverage, places: Places) -> Page:
    """Return the page of `advisor rules coverage`: what no scenario covers, then the counts."""
    rows = tuple(
        Item("-", f"{places.lead(place) if 'rule' in kind else ''}`{id}` is {UNCOVERED[kind]}")
        for kind, id, place in _uncovered(coverage, places)
    )
    page: Page = [Items(rows)] if rows else []
    deciding = [rule.covered for rule in coverage.rules if not rule.rule.supporting]
    supporting = [rule.covered for rule in coverage.rules if rule.rule.supporting]
    text = (
        f"{count(coverage.scenarios, 'scenario')}: {_part(deciding)} rules decide one, "
        f"{_part(supporting)} supporting rules fire in one, {_part(coverage.tasks.values())} tasks "
        f"and {_part(coverage.families.values())} families are covered"
    )
    page.append(Text(text, "good" if coverage.complete else "warn"))
    reached, leaves = (sum(leaf[n] for leaf in coverage.leaves.values()) for n in (0, 1))
    text = (
        f"they end in {reached:,} of {leaves:,} leaves of the tasks' diagrams: family, checkpoint "
        "and use"
    )
    page.append(Text(text, "quiet"))
    return page


def _uncovered(coverage: Coverage, places: Places) -> Iterator[tuple[str, str, str]]:
    """Yield what is not covered: its kind, id and place."""
    for rule in coverage.rules:
        if not rule.covered:
            kind = "silent-rule" if rule.rule.supporting else "undecided-rule"
            yield kind, rule.rule.id, rule.rule.place
    for kind, covered in (("task", coverage.tasks), ("family", coverage.families)):
        for id, scenarios in covered.items():
            if not scenarios:
                yield f"{kind}-without-scenario", id, places.rulebase.place(kind, id)


def _part(covered: Collection[object]) -> str:
    return f"{sum(map(bool, covered))} of {len(covered)}"
