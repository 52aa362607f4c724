"""A law: no printed program contradicts a field that the entry of its checkpoint states."""

import itertools
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from advisor.decide.command_lines import program_for
from advisor.decide.memory import file_dtype, file_gb, loaded_dtype, training_memory
from advisor.decide.program_header import header, prepared_by, with_header
from advisor.decide.programs import NO, literal, snippet, support, tool_of, way_of
from advisor.model import Checkpoint
from advisor.model.library import Program
from advisor.rulebase.store import load_rules

RULEBASE = load_rules()
WAYS = [*(("as-is", each) for each in RULEBASE.runtimes), ("fine-tune", "transformers")]
PARTS = {"AutoProcessor", "AutoImageProcessor", "AutoTokenizer"}
SIZES = r"\b(size|crop_size|do_resize|do_center_crop|min_pixels|max_pixels|num_patches)="
CONTEXT = r"(?:--max-model-len|-c) (\d+)"
LIMIT = r'(?:"--max-tokens", type=int, default=|max_new_tokens=|"max_new_tokens"\] = )(\d+)'
ENGLISH = {"en", "multilingual", "zxx"}
"""Languages of a checkpoint that is asked in English, or in no language."""


class Printed(NamedTuple):
    """What `advisor code` prints of a checkpoint: the text of a program, and what it was for."""

    checkpoint: Checkpoint
    task: str
    use: str
    runtime: str
    thinking: bool
    program: Program
    text: str

    @property
    def loads(self) -> bool:
        """True if transformers loads the checkpoint, by its own class."""
        by_pipeline = self.checkpoint.pipelines and self.task == "ocr-page"
        own = self.runtime == "transformers" and self.checkpoint.loader == "transformers"
        return own and not by_pipeline

    @property
    def writes(self) -> bool:
        """True if it writes text after a prompt in words."""
        return ".generate(" in self.text or self.runtime in ("vllm", "llama-cpp", "ollama", "mlx")


def printed() -> list[Printed]:
    """Return the programs of every checkpoint and form, task, use, runtime and way of thinking."""
    programs = []
    forms = [form for each in RULEBASE.checkpoints.values() for form in each.forms]
    for checkpoint, (use, runtime) in itertools.product(forms, WAYS):
        for task in checkpoint.tasks if use == "as-is" else checkpoint.fine_tune:
            programs += printed_for(checkpoint, task, use, runtime)
    return programs


def printed_for(checkpoint: Checkpoint, task: str, use: str, runtime: str) -> Iterator[Printed]:
    """Yield the program of a checkpoint, whole and as the cell of a notebook, with its head."""
    program = program_for(checkpoint, task, RULEBASE.programs, use, runtime)
    runs = RULEBASE.runtimes[runtime]
    if not program or (checkpoint.is_rounded and runtime != "transformers"):
        return
    if support(RULEBASE, runs, checkpoint, task).answer == NO:
        return
    for thinking, whole in itertools.product({True, not checkpoint.thinks}, (True, False)):
        how = {"thinking": thinking, "whole": whole, "runtime": runtime}
        code = snippet(checkpoint, task, RULEBASE, {}, use, **how)
        prepared = prepared_by(runs, checkpoint, program)
        notes = [way_of(checkpoint, task, thinking=thinking)] if use == "as-is" else []
        head = header([], checkpoint, notes, prepared=prepared)
        text = with_header(code, head)
        yield Printed(checkpoint, task, use, runtime, thinking, program, text)


def agrees_on_name(p: Printed) -> bool | None:
    """A program names its checkpoint; the pipeline of PaddleOCR names a version in its place."""
    return p.checkpoint.hub_id in p.text


def agrees_on_loader(p: Printed) -> bool | None:
    if p.runtime != "transformers":
        return None
    return ("import open_clip" in p.text) == (p.checkpoint.loader == "open_clip")


def classes_loaded(p: Printed) -> set[str]:
    return {*re.findall(r"(\w+)\.from_pretrained\(\s*name", p.text)}


def agrees_on_class(p: Printed) -> bool | None:
    return p.checkpoint.model_class in classes_loaded(p) if p.loads else None


