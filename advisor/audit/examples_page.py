"""The proof of a rule base as JSON and as a page."""

from __future__ import annotations

from typing import Any

from advisor.audit.own_examples import Proof
from advisor.draw.blocks import Item, Items, Page, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.phrasing import count


def as_json(proof: Proof, digest: str) -> dict[str, Any]:
    """Return the JSON document of `advisor rules test --format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": digest,
        "examples": proof.examples,
        "scenarios": proof.scenarios,
        "differing": list(proof.differing),
        "failures": [failure._asdict() for failure in proof.failures],
    }


def as_page(proof: Proof) -> Page:
    """Return the page: failures at file:line, then the counts."""
    rows = tuple(Item("-", f"{f.place}: {f.id} {f.message}") for f in proof.failures)
    page: Page = [Items(rows)] if rows else []
    ran = f"{count(proof.examples, 'example')} of rules, {count(proof.scenarios, 'scenario')}"
    tone = "good" if proof.passed else "bad"
    page.append(Text(f"{ran}: {count(len(proof.failures), 'failure')}", tone))
    if proof.differing:
        page.append(Text(f"differing on purpose: {', '.join(proof.differing)}", "quiet"))
    return page
