"""Find words in what users see that are nearly always wrong there: `python tools/words.py`.

It collects every string that advisor may show: help, messages in the code, texts of the rules,
the pages, README, docs, the agents' skill, the demo's cards, and the action and hook for CI.
Titles of sources and words of the lexicon are not ours, and left out.
Exits 1 where a string has one of the words and no exception names it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[1]
WORDS = (
    r"\bnobody\b|\bsomebody\b|\bwhoever\b|\bso many\b|\bat will\b|\bhangs? on\b|\bbesides\b"
    r"|\bheld against\b|\bof (?:its|their|one's) own\b|\bis no\b|\bis said\b|\bpictures?\b"
    r"|\bfigures?\b|\blearnt\b|\bstands?\b|\bwhat is\b(?![^.!]*\?)"
)
"""Words that a glossary of the field has another word for."""
BRITISH = (
    r"\b(?:licen[c]es?|colour\w*|(?:un)?labelled|catalogue[sd]?|\w+isation|behaviour\w*|favour\w*"
    r"|centred?|grey\w*|modell(?:ed|ing)|metres?|honour\w*|judgements?|learnt|spelt|neighbour\w*"
    r"|(?:recogn|organ|optim|initial|normal|quant|token|visual|summar|general|special|minim"
    r"|maxim|util|custom|serial|synthes|character|categor|prior|author|standard|vector)is"
    r"(?:e[sdr]?|ing)|analys(?:e[sd]?|ing)|artefacts?)\b"
)
"""Words that are spelled otherwise in American English."""
HEADLESS = r"(?:^|[.!] )(?:What|Where|Of)\b(?![^.!]*\?)"
"""A sentence that begins without a subject, and asks nothing."""
WRONG = re.compile(f"(?i:{WORDS}|{BRITISH})|{HEADLESS}")
EXCEPTIONS = {
    "is no longer": "English, and not a headless noun",
    "here is no ": "there is no X: what is missing, not what something is",
    "does this figure show": "the words that a benchmark asks a model with",
    "biomedical figures": "illustrations of papers",
    "tables and figures": "illustrations of a page",
    "the figures of 15 million": "illustrations of papers",
    "licence,gated": "names of fields, as JSON has them",
    "language, licence, commercial_use": "names of fields, as JSON has them",
    "<figure": "an element of HTML",
    "</figure>": "its end",
    "picture(item[": "a call in programs",
    "what is {}": "words that people type for a command",
    "images picture pictures": "words that the search for names passes over",
}
"""Parts of strings that stay, each with its reason."""
TEXTS = {
    "adds", "ask", "because", "cannot", "caveat", "claim", "commands", "description", "does", "fit",
    "fix", "instead", "intended_use", "label", "language_model_licence", "languages_note", "means",
    "message", "name", "note", "notes", "page", "pitfalls", "reason", "restriction", "said", "says",
    "summary", "takes", "tested", "text", "trainer", "truth", "weaker", "why",
}  # fmt: skip
"""Keys of the rules whose values are shown."""
SPOKEN = re.compile(
    r"(?:^|\s)(?:#|//) (?P<comment>.+)"
    r'|"""(?P<docstring>[^"]+)"""'
    r'|(?:help|description)=f?"(?P<help>[^"]+)"'
    r'|(?:error|exit|print)\((?:message=)?f?"(?P<message>[^"]+)"',
    re.MULTILINE,
)
"""What a printed program says to people: comments, docstrings, `--help` and messages."""
FOREIGN = {"sources", "words", "scenarios", "figures", "architectures"}
"""Folders of the rules whose texts are not ours or are not shown."""


class Shown(NamedTuple):
    """A text that users see, and where it stands."""

    place: str
    text: str

    @property
    def wrong(self) -> str | None:
        """The first word that is nearly always wrong, without what an exception names."""
        text = self.text
        for part in EXCEPTIONS:
            text = text.replace(part, "")
        found = WRONG.search(text)
        return found[0].strip(" .!") if found else None


def of_code() -> Iterator[Shown]:
    """Yield the strings in Python that read as words: no docstrings, but those of commands."""
    for path in sorted((ROOT / "advisor").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = [*ast.walk(tree)]
        silent = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        inside = {
            id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in nodes:
            if isinstance(node, ast.JoinedStr):
                text = "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "{}"
                    for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            if id(node) not in silent | inside and " " in text.strip():
                yield Shown(f"{path.relative_to(ROOT)}:{node.lineno}", text)


def of_commands() -> Iterator[Shown]:
    """Yield what `--help` says of each command."""
    from importlib import import_module

    from advisor.cli.program import COMMANDS, Command

    def homes(table: Any) -> Iterator[tuple[str, Any]]:
        for name, entry in table.items():
            if isinstance(entry, Command):
                yield name, entry
            else:
                yield from homes(entry.commands)

    for name, entry in homes(COMMANDS):
        module, _, function = entry.home.partition(":")
        yield Shown(
            f"advisor {name} --help", getattr(import_module(module), function).__doc__ or ""
        )


def of_rules() -> Iterator[Shown]:
    """Yield the texts of the rule base, and of the action and the hook for CI."""

    def texts(value: Any, key: str = "") -> Iterator[str]:
        if isinstance(value, str) and key in TEXTS:
            yield value
        elif isinstance(value, dict):
            for name, one in value.items():
                yield from texts(one, key if key in ("cannot", "says") else name)
        elif isinstance(value, list):
            for one in value:
                yield from texts(one, key)

    of_ci = (ROOT / "action.yml", ROOT / ".pre-commit-hooks.yaml")
    for path in (*sorted((ROOT / "rules").rglob("*.yaml")), *of_ci):
        if FOREIGN.isdisjoint(path.relative_to(ROOT).parts) and path.stem not in FOREIGN:
            loaded = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
            for text in texts(loaded):
                yield Shown(str(path.relative_to(ROOT)), text)


def of_programs() -> Iterator[Shown]:
    """Yield what printed programs say to people."""
    for path in sorted((ROOT / "rules" / "programs").glob("*.yaml")):
        own = re.sub(r"^#.*", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for found in SPOKEN.finditer(own):
            yield Shown(str(path.relative_to(ROOT)), found[found.lastgroup or 0])


def of_pages() -> Iterator[Shown]:
    """Yield the lines of README, docs, the agents' skill and the demo's cards outside of code."""
    for path in (
        ROOT / "README.md",
        *sorted((ROOT / "docs").glob("*.md")),
        *sorted((ROOT / "advisor").rglob("*.md")),
    ):
        text = re.sub(
            r"<!-- \[\[\[cog.*?\[\[\[end\]\]\] -->", "", path.read_text("utf-8"), flags=re.DOTALL
        )
        text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        for line in filter(None, text.splitlines()):
            yield Shown(
                str(path.relative_to(ROOT)),
                re.sub(r"`[^`]*`|\]\([^)]*\)", "`", line).lstrip("#-0123456789. "),
            )


def every() -> Iterator[Shown]:
    """Yield every text that users may see."""
    yield from of_code()
    yield from of_commands()
    yield from of_rules()
    yield from of_programs()
    yield from of_pages()


def main() -> int:
    """Print each text with a word that is nearly always wrong; return 1 where one is."""
    found = [(one, word) for one in every() if (word := one.wrong)]
    for one, word in found:
        print(f"{one.place}: `{word}` in: {' '.join(one.text.split())}")
    print(f"{len(found)} texts to mend", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
