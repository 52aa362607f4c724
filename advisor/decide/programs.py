"""The Python programs that run a checkpoint for a task, and its prompts, by `rules/programs`.

Besides transformers, runtimes run the model types that their released packages name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from textwrap import indent
from types import MappingProxyType

from advisor.decide.command_lines import TRANSFORMERS, act_of, program_for, program_joining
from advisor.decide.memory import file_dtype, loaded_dtype, training_memory
from advisor.decide.precedence import ENGLISH
from advisor.decide.program_header import LATE, WIDTH, merged
from advisor.decide.requirements import MULTILINGUAL
from advisor.errors import unknown_name
from advisor.foreign import visible_lines
from advisor.model import AS_IS, Checkpoint, NamedTuple
from advisor.model.library import Program, ProgramTool, RunnerUse, Runtime
from advisor.rulebase.base import RuleBase

YES, PARTLY, NO = "yes", "partly", "no"
NOTHING_SAID: Mapping[str, str] = MappingProxyType({})
_FILLED = re.compile(r"\{([a-z-]+)\}")
_ASKED = re.compile(r'(^ *|, )\{"type": "text", "text": prompt\}(,\n)?', re.MULTILINE)
"""The part of a chat message that holds its text."""
_ALONE = re.compile(r"^ *\{([a-z-]+)\}\n", re.MULTILINE)
_LINES = re.compile(r"^( *)\{lines\}$", re.MULTILINE)
_SOME = re.compile(r"^( *)\{(cuts|whole|local)\}(.*\n?)", re.MULTILINE)
"""A line only for texts that a token limit may cut (`cuts`), only for others (`whole`), or only for
programs that are no client of a server (`local`)."""
_LONG = re.compile(rf"^(?=.{{{WIDTH + 1}}})(model = .*)\.to\(device\)$", re.MULTILINE)
"""A line that is too long and is written as two."""
OPENED, PAGE_OPENED = 'picture(item["image"])', 'picture(item["image"], item.get("page"))'
LOWERED = "[text.lower() for text in texts]"
SAMPLE = "a photo of a dog"
"""The example of a search text, if a program has none in the language of the answers."""
TEMPLATE = "a photo of a {}"
"""The prompt for a label in English."""
LOWERED_ON_PAGES = ".map((each) => each.toLowerCase())"
LABEL_NAMES = "label-names"
"""The key of listed labels among answers; `labels` is how many labels an image has."""

_NAMED = re.compile(r"^(?=(folder|name) = )", re.MULTILINE)
_UNPINNED = re.compile(r'^(name = ")hf-hub:(.*)"$', re.MULTILINE)
"""The line that names a checkpoint for open_clip, which takes no revision of the Hub."""
OF_A_FOLDER = r'folder = snapshot_download("\2", revision=revision)\n\1local-dir:" + folder'
_ASKED_FOR = re.compile(r"\{(question|labels|fields)\|([^}]*)\}")
"""The placeholder in a prompt for what the user asks, with its default."""
_PLACE = re.compile(r"\{([a-z-]+)\|([^}]*)\}")


def snippet(
    checkpoint: Checkpoint,
    task: str | None,
    rulebase: RuleBase,
    answers: Mapping[str, str] = NOTHING_SAID,
    use: str = AS_IS,
    *,
    thinking: bool = True,
    whole: bool = False,
    runtime: str = TRANSFORMERS,
) -> str | None:
    """Return the program that runs or trains a checkpoint; None if advisor knows no safe way.

    Without a `task` it is for the checkpoint's first. `answers` (question -> option) may change the
    wording of its prompt. Without `thinking` a model that thinks first is told not to, if it can
    be. A `whole` program is a tool that works through files, else it handles one image. If no other
    program is known, it only loads the checkpoint. `runtime` runs the network.
    """
    if task is None:
        task = next(iter(checkpoint.tasks or checkpoint.fine_tune), None)
    program = program_for(checkpoint, task, rulebase.programs, use, runtime)
    if program is None:
        return None
    answers = in_its_language(checkpoint, answers)
    thinking &= bool(program.thinking_code)
    thinks = checkpoint.thinks and (thinking or not checkpoint.thinking_switch)
    code = (thinks and program.thinking_code) or program.code
    prompt, question = worded(checkpoint, task, program, answers)
    tool = tool_of(rulebase, checkpoint, task, program, answers)
    if tool:
        code = "\n\n".join([tool.begin, code, tool.end] if whole else [code, tool.once])
        code = re.sub(_LINES, lambda line: indent(tool.lines, line[1]), code)
    thought = "{thought-tokens}" in code
    kinds = {"cuts" if thought or "{new-tokens}" in code else "whole"}
    kinds |= set() if "{server-address}" in code else {"local"}
    code = re.sub(_SOME, lambda line: line[1] + line[3] if line[2] in kinds else "", code)
    class_name, processor = checkpoint.model_class or "", checkpoint.processor or "AutoProcessor"
    act = act_of(rulebase, task) if task else None
    most = max((each.new_tokens for each in rulebase.acts.values()), default=1)
    most = act.limit(task) if act else most
    most = rulebase.thought_limit(checkpoint.model_type) if thought else most
    limit = str(min(most, (checkpoint.text_context or most + 1) - 1))  # a prompt has a token
    given_limit = "args.max_tokens" if whole and tool else limit
    opened = PAGE_OPENED if "page: int" in code else OPENED
    served = rulebase.runtimes[runtime].at_once if runtime != TRANSFORMERS else None
    batch = str((served or tool.batch) if tool else 1)
    loaded = loaded_dtype(checkpoint)  # on a CPU as on a GPU the one whose memory was counted
    dtype = '"auto"' if loaded == file_dtype(checkpoint) else f'"{loaded}"'
    precise = loaded == "float32"
    server = rulebase.runtimes[runtime].server if runtime != TRANSFORMERS else ""
    memory = training_memory(checkpoint)
    takes = [f"about {gb:g} GB of memory" for gb in memory or ()] or ["unknown memory"] * 2
    # Only what would think by itself is told anything; a server takes it as part of a request.
    switch = checkpoint.thinking_switch if checkpoint.thinks else None
    remark = "" if thinking else "  # the published results used thinking"
    template = _said(program, answers).get("language", TEMPLATE)
    end, *others = checkpoint.answer_marks or ("",)
    without = "".join(f'.replace({json.dumps(mark)}, "")' for mark in others)
    names = {
        "names": ", ".join(sorted((class_name, processor))),
        "class": class_name,
        "processor": processor,
        "chosen-dtype": f"dtype = {dtype} if accelerated else torch.float32" if precise else "",
        "dtype": "dtype" if precise else dtype,
        "loaded-dtype": loaded,
        "checkpoint": checkpoint.hub_id,
        "index": f"index-{checkpoint.hub_id.rpartition('/')[2]}",
        "prompt": literal(prompt),
        "asked": literal(question or answers.get(LABEL_NAMES, "").replace("; ", ",")),
        "fields-given": f"default={literal(question)}" if "fields" in answers else "required=True",
        "sample": literal(sample_of(program, answers)),
        "column": "text" if '"--text"' in code else "question",
        "searched": "folder" if re.search(r"folder(: Path\)| = Path\()", code) else "args.input",
        "label-template": template,
        **{f"label-{animal}": template.replace("{}", animal) for animal in ("cat", "dog")},
        "result": act.result if act else "result",
        "go-on": "add --resume" if '"--resume"' in code else "run it again",
        "opened": "images_of(item)" if "def images_of" in code else opened,
        "tokenizer": "tokenizer" if "\ntokenizer = " in code else "processor.tokenizer",
        "size": f"{batch} // (1 if accelerated else 4)" if "accelerated = " in code else batch,
        "page-case": LOWERED_ON_PAGES if checkpoint.text_case == "lower" else "",
        "server-address": server,
        "limit": limit,
        **dict.fromkeys(("new-tokens", "thought-tokens"), given_limit),
        "thinking": f"{switch}={thinking},{remark}" if switch else "",
        "thinking-set": f"how.update({switch}={thinking}){remark}" if switch else "",
        "template": f'body["chat_template_kwargs"] = {{"{switch}": {thinking}}}' if switch else "",
        "given": "" if whole else "[]",
        "late": LATE if whole and not server else "",  # a client imports nothing slow
        "listed": "pages" if opened == PAGE_OPENED else "images",
        "without-marks": without and f"text = text{without}",
        "end-of-thought": json.dumps(end),
        "other-marks": "".join(f"{json.dumps(mark)}, " for mark in others),
        "texts": LOWERED if checkpoint.text_case == "lower" else "texts",
        "pipeline": checkpoint.pipelines.get(task or "", ""),
        "memory-full": takes[0],
        "memory-lora": takes[1],
    }
    if checkpoint.prompts.get(task or "") == "":
        code = re.sub(_ASKED, "", code)
    code = re.sub(_ALONE, lambda line: line[0] if names.get(line[1], "some") else "", code)
    code = code.replace('f"{prompt}"', f"f{literal(as_format(prompt))}")
    for quoted in ("prompt", "asked", "sample"):
        code = code.replace(f'"{{{quoted}}}"', f"{{{quoted}}}")
    code = re.sub(_FILLED, lambda place: names.get(place[1], place[0]), code)
    code = re.sub(_LONG, r"\1\nmodel = model.to(device)", pinned(code, checkpoint.revision))
    return code if code.startswith("<") else merged(code)


def tool_of(
    rulebase: RuleBase,
    checkpoint: Checkpoint,
    task: str | None,
    program: Program,
    answers: Mapping[str, str],
) -> ProgramTool | None:
    """Return the first tool for a task whose placeholder the prompt has; None without one."""
    prompt, _ = worded(checkpoint, task, program, answers)
    tools = () if program.code.startswith("<") else (rulebase.tools[id] for id in program.tools)
    fits = (tool for tool in tools if not tool.tasks or task in tool.tasks)
    return next((fit for fit in fits if not fit.asks or f"{{{fit.asks}}}" in prompt), None)


def worded(
    checkpoint: Checkpoint, task: str | None, program: Program, answers: Mapping[str, str]
) -> tuple[str, str]:
    """Return the prompt for a task with a placeholder for the user's text, and that text."""
    own, usual = checkpoint.prompts.get(task or ""), program.prompts.get(task or "", "")
    match = _ASKED_FOR.search(usual)
    named = {place: answers.get(place) for place in ("fields", "question")}
    named["labels"] = answers.get(LABEL_NAMES)
    question = (named.get(match[1]) or match[2]) if match else ""
    if own is not None:
        return own, question
    placeholder = {match[1]: f"{{{match[1]}}}"} if match else {}
    return filled(usual, {**_said(program, answers), **placeholder}), question


