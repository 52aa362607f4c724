"""The first checkpoints of an answer as a table with memory, and what ranks above the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from math import ceil, inf

from advisor.decide.advice import TaskAdvice
from advisor.decide.precedence import Published
from advisor.decide.ranking import FIGURE, NOTHING, SERIES
from advisor.decide.requirements import Requirements, words
from advisor.decide.selection import Pick, Rung, Selection, next_of_another_series
from advisor.draw.blocks import Cell, Link, Note, Notes, Page, Table
from advisor.engine.profile import holds
from advisor.model import AS_IS, NONE, UNLOADED, Checkpoint, Fit, Rule
from advisor.rulebase.base import RuleBase

RELATIONS = {
    "larger": "larger than {next} of the same series",
    "successor": "the successor of {next}",
    "rounded": "{next} with more bits per weight",
}
UNSCORED = "no published result for this task"
BY_SERIES = f"{UNSCORED}; ranked by series and size"
"""The words for a checkpoint without a result."""
SCORE, LICENCE = "Score", 12
"""The column of scores; a license of more characters is shown without its brackets."""
MARKS = {
    "=": "= tied with the next",
    "*": "* ranked by another benchmark",
    "no result": "rows without a result are ranked by series and size",
    "not ranked": "rows not ranked have no result for their series",
}
"""The marks beside or in place of a result that one below exceeds, and what they mean."""
ESTIMATED = "~ estimated: the 16-bit result minus the largest published loss"
"""The meaning of `~` before a result of a quantized form."""
SIZE = "parameters_millions"
"""The field by which a rule discourages checkpoints that are too large."""
NAME = 12
"""The longest benchmark name above its column; a longer one stands over the table."""


def shortlist(advice: TaskAdvice, most: int, above: str = "") -> Page:
    """Return a table of at most `most` checkpoints, with the result that most of them have.

    Its benchmark is named over the table unless the text `above` names it.
    """
    shown, steps = shown_picks(advice, most)
    if not shown:
        return []
    columns: dict[str, Sequence[Cell]] = {
        "Checkpoint": [Link(pick.checkpoint.id, pick.model_page) for pick in shown]
    }
    note, bars = "", None
    if steps:
        columns["Best for"] = [steps.get(pick.checkpoint.id, "") for pick in shown]
    if len({pick.use for pick in shown}) > 1:  # the first line has it where all are alike
        columns["Use"] = [pick.use for pick in shown]
    if common := common_figure(shown, advice.selection):
        name, (note, cells, shares) = common.name, _scores(shown, common)
        if len(name) > NAME or note:
            named = "" if common.benchmark in above else name
            name, note = SCORE, "; ".join(filter(None, (named, note)))
        columns[name] = cells
        bars = (name, shares) if len(shown) > 1 and common.better == "higher" else None
    elif len(shown) > 1 and UNSCORED not in above:
        note = "no published result ranks these checkpoints for this task"
    trained = any(pick.training for pick in shown)
    columns["Training" if trained else "Memory"] = [memory_text(pick) for pick in shown]
    if any(pick.unknown or pick.poor or pick.late for pick in shown):
        late = [["too slow"] if pick.late else [] for pick in shown]
        unsure = [[f"{words(gap.field)[0]}?" for gap in pick.unknown] for pick in shown]
        poor = [[f"{words(gap.field)[0]} poor" for gap in pick.poor] for pick in shown]
        doubts = [dict.fromkeys(chain(*each)) for each in zip(late, unsure, poor, strict=True)]
        columns["Unverified"] = list(map(", ".join, doubts))
    licences = []
    for pick in shown:  # one too long stands without its brackets
        licence = pick.checkpoint.licence or "unknown"
        bare, bracket, _ = licence.partition(" (")
        licences.append(f"{bare} …" if bracket and len(licence) > LICENCE else licence)
    columns["License"] = licences
    rows = tuple(zip(*columns.values(), strict=True))
    page: Page = [Notes((Note(SCORE, note),))] if note else []
    return [*page, Table(tuple(columns), rows, wide=-1, bars=bars)]


def _scores(shown: Sequence[Pick], common: Published) -> tuple[str, list[str], tuple[float, ...]]:
    """Return the legend of the marks, the result of each pick as text, and as a share.

    The share is of the highest result, 0 for a pick without one.
    """
    figures = {
        pick.checkpoint.id: figure
        for pick in shown
        for figure in pick.figures
        if figure.table == common.table
    }
    marks, cells, sign = [], [], 1 if common.better == "higher" else -1
    for place, pick in enumerate(shown, start=1):
        own, mark = figures.get(pick.checkpoint.id), ""
        most = sign * own.value if own else inf
        rest = ((other, figures.get(other.checkpoint.id)) for other in shown[place:])
        beyond = [other for other, figure in rest if figure and sign * figure.value > most]
        if pick.placed_by != FIGURE:
            mark = "no result" if pick.placed_by == SERIES else "not ranked"
        elif beyond:
            mark = "=" if all(other.place == pick.place for other in beyond) else "*"
        marks.append(mark)
        text = figure_text(own.value, own.estimated) if own else ""
        cells.append(f"{text}{mark}" or "-")
    because = [ESTIMATED] if any(figure.estimated for figure in figures.values()) else []
    because += [why for mark, why in MARKS.items() if mark in marks]
    highest = max(figure.value for figure in figures.values())
    own_figures = (figures.get(pick.checkpoint.id) for pick in shown)
    shares = tuple(max(f.value / highest, 0) if f and highest > 0 else 0 for f in own_figures)
    return "; ".join(because), cells, shares


def ahead_of_first(advice: TaskAdvice) -> tuple[Note, ...]:
    """Return notes on better checkpoints than the first, one or more for each reason against it."""
    if advice.decision.outcome == NONE or not advice.selection.picks:
        return ()
    parts = (_larger, _too_slow, _left_out, _unloadable, _unverified)
    return tuple(note for part in parts for note in part(advice))


def _larger(advice: TaskAdvice) -> Iterator[Note]:
    """Yield the smallest better one that memory alone rules out, or the memory that is assumed."""
    selection, profile = advice.selection, advice.decision.profile
    required = Requirements(advice.rulebase, profile)
    larger = [
        (required.takes_gb(suitability.checkpoint, suitability.use), suitability.checkpoint, "")
        for suitability in selection.rejected
        if suitability.use == selection.picks[0].use
        and not suitability.unknown
        and {gap.field for gap in suitability.lacks} == {"memory_gb"}
        and suitability.checkpoint.loads_safely
    ]
    larger += [
        (pick.needs_gb, pick.checkpoint, f"; {pick.beyond_gb:g} GB is assumed")
        for pick in selection.picks
        if pick.beyond_gb
    ]
    first, evidence = selection.picks[0].checkpoint.id, _evidence(selection)
    larger.sort(key=lambda sized: ((sized[1].id, first) not in evidence, sized[0] or inf))
    for size, checkpoint, assumed in larger:
        rules = advice.rulebase.aimed.get(checkpoint.hub_id, ())
        too_large = any(rule.effect == "avoid" and holds(rule.when, profile) for rule in rules)
        if size and not too_large and (has := _over_first(advice, checkpoint)):
            needs = f"needs {ceil(10 * size) / 10:g} GB{assumed}"
            yield Note("Upgrade", f"{checkpoint.id} {has}, and {needs}", lines=2)
            return


def _too_slow(advice: TaskAdvice) -> Iterator[Note]:
    """Yield the smallest better one that a rule calls too large, and the best, with their times."""
    first, *others = advice.selection.picks
    evidence = _evidence(advice.selection)
    better: list[tuple[Pick, str, Rule]] = []
    for pick in others:
        by_size = [rule for rule in _against(pick, first) if SIZE in rule.where]
        if not (by_size and pick.loads and pick.group[0] <= first.group[0]):
            continue
        of_field = [rule.because for rule in pick.fired if rule.effect == "prefer"]
        if first.aimed_at[1] and of_field and not pick.beyond_gb:
            text = f"{pick.checkpoint.id} is slow on this device. {of_field[0]}"
            yield Note("Upgrade", text, lines=3)
            return
        if has := _over_first(advice, pick.checkpoint):
            better.append((pick, has, by_size[0]))
    if not better:
        return
    ranked = [row for row in better if (row[0].checkpoint.id, first.checkpoint.id) in evidence]
    least = min(ranked or better, key=lambda row: row[0].needs_gb or 0)
    best = next((row for row in better if not row[0].beyond_gb), least)
    least = best if first.placed_by == NOTHING else least
    parts = []
    for pick, has, _ in (least, best)[: 1 if best is least else 2]:
        took = advice.hours(pick)
        time = f"takes {took.text.partition(' for ')[0]}" if took else "is slow for these needs"
        parts.append(f"{pick.checkpoint.id} {has}, {'and' if took else 'but'} {time}")
    text = "; ".join(parts)
    yield Note("Upgrade", text if took else f"{text}. {least[2].because}", lines=3)


def _evidence(selection: Selection) -> Collection[tuple[str, str]]:
    """Return the pairs of which evidence directly ranks one above the other."""
    return selection.locked.told if selection.locked else ()


def _against(pick: Pick, first: Pick) -> list[Rule]:
    """Return the rules that discourage a pick and not the first."""
    return [rule for rule in pick.fired if rule.effect == "avoid" and rule not in first.fired]


def _left_out(advice: TaskAdvice) -> Iterator[Note]:
    """Yield the best one for each other reason: its use, poor results, or a rule."""
    first, *others = advice.selection.picks
    named = {""}
    for pick in others:
        rules, why = _against(pick, first), ""
        if pick.use != first.use:
            why = f"It {'has to be' if first.use == AS_IS else 'is not known to be'} fine-tuned."
        elif pick.poor and not first.poor:
            why = "It has poor results in your language."
        elif rules and not any(SIZE in rule.where for rule in rules):
            why = rules[0].because
        if why not in named and pick.loads and (has := _over_first(advice, pick.checkpoint)):
            named.add(why)
            yield Note("Left out", f"{pick.checkpoint.id} {has}. {why}", lines=2)


def _unloadable(advice: TaskAdvice) -> Iterator[Note]:
    """Yield the best one that cannot be loaded, if a result or `elsewhere` puts it first."""
    picks, beside = advice.selection.picks, advice.elsewhere
    lost = [pick.checkpoint for pick in picks if not pick.loads] if picks[0].loads else []
    for checkpoint in lost:
        if has := _over_first(advice, checkpoint):
            yield _lost(checkpoint, f"It {has}")
            return
    by_id = {checkpoint.id: checkpoint for checkpoint in lost}
    named = [by_id[id] for id in beside.checkpoints if id in by_id] if beside else []
    if beside and named:
        yield _lost(named[0], f"{beside.because.partition('. ')[0]}.")


def _lost(checkpoint: Checkpoint, reason: str) -> Note:
    text = f"{checkpoint.id} {UNLOADED[checkpoint.obstacle]}. {reason}"
    return Note("Left out", text, lines=2)


def _unverified(advice: TaskAdvice) -> Iterator[Note]:
    """Yield the best one with unverified needs that evidence ranks above the first pick."""
    selection = advice.selection
    for pick in () if selection.picks[0].unknown else (*selection.unverified, *selection.picks):
        checkpoint = pick.checkpoint
        if pick.unknown and pick.loads and not checkpoint.is_rounded:
            has = _over_first(advice, checkpoint, unranked=False)
            first = selection.picks[0].checkpoint.id
            lead = selection.locked.direct(checkpoint.id, first) if selection.locked else None
            if lead and lead.by != FIGURE:
                has = f"is {RELATIONS[lead.yardstick].format(next=first)}"
            if has:
                doubts = ", ".join(dict.fromkeys(words(gap.field)[0] for gap in pick.unknown))
                yield Note("Unverified", f"{doubts} of {checkpoint.id}; it {has}", lines=2)
                return


def _over_first(advice: TaskAdvice, checkpoint: Checkpoint, unranked: bool = True) -> str:
    """Return in words the published result by which a checkpoint is better than the first pick.

    It is the one that ranks it above, else one on a benchmark of the first. If nothing ranks the
    first pick, any result counts if `unranked`. Empty without one, or if a rule prefers the first
    pick, as of its field, and not this checkpoint.
    """
    selection, id = advice.selection, checkpoint.id
    pick, locked = selection.picks[0], selection.locked
    field = {rule.id for rule in pick.fired if rule.effect == "prefer"}
    aimed = advice.rulebase.aimed.get(checkpoint.hub_id, ())
    if locked is None or (field and field.isdisjoint(rule.id for rule in aimed)):
        return ""
    if unranked and pick.placed_by == NOTHING:
        for figure in locked.by.published(id)[:1]:
            value = figure_text(figure.value, figure.estimated)
            return f"has {value} on {figure.name}, and the first checkpoint has no result"
    result = locked.direct(id, pick.checkpoint.id) or locked.by.lead(id, pick.checkpoint.id)
    if result is None or result.by != FIGURE or locked.direct(pick.checkpoint.id, id):
        return ""
    value = figure_text(result.value, result.estimates(id))
    against = figure_text(result.next_value, result.estimates(result.next))
    return f"has {value} on {result.yardstick}, against {against}"


def family_name(advice: TaskAdvice, id: str) -> str:
    """Return the usual name of a family, or `none of the families`."""
    return "none of the families" if id == NONE else advice.rulebase.family(id).shown


def lost_on_text(rulebase: RuleBase, lost_on: str, fit: Fit | None) -> str:
    """Return why a family lost: its limits for the task, or what the criterion means."""
    if fit and fit.fit == "possible":
        return fit.because
    if lost_on == "rank":
        return "It ties on every criterion, and the rules list the other family first."
    criterion = rulebase.criterion(lost_on)
    return criterion.weaker or f"It ranks lower on {criterion.name}."


def short_name(advice: TaskAdvice, id: str) -> str:
    """Return the usual name of a family without the part in brackets."""
    return family_name(advice, id).partition(" (")[0]


def unverified_text(pick: Pick) -> str:
    """Return that a pick is too slow, and its fields that are unverified or have poor results."""
    parts = (("not verified", pick.unknown), ("poor", pick.poor))
    doubts = [
        f"{label}: {', '.join(dict.fromkeys(words(gap.field)[0] for gap in gaps))}"
        for label, gaps in parts
        if gaps
    ]
    return "; ".join([*(["too slow"] if pick.late else []), *doubts])


def memory_text(pick: Pick) -> str:
    """Return the estimated memory; `~` if it assumes a precision that is not verified.

    For training it is a range, from LoRA to all weights.
    """
    if pick.needs_gb is None:
        return "unknown"
    if pick.training:
        return f"{pick.training.lora_gb:.1f}-{pick.training.full_gb:.1f} GB"
    return f"{'' if pick.checkpoint.dtype else '~'}{pick.needs_gb:.1f} GB"


def shown_picks(advice: TaskAdvice, most: int) -> tuple[list[Pick], dict[str, str]]:
    """Return at most `most` picks in rank order, and by id the memory they are best for.

    That is a text such as "up to 8 GB" for picks of the ladder, which are preferred to others;
    without two of them there are no texts. A pick that a rule discourages is left out, unless the
    first is discouraged too.
    """
    picks = advice.selection.picks
    if picks and not picks[0].aimed_at[0]:
        picks = tuple(pick for pick in picks if not pick.aimed_at[0])
    steps: dict[str, list[int]] = {}
    ladder = advice.selection.ladder
    for place, rung in enumerate(ladder):
        if rung.pick in picks:
            steps.setdefault(rung.pick.checkpoint.id, []).append(place)
    if len(steps) < 2:
        return list(picks[:most]), {}
    places = [place for place, pick in enumerate(picks) if pick.checkpoint.id in steps]
    places += [place for place in range(len(picks)) if place not in places]
    shown = [picks[place] for place in sorted(places[:most])]
    return shown, {id: _step(ladder, of_id) for id, of_id in steps.items()}


def standing(selection: Selection, pick: Pick) -> str:
    """Return why a pick ranks above the next of another series: a figure, a relation, no evidence.

    Without evidence the two tie, no benchmark compares them, or a rule or a doubt outweighs a
    figure that puts the next first.
    """
    before = pick.before_next
    if before is None:
        ids = [placed.checkpoint.id for placed in selection.picks]
        after = selection.picks[ids.index(pick.checkpoint.id) + 1 :]
        other = next_of_another_series(pick, after)
        if other is None:
            alike = "the other checkpoints belong to the same series"
            return alike if after else "the last checkpoint"
        if pick.placed_by == SERIES:
            return BY_SERIES
        locked, next_id = selection.locked, other.checkpoint.id
        if locked is not None and next_id in locked.ties.get(pick.checkpoint.id, ()):
            return f"tied with {next_id}"
        if locked is not None and (behind := locked.direct(next_id, pick.checkpoint.id)):
            if behind.by != FIGURE:
                return f"above {next_id} for reasons other than benchmark results"
            value = figure_text(behind.next_value, behind.estimates(pick.checkpoint.id))
            against = figure_text(behind.value, behind.estimates(next_id))
            return f"above {next_id} despite a worse {behind.yardstick}, {value} against {against}"
        return f"no benchmark of this ranking compares it with {next_id}"
    through = f"above {before.through}, which " if before.through else ""
    if before.by == "relation":
        is_so = RELATIONS[before.yardstick].format(next=before.next)
        return f"{through}is {is_so}" if through else is_so
    compared = before.through or pick.checkpoint.id
    value = figure_text(before.value, before.estimates(compared))
    against = figure_text(before.next_value, before.estimates(before.next))
    has = f"{value} on {before.yardstick}, against {against} for {before.next}"
    return f"{through}has {has}" if through else has


def figure_text(value: float | None, estimated: bool) -> str:
    """Return a figure of a checkpoint; an estimate has a `~` and three digits."""
    return f"~{value:.3g}" if estimated else f"{value:g}"


def precision_text(checkpoint: Checkpoint) -> str:
    """Return the bits of a checkpoint that has several forms; empty for others."""
    if checkpoint.is_rounded:
        return f"in {checkpoint.bits} bits (bitsandbytes)"
    return "in 16 bits" if checkpoint.losses else ""


def _step(ladder: Sequence[Rung], places: Sequence[int]) -> str:
    """Return with how much memory a checkpoint is the best, by its places on the ladder.

    The least is what it needs itself, unless that is unknown or for training.
    """
    if (most := ladder[places[-1]].up_to_gb) is not None:
        return f"up to {most:g} GB"
    if not places[0]:
        return "any memory"
    pick = ladder[places[0]].pick
    if pick and pick.needs_gb and not pick.training:
        return f"from {pick.needs_gb:.1f} GB"
    return f"above {ladder[places[0] - 1].up_to_gb:g} GB"


def common_figure(picks: Sequence[Pick], selection: Selection) -> Published | None:
    """Return a figure of the table that has most of some picks, the most telling of several.

    It is one of the first pick that has any; if one of its figures ranks it above the next, that
    one, else one that the fewest picks of equal rank exceed. None if no pick has a figure.
    """
    counted = Counter(figure.table for pick in picks for figure in pick.figures)
    measured = next((pick for pick in picks if pick.figures), None)
    if measured is None or selection.locked is None:
        return None
    precedence, gauges = measured.before_next, selection.locked.by.gauges
    deciding = precedence.value if precedence and not precedence.through else None
    own = [figure for figure in measured.figures if deciding in (None, figure.value)]

    def better(figure: Published) -> int:
        gauge = gauges[figure.table[0]]
        table = gauge.tables[figure.table[1]]
        value = table[measured.checkpoint.id]
        alike = (pick for pick in selection.picks if pick.rank == measured.rank)
        ids = [pick.checkpoint.id for pick in alike if pick.checkpoint.id in table]
        return sum(gauge.apart(table[id], value) > 0 for id in ids)

    return max(own or measured.figures, key=lambda it: (-better(it), counted[it.table]))
