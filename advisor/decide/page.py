"""A recommendation as a page: the answer in its first line, and as much evidence as a screen holds.

A whole page has nothing cut, and goes on with every reason and change (`details`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import ceil
from types import MappingProxyType

from advisor.decide.advice import END, SCREEN, UNBOUND, Advice, Screen, TaskAdvice
from advisor.decide.command_lines import TRANSFORMERS, command, flags
from advisor.decide.memory import PAGES
from advisor.decide.outlook import ASSUMED, DECIDED, UNDETERMINED, Change
from advisor.decide.ranking import FIGURE, SERIES
from advisor.decide.shortlist import (
    BY_SERIES,
    UNSCORED,
    ahead_of_first,
    common_figure,
    family_name,
    figure_text,
    lost_on_text,
    precision_text,
    short_name,
    shortlist,
    shown_picks,
    standing,
    unverified_text,
)
from advisor.draw.blocks import Code, Heading, Headline, Items, Link, Note, Notes, Page, Text
from advisor.draw.typesetting import height
from advisor.engine.bounds import duration
from advisor.engine.decision import Assessment, applicable
from advisor.model import AS_IS, FINE_TUNE, NONE, TASK, UNLOADED, NamedTuple
from advisor.phrasing import joined

SHOWN_CLOSEST = 3
SURE = "does not depend on defaults"
BASED_ON = {ASSUMED: "based on defaults", UNDETERMINED: "needs more answers"}
DEPENDS_ON = {ASSUMED: "depends on defaults", UNDETERMINED: "needs more answers"}
"""The words for a family, and for a checkpoint, by certainty."""


class Room(NamedTuple):
    """How much of each part of an answer a page has.

    In lines: `reason` for the family, `first` for the ranking, `others` for why not each other
    family, `defaults` for default answers, `better` for each note on a better checkpoint, on time
    and memory (at 0 there are none, and no foot). In number: `checkpoints`, `changes`, `commands`
    (a run comes first).
    """

    reason: int
    checkpoints: int
    changes: int
    first: int = 2
    others: int = 2
    defaults: int = 2
    commands: int = 99
    better: int = 2


LESS = (
    Room(reason=2, checkpoints=4, changes=2, better=3),
    Room(2, 3, 2, better=3),
    Room(2, 3, 2, others=1, better=3),
    Room(2, 3, 1, others=1),
    Room(1, 3, 1, others=1),
    Room(1, 2, 1, others=1),
    Room(1, 1, 1, others=1),
    Room(1, 1, 0, others=1),
    Room(1, 1, 0, first=1, others=1),
    Room(1, 1, 0, first=1, others=0),
)
"""The rooms to try on a screen, from most to least, until the answer fits."""
LITTLE = (
    Room(1, 3, 1, others=1),
    Room(1, 3, 1, others=1, commands=2),
    Room(1, 3, 1, first=1, others=1, defaults=1, commands=2),
    Room(1, 3, 0, first=1, others=1, defaults=0, commands=2),
    Room(1, 3, 0, first=1, others=0, defaults=0, commands=2),
    Room(1, 2, 0, first=1, others=0, defaults=0, commands=2, better=1),
    Room(1, 1, 0, first=1, others=0, defaults=0, commands=2, better=1),
    Room(1, 1, 0, first=1, others=0, defaults=0, commands=2, better=0),
)
"""The same for a terminal of few lines."""


def as_page(
    recommendation: Advice,
    *,
    whole: bool = False,
    screen: Screen = SCREEN,
    named: Mapping[str, str] = MappingProxyType({}),
) -> Page:
    """Return the page that every format draws: as much as fits a `screen`, or the `whole`.

    `named` maps commands to those shown in their place.
    """
    advice = recommendation.advice
    page: Page = [Text(f"overlay: {c}", "quiet") for c in recommendation.rulebase.overlays]
    if recommendation.together:
        tasks = ", ".join(str(task_advice.task) for task_advice in advice)
        from advisor.decide.details import together_items

        rows = tuple(together_items(recommendation.together))
        page += [Heading(f"{tasks}: one answer for all"), Items(rows)]
    text = "\n".join(_next(recommendation))
    for by_flags, by_words in named.items():
        text = text.replace(by_flags, by_words)
    commands = Code(text, "console")
    for task_advice in advice:
        written = tuple(_written(recommendation, task_advice))
        if len(advice) > 1:
            page.append(Heading(task_advice.rulebase.task(str(task_advice.task)).name))
        if whole:
            from advisor.decide.details import reasons_page

            for block in _screen(task_advice, None, UNBOUND, written):
                if isinstance(block, Notes):  # with all that a screen would cut
                    block = Notes(tuple([n._replace(lines=UNBOUND.lines) for n in block.rows]))
                page.append(block)
            page += reasons_page(task_advice)
        elif len(advice) == 1:
            return [*page, *_screen(task_advice, commands, screen, written)]
        else:
            page += _screen(task_advice, None, screen, written)
    return [*page, *([Heading("Next", 3)] if whole else []), commands]


def _screen(
    advice: TaskAdvice, commands: Code | None, screen: Screen, written: tuple[Note, ...]
) -> Page:
    """Return the answer for one task with as much as fits one screen, and commands below it."""
    page: Page = []
    lines, better = min(screen.lines, screen.most), ahead_of_first(advice)
    facts, changes = _facts(advice), _unless(advice)
    for room in LESS if lines >= END.lines else LITTLE:
        head = _head(advice, room, better, facts)
        notes = [note.text for block in head if isinstance(block, Notes) for note in block.rows]
        table = shortlist(advice, room.checkpoints, " ".join(notes))
        foot = (*_foot(advice, room, changes), *written) if room.better else ()
        page = [*head, *table, *_notes(foot)]
        if commands:
            first = commands.text.splitlines()[: room.commands]
            page.append(commands._replace(text="\n".join(first)))
        if height(page, screen.columns) <= lines:
            break
    return page


def _head(advice: TaskAdvice, room: Room, better: Iterable[Note], facts: Iterable[Note]) -> Page:
    """Return the headline and first notes of one task.

    Notes on `better` checkpoints and `facts` (time, memory) have at most `room.better` lines each.
    """
    decision, picks = advice.decision, advice.selection.picks
    if decision.outcome == NONE:
        return _elsewhere(advice)
    family = family_name(advice, picks[0].checkpoint.family if picks else str(decision.family))
    if not picks:
        sure = SURE if advice.certainty.family == DECIDED else BASED_ON[advice.certainty.family]
        head = Headline("No checkpoint of the catalog meets your needs", (family, sure), "warn")
        return [head, *_notes([*_why(advice, room), *_missing(advice)])]
    first = picks[0]
    unsure = unverified_text(first)
    if first.checkpoint.network:
        family = f"{first.checkpoint.network}, listed with {family}"
    use = "" if first.use == AS_IS else f"to {first.use}"
    loader = first.checkpoint.loader
    loads = UNLOADED.get(loader, f"loads with {loader}" if loader != TRANSFORMERS else "")
    notes = (use, family, precision_text(first.checkpoint), loads, unsure or _certainty(advice))
    head = Headline(Link(first.checkpoint.id, first.model_page), tuple(filter(None, notes)))
    ranking, *others = (note._replace(lines=room.first) for note in (_first(advice, room), *facts))
    more = (*better, *others) if room.better else ()
    short = [note._replace(lines=min(note.lines, room.better)) for note in more]
    return [head, *_notes([ranking, *_why(advice, room), *_late(advice), *short])]


def _facts(advice: TaskAdvice) -> tuple[Note, ...]:
    """Return notes on the first checkpoint: time, memory, a pipeline, input of single lines."""
    decision, picks = advice.decision, advice.selection.picks
    if decision.outcome == NONE or not picks:
        return ()
    first, notes = picks[0], [*_untrained(advice)]
    if not first.late and (took := advice.hours(first)):
        notes.append(Note("Time", took.text))
    if served := advice.served(first):
        label, took = served
        span = took.text.partition(" for ")[0]
        by = f"`advisor code --runtime {label}`"
        notes.append(Note("Served", f"{span} with {by}, {took.at_once} at a time", lines=2))
    options = {id: answer.options for id, answer in decision.profile.items() if answer.is_given}
    if first.needs_gb and (share := advice.rulebase.share_of(options)):
        least = ceil(first.needs_gb / share.of)
        notes.append(Note("Memory", f"needs a machine with {least} GB, because {share.because}"))
    pages = not set(PAGES).isdisjoint(options.get("reading", PAGES))
    staged = advice.task in first.checkpoint.pipelines and pages
    if staged or first.checkpoint.pages == "lines":
        from advisor.decide.programs import way_of

        way = way_of(first.checkpoint, str(advice.task))
        notes.append(Note("Pipeline" if staged else "Input", f"{way}."))
    return tuple(notes)


def _untrained(advice: TaskAdvice) -> Iterator[Note]:
    """Yield that answers allow training which no checkpoint for them is known to take."""
    selection, profile, rulebase = advice.selection, advice.decision.profile, advice.rulebase
    if FINE_TUNE not in selection.uses or any(pick.use == FINE_TUNE for pick in selection.picks):
        return
    allowing = {
        question.id: option.id
        for question in rulebase.questions
        for option in question.options
        if profile[question.id].is_given and option.id in profile[question.id].options
        if FINE_TUNE in option.uses
    }
    if allowing:
        typed = " ".join(flags(rulebase, allowing))
        none = f"no checkpoint that meets your needs can be fine-tuned for {advice.task}"
        yield Note("Training", f"{none}, so `{typed}` adds none", lines=2)


def _certainty(advice: TaskAdvice) -> str:
    certainty = advice.certainty
    if certainty.family != DECIDED:
        others = [family for family in advice.decision.possible if family != advice.family]
        if not others:
            return BASED_ON[certainty.family]
        names = joined((short_name(advice, other) for other in others), "or")
        return f"{BASED_ON[certainty.family]}; also possible: {names}"
    if certainty.checkpoint == DECIDED:
        return SURE
    return f"the checkpoint {DEPENDS_ON[certainty.checkpoint]}"


def _why(advice: TaskAdvice, room: Room) -> Iterator[Note]:
    """Yield why the family was chosen: no better match, its first reason, and a caveat."""
    if advice.selection.next_family:
        right = family_name(advice, str(advice.decision.family))
        yield Note("No match", f"{right} fits best, but has no checkpoint that meets your needs")
    winner = next(a for a in advice.decision.assessments if a.family == advice.family)
    decisive = [fired_rule.rule for fired_rule in winner.fired if fired_rule.decisive]
    reasons = [rule.because for rule in decisive if rule.effect == "prefer"]
    if winner.fit:
        reasons.append(winner.fit.because)
    reasons += [fired.rule.because for fired in winner.fired if fired.rule.effect != "avoid"]
    for because in reasons[:1]:
        yield Note("Family", because, room.reason)
    profile = advice.decision.profile
    given = {id for id, answer in profile.items() if answer.is_given} - {TASK}
    for fired in winner.fired:  # of what the user said besides the task
        if fired.rule.effect == "avoid" and not given.isdisjoint(fired.rule.when):
            yield Note("Caveat", fired.rule.because, room.reason)
            break


def _first(advice: TaskAdvice, room: Room) -> Note:
    """Return why the first checkpoint ranks above the next, or what else is known of it."""
    pick, *more = advice.selection.picks
    preferred = next((rule for rule in pick.fired if rule.effect == "prefer"), None)
    why = standing(advice.selection, pick)
    shown = shown_picks(advice, room.checkpoints)[0]
    figure = common_figure(shown, advice.selection) if pick.figures else None
    grounds = f"{figure_text(figure.value, figure.estimated)} on {figure.name}" if figure else ""
    unscored = BY_SERIES if pick.placed_by == SERIES else UNSCORED
    by_relation = pick.before_next is not None and pick.before_next.by != FIGURE
    if pick.before_next and not (by_relation and preferred):
        return Note("Ranking", (grounds or unscored) if by_relation else why)
    if preferred:
        return Note("Ranking", preferred.because)
    if not more:
        doubt = unverified_text(pick)
        meets = "the only checkpoint that meets your needs"
        return Note("Ranking", f"the only candidate, {doubt}" if doubt else meets)
    typical = advice.task in pick.checkpoint.typical
    grounds = grounds or ("the usual starting point for this task" if typical else "")
    return Note("Ranking", f"{grounds}; {why}" if grounds else unscored)


def _late(advice: TaskAdvice) -> Iterator[Note]:
    """Yield, if none is known to keep a bound on time, that this is so, and the fastest."""
    rulebase, selection = advice.rulebase, advice.selection
    if selection.in_time or not rulebase.bounds:
        return
    none = f"none is known to finish within {duration(rulebase.bounds.hours)}"
    late = [pick for pick in selection.picks if pick.late]
    if not late:
        yield Note("Within", none)
        return
    from advisor.decide.workload import timed

    fastest = min(late, key=lambda pick: (not pick.loads, pick.late[0].distance)).checkpoint
    took = timed(rulebase, fastest, advice.decision.profile)
    about = duration(took.hours if took else 0.0, 2)
    yield Note("Within", f"{none}; the fastest known takes about {about}: {fastest.id}", lines=2)


def _elsewhere(advice: TaskAdvice) -> Page:
    """Return the page of a task that none of the families does: the models for it."""
    elsewhere = advice.elsewhere
    if elsewhere is None:
        return [Headline("None of the families fits", (), "bad")]
    tag, why = f"Hub task {elsewhere.task}", Note("Reason", elsewhere.because, lines=2)
    none = "outside the three families"
    if not elsewhere.checkpoints:
        return [Headline(tag, (none,), "warn"), *_notes([why])]
    first, *more = elsewhere.checkpoints
    link = Link(first, f"https://huggingface.co/{first}")
    also = [Note("More models", ", ".join(more), lines=2)] if more else []
    model = advice.rulebase.checkpoints.get(first)
    if model and model.commercial_use != "permitted":
        rights = f"commercial use {(model.commercial_use or 'not verified').replace('-', ' ')}"
        also.append(Note("License", f"{model.licence or 'unknown'}: {rights}", lines=2))
    return [Headline(link, (tag, none), "warn"), *_notes([why, *also])]


def _missing(advice: TaskAdvice) -> Iterator[Note]:
    """Yield the gaps of the closest checkpoints, and that parts can be combined."""
    selection = advice.selection
    rows = [(near.checkpoint.id, (*near.lacks, *near.unknown)) for near in selection.closest]
    rows += [(pick.checkpoint.id, pick.unknown) for pick in selection.unverified]
    for place, (id, gaps) in enumerate(rows[:SHOWN_CLOSEST]):
        text = "; ".join(gap.text for gap in gaps)
        yield Note("" if place else "Closest match", f"{id}: {text}", lines=2)
    if selection.compose:
        text = "combine a pretrained encoder and decoder of your choice, then fine-tune them"
        yield Note("Compose", text, lines=2)


def _notes(rows: Iterable[Note]) -> Page:
    notes = Notes(tuple(rows))
    return [notes] if notes.rows else []


def _foot(advice: TaskAdvice, room: Room, changes: tuple[list[str], list[str]]) -> Iterator[Note]:
    """Yield the other families, an alternative, changes of the answer, and the defaults.

    `changes` are those of `_unless`: one to another family is shown in any case.
    """
    decision = advice.decision
    others = [rival for rival in decision.assessments if rival.family != advice.family]
    if decision.outcome != NONE and room.others:
        others = [other for other in others if other.verdict != "recommended"]
        for place, assessment in enumerate(others):
            label = "" if place else "Other families"
            name = short_name(advice, assessment.family)
            against = _against(advice, assessment)
            named = against if against.startswith(name) else f"{name}: {against}"
            yield Note(label, named, room.others)
    left_out = {pick.checkpoint.id for pick in advice.selection.picks if not pick.loads}
    detour = advice.elsewhere if decision.outcome != NONE else None
    if detour and (room.others or not left_out.issuperset(detour.checkpoints)):  # stands above
        ids, task = ", ".join(detour.checkpoints), f"Hub task {detour.task}"
        yield Note("Alternative", f"{ids} ({task})" if ids else task, max(room.others, 1))
    of_family, of_checkpoint = changes
    likeliest = of_checkpoint if room.changes or not of_family else []
    for place, change in enumerate((*of_family[: max(room.changes, 1)], *likeliest)):
        yield Note("" if place else "Would change if", change, 2)
    if decision.family and advice.assumed and room.defaults:
        yield Note("Defaults", " ".join(flags(advice.rulebase, advice.assumed)), room.defaults)


def _unless(advice: TaskAdvice) -> tuple[list[str], list[str]]:
    """Return changes with their results: one to each other family, and the likeliest other one.

    The latter replaces a default by the most typical answer that puts another checkpoint first,
    last memory: the table has a column for it. There may be none.
    """

    def words(change: Change, end: str) -> str:
        return f"{' '.join(flags(advice.rulebase, change.answers))}: {end}"

    def rarity(change: Change) -> tuple[bool, int, int]:
        """Return a sort key, likely changes first: usual options, of questions with few."""
        questions = [advice.rulebase.question(id) for id in change.answers]
        many, late = 0, 0
        for question, answer in zip(questions, change.answers.values(), strict=True):
            ids = [option.id for option in question.options]
            many += len(ids)
            late += ids.index(answer) if answer in ids else len(ids)
            late += 0 if applicable(advice.decision.profile[question.id]) else len(ids)
        return any(question.steps for question in questions), late, many

    families: dict[str, Change] = {}
    for change in advice.changes:
        if change.family != advice.decision.family:
            families.setdefault(change.family, change)
    others = [
        change
        for change in advice.changes
        if change.checkpoint and change not in families.values()
        if set(change.origins.values()) == {ASSUMED}
    ]
    other = min(others, key=rarity, default=None)
    return (
        [words(change, short_name(advice, family)) for family, change in families.items()],
        [words(other, str(other.checkpoint))] if other else [],
    )


def _against(advice: TaskAdvice, assessment: Assessment) -> str:
    """Return one reason against a family: if excluded that of the task, else the shortest."""
    rules = [fired_rule.rule for fired_rule in assessment.fired if fired_rule.decisive]
    if assessment.verdict == "excluded":
        return min(rules, key=lambda rule: (rule.derived != "tasks", len(rule.because))).because
    lost_on = assessment.lost_on or "rank"
    rules = [fired.rule for fired in assessment.fired if fired.rule.effect == "avoid"]
    reasons = [rule.because for rule in rules if rule.criterion == lost_on]
    return min(reasons, key=len, default=lost_on_text(advice.rulebase, lost_on, assessment.fit))


def _written(recommendation: Advice, advice: TaskAdvice) -> Iterator[Note]:
    """Yield the program that `advisor code` writes if none runs the first pick on the device."""
    runtime = advice.rulebase.runtime_for(advice.options)
    if runtime and advice.selection.picks and advice.has_program:
        from advisor.decide.written_program import written_instead

        if instead := written_instead(recommendation._replace(advice=(advice,))):
            lacks = f"advisor has no program that runs the first checkpoint with {runtime.label}"
            yield Note("Program", f"{lacks}; `advisor code` {instead}", lines=3)


def _next(recommendation: Advice) -> Iterator[str]:
    """Yield the commands to type next: try it, check it, get its program, see everything."""
    for advice in recommendation.advice:
        runnable, picks = advice.runnable, advice.selection.picks
        first = runnable is not None and runnable.id == picks[0].checkpoint.id
        trial = advice.try_command if first else None
        yield from [trial] if trial else []
        if (settles := advice.settles) and settles != trial:
            yield settles
        if advice.has_program:
            yield recommendation.code_command(advice)
        if advice.joinable and AS_IS not in advice.selection.uses:
            yield recommendation.code_command(advice, join=True)
    if recommendation.outcome == UNDETERMINED:
        task_advice = recommendation.advice[0]
        yield command("ask", task_advice.rulebase, task_advice.decision.given, task_advice.priority)
    yield f"{recommendation.command} -v"