def agrees_on_processor(p: Printed) -> bool | None:
    """It is loaded whole, or by its parts; another library than transformers has its own."""
    others = classes_loaded(p) - {p.checkpoint.model_class}
    wrong = others - PARTS - {p.checkpoint.processor}
    return not wrong and bool(others) if p.loads else None


def agrees_on_stage(p: Printed) -> bool | None:
    """Only what is tuned to instructions is asked in a chat, and contrastive ones write no text."""
    if not p.loads or p.use != "as-is" or not p.checkpoint.stage:
        return None
    chat, stage = "apply_chat_template" in p.text, p.checkpoint.stage
    asked = chat or "prompts" in p.text or stage != "instruction-tuned"
    writes = ".generate(" in p.text
    return (
        asked
        and (not chat or stage == "instruction-tuned")
        and not (writes and stage == "contrastive")
    )


def agrees_on_parameters(p: Printed) -> bool | None:
    """The download is as large as the files; above a billion parameters adapters are trained."""
    gigabytes, memory = file_gb(p.checkpoint), training_memory(p.checkpoint)
    said = re.search(r"about ([\d.e+]+) GB: \d+ minutes? at", p.text)
    if not gigabytes or not said:
        return None if gigabytes else said is None
    told = memory and [f"takes about {memory.lora_gb:g} GB", f"needs about {memory.full_gb:g} GB"]
    adapters = (p.checkpoint.parameters_millions or 0) > 1000
    trains = not told or told[not adapters] in re.sub(r"\n *# ?", " ", p.text)
    return said[1] == f"{gigabytes:.2g}" and (p.use == "as-is" or trains)


def agrees_on_image_size(p: Printed) -> bool | None:
    """Images are resized as the files of the checkpoint say, which a program leaves to them."""
    return not re.search(SIZES, p.text)


def agrees_on_text_context(p: Printed) -> bool | None:
    """No text is longer than the context: neither what is written, nor what a server holds."""
    lengths = [*re.findall(LIMIT, p.text), *re.findall(CONTEXT, p.text)]
    if not p.checkpoint.text_context or p.use != "as-is" or not lengths:
        return None
    return max(map(int, lengths)) <= p.checkpoint.text_context


def agrees_on_languages(p: Printed) -> bool | None:
    """An example of a search or a label is in a language that the checkpoint knows."""
    says = p.program.says.get("language", {})
    if p.program.prompts or not says or not p.checkpoint.languages:
        return None
    shown = {language for language, words in says.items() if literal(words)[1:-1] in p.text}
    if ENGLISH.isdisjoint(p.checkpoint.languages):
        return shown <= {*p.checkpoint.languages} and not re.search("a photo of a", p.text)
    return not shown


def agrees_on_gate(p: Printed) -> bool | None:
    return ("First accept the terms at" in p.text) == bool(p.checkpoint.gated)


def agrees_on_revision(p: Printed) -> bool | None:
    """Whatever loads or exports a pinned checkpoint takes that revision, and none where none is."""
    revision = p.checkpoint.revision
    if (p.checkpoint.pipelines and "PaddleOCRVL(" in p.text) or p.runtime == "ollama":
        return None  # a pipeline has its own weights, and Ollama takes the file of llama.cpp
    return (f"{revision}" in p.text) if revision else "revision" not in p.text


def agrees_on_prompt(p: Printed) -> bool | None:
    prompt = p.checkpoint.prompts.get(p.task)
    if prompt is None or p.task in p.checkpoint.pipelines:
        return None
    return literal(prompt) in p.text if prompt else '"type": "text"' not in p.text


def agrees_on_thinking(p: Printed) -> bool | None:
    """One that thinks has the tokens for it, unless it is told not to; a word needs no thought."""
    scored = "logits" in p.text
    thinks = p.checkpoint.thinks and (p.thinking or not p.checkpoint.thinking_switch)
    if p.use != "as-is" or scored:
        return None
    return bool(re.search(r"\b8192\b", p.text)) == thinks