def way_of(checkpoint: Checkpoint, task: str, *, thinking: bool = True) -> str:
    """Return a remark on how to run a checkpoint for a task; empty if none is needed."""
    if task in checkpoint.pipelines:
        alone = "Without the pipeline, it recognizes one element of a page"
        return f"for whole pages the model needs the pipeline of its developers. {alone}"
    if checkpoint.pages == "lines":
        return "the model reads one line per image: crop lines with a detector first"
    if not checkpoint.thinks:
        return ""
    if thinking:
        faster = ". `--no-thinking` of advisor turns this off" if checkpoint.thinking_switch else ""
        return f"the model thinks before it answers, as in its published results{faster}"
    if checkpoint.thinking_switch:
        return "thinking is off. The published results used thinking"
    return "the model always thinks before it answers"


def as_format(prompt: str) -> str:
    """Return a prompt as an f-string has it: braces doubled, except those of its fields."""
    doubled = prompt.replace("{", "{{").replace("}", "}}")
    return doubled.replace("{{fields}}", "{json.dumps(fields)}")


def literal(text: str) -> str:
    """Return a text as a Python string literal, with invisible characters escaped."""
    plain = visible_lines(text) == text
    written = json.dumps(text, ensure_ascii=False) if plain else ascii(text)
    return written.replace("##", r"#\x23")  # two of them begin a command of a CI runner


