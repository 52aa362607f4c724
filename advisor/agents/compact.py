"""Short forms of JSON documents, for language models that pay by the token.

A short form has whole values of the document, or the first of a list; what is left out is named
or counted. A recommendation is sent twice, as data and as text, together under `MOST_SENT` bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from advisor.draw.findings import LEVELS

MOST_SENT = 5900
"""Most bytes of data and text: 1,500 tokens of four bytes, less the message around them."""
ROOM = 700
"""Bytes of MOST_SENT for escapes in the text, and for `more`, which says how to get all."""
MOST = 2600
"""Most bytes of a short form whose text is the same JSON as its data."""
MOST_WORDS = 16
"""Most phrases that were understood, and most that were not."""
MOST_CHECKPOINTS, MOST_CHANGES, MOST_OF_SEVERAL = 3, 1, 1
Document = dict[str, Any]

PICK = (
    *("id", "precision", "family", "network", "use", "class", "licence", "commercial_use"),
    *("memory_gb", "not_verified", "too_slow"),
)
OF_SEVERAL = ("outcome", "family", "because", "checkpoints", "elsewhere", "assumed")
FINDING = ("rule", "level", "path", "line", "message", "fix")
CHOICE = ("name", "checkpoint", "verdict", "possible_verdicts", "settled_by")
THING = (
    *("kind", "id", "name", "family", "summary", "description", "question", "because", "aliases"),
    *("hub_tasks", "options", "implies", "note", "elsewhere", "tasks", "fine_tune", "network"),
    *("class", "processor", "languages", "licence", "commercial_use", "gated"),
    *("parameters_millions", "memory_gb", "released", "pitfalls", "prompt", "url", "title"),
    *("snippet", "sources"),
)


def recommendation(document: Document) -> Document:
    """Return the short form of a recommendation; without its code if it would be too long.

    The code of the first checkpoint is then replaced by the command that writes it.
    """
    if "tasks" in document:
        several = [
            {"task": advice["task"], **some(_advice(advice, MOST_OF_SEVERAL), *OF_SEVERAL)}
            for advice in document["tasks"]
        ]
        short = _within({"outcome": document["outcome"]}, "tasks", several)
    else:
        short = _advice(document, MOST_CHECKPOINTS)
        if short["checkpoints"] and document["snippet"]:
            short["checkpoints"][0]["code"] = document["snippet"]
    read = some(document, "understood", "not_understood") if "need" in document else {}
    if read.get("understood"):
        meanings = ((phrase["words"], _meaning(phrase)) for phrase in read["understood"])
        read["understood"] = dict(islice(meanings, MOST_WORDS))
    if len(missed := read.get("not_understood", ())) > MOST_WORDS:
        left = {"not_understood_left_out": len(missed) - MOST_WORDS}
        read |= {"not_understood": missed[:MOST_WORDS], **left}
    whole = {**short, **read, **_ending(document)}
    first: Document = next(iter(whole.get("checkpoints", ())), {})
    long = size(whole) + len(text(whole).encode(errors="surrogatepass")) > MOST_SENT - ROOM
    if long and first.pop("code", None):
        first["code_left_out"] = f"{whole['command']} --output python=run.py"
    return whole


def _meaning(understood: Document) -> str:
    """Return the meaning of an understood phrase: `question: options`, a name, or a correction."""
    if "question" not in understood:
        return str(understood.get("names") or understood.get("read_as") or "not wanted")
    return f"{understood['question']}: {', '.join(understood['options'])}"


def _advice(advice: Document, most: int) -> Document:
    """Return the short form of the answer for one task, with at most `most` checkpoints."""
    assumed = {
        id: answer["options"][0]
        for id, answer in advice["profile"].items()
        if answer["origin"] == "assumed" and len(answer["options"]) == 1
    }
    picks = advice["checkpoints"][:most]
    checkpoints = [some(pick, *PICK) for pick in picks]
    return {
        **some(advice, "outcome"),
        "family": advice["family"],
        **some(advice, "possible", "because", "next_family"),
        "families": {family["family"]: _line(family) for family in advice["assessments"]},
        "checkpoints": checkpoints,
        "checkpoints_in_all": len(advice["checkpoints"]),
        **some(advice, "elsewhere"),
        "changes": advice["changes"][:MOST_CHANGES],
        "assumed": assumed,
        "hints": advice["hints"][: MOST_CHANGES if advice["outcome"] == "undetermined" else 1],
    }


def _line(assessment: Document) -> str:
    """Return the verdict on a family and a reason: its fit, else the first decisive rule."""
    findings = assessment["findings"]
    reasons = [finding["because"] for finding in findings if finding["decisive"]]
    reasons += [finding["because"] for finding in findings]
    fit = assessment["fit"] or {}
    reason = fit.get("because") if assessment["verdict"] != "excluded" else None
    why = reason or next(iter(reasons), "")
    return f"{assessment['verdict'] or 'open'}: {why}" if why else str(assessment["verdict"])


def explanation(document: Document) -> Document:
    """Return the short form of an explanation, or of the standing of a checkpoint."""
    if "standing" in document:
        return {**check(document), "standing": document["standing"]}
    body = {
        **some(document, "outcome", "family", "possible", "because"),
        "reasons": [some(reason, "rule", "because") for reason in document["reasons"]],
        "caveats": [caveat["because"] for caveat in document["caveats"]],
        **_ending(document),
    }
    others = [
        {
            **some(rival, "family", "verdict", "lost_on"),
            "reasons": [some(rule, "rule", "because") for rule in rival["reasons"][:2]],
            "changes": rival["changes"][:MOST_CHANGES],
        }
        for rival in document["why_not"]
    ]
    return _within(_within(body, "why_not", others), "changes", document["changes"])


def check(document: Document) -> Document:
    """Return the verdicts on declared models, then the findings, errors first, as many as fit."""
    body = {**some(document, "transformers", "counts"), **_ending(document)}
    choices = [some(choice, *CHOICE) for choice in document["choices"]]
    worst_first = sorted(document["findings"], key=lambda finding: LEVELS.index(finding["level"]))
    findings = [some(finding, *FINDING) for finding in worst_first]
    return _within(_within(body, "choices", choices), "findings", findings)


def thing(document: Document) -> Document:
    """Return the fields of a thing that fit in MOST bytes, those in THING first."""
    keys = [*dict.fromkeys((*THING, *document))]
    fields: Document = {}
    left_out: list[str] = []
    for key in keys:
        value = some(document, key)
        if not value:
            continue
        if size({**fields, **value, "left_out": keys}) <= MOST:
            fields.update(value)
        else:
            left_out.append(key)
    return {**fields, **({"left_out": left_out} if left_out else {})}


def things(document: Document) -> Document:
    """Return id and name of listed things (of questions text and options), as many as fit."""
    kind = next(key for key, value in document.items() if isinstance(value, list))
    rows = [some(row, "id", "name") for row in document[kind]]
    if kind == "questions":
        rows = [
            {**some(row, "id", "text"), "options": [option["id"] for option in row["options"]]}
            for row in document[kind]
        ]
    return _within(_ending(document), kind, rows)


def _ending(document: Document) -> Document:
    return some(document, "command", "rule_base", "overlays")


def some(document: Mapping[str, Any], *keys: str) -> Document:
    """Return the given keys that a document has, without empty values and None."""
    return {key: document[key] for key in keys if document.get(key) not in (None, [], {}, "")}


def size(value: Any) -> int:
    """Return the number of bytes of a value as JSON."""
    return len(json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass"))


def _within(body: Document, key: str, rows: Sequence[Any]) -> Document:
    """Return a body with `key`: the rows that fit in MOST bytes, and `KEY_left_out`, if any."""
    room, fitting = MOST - size(body), 0
    for row in rows:
        room -= size(row) + 2
        if room < 0:
            break
        fitting += 1
    left = {f"{key}_left_out": len(rows) - fitting} if fitting < len(rows) else {}
    return {**body, key: list(rows[:fitting]), **left}


def text(document: Document) -> str:
    """Return a short recommendation for one task as Markdown with its code; others as JSON."""
    if "assumed" not in document:
        return json.dumps(document, ensure_ascii=False)
    first, *others = document["checkpoints"] or [None]
    sure = document["outcome"]
    lines = [f"**{first['id']}** ({document['family']}, {sure})" if first else f"({sure})"]
    if not first:
        lines = [f"{document['family'] or 'no family'} ({sure})"]
    if "task" in document["assumed"]:
        lines.insert(0, "No task was understood. Describe the images and the output, or pass task.")
    if "elsewhere" in document:
        names = ", ".join(document["elsewhere"]["checkpoints"]) or "none named"
        lines.append(f"elsewhere: {document['elsewhere']['task']}: {names}")
    lines += [f"next: {other['id']}" for other in others]
    if document["assumed"]:
        pairs = (f"{id} {option}" for id, option in document["assumed"].items())
        lines.append(f"assumed: {', '.join(pairs)}")
    lines.append(f"again: `{document['command']}`")
    if first and "code" in first:
        lines += ["```python", first["code"], "```"]
    return "\n".join(lines)
