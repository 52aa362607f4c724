"""The models that a sentence names, and the rank of each for the needs of the sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor.decide.command_lines import quoted
from advisor.decide.selection import Selection, select_of
from advisor.engine.bounds import WITHOUT
from advisor.model import NONE, Checkpoint, NamedTuple
from advisor.model.phrase_kinds import CONCEPT, SERVED
from advisor.need.lexicon import lexicon_of
from advisor.need.sweep import sweep
from advisor.need.understood import Understood
from advisor.need.wishes import Span
from advisor.phrasing import joined


class NamedModel(NamedTuple):
    """A model that a sentence names, and its checkpoint that ranks highest.

    `rank` counts from 1 among the `of` checkpoints of its family that meet the needs. If none of
    the model's checkpoints does, it is None, and `lacks` names the unmet needs of the first one.
    """

    words: str
    span: Span
    checkpoint: str
    family: str
    rank: int | None
    of: int
    lacks: str = ""


def model_names(understanding: Understood) -> dict[Span, str]:
    """Return span -> name for the models in a sentence, without those that it rules out.

    The name of a family counts only beside another model. Empty if no family fits the needs.
    """
    rulebase = understanding.recommendation.rulebase
    lexicon = lexicon_of(rulebase)
    names = {span: name for name, span in reversed(understanding.reading.names)}
    out = {limit.span for limit in understanding.reading.limits if limit.bound == WITHOUT}
    names = {at: name for at, name in names.items() if not any(a <= at[0] < b for a, b in out)}
    named = {span: name for span, name in names.items() if lexicon.named(name)[0]}
    families = {name.lower() for family in rulebase.families for name in (family.id, family.shown)}
    alone = len(named) == 1 and next(iter(named.values())).lower() in families
    return {} if alone or understanding.advice.decision.family is None else named


def named_models(understanding: Understood) -> tuple[NamedModel, ...]:
    """Return the named models: those of the answer's family first, then by rank, unranked last."""
    rulebase, advice = understanding.recommendation.rulebase, understanding.advice
    chosen = {advice.family: advice.selection}
    ranked = {advice.family: _ids(advice.selection)}
    models = []
    for span, name in model_names(understanding).items():
        words = understanding.reading.text[slice(*span)]
        ids = lexicon_of(rulebase).named_by(name, words)
        for family in {rulebase.checkpoint(id).family for id in ids} - chosen.keys():
            chosen[family] = select_of(rulebase, family, advice.decision.profile)
            ranked[family] = _ids(chosen[family])
        places = {id: order.index(id) + 1 for order in ranked.values() for id in ids if id in order}
        best = min(places, key=places.__getitem__, default=ids[0])
        family = rulebase.checkpoint(best).family
        rank, of, lacks = places.get(best), len(ranked[family]), ""
        outside = family == NONE and advice.task in rulebase.checkpoint(best).tasks
        if rank is None and not outside:
            lacks = _lacking(rulebase.checkpoint(best), chosen[family], str(advice.task))
        models.append(NamedModel(name, span, best, family, rank, of, lacks))
    models.sort(key=lambda model: (model.family != advice.family, model.rank is None, model.rank))
    return tuple(models)


def measuring(understanding: Understood, folder: str) -> str:
    """Return the `advisor evaluate` command for the named models; "" if the sentence wants none.

    A sentence wants one if it asks to evaluate and names models or data, or if it names at least
    two models and labeled data (or there is a `folder`).
    """
    reading, lexicon = understanding.reading, lexicon_of(understanding.recommendation.rulebase)
    models = named_models(understanding)
    if not reading.idle and len(models) < 2:
        return ""
    swept = sweep(lexicon, reading.text, quotes=False)
    marks = {mark.id: swept.span(mark.places) for mark in swept.of(CONCEPT)}
    data = bool(folder or {"labelled", "dataset"} & marks.keys())
    evaluates = marks.get("evaluate") in reading.idle
    if not (evaluates and (models or data)) and not (data and len(models) > 1):
        return ""
    flags = [f"--candidate {model.checkpoint}" for model in models]
    return " ".join(["advisor evaluate", quoted(folder or "FOLDER"), *flags])


def _lacking(checkpoint: Checkpoint, selection: Selection, task: str) -> str:
    """Return the unmet or unverified needs of a checkpoint, or its missing task, as text."""
    unmet = {each.checkpoint.id: each.lacks for each in selection.rejected}
    unmet |= {pick.checkpoint.id: pick.unknown for pick in selection.unverified}
    if gaps := unmet.get(checkpoint.id):
        return "; ".join(gap.text for gap in gaps)
    return f"{'needs fine-tuning' if task in checkpoint.fine_tune else 'not listed'} for {task}"


def _ids(selection: Selection) -> list[str]:
    """Return the ids of the picked checkpoints in order, each once (a pick may be a precision)."""
    return [*dict.fromkeys(pick.checkpoint.hub_id for pick in selection.picks)]


def served(understanding: Understood) -> list[Span]:
    """Return the spans of models that are available only as an API, without weights."""
    return [span for name, span in understanding.reading.names if name == SERVED]


def named_rows(understanding: Understood) -> Iterator[tuple[str, str]]:
    """Yield (label, text) rows with the rank of each named model; later labels are empty."""
    rulebase = understanding.recommendation.rulebase
    label = "Named models"
    for model in named_models(understanding):
        unmet = "does this task, outside the three families"
        if model.lacks:
            unmet = f"does not meet these needs: {model.lacks}"
        place = f"ranks {model.rank} of {model.of}" if model.rank else unmet
        other = model.family != understanding.advice.family
        of = f" in {rulebase.family(model.family).shown}" if other and model.rank else ""
        yield label, f"{model.words}: {model.checkpoint} {place}{of}"
        label = ""
    if words := understanding.reading.words(served(understanding)):
        compare = "To evaluate it, run advisor evaluate --candidate https://HOST/v1#MODEL"
        if task := understanding.advice.task:
            compare += f" --task {task}"
        if task in rulebase.clip_tasks:
            compare = "advisor cannot evaluate it on clips"
        yield label, f"{joined(words, 'and')}: available only as an API. {compare}"


def named_json(understanding: Understood) -> list[dict[str, Any]]:
    """Return the fields of each named model as JSON."""
    models = named_models(understanding)
    return [{**model._asdict(), "span": list(model.span)} for model in models]
