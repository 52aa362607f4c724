"""The file kinds of a rule base and the shape of each."""

from __future__ import annotations

from typing import Any

from advisor.reader.shape import (
    ID_PATTERN,
    AnyOf,
    Boolean,
    Choice,
    Id,
    Integer,
    ListOf,
    MapOf,
    Number,
    Record,
    Shape,
    Text,
)

SECTIONS = (
    "inputs",
    "outputs",
    "architecture",
    "objectives",
    "training",
    "data",
    "advantages",
    "limits",
    "licences",
    "fine_tuning",
    "choose_when",
    "avoid_when",
)
FITS = ("best", "good", "possible", "helper")
USES = ("as-is", "fine-tune", "compose")
EFFECTS = ("exclude", "avoid", "prefer")

_day = Text(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?", 'a month or day such as "2026-11"')
_ids = ListOf(Id(), least=1)
_texts = ListOf(Text(), least=1)
_checkpoint_id = Text(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", "a Hub id such as `org/name`")
_option_ids = MapOf(_ids)
_statement = Record({"text": Text(), "sources": _ids, "inferred?": Boolean()})
_reason = Record({"because": Text(), "sources": _ids, "inferred?": Boolean()})
_candidates = AnyOf(
    Text(rf"{ID_PATTERN}|[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", "a family or checkpoint id"),
    ListOf(Text(), least=1),
)
_given = MapOf(AnyOf(Id(), ListOf(Id(), least=1), Integer()), least=1)

_criteria = Record(
    {
        "criteria": ListOf(
            Record(
                {
                    "id": Id(),
                    "name": Text(),
                    "judges?": Choice("declarations", "fits"),
                    "because": Text(),
                }
            ),
            least=1,
        )
    }
)

_bound = Record(
    {"at_most?": AnyOf(Choice("answer"), Number()), "at_least?": AnyOf(Choice("answer"), Number())}
)
_option = Record(
    {
        "id": Id(),
        "label": Text(),
        "aliases?": ListOf(Id()),
        "up_to?": Number(),
        "requires?": MapOf(
            AnyOf(ListOf(Text(), least=1), _bound),
            Text(r"[a-z]+(_[a-z]+)*", "a field of checkpoints"),
        ),
        "uses?": ListOf(Choice(*USES), least=1),
    }
)
_questions = Record(
    {
        "questions": ListOf(
            Record(
                {
                    "id": Id(),
                    "ask": Text(),
                    "why": Text(),
                    "declared_by?": Choice("takes", "gives"),
                    "options_from?": Choice("tasks"),
                    "many?": Boolean(),
                    "unit?": Text(),
                    "ask_if?": _option_ids,
                    "options?": ListOf(_option, least=2),
                }
            ),
            least=1,
        ),
        "never?": ListOf(Record({"id": Id(), "when": _option_ids, "because": Text()})),
    }
)

_elsewhere = Record(
    {"task": Id(), "because": Text(), "sources": _ids, "checkpoints?": ListOf(_checkpoint_id)}
)
_tasks = Record(
    {
        "tasks": ListOf(
            Record(
                {
                    "id": Id(),
                    "name": Text(),
                    "description": Text(),
                    "aliases?": ListOf(Id()),
                    "hub_tasks?": ListOf(Id()),
                    "implies?": _option_ids,
                    "note?": Text(),
                    "sources?": _ids,
                    "elsewhere?": _elsewhere,
                }
            ),
            least=1,
        )
    }
)

_sources = Record(
    {
        "sources": ListOf(
            Record(
                {
                    "id": Id(),
                    "title": Text(),
                    "kind": Choice(
                        "paper",
                        "code",
                        "documentation",
                        "model-card",
                        "results",
                        "thread",
                        "licence",
                        "article",
                        "registry",
                    ),
                    "url?": Text(r"https?://\S+", "a web address"),
                    "version?": Text(),
                    "read": _day,
                    "note?": Text(),
                }
            )
        )
    }
)

_rule = Record(
    {
        "id": Id(),
        "criterion": Id(),
        "when": _option_ids,
        "exclude?": _candidates,
        "avoid?": _candidates,
        "prefer?": _candidates,
        "because": Text(),
        "sources": _ids,
        "supporting?": Boolean(),
        "examples": ListOf(Record({"given": _given, "fires": Boolean()}), least=2),
    },
    one_of=EFFECTS,
)
_decisions = Record({"rules": ListOf(_rule)})

_fit = Record({"fit": Choice(*FITS), "because": Text(), "sources": _ids, "inferred?": Boolean()})
_family_fields: dict[str, Shape] = {
    "id": Id(),
    "name": Text(),
    "aliases?": ListOf(Id()),
    "rank": Integer(1),
    "summary": Text(),
    "description?": Record({name: ListOf(_statement, least=1) for name in SECTIONS}),
    "claims?": ListOf(
        Record(
            {
                "claim": Text(),
                "status": Choice("confirmed", "dated", "incomplete", "misleading", "wrong"),
                "truth": Text(),
                "sources": _ids,
            }
        )
    ),
    "takes": MapOf(_reason),
    "gives": MapOf(_reason),
    "tasks": MapOf(_fit),
    "cannot?": MapOf(_reason),
}
_family = Record(_family_fields)
_family_extension = Record(
    {
        name if name == "id" else f"{name.rstrip('?')}?": shape
        for name, shape in _family_fields.items()
    }
)

_measurement = Record(
    {"benchmark": Text(), "metric": Text(), "value": Number(), "source": Id(), "note?": Text()}
)
_checkpoints = Record(
    {
        "checkpoints": ListOf(
            Record(
                {
                    "id": _checkpoint_id,
                    "label": Text(),
                    "loader": Choice("transformers", "open_clip", "remote-code", "other"),
                    "class?": Text(),
                    "processor?": Text(),
                    "model_type?": Text(),
                    "pipeline?": Id(),
                    "tasks": ListOf(Id()),
                    "fine_tune?": ListOf(Id()),
                    "typical?": Boolean(),
                    "stage?": Choice(
                        "pre-trained", "fine-tuned", "instruction-tuned", "contrastive"
                    ),
                    "parameters_millions?": Number(),
                    "parameters_precision?": Choice("published", "rounded"),
                    "image_size?": Integer(1),
                    "image_size_note?": Text(),
                    "text_context?": Integer(1),
                    "languages?": ListOf(
                        Text(r"[a-z]{2,3}|multilingual", "a language code such as `de`"), least=1
                    ),
                    "languages_note?": Text(),
                    "licence?": Text(),
                    "language_model_licence?": Text(),
                    "commercial_use?": Choice("permitted", "restricted", "not-permitted"),
                    "intended_use?": Text(),
                    "gated?": Boolean(),
                    "released?": Integer(2015),
                    "revision?": Text(r"[0-9a-f]{7,40}", "a commit"),
                    "prompt?": Text(),
                    "pitfalls?": _texts,
                    "derived?": Boolean(),
                    "measurements?": ListOf(_measurement),
                    "sources": MapOf(_ids, Text(r"[a-z]+(_[a-z]+)*", "a field of this checkpoint")),
                    "checked": _day,
                }
            )
        )
    }
)

_answer = AnyOf(Text(), Number(), ListOf(AnyOf(Text(), Number()), least=1))
_scenarios = Record(
    {
        "scenarios": ListOf(
            Record(
                {
                    "id": Id(),
                    "need?": Text(),
                    "source?": Text(),
                    "profile": MapOf(_answer, least=1),
                    "outcome?": Choice("decided", "assumed", "undetermined", "none"),
                    "family": AnyOf(Id(), ListOf(Id(), least=1)),
                    "never?": ListOf(Id()),
                    "because?": ListOf(Id()),
                    "differs?": Text(),
                    "note?": Text(),
                }
            )
        )
    }
)
PROFILE = MapOf(_answer)

KINDS: dict[str, Shape] = {
    "criteria": _criteria,
    "questions": _questions,
    "tasks": _tasks,
    "sources": _sources,
    "decisions": _decisions,
    "family": _family,
    "family-extension": _family_extension,
    "checkpoints": _checkpoints,
    "scenarios": _scenarios,
    "profile": PROFILE,
}


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a file kind, for an editor to complete and check."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"advisor {kind}",
        **KINDS[kind].schema(),
    }
