"""The arguments that each command accepts, by kind, and other names of commands and flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

IMAGE, FOLDER, TABLE, PDF, PROGRAM = "image", "folder", "table", "PDF", "program"
SETTINGS = "profile"
CHECKPOINT, FAMILY, TASK, RUNTIME = "checkpoint", "family", "task", "runtime"
QUERY, SENTENCE, PHRASE = "question", "sentence", "need in words"
WRITES = "`advisor code {0} -o {1}.py`, then `uv run {1}.py {2} --output {1}.jsonl`"
"""The commands that write the results of a model for a need and a folder."""
READ, LEFT_OUT = "read", "left out"
"""Flags of places whose words are read as a need, and of places whose words are ignored."""
FILES = (IMAGE, FOLDER, TABLE, PDF, PROGRAM)


class Place(NamedTuple):
    """A place of a command for things of a kind: the value of `flag`, or an argument if that is "".

    It holds one thing unless `many`. With `other`, the whole line is for that command. With a
    `hint`, the command refuses the kind, and the hint (`{}`: the word) says what accepts it.
    """

    kind: str
    flag: str = ""
    many: bool = False
    other: str = ""
    hint: str = ""


TRAIN = "code --training fine-tune"
NEEDS = ("recommend", "code", "explain", "ask")
"""The commands that accept a need in words; `-` reads it from stdin."""
_NEED = [Place(SETTINGS, "--profile"), Place(SENTENCE, many=True), Place(CHECKPOINT, many=True)]
PAGES = (
    "`advisor code 'read the text of PDF pages' -o pages.py` writes a program: `uv run pages.py {}`"
)
_CHECKS = "`advisor check` checks this folder, `advisor recommend {}` answers a need in words"
_BEST = "run `advisor recommend --task {}` to compare its models"
TAKES: Mapping[str, Sequence[Place]] = {
    "recommend": [*(Place(kind, many=True) for kind in (IMAGE, FOLDER, PDF)), *_NEED],
    "code": [Place(PROGRAM, "--output"), *_NEED],
    TRAIN: [Place(TABLE, READ), Place(FOLDER, READ), *_NEED],
    "explain": [*_NEED[:2], Place(CHECKPOINT, "--why-not")],
    "try": [
        *(Place(PDF, hint=PAGES), Place(IMAGE, "--image"), Place(FOLDER, "--folder")),
        Place(IMAGE, LEFT_OUT, many=True),
        *(Place(TASK, "--task"), Place(CHECKPOINT, "--checkpoint", many=True)),
        *(Place(QUERY, "--question"), Place(SENTENCE, READ, many=True)),
    ],
    "evaluate": [
        *(Place(TABLE), Place(FOLDER), Place(FOLDER, "--image-folder"), Place(TASK, "--task")),
        *(Place(CHECKPOINT, "--candidate", many=True), Place(SENTENCE, READ, many=True)),
    ],
    "compare": [
        *(Place(TABLE, other="evaluate"), Place(FOLDER, other="evaluate")),
        *(Place(FAMILY, many=True), Place(CHECKPOINT, many=True), Place(TASK, hint=_BEST)),
    ],
    "list checkpoints": [Place(TASK, "--task"), Place(FAMILY, "--family")],
    "check": [
        *(Place(kind, many=True) for kind in FILES),
        *(Place(CHECKPOINT, "--checkpoint"), Place(PHRASE, hint=_CHECKS)),
    ],
}
"""The places of each command, in the order in which a word is looked for in them."""


ALONE = {PROGRAM: "check", SETTINGS: "recommend --profile"}
"""Kind -> the command that runs for a file of this kind alone on the line."""
_TRAINS = "code 'train a classifier on labeled photos of {1}'"
_EXPORTS = "code captioning --runtime onnx"
VERBS: Mapping[str, tuple[str, str, Sequence[str]]] = {
    **dict.fromkeys(
        ("run", "predict", "test", "infer", "demo"),
        ("try", "try --image photo.jpg", (IMAGE, FOLDER)),
    ),
    **dict.fromkeys(("benchmark", "bench", "eval"), ("evaluate", "evaluate DIR", (TABLE, FOLDER))),
    **dict.fromkeys(("lint", "ci", "validate", "verify"), ("check", "check", FILES)),
    **dict.fromkeys(("finetune", "fine-tune"), (TRAIN, _TRAINS, (TABLE, FOLDER))),
    "train": (TRAIN, _TRAINS, (TABLE, FOLDER, SENTENCE)),
    **dict.fromkeys(("convert", "export"), ("code", _EXPORTS, (RUNTIME,))),
    **dict.fromkeys(
        ("download", "pull", "fetch", "install"),
        ("try", "try --checkpoint {0} --image photo.jpg --download", ()),
    ),
    **dict.fromkeys(
        ("inspect", "describe", "view", "card", "get", "open"), ("show", "", (FAMILY, CHECKPOINT))
    ),
    **dict.fromkeys(("completion", "completions"), ("", "--install-completion", ())),
    **dict.fromkeys(
        ("best", "top", "leaderboard"),
        ("list", "list checkpoints --task captioning --sort quality", ()),
    ),
    **dict.fromkeys(("serve", "web", "gui", "ui", "server"), ("site", "site page", ())),
    "scan": ("check", "check .", (PROGRAM,)),
    "why": ("explain", "explain captioning --why-not clip", ()),
}
"""Verb -> (command, example, kinds). The verb means the command if a thing of one of the kinds is
behind it; else the example is the hint, and without an example the words are a need.
"""

COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(("models", "checkpoints", "list-models", "show-models"), "list checkpoints"),
    **dict.fromkeys(("tasks", "list-tasks", "show-tasks"), "list tasks"),
    **dict.fromkeys(("questions", "options", "list options", "flags"), "list questions"),
    **{kind: f"list {kind}" for kind in ("families", "criteria", "sources")},
    "ls": "list",
    **dict.fromkeys(("models ls", "model ls", "models list", "model list"), "list checkpoints"),
    **dict.fromkeys(("usage", "man", "docs", "commands", "info", "about", "tutorial"), "help"),
    **dict.fromkeys(("quickstart", "getting-started", "manual", "intro"), "help"),
    **dict.fromkeys(("usage {}", "man {}", "docs {}", "manual {}"), "help {}"),
    **dict.fromkeys(("hilfe", "aide", "ayuda", "aiuto", "ajuda", "帮助", "ヘルプ"), "help"),
    **dict.fromkeys(("start", "interview", "wizard", "begin", "i", "interactive"), "ask"),
    **dict.fromkeys(("lint", "linter", "ci", "pre-commit", "validate", "verify"), "check"),
    **dict.fromkeys(("github", "workflow", "ci workflow", "github actions", "action"), "help ci"),
    **dict.fromkeys(("info {}", "about {}", "details {}", "what is {}"), "show {}"),
    **dict.fromkeys(("model info {}", "model card {}", "model show {}"), "show {}"),
}
"""First words of a line -> the command that runs for them; `{}` is one more word."""
_APART = frozenset(
    ("vs", "vs.", "versus", "or", "than", "diff", "difference", "differences", "between")
)
COMPARING = _APART.union(
    ("and", "with", "against", "on", "to", "of", "compare", "what", "which", "is", "the", "better")
)
"""Words that ask for a comparison if all other words are names of models or families."""
ABOUT = frozenset(
    """
    a about are big can card commercial commercially does for free gpu how i i'm is it large
    license licensed many memory model models much need needs of parameters ram
    requirements run size tell me take takes the use used using vram weights what what's who why
    """.split()  # noqa: SIM905 - a list would be 40 lines
)
"""Words that ask about a model if the only other word is its name."""
_MOST_COMPARED = 3
BEGINNINGS = frozenset((*VERBS, *(words.split()[0] for words in COMMANDS)))


def may_be_no_need(words: Sequence[str]) -> bool:
    """True for words that may be a command, a comparison, a name or a path instead of a need."""
    first, every = words[0], {word.strip(",?!") for word in " ".join(words).lower().split()}
    compares = len(every - COMPARING) <= _MOST_COMPARED and not _APART.isdisjoint(every)
    names = compares or len(every - ABOUT) <= 1
    return first.lower() in BEGINNINGS or names or ("/" in first and " " not in first)


_LANGUAGE = ("--language", "--lang", "--locale", "--langue", "--sprache", "--idioma", "--lingua")
_LICENSE = ("--license", "--licence")
PROGRAMS = ("--code", "--code-only", "--program", "--script", "--snippet")
"""Flags that ask for a program."""
_SIZE = ("--size", "--model-size", "--max-size")
_PATHS = ("image", "images", "folder", "file", "input", "dir", "path", "data", "dataset", "pdf")
_PLACES = (*_PATHS, "photo", "on", "in")
_BITS = {f"--quantize {bits}": (f"--int{bits}", f"--{bits}bit") for bits in (8, 4)}
_TRUTH = ("labels", "truth", "ground-truth", "annotations", "references")
FLAGS: Mapping[str, Sequence[str]] = {
    "--version": ("-v", "-V"),
    "--verbose": ("--all", "--why", "--explain", "--reasons", "--details"),
    "--output": ("--save", "--out"),
    "--labels": (
        *("--classes", "--class", "--class-names", "--categories", "--candidate-labels"),
        *("--tags", "--into", "--objects"),
    ),
    "--without": ("--exclude", "--not", "--except", "--avoid"),
    "--limit": ("--top", "--top-k", "--k", "-k", "-n", "--n", "--max", "--samples", "--head"),
    "--name": (
        *("--search", "--grep", "--query", "--find"),
        *("--maker", "--author", "--org", "--owner"),
    ),
    "--runtime": ("--framework", "--backend", "--engine", "--library"),
    "--quantize": ("--quantization", "--bits", "--precision"),
    **{flag: (*names, f"--load-in-{names[1][2:]}") for flag, names in _BITS.items()},
    "--device": ("--hardware", "--machine", "--computer", "--accelerator", "-g"),
    "--language": (*_LANGUAGE[1:], "--to"),
    "--format": ("--to", "--as"),
    "--license-use": _LICENSE,
    "--license": _LICENSE,
    "--max-parameters": _SIZE,
    "--training fine-tune": ("--train", "--finetune", "--fine-tune"),
    "--torch-device cpu": ("--cpu", "--no-gpu"),
    "--torch-device cuda": ("--gpu", "--cuda"),
    "--torch-device mps": ("--mps",),
    "--sort memory": ("--small", "--tiny", "--lightweight"),
    "--sort quality": ("--best", "--quality", "--accurate"),
    "--sort permissive": ("--permissive",),
    "--commercial-use permitted": ("--commercial",),
    **{
        f"--format {format}": (f"--{format}",)
        for format in ("github", "sarif", "junit", "html", "markdown", "python")
    },
    SENTENCE: (
        *("--need", "--sentence", "--describe", "--fields", "--goal", "--description"),
        *("--use-case", "--prompt", "--query", "--text", "--question"),
    ),
    SETTINGS: ("--config", "--settings", "--needs", "--file", "--input", "-f", "-c"),
    CHECKPOINT: (
        *("--model", "--models", "-m", "--checkpoint", "--checkpoints", "--candidate"),
        *("--candidates", "--with", "--against"),
    ),
    **dict.fromkeys(FILES, ("-i", *(f"--{name}" for name in (*_PLACES, *_TRUTH)))),
}
"""Flag of a command (or kind of thing) -> foreign flags with that meaning.

