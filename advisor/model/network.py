"""The networks that checkpoints are weights of: their dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from advisor.model.checkpoint import Decoder
from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model.fields import (
        CheckpointIds,
        ClassName,
        Dimensions,
        Id,
        Least,
        Positive,
        Required,
        Sources,
        Text,
    )


class Architecture(NamedTuple):
    """The dimensions of a network, as its configuration takes them, and the parameters they give.

    `model_class` is the class that was counted. `because` says how they are known.
    """

    id: Id
    checkpoints: Annotated[CheckpointIds, Least(1)]
    model_class: ClassName
    dimensions: Dimensions
    parameters: Positive
    writer: Decoder | None = None
    because: Required[Text] = ""
    sources: Required[Sources] = ()
