"""What people type that is no command, flag or name here: what it plainly means, else what to type.

A guess with one meaning is taken, and what was taken is said; one with several is answered by the
command to copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile

from advisor.errors import UsageError
from advisor.files import is_there
from advisor.hub import is_hub_id

COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(("models", "checkpoints", "list models", "show-models"), "list checkpoints"),
    **{kind: f"list {kind}" for kind in ("tasks", "families", "questions", "criteria", "sources")},
    **dict.fromkeys(("options", "list options", "flags"), "list questions"),
    **dict.fromkeys(
        ("usage", "man", "docs", "commands", "info", "about", "what can you do"), "help"
    ),
    **dict.fromkeys(("start", "interview", "wizard", "begin"), "ask"),
    **dict.fromkeys(("list-tasks", "show-tasks"), "list tasks"),
    "list-models": "list checkpoints",
    **dict.fromkeys(("lint", "ci", "validate", "verify"), "check"),
    **dict.fromkeys(("github", "workflow", "ci workflow", "github actions", "action"), "help ci"),
    **dict.fromkeys(("lint {}", "ci {}", "validate {}"), "check {}"),
    **dict.fromkeys(("info {}", "about {}", "details {}", "what is {}"), "show {}"),
    "train {...}": "code {}",
    **dict.fromkeys(("run {file}", "predict {file}", "test {file}"), "try --image {file}"),
    **dict.fromkeys(("benchmark {file}", "bench {file}", "eval {file}"), "evaluate {file}"),
}
"""What is run for words that begin a command line; `{}` is one word more, `{file}` one there is.

`{...}` are several, which make a sentence with the first.
"""

_RANKS = "`advisor list checkpoints --task captioning --sort quality` ranks checkpoints"
_RUNS = "`advisor try --image photo.jpg` runs a model, `advisor code captioning` writes a program"
_BITS = (
    "answers list checkpoints in 16, 8 and 4 bits. Set `--memory-gb` to choose a precision, and "
    "run `advisor try --quantize 4`"
)
_FETCHES = "`advisor try --checkpoint {} --image photo.jpg --download` downloads the checkpoint"
_INSTALLS = (
    "`pip install '.[try]'` in your clone installs what `advisor try` and `advisor evaluate` "
    "need. `advisor try --checkpoint ID --image photo.jpg --download` downloads a checkpoint"
)
_WORKFLOW = "`advisor help ci` prints a workflow for GitHub that runs `advisor check`"
_TRAINS = "`advisor code 'train a classifier on labeled photos'` writes a program that trains"
FILES = (
    "e.g. `advisor try --folder photos --task captioning` runs a model on files, and the program "
    "of `advisor code captioning -o run.py` takes the folder: `uv run run.py photos`"
)
HINTS: Mapping[str, str] = {
    **dict.fromkeys(("best", "top", "leaderboard"), _RANKS),
    **dict.fromkeys(("run", "test", "predict", "demo", "infer"), _RUNS),
    **dict.fromkeys(
        ("benchmark", "bench", "eval", "benchmark {}", "bench {}", "eval {}"),
        "`advisor evaluate DIR` takes labeled images",
    ),
    **dict.fromkeys(("download {}", "pull {}", "fetch {}"), _FETCHES),
    **dict.fromkeys(("download", "pull"), _FETCHES.format("ID")),
    **dict.fromkeys(("install", "setup", "installation"), _INSTALLS),
    **dict.fromkeys(("update", "upgrade"), "`git pull` in your clone installs a newer version"),
    **dict.fromkeys(("serve", "web", "gui", "ui", "server"), "`advisor site` writes a web page"),
    **dict.fromkeys(("train {}", "finetune", "fine-tune", "finetuning"), _TRAINS),
    **dict.fromkeys(("why", "why {}", "why not {}"), "`advisor explain captioning --why-not clip`"),
    **dict.fromkeys(("export", "export {}"), "`advisor code captioning --runtime onnx` exports"),
    "version": "`advisor --version` prints the version",
    "examples": "`advisor help sentences` has examples",
    "config": "`advisor help environment` lists the variables",
}
"""What to type instead of words that are no command, where they may mean several things."""

FLAGS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("--model", "-m"), ("--checkpoint", "--candidate", "--why-not", "")),
    "--checkpoint": ("--why-not",),
    "--runtime transformers.js": ("--device browser",),
    **dict.fromkeys(("--need", "--sentence", "--describe"), ("",)),
    **dict.fromkeys(("--file-size", "--max-download", "--max-disk"), ("--max-file-size",)),
    **dict.fromkeys(("--small", "--tiny", "--lightweight"), ("--sort memory",)),
    **dict.fromkeys(("--file", "--input"), ("--image",)),
    "--fields": ("",),
    "--license commercial": ("--license-use",),
    **dict.fromkeys(("--js", "--javascript"), ("--runtime transformers.js", "--device browser")),
    "--permissive": ("--sort permissive",),
    **dict.fromkeys(("--lang", "--locale"), ("--language",)),
    **dict.fromkeys(("--save", "--out"), ("--output",)),
    **dict.fromkeys(("--num-images", "--items", "--count", "--num", "--n", "-n"), ("--num-items",)),
    "--commercial": ("--commercial-use permitted",),
    "-t": ("--task",),
    "--github": ("--format github",),
    "--webgpu": ("--device browser",),
    "--sarif": ("--format sarif",),
    "--junit": ("--format junit",),
    **dict.fromkeys(("--all", "--why", "--explain", "--reasons", "--details"), ("--verbose",)),
    "-d": ("--device",),
    "-v": ("--version",),
    "--dir": ("--folder",),
}
"""Flags instead of one that a command lacks, the first that it has; empty: its value alone.

