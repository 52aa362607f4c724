"""What a sentence was understood to say: tasks within reach, answers with their words, the rest.

Concepts are met, negated or not; sets of concepts speak of tasks. A set inside a larger one that is
met too says nothing more; of what is left, the largest sets are within reach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence, Set
from itertools import pairwise
from typing import TYPE_CHECKING

from advisor.engine.profile import Answer, read_answer
from advisor.model import NamedTuple
from advisor.model.phrase_kinds import ALIAS, CONCEPT, NAME, NUMBER_OF, PARTICLE, SAYING
from advisor.need.amounts import COMPUTER, ITEMS, amounts
from advisor.need.label_names import (
    ASK,
    CLASSIFY,
    COLONS,
    DOCUMENTS,
    OR,
    SORTING,
    label_names,
    without_labels,
)
from advisor.need.lexicon import USUAL, Lexicon, lexicon_of
from advisor.need.limits import MAKER, Limit, limits, named_span, without_files
from advisor.need.numerals import LARGEST, WISHES
from advisor.need.sweep import CHOOSING, Mark, Swept, sweep

if TYPE_CHECKING:
    from advisor.model import Share
    from advisor.need.numerals import Amount
    from advisor.rulebase.base import RuleBase

ORIGIN = "text"
SURE_CONCEPTS = 2
"""A task read from fewer concepts, or words of its name, is never decided."""

NEXT, ASIDE = "next", "aside"
"""Particles before what is wished for after something else, and besides it."""

SMALLEST, SMALLEST_FITS = "smallest-model", "smallest-models"
"""The concept of who wants the smallest model, and what follows of memory where none is said."""

KIND = "archive-kind"
"""The concept of documents that ready models tell apart; it is met where all labels are such."""

FIELD = "field-name"
"""The concept of what somebody wants to have out of a document, by name."""

TAUGHT_BY = frozenset((
    "training", "labelled", "untrained", "number-of-examples", "number-of-few-examples",
    "number-of-classes", "number-of-kinds",
))  # fmt: skip
"""Concepts of what a model learns from: they part tasks that share all else, and name none."""

UNSEEN = {"records": "page", "prose": "read"}
"""Concepts of what is no image, and of what is done with texts, each with what makes it of one."""

SHOWN = frozenset((
    "image", "photos", "video", "scanned", "form", "handwritten", "scene-text", "line", "chart",
    "screen", "face", "meme", "by-image", "two-images", "organism", "lesion", "audio",
))  # fmt: skip
"""Concepts of what is seen, or heard: what is done besides is done with that."""

THINGS = SHOWN | DOCUMENTS | {"product", "text"}
"""Concepts of what something is done with."""

WORDLESS = frozenset(("pick", "ranking", "vector"))
"""Outputs that hold no text: numbers of classes, images by rank, vectors."""

Span = tuple[int, int]

ConceptSets = Sequence[tuple[str, frozenset[str]]]
"""Sets of concepts, each with the task that they speak of together."""


class TaskRead(NamedTuple):
    """A task that words speak of.

    `strength` is the number of concepts met together, or of words of its name; `spans` are the
    slices of the text that they stand in.
    """

    task: str
    strength: int
    concepts: frozenset[str]
    spans: tuple[Span, ...]

    @property
    def likelihood(self) -> tuple[int, int]:
        """What parts it from others: all else, then what a model is to learn from."""
        taught = len(self.concepts & TAUGHT_BY)
        return max(self.strength - taught, 1), taught


class AnswerRead(NamedTuple):
    """An answer that words give; `because` says why it was concluded, empty where it was said.

    `spans` are empty where it follows from the sentence as a whole.
    """

    question: str
    answer: Answer
    spans: tuple[Span, ...]
    implication: str = ""
    because: str = ""


class Reading(NamedTuple):
    """What was understood of a sentence.

    `tasks` are those within reach, the likeliest first; `touched` are all that any word speaks of,
    `besides` those of them that other words speak of, which go with none of the tasks.
    `answers` are said, `concluded` follow from what was said. `names` are checkpoints and families
    by their words, `corrected` the words that were read as another, with that, `taken_back` the
    words that a negation takes back. `not_understood` are the words that say nothing known, `idle`
    those that are known and say nothing here. `fields` are names of what documents hold,
    `labels` those that images are sorted by.
    `smallest` asks for the smallest of what fits a memory that is said.
    `limits` bound the size of a model, and the time for all images.
    """

    text: str
    tasks: tuple[TaskRead, ...]
    touched: tuple[TaskRead, ...]
    besides: tuple[TaskRead, ...]
    answers: tuple[AnswerRead, ...]
    concluded: tuple[AnswerRead, ...]
    names: tuple[tuple[str, Span], ...]
    corrected: tuple[tuple[Span, str], ...]
    taken_back: tuple[Span, ...]
    idle: tuple[Span, ...]
    not_understood: tuple[Span, ...]
    fields: tuple[Span, ...] = ()
    labels: tuple[Span, ...] = ()
    limits: tuple[Limit, ...] = ()
    smallest: tuple[Span, ...] = ()

    @property
    def sure(self) -> bool:
        """True where every word counts, and enough of them speak of one task alone."""
        if self.not_understood or self.idle or self.corrected or len(self.tasks) != 1:
            return False
        return self.tasks[0].strength >= SURE_CONCEPTS

    def words(self, spans: Iterable[Span]) -> tuple[str, ...]:
        """Return the words in some spans as they were written, none inside others."""
        whole: list[Span] = []
        for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
            if not whole or end > whole[-1][1]:
                whole.append((start, end))
        return tuple(dict.fromkeys(self.text[start:end] for start, end in whole))


def read(
    rulebase: RuleBase, text: str, *, literally: bool = False, given: Container[str] = ()
) -> Reading:
    """Read a sentence by the words of a rule base; `literally` draws no conclusions.

    What counts the answer of a question in `given` is met, as if its number stood in the sentence.
    """
    met = numbers_of(lexicon_of(rulebase), given)
    reading = _read(rulebase, text, literally=literally, given=met)
    if not reading.tasks:
        reading = _read(rulebase, text, literally=literally, given=met, quotes=False)
    return reading


def numbers_of(lexicon: Lexicon, questions: Container[str]) -> dict[str, tuple[Span, ...]]:
    """Return the concepts of numbers that alone answer some of the questions, at no words."""
    counting = Counter(question for question, *_ in lexicon.index["measures"].values())
    measures = lexicon.index["measures"].items()
    return {
        f"{NUMBER_OF}{id}": ()
        for id, (question, *_) in measures
        if question in questions and counting[question] == 1
    }


def _read(
    rulebase: RuleBase,
    text: str,
    *,
    literally: bool,
    given: dict[str, tuple[Span, ...]],
    **how: bool,
) -> Reading:
    """Read a sentence in one way of `sweep`."""
    lexicon = lexicon_of(rulebase)
    swept = sweep(lexicon, text, **how)
    labels = label_names(lexicon, swept)
    if labels and swept.named.isdisjoint(SORTING):  # a question whose answers are listed
        marks = [mark._replace(id=CLASSIFY) if mark.id == ASK else mark for mark in swept.marks]
        swept = swept._replace(marks=marks)
    learnt = {swept.span(mark.places)[0] for mark in swept.of(SAYING) if mark.id == KIND}
    swept = without_labels(lexicon, swept, labels)
    counted = amounts(lexicon, swept)
    numbers = without_files(swept, counted)
    met = given | _met(swept, numbers)
    if labels and learnt.issuperset(start for start, _ in labels):
        met[KIND] = labels
    leading = given | _met(swept, numbers, leading=True)
    touched = _tasks(rulebase, lexicon, swept, leading)
    if not touched:  # then what comes besides is all that is wished
        touched = _tasks(rulebase, lexicon, swept, met)
    answers = _said(rulebase, lexicon, swept, numbers)
    concluded = () if literally else _concluded(rulebase, lexicon, met, answers)
    drawn = {each.implication for each in concluded}
    names = tuple((mark.id, named_span(lexicon, swept, mark)) for mark in swept.of(NAME))
    touched = () if _shows_nothing(lexicon, met) else touched or _by_names(lexicon, names)
    tasks = tuple(task for task in touched if task.likelihood == touched[0].likelihood)
    apart = _apart(rulebase, lexicon, swept)
    more = () if any(token.form in OR for token in swept.tokens) else tasks[1:]
    apart |= {task.task: task for task in more if not _is_one(tasks[0], task)}
    tasks = (*tasks[:1], *(task for task in tasks[1:] if task.task not in apart))
    reach = {task.task for task in tasks}
    others = _besides(lexicon, met, touched, tasks)
    besides = tuple(other for other in others if other.task not in apart)
    besides += tuple(task for id, task in apart.items() if id not in reach)
    own = () if literally else _own_language(rulebase, swept, tasks, (*answers, *concluded))
    used = [span for task in (*touched, *besides) for span in task.spans]
    used += [span for answer_read in (*answers, *concluded) for span in answer_read.spans]
    understood = sorted({*used, *(span for _, span in names), *labels})
    rest = _rest(lexicon, swept, understood)
    marked = {place for mark in swept.marks for place in mark.places}
    marked |= {place for number in numbers for place in number.places}
    starts = {swept.tokens[place].start for place in marked}
    idle = tuple(span for span in rest if span[0] in starts)
    taken_back = swept.of(CONCEPT, SAYING, ALIAS)
    return Reading(
        text=text,
        tasks=tasks,
        touched=touched,
        besides=besides,
        answers=answers,
        concluded=(*concluded, *own),
        names=names,
        corrected=tuple((swept.tokens[at][1:], word) for at, word in swept.corrected.items()),
        taken_back=tuple(swept.span(mark.places) for mark in taken_back if mark.negated),
        idle=idle,
        not_understood=tuple(span for span in rest if span[0] not in starts),
        fields=tuple(swept.span(mark.places) for mark in swept.of(CONCEPT) if mark.id == FIELD),
        labels=labels,
        limits=limits(rulebase, lexicon, swept, counted),
        smallest=() if SMALLEST_FITS in drawn else met.get(SMALLEST, ()),
    )


def _met(
    swept: Swept, numbers: Sequence[Amount], *, leading: bool = False
) -> dict[str, tuple[Span, ...]]:
    """Return the concepts that a text names and does not take back, with where.

    With `leading`, only those that may be what is wished for.
    """
    met: dict[str, list[Span]] = {}
    for mark in swept.of(CONCEPT, SAYING):
        if mark.id != KIND and (mark.leads or not (leading or mark.negated)):
            met.setdefault(mark.id, []).append(swept.span(mark.places))
    for number in numbers:
        met.setdefault(f"{NUMBER_OF}{number.measure}", []).append(swept.span(number.places))
    return {id: tuple(spans) for id, spans in met.items()}


def _tasks(
    rulebase: RuleBase, lexicon: Lexicon, swept: Swept, met: Mapping[str, tuple[Span, ...]]
) -> tuple[TaskRead, ...]:
    """Return every task that some words speak of, the likeliest first."""
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


def _shows_nothing(lexicon: Lexicon, met: Mapping[str, tuple[Span, ...]]) -> bool:
    """True for a text about numbers or texts alone, of which no verb makes a task of images."""
    says = lexicon.index["says"]
    seen = any(id in SHOWN or "domain" in says.get(id, ()) for id in met)
    return not seen and any(id in met and of not in met for id, of in UNSEEN.items())


def spoken_of(sets: ConceptSets, met: Set[str]) -> dict[str, frozenset[str]]:
    """Return the tasks that met concepts speak of, each with its largest set.

    A set inside another one that is met too counts for nothing. What a model learns from counts
    least.
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
    """Return of how many words a mark is; what a hyphen joins is one."""
    tokens = [t for t in swept.tokens[mark.first : mark.last] if t.form not in lexicon.skipped]
    joined = sum(
        swept.text[token.end : after.start].strip() != "" for token, after in pairwise(tokens)
    )
    return len(tokens) - joined


