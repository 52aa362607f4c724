"""The shapes of what decides: criteria, questions, tasks, families, rules, and their proof."""

from __future__ import annotations

from advisor.reader.kinds.atoms import (
    answer,
    candidates,
    checkpoint_id,
    day,
    given,
    ids,
    option_ids,
    reason,
    statement,
    texts,
)
from advisor.reader.shape import (
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
from advisor.reader.terms import BESIDE, EFFECTS, FITS, SECTIONS, USES

criteria = Record(
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
        ),
        "ties?": ListOf(
            Record(
                {
                    "id": Id(),
                    "between": ListOf(Id(), least=2),
                    "when": option_ids,
                    "because": Text(),
                    "sources": ids,
                }
            )
        ),
    }
)

_bound = Record(
    {"at_most?": AnyOf(Choice("answer"), Number()), "at_least?": AnyOf(Choice("answer"), Number())}
)

_doubtful = Record({"unsure": texts, "one_of?": texts})

_option = Record(
    {
        "id": Id(),
        "label": Text(),
        "aliases?": ListOf(Id()),
        "up_to?": Number(),
        "requires?": MapOf(
            AnyOf(ListOf(Text(), least=1), _doubtful, _bound),
            Text(r"[a-z]+(_[a-z]+)*", "a field of checkpoints"),
        ),
        "uses?": ListOf(Choice(*USES), least=1),
        "dtype?": Choice("float32", "bfloat16", "float16"),
        "order?": Choice("quality", "small", "open"),
        "keeps?": ListOf(Text(r"[a-z]+(_[a-z]+)*", "a field of checkpoints"), least=1),
    }
)

questions = Record(
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
                    "ask_if?": option_ids,
                    "options?": ListOf(_option, least=2),
                }
            ),
            least=1,
        ),
        "never?": ListOf(Record({"id": Id(), "when": option_ids, "because": Text()})),
    }
)

_elsewhere = Record(
    {"task": Id(), "because": Text(), "sources": ids, "checkpoints?": ListOf(checkpoint_id)}
)

tasks = Record(
    {
        "tasks": ListOf(
            Record(
                {
                    "id": Id(),
                    "name": Text(),
                    "description": Text(),
                    "aliases?": ListOf(Id()),
                    "words?": MapOf(MapOf(Id())),
                    "hub_tasks?": ListOf(Id()),
                    "implies?": option_ids,
                    "note?": Text(),
                    "example?": MapOf(Text(), Choice(*BESIDE)),
                    "sources?": ids,
                    "elsewhere?": _elsewhere,
                }
            ),
            least=1,
        )
    }
)

source = Record(
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
        "read": day,
        "note?": Text(),
    }
)

_group_words: dict[str, Shape] = {
    f"{name}?": shape for name, shape in source.fields.items() if name != "id"
}

sources = Record(
    {
        "sources?": ListOf(source),
        "groups?": ListOf(
            Record(
                {
                    **_group_words,
                    "pages?": MapOf(Text(), least=1),
                    "sources?": ListOf(Record({"id": Id(), **_group_words}), least=1),
                },
                one_of=("pages", "sources"),
            )
        ),
    }
)

_rule = Record(
    {
        "id": Id(),
        "criterion": Id(),
        "when": option_ids,
        "exclude?": candidates,
        "avoid?": candidates,
        "prefer?": candidates,
        "because": Text(),
        "sources": ids,
        "supporting?": Boolean(),
        "examples": ListOf(Record({"given": given, "fires": Boolean()}), least=2),
    },
    one_of=EFFECTS,
)

decisions = Record({"rules": ListOf(_rule)})

_fit = Record({"fit": Choice(*FITS), "because": Text(), "sources": ids, "inferred?": Boolean()})

_family_fields: dict[str, Shape] = {
    "id": Id(),
    "name": Text(),
    "aliases?": ListOf(Id()),
    "rank": Integer(1),
    "composable?": Boolean(),
    "summary": Text(),
    "description?": Record({name: ListOf(statement, least=1) for name in SECTIONS}),
    "claims?": ListOf(
        Record(
            {
                "claim": Text(),
                "status": Choice("confirmed", "dated", "incomplete", "misleading", "wrong"),
                "truth": Text(),
                "sources": ids,
            }
        )
    ),
    "takes": MapOf(reason),
    "gives": MapOf(reason),
    "tasks": MapOf(_fit),
    "cannot?": MapOf(reason),
}

family = Record(_family_fields)

family_extension = Record(
    {
        name if name == "id" else f"{name.rstrip('?')}?": shape
        for name, shape in _family_fields.items()
    }
)

scenarios = Record(
    {
        "scenarios": ListOf(
            Record(
                {
                    "id": Id(),
                    "need?": Text(),
                    "source?": Text(),
                    "profile": MapOf(answer, least=1),
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

PROFILE = MapOf(answer)
