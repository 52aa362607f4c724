"""Is every word of the lexicon good for something, and can each two tasks be told apart.

Meanings are sets of concepts and nothing else, so both are settled by looking at each set by
itself: what is read where exactly its concepts are met is all that it can ever say alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from advisor.audit.claim import Defect, claims, defect
from advisor.audit.context import ProofContext
from advisor.need.reading import ConceptSets, spoken_of
from advisor.phrasing import count
from advisor.tokens import ANY, pattern_of

WORDED = ("concept", "measure", "numeral", "particle")
"""The kinds of entries that have words."""

Pattern = tuple[str, ...]


@claims("words", "which words are read")
def every_word_counts(context: ProofContext) -> tuple[str, list[Defect]]:
    """Claim that each word stands for something that no other word of its entry stands for."""
    rulebase = context.rulebase
    entries = {kind: getattr(rulebase, f"{kind}s") for kind in WORDED}
    fillers = {
        pattern_of(phrase)
        for words in (one.words for id, one in entries["particle"].items() if id == "filler")
        for phrases in words.values()
        for phrase in phrases
    }
    defects, total = [], 0
    for kind, of_kind in entries.items():
        for id, entry in of_kind.items():
            place = rulebase.place(kind, id)
            total += sum(map(len, entry.words.values()))
            for word, other in _covered(entry):
                defects.append(defect(context, "dead-word", id, place, word=word, other=other))
            if kind == "concept":
                defects += [
                    defect(context, "hidden-word", id, place, word=phrase)
                    for phrases in entry.words.values()
                    for phrase in phrases
                    if pattern_of(phrase) in fillers
                ]
    used = {id for one in rulebase.meanings.values() for when in one.when for id in when}
    used |= {id for one in rulebase.implications.values() for when in one.when for id in when}
    idle = [id for id, one in rulebase.concepts.items() if not one.says and id not in used]
    defects += [defect(context, "idle-concept", id) for id in idle]
    return f"{count(total, 'word')} of {count(len(entries['concept']), 'concept')}", defects


def _covered(entry: Any) -> Iterator[tuple[str, str]]:
    """Yield each word that another of the same language stands for, with that."""
    for phrases in entry.words.values():
        patterns = [(phrase, pattern_of(phrase)) for phrase in phrases]
        by_first: dict[str, list[tuple[str, Pattern]]] = {}
        for phrase, pattern in patterns:
            by_first.setdefault(_key(pattern), []).append((phrase, pattern))
        for bucket in by_first.values():
            for place, (phrase, pattern) in enumerate(bucket):
                others = enumerate(bucket)
                cover = next(
                    (
                        other
                        for at, (other, wide) in others
                        if at != place
                        and _stands_for(wide, pattern)
                        and (at < place or not _stands_for(pattern, wide))
                    ),
                    None,
                )
                if cover is not None:
                    yield phrase, cover


def _key(pattern: Pattern) -> str:
    """Return what two patterns share where one stands for the other: a letter, or nothing."""
    first = pattern[0] if pattern else ""
    return "" if first.startswith(ANY) else first[:1]


def _stands_for(wide: Pattern, narrow: Pattern) -> bool:
    """True where every phrase of one pattern is a phrase of another."""
    return len(wide) == len(narrow) and all(map(_form_stands_for, wide, narrow))


def _form_stands_for(wide: str, narrow: str) -> bool:
    if wide == narrow:
        return True
    if wide.endswith(ANY) and not wide.startswith(ANY) and not narrow.startswith(ANY):
        return narrow.rstrip(ANY).startswith(wide[:-1])
    if wide.startswith(ANY) and not narrow.endswith(ANY):
        return narrow.lstrip(ANY).endswith(wide[1:])
    return False


@claims("meanings", "which tasks words can tell apart")
def no_tasks_always_tied(context: ProofContext) -> tuple[str, list[Defect]]:
    """Claim that of each two tasks, one can be read without the other; and no set stands twice."""
    meanings = context.rulebase.meanings
    sets: ConceptSets = [
        (task, frozenset(when)) for task, one in meanings.items() for when in one.when
    ]
    alone: dict[str, list[frozenset[str]]] = {task: [] for task in meanings}
    for task, concepts in sets:
        alone[task].append(_reach(sets, concepts))
    defects = [
        defect(context, "tied-tasks", one, other=other)
        for one, other in combinations(meanings, 2)
        if all({one, other} <= reach for reach in (*alone[one], *alone[other]))
    ]
    for task, one in meanings.items():
        kept = [frozenset(when) for when in one.when]
        for place, concepts in enumerate(kept):
            if concepts in kept[:place]:
                named = " and ".join(sorted(concepts))
                defects.append(defect(context, "repeated-meaning", task, concepts=named))
    return f"{count(len(sets), 'set')} of concepts speak of {count(len(meanings), 'task')}", defects


def _reach(sets: ConceptSets, concepts: frozenset[str]) -> frozenset[str]:
    """Return the tasks within reach where exactly some concepts are met."""
    spoken = spoken_of(sets, concepts)
    most = max(map(len, spoken.values()))
    return frozenset(task for task, of_task in spoken.items() if len(of_task) == most)
