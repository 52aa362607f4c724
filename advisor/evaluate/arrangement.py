"""What the user arranged: on which images who is run, how, and where the run is kept."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count as count_up
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.decide.command_lines import quoted, rules_flags
from advisor.errors import UsageError
from advisor.evaluate.endpoint import Endpoint, endpoints
from advisor.evaluate.evaluation_set import InferredTask, infer_task, make_set, read_data
from advisor.evaluate.labelled import class_text
from advisor.evaluate.options import EndpointOptions, ImageOptions
from advisor.evaluate.responses import (
    BASELINE_NAMED,
    COMMONEST,
    FITTED,
    RANDOM,
    RUNNER_VERSION,
    Asking,
    read_label_map,
)
from advisor.evaluate.run_file import (
    EARLIER,
    NAME,
    in_use,
    is_new,
    is_run,
    remove_unused,
)
from advisor.files import first_bytes
from advisor.hub import OfflineError
from advisor.model import TASK
from advisor.model.library import LABEL, SEARCH
from advisor.rulebase.store import cache_folder
from advisor.trial.answer import check_template
from advisor.trial.candidate import Candidate
from advisor.trial.placement import QUANTIZED
from advisor.writing import holds_something

if TYPE_CHECKING:
    from advisor.engine.profile import Profile
    from advisor.evaluate.labelled import EvaluationSet, ImageStore, LabelledData
    from advisor.rulebase.base import RuleBase
    from advisor.trial.resolution import Loading

BATCH = 16
KEPT, MOST_KEPT = "evaluations", 20
"""The folder of the cache in which runs are kept, and how many of them stay there."""

Confirming = Callable[[InferredTask], str]
"""Is shown the task that was inferred, and returns the one to take."""


class Arrangement(NamedTuple):
    """All that was arranged: the set, where its images are, who runs, how, and the command.

    `endpoints` are the servers among the candidates; `agree` is asked before images leave for
    them. With `only_fit` those do not run who cannot do the task.
    """

    data: EvaluationSet
    store: ImageStore
    candidates: tuple[Candidate, ...]
    loading: Loading
    asking: Asking
    batch: int
    command: str
    rule_base: str
    endpoints: Mapping[str, Endpoint] = MappingProxyType({})
    agree: Callable[[str], bool] | None = None
    only_fit: bool = False

    @property
    def images(self) -> int:
        """How many images there are."""
        return len({each.id for each in self.data.images})

    def line_up(self, rulebase: RuleBase, *, fetch: bool = True) -> tuple[Candidate, ...]:
        """Return the candidates as they are run; without `fetch`, nothing is downloaded for it."""
        from advisor.evaluate.lineup import line_up

        how = self.loading if fetch else self.loading._replace(agree=None)
        servers = self.endpoints if fetch else {}
        return line_up(
            rulebase,
            self.candidates,
            self.data,
            how,
            self.asking,
            servers,
            only_fit=self.only_fit,
        )

    def settings(self, libraries: Mapping[str, str], version: str) -> dict[str, Any]:
        """Return what the manifest of a run says of how it was made."""
        asking = self.asking
        return {
            "command": self.command,
            "batch": self.batch,
            "seed": asking.seed,
            "template": asking.template,
            "prompt": asking.prompt,
            "max_new_tokens": asking.max_new_tokens,
            "thinking": asking.thinking,
            "runner_version": RUNNER_VERSION,
            "advisor": version,
            "versions": dict(libraries),
            "rule_base": self.rule_base,
        }


def task_of(rulebase: RuleBase, given: Profile, data: LabelledData, confirm: Confirming) -> str:
    """Return the task to judge by: the one that was named, else the one that the data is for."""
    named = given[TASK].options if TASK in given else ()
    if len(named) > 1:
        raise UsageError("one task is evaluated at a time", hint=f"e.g. --task {named[0]} alone")
    return named[0] if named else confirm(infer_task(rulebase, data))


def arrange(
    rulebase: RuleBase,
    name: str,
    images: ImageOptions,
    given: Profile,
    named: Sequence[str],
    loading: Loading,
    asking: Asking,
    *,
    servers: EndpointOptions | None = None,
    agree: Callable[[str], bool] | None = None,
    demo: bool = False,
    batch: int = BATCH,
    confirm: Confirming = lambda inferred: inferred.task,
) -> Arrangement:
    """Return what is to be run on the data of a name; nothing is loaded or fetched."""
    from advisor.engine.profile import as_meant, read_answer
    from advisor.evaluate.lineup import demo_candidates, named_candidates, picked_candidates

    if demo and named:
        raise UsageError(
            "--demo and --candidate do not go together", hint="--candidate demo:clip names one"
        )
    check_template(asking.template)
    data = read_data(name, images.image_folder)
    task = task_of(rulebase, given, data, confirm)
    chosen = make_set(rulebase, name, data, task, limit=images.limit, seed=images.seed)
    if len(chosen.classes) == 1:
        raise UsageError(
            f"all images of `{chosen.name}` are `{chosen.classes[0]}`: every answer is right",
            hint="add images with another label",
        )
    if named:
        candidates = named_candidates(rulebase, named)
        _refuse_baselines(candidates, chosen)
    elif demo:
        candidates = demo_candidates()
    else:
        profile = given
        if TASK not in given:
            question = next(one for one in rulebase.questions if one.id == TASK)
            answers = {TASK: read_answer(question, task, "detected"), **given}
            profile = as_meant(rulebase, answers).profile
        may_download = not loading.offline and loading.agree is not None
        candidates = picked_candidates(rulebase, profile, may_download=may_download)
    servers = servers or EndpointOptions()
    asked = endpoints((candidate.checkpoint for candidate in candidates), servers)
    if loading.offline and (away := [one.host for one in asked.values() if not one.local]):
        raise OfflineError(
            f"`{away[0]}` is on the network, which may not be used", hint="drop --offline"
        )
    how = loading._replace(seed=images.seed)
    asking = asking._replace(
        act=chosen.act,
        texts=tuple(map(class_text, chosen.classes)) if chosen.act == LABEL else (),
        max_new_tokens=how.max_new_tokens,
        thinking=how.thinking,
        seed=how.seed,
        overlays=tuple(map(str, rulebase.folders)),
        label_map=read_label_map(images.label_map) if images.label_map else (),
    )
    return Arrangement(
        data=chosen,
        store=data.store,
        candidates=candidates,
        loading=how,
        asking=asking,
        batch=batch,
        command=_command(
            rulebase, name, images, task, () if demo else candidates, how, asking, batch, servers
        ),
        rule_base=rulebase.digest,
        endpoints=asked,
        agree=agree,
        only_fit=demo,
    )


def _refuse_baselines(candidates: Sequence[Candidate], data: EvaluationSet) -> None:
    """Raise UsageError for a baseline that a set has no place for."""
    for each in candidates:
        why = ""
        if each.baseline in FITTED and (data.act != LABEL or data.many):
            why = "picks one label for an image"
        elif each.baseline == COMMONEST and data.act == SEARCH:
            why = "gives one answer to all, and a search has none"
        if why:
            raise UsageError(
                f"`{each.checkpoint}` {why}: it cannot be judged on `{data.task}` here",
                hint=f"leave it out, or take {BASELINE_NAMED}{RANDOM}",
            )


def run_folder(arrangement: Arrangement, named: str) -> Path:
    """Return the folder of a run: as named, else the one of the cache for this data and task.

    A folder that holds something else than a run is refused.
    """
    if named:
        folder = Path(named)
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"`--run {named}` is a file", hint="name a folder")
        if not is_run(folder) and holds_something(folder, but=NAME if is_new(folder) else ""):
            earlier = first_bytes(folder / EARLIER, 100).startswith(b'{\n "form": 1,\n "data": {')
            what = "a run that only advisor 0.1.0 before December 2026 reads"
            raise UsageError(
                f"`{named}` holds {what if earlier else 'something else than a run'}",
                hint="name a new folder: --run DIR",
            )
        return folder
    cache = cache_folder()
    if cache is None:
        raise UsageError("there is no folder to keep the run in", hint="name one: --run DIR")
    said = [str(Path(arrangement.data.name).absolute()), arrangement.data.task]
    key = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:20]
    places = (cache / KEPT / f"{key}-{number}" for number in count_up())
    folder = next(place for place in places if not in_use(place))
    _keep_few(cache / KEPT, folder)
    return folder


def _keep_few(home: Path, current: Path) -> None:
    """Let those runs of the cache go that are not in use, and in which nothing was written longest.

    The one that is about to be taken up counts as written to now.
    """
    with suppress(OSError):
        os.utime(current)
    ages: dict[Path, float] = {current: math.inf}
    for folder in home.iterdir() if home.is_dir() else ():
        with suppress(OSError):
            age = max(file.stat().st_mtime for file in (folder, *folder.iterdir()))
            ages.setdefault(folder, age)
    for old in sorted(ages, key=ages.__getitem__, reverse=True)[MOST_KEPT:]:
        if is_run(old):
            remove_unused(old)


def _command(
    rulebase: RuleBase,
    name: str,
    images: ImageOptions,
    task: str,
    candidates: Sequence[Candidate],
    loading: Loading,
    asking: Asking,
    batch: int,
    servers: EndpointOptions,
) -> str:
    """Return the command line that makes the same run again; without candidates, of the demo."""
    words = ["advisor evaluate", quoted(name), f"--task {task}"]
    words += [] if candidates else ["--demo"]
    for each in candidates:
        revision = f"@{each.revision}" if each.revision else ""
        checkpoint = f"{each.checkpoint}{revision}"
        plain = each.name in (each.checkpoint, checkpoint) or each.name.startswith(each.checkpoint)
        words.append(f"--candidate {quoted(checkpoint if plain else f'{each.name}={checkpoint}')}")
    flags: dict[str, object] = {
        "image-folder": images.image_folder,
        "label-map": images.label_map,
        "limit": images.limit,
        "seed": images.seed,
        "template": asking.template if asking.template != "{}" else "",
        "prompt": asking.prompt,
        "batch-size": batch if batch != BATCH else "",
        "torch-device": loading.device if loading.device != "auto" else "",
        "quantize" if loading.dtype in QUANTIZED else "dtype": (loading.dtype or "").split("-bit")[
            0
        ],
        "max-new-tokens": loading.max_new_tokens,
    }
    words += [f"--{flag} {quoted(str(value))}" for flag, value in flags.items() if value]
    words += [f"--key-from {quoted(each)}" for each in servers.key_from or ()]
    words += ["--allow-http"] if servers.allow_http else []
    words += [] if loading.thinking else ["--no-thinking"]
    return " ".join([*words, *rules_flags(rulebase.folders)])
