"""What documentation quotes: real commands and real Python, run while cog writes the page.

Every command runs as its own process in the repository root: 80 columns, no colour, no input.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ("ADVISOR_CACHE", "HOME", "LOCALAPPDATA", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
FIXED = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}


def console(
    command: str,
    *,
    first: int | None = None,
    last: int = 0,
    until: str = "",
    status: bool = False,
    exits: int = 0,
) -> None:
    """Write a console block: the command, its output, and its exit code with `status`.

    `first` and `last` keep so many lines of the output, with "..." for what is cut; `until` leaves
    out what that line begins, such as times. Raises ValueError where the exit code is not `exits`.
    """
    done = run(command, exits=exits)
    lines = (done.stderr + done.stdout).rstrip().splitlines()
    if until:
        lines = [*lines[: lines.index(until)], "..."]
    lines = cut(lines, first, last)
    tail = ["$ echo $?", str(done.returncode)] if status else []
    _block("console", [f"$ {command}", *lines, *tail])


def interview(command: str, *replies: str, first: int | None = None, last: int = 0) -> None:
    """Write a console block: an interview in a real terminal, with what a person types."""
    import pexpect

    with tempfile.TemporaryDirectory() as state:
        program = pexpect.spawn(
            sys.executable,
            ["-m", "advisor", *shlex.split(command)[1:]],
            cwd=str(ROOT),
            env=_environment() | {"ADVISOR_CACHE": f"{state}/rules"},
            encoding="utf-8",
            dimensions=(50, 80),
            timeout=60,
        )
        screen = program.logfile_read = io.StringIO()
        for reply in replies:
            program.expect_exact("\n> ")
            program.sendline(reply)
        program.expect(pexpect.EOF)
        program.close()
    lines = screen.getvalue().replace("\r", "").strip().splitlines()
    _block("console", [f"$ {command}", *cut(lines, first, last)])


def markdown(command: str, *, demote: int = 0) -> None:
    """Write what a command prints as Markdown, its headings `demote` levels lower."""
    lines = run(command).stdout.splitlines()
    _write("\n".join("#" * demote + line if line.startswith("#") else line for line in lines))


def fields(command: str, *names: str) -> None:
    """Write a console block: a command piped through jq, which keeps some fields of its JSON."""
    document = json.loads(run(f"{command} --format json").stdout)
    chosen = {name: document[name] for name in names}
    text = json.dumps(chosen, indent=2, ensure_ascii=False)
    _block("console", [f"$ {command} --format json | jq '{{{', '.join(names)}}}'", text])


def session(source: str) -> None:
    """Write a Python session: every statement of `source` with what the interpreter answers."""
    from advisor.errors import AdvisorError

    names: dict[str, object] = {}
    lines = []
    with contextlib.chdir(ROOT):
        for statement in ast.parse(source).body:
            one, *more = (ast.get_source_segment(source, statement) or "").splitlines()
            lines += [f">>> {one}", *(f"... {line}" for line in more)]
            answer = io.StringIO()
            with contextlib.redirect_stdout(answer):
                try:
                    exec(compile(ast.Interactive([statement]), "<session>", "single"), names)
                except AdvisorError as error:
                    raised = f"{type(error).__module__}.{type(error).__qualname__}: {error}"
                    print("Traceback (most recent call last):", "    ...", raised, sep="\n")
            lines += answer.getvalue().splitlines()
    _block("python", lines)


def file(name: str) -> None:
    """Write a file of the repository as a code block."""
    path = ROOT / name
    language = {".py": "python", ".sh": "bash", ".jsonl": "json"}
    text = path.read_text(encoding="utf-8").rstrip()
    _block(language.get(path.suffix, path.suffix.lstrip(".")), [text])


def commands() -> None:
    """Write a section with the help of every command there is, in the order of `--help`."""
    from advisor.cli.program import COMMANDS

    console("advisor --help")
    for name, entry in COMMANDS.items():
        _write(f"## advisor {name}\n\n{entry.help}")
        console(f"advisor help {name}")
        for part in getattr(entry, "commands", ()):
            _write(f"### advisor {name} {part}")
            console(f"advisor help {name} {part}")


def counts() -> None:
    """Write how much the rule base holds, as `advisor rules check` says it."""
    checked = " ".join(run("advisor rules check").stdout.split())
    _write(checked.partition(": no problems")[0] + ".")


def rules_by_id() -> None:
    """Write the written rules: id, criterion, what each does."""
    from advisor.phrasing import aim

    rules = json.loads(run("advisor list rules --written --format json").stdout)["rules"]
    rows = []
    for rule in sorted(rules, key=lambda rule: str(rule["id"])):
        effect = f"{rule['effect']} {aim(rule['candidates'], rule['where'])}"
        rows.append(f"| `{rule['id']}` | {rule['criterion']} | {effect} |")
    _write("\n".join(["| rule | criterion | effect |", "| --- | --- | --- |", *rows]))


def check_rules() -> None:
    """Write the rules of `advisor check`: id, level, and what each is about."""
    from advisor.rulebase.store import load_rules

    rows = (f"| `{r.id}` | {r.level} | {r.summary} |" for r in load_rules().checks.values())
    _write("\n".join(("| rule | level | summary |", "| --- | --- | --- |", *rows)))


def sources_of(*families: str) -> None:
    """Write title, version, address and day of reading of every source that families cite."""
    pages = [json.loads(run(f"advisor show {family} --format json").stdout) for family in families]
    cited = _cited(pages)
    listed = json.loads(run("advisor list sources --format json").stdout)["sources"]
    rows = []
    for source in sorted(listed, key=lambda source: str(source["id"])):
        if source["id"] in cited:
            parts = (source["title"], source.get("version"), source.get("url"))
            said = ", ".join(part for part in parts if part)
            rows.append(f"- `{source['id']}`: {said} (read {source['read']})")
    _write("\n".join(rows))


def run(command: str, *, exits: int = 0) -> subprocess.CompletedProcess[str]:
    """Run an `advisor ...` command line; the environment of the caller does not show in it."""
    program, *arguments = shlex.split(command)
    if program != "advisor":
        raise ValueError(f"only advisor commands are quoted, not {program}")
    done = subprocess.run(
        [sys.executable, "-m", "advisor", *arguments],
        cwd=ROOT,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != exits:
        raise ValueError(f"`{command}` exits {done.returncode}, not {exits}: {done.stderr}")
    return done


def cut(lines: list[str], first: int | None, last: int = 0) -> list[str]:
    """Return the first and last lines, with "..." between them where some are left out."""
    if first is None or len(lines) <= first + last:
        return lines
    return [*lines[:first], "...", *lines[len(lines) - last :]]


def _cited(value: object) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_cited, value))
    if not isinstance(value, dict):
        return set()
    rest = (_cited(part) for key, part in value.items() if key != "sources")
    return set(value.get("sources", ())).union(*rest)


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in KEPT if name in os.environ} | FIXED


def _block(language: str, lines: list[str]) -> None:
    _write("\n".join([f"```{language}", *lines, "```"]))


def _write(text: str) -> None:
    import cog

    cog.out(f"\n{text}\n\n")
