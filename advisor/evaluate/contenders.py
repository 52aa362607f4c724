"""Who is evaluated: checkpoints that were named, the demo ones, or the first picks for a need."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from advisor.decide.command_lines import may_run
from advisor.errors import AdvisorError, UsageError
from advisor.model.library import CAPTION, LABEL
from advisor.rulebase.base import RuleBase
from advisor.trial.demo import demo_checkpoints
from advisor.trial.plans import as_they_are, is_here, revision_here

if TYPE_CHECKING:
    from advisor.engine.profile import Profile
    from advisor.model import Checkpoint

MOST_PICKS, OF_THE_FIRST = 3, 2
"""How many are taken where nobody names any: of the family that is recommended, and in all."""
_NAMED = re.compile(r"([\w. -]+)=(.+)\Z", re.DOTALL)
_REVISION = re.compile(r"([^@]+/[^@]+)@([\w./-]+)\Z")


class Contender(NamedTuple):
    """A checkpoint to be evaluated under a name; `family` is None where nobody knows it."""

    name: str
    checkpoint: str
    family: str | None = None
    revision: str | None = None
    pretrained_only: bool = False


def named_contenders(rulebase: RuleBase, named: Sequence[str]) -> tuple[Contender, ...]:
    """Return checkpoints as they were named: ID, FOLDER, demo:NAME, ID@REVISION, NAME=any of these.

    One that is named twice is told apart by a number.
    """
    demos = {demo.id: demo.family for demo in demo_checkpoints()}
    found = []
    for given in named:
        name, checkpoint = "", given
        if not Path(given).exists() and (match := _NAMED.match(given)):
            name, checkpoint = match[1].strip(), match[2]
        revision = None
        if not Path(checkpoint).exists() and (match := _REVISION.match(checkpoint)):
            checkpoint, revision = match[1], match[2]
        known = rulebase.checkpoints.get(checkpoint)
        if known is not None:
            pinned = revision or revision_here(known)
            contender = _of(known)._replace(name=name or given, revision=pinned)
        else:
            contender = Contender(name or given, checkpoint, demos.get(checkpoint), revision)
        found.append(contender)
    return _told_apart(found)


def demo_contenders() -> tuple[Contender, ...]:
    """Return the checkpoints that come with advisor."""
    return tuple(Contender(demo.id, demo.id, demo.family) for demo in demo_checkpoints())


def picked_contenders(
    rulebase: RuleBase,
    profile: Profile,
    *,
    may_download: bool,
) -> tuple[Contender, ...]:
    """Return the first picks for a profile with one task, of every family that may do it.

    Of the family that is recommended two, of the others one. Without `may_download` those on this
    machine go first. Raises an AdvisorError where the catalogue has none that runs.
    """
    from advisor.decide.selection import ORDERS, select_of
    from advisor.engine.decision import Engine
    from advisor.model import TASK

    decision = Engine.known(rulebase).decide(profile)
    task = decision.profile[TASK].options[0]
    found: list[Contender] = []
    for assessment in decision.assessments:
        if assessment.verdict == "excluded" or len(found) >= MOST_PICKS:
            continue
        selection = select_of(rulebase, assessment.family, decision.profile, ORDERS[0])
        runs = as_they_are(selection, lambda model_type: answers(rulebase, model_type, task))
        if not may_download:
            runs.sort(key=lambda known: not is_here(known))
        wanted = OF_THE_FIRST if not found else 1
        found += [_of(known) for known in runs[:wanted]]
    if not found:
        raise AdvisorError(
            f"the catalogue has nothing to evaluate for `{task}`",
            hint="name checkpoints: --candidate ID, --candidate FOLDER; or --demo",
            kind="nothing-to-load",
            exit_code=1,
        )
    return tuple(found[:MOST_PICKS])


def answers(rulebase: RuleBase, model_type: str | None, task: str) -> bool:
    """True where a runner exists for a type and a task, or one whose texts labels are scored by."""
    return any(may_run(rulebase, model_type, each) for each in tasks_to_load(rulebase, task))


def tasks_to_load(rulebase: RuleBase, task: str) -> tuple[str, ...]:
    """Return the tasks for which a checkpoint may be loaded to judge it on one, the best first.

    Labels are also scored by what writes captions: by the likelihood of each.
    """
    label = task in rulebase.acts[LABEL].tasks
    return (task, rulebase.acts[CAPTION].tasks[0]) if label else (task,)


def _of(known: Checkpoint) -> Contender:
    return Contender(
        name=known.id,
        checkpoint=known.id,
        family=known.family,
        revision=revision_here(known),
        pretrained_only=known.stage == "pre-trained",
    )


def _told_apart(found: Sequence[Contender]) -> tuple[Contender, ...]:
    """Return contenders under names of their own; a name that was given twice is refused."""
    seen: Counter[str] = Counter()
    named = []
    for each in found:
        seen[each.name] += 1
        if seen[each.name] > 1 and each.name != each.checkpoint:
            raise UsageError(
                f"two candidates are called `{each.name}`", hint="give each a name: NAME=ID"
            )
        again = f"{each.name} ({seen[each.name]})" if seen[each.name] > 1 else each.name
        named.append(each._replace(name=again))
    return tuple(named)