def _besides(
    lexicon: Lexicon,
    met: Mapping[str, tuple[Span, ...]],
    touched: Sequence[TaskRead],
    tasks: Sequence[TaskRead],
) -> tuple[TaskRead, ...]:
    """Return the tasks of words that go with none of the tasks within reach, with those words."""
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
    """Return the tasks of parts of a text that are to be done one after the other.

    What is seen is that of the whole: read the pages, then search them.
    """
    ends = {mark.first for mark in swept.of(PARTICLE) if mark.id in (NEXT, ASIDE)}
    listed = next((mark.last for mark in swept.of(PARTICLE) if mark.id == WISHES), None)
    if listed is not None:
        ends |= {at for at in range(listed, len(swept.tokens)) if swept.tokens[at].form in CHOOSING}
    if ends:  # what is announced is no part: captions and search: I want to ...
        ends |= {at for at, token in enumerate(swept.tokens) if token.form in COLONS}
    reads: dict[str, TaskRead] = {}
    for first, last in pairwise((0, *sorted(ends), len(swept.tokens))):
        marks = [
            mark._replace(aside=False)
            for mark in swept.marks
            if first <= mark.first < last or mark.id in THINGS
        ]
        part = swept._replace(marks=marks)
        touched = _tasks(rulebase, lexicon, part, _met(part, (), leading=True))
        likeliest = [task for task in touched if task.likelihood == touched[0].likelihood]
        if len(likeliest) == 1 and likeliest[0].concepts - THINGS - TAUGHT_BY:
            reads.setdefault(likeliest[0].task, likeliest[0])
    return reads if len(reads) > 1 else {}


