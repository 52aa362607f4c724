"""What the user arranged: on which images who is run, how, and where the run is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.decide.command_lines import quoted, rules_flags
from advisor.errors import UsageError
from advisor.evaluate.contenders import (
    Contender,
    demo_contenders,
    named_contenders,
    picked_contenders,
)
from advisor.evaluate.data_source import read_data
from advisor.evaluate.evaluation_set import InferredTask, infer_task, make_set
from advisor.evaluate.manifest import LOCK, WRITTEN_TO_A_RUN, names_made, remove_unused
from advisor.evaluate.work_order import RUNNER_VERSION
from advisor.files import holds_something, refuse_what_was_read
from advisor.model import TASK
from advisor.rulebase.store import cache_folder
from advisor.trial.answer import check_template

if TYPE_CHECKING:
    from advisor.engine.profile import Profile
    from advisor.evaluate.annotation import ImageStore, LabelledData
    from advisor.evaluate.labelled import EvaluationSet
    from advisor.evaluate.lineup import Asking, Entrant
    from advisor.rulebase.base import RuleBase
    from advisor.trial.resolution import Loading

BATCH = 16
KEPT, MOST_KEPT = "evaluations", 20
"""The folder of the cache in which runs are kept, and how many of them stay there."""

Confirming = Callable[[InferredTask], str]
"""Is shown the task that was inferred, and returns the one to take."""


class ImagesAsked(NamedTuple):
    """Which images: `data` as it was named, where a table's images are, how many, which draw."""

    data: str
    image_folder: str = ""
    limit: int = 0
    seed: int = 0


class Arrangement(NamedTuple):
    """All that was arranged: the set, where its images are, who runs, how, and the command.

    With `only_fit` those do not run who cannot do the task.
    """

    data: EvaluationSet
    store: ImageStore
    contenders: tuple[Contender, ...]
    loading: Loading
    asking: Asking
    batch: int
    command: str
    rule_base: str
    only_fit: bool = False

    def line_up(self, rulebase: RuleBase, *, fetch: bool = True) -> tuple[Entrant, ...]:
        """Return the candidates; without `fetch`, nothing is downloaded for it."""
        from advisor.evaluate.lineup import line_up

        how = self.loading if fetch else self.loading._replace(agree=None, progress=None)
        return line_up(
            rulebase, self.contenders, self.data, how, self.asking, only_fit=self.only_fit
        )

    def settings(self, libraries: Mapping[str, str], version: str) -> dict[str, Any]:
        """Return what the manifest of a run says of how it was made."""
        how = self.loading
        return {
            "command": self.command,
            "batch": self.batch,
            "seed": how.seed,
            **self.asking._asdict(),
            "max_new_tokens": how.max_new_tokens,
            "thinking": how.thinking,
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
    images: ImagesAsked,
    given: Profile,
    named: Sequence[str],
    loading: Loading,
    asking: Asking,
    *,
    demo: bool = False,
    batch: int = BATCH,
    confirm: Confirming = lambda inferred: inferred.task,
) -> Arrangement:
    """Return what is to be run; nothing is loaded or fetched."""
    if demo and named:
        raise UsageError(
            "--demo and --candidate do not go together", hint="--candidate demo:clip names one"
        )
    check_template(asking.template)
    data = read_data(images.data, images.image_folder)
    task = task_of(rulebase, given, data, confirm)
    chosen = make_set(rulebase, images.data, data, task, limit=images.limit, seed=images.seed)
    if len(chosen.classes) == 1:
        raise UsageError(
            f"all images of `{chosen.name}` are `{chosen.classes[0]}`: nobody could be wrong",
            hint="add images with another label",
        )
    if named:
        contenders = named_contenders(rulebase, named)
    elif demo:
        contenders = demo_contenders()
    else:
        profile = _profile(rulebase, given, task)
        may_download = not loading.offline and loading.agree is not None
        contenders = picked_contenders(rulebase, profile, may_download=may_download)
    how = loading._replace(seed=images.seed)
    return Arrangement(
        data=chosen,
        store=data.store,
        contenders=contenders,
        loading=how,
        asking=asking,
        batch=batch,
        command=_command(rulebase, images, task, () if demo else contenders, how, asking, batch),
        rule_base=rulebase.digest,
        only_fit=demo,
    )