The first that accepts the value counts: 8GB is no number of parameters.
"""

SORTS: Mapping[str, str] = {
    **dict.fromkeys(("accuracy", "score", "best", "performance", "benchmark"), "quality"),
    **dict.fromkeys(("ram", "vram", "smallest", "weight"), "memory"),
    **dict.fromkeys(("date", "new", "newest", "latest", "year"), "released"),
}
"""Foreign name of an order -> that order of `list --sort`."""

NUMBERS: Mapping[str, Sequence[str]] = {
    "--memory-gb {}": ("vram", "memory", "mem", "gpu"),
    "--memory-gb {} --device cpu": ("ram",),
    "--max-parameters {}": ("params", "parameters"),
    "--within {}/item": ("latency",),
    "--within {}": ("time", "deadline"),
    "--num-examples {}": ("shots", "shot", "class", "train", "training", "dataset", "examples"),
    "--num-items {}": ("images", "items", "count", "n"),
}
"""Flag with its value (`{}`: the number) -> words in the names of foreign flags with that meaning,
such as `--gpu-memory 8`. A flag behind the number is added unless the line answers its question:
RAM means a CPU, because a graphics card has its own memory.
"""

ON_FILES = (
    "e.g. `advisor try {} --task captioning` runs a model on files, and the program "
    "of `advisor code captioning -o run.py` takes the folder: `uv run run.py photos`"
)
_PHOTOS = ON_FILES.format("--folder photos")
ON_IMAGES = (
    "say what to do, e.g. `advisor caption {0}`, `advisor ocr {0}`, or ask: "
    "`advisor {0} 'what does it show?'`"
)
OTHER_FILES: Mapping[str, str] = {
    **dict.fromkeys((".pptx", ".ppt", ".docx", ".odp"), "export it to PDF: `advisor ocr FILE.pdf`"),
    **dict.fromkeys((".mp3", ".wav", ".m4a", ".flac"), "`advisor speech` names models for sound"),
}
"""Suffix -> what to do with a file that holds no image."""
LOCAL = "each checkpoint listed can be downloaded and runs on your own machine"
_ALL = "`advisor list checkpoints --task captioning --sort quality` ranks all checkpoints"
_SERVICES = (
    "answers are models to download. `advisor evaluate --candidate URL#MODEL` also runs services"
)
_MEASURED = "`advisor evaluate` measures accuracy on your own labeled images"
_SAME = "the same flags always give the same answer, and nothing is downloaded"
_BITS_LISTED = (
    "answers list checkpoints in 16, 8 and 4 bits. Set `--memory-gb` to choose a precision"
)
_PROGRAM = "the program that `advisor code` writes has such options"
_OTHER = "`advisor code` accepts this flag and writes a program for the runtime"
_CI = "`advisor help ci` prints a workflow for GitHub that runs `advisor check`"
NEEDLESS: Mapping[str, str] = {
    **{f"--{name}": _PHOTOS for name in _PATHS},
    **dict.fromkeys(("--epochs", "--batch-size", "--batch", "--threshold", "--prompt"), _PROGRAM),
    **dict.fromkeys(("--lr", "--learning-rate", "--steps", "--max-tokens"), _PROGRAM),
    **dict.fromkeys(("--max-length", "--max-new-tokens", "--top-k", "--max-words"), _PROGRAM),
    **dict.fromkeys(("--seed", "--dry-run", "--yes", "-y", "--no-cache", "--progress"), _SAME),
    **dict.fromkeys(("--dtype", "--quantize", *FLAGS["--quantize"]), _BITS_LISTED),
    **dict.fromkeys((flag for meant in _BITS for flag in FLAGS[meant]), _BITS_LISTED),
    **dict.fromkeys(("--free", "--open-source", "--local", "--offline", "--self-hosted"), LOCAL),
    **dict.fromkeys(("--on-premise", "--on-prem", "--private", "--no-cloud"), LOCAL),
    "--privacy": f"{LOCAL}, so images stay there",
    **dict.fromkeys(("--budget", "--cost", "--price", "--api", "--provider"), _SERVICES),
    "--task": "the results of every task are compared",
    **dict.fromkeys(("--accuracy", "--metric", "--score"), _MEASURED),
    **dict.fromkeys(("--ci", "--github-actions", "--workflow"), _CI),
    **dict.fromkeys(("--limit", *FLAGS["--limit"]), _ALL),
    **dict.fromkeys(("--os", "--platform"), "`--device` changes the answer, the system does not"),
    **dict.fromkeys(("--runtime", *FLAGS["--runtime"]), _OTHER),
}
"""Flag -> why it has no effect on a command in `TAKES`."""

FLAG_HINTS: Mapping[str, str] = {
    **dict.fromkeys(("--ci", "--github", "--workflow"), _CI),
    "--quantized": _BITS_LISTED,
    **dict.fromkeys(
        ("--yaml", "--csv", "--jsonl", "--xml", "--tsv"), "`advisor help formats` lists the formats"
    ),
    **dict.fromkeys(
        (*_SIZE, "--max-file-size", "--file-size", "--max-disk", "--max-download"),
        "`--memory-gb 2`, or `advisor recommend --max-parameters 1B`",
    ),
    "--no-remote-code": "`advisor list checkpoints --loader transformers` lists such checkpoints",
    "--fast": "`--within 50ms/item` bounds the time, and `--sort memory` prefers small models",
    **dict.fromkeys(("-v", "--verbose"), "this command already prints everything"),
    **dict.fromkeys(_LANGUAGE, "leave it out: advisor prints English, and reads other languages"),
    **dict.fromkeys(
        _LICENSE, "`--license-use commercial`, or `advisor list checkpoints --license mit`"
    ),
    "--schema": "`advisor code field-extraction` writes a program with `--fields vendor,total`",
}
"""Flag without a single meaning -> what to type instead."""
