"""`advisor explain --why-not CHECKPOINT`: the judgement of it, and where it stands."""

from __future__ import annotations

from advisor.check.command import judge_report
from advisor.draw.formats import Report
from advisor.engine.profile import Profile
from advisor.rulebase.base import RuleBase


def checkpoint_report(
    rulebase: RuleBase, checkpoint: str, given: Profile, priority: tuple[str, ...]
) -> Report:
    """Return why a catalogued checkpoint is not the answer, and what would change that."""
    from advisor.decide.standing import place_of
    from advisor.engine.decision import Engine
    from advisor.explanation.standing_page import place_blocks, place_json

    judged, _ = judge_report(rulebase, checkpoint, given, "", priority)
    engine = Engine(rulebase, priority)
    place = place_of(engine, rulebase.checkpoint(checkpoint), engine.decide(given))
    return Report(
        lambda: {**judged.json(), "standing": place_json(place)},
        lambda: [*judged.page(), *place_blocks(place)],
    )