def agrees_on_thinking_switch(p: Printed) -> bool | None:
    """It is set for one that would think by itself, and named by no other program."""
    switch, scored = p.checkpoint.thinking_switch, "logits" in p.text
    if p.use != "as-is" or (not p.writes and not scored):
        return None
    thinks = p.thinking and not scored and bool(p.program.thinking_code)
    set_to = re.findall(r'\w*thinking"?[=:] ?(True|False)', p.text)
    return set_to == ([str(thinks)] if switch and p.checkpoint.thinks else [])


def agrees_on_answer_marks(p: Printed) -> bool | None:
    marks = p.checkpoint.answer_marks
    if p.use != "as-is" or not p.program.thinking_code or not p.thinking:
        return None
    return all(json.dumps(mark) in p.text for mark in marks if p.checkpoint.thinks) and (
        bool(marks and p.checkpoint.thinks) or "</think>" not in p.text
    )


def agrees_on_dtype(p: Printed) -> bool | None:
    """Weights are loaded in the precision whose memory is counted, vectors in half on a GPU."""
    given = re.findall(r"\bdtype\W{1,4}((?:\"auto\"|torch\.\w+|\"\w+\")[^,)\n]*)", p.text)
    if not p.loads or p.use != "as-is":
        return None
    loaded = loaded_dtype(p.checkpoint)
    if p.checkpoint.is_rounded:
        return given == ["torch.bfloat16"] or "torch.bfloat16" in given
    fits = {f'"{loaded}"', f"torch.{loaded}"} | (
        {'"auto"'} if loaded == file_dtype(p.checkpoint) else set()
    )
    return bool(given) and all({*re.findall(r'"\w+"|torch\.\w+', each)} & fits for each in given)


def agrees_on_takes(p: Printed) -> bool | None:
    """It is given a question, several images or the frames of a video only if it takes them."""
    takes, tool = p.checkpoint.takes, tool_of(RULEBASE, p.checkpoint, p.task, p.program, {})
    if takes is None or tool is None:
        return None
    wanted = {"clips": "video", "frames": "video", "statement": "several"}.get(tool.id, "one")
    return wanted in takes and (tool.asks != "question" or "question" in takes)


def agrees_on_text_case(p: Printed) -> bool | None:
    if "texts: list[str]" not in p.text and "toLowerCase" not in p.text:
        return None
    lowers = "text.lower() for" in p.text or "toLowerCase" in p.text
    return lowers == (p.checkpoint.text_case == "lower")


def agrees_on_pages(p: Printed) -> bool | None:
    if p.use != "as-is":
        return None
    lines = "one line per image: crop lines" in p.text
    parts = "recognizes one element of a page" in p.text
    return (lines, parts) == (p.checkpoint.pages == "lines", p.task in p.checkpoint.pipelines)


def agrees_on_pipeline_version(p: Printed) -> bool | None:
    if p.runtime != "transformers":
        return None
    version = p.checkpoint.pipelines.get(p.task) if p.task == "ocr-page" else None
    return (f'PaddleOCRVL(pipeline_version="{version}")' in p.text) == bool(version)


def agrees_on_precision(p: Printed) -> bool | None:
    bits = re.findall(r"load_in_(\d)bit=True", p.text)
    return bits == ([p.checkpoint.bits] if p.checkpoint.is_rounded else [])


def states(**fields):
    """Return a change of a printed program: its entry states something else, its text stays."""
    return lambda p: p._replace(checkpoint=p.checkpoint._replace(**fields))


def reads(old, new):
    """Return a change of a printed program: its text reads otherwise, its entry stays."""
    return lambda p: p._replace(text=p.text.replace(old, new))


