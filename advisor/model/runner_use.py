"""What is done with an image, and which runner of `advisor try` calls which classes for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model import fields as f

LABEL, MATCH, SEARCH, COMPARE, EMBED = "label", "match", "search", "compare", "embed"
CAPTION, DESCRIBE, ANSWER = "caption", "describe", "answer"
READ_LINE, READ_PAGE, EXTRACT = "read-line", "read-page", "extract"
ANY_TYPE = "*"
"""Among the model types of a use: every type that no other use names."""


class Act(NamedTuple):
    """What a runner does with an image. Many tasks share one act.

    `needs` are the flags of `advisor try` that it needs beside the image.
    """

    id: f.Id
    tasks: f.SomeTasks
    needs: f.TrialFlags = ()


class RunnerUse(NamedTuple):
    """Which runner calls which classes, for which acts.

    `runner` is a class of `advisor.trial`, as `module.Class`. `loads` gives the transformers class
    to load by the checkpoint's model type; `classes` are others that programs call alike. Where
    `parts` are given, its encoder or decoder must be of one of these model types. `prompts`, by
    task, come before those of the programs. `unread` are beginnings of names of weights that may
    be absent, `declines` needs of its acts that it has no use for.
    """

    id: f.Id
    runner: Annotated[str, f.TextOf(r"[a-z_]+\.[A-Za-z0-9]+", "a module and a class of it")]
    acts: f.ActIds
    loads: Annotated[Mapping[str, str], f.MapOf(f.TextOf(), f.TextOf(), least=1)]
    classes: f.Texts = ()
    parts: f.Texts = ()
    prompts: Mapping[f.TaskId, f.Text] = {}
    unread: f.Texts = ()
    declines: f.TrialFlags = ()
