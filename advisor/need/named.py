"""The models that a sentence names, and where each ranks for what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor.decide.command_lines import quoted
from advisor.decide.selection import ORDERS, Selection, select_of
from advisor.engine.bounds import WITHOUT
from advisor.model import Checkpoint, NamedTuple
from advisor.model.phrase_kinds import CONCEPT, SERVED
from advisor.need.lexicon import lexicon_of
from advisor.need.sweep import sweep
from advisor.need.understood import Understood
from advisor.need.wishes import Span
from advisor.phrasing import joined


class NamedModel(NamedTuple):
    """A model that a sentence names, and the checkpoint of it that ranks highest.

    `rank` counts from 1 among the `of` checkpoints of its family that meet the needs; it is None
    where none of the model's does. `lacks` says what the checkpoint misses then, in words.
    """

    words: str
    span: Span
    checkpoint: str
    family: str
    rank: int | None
    of: int
    lacks: str = ""


def model_names(understanding: Understood) -> dict[Span, str]:
    """Return the names of models in a sentence by where they stand.

    The name of a family is that of a model where another model is named beside it.
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
    """Return the models that a sentence names, those of the answer's family and high rank first."""
    rulebase, advice = understanding.recommendation.rulebase, understanding.advice
    chosen = {advice.family: advice.selection}
    ranked = {advice.family: _ids(advice.selection)}
    models = []
    for span, name in model_names(understanding).items():
        words = understanding.reading.text[slice(*span)]
        ids = lexicon_of(rulebase).named_by(name, words)
        for family in {rulebase.checkpoint(id).family for id in ids} - chosen.keys():
            chosen[family] = select_of(rulebase, family, advice.decision.profile, ORDERS[0])
            ranked[family] = _ids(chosen[family])
        places = {id: order.index(id) + 1 for order in ranked.values() for id in ids if id in order}
        best = min(places, key=places.__getitem__, default=ids[0])
        family = rulebase.checkpoint(best).family
        rank, of, lacks = places.get(best), len(ranked[family]), ""
        if rank is None:
            lacks = _lacking(rulebase.checkpoint(best), chosen[family], str(advice.task))
        models.append(NamedModel(name, span, best, family, rank, of, lacks))
    models.sort(key=lambda model: (model.family != advice.family, model.rank is None, model.rank))
    return tuple(models)


def measuring(understanding: Understood, folder: str) -> str:
    """Return the command that measures models on labeled images; empty where none asks for it.

    A sentence does that evaluates models or data, or that names two models and labeled images.
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
    """Return in words what a checkpoint lacks, or what nobody verified of it."""
    unmet = {each.checkpoint.id: each.lacks for each in selection.rejected}
    unmet |= {pick.checkpoint.id: pick.unknown for pick in selection.unverified}
    if gaps := unmet.get(checkpoint.id):
        return "; ".join(gap.text for gap in gaps)
    return f"{'needs fine-tuning' if task in checkpoint.fine_tune else 'not listed'} for {task}"


def _ids(selection: Selection) -> list[str]:
    """Return the ids of picks in order; a checkpoint stands where the first of its forms does."""
    return [*dict.fromkeys(pick.checkpoint.hub_id for pick in selection.picks)]


def served(understanding: Understood) -> list[Span]:
    """Return where a sentence names models that companies serve, whose weights nobody has."""
    return [span for name, span in understanding.reading.names if name == SERVED]


def named_rows(understanding: Understood) -> Iterator[tuple[str, str]]:
    """Yield for the page where each model ranks that a sentence names."""
    rulebase = understanding.recommendation.rulebase
    label = "Named models"
    for model in named_models(understanding):
        unmet = f"does not meet these needs: {model.lacks}".removesuffix(": ")
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
    """Return for JSON the models that a sentence names, with their ranks."""
    models = named_models(understanding)
    return [{**model._asdict(), "span": list(model.span)} for model in models]