def _is_one(task: TaskRead, other: TaskRead) -> bool:
    """True where one thing is wished: some act is of both tasks, or one of them has none."""
    acts, others = task.concepts - THINGS, other.concepts - THINGS
    return not (acts and others and acts.isdisjoint(others))


def _by_names(lexicon: Lexicon, names: Sequence[tuple[str, Span]]) -> tuple[TaskRead, ...]:
    """Return the tasks of the checkpoints that are named, where nothing else speaks of any."""
    spans: dict[str, list[Span]] = {}
    for name, span in names:
        for task in lexicon.named(name)[1]:
            spans.setdefault(task, []).append(span)
    return tuple(TaskRead(task, 0, frozenset(), tuple(where)) for task, where in spans.items())


def _said(
    rulebase: RuleBase, lexicon: Lexicon, swept: Swept, numbers: Sequence[Amount]
) -> tuple[AnswerRead, ...]:
    """Return the answers that words give; where words give several to one question, none.

    Of several uses the one that has to be permitted counts: what is sold and studied is sold. Only
    the memory of a computer says nothing beside a card, which has its own.
    """
    counted = _counted(rulebase, lexicon, swept, numbers)
    given: dict[str, dict[str, list[Span]]] = {}
    for mark in swept.of(CONCEPT, SAYING):
        says = lexicon.index["denied" if mark.negated else "says"]
        for question, option in says.get(mark.id, {}).items():
            options = given.setdefault(question, {})
            options.setdefault(str(option), []).append(swept.span(mark.places))
    share = _share_of(rulebase, lexicon, given)
    measures = lexicon.index["measures"]
    ids = {(measures[number.measure][0], number.measure == COMPUTER) for number in numbers}
    beside = {id for id, computer in ids if computer and (id, False) not in ids and not share}
    answer_reads = []
    for question in rulebase.questions:
        options = given.get(question.id, {})
        if question.id in counted and not (options and question.id in beside):
            answer_reads.append(counted[question.id])
        elif options:
            if question.requires("commercial_use") and len(options) > 1:
                options = {o.id: options[o.id] for o in question.options if o.requires}
            answer = read_answer(question, list(options), ORIGIN)
            spans = tuple(span for of_option in options.values() for span in of_option)
            if len(answer.options) == 1 or question.many:
                answer_reads.append(AnswerRead(question.id, answer, spans))
    return tuple(_for_a_model(rulebase, each, share) for each in answer_reads)


