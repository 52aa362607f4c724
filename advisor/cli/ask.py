"""`advisor` and `advisor ask`: the interview in a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from advisor.cli.options import (
    Format,
    NoColor,
    NoInput,
    Output,
    Priority,
    ProfileFile,
    Rules,
    given_profile,
    overlays_in,
    priority_of,
    rules_of,
    with_questions,
)
from advisor.cli.output import (
    Report,
    check_format,
    check_outputs,
    emit,
    interactive,
    note,
    page_of,
    write_whole,
)
from advisor.cli.prompt import BACK, WHY, Prompt, prompt_for
from advisor.errors import ContradictionError, NoTerminalError, UsageError
from advisor.rulebase.model import NONE

STOPS = ("family", "checkpoint")


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command with one flag for each question, to answer some in advance."""
    return with_questions(ask, rules_of(overlays_in(arguments)))


def ask(
    answers: dict[str, Any] | None = None,
    profile: ProfileFile = "",
    priority: Priority = [],  # noqa: B006
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="STOP", help="Stop at the family, or go on to the checkpoint."
        ),
    ] = "family",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the interview that was left.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Numbers instead of a menu.")] = False,
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    rules: Rules = [],  # noqa: B006
    no_input: NoInput = False,
    no_color: NoColor = False,
) -> int:
    """Answer a few questions, get a recommendation.

    Asks what matters next and stops when the outcome can no longer change. "I don't know" leaves
    a question open. Ctrl-C keeps the answers: --resume goes on.

    \b
    Examples:
      advisor ask
      advisor ask --task captioning
      advisor ask --plain --format json > answer.json
    """
    from advisor.engine.decision import Engine
    from advisor.interview.session import Session
    from advisor.recommendation import Recommendation, advise
    from advisor.report.recommendation_json import as_json

    check_format(format)
    check_outputs(output)
    if to not in STOPS:
        raise UsageError(f"unknown stop `{to}`", hint=f"stops: {', '.join(STOPS)}")
    if no_input or not interactive():
        raise NoTerminalError(
            "there is nobody to ask: this is not a terminal",
            hint="give answers as flags, e.g. `advisor recommend --task captioning`",
        )
    rulebase = rules_of(rules)
    first = priority_of(rulebase, priority)
    engine = Engine(rulebase, first)
    given = given_profile(rulebase, profile, answers or {})
    kept = _Kept(rulebase.digest)
    prompt = prompt_for(plain=plain)
    session = Session(engine, given)
    if resume or (
        not given
        and kept.exists()
        and prompt.confirm("An interview was left unfinished. Go on with it?")
    ):
        session = Session.from_json(engine, kept.read())
        session.give(given)
    try:
        _interview(session, prompt, kept, refine=to == "checkpoint")
    except (KeyboardInterrupt, EOFError):
        if session.steps:
            note("\nyour answers are kept: `advisor ask --resume` goes on")
        raise
    kept.forget()
    advice = advise(engine, session.profile)
    recommendation = Recommendation(rulebase, (advice,), None, first, "quality")
    note("")
    report = Report(lambda: as_json(recommendation), lambda: page_of(recommendation))
    emit(report, format, output, color=not no_color)
    return recommendation.exit_code


def _interview(session: Any, prompt: Prompt, kept: _Kept, *, refine: bool) -> None:
    """Ask until nothing is left to ask; the session is kept after each answer."""
    number = 1
    while True:
        question = session.next() or (session.refine() if refine else None)
        if question is None:
            return
        note(f"\n{number}. still in the race: {_race(session.race)}")
        answer = prompt.choose(question, first=not session.steps)
        if answer == WHY:
            note(_why(question))
            continue
        if answer == BACK:
            session.back()
            number = max(1, number - 1)
        else:
            try:
                session.answer(question.question.id, answer)
            except ContradictionError as error:
                note(f"  {error.message}")
                continue
            number += 1
        kept.write(session.to_json())


def _race(names: tuple[str, ...]) -> str:
    return ", ".join("none of them" if name == NONE else name for name in names)


def _why(question: Any) -> str:
    """Why a question is asked: what it is about, and who could win after each answer."""
    lines = [f"  {question.question.why}"]
    lines += [
        f"    {option.id:<26} leaves {_race(question.winners[option.id])}"
        for option in question.options[:12]
    ]
    if len(question.options) > 12:
        lines.append(f"    ... and {len(question.options) - 12} more")
    return "\n".join(lines)


class _Kept:
    """The unfinished interview, in the user's cache folder."""

    def __init__(self, digest: str) -> None:
        from advisor.rulebase.store import cache_folder

        self.file: Path = cache_folder() / "interview.json"
        self.digest = digest

    def exists(self) -> bool:
        """True where an interview with these rules was left."""
        try:
            return bool(self.read().get("rule_base") == self.digest)
        except UsageError:
            return False

    def read(self) -> dict[str, Any]:
        """Return the kept interview. Raises UsageError where there is none."""
        try:
            kept = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                "there is no interview to go on with",
                hint="`advisor ask` starts one",
                kind="nothing-kept",
            ) from error
        if not isinstance(kept, dict):
            raise UsageError("the kept interview is damaged", hint="`advisor ask` starts a new one")
        return kept

    def write(self, session: dict[str, Any]) -> None:
        """Keep an interview; where the disk refuses, the interview goes on all the same."""
        from advisor.errors import AdvisorError

        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.file, json.dumps(session))
        except (OSError, AdvisorError):
            return

    def forget(self) -> None:
        """Remove the kept interview."""
        try:
            self.file.unlink(missing_ok=True)
        except OSError:
            return