CARRIED = {
    "id": (agrees_on_name, states(id="someone/else")),
    "loader": (agrees_on_loader, states(loader="open_clip")),
    "model_class": (agrees_on_class, states(model_class="OtherModel")),
    "processor": (agrees_on_processor, states(processor="OtherProcessor")),
    "stage": (agrees_on_stage, states(stage="contrastive")),
    "parameters_millions": (agrees_on_parameters, states(parameters_millions=12345.0)),
    "image_size": (agrees_on_image_size, reads("processor(", "processor(size=99, ")),
    "text_context": (agrees_on_text_context, states(text_context=8)),
    "languages": (agrees_on_languages, states(languages=("zh",))),
    "gated": (agrees_on_gate, states(gated=True)),
    "revision": (agrees_on_revision, states(revision="0123abc")),
    "prompts": (agrees_on_prompt, states(prompts={"ocr-page": "What?"})),
    "thinking": (agrees_on_thinking, states(thinking="always", thinking_switch=None)),
    "thinking_switch": (agrees_on_thinking_switch, states(thinking_switch=None)),
    "answer_marks": (agrees_on_answer_marks, states(answer_marks=("</done>",))),
    "dtype": (agrees_on_dtype, states(dtype="float64")),
    "takes": (agrees_on_takes, states(takes=())),
    "text_case": (agrees_on_text_case, states(text_case="lower")),
    "pages": (agrees_on_pages, states(pages="lines")),
    "pipelines": (agrees_on_pipeline_version, states(pipelines={"ocr-page": "v9"})),
    "precision": (agrees_on_precision, states(precision="int8")),
}
"""By field: whether a printed program agrees with it, and a change after which one does not."""

CHOICE = "decides which checkpoint is offered, not how it is called"
ORDER = "places it among others"
RECORD = "says where the entry is from"
NO_MATTER_OF_PROGRAMS = {
    "family": CHOICE,
    "tasks": "decide which programs there are",
    "fine_tune": "decide which programs there are",
    "typical": ORDER,
    "label": "a name for people: programs and their heads have the id",
    "model_type": "decides which runtimes run it (tests/cli/test_runtimes.py)",
    "pipeline": "the Hub's name for a use: no program calls a pipeline of transformers",
    "active_parameters_millions": "a matter of time, which `recommend` tells",
    "licence": "a matter of permission, which `recommend` and `show` tell",
    "commercial_use": "a matter of permission, which `recommend` and `show` tell",
    "released": ORDER,
    "last_modified": RECORD,
    "pitfalls": "sentences for readers of `show`; what a program can do about one is in its parts",
    "derived": CHOICE,
    "writer": "dimensions from which memory is estimated",
    "notes": RECORD,
    "sources": RECORD,
    "checked": RECORD,
    "hub_task": "a use outside the families, for which there is no program",
    "languages_inferred": CHOICE,
    "languages_poor": CHOICE,
    "weights": "libraries find the file, and refuse code in a pickle by themselves",
    "series": ORDER,
    "larger_than": ORDER,
    "succeeds": ORDER,
    "home": "where to look for it; what the Hub does not have has no program",
    "network": "what it is built as, for readers of `show`",
    "published_forms": "other repositories: a program is for the one of the entry",
    "linear_millions": "a number from which memory is estimated",
    "losses": "points that a form may lose, which `recommend` tells",
}


def test_each_field_is_carried_by_programs_or_is_no_matter_of_theirs():
    assert not CARRIED.keys() & NO_MATTER_OF_PROGRAMS
    assert {*CARRIED, *NO_MATTER_OF_PROGRAMS} == {*Checkpoint._fields}
    for each in RULEBASE.checkpoints.values():
        if each.home:
            assert not [task for task in each.tasks if program_for(each, task, RULEBASE.programs)]


@pytest.mark.slow
def test_no_program_contradicts_a_stated_field():
    """All fields of the same programs, and an entry pins its revision though none shipped does."""
    programs = printed()
    for field, (agrees, change) in CARRIED.items():
        wrong = {(p.checkpoint.id, p.task, p.runtime) for p in programs if agrees(p) is False}
        assert not wrong, field
        assert any(agrees(p) and agrees(change(p)) is False for p in programs), field  # it can fail
    distinct = {(p.program.id, p.runtime, p.checkpoint.loader): p for p in programs}
    for p in distinct.values():
        pinned = p.checkpoint._replace(revision="0123abc")
        again = [*printed_for(pinned, p.task, p.use, p.runtime)]
        assert again
        assert not [each.text for each in again if agrees_on_revision(each) is False]
