"""The tools for agents: functions from arguments to the JSON documents of the command line.

They write nothing, use no network and read only files in the working folder. In a repository,
`check` also reads the .gitignore and requirements files above it, as on the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from advisor.agents import compact
from advisor.errors import UsageError, check_name
from advisor.files import resolved
from advisor.rulebase.base import RuleBase

Arguments = Mapping[str, Any]
MOST_NEED = 4_000
"""Most characters of a need: a short answer repeats it."""
FULL, COMPACT = "full", "compact"
DETAIL = {"type": "string", "enum": [COMPACT, FULL]}
ANSWERS = {"type": "object", "description": "question: option, e.g. {task: vqa, memory-gb: 8}"}
TYPES: dict[str, type] = {"string": str, "object": dict, "array": list}
FILTERS: dict[str, Any] = {
    **dict.fromkeys(("task", "family", "language", "licence", "commercial_use"), str),
    "memory_gb": (int, float),
}


class Tool(NamedTuple):
    """A tool: `arguments` are JSON Schemas, `document` makes its JSON, `shorten` the short form."""

    name: str
    description: str
    arguments: Mapping[str, Mapping[str, Any]]
    document: Callable[[RuleBase, Arguments], dict[str, Any]]
    shorten: Callable[[dict[str, Any]], dict[str, Any]]
    required: tuple[str, ...] = ()

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments."""
        needed = {"required": list(self.required)} if self.required else {}
        properties = {**self.arguments, "detail": DETAIL}
        closed = {"additionalProperties": False}
        return {"type": "object", "properties": properties, **needed, **closed}

    def call(self, rulebase: RuleBase, arguments: Arguments) -> dict[str, Any]:
        """Return the short document with `more` (how to get all), or all with `detail: full`.

        Raises AdvisorError for arguments that are unknown, missing or invalid.
        """
        self._check(arguments)
        document = self.document(rulebase, arguments)
        if arguments.get("detail") == FULL:
            return document
        rest = {"tool": self.name, "arguments": {**arguments, "detail": FULL}}
        return {**self.shorten(document), "more": rest}

    def _check(self, arguments: Arguments) -> None:
        properties = self.schema["properties"]
        for name, value in arguments.items():
            check_name("argument", name, tuple(properties), "arguments")
            wanted = properties[name]["type"]
            if not isinstance(value, TYPES[wanted]):
                raise UsageError(f"`{name}` must have the type {wanted}", hint=self._usage)
        if missing := [name for name in self.required if name not in arguments]:
            raise UsageError(f"`{self.name}` needs `{missing[0]}`", hint=self._usage)
        if (detail := arguments.get("detail")) is not None:
            check_name("detail", detail, DETAIL["enum"], "known")

    @property
    def _usage(self) -> str:
        return f"{self.name}({', '.join(self.schema['properties'])})"


def _recommend(rulebase: RuleBase, arguments: Arguments) -> dict[str, Any]:
    from advisor.decide.recommendation import recommend

    need, answers = arguments.get("need", "").strip(), _answers(rulebase, arguments)
    if len(need) > MOST_NEED:
        message = f"`need` has {len(need):,} characters, and the limit is {MOST_NEED:,}"
        raise UsageError(
            message, hint="describe your images and the output you want in a few sentences"
        )
    if need:
        from advisor.engine.decision import Engine
        from advisor.engine.profile import make_profile
        from advisor.need.understanding import understand

        given = make_profile(rulebase, answers, "flag")
        return understand(Engine.known(rulebase), need, given, literally=False).to_dict()
    if not answers:
        raise UsageError(
            "the request has no task. Pass `need` or `answers`",
            hint='answers: {"task": "captioning"}',
        )
    return recommend(rulebase, answers).to_dict()


def _explain(rulebase: RuleBase, arguments: Arguments) -> dict[str, Any]:
    from advisor.engine.profile import make_profile
    from advisor.explanation.command import standing_report
    from advisor.explanation.explain import explain
    from advisor.explanation.page import as_json

    answers, why_not = _answers(rulebase, arguments), arguments.get("why_not", "")
    if "/" in why_not:
        return standing_report(rulebase, why_not, make_profile(rulebase, answers)).json()
    return as_json(explain(rulebase, answers, why_not=why_not or None))


def _check(rulebase: RuleBase, arguments: Arguments) -> dict[str, Any]:
    from advisor.check.options import CheckOptions
    from advisor.check.page import judgement_report, project_report
    from advisor.check.project import judged, open_project
    from advisor.engine.profile import make_profile

    checkpoint, paths = arguments.get("checkpoint", ""), arguments.get("paths", [])
    release = arguments.get("transformers", "")
    if bool(checkpoint) == bool(paths):
        raise UsageError(
            "pass either `checkpoint` to check a checkpoint, or `paths` to check code",
            hint='checkpoint: "openai/clip-vit-base-patch32", answers: {"task": "image-search"}',
        )
    answers = _answers(rulebase, arguments)
    options = CheckOptions(
        checkpoint=checkpoint, class_name=arguments.get("class", ""), transformers=release
    )
    if checkpoint:
        given = make_profile(rulebase, answers, "flag")
        return judgement_report(judged(rulebase, options, given)).json()
    inside = [_inside(path) for path in paths]
    project = open_project(
        rulebase, inside, options, lambda rules: make_profile(rules, answers, "flag"), []
    )
    return project_report(project.inspect()).json()


