"""`advisor help TOPIC`: a command, a subject of its own, or a name that the rules know."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.catalogue.knowledge import KINDS
from advisor.console.commands import rules_of
from advisor.console.flags import WHOLE
from advisor.draw.formats import FINDING_FORMATS, PAGE_FORMATS
from advisor.errors import UsageError, did_you_mean
from advisor.naming import same_name, suggestions

if TYPE_CHECKING:
    from advisor.model import Task
    from advisor.rulebase.base import RuleBase

WIDTH = 80

Topic = Annotated[
    list[str],
    typer.Argument(metavar="[TOPIC]", help="A command, a subject, or a name that advisor knows."),
]

SUBJECTS = {
    "answers": """\
How to write answers, as flags, in a profile file, or in an interview

  options    by id, alias or in other spellings: `--task "alt text"`, `--language german`
  numbers    5000, 5,000, 5k, 2 million, 2.000.000; with a unit: 8GB, 300 images
  machines   `--device "rtx 3060"` is a GPU with its memory; macbook, raspberry-pi
  several    `--language de,fr` or the flag twice; several --task are answered each
  defaults   unanswered questions take defaults, which the answer lists; --strict takes none
  a file     `--profile FILE` takes YAML or JSON: question to option; flags win over it

`advisor list questions` prints the questions, `advisor show QUESTION` its options.
""",
    "sentences": """\
How to describe a need in a sentence

  advisor "search 2 million product photos by German text, on a CPU, commercially"
  advisor "read handwritten letters, we have 5,000 transcribed lines"
  advisor "gibt es etwas, das Rechnungen ausliest?"

  read     English, German, French, Spanish, Italian, Portuguese, Chinese, some Japanese;
           numbers with what they count; machines, languages, licenses, models; negations
  asked    in a terminal, the task if several fit, and open questions; --no-input asks nothing
  guessed  nothing: `Not understood` lists the other words, `As flags` is the need in flags;
           if no word names a task, or two tasks fit equally well, the answer exits 3
  flags    override the sentence; --no-infer infers no answers from it

`advisor code "caption photos"` also reads a sentence; --batch reads one per line.
""",
    "labeled-data": """\
Data for `advisor evaluate`: labeled images

  a folder        a folder of images for each class; of train/ and test/, the latter
  .csv .tsv       a row an image, or a folder with one such table: `file_name` (image, path) and
  .jsonl          `label`, `caption` (text), `question` with `answer`, or `fields`; in the plural
                  several: `a;b` for labels, `a|b` for others, a list in JSON
  .json           COCO captions or categories; VQA questions, with the answers beside them
  .tar            WebDataset shards: an image with .cls, .txt or .json of the same name
  Arrow, Parquet  saved by `datasets`, or downloaded from the Hub

Rows of one image belong together. --image-folder DIR says where a table's images are. Images are
read in place; images that cannot be read are listed and left out.
""",
    "formats": f"""\
Formats of answers

  --format FORMAT        {", ".join(PAGE_FORMATS)}; of findings also
                         {", ".join(FINDING_FORMATS[len(PAGE_FORMATS) :])}
  --output FILE          also writes to a file, in the format of its suffix
  --no-color             no colors (NO_COLOR and TERM=dumb do the same)

stdout carries the answer and nothing else. With JSON it is one document, errors included.
""",
    "exit-codes": """\
Exit codes of every command, in every format

  0    yes, answered, or all choices valid
  1    a finding, or nothing fits
  2    could not run: usage, contradiction, a broken file, an extra that is not installed
  3    needs more answers: --strict takes no defaults, or a sentence may mean
       several tasks
  4    a bug in advisor; ADVISOR_DEBUG=1 shows where
  130  interrupted
""",
    "environment": """\
Environment variables

  ADVISOR_RULES    rule folders to add to the shipped rules
  ADVISOR_CACHE    folder of compiled rules, evaluations and a saved interview
  ADVISOR_PLAIN    numbers instead of menus
  ADVISOR_DEBUG    1 prints tracebacks
  NO_COLOR, TERM   colors
  HF_HOME, HF_ENDPOINT, HF_HUB_OFFLINE   as in huggingface_hub
""",
}


def help_(topic: Topic = []) -> int:  # noqa: B006
    """Show help for a command, a subject or any name that advisor knows.

    \b
    Examples:
      advisor help
      advisor help recommend
      advisor help answers
      advisor help captioning
    """
    from advisor.cli.program import EARLIER, program

    whole = program()
    context = whole.make_context("advisor", [], resilient_parsing=True)
    if not topic:
        subjects = ", ".join(SUBJECTS)
        sys.stdout.write(f"{whole.get_help(context)}\n\n")
        sys.stdout.write(f"`advisor help TOPIC` says more: a command, {subjects}, or any name.\n")
        return 0
    if (command := _command(whole, context, topic)) is not None:
        sys.stdout.write(f"{command}\n")
        return 0
    name = EARLIER.get(topic[0], " ".join(topic))
    if subject := same_name(name, SUBJECTS):
        sys.stdout.write(SUBJECTS[subject])
        return 0
    return _shown(whole, name)


def _command(whole: Any, context: Any, names: list[str]) -> str | None:
    """Return the help of a command, or of one in a group; None where there is none."""
    import typer

    found = whole
    for name in names:
        found = found.get_command(context, name) if hasattr(found, "get_command") else None
        if found is None:
            return None
        context = typer.Context(found, info_name=name, parent=context)
    context.meta[WHOLE] = True
    return str(found.get_help(context))


def _shown(whole: Any, name: str) -> int:
    """Show what the rules know by a name. Raises UsageError where they know nothing."""
    rulebase = rules_of()
    word = same_name(name, [*KINDS, *rulebase.words, *rulebase.task_names]) or name
    if word in KINDS:
        return _ran(whole, "list", word)
    meanings = rulebase.words.get(word, ())
    if len(meanings) > 1:
        sys.stdout.write(_several(word, [task for task, _ in meanings]))
        return 0
    try:
        return _ran(whole, "show", word)
    except UsageError as error:
        raise _unknown(whole, rulebase, name) from error


def _ran(whole: Any, *words: str) -> int:
    return int(whole.main([*words], "advisor", standalone_mode=False) or 0)


def _several(word: str, tasks: Sequence[Task]) -> str:
    """Return the tasks that a word may mean, each with what it is."""
    width = max(len(task.id) for task in tasks)
    lines = [
        line
        for task in tasks
        for line in wrap(
            f"{task.name}: {task.description}",
            WIDTH,
            initial_indent=f"  {task.id:<{width}}  ",
            subsequent_indent=" " * (width + 4),
            break_on_hyphens=False,
        )
    ]
    head = f"`{word}` may mean {len(tasks)} tasks; give one by --task:"
    return "\n".join([head, "", *lines, ""])


def _unknown(whole: Any, rulebase: RuleBase, name: str) -> UsageError:
    """Return the error for a topic that nothing is known of, with what is near."""
    from advisor.need.likely_meaning import tasks_near
    from advisor.need.reading import read

    close = [question.id for question in rulebase.questions if question.id.startswith(name)]
    close = close or suggestions(name, [*whole.table, *SUBJECTS], SUBJECTS)
    close = close or tasks_near(rulebase, name, read(rulebase, name))
    return UsageError(
        f"no help on `{name}`{did_you_mean(close)}",
        hint=f"a command, {', '.join(SUBJECTS)}, or a name that `advisor list` prints",
        kind="unknown-topic",
    )
