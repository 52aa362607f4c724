"""Parts that several file kinds share."""

from __future__ import annotations

from advisor.hub import ID_PATTERN as HUB_ID
from advisor.reader.shape import (
    ID_PATTERN,
    AnyOf,
    Boolean,
    Id,
    Integer,
    ListOf,
    MapOf,
    Number,
    Record,
    Text,
)

day = Text(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?", 'a month or day such as "2026-11"')

ids = ListOf(Id(), least=1)

texts = ListOf(Text(), least=1)

checkpoint_id = Text(HUB_ID, "a Hub id such as `org/name`")

option_ids = MapOf(ids)

statement = Record({"text": Text(), "sources": ids, "inferred?": Boolean()})

reason = Record({"because": Text(), "sources": ids, "inferred?": Boolean()})

candidates = AnyOf(
    Text(rf"{ID_PATTERN}|{HUB_ID}", "a family or checkpoint id"),
    ListOf(Text(), least=1),
)

given = MapOf(AnyOf(Id(), ListOf(Id(), least=1), Integer()), least=1)

answer = AnyOf(Text(), Number(), ListOf(AnyOf(Text(), Number()), least=1))