def _share_of(
    rulebase: RuleBase, lexicon: Lexicon, given: dict[str, dict[str, list[Span]]]
) -> Share | None:
    """Return the share of the machine that is named, and leave it its one device.

    A Mac without a GPU computes on its CPU, another on what it shares.
    """
    denied = lexicon.index["denied"].values()
    without = {(id, str(option)) for says in denied for id, option in says.items()}
    for id, options in given.items() if rulebase.share_of(given) else ():
        left = [option for option in options if (id, option) in without]
        left = left or [option for option in options if rulebase.share_of({id: (option,)})]
        if left:
            given[id] = {left[0]: [span for spans in options.values() for span in spans]}
    return rulebase.share_of(given)


def _for_a_model(rulebase: RuleBase, answer_read: AnswerRead, share: Share | None) -> AnswerRead:
    """Return memory that is said of a machine which shares it as what a model may take."""
    question, memory = rulebase.question(answer_read.question), answer_read.answer.value
    if share is None or memory is None or not question.requires("memory_gb"):
        return answer_read
    return answer_read._replace(answer=read_answer(question, share.room(memory), ORIGIN))


def _counted(
    rulebase: RuleBase, lexicon: Lexicon, swept: Swept, numbers: Sequence[Amount]
) -> dict[str, AnswerRead]:
    """Return the answers that are numbers, by question.

    The first number counts, but the largest of images, and of memory what is no computer's.
    """
    answer_reads: dict[str, AnswerRead] = {}
    largest_first = sorted(numbers, key=lambda n: -n.value if n.measure in ITEMS else -LARGEST)
    for number in sorted(largest_first, key=lambda number: number.measure == COMPUTER):
        id = lexicon.index["measures"][number.measure][0]
        if id and id not in answer_reads:
            ends = [(of[0], of[-1]) for of in (number.places, number.classes) if of]
            spans = tuple((swept.tokens[a].start, swept.tokens[b].end) for a, b in ends)
            answer = read_answer(rulebase.question(id), number.value, ORIGIN)
            answer = answer if number.exact else answer._replace(value=None)
            answer_reads[id] = AnswerRead(id, answer, spans)
    return answer_reads


