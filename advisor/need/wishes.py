"""The tasks that a text indicates: the candidates, and tasks of its other words.

The lexicon has sets of concepts for each task. A set counts if the text has all its concepts and no
larger matching set contains it; the largest of these sets give the candidate tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from itertools import pairwise

from advisor.model import NamedTuple
from advisor.model.phrase_kinds import ALIAS, AND, CONCEPT, NAME, NUMBER_OF, OR, PARTICLE, SAYING
from advisor.need.label_names import COLONS
from advisor.need.lexicon import Lexicon
from advisor.need.numerals import WISHES, Amount
from advisor.need.sweep import Mark, Swept
from advisor.rulebase.base import RuleBase

SURE_CONCEPTS = 2
"""A task indicated by fewer concepts, or fewer words of its name, is never certain."""

NEXT, ASIDE, LIKENED = "next", "aside", "likened"
"""Particles before a later step (then), an additional wish (besides), and a model (like CLIP)."""

KIND = "archive-kind"
"""The concept of document types that existing models classify. All listed labels must be such."""

TAUGHT_BY = frozenset((
    "training", "labelled", "untrained", "number-of-examples", "number-of-few-examples",
    "number-of-classes", "number-of-kinds",
))  # fmt: skip
"""Concepts of training data: they only break ties between tasks that share all other concepts."""

UNSEEN = {"records": "page", "prose": "read"}
"""Concepts of input without images -> the concept that makes it a task of images all the same."""

FIND = "find"
"""The concept of searching. An `and` right behind it begins no new part: its object follows."""

Span = tuple[int, int]

ConceptSets = Sequence[tuple[str, frozenset[str]]]
"""Pairs of a task id and a set of concepts that indicates it."""


class TaskRead(NamedTuple):
    """A task that words indicate.

    `strength` is the number of its concepts, or of words of its name (at most SURE_CONCEPTS), and 0
    for a task of a flag or of a named model; `spans` are the character offsets of those words.
    """

    task: str
    strength: int
    concepts: frozenset[str]
    spans: tuple[Span, ...]

    @property
    def likelihood(self) -> tuple[int, int]:
        """Sort key: strength without concepts of training data, at least 1, and their number."""
        taught = len(self.concepts & TAUGHT_BY)
        return max(self.strength - taught, 1), taught


class TasksRead(NamedTuple):
    """The candidate `tasks` of a text, all equally likely.

    `touched` are all tasks that any word indicates, likeliest first; `besides` tasks of words that
    belong to no candidate, or of an earlier or later step.
    """

    tasks: tuple[TaskRead, ...]
    touched: tuple[TaskRead, ...]
    besides: tuple[TaskRead, ...]


Met = Mapping[str, tuple[Span, ...]]
"""Concept -> its spans in the text, for concepts that are not negated."""


def wishes_of(
    rulebase: RuleBase,
    lexicon: Lexicon,
    swept: Swept,
    met: Met,
    leading: Met,
    names: Sequence[tuple[str, Span]],
) -> TasksRead:
    """Return the tasks that a text indicates; none for a text about input without images.

    Concepts of the main wish, `leading`, go before all in `met`, these before `names` of models.
    """
    touched = _tasks(rulebase, lexicon, swept, leading)
    if not touched:  # then what comes besides is all that is wished
        touched = _tasks(rulebase, lexicon, swept, met)
    touched = () if _shows_nothing(lexicon, met) else touched or _by_names(lexicon, names)
    alike = _likened(rulebase, swept)
    touched = tuple(task for task in touched if task.task in alike) or touched
    tasks = tuple(task for task in touched if task.likelihood == touched[0].likelihood)
    acts = [task for task in tasks if task.concepts - lexicon.things - {FIND}]  # detect signs
    nouns = [task for task in tasks if len(task.concepts) > 1 and task.concepts <= lexicon.seen]
    tasks = tuple(task for task in tasks if not acts or task not in nouns)
    apart = _apart(rulebase, lexicon, swept)
    if tasks and apart and tasks[0].task not in apart:  # acts of several parts made it
        tasks = (next((t for t in tasks if t.task in apart), next(iter(apart.values()))),)
    more = () if swept.joining[OR] else tasks[1:]
    apart |= {task.task: task for task in more if not _is_one(tasks[0], task, lexicon.things)}
    tasks = (*tasks[:1], *(task for task in tasks[1:] if task.task not in apart))
    reach = {task.task for task in tasks}
    others = {t.task: t for t in _besides(lexicon, met, touched, tasks) if t.task not in apart}
    besides = tuple(other for id, other in (others | apart).items() if id not in reach)
    return TasksRead(tasks, touched, besides)


def _likened(rulebase: RuleBase, swept: Swept) -> set[str]:
    """Return the tasks of the families that something is to be like: something like CLIP."""
    ends = {mark.last for mark in swept.of(PARTICLE) if mark.id == LIKENED}
    families = {mark.id for mark in swept.of(NAME) if mark.first in ends}
    alike = (each for each in rulebase.checkpoints.values() if each.family in families)
    return {task for each in alike for task in each.tasks}


def met_in(
    swept: Swept, numbers: Sequence[Amount], *, leading: bool = False
) -> dict[str, tuple[Span, ...]]:
    """Return the concepts that are not negated -> their spans, numbers as `number-of-MEASURE`.

    With `leading`, concepts that are done already or an aside are left out too. KIND never counts.
    """
    met: dict[str, list[Span]] = {}
    for mark in swept.of(CONCEPT, SAYING):
        if mark.id != KIND and (mark.leads if leading else not mark.negated):
            met.setdefault(mark.id, []).append(swept.span(mark.places))
    for number in numbers:
        met.setdefault(f"{NUMBER_OF}{number.measure}", []).append(swept.span(number.places))
    return {id: tuple(spans) for id, spans in met.items()}


def _tasks(rulebase: RuleBase, lexicon: Lexicon, swept: Swept, met: Met) -> tuple[TaskRead, ...]:
    """Return every task that concepts in `met` or its own name indicate, likeliest first."""
    best = spoken_of(lexicon.meanings, met.keys())
    strengths = {task: len(concepts) for task, concepts in best.items()}
    spans = {task: [s for c in sorted(of) for s in met[c]] for task, of in best.items()}
    for mark in swept.of(ALIAS):
        if not mark.leads:
            continue
        words = min(_words_of(lexicon, swept, mark), SURE_CONCEPTS)
        strengths[mark.id] = max(strengths.get(mark.id, 0), words)
        spans.setdefault(mark.id, []).append(swept.span(mark.places))
    order = {task.id: place for place, task in enumerate(rulebase.tasks)}
    reads = [
        TaskRead(task, strength, best.get(task, frozenset()), tuple(dict.fromkeys(spans[task])))
        for task, strength in sorted(strengths.items(), key=lambda item: order[item[0]])
    ]
    return tuple(sorted(reads, key=lambda each: each.likelihood, reverse=True))


def _shows_nothing(lexicon: Lexicon, met: Met) -> bool:
    """True for a text about input without images, and no concept that makes it about images."""
    says = lexicon.index["says"]
    seen = any(id in lexicon.seen or "domain" in says.get(id, ()) for id in met)
    return not seen and any(id in met and of not in met for id, of in UNSEEN.items())


def spoken_of(sets: ConceptSets, met: Set[str]) -> dict[str, frozenset[str]]:
    """Return the tasks that concepts in `met` indicate -> the largest matching set of each.

    A matching set inside a larger one does not count. Concepts of training data only break ties.
    """
    whole = [row for row in sets if row[1] <= met]
    best: dict[str, frozenset[str]] = {}
    for task, concepts in whole:
        inside = any(concepts < other for _, other in whole)
        if not inside and _size(concepts) > _size(best.get(task, frozenset())):
            best[task] = concepts
    return best


def _size(concepts: Set[str]) -> tuple[int, int]:
    return len(concepts - TAUGHT_BY), len(concepts)


def _words_of(lexicon: Lexicon, swept: Swept, mark: Mark) -> int:
    """Return the number of words of a mark without articles; hyphenated words count as one."""
    tokens = [t for t in swept.tokens[mark.first : mark.last] if t.form not in lexicon.skipped]
    joined = sum(
        swept.text[token.end : after.start].strip() != "" for token, after in pairwise(tokens)
    )
    return len(tokens) - joined


def _besides(
    lexicon: Lexicon,
    met: Met,
    touched: Sequence[TaskRead],
    tasks: Sequence[TaskRead],
) -> tuple[TaskRead, ...]:
    """Return the tasks in `touched` by concepts that no candidate uses, with these concepts."""
    reach = {task.task for task in tasks}
    going = {concept for task, when in lexicon.meanings if task in reach for concept in when}
    others: dict[tuple[Span, ...], TaskRead] = {}
    for task in touched:
        own = task.concepts - going - TAUGHT_BY
        if task.task not in reach and own:
            spans = tuple(span for concept in sorted(own) for span in met.get(concept, ()))
            others.setdefault(spans, TaskRead(task.task, len(own), own, spans))
    return tuple(others.values())


def _apart(rulebase: RuleBase, lexicon: Lexicon, swept: Swept) -> dict[str, TaskRead]:
    """Return the tasks of the parts of a text by id, or {} unless at least two parts have one each.

    Parts end at "then", "besides", or "and" beside an act. Things count in each part.
    """
    ends = {mark.first for mark in swept.of(PARTICLE) if mark.id in (NEXT, ASIDE)}
    joined = [mark for mark in swept.of(CONCEPT) if mark.leads and mark.id in lexicon.joined]
    clause = swept.clauses  # an act behind the word has an object: by title and description
    beside = {m.first - 1 for m in joined if clause[m.last : m.last + 1] == [clause[m.first]]}
    beside |= {mark.last for mark in joined if mark.id != FIND}
    ands = beside & swept.joining[AND]
    ends |= ands
    listed = [mark.last for mark in swept.of(PARTICLE) if mark.id == WISHES]
    ends |= {at for at in swept.parting if listed and at >= listed[0]}
    if ends:  # what is announced is no part: captions and search: I want to ...
        ends |= {at for at, token in enumerate(swept.tokens) if token.form in COLONS}
    reads: dict[str, TaskRead] = {}
    for first, last in pairwise((0, *sorted(ends), len(swept.tokens))):
        marks = [
            mark._replace(aside=False)
            for mark in swept.marks
            if first <= mark.first < last or mark.id in lexicon.things
        ]
        part = swept._replace(marks=marks)
        touched = _tasks(rulebase, lexicon, part, met_in(part, (), leading=True))
        likeliest = [task for task in touched if task.likelihood == touched[0].likelihood]
        idle = lexicon.things | TAUGHT_BY
        acts = likeliest[0].concepts - idle if len(likeliest) == 1 else frozenset()
        if acts and not (ands and acts.isdisjoint(lexicon.joined)):
            reads.setdefault(likeliest[0].task, likeliest[0])
    return reads if len(reads) > 1 else {}


def _is_one(task: TaskRead, other: TaskRead, things: Set[str]) -> bool:
    """True if two tasks share an act (a concept outside `things`), or one of them has no act."""
    acts, others = task.concepts - things, other.concepts - things
    return not (acts and others and acts.isdisjoint(others))


def _by_names(lexicon: Lexicon, names: Sequence[tuple[str, Span]]) -> tuple[TaskRead, ...]:
    """Return the tasks of the named models, with strength 0 and the spans of the names."""
    spans: dict[str, list[Span]] = {}
    for name, span in names:
        for task in lexicon.named(name)[1]:
            spans.setdefault(task, []).append(span)
    return tuple(TaskRead(task, 0, frozenset(), tuple(where)) for task, where in spans.items())
