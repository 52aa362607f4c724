"""The shapes of rules of the check, and of `advisor.yaml`."""

from __future__ import annotations

from advisor.reader.kinds.atoms import answer, checkpoint_id, ids, texts
from advisor.reader.shape import AnyOf, Choice, Id, ListOf, MapOf, Record, Text

_word = Text(r"[a-z]+(_[a-z]+)*", "a word such as `model_types`")

checks = Record(
    {
        "checks": ListOf(
            Record(
                {
                    "id": Id(),
                    "level": Choice("error", "warning", "note"),
                    "summary": Text(),
                    "because": Text(),
                    "sources?": ids,
                    "page": Text(),
                    "knowledge?": MapOf(AnyOf(texts, MapOf(texts, Text())), _word),
                    "example": Record(
                        {
                            "file?": Text(),
                            "bad": Text(),
                            "good": Text(),
                            "beside?": MapOf(Text(), Text(r"[\w.-]+", "a file name")),
                            "options?": texts,
                        }
                    ),
                }
            ),
            least=1,
        )
    }
)

PROJECT = Record(
    {
        "choices?": ListOf(
            Record(
                {
                    "name": Id(),
                    "checkpoint": checkpoint_id,
                    "revision?": Text(),
                    "class?": Text(r"[A-Za-z_][A-Za-z0-9_]*", "a class such as `CLIPModel`"),
                    "needs": AnyOf(MapOf(answer, least=1), Text()),
                    "waive?": ListOf(
                        Record(
                            {
                                "rule": Id(),
                                "reason": Text(),
                                "until": Text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day"),
                            }
                        )
                    ),
                }
            )
        ),
        "rules?": ListOf(Text(), least=1),
        "fail_on?": Choice("error", "warning", "never"),
        "exclude?": ListOf(Text()),
        "transformers?": Text(r"[0-9]+(\.[0-9]+)*", "a version such as `5.24.0`"),
    }
)
"""What `advisor.yaml` holds."""