def _concluded(
    rulebase: RuleBase,
    lexicon: Lexicon,
    met: Mapping[str, tuple[Span, ...]],
    given: Sequence[AnswerRead],
) -> tuple[AnswerRead, ...]:
    """Return the answers that follow from concepts, for questions that no words answer."""
    options = {answer_read.question: answer_read.answer.options for answer_read in given}
    answer_reads = []
    for id, when, unless, says, because in lexicon.index["implications"]:
        if not met.keys() >= set(when) or not met.keys().isdisjoint(unless):
            continue
        spans = tuple(span for concept in when for span in met[concept])
        answers = {
            question: read_answer(rulebase.question(question), option, ORIGIN)
            for question, option in says.items()
        }
        if any(options.get(id, answer.options) != answer.options for id, answer in answers.items()):
            continue  # something else was said
        for question, answer in answers.items():
            if question not in options:
                options[question] = answer.options
                answer_reads.append(AnswerRead(question, answer, spans, id, because))
    return tuple(answer_reads)


def _is_wordless(
    rulebase: RuleBase, tasks: Sequence[TaskRead], reads: Sequence[AnswerRead]
) -> bool:
    """True where no texts go in or come out, so that the language of the need says nothing.

    Images of documents hold texts, whatever is done with them.
    """
    if any("documents" in answer_read.answer.names for answer_read in reads):
        return False
    implied = [rulebase.task(task.task).implies for task in tasks]
    return bool(implied) and all(
        {*answers["text-input"]} == {"nothing"} and WORDLESS.issuperset(answers["output"])
        for answers in implied
    )


def _own_language(
    rulebase: RuleBase, swept: Swept, tasks: Sequence[TaskRead], reads: Sequence[AnswerRead]
) -> tuple[AnswerRead, ...]:
    """Return that texts are in the language of the need, where it says nothing of them.

    Of English nothing follows: needs are written in it by people whose own language is another.
    """
    question = next((q for q in rulebase.questions if q.requires("languages")), None)
    if (
        question is None
        or swept.language in ("", USUAL)
        or question.id in {answer_read.question for answer_read in reads}
        or _is_wordless(rulebase, tasks, reads)
    ):
        return ()
    answer = read_answer(question, swept.language, ORIGIN)
    return (
        AnswerRead(question.id, answer, (), "language-of-the-need", "the language of the sentence"),
    )


def _rest(lexicon: Lexicon, swept: Swept, understood: Sequence[Span]) -> tuple[Span, ...]:
    """Return the words of which nothing was made, but for those that say nothing anywhere.

    A phrase that means something, of such words alone ("open source"), is told as a whole.
    """
    covered = sorted(understood)
    silent = [mark for mark in swept.of(PARTICLE, NAME) if mark.id != MAKER]
    meant = {place for mark in silent for place in mark.places}
    quiet = {place for place, token in enumerate(swept.tokens) if token.form in lexicon.quiet}
    phrases = (mark for mark in swept.of(CONCEPT, SAYING) if quiet.issuperset(mark.places))
    whole = {place: swept.span(mark.places) for mark in phrases for place in mark.places}
    spans = []
    at = 0
    for place, (form, start, end) in enumerate(swept.tokens):
        while at < len(covered) and covered[at][1] <= start:
            at += 1
        inside = at < len(covered) and covered[at][0] <= start
        hushed = place in meant or (place in quiet and place not in whole)
        if form[:1].isalnum() and not (inside or hushed):
            spans.append(whole.get(place, (start, end)))
    return tuple(dict.fromkeys(spans))
