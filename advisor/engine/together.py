"""One family for several tasks, each of them decided on its own."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.engine.decision import VERDICTS, Decision, Engine

Verdicts = dict[str, dict[str, str]]
"""Family -> task -> verdict."""


def verdicts_by_family(engine: Engine, decisions: Mapping[str, Decision]) -> Verdicts:
    """Return the verdict of every family on every task; `decisions` are those of the tasks.

    Where a task has no answer, a family that is not excluded may still have nothing to load: it
    counts as excluded.
    """
    return {
        family: {
            task: "excluded" if decision.outcome == "none" else _verdict(decision, family)
            for task, decision in decisions.items()
        }
        for family in engine.encoding.families
    }


def family_for_all(engine: Engine, verdicts: Verdicts) -> str | None:
    """Return the family excluded on no task: by worst verdict, then wins, then declared rank.

    None where there is no such family.
    """

    def standing(family: str) -> tuple[int, int, int]:
        ranks = [VERDICTS.index(verdict) for verdict in verdicts[family].values()]
        place = engine.encoding.ranks[engine.encoding.families.index(family)]
        return max(ranks), -ranks.count(0), place

    able = [family for family in verdicts if "excluded" not in verdicts[family].values()]
    return min(able, key=standing) if able else None


def _verdict(decision: Decision, family: str) -> str:
    of_family = next(one for one in decision.assessments if one.family == family)
    return of_family.verdict or of_family.possible_verdicts[-1]
