"""`advisor help TOPIC`: the help of a command, or one of the texts in SUBJECTS."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.commands import rules_of
from advisor.console.flags import WHOLE
from advisor.console.output import Showing, showing
from advisor.draw.formats import FINDING_FORMATS, PAGE_FORMATS, SCHEMA_VERSION, Report
from advisor.errors import UsageError, did_you_mean
from advisor.naming import same_name, suggestions

if TYPE_CHECKING:
    from advisor.rulebase.base import RuleBase

WIDTH = 80

Topic = Annotated[
    list[str],
    typer.Argument(metavar="[TOPIC]", help="A command, a topic, or any name in the catalog."),
]

SUBJECTS = {
    "answers": """\
How to pass answers as flags, in a profile file, or in an interview

  Options    can be ids, aliases or similar spellings: `--language german`
  Numbers    can be 5000, 5,000, 5k, 2 million or 2.000.000, or have a unit: 8GB
  Machines   can be names: `--device "rtx 3060"` is a GPU with its memory
  Lists      have commas, as in `--language de,fr`. You can also repeat the flag
  Defaults   answer all other questions, and the answer lists them
  Profiles   are YAML or JSON files (`--profile FILE`), which flags override

`advisor list questions` prints the questions, `advisor show NAME` the options.
""",
    "sentences": """\
How to describe a need in a sentence

  advisor "search 2 million product photos by German text, on a CPU"
  advisor "gibt es etwas, das Rechnungen ausliest?"

  Languages  are English, German, French, Spanish, Italian, Portuguese, Chinese
             and some Japanese
  Details    can be counts, machines, languages, licenses, models, negations
  Prompts    appear in a terminal if several tasks fit, unless --no-input
  Output     lists the words that were not understood, and the need as flags
  Exit 3     means that no word names a task, or that two tasks fit equally well
  Flags      override the sentence. --no-infer turns inferred answers off

`advisor code "caption photos"` also reads a sentence, and `advisor -` one from
stdin. --batch reads one per line.
""",
    "labeled-data": """\
Data for `advisor evaluate`: labeled images

  Folder          has one subfolder of images per class. advisor prefers test/
  .csv .tsv       tables have one row per image, with a column `file_name`
                  (image, path) and `label`, `caption` (text), `fields`, or
                  `question` with `answer`
                  A cell of `labels` has `a;b`, of `captions` and `answers`
                  `a|b`, and of `fields` a JSON object
  .jsonl          files have one object per image, named like the columns
  .json           files have COCO captions or categories, or VQA questions
  .tar            shards (WebDataset) have images with .cls, .txt or .json files
  Arrow, Parquet  files are saved by `datasets`, or downloaded from the Hub

advisor merges the rows of one image. --image-folder DIR sets the folder of the
images in a table. Images that cannot be read are listed and left out.
""",
    "formats": f"""\
Output formats

  --format FORMAT        prints {", ".join(PAGE_FORMATS)}.
                         Commands with findings also print
                         {", ".join(FINDING_FORMATS[len(PAGE_FORMATS) :])}
  --output FILE          also writes a file in the format of its suffix
  --no-color             prints no colors (like NO_COLOR or TERM=dumb)

stdout contains only the answer. With JSON, it is one document, even for errors.
""",
    "exit-codes": """\
Exit codes of every command, in every format

  0    success: an answer, or no finding
  1    a finding, or no model that fits
  2    could not run: invalid usage or answers, damaged file, missing package
  3    needs more answers: with --strict, or if a sentence fits several tasks
  4    a bug in advisor (ADVISOR_DEBUG=1 prints the traceback)
  130  interrupted
""",
    "ci": """\
Workflow that checks your models on each push: .github/workflows/advisor.yml

  name: advisor
  on: [push, pull_request]
  jobs:
    check:
      runs-on: ubuntu-latest
      steps:
        - uses: actions/checkout@v4
        - uses: actions/checkout@v4
          with:
            repository: your-team/advisor  # your copy of advisor
            path: .advisor-action
        - uses: actions/setup-python@v5
          with:
            python-version: "3.12"
        - uses: ./.advisor-action
          with:
            fail-on: outdated-choice  # fails also if a better model exists

First write an advisor.yaml with advisor init. In other CI, run
`advisor check --fail-on outdated-choice`: it exits 1 on a finding.
""",
    "environment": """\
Environment variables

  ADVISOR_RULES    adds rule folders to the shipped rules
  ADVISOR_CACHE    sets the folder of compiled rules, evaluations and speeds
  ADVISOR_PLAIN    replaces menus with numbers
  ADVISOR_DEBUG    prints tracebacks if set to 1
  NO_COLOR         turns colors off, as does TERM=dumb
  HF_HOME, HF_ENDPOINT and HF_HUB_OFFLINE work as in huggingface_hub
""",
}


def help_(
    *,
    topic: Topic = [],  # noqa: B006
    shown: Annotated[Showing, showing(("terminal", "json"))],
) -> int:
    """Show help for a command, a topic or any name in the catalog.

    \b
    Examples:
      advisor help
      advisor help recommend
      advisor help answers
      advisor help captioning
    """
    from advisor.cli.program import EARLIER, EPILOGUE, program

    whole = program()
    context = whole.make_context("advisor", [], resilient_parsing=True)
    name = EARLIER.get(topic[0], " ".join(topic)) if topic else ""
    if not topic:
        more = f"`advisor help TOPIC`: TOPIC is a command, a name, {', '.join(SUBJECTS)}"
        lines = wrap(more, WIDTH, break_on_hyphens=False)
        text = whole.get_help(context).removesuffix(EPILOGUE.rstrip())
        return _told("", "\n".join([text.rstrip(), *lines, ""]), shown)
    if (command := _command(whole, context, topic)) is not None:
        return _told(" ".join(topic), f"{command}\n", shown)
    if subject := same_name(name, SUBJECTS):
        return _told(subject, SUBJECTS[subject], shown)
    raise _unknown(whole, rules_of(), name)


def _told(topic: str, text: str, shown: Showing) -> int:
    """Print the text of a topic ("": the whole program) as text or JSON; return the exit code 0."""
    values = {"schema_version": SCHEMA_VERSION, "topic": topic, "text": text}
    shown.emit(Report(lambda: values, list, drawings={"terminal": lambda: text}))
    return 0


def _command(whole: Any, context: Any, names: list[str]) -> str | None:
    """Return the help of a command, or of a command in a group; None for an unknown name."""
    command = whole
    for name in names:
        command = command.get_command(context, name) if hasattr(command, "get_command") else None
        if command is None:
            return None
        context = typer.Context(command, info_name=name, parent=context)
    context.meta[WHOLE] = True
    return str(command.get_help(context))


def _unknown(whole: Any, rulebase: RuleBase, name: str) -> UsageError:
    """Return the error for an unknown topic, with similar questions, names and tasks."""
    from advisor.need.likely_meaning import tasks_near
    from advisor.need.reading import read

    close = [question.id for question in rulebase.questions if question.id.startswith(name)]
    close = close or suggestions(name, [*whole.table, *SUBJECTS], SUBJECTS)
    close = close or tasks_near(rulebase, name, read(rulebase, name))
    return UsageError(
        f"there is no help topic `{name}`{did_you_mean(close)}",
        hint=f"use a command, {', '.join(SUBJECTS)}, or a name that `advisor list` prints",
        kind="unknown-topic",
    )
