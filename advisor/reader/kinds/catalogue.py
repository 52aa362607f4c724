"""The shapes of what is known of checkpoints and of the libraries that load them."""

from __future__ import annotations

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
    Text,
)

benchmarks = Record(
    {
        "benchmarks": ListOf(
            Record(
                {
                    "id": Id(),
                    "benchmark": Text(),
                    "metric": Text(),
                    "better": Choice("higher", "lower"),
                    "tasks": ids,
                    "languages?": texts,
                    "because": Text(),
                    "sources": ids,
                }
            )
        )
    }
)

_measurement = Record(
    {
        "benchmark": Text(),
        "split?": Text(),
        "metric": Text(),
        "value": Number(),
        "source": Id(),
        "note?": Text(),
    }
)

checkpoints = Record(
    {
        "checkpoints": ListOf(
            Record(
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
                    "stage?": Choice(
                        "pre-trained", "fine-tuned", "instruction-tuned", "contrastive"
                    ),
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
        )
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