def pinned(code: str, revision: str | None) -> str:
    """Return a program that loads one revision of its checkpoint; unchanged without one.

    A library that loads no revision by itself gets a folder, downloaded first.
    """
    if revision is None:
        return code
    code = re.sub(r"(\.from_pretrained\(\s*name)\b", r"\1, revision=revision", code)
    local = _UNPINNED.sub(OF_A_FOLDER, code)
    local = local.replace("= load(name)", "= load(snapshot_download(name, revision=revision))")
    fetch = "from huggingface_hub import snapshot_download\n\n" if local != code else ""
    if "revision=revision" in local:  # a client names none: its server does
        local = re.sub(_NAMED, f'revision = "{revision}"\n', local, count=1)
    return fetch + local


def prompt_for(
    checkpoint: Checkpoint,
    task: str | None,
    programs: Sequence[Program],
    answers: Mapping[str, str] = NOTHING_SAID,
) -> str | None:
    """Return the prompt for a task, as in the snippet; None if none is known.

    The checkpoint's own counts before that of its program; an empty one means that it takes none.
    """
    program, own = program_for(checkpoint, task, programs), checkpoint.prompts.get(task or "")
    usual = program and program.prompts.get(task or "")
    return filled(usual, _said(program, answers)) if own is None and program and usual else own


