"""`advisor try`: load checkpoints and run them on an image; consent to downloads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, NamedTuple

from advisor.console.commands import Options
from advisor.console.options import MAX_SEED, Device, NoThinking, Offline, option
from advisor.console.options import Download as AgreeToDownload
from advisor.console.output import Showing, interactive, note, showing
from advisor.draw.formats import PAGE_FORMATS, SCHEMA_VERSION, Report
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase
from advisor.trial.answer import vector_files
from advisor.trial.attempt import ImageInputs, TrialResults, answer_each, try_out
from advisor.trial.candidate import CheckpointChoice
from advisor.trial.folder_answers import FolderAnswers
from advisor.trial.resolution import Loading

DOWNLOADING, DOWNLOAD = "downloading {0.name}: {0.size}", "Download {0.name}, {0.size}?"
number = partial(option, show_default=False)
Seed = Annotated[int, number("--seed", "Random seed.", min=0, max=MAX_SEED)]
Repeat = Annotated[
    int, number("--repeat", "Timed runs after the first. Default: 3, or 0 for a folder.", min=-1)
]
Top = Annotated[
    int, option("--top", "Number of ranked results to show. JSON has all of them.", min=1)
]
Vectors = Annotated[
    str, option("--vectors FILE", "Write the embeddings to this .npy file.", writes=True)
]


def loading_options(
    device: Device = "auto",
    dtype: Annotated[str, option("--dtype NAME", "float32, bfloat16 or float16.")] = "",
    quantize: Annotated[int, number("--quantize BITS", "Quantize the weights to 8 or 4 bits.")] = 0,
    offline: Offline = False,
    download: AgreeToDownload = False,
    max_new_tokens: Annotated[
        int, number("--max-new-tokens", "Maximum number of tokens to generate.", min=0)
    ] = 0,
    no_thinking: NoThinking = False,
) -> Loading:
    """Return the settings for loading and running; raise UsageError for an invalid `--quantize`."""
    if quantize and (dtype or quantize not in (8, 4)):
        raise UsageError(
            f"`--quantize {quantize}` and `--dtype {dtype}` cannot be combined"
            if dtype
            else f"`--quantize` must be 8 or 4, not {quantize}",
            hint="--quantize 8 or --quantize 4, without --dtype",
        )
    return Loading(
        device=device,
        dtype=f"{quantize}-bit" if quantize else dtype or None,
        offline=offline,
        max_new_tokens=max_new_tokens or None,
        thinking=not no_thinking,
        agree=agreement(agreed=download, asks=interactive()),
    )


def try_(
    *,
    choice: Annotated[CheckpointChoice, Options(CheckpointChoice)],
    inputs: Annotated[ImageInputs, Options(ImageInputs)],
    loading: Annotated[Loading, Options(loading_options)],
    seed: Seed = 0,
    top: Top = 6,
    vectors: Vectors = "",
    repeat: Repeat = -1,
    rulebase: RuleBase,
    shown: Annotated[Showing, showing((*PAGE_FORMATS, "jsonl"))],
) -> int:
    """Run checkpoints on an image.

    Without --checkpoint, run the checkpoint that `advisor recommend` ranks first. The command
    asks before it downloads. --demo runs four small networks included in advisor.

    \b
    Examples:
      advisor try --demo --image shape.png
      advisor try --image photo.jpg --checkpoint Salesforce/blip-vqa-base
      advisor try --demo --image shape.png --task captioning --output page.html
      advisor try --task image-search --folder photos --query "a red bicycle"
      advisor try --task embeddings --folder photos --vectors photos.npy
      advisor try --task captioning --folder photos --output captions.jsonl
      advisor try --measure --checkpoint openai/clip-vit-base-patch32
    """
    if shown.format == "jsonl":
        raise UsageError("the format `jsonl` needs an output file", hint="add --output FILE.jsonl")
    settings = loading._replace(seed=seed)
    if lines := [file for format, file in shown.files if format == "jsonl"]:
        report = _report_of_lines(answer_each(rulebase, choice, inputs, settings, lines[0]))
    elif choice.measure:
        report = _report_of_speed(rulebase, choice, settings)
    else:
        shown.refuse(*(vector_files(vectors) if vectors else ()))
        times = repeat if repeat >= 0 else None
        report = report_of(try_out(rulebase, choice, inputs, settings, times, top, vectors))
    shown._replace(files=[each for each in shown.files if each[0] != "jsonl"]).emit(report)
    return 0


def report_of(results: TrialResults) -> Report:
    """Return the report of the results; its HTML is a standalone page that embeds the image."""
    from advisor.trial.page import as_json, as_page, html_page

    return Report(
        lambda: as_json(results),
        lambda: as_page(results),
        shared=lambda: html_page(results),
    )


def _report_of_lines(answered: FolderAnswers) -> Report:
    """Return the report of the answers for a folder."""
    facts = {"lines added": answered.new, "lines from before": answered.earlier}
    facts |= {"not readable": answered.unreadable} if answered.unreadable else {}
    written = {name: f"{number:,}" for name, number in facts.items()}
    return _report_of(f"{answered.file}: one line of JSON per image", written, answered)


def _report_of(title: str, facts: dict[str, str], result: NamedTuple) -> Report:
    """Return a report: the fields of `result` as JSON, `facts` under `title` as a page."""
    from advisor.draw.blocks import Heading, Pairs

    values = {"schema_version": SCHEMA_VERSION, **result._asdict()}
    return Report(lambda: values, lambda: [Heading(title, 1), Pairs(tuple(facts.items()))])


def _report_of_speed(rulebase: RuleBase, choice: CheckpointChoice, loading: Loading) -> Report:
    """Measure the speed of this machine and return its report."""
    from advisor.trial.machine_speed import measure_speed, speeds_shown

    speed = measure_speed(rulebase, choice, loading)
    return _report_of("Speed of this machine, for --device here", speeds_shown(speed), speed)


def agreement(
    *, agreed: bool, asks: bool, notice: str = DOWNLOADING, question: str = DOWNLOAD
) -> Callable[[Any], bool] | None:
    """Return a function that consents to a transfer, by flag or prompt; None without either.

    `notice` and `question` are formatted with the file or data to transfer.
    """

    def agree(what: Any) -> bool:
        from advisor.console.prompt import prompt_for

        if agreed:
            note(notice.format(what))
            return True
        return prompt_for(plain=False).confirm(question.format(what))

    return agree if agreed or asks else None
