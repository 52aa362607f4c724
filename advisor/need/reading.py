"""The reading of a sentence: its tasks and answers, each with its words, and unknown words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence

from advisor.engine.profile import Answer, read_answer
from advisor.model import NamedTuple, Share
from advisor.model.phrase_kinds import ALIAS, CONCEPT, NAME, NUMBER_OF, PARTICLE, SAYING
from advisor.need.amounts import COMPUTER, ITEMS, amounts
from advisor.need.label_names import (
    ASK,
    CLASSIFY,
    SORTING,
    counted_names,
    label_names,
    without_labels,
)
from advisor.need.lexicon import USUAL, Lexicon, lexicon_of
from advisor.need.limits import Limit, limits, named_span
from advisor.need.numerals import LARGEST, Amount
from advisor.need.sweep import MAKER, Swept, sweep
from advisor.need.wishes import KIND, SURE_CONCEPTS, Span, TaskRead, met_in, wishes_of
from advisor.rulebase.base import RuleBase

ORIGIN = "text"

SMALLEST, SMALLEST_FITS = "smallest-model", "smallest-models"
"""A concept of the lexicon, and the implication that infers a memory limit from it."""

FIELD = "field-name"
"""The concept of named fields to extract from documents (total, invoice date)."""

MAKERS = "makers-of-a-country"
"""The concept of models by the country of their maker. The rules lack it for most makers."""

ARROWS, DESCRIBE, TEXTS = frozenset(">\u2192\u21d2"), "describe", frozenset(("page", "text"))
"""Signs before an output, the concept of describing images, and concepts of what is written."""

SHOWN = frozenset(("image", "specialist-images", "video"))
WRITTEN = frozenset(("page", "form", "screen", "scene-text", "handwritten", "line", "chart"))
"""Concepts of images that are described, and of those whose text is read."""

WORDLESS = frozenset(("pick", "ranking", "vector"))
"""Options of the question `output` without text: class numbers, ranked images, embeddings."""


class AnswerRead(NamedTuple):
    """An answer to a question, read from the words in `spans` (character offsets in the text).

    `implication` (an id) and `because` say why it was inferred, empty if it was stated. `spans` is
    empty if it follows from the language of the sentence or from a flag.
    """

    question: str
    answer: Answer
    spans: tuple[Span, ...]
    implication: str = ""
    because: str = ""


class Reading(NamedTuple):
    """The parts of a sentence that were understood. Spans are character offsets in `text`.

    `tasks` are the candidate tasks, equally likely; `touched` all tasks that any word indicates,
    likeliest first; `besides` other tasks, from words that do not belong to a candidate.
    `answers` are stated, `concluded` inferred. `names` are (name, span) of checkpoints and
    families, `corrected` (span, word that it was read as), `taken_back` negated words.
    `not_understood` are words that the lexicon lacks, `idle` known words without an effect here.
    `fields` are names of values to extract from documents, `labels` the class labels to assign.
    `smallest` are words that ask for the smallest model, empty if they became a memory limit.
    `limits` bound the size of a model, the time, and the models that are ruled out. `makers` are
    words for the country of model makers.
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
    counted: tuple[Span, ...] = ()
    limits: tuple[Limit, ...] = ()
    smallest: tuple[Span, ...] = ()
    makers: tuple[Span, ...] = ()

    @property
    def sure(self) -> bool:
        """True if all words count as spelt, and SURE_CONCEPTS of them or more indicate one task."""
        if self.not_understood or self.idle or self.corrected or len(self.tasks) != 1:
            return False
        return self.tasks[0].strength >= SURE_CONCEPTS

    @property
    def own(self) -> dict[str, str]:
        """The labels, fields and question that the sentence states, as values of flags."""
        text, counted = self.text, self.words(self.counted)
        asks = text[-1:] == "?" and not text.startswith(tuple(each.task for each in self.tasks))
        question = text.partition('"')[2].rpartition('"')[0] or (text if asks else "")
        return {
            "labels": ",".join(self.words(self.labels)),
            "fields": ",".join(self.words(self.fields)),
            "question": f"How many {counted[0]} are in the image?" if counted else question,
        }

    def uncounted(self, spans: Iterable[Span]) -> list[Span]:
        """Return the spans outside the names of things to count."""
        counted = [range(*span) for span in self.counted]
        return [span for span in spans if not any(span[0] in each for each in counted)]

    def words(self, spans: Iterable[Span]) -> tuple[str, ...]:
        """Return the distinct texts of the spans in order, without spans inside another one."""
        whole: list[Span] = []
        for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
            if not whole or end > whole[-1][1]:
                whole.append((start, end))
        return tuple(dict.fromkeys(self.text[start:end] for start, end in whole))


def read(
    rulebase: RuleBase, text: str, *, literally: bool = False, given: Container[str] = ()
) -> Reading:
    """Return the reading of a sentence by the lexicon; `literally` infers no answers.

    Numbers of flags (`given`: question ids) count too. Quoted words do only if no task is found.
    """
    met = numbers_of(lexicon_of(rulebase), given)
    reading = _read(rulebase, text, literally=literally, given=met)
    if not reading.tasks:
        reading = _read(rulebase, text, literally=literally, given=met, quotes=False)
    return reading