def _show(rulebase: RuleBase, arguments: Arguments) -> dict[str, Any]:
    from advisor.catalogue.knowledge import find, thing_json
    from advisor.catalogue.page import rule_report
    from advisor.catalogue.uncatalogued import described, uncatalogued_json

    id = arguments["id"]
    if id in rulebase.checks:
        return rule_report(rulebase, id).json()
    try:
        return thing_json(rulebase, *find(rulebase, id))
    except UsageError:
        folder = _inside(id) if id.startswith(".") else None
        if folder is None or not _inside(folder / "config.json").is_file():
            raise
    return uncatalogued_json(described(rulebase, id, folder, "folder", None), rulebase.digest)


def _list(rulebase: RuleBase, arguments: Arguments) -> dict[str, Any]:
    from advisor.catalogue.command import read_wishes
    from advisor.catalogue.filters import matches
    from advisor.catalogue.knowledge import all_of, checkpoints_json, plural, things_json

    kind, wanted = plural(arguments["kind"]), arguments.get("filter", {})
    for name, value in wanted.items():
        check_name("filter", name, tuple(FILTERS), "known")
        if isinstance(value, bool) or not isinstance(value, FILTERS[name]):
            kind = "a text" if FILTERS[name] is str else "a number"
            raise UsageError(
                f"the value of the filter `{name}` must be {kind}", hint='{"memory_gb": 8}'
            )
    if kind == "checkpoints":
        wishes: dict[str, Any] = {
            name: [value] if name in ("language", "licence") else value
            for name, value in wanted.items()
        }
        return checkpoints_json(rulebase, matches(rulebase, read_wishes(rulebase, **wishes), ""))
    if wanted:
        raise UsageError("`filter` works only with checkpoints", hint='kind: "checkpoints"')
    return things_json(rulebase, kind, list(all_of(rulebase, kind).values()))


def _answers(rulebase: RuleBase, arguments: Arguments) -> dict[str, Any]:
    """Return the answers by question id; the agent may name a question by its flag."""
    from advisor.console.profile_file import read_json_answers

    return read_json_answers(rulebase, arguments.get("answers", {}))


def _inside(path: Any) -> Path:
    """Return a path in the working folder. Raises UsageError for one outside, also by a link."""
    if not isinstance(path, str | Path):
        raise UsageError("each path must be text", hint='paths: ["src"]')
    here = resolved(Path.cwd())
    try:
        inside = resolved(here / path).is_relative_to(here)
    except (OSError, ValueError, RuntimeError):
        inside = False
    if not inside:
        raise UsageError(
            f"`{path}` is outside the working folder",
            hint="pass paths inside the working folder",
            kind="outside",
        )
    return Path(path)


NEED = {"type": "string", "description": "The need as a sentence."}
TOOLS = (
    Tool(
        "recommend",
        "Recommend a family of vision-language models (clip, vision-encoder-decoder, "
        "unified-vlp) and a checkpoint for a need, with reasons, code and assumptions. Pass "
        "`need`, `answers`, or both. `answers` override `need`.",
        {"need": NEED, "answers": ANSWERS},
        _recommend,
        compact.recommendation,
    ),
    Tool(
        "explain",
        "Explain a recommendation. `why_not`: a family or checkpoint that is not the answer.",
        {"answers": ANSWERS, "why_not": {"type": "string"}},
        _explain,
        compact.explanation,
        ("answers",),
    ),
    Tool(
        "check",
        "Check whether a checkpoint fits a task and answers. Or check code in the working folder "
        "(`paths`) for unsuitable models and for calls that fail in a transformers release.",
        {
            "checkpoint": {"type": "string"},
            "class": {
                "type": "string",
                "description": "transformers class that loads the checkpoint.",
            },
            "answers": ANSWERS,
            "paths": {"type": "array", "items": {"type": "string"}},
            "transformers": {"type": "string", "description": "Release, e.g. 5.24."},
        },
        _check,
        compact.check,
    ),
    Tool(
        "show",
        "Show a family, task, question, rule, source or checkpoint by id.",
        {"id": {"type": "string"}},
        _show,
        compact.thing,
        ("id",),
    ),
    Tool(
        "list",
        "List the tasks, questions (with their options), families, rules, criteria, "
        "sources or checkpoints.",
        {
            "kind": {"type": "string"},
            "filter": {
                "type": "object",
                "description": "For checkpoints: task, family, language, licence, commercial_use, "
                "memory_gb.",
            },
        },
        _list,
        compact.things,
        ("kind",),
    ),
)
BY_NAME = {tool.name: tool for tool in TOOLS}
