"""Words of a sentence that were understood but have no effect on the answer."""

from __future__ import annotations

from advisor.model import TASK
from advisor.need.named import model_names, served
from advisor.need.understood import Understood
from advisor.need.wishes import Span


def unused(understanding: Understood) -> tuple[Span, ...]:
    """Return the spans of known words that no shown task, answer, limit, model or label covers."""
    reading = understanding.reading
    tasks = () if TASK in understanding.given else (*understanding.tasks, *reading.besides)
    shown = [span for task in tasks for span in task.spans]
    shown += [span for read in (*understanding.kept, *understanding.dropped) for span in read.spans]
    shown += [*reading.taken_back, *(span for span, _ in reading.corrected)]
    shown += [*model_names(understanding), *served(understanding)]
    shown += reading.fields if understanding.fields else ()
    shown += (*reading.labels, *reading.smallest)
    shown += [limit.span for limit in understanding.limits]
    claimed = {span for task in reading.touched for span in task.spans}
    claimed |= {span for read in (*reading.answers, *reading.concluded) for span in read.spans}
    claimed |= {limit.span for limit in reading.limits}
    claimed |= {*reading.idle, *(span for _, span in reading.names)}
    inside = {place for start, end in shown for place in range(start, end)}
    return tuple(span for span in sorted(claimed) if not inside.issuperset(range(*span)))


def noteworthy(understanding: Understood) -> tuple[Span, ...]:
    """Return the unused spans except those right behind a used phrase ("text" in "German text")."""
    reading = understanding.reading
    read = [answer_read.spans for answer_read in (*reading.answers, *reading.concluded)]
    read += [task.spans for task in (*understanding.tasks, *reading.besides)]
    ends = {end for spans in read for _, end in spans}
    return tuple(
        (start, end)
        for start, end in unused(understanding)
        if len(reading.text[:start].rstrip()) not in ends
    )