def numbers_of(lexicon: Lexicon, questions: Container[str]) -> dict[str, tuple[Span, ...]]:
    """Return `number-of-MEASURE` -> () for each of the questions with exactly one measure."""
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
    """Return the reading of one sweep. `given` are concepts from flags, `how` is for `sweep`."""
    lexicon = lexicon_of(rulebase)
    swept = sweep(lexicon, text, **how)
    labels = label_names(lexicon, swept, alone=not how.get("quotes", True))
    if labels and swept.named.isdisjoint(SORTING):  # a question whose answers are listed
        marks = [mark._replace(id=CLASSIFY) if mark.id == ASK else mark for mark in swept.marks]
        swept = swept._replace(marks=marks)
    learnt = {swept.span(mark.places)[0] for mark in swept.of(SAYING) if mark.id == KIND}
    swept = _turned(without_labels(lexicon, swept, labels))
    numbers = amounts(lexicon, swept)
    met = given | met_in(swept, numbers)
    if labels and learnt.issuperset(start for start, _ in labels):
        met[KIND] = labels
    leading = given | met_in(swept, numbers, leading=True)
    answers = _said(rulebase, lexicon, swept, numbers)
    concluded = () if literally else _concluded(rulebase, lexicon, met, answers)
    drawn = {each.implication for each in concluded}
    names = tuple((mark.id, named_span(lexicon, swept, mark)) for mark in swept.of(NAME))
    tasks, touched, besides = wishes_of(rulebase, lexicon, swept, met, leading, names)
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
        counted=counted_names(lexicon, swept),
        limits=limits(rulebase, lexicon, swept, numbers),
        smallest=() if SMALLEST_FITS in drawn else met.get(SMALLEST, ()),
        makers=tuple(swept.span(mark.places) for mark in swept.of(SAYING) if mark.id == MAKERS),
    )


def _turned(swept: Swept) -> Swept:
    """Return a text whose words for texts behind an arrow describe images: photo -> sentence.

    Behind what has a text in it, they are that text: page -> text.
    """
    arrow = next((at for at, token in enumerate(swept.tokens) if token.form in ARROWS), 0)
    before = {mark.id for mark in swept.marks if mark.first < arrow}
    texts = () if before.isdisjoint(SHOWN) or before & WRITTEN else TEXTS
    behind = {mark for mark in swept.marks if mark.first > arrow and mark.id in texts}
    marks = [mark._replace(id=DESCRIBE) if mark in behind else mark for mark in swept.marks]
    return swept._replace(marks=marks)


def _said(
    rulebase: RuleBase, lexicon: Lexicon, swept: Swept, numbers: Sequence[Amount]
) -> tuple[AnswerRead, ...]:
    """Return the answers that words state, in order of questions.

    A question with several options gets none, unless it takes many; of license uses, those that
    need a permission count. Numbers go first, but RAM goes after the memory of a named card.
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
    """Return the share of the machine's memory that a model may take, None for all of it.

    Then questions in `given` keep one option, in place: a negated device's (no GPU), or a shared.
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
    """Return an answer with the machine's memory (GB) reduced to a model's share; others as is."""
    question, memory = rulebase.question(answer_read.question), answer_read.answer.value
    if share is None or memory is None or not question.requires("memory_gb"):
        return answer_read
    return answer_read._replace(answer=read_answer(question, share.room(memory), ORIGIN))


def _counted(
    rulebase: RuleBase, lexicon: Lexicon, swept: Swept, numbers: Sequence[Amount]
) -> dict[str, AnswerRead]:
    """Return question id -> the answer read from a number.

    The first counts, but the largest of images, and RAM last. A lower bound has no exact value.
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
    """Return the answers inferred from the concepts in `met` that contradict no other answer."""
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


def _own_language(
    rulebase: RuleBase, swept: Swept, tasks: Sequence[TaskRead], reads: Sequence[AnswerRead]
) -> tuple[AnswerRead, ...]:
    """Return the answer that texts are in the language of the sentence, if nothing else is known.

    English implies nothing. () too for tasks without text as input or output, unless the images are
    of documents: the language of the sentence then says nothing about the data.
    """
    question = next((q for q in rulebase.questions if q.requires("languages")), None)
    if (
        question is None
        or swept.language in ("", USUAL)
        or question.id in {answer_read.question for answer_read in reads}
    ):
        return ()
    implied = [rulebase.task(task.task).implies for task in tasks]
    wordless = [
        {*answers["text-input"]} == {"nothing"} and WORDLESS.issuperset(answers["output"])
        for answers in implied
    ]
    documents = any("documents" in answer_read.answer.names for answer_read in reads)
    if implied and all(wordless) and not documents:
        return ()
    answer = read_answer(question, swept.language, ORIGIN)
    return (
        AnswerRead(question.id, answer, (), "language-of-the-need", "the language of the sentence"),
    )


def _rest(lexicon: Lexicon, swept: Swept, understood: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans of words outside `understood`, without articles and other quiet words.

    A phrase of quiet words that has a meaning ("open source") is one span.
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
