"""Two rule bases as a person names them, read and compared: answers, entries, first checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from advisor.audit.difference import RuleBaseDifference, difference
from advisor.decide.recommendation import recommend
from advisor.errors import AdvisorError, UsageError
from advisor.model import TASK
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules

SHIPPED = "shipped"
PARTS = ("criteria.yaml", "questions.yaml", "tasks.yaml", "families")
"""What a folder holds that is a rule base of its own; any other is an overlay."""


class PickChange(NamedTuple):
    """A task whose typical profile gets another checkpoint first; None where there is none."""

    task: str
    old: str | None
    new: str | None


class ComparedRules(NamedTuple):
    """Two rule bases, what they are called, and what differs; no `picks` where none were sought."""

    names: tuple[str, str]
    rule_bases: tuple[RuleBase, RuleBase]
    difference: RuleBaseDifference
    picks: tuple[PickChange, ...] | None = None


def compare_rules(
    old: str, new: str, overlays: list[Path], most: int | None, *, picks: bool
) -> ComparedRules:
    """Compare two named rule bases, overlays laid over the new one.

    A name is `shipped`, a folder, or `git:REVISION[:FOLDER]`. Of each kind of change there are at
    most `most` patterns. Raises UsageError where both are the same.
    """
    if old == new and not overlays:
        raise UsageError(
            f"`{old}` is compared with itself",
            hint="name two rule bases, e.g. advisor rules diff git:main",
        )
    with _rule_base(old, []) as before, _rule_base(new, overlays) as after:
        return ComparedRules(
            names=(old, " + ".join([new, *map(str, overlays)])),
            rule_bases=(before, after),
            difference=difference(before, after, most),
            picks=pick_changes(before, after) if picks else None,
        )


def pick_changes(old: RuleBase, new: RuleBase) -> tuple[PickChange, ...]:
    """Return the tasks of both whose typical profile gets another checkpoint first."""
    known = {task.id for task in new.tasks}
    changes = [
        PickChange(task.id, _first_pick(old, task.id), _first_pick(new, task.id))
        for task in old.tasks
        if task.id in known
    ]
    return tuple(change for change in changes if change.old != change.new)


def _first_pick(rulebase: RuleBase, task: str) -> str | None:
    (advice,) = recommend(rulebase, {TASK: task}).advice
    picks = advice.selection.picks
    return picks[0].checkpoint.id if picks else None


@contextmanager
def _rule_base(name: str, overlays: list[Path]) -> Iterator[RuleBase]:
    """Give the rule base of a name. Files of a revision last as long as this does."""
    import tempfile

    from advisor.rulebase.folder import PREFIX, copy_revision

    if name == SHIPPED:
        yield load_rules(overlays=tuple(overlays))
    elif name.startswith(PREFIX):
        with tempfile.TemporaryDirectory(prefix="advisor-") as copy:
            copy_revision(name, Path(copy))
            yield _read(Path(copy), name, overlays)
    else:
        yield _read(Path(name), name, overlays)


def _read(folder: Path, name: str, overlays: list[Path]) -> RuleBase:
    try:
        if folder.is_dir() and not all((folder / part).exists() for part in PARTS):
            return load_rules(overlays=(folder, *overlays))
        return load_rules(folder, tuple(overlays))
    except AdvisorError as error:
        error.message = f"{error.message} (in `{name}`)"
        raise