Some are meant before one value only.
"""

BY_WORD: Mapping[str, str] = {
    **dict.fromkeys(("ram", "vram", "memory", "mem"), "--memory-gb"),
    **dict.fromkeys(("params", "parameters"), "--max-parameters"),
    **dict.fromkeys(("latency", "time", "deadline"), "--within"),
    **dict.fromkeys(("shots", "shot", "class", "train", "training", "dataset"), "--num-examples"),
}
"""What a flag means before a number where one of its words says so: `--gpu-memory 8`."""

NUMBERED = {
    **dict.fromkeys(("--examples", "--training-data"), "--num-examples"),
    "--images": "--num-items",
}
"""Flags of options that a number is given to, and those that take it."""

VALUED = {"--gpu": ("--memory-gb", "--device")}
"""Flags that mean another one if a number follows, and another one if words follow."""

NEEDLESS: Mapping[str, str] = dict.fromkeys(
    ("--free", "--open-source", "--local", "--opensource", "--offline", "--self-hosted"),
    "each checkpoint listed can be downloaded and runs on your own machine",
)
"""Flags without a value that change no answer, and why."""

OF_CHECK: Mapping[str, str] = dict.fromkeys(
    ("--ci", "--github-actions", "--workflow"),
    "in CI too, the command exits 1 on an error. `advisor help ci` prints a workflow",
)
"""Flags of `advisor check` that change nothing, and why."""

OF_PROGRAMS: Mapping[str, str] = {
    **dict.fromkeys(
        ("--image", "--images", "--folder", "--file", "--input", "--dir", "--path", "--data"),
        FILES,
    ),
    **dict.fromkeys(
        (
            *("--epochs", "--batch-size", "--threshold", "--top-k", "--best", "--resume"),
            *("--prompt", "--template"),
        ),
        "the program that `advisor code` writes has such options",
    ),
    "--runtime": "`advisor code` takes it, and writes a program for that runtime",
}
"""Flags with a value that change no answer, and what takes the value."""

FLAG_HINTS: Mapping[str, str] = {
    **dict.fromkeys(("--quantized", "--quantize", "--precision", "--dtype", "--bits"), _BITS),
    **dict.fromkeys(("--int8", "--int4", "--4bit", "--8bit", "--fp16"), _BITS),
    **dict.fromkeys(("--ci", "--github", "--workflow", "--action"), _WORKFLOW),
    "--all": "the output is complete. `advisor explain --all` prints more",
    **dict.fromkeys(("--top", "--limit", "--n", "-n"), _RANKS),
    **dict.fromkeys(
        ("--size", "--model-size", "--max-size"),
        "`--max-parameters 1B` limits the size, `--max-file-size 2GB` the size of the files, "
        "`--memory-gb 2` the memory. `--num-items 1M` is the number of images",
    ),
    "--dry-run": "`advisor try` and `advisor evaluate` ask before they download or send anything",
    "--fast": "`--sort memory` ranks by memory, `--within 8h --num-items 50000` limits the time",
    "--license": "`--license-use commercial`, or `advisor list checkpoints --license mit`",
}
"""What to type instead of a flag that has no one meaning."""


def in_other_words(words: Sequence[str]) -> list[str]:
    """Return the command line that one plainly means whose first word is no command; else nothing.

    Raises UsageError for words that may mean several things, with what to type.
    """
    leading = [*takewhile(lambda word: word[:1] != "-", words)]
    *before, last = leading or [""]
    if not before and "/" in last and is_hub_id(last) and not is_there(last):
        return ["show", *words]
    key = " ".join(leading).lower()
    begun = " ".join([*before, ""]).lower()
    forms = {key: ""}
    if before:
        forms |= {f"{begun}{{}}": last, f"{leading[0].lower()} {{...}}": " ".join(leading)}
    if before and is_there(last):
        forms[f"{begun}{{file}}"] = last
    for form, place in forms.items():
        if form in HINTS and len(leading) == len(words):
            raise UsageError(f"`advisor {key}` is not a command", hint=HINTS[form].format(place))
        if meant := COMMANDS.get(form):
            own = [place if word[0] == "{" else word for word in meant.split()]
            return [*own, *words[len(leading) :]]
    return []


def say_taken(meant: Sequence[str]) -> None:
    """Say on stderr which command line is taken as meant."""
    from advisor.console.streams import note
    from advisor.decide.command_lines import quoted

    note(f"advisor: understood as `advisor {' '.join(map(quoted, meant))}`")
