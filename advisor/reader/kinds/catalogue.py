"""The shapes of what is known of checkpoints and of the libraries that load them."""

from __future__ import annotations

from typing import Any

from advisor.reader.document import Path
from advisor.reader.kinds.atoms import checkpoint_id, day, ids, texts
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
    Report,
    Shape,
    Text,
)

_measured_words = {"benchmark": Text(), "split?": Text(), "metric": Text()}

benchmarks = Record(
    {
        "benchmarks": ListOf(
            Record(
                {
                    "id": Id(),
                    **_measured_words,
                    "better": Choice("higher", "lower"),
                    "tasks": ids,
                    "languages?": texts,
                    "because": Text(),
                    "sources": ids,
                }
            )
        ),
        "unranked?": ListOf(Record({"id": Id(), **_measured_words})),
    }
)

_measurement = Record({**_measured_words, "value": Number(), "source": Id(), "note?": Text()})

checkpoint = Record(
    {
        "id": checkpoint_id,
        "label": Text(),
        "loader": Choice("transformers", "open_clip", "remote-code", "other"),
        "class?": Text(),
        "processor?": Text(),
        "model_type?": Text(),
        "pipeline?": Id(),
        "tasks": ListOf(Id()),
        "fine_tune?": ListOf(Id()),
        "typical?": ids,
        "stage?": Choice("pre-trained", "fine-tuned", "instruction-tuned", "contrastive"),
        "parameters_millions?": Number(),
        "parameters_precision?": Choice("published", "derived", "rounded"),
        "dtype?": Choice("float32", "bfloat16", "float16"),
        "image_size?": Integer(1),
        "image_size_note?": Text(),
        "text_context?": Integer(1),
        "languages?": ListOf(
            Text(r"[a-z]{2,3}|multilingual", "a language code such as `de`"), least=1
        ),
        "languages_note?": Text(),
        "takes?": ListOf(Id(), least=1),
        "licence?": Text(),
        "language_model_licence?": Text(),
        "commercial_use?": Choice("permitted", "restricted", "not-permitted"),
        "intended_use?": Text(),
        "gated?": Boolean(),
        "released?": Integer(2015),
        "revision?": Text(r"[0-9a-f]{7,40}", "a commit"),
        "last_modified?": day,
        "hub_task?": Id(),
        "prompt?": Text(),
        "pitfalls?": texts,
        "derived?": Boolean(),
        "measurements?": ListOf(_measurement),
        "sources": MapOf(ids, Text(r"[a-z]+(_[a-z]+)*", "a field of this checkpoint")),
        "checked": day,
    }
)


class _Figures(Shape):
    """Figures by benchmark, each a number or one with a note of its own; `note` is for all."""

    note = Text()
    figures = MapOf(AnyOf(Number(), Record({"value": Number(), "note": note})))

    def check(self, value: Any, path: Path, report: Report) -> None:
        noted = isinstance(value, dict) and "note" in value
        if noted:
            self.note.check(value["note"], (*path, "note"), report)
            value = {key: each for key, each in value.items() if key != "note"}
        self.figures.check(value, path, report)

    def schema(self) -> dict[str, Any]:
        return self.figures.schema() | {"properties": {"note": self.note.schema()}}


_shared: dict[str, Shape] = {f"{name}?": shape for name, shape in checkpoint.fields.items()} | {
    "sources?": MapOf(
        ListOf(Text(), least=1),
        Text(r"[a-z0-9]+([_-][a-z0-9]+)*", "a field of this checkpoint, or a source"),
    )
}
_own = _shared | {
    "measurements?": AnyOf(
        ListOf(_measurement),
        MapOf(_Figures()),
    ),
    "series?": Id(),
}


class _Member(Record):
    """A checkpoint; what it does not say itself, its series has to."""

    def schema(self) -> dict[str, Any]:
        alone = {"required": checkpoint.required}
        return super().schema() | {"anyOf": [{"required": ["series"]}, alone]}


def _without(fields: dict[str, Shape], *names: str) -> dict[str, Shape]:
    return {name: shape for name, shape in fields.items() if name not in names}


checkpoints = Record(
    {
        "series?": ListOf(Record({"id": Id(), **_without(_shared, "id?", "measurements?")})),
        "checkpoints": ListOf(_Member({"id": checkpoint_id, **_without(_own, "id?")})),
    }
)

_setting = Text(r"[a-z][a-z0-9_]*", "a setting of a configuration")

_dimension = AnyOf(Number(), Boolean(), Text(), ListOf(Number(), least=1))

_dimensions = MapOf(AnyOf(_dimension, MapOf(_dimension, _setting, least=1)), _setting, least=1)

architectures = Record(
    {
        "architectures": ListOf(
            Record(
                {
                    "id": Id(),
                    "checkpoints": ListOf(checkpoint_id, least=1),
                    "class": Text(),
                    "dimensions": _dimensions,
                    "parameters": Integer(1),
                    "writer?": Record(
                        {
                            "layers": Integer(1),
                            "width": Integer(1),
                            "image_tokens?": Integer(1),
                            "cross": Boolean(),
                            "tower_per_beam": Boolean(),
                        }
                    ),
                    "because": Text(),
                    "sources": ids,
                }
            )
        )
    }
)

programs = Record(
    {
        "parts?": ListOf(Record({"id": Id(), "code": Text()}), least=1),
        "programs?": ListOf(
            Record(
                {
                    "id": Id(),
                    "loader?": Choice("transformers", "open_clip"),
                    "classes?": texts,
                    "processors?": texts,
                    "tasks?": ids,
                    "parts": ids,
                    "prompts?": MapOf(Text()),
                    "says?": MapOf(MapOf(Text())),
                }
            ),
            least=1,
        ),
    }
)

drift = Record(
    {
        "changes": ListOf(
            Record(
                {
                    "id": Id(),
                    "name": Text(),
                    "of": Choice(
                        "class", "pipeline", "argument", "attribute", "module", "environment"
                    ),
                    "kind": Choice("removed", "renamed", "redirected"),
                    "since": Text(r"[0-9]+(\.[0-9]+)*", "a version such as `5.0`"),
                    "instead?": Text(),
                    "because": Text(),
                    "sources": ids,
                }
            )
        )
    }
)