def in_its_language(checkpoint: Checkpoint, answers: Mapping[str, str]) -> dict[str, str]:
    """Return answers with the first language of a checkpoint in place of one it does not know."""
    languages = checkpoint.languages or (ENGLISH,)
    fits = {ENGLISH, MULTILINGUAL, answers.get("language", "")} & {*languages}
    return {**answers, **({} if fits else {"language": languages[0]})}


def _said(program: Program, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the words of a program for the answers, by question."""
    return {
        question: options[answers[question]]
        for question, options in program.says.items()
        if answers.get(question) in options
    }


def sample_of(program: Program, answers: Mapping[str, str]) -> str:
    """Return the example of a search text in a program, in the language of the answers."""
    return _said(program, answers).get("language", SAMPLE)


def joining_program(task: str, programs: Sequence[Program], *, whole: bool = True) -> str | None:
    """Return the program that combines and trains parts for a task; None without one."""
    program = program_joining(task, programs)
    return program and merged(
        program.code.replace("{given}", "" if whole else "[]").replace(
            "{late}", LATE if whole else ""
        )
    )


def filled(prompt: str, words: Mapping[str, str]) -> str:
    """Return a prompt with words for its placeholders, `{place|default}`, or their defaults."""
    return _PLACE.sub(lambda place: words.get(place[1], place[2]), prompt)


def prompts_for(
    rulebase: RuleBase,
    use: RunnerUse,
    class_name: str,
    task: str,
    own: Mapping[str, str] = NOTHING_SAID,
) -> tuple[str, ...]:
    """Return the prompts of a class for a task, then those for other tasks of the same act.

    A class that no program names has the prompts of its runner's other classes. The `own` prompts
    of a checkpoint come before both.
    """
    act = act_of(rulebase, task)
    tasks = dict.fromkeys((task, *(act.tasks if act else ())))
    running = [program for program in rulebase.programs if program.use == AS_IS]
    programs = [program for program in running if class_name in program.classes]
    programs = programs or [program for program in running if use.id in program.runners]
    tables = (own, use.prompts, *(program.prompts for program in programs))
    return tuple(table[each] for each in tasks for table in tables if each in table)


def prompt_with(prompts: Sequence[str], words: Mapping[str, str]) -> str | None:
    """Return the first prompt with a placeholder for each word, filled in; None without one."""
    for prompt in prompts:
        if all(f"{{{place}|" in prompt for place in words):
            return filled(prompt, words)
    return None


class Support(NamedTuple):
    """Whether a runtime runs a checkpoint for a task (yes, partly or no), and the evidence.

    Partly means that something has to be published first.
    """

    answer: str
    because: str


def runtime_named(rulebase: RuleBase, name: str) -> Runtime:
    """Return a runtime by its id, label or alias. Raises UsageError for other names."""
    for each in rulebase.runtimes.values():
        if name.lower() in (each.id, each.label, *each.aliases):
            return each
    labels = [each.label for each in rulebase.runtimes.values()]
    raise unknown_name("runtime", name, labels, f"known runtimes: {', '.join(labels)}")


def support(rulebase: RuleBase, runtime: Runtime, checkpoint: Checkpoint, task: str) -> Support:
    """Return whether a runtime runs a checkpoint for a task, by the names in its package."""
    rows = [row for row in rulebase.supported if row.runtime == runtime.id]
    if not rows:
        return Support(YES, "")
    act, model_type = act_of(rulebase, task), checkpoint.model_type or ""
    for answer in (YES, PARTLY):
        for row in rows:
            names = row.named if answer == YES else row.partly
            if act and act.id in row.acts and model_type in names:
                place = f"{row.package} {row.version}, {row.read}"
                return Support(answer, f"{place}: {names[model_type]}")
    named = f"{rows[0].package} {rows[0].version}"
    lacks = f"model type `{model_type}`" if model_type else f"checkpoint of `{checkpoint.loader}`"
    return Support(NO, f"{named} names no {lacks} for {task}")


def can_run(rulebase: RuleBase, runtime: Runtime, checkpoint: Checkpoint, task: str) -> bool:
    """True if a runtime runs a checkpoint as published for a task, by a program of advisor."""
    program = program_for(checkpoint, task, rulebase.programs, AS_IS, runtime.id)
    return bool(program) and support(rulebase, runtime, checkpoint, task).answer == YES
