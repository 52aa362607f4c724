"""The plan of an evaluation: its data, candidates and settings, and the folder of its run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from advisor import __version__
from advisor.decide.command_lines import quoted, rules_flags
from advisor.engine.profile import Profile, as_meant, read_answer
from advisor.errors import UsageError
from advisor.evaluate.endpoint import endpoints
from advisor.evaluate.evaluation_set import infer_task, make_set, read_data
from advisor.evaluate.lineup import Arrangement, named_candidates, picked_candidates
from advisor.evaluate.options import BATCH, RunOptions
from advisor.evaluate.responses import RUNNER_VERSION, Asking, read_label_map
from advisor.evaluate.run_file import EARLIER, NAME, is_new, is_run
from advisor.files import first_bytes
from advisor.hub import OfflineError
from advisor.model import TASK, form_id
from advisor.model.library import LABEL
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import cache_folder
from advisor.trial.annotations import class_text
from advisor.trial.answer import check_template
from advisor.trial.demo import demo_checkpoints
from advisor.trial.placement import QUANTIZED
from advisor.trial.resolution import Loading
from advisor.trial.runtime import versions
from advisor.writing import holds_something

KEPT = "evaluations"
"""The folder of runs within the cache."""
IN_SETTINGS = ("seed", "template", "prompt", "max_new_tokens", "thinking")


def settings_of(made: Arrangement) -> dict[str, Any]:
    """Return the settings, versions and command line that a run file records."""
    asking = made.asking._asdict()
    return {
        "command": _command(made),
        "batch": made.options.batch,
        **{name: asking[name] for name in IN_SETTINGS},
        "runner_version": RUNNER_VERSION,
        "advisor": __version__,
        "versions": versions(),
        "rule_base": made.rulebase.digest,
        **made.options.prices(),
    }


def arrange(
    rulebase: RuleBase,
    name: str,
    options: RunOptions,
    given: Profile,
    loading: Loading,
    *,
    agree: Callable[[str], bool] | None = None,
) -> Arrangement:
    """Return the plan of an evaluation of the data `name`; nothing is loaded or fetched.

    The task is the one in `given`, else the one inferred from the data. Raises UsageError for
    conflicting options, several tasks or a single class; OfflineError for a remote server.
    """
    if options.demo and options.named:
        raise UsageError(
            "--demo and --candidate do not go together", hint="--candidate demo:clip names one"
        )
    check_template(options.template)
    data = read_data(name, options.image_folder)
    if TASK in given:
        tasks = given[TASK].options
    else:
        task, why = infer_task(rulebase, data)
        tasks, data = (task,), data._replace(notes=(*data.notes, why))
    if len(tasks) > 1:
        raise UsageError(
            "`advisor evaluate` evaluates one task at a time", hint=f"e.g. --task {tasks[0]} alone"
        )
    chosen = make_set(rulebase, name, data, tasks[0], limit=options.limit, seed=options.seed)
    if len(chosen.classes) == 1:
        raise UsageError(
            f"all images of `{chosen.name}` have the label `{chosen.classes[0]}`, so every "
            "candidate scores 100 %",
            hint="add images with another label",
        )
    if options.named or options.demo:
        demos = [demo.id for demo in demo_checkpoints()]
        candidates = named_candidates(rulebase, options.named or demos)
    else:
        profile = given
        if TASK not in given:
            question = next(each for each in rulebase.questions if each.id == TASK)
            answers = {TASK: read_answer(question, tasks[0], "detected"), **given}
            profile = as_meant(rulebase, answers).profile
        may_download = not loading.offline and loading.agree is not None
        candidates = picked_candidates(rulebase, profile, may_download=may_download)
    servers = endpoints((candidate.checkpoint for candidate in candidates), options)
    if loading.offline and (away := [each.host for each in servers.values() if not each.local]):
        raise OfflineError(
            f"`{away[0]}` needs the network, which is turned off", hint="drop --offline"
        )
    asking = Asking(
        template=options.template,
        prompt=options.prompt or None,
        act=chosen.act,
        texts=tuple(map(class_text, chosen.classes)) if chosen.act == LABEL else (),
        max_new_tokens=loading.max_new_tokens,
        thinking=loading.thinking,
        seed=options.seed,
        overlays=tuple(map(str, rulebase.folders)),
        label_map=read_label_map(options.label_map) if options.label_map else (),
    )
    loading = loading._replace(seed=options.seed)
    return Arrangement(
        rulebase, options, chosen, data.store, candidates, loading, asking, servers, agree
    )


def run_folder(made: Arrangement, named: str) -> Path:
    """Return the folder of a run: `named`, else the one of the cache for this data and task.

    Raises UsageError for a file, for a folder with other contents, and without a cache.
    """
    if named:
        folder = Path(named)
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"`--run {named}` is a file", hint="name a folder")
        if not is_run(folder) and holds_something(folder, but=NAME if is_new(folder) else ""):
            earlier = first_bytes(folder / EARLIER, 100).startswith(b'{\n "form": 1,\n "data": {')
            what = "files that do not belong to an evaluation"
            if earlier:
                what = "an evaluation in an earlier format (before December 2026)"
            raise UsageError(f"`{named}` holds {what}", hint="pass a new folder with --run DIR")
        return folder
    cache = cache_folder()
    if cache is None:
        raise UsageError(
            "no folder is set for the evaluation results", hint="pass a folder with --run DIR"
        )
    identity = [str(Path(made.data.name).absolute()), made.data.task]
    return cache / KEPT / hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:20]


def _command(made: Arrangement) -> str:
    """Return the command line that repeats the run."""
    options, loading = made.options, made.loading
    words = ["advisor evaluate", quoted(made.data.name), f"--task {made.data.task}"]
    words += ["--demo"] if options.demo else []
    for each in () if options.demo else made.candidates:
        form = form_id(each.checkpoint, f"int{each.dtype[0]}") if each.dtype else each.checkpoint
        checkpoint = f"{form}@{each.revision}" if each.revision else form
        plain = each.name in (form, checkpoint)
        words.append(f"--candidate {quoted(checkpoint if plain else f'{each.name}={checkpoint}')}")
    precision = "quantize" if loading.dtype in QUANTIZED else "dtype"
    flags: dict[str, object] = {
        "image-folder": options.image_folder,
        "label-map": options.label_map,
        "limit": options.limit,
        "seed": options.seed,
        "template": options.template if options.template != "{}" else "",
        "prompt": options.prompt,
        "batch-size": options.batch if options.batch != BATCH else "",
        "torch-device": loading.device if loading.device != "auto" else "",
        precision: (loading.dtype or "").split("-bit")[0],
        "max-new-tokens": loading.max_new_tokens,
    }
    words += [f"--{flag} {quoted(str(value))}" for flag, value in flags.items() if value]
    words += [f"--key-from {quoted(each)}" for each in options.key_from or ()]
    words += ["--allow-http"] if options.allow_http else []
    words += [] if loading.thinking else ["--no-thinking"]
    return " ".join([*words, *rules_flags(made.rulebase.folders)])