def run_folder(arrangement: Arrangement, named: str) -> Path:
    """Return the folder of a run: as named, else one of the cache that is the same next time.

    A folder that holds something else than a run, or a file that was read as data, is refused.
    """
    if named:
        folder = Path(named)
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"`--run {named}` is a file", hint="name a folder")
        made = set(names_made(folder))
        refuse_what_was_read(*(folder / name for name in made))
        alike = {file.name for pattern in WRITTEN_TO_A_RUN for file in folder.glob(pattern)}
        if (holds_something(folder, but=LOCK) and not made) or alike - made:
            raise UsageError(
                f"`{named}` holds something else than a run", hint="name a new folder: --run DIR"
            )
    else:
        cache = cache_folder()
        if cache is None:
            raise UsageError("there is no folder to keep the run in", hint="name one: --run DIR")
        said = [
            str(Path(arrangement.data.name).absolute()),
            arrangement.data.digest,
            arrangement.contenders,
            arrangement.settings({}, ""),
            arrangement.loading.device,
            arrangement.loading.dtype,
        ]
        key = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:20]
        folder = cache / KEPT / key
        _keep_few(cache / KEPT, folder)
    return folder


def _keep_few(home: Path, current: Path) -> None:
    """Let those runs of the cache go that are not in use, and in which nothing was written longest.

    The one that is about to be taken up counts as written to now.
    """
    with suppress(OSError):
        (current / LOCK).touch()
    ages: dict[Path, float] = {}
    for folder in home.iterdir() if home.is_dir() else ():
        with suppress(OSError):
            ages[folder] = max(file.stat().st_mtime for file in (folder, *folder.iterdir()))
    for old in sorted(ages, key=ages.__getitem__, reverse=True)[MOST_KEPT:]:
        if old != current and names_made(old):
            remove_unused(old)


def _profile(rulebase: RuleBase, given: Profile, task: str) -> Profile:
    """Return the answers with the task among them."""
    from advisor.engine.profile import read_answer
    from advisor.engine.readings import as_meant

    if TASK in given:
        return given
    question = next(one for one in rulebase.questions if one.id == TASK)
    return as_meant(rulebase, {TASK: read_answer(question, task, "detected"), **given}).profile


def _command(
    rulebase: RuleBase,
    images: ImagesAsked,
    task: str,
    contenders: Sequence[Contender],
    loading: Loading,
    asking: Asking,
    batch: int,
) -> str:
    """Return the command line that makes the same run again; without contenders, of the demo."""
    words = ["advisor evaluate", quoted(images.data), f"--task {task}"]
    words += [] if contenders else ["--demo"]
    for each in contenders:
        revision = f"@{each.revision}" if each.revision else ""
        checkpoint = f"{each.checkpoint}{revision}"
        plain = each.name in (each.checkpoint, checkpoint) or each.name.startswith(each.checkpoint)
        words.append(f"--candidate {quoted(checkpoint if plain else f'{each.name}={checkpoint}')}")
    flags: dict[str, object] = {
        "image-folder": images.image_folder,
        "limit": images.limit,
        "seed": images.seed,
        "template": asking.template if asking.template != "{}" else "",
        "prompt": asking.prompt,
        "batch-size": batch if batch != BATCH else "",
        "torch-device": loading.device if loading.device != "auto" else "",
        "dtype": loading.dtype,
        "max-new-tokens": loading.max_new_tokens,
    }
    words += [f"--{flag} {quoted(str(value))}" for flag, value in flags.items() if value]
    words += [] if loading.thinking else ["--no-thinking"]
    return " ".join([*words, *rules_flags(rulebase.folders)])
