"""`advisor recommend`: a sentence, flags or a profile in, a recommendation out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.commands import Given, Options
from advisor.console.options import (
    CriteriaFirst,
    Names,
    NoInput,
    Order,
    VerifiedOnly,
    option,
    read_day,
)
from advisor.console.output import Showing, note, showing
from advisor.console.streams import BRIEF
from advisor.decide.advice import END, screen_here
from advisor.decide.command_lines import command, named_flags, quoted
from advisor.decide.outlook import CHECKPOINT, STRICT, strictness
from advisor.draw.formats import PAGE_FORMATS, Report
from advisor.engine.profile import Profile, make_profile
from advisor.errors import UsageError
from advisor.files import is_there
from advisor.model import TASK, NamedTuple
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.recommendation import Recommendation
    from advisor.decide.written_program import Script
    from advisor.draw.blocks import Page, Shared
    from advisor.need.conversation import Turn
    from advisor.need.understanding import Understanding

PDF = ".pdf"
VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm")
"""Suffixes of videos; advisor runs models on single frames of them."""
LIKE_FILES = (".heic", ".jp2", ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif")
"""Suffixes of image files in a need."""
BY_IMAGE = "by image"
LEAST_ASKED = 2
"""More words than this beside an image are a question about it, if they name no task."""
FORMATS = (*PAGE_FORMATS, "python", "notebook")
Verbose = Annotated[bool, option("--verbose -v", "Print all reasons, sources, changes and dates.")]


class Telling(NamedTuple):
    """The output options of an answer: format and files, `-q` (ids only) and `-v` (all reasons)."""

    shown: Showing
    quiet: bool
    verbose: bool

    @property
    def format(self) -> str:
        """The format on stdout."""
        return self.shown.format

    def emit(self, turn: Turn, day: str | None) -> None:
        """Print an answer and write it to the files; `day` (ISO date or None) adds ages to JSON."""
        answer, goes_on = turn
        recommended = answer.recommendation

        def written() -> Script:
            from advisor.decide.written_program import script

            return script(recommended)

        def screen() -> Page:
            if not goes_on:
                return answer.to_page(screen=screen_here())
            from advisor.interview.command import offers_height

            return answer.to_page(screen=screen_here(END, offers_height))

        drawings: dict[str, Callable[[], str]] = {
            "python": lambda: written().python,
            "notebook": lambda: written().notebook,
        }
        if self.quiet:
            drawings["terminal"] = lambda: "".join(f"{id}\n" for id in recommended.ids)
        report = Report(
            lambda: answer.to_dict(day),
            lambda: answer.to_page(whole=True),
            drawings=drawings,
            screen=None if self.verbose else screen,
            shared=lambda: _shared(answer),
        )
        self.shown.emit(report)


def _shared(answer: Understanding | Recommendation) -> list[Shared]:
    """Return the parts of the HTML page, with the sentence on top if there was one."""
    from advisor.decide.advice import UNBOUND
    from advisor.decide.shared_page import shared_page
    from advisor.need.understanding import Understanding

    words = (answer.reading.text, answer.command) if isinstance(answer, Understanding) else ()
    return shared_page(answer.recommendation, answer.to_page(screen=UNBOUND), *words)


def telling(shown: Annotated[Showing, showing(FORMATS)], verbose: Verbose = False) -> Telling:
    """Return the output options of an answer; `-q` only shortens terminal output.

    Raises UsageError for `-q` with `-v`.
    """
    quiet = BRIEF.get()
    if quiet and verbose:
        raise UsageError("`-q` and `-v` cannot go together", hint="pass only one of them")
    return Telling(shown, quiet and shown.format == "terminal", verbose)


AnswerTelling = Annotated[Telling, Options(telling)]


Need = Annotated[list[str], typer.Argument(help="Your need, in your own words.")]
LITERALLY = "Do not infer answers that the sentence does not state."
Literally = Annotated[bool, option("--no-infer", LITERALLY, "--literally")]
STRICT_HELP = "Exit 3 if unanswered questions can change the family or the first checkpoint."
Strict = Annotated[
    str, option("--strict [family]", STRICT_HELP, alone=(CHECKPOINT, STRICT), show_default=False)
]
Today = Annotated[str, option("--today DATE", "Add the age of the facts on this date to JSON.")]
BATCH = "Read one JSON profile per line and write one JSON answer per line. - reads stdin."
Batch = Annotated[str, option("--batch FILE", BATCH)]
MEASUREMENTS = "JSON file of `advisor evaluate`. Rank checkpoints by its results."
Measurements = Annotated[str, option("--measurements FILE", MEASUREMENTS)]


def with_task(
    rulebase: RuleBase, given: Profile, names: Mapping[str, str], need: Sequence[str]
) -> Profile:
    """Return the answers, with the task of fields, or of labels or a question without a task."""
    acts = rulebase.acts.values()
    task = next((act.tasks[0] for act in acts if names.keys() & {act.result, *act.needs}), "")
    if not task or TASK in given:
        return given
    from advisor.need.reading import read

    words = " ".join(part for part in need if part not in _files_in(need))
    meant = [each.task for each in read(rulebase, words).tasks]
    if meant == [task] or (meant and "fields" not in names):
        return given
    return make_profile(rulebase, {TASK: task}, "flag") | given


def _measured(rulebase: RuleBase, measurements: Measurements = "") -> RuleBase:
    """Return the rules; with a file of `advisor evaluate`, its results rank checkpoints first."""
    if not measurements:
        return rulebase
    from advisor.decide.own_measurements import measured_rules

    return measured_rules(rulebase, Path(measurements))


def _ways(
    strict: Strict = "", order: Order = "quality", verified_only: VerifiedOnly = False
) -> dict[str, Any]:
    """Return the options strict, order and verified_only as keywords of `advise`."""
    from advisor.decide.recommendation import order_named

    order = order_named(order)
    return {"strict": strictness(strict), "order": order, "verified_only": verified_only}


def recommend(
    *,
    need: Need = [],  # noqa: B006
    given: Given,
    first: CriteriaFirst,
    how: Annotated[dict[str, Any], Options(_ways)],
    names: Names,
    literally: Literally = False,
    batch: Batch = "",
    today: Today = "",
    rulebase: Annotated[RuleBase, Options(_measured)],
    telling: AnswerTelling,
    no_input: NoInput = False,
) -> int:
    """Recommend a model family and checkpoints for a sentence or for flags.

    Each question has a flag. Separate several options with commas. Each --task gets a separate
    answer. Unanswered questions get defaults, which the answer lists.

    \b
    Examples:
      advisor recommend "search 2 million product photos by German text, on a CPU"
      advisor recommend --task ocr-line --training fine-tune --num-examples 5000
    """
    day = read_day(today, month=True) if today else None
    given, how = with_task(rulebase, given, names, need), how | {"names": names}
    text = _need_text(need, rulebase, given)
    _check(text, given, batch, telling)
    if batch:
        from advisor.need.batch import run_batch

        return run_batch(rulebase, batch, first, literally=literally, **how)
    may_ask = not no_input and telling.format == "terminal"
    turn = _answer(rulebase, text, given, first, may_ask, literally=literally, **how)
    return _told(turn, telling, day, how, _runs_on_file(turn[0], need, text))


def _runs_on_file(
    answered: Understanding | Recommendation, need: list[str], text: str
) -> Iterator[str]:
    """Yield hints for the next command: evaluate models, or run the first on a path in the need."""
    parts = ([part] if is_there(part) else part.split() for part in need)
    paths = [*filter(_is_path, (word.strip("\"'(),;:!?") for words in parts for word in words))]
    path = next(iter(paths), "")
    folder = next((each for each in paths if each.endswith("/") or Path(each).is_dir()), "")
    advice, line, own = answered.recommendation.advice[0], "", dict[str, str]()
    if need:
        from advisor.need.named import measuring
        from advisor.need.understood import Understood

        if isinstance(answered, Understood):
            line = measuring(answered, folder if Path(folder).is_dir() else "")
            own = answered.reading.own
    if line:
        yield f"advisor: run `{line}` to measure models on your labeled images"
    elif path.lower().endswith(PDF) or _holds_pages(folder):
        flags = getattr(answered, "given", advice.decision.given)
        verb = f"code {quoted(text)}" if text else "code"
        line = " ".join([command(verb, advice.rulebase, flags), *named_flags(advice.names)])
        if advice.runnable:
            yield f"advisor: run `{line} -o program.py` to get a program for {path}"
    elif path and advice.try_command:
        words = " ".join(part for part in need if " " in part.strip() and not is_there(part))
        question = next((part for part in need if part.endswith("?")), "")
        own |= {"query": words, "folder": folder}
        own |= {"question": question} if question else {}
        if path.lower().endswith(VIDEOS):
            line = f"mkdir frames && ffmpeg -i {quoted(path)} -vf fps=1 frames/%05d.jpg"
            yield f"advisor: run `{line}` to get an image for each second of {path}"
            path = "frames/"
        yield f"advisor: run `{advice.trying(path, own)}` to use the checkpoint on {path}"


def _need_text(need: list[str], rulebase: RuleBase, given: Given) -> str:
    """Return the words of a need as one text, in which files are `image`, `PDF` or `video`, once.

    More than two words beside an image that name no task become a question about it. The text is
    empty for files alone beside `--task`; without a task they raise UsageError.
    """
    files = _files_in(need)
    if files and files == {*need}:
        from advisor.need.understanding import not_understood

        if TASK not in given:
            raise not_understood(rulebase, need[0])
        return ""
    parts = with_kinds(need, rulebase)
    text, words = " ".join(parts), " ".join(part for part in need if part not in files)
    if files and TASK not in given and not {"image", "images"}.isdisjoint(parts):
        from advisor.need.reading import read

        reading = read(rulebase, text)
        if not (reading.tasks or reading.answers) and len(words.split()) > LEAST_ASKED:
            return f'image "{words.rstrip("?")}?"'  # words that name no task ask about the image
    return text.strip()


def with_kinds(need: Sequence[str], rulebase: RuleBase) -> list[str]:
    """Return the words of a need with the kind of its files, each once, in place of their paths.

    A sentence before a file ends there, unless it ends in a quiet word such as `in`: the last label
    that it lists is not `rabbit images`. A file beside a folder is an image to search by.
    """
    kinds, parts = {file: _kind_of(file) for file in _files_in(need)}, list[str]()
    queries = {"image": BY_IMAGE} if "images" in kinds.values() else {}
    for part in need:
        if part not in kinds:
            parts.append(part.strip())
        elif (kind := queries.get(kinds[part], kinds[part])) not in parts:
            from advisor.need.lexicon import lexicon_of

            last = parts[-1].split()[-1:] if parts and " " in parts[-1] else []
            if last and last[0].isalnum() and last[0].lower() not in lexicon_of(rulebase).quiet:
                parts[-1] += "."
            parts.append(kind)
    return parts


def _files_in(need: Sequence[str]) -> set[str]:
    """Return the words that are paths of existing files or folders."""
    return {part for part in need if is_there(part) and not {"/", "."}.isdisjoint(part[1:])}


def _holds_pages(folder: str) -> bool:
    """True for a folder that has PDF files at its top, and no images."""
    names = [each.name.lower() for each in Path(folder).glob("*")] if folder else []
    return any(n.endswith(PDF) for n in names) and not any(n.endswith(LIKE_FILES) for n in names)


def _kind_of(file: str) -> str:
    """Return `image`, `images`, `PDF`, `PDF files` or `video` for a path, "" for other files."""
    ends = {(PDF,): "PDF", VIDEOS: "video", LIKE_FILES: "image"}
    kinds = (kind for suffixes, kind in ends.items() if file.lower().endswith(suffixes))
    if Path(file).is_dir():
        return "PDF files" if _holds_pages(file) else "images"
    return next(kinds, "")


def _is_path(word: str) -> bool:
    """True for an existing path with a dot, or a word that ends like a folder, image or PDF."""
    named = word[1:].endswith("/") or word.lower().endswith((*LIKE_FILES, PDF))
    return named or ("." in word[1:] and is_there(word))


def _told(
    turn: Turn, telling: AnswerTelling, day: str | None, how: dict[str, Any], last: Iterable[str]
) -> int:
    """Print an answer, more answers while the user goes on, then `last`; return the exit code."""
    while True:
        answer, goes_on = turn
        for line in answer.recommendation.notes:
            note(f"advisor: {line}")
        telling.emit(turn, day)
        brief = telling.format == "terminal" and not (telling.quiet or telling.verbose)
        after = goes_on(color=telling.shown.color, **how) if goes_on and brief else None
        if after is None:
            for line in last:
                note(line)
            return answer.exit_code
        turn = after


def _answer(
    rulebase: RuleBase,
    text: str,
    given: Given,
    first: tuple[str, ...],
    may_ask: bool,
    *,
    literally: bool,
    **how: Any,
) -> Turn:
    """Return the answer to a sentence, or for an empty `text` to flags alone, which is final."""
    if text:
        from advisor.need.conversation import answer_words

        return answer_words(rulebase, text, given, first, may_ask, literally=literally, **how)
    from advisor.decide.recommendation import recommend as answer_to

    return answer_to(rulebase, given, priority=first, **how), None


def _check(text: str, given: Given, batch: str, telling: Telling) -> None:
    """Raise UsageError without a sentence or flags, and for `--batch` with either.

    `--batch` also refuses output options, as it prints only JSON lines.
    """
    if batch:
        if given or text:
            message = "`--batch` reads all answers from its input lines"
            raise UsageError(message, hint="remove the other words and flags")
        other = telling.format not in ("terminal", "json")
        flags = {"--output": telling.shown.files, f"--format {telling.format}": other}
        flags |= {"-q": telling.quiet, "-v": telling.verbose}
        if flag := next((flag for flag, passed in flags.items() if passed), ""):
            message = "`--batch` always prints one line of JSON per input line"
            hint = f"leave out `{flag}` and append `> answers.jsonl` to save the lines"
            raise UsageError(f"{message}, so `{flag}` has no effect", hint=hint)
    elif not (given or text):
        raise UsageError(
            "no task was passed. Describe your need in quotes, or pass --task",
            hint="`advisor list tasks` lists the tasks. `advisor` starts an interview, `advisor -` "
            "reads a need from stdin",
            kind="nothing-given",
        )
