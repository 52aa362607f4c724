"""Which program is shown for a checkpoint, and that broken entries are refused at their place."""

import ast
import itertools
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from contextlib import nullcontext
from functools import cache
from importlib.metadata import metadata
from types import SimpleNamespace

import pytest
from browser import SITE
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from printed_programs import hold_style, run_program

from advisor.decide.page import as_page
from advisor.decide.program_header import PYTHONS as PYTHON_RANGE
from advisor.decide.program_header import pythons_for
from advisor.decide.programs import (
    program_for,
    snippet,
    tool_of,
    way_of,
)
from advisor.decide.recommendation import recommend
from advisor.decide.written_program import script
from advisor.errors import BrokenFileError
from advisor.model.library import Program
from advisor.rulebase.store import load_rules

RULEBASE = load_rules()
BLIP = RULEBASE.checkpoint("Salesforce/blip-vqa-base")


def program(id="any", **fields):
    given = {
        "loader": "transformers", "classes": [], "processors": [], "tasks": [], "prompts": {},
        "code": 'name = "{checkpoint}"\nmodel = {class}\nprocessor = {processor}\nask("{prompt}")',
    }  # fmt: skip
    return Program(id=id, **{**given, **fields})


def rules_of(*programs):
    limit = RULEBASE.thought_limit
    return SimpleNamespace(programs=programs, tools={}, acts={}, thought_limit=limit)


def test_first_program_that_names_class_processor_and_task_is_shown():
    programs = [
        program("other-class", classes=["GitForCausalLM"]),
        program("other-processor", processors=["GitProcessor"]),
        program("other-task", tasks=["captioning"]),
        program("fits", classes=["BlipForQuestionAnswering"], tasks=["vqa"]),
        program("later"),
    ]
    assert program_for(BLIP, "vqa", programs).id == "fits"
    assert program_for(BLIP, "counting", programs).id == "later"


def test_names_and_prompt_are_filled_in():
    code = snippet(BLIP, "vqa", rules_of(program(prompts={"vqa": "what?"})))
    assert code == (
        'name = "Salesforce/blip-vqa-base"\nmodel = BlipForQuestionAnswering\n'
        'processor = BlipProcessor\nask("what?")'
    )


def test_the_prompt_of_the_checkpoint_counts_before_that_of_its_program():
    checkpoint = BLIP._replace(prompts={"vqa": "OCR:"}, processor=None)
    code = snippet(checkpoint, "vqa", rules_of(program(prompts={"vqa": "what?"})))
    assert 'ask("OCR:")' in code
    assert "processor = AutoProcessor" in code


EVERY = [
    (checkpoint, task)
    for checkpoint in RULEBASE.checkpoints.values()
    for task in checkpoint.tasks
    if program_for(checkpoint, task, RULEBASE.programs)
]


@cache
def code_of(checkpoint, task, thinking=True, whole=True):
    """The program of an entry, which many share but for its name."""
    return snippet(RULEBASE.checkpoint(checkpoint), task, RULEBASE, thinking=thinking, whole=whole)


def both_of(checkpoint, task, **how):
    return [code_of(checkpoint.id, task, whole=whole, **how) for whole in (True, False)]


@pytest.mark.slow
def test_each_program_thinks_as_its_entry_says():
    thinking = [(one, task) for one, task in EVERY if one.thinks]
    assert {one.id for one, _ in thinking} >= {"Qwen/Qwen3.5-9B", "zai-org/GLM-4.1V-9B-Thinking"}
    for checkpoint, task in EVERY:
        switch = checkpoint.thinking_switch
        pairs = zip(
            both_of(checkpoint, task), both_of(checkpoint, task, thinking=False), strict=True
        )
        for code, fast in pairs:
            scored = "logits" in code  # it reads the next word, and a thought would stand before it
            if not checkpoint.thinks:
                assert "</think>" not in code
                assert f"{switch}=" not in code
                assert fast == code
            elif not scored:
                assert re.search("max_new_tokens=8192|max-tokens.*default=8192", code)
                assert all(json.dumps(mark) in code for mark in checkpoint.answer_marks)
                assert (f"{switch}=True" in code) == bool(switch)
                assert (fast == code) == (switch is None)
            if checkpoint.thinks and switch:
                assert f"{switch}=False)  # the published results used thinking" in (
                    code if scored else fast
                )
                assert "</think>" not in fast


def test_who_reads_single_lines_says_so_on_the_page_and_in_the_program():
    readers = [(one, task) for one, task in EVERY if one.pages == "lines"]
    assert {one.label for one, _ in readers} == {"TrOCR", "PP-OCR"}
    for checkpoint, task in readers:
        assert "one line per image: crop lines" in way_of(checkpoint, task)
    answer = recommend(RULEBASE, {"task": "ocr-line"})
    assert answer.advice[0].selection.picks[0].checkpoint in [one for one, _ in readers]
    way = way_of(*readers[0])
    assert f"\n# {way}\n" in script(answer).python
    assert f"{way}." in str(as_page(answer))


LAST_RESORT = {"load-alone", "load-open-clip-alone", "load-parts-alone"}
"""Programs of what no other is for: they load a network, and nobody knows how it is called."""
MOST_LINES, MOST_TO_TRAIN = 120, 160
"""Lines of a program without its head, as `wc -l` counts them: from its imports, blank ones too."""


def tools():
    """Each distinct program that is a tool, by the id of its program; equal ones once."""
    found = {}
    for checkpoint, task in EVERY:
        program = program_for(checkpoint, task, RULEBASE.programs)
        if program.id not in LAST_RESORT:
            code = code_of(checkpoint.id, task)
            assert re.search(r"parser\.parse_(intermixed_)?args\(\)", code), (checkpoint.id, task)
            found.setdefault((program.id, code.replace(checkpoint.id, "")), code)
    return found


@cache
def every_program():
    """Return the code of the programs of every use and runtime, by what tells them apart.

    A checkpoint that never thinks has the same program either way
    (`test_each_program_thinks_as_its_entry_says`).
    """
    written = {}
    ways = itertools.product(("as-is", "fine-tune"), RULEBASE.runtimes, (True, False))
    for checkpoint, (use, runtime, thinking) in itertools.product(
        RULEBASE.checkpoints.values(), [*ways]
    ):
        for task in dict.fromkeys((*checkpoint.tasks, *checkpoint.fine_tune)):
            if not (thinking or checkpoint.thinks):
                continue
            program = program_for(checkpoint, task, RULEBASE.programs, use, runtime)
            if program is None or program.id in LAST_RESORT or program.code.startswith("<"):
                continue
            tool = tool_of(RULEBASE, checkpoint, task, program, {})
            how = {"thinking": thinking, "runtime": runtime, "whole": True}
            kind = (
                tool.id if tool else "train",
                program.id,
                checkpoint.model_class,
                runtime,
                thinking,
            )
            code = snippet(checkpoint, task, RULEBASE, {}, use, **how)
            written[kind] = max(written.get(kind, ""), code, key=lambda text: text.count("\n"))
    return written


@pytest.mark.slow
def test_no_program_is_longer_than_it_may_be():
    """Of every entry, use and runtime, whether it thinks first or not."""
    longer = {}
    for kind, code in every_program().items():
        most = MOST_TO_TRAIN if kind[0] == "train" else MOST_LINES
        if (lines := len(code.splitlines())) > most:
            longer[kind] = lines
    assert not longer


def test_every_program_is_a_tool_formatted_and_short(tmp_path):
    """As ruff formats and checks where nobody sets anything up, and nothing old in any Python."""
    for number, ((id, _), code) in enumerate(tools().items()):
        (tmp_path / f"{id}_{number}.py").write_text(f"{code}\n", encoding="utf-8")
    assert number > 200
    hold_style(tmp_path)


TYPED = """
[mypy]
strict = true
python_version = 3.11
allow_redefinition = true
ignore_missing_imports = true
disallow_any_generics = false
disallow_subclassing_any = false
disallow_untyped_decorators = false
warn_return_any = false
[mypy-torch.*,transformers.*,scipy.*]
follow_imports = skip
"""
"""As strict as the project's own settings where torch is nobody's type: all that it returns is Any.

A program is a script, whose lines name a thing again; a record of JSON is a plain `dict`.
"""


def each_line_once(programs):
    """Return programs that have every tool, program, runtime and line of all, literals aside."""
    seen, chosen = set(), {}
    for kind, code in sorted(programs.items(), key=lambda each: len(each[1]), reverse=True):
        tool, program, _, runtime, _ = kind
        lines = re.sub(r'^#.*|"[^"\n]*"|\d+', "", code, flags=re.MULTILINE).splitlines()
        if not seen.issuperset(parts := {tool, program, runtime, *lines}):
            chosen[kind] = code
            seen |= parts
    return chosen


OFTEN_AND_AT_NIGHT = [(each_line_once, 100), pytest.param(dict, 300, marks=pytest.mark.long)]
"""Which programs are tried, and how many those are at least."""


@pytest.mark.slow
@pytest.mark.parametrize(("some", "least"), OFTEN_AND_AT_NIGHT)
def test_every_program_is_typed(tmp_path, some, least):
    """One run of mypy over distinct programs in Python, as files side by side."""
    (tmp_path / "mypy.ini").write_text(TYPED, encoding="utf-8")
    named = re.compile(r'^name = ".*"$', re.MULTILINE)
    distinct = {named.sub('name = ""', code) for code in some(every_program()).values()}
    for number, code in enumerate(sorted(distinct)):
        (tmp_path / f"program_{number}.py").write_text(f"{code}\n", encoding="utf-8")
    assert number > least
    (tmp_path / "wrong.txt").write_text(f'limit: int = ""\n{code}\n', encoding="utf-8")
    for named, status in ((".", 0), ("wrong.txt", 1)):
        command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", named]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout[-2000:]


SLOW = ("torch", "transformers", "open_clip", "peft", "sklearn", "onnxruntime", "optimum",
        "mlx_vlm", "paddleocr")  # fmt: skip
"""Modules that take seconds to import."""


@pytest.mark.slow
@pytest.mark.parametrize(("some", "least"), OFTEN_AND_AT_NIGHT)
def test_arguments_are_read_and_files_looked_for_before_anything_slow_is_imported(
    tmp_path, monkeypatch, capsys, some, least
):
    """Help, an unknown flag and an input that is missing, in programs of every use and runtime."""
    pytest.importorskip("pypdfium2")
    monkeypatch.chdir(tmp_path)
    for module in SLOW:
        monkeypatch.setitem(sys.modules, module, None)  # an import of it fails
    programs = some(every_program())
    assert len(programs) > least
    for (kind, *_), code in programs.items():
        tool = RULEBASE.tools.get(kind)
        words = ["nosuch", *(tool.tried if tool else [])]
        if '"--fields"' in code and "--fields" not in words:
            words += ["--fields", "total"]
        for line, status in ((["--help"], 0), ([*words, "--nosuch"], 2), (words, 2)):
            ended = pytest.raises(SystemExit, match=str(status)) if status else nullcontext()
            with ended:
                run_program(code, *line)
        assert "nosuch does not exist" in capsys.readouterr().err, (kind, words)


def test_every_cell_of_a_notebook_is_whole_and_formatted(tmp_path):
    """It has a program's parts without the tool around them, and names nothing that it lacks."""
    cells = {code_of(checkpoint.id, task, whole=False) for checkpoint, task in EVERY}
    for number, code in enumerate(sorted(cells)):
        (tmp_path / f"cell_{number}.py").write_text(f"{code}\n", encoding="utf-8")
    assert number > 400
    hold_style(tmp_path)


@pytest.mark.slow
def test_no_program_states_a_length_or_a_sampling_of_its_own():
    """Texts are cut as the checkpoint's own files say.

    One that thinks samples as they say; any other writes what is most probable.
    """
    lengths = {"model.config.text_config.max_position_embeddings"}
    lengths |= {"AutoConfig.from_pretrained(name).text_config.max_position_embeddings"}
    for (_, program, _, runtime, _), code in every_program().items():
        assert set(re.findall(r'\bmax_length(?:=|": )(\w+)', code)) <= {"most", "length"}, program
        if length := re.search(r'"max_length": (\w+)', code):
            assert lengths & {*re.findall(rf"^ *{length[1]} = (\S+)", code, re.MULTILINE)}, program
        greedy = re.search(r'do_sample=False|temperature=0\.0|"temperature": 0', code)
        assert not re.search(r"do_sample=True|top_p|top_k|seed\(", code) or "Trainer" in code
        long = re.search(r"tokens\W+8192|max-tokens.*8192", code)
        assert not (long and greedy), (program, runtime)


PYTHONS = ["python3.11", "python3.12", "python3.13", "python3.14"]
PYODIDE = SITE / "node_modules" / "pyodide" / "pyodide.mjs"
"""CPython 3.14 for Node, which npm brings where the machine has none."""
BEGUN = """
import contextlib, io, pathlib, sys, warnings
from unittest.mock import MagicMock

warnings.simplefilter("error")
for module in ("PIL", "pypdfium2", "requests"):
    sys.modules[module] = MagicMock()
for file in pathlib.Path(sys.argv[1]).glob("program_*.py"):
    code = compile(file.read_text("utf-8"), file.name, "exec")
    for words, status in (["--help"], 0), (["nosuch", "--nosuch"], 2):
        sys.argv, said = ["program.py", *words], io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                exec(code, {"__name__": "__main__"})
        except SystemExit as ended:
            assert ended.code == status, said.getvalue()
        assert "usage: " in said.getvalue(), file
print(sys.version_info[1])
"""
"""Compiles programs without a warning and reads their arguments; no package has to be there."""
IN_NODE = """
const [module, lines, folder] = process.argv.slice(1);
const python = await (await import(module)).loadPyodide();
python.mountNodeFS("/programs", folder);
python.runPython('import sys; sys.argv = ["", "/programs"]');
python.runPython(lines);
"""


@pytest.mark.slow
@pytest.mark.parametrize(("some", "least"), OFTEN_AND_AT_NIGHT)
@pytest.mark.parametrize("python", PYTHONS)
def test_each_python_compiles_every_program_and_reads_its_arguments(python, tmp_path, some, least):
    """In each version that a head names: one of this machine, or the newest in Node."""
    asked = [python, "-c", "pass"]
    command = [python, "-c", BEGUN, str(tmp_path)]
    if (
        not shutil.which(python)
        or subprocess.run(asked, capture_output=True, check=False).returncode
    ):
        if python != PYTHONS[-1] or not PYODIDE.exists():
            pytest.skip(f"there is no {python}")
        command = ["node", "--input-type=module", "-e", IN_NODE, PYODIDE, BEGUN, tmp_path]
    assert SpecifierSet(PYTHON_RANGE).contains(python.removeprefix("python"))
    for number, code in enumerate(some(every_program()).values()):
        (tmp_path / f"program_{number}.py").write_text(f"{code}\n", encoding="utf-8")
    assert number > least
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split()[-1] == python.partition(".")[2]


POSIX = {"fcntl", "grp", "multiprocessing", "pty", "pwd", "resource", "termios"}
"""Modules that Windows has not, or whose processes begin at the first line of a program there."""
TEXTS = {"open", "read_text", "write_text"}


@pytest.mark.slow
@pytest.mark.parametrize(("some", "least"), OFTEN_AND_AT_NIGHT)
def test_every_program_says_its_encoding_and_runs_on_windows_and_macos(some, least):
    """None forks, and each text is opened by name of its encoding: Windows has another default."""
    opened = set()
    programs = some(every_program())
    assert len(programs) > least
    for kind, code in programs.items():
        tree = ast.parse(code, feature_version=(3, 11))
        imported = {
            module.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for module in [getattr(node, "module", None), *(each.name for each in node.names)]
            if module
        }
        assert not imported & POSIX, kind
        assert "signal" not in imported or "from signal import SIGINT, signal\n" in code, kind
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            assert name not in {"fork", "rename", "symlink", "kill"}, kind
            if name not in TEXTS or ast.unparse(call.func) == "Image.open":
                continue
            words = [each.value for each in call.args if isinstance(each, ast.Constant)]
            if not any("b" in str(word) for word in words[:1]):
                named = any(each.arg == "encoding" for each in call.keywords)
                assert named or "utf-8" in str(words), (kind, ast.unparse(call))
            opened.add(name)
        literals = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        assert not [
            each for each in literals if str(each).startswith(("/tmp", "/dev", "/home", "~"))
        ], kind
    assert opened == TEXTS


def test_a_head_names_the_pythons_that_each_package_has_wheels_for():
    needed = ["paddlepaddle>=3.2,<4", "pillow>=10.3,<14"]
    assert pythons_for(needed, RULEBASE.packages) == ">=3.11,<3.14"
    assert pythons_for(needed[1:], RULEBASE.packages) == PYTHON_RANGE
    checkpoint, task = next(
        (each, task)
        for each, task in EVERY
        if "from paddleocr" in (snippet(each, task, RULEBASE, whole=True) or "")
    )
    written = script(recommend(RULEBASE, {"task": task}), checkpoint.id)
    assert '# requires-python = ">=3.11,<3.14"' in written.python


def test_an_index_is_in_a_folder_of_its_checkpoint():
    """Two programs in one folder do not read each other's vectors."""
    folders = {}
    for checkpoint, task in EVERY:
        code = code_of(checkpoint.id, task)
        if '"--index"' in code:
            folder = re.search(r'^index = Path\("(index-.+)"\)$', code, re.MULTILINE)[1]
            folders.setdefault(folder, set()).add(checkpoint.hub_id)
    assert len(folders) > 50
    assert all(len(ids) == 1 for ids in folders.values())


def test_each_form_is_rounded_while_it_is_loaded(tmp_path):
    bits, distinct = {"int8": "load_in_8bit=True", "int4": "load_in_4bit=True"}, set()
    for checkpoint in RULEBASE.checkpoints.values():
        for precision, task in itertools.product(checkpoint.losses, checkpoint.tasks):
            form = RULEBASE.checkpoint(f"{checkpoint.id}:{precision}")
            program = program_for(form, task, RULEBASE.programs)
            code = snippet(form, task, RULEBASE, whole=True)
            assert [each for each in bits if bits[each] in code] == [precision]
            assert '"quantization_config": rounding, "device_map": device' in code
            assert program_for(form, task, RULEBASE.programs, "fine-tune") is None
            distinct.add((program.id, precision))
            file = tmp_path / f"{program.id}_{precision}_{form.model_class}.py"
            file.write_text(f"{code}\n", encoding="utf-8")
    assert len(distinct) == 8
    hold_style(tmp_path)


@pytest.mark.slow
def test_every_program_says_what_it_needs_in_tested_versions():
    declared = metadata("vlm-advisor").get_all("Requires-Dist")
    ours = {re.split("[<>=; ]", each)[0]: Requirement(each).specifier for each in declared}
    for one in RULEBASE.packages:
        if one.id in ours:
            assert ours[one.id] == Requirement(f"{one.id}{one.versions}").specifier
    known = {name for one in RULEBASE.packages for name in one.needed_by}
    for code in tools().values():
        modules = {
            (getattr(node, "module", None) or node.names[0].name).partition(".")[0]
            for node in ast.walk(ast.parse(code))
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        assert modules - sys.stdlib_module_names <= known


def test_the_head_of_a_program_is_inline_metadata():
    """PEP 723: the reference expression finds one block, which is TOML."""
    answer = recommend(RULEBASE, {"task": "document-vqa"})
    written = script(answer)
    (block,) = re.finditer(
        r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$", written.python
    )
    text = "".join(line[2:] for line in block["content"].splitlines(keepends=True))
    found = tomllib.loads(text)
    assert SpecifierSet(found["requires-python"]).contains("3.14.2")
    assert all(Requirement(each).specifier for each in found["dependencies"])
    packages = {Requirement(each).name for each in found["dependencies"]}
    assert packages >= {"torch", "transformers", "pillow", "pypdfium2"}
    install = next(
        line for line in written.python.splitlines() if line.startswith("# pip install ")
    )
    assert shlex.split(install)[3:] == found["dependencies"]
    (index,) = re.findall(r"^# pip install torch --index-url (\S+)$", written.python, re.MULTILINE)
    assert f"uv run --index {index} ..." in written.python  # uv sees no environment of pip
    wait = r"downloads \S+/\S+, about [0-9.]+ GB: \d+ minutes at 100 Mbit/s\."
    assert re.search(wait, written.python)


def test_a_program_for_a_cpu_takes_torch_from_its_index_without_cuda():
    """uv reads the index in the metadata: explicit, so that nothing else comes from there."""
    for device in ("cpu", "gpu"):
        head = script(recommend(RULEBASE, {"task": "image-search", "device": device})).python
        block = re.search(r"^# /// script\n(.*?)^# ///$", head, re.MULTILINE | re.DOTALL)[1]
        inline = tomllib.loads(re.sub("^# ?", "", block, flags=re.MULTILINE))
        found = inline.get("tool", {})
        assert bool(found) == (device == "cpu")
        assert ("uv run --index" in head) == (device == "gpu")
        if found:
            (index,) = found["uv"]["index"]
            assert index["explicit"]
            assert index["url"] in head.partition("/// script")[0]
            needed = {Requirement(each).name for each in inline["dependencies"]}
            sources = found["uv"]["sources"]
            assert {*sources} == needed & {"torch", "torchvision"}
            assert all(each["index"] == index["name"] for (each,) in sources.values())


def test_without_a_program_the_lines_that_load_are_shown():
    def alone(**fields):
        return snippet(BLIP._replace(tasks=[], fine_tune=[], **fields), None, RULEBASE)

    assert alone().endswith("BlipProcessor.from_pretrained(name)")
    assert alone(loader="remote-code") is None
    assert "AutoTokenizer" in alone(processor=None)
    assert "open_clip" in alone(loader="open_clip", model_class=None)


def test_what_has_a_program_is_known_without_writing_it():
    rulebase = load_rules()
    for one in rulebase.checkpoints.values():
        task = next(iter((*one.tasks, *one.fine_tune)), None)
        for use in ("as-is", "fine-tune") if task else ():
            written = snippet(one, task, rulebase, {}, use)
            known = program_for(one, task, rulebase.programs, use)
            assert (known is None) == (written is None), (one.id, use)


def test_what_open_clip_loads_gets_its_program():
    id = next(one.id for one in RULEBASE.checkpoints.values() if one.loader == "open_clip")
    code = snippet(RULEBASE.checkpoint(id), None, RULEBASE)
    assert f'"hf-hub:{id}"' in code
    assert "encode_text" in code


def test_no_program_uses_a_pipeline():
    ours = [one for one in RULEBASE.programs if "transformers" in one.runtimes]
    assert not any("pipeline(" in one.code for one in ours)


BROKEN = {
    "programs": [
        ("programs: [{id: a, parts: [lod]}]", "unknown part `lod`"),
        ("programs: [{id: a, parts: [load], tasks: [vqaa]}]", "unknown task `vqaa`"),
        (
            "programs: [{id: a, parts: [load], tasks: [vqa], prompts: {captioning: x}}]",
            "unknown task `captioning`",
        ),
        (
            "programs: [{id: a, parts: [load], loader: pickle}]",
            "expected `transformers` or `open_clip`",
        ),
        ("parts: [{id: load-a, code: 3}]", "expected text"),
    ],
    "architectures": [
        (
            "architectures: [{id: a, checkpoints: [no/body], class: C, dimensions: {a: 1}, "
            "parameters: 1, because: B, sources: [transformers-5-trials]}]",
            "unknown checkpoint `no/body`",
        ),
        (
            "architectures: [{id: a, checkpoints: [openai/clip-vit-base-patch32], class: C, "
            "dimensions: {a: {b: {c: 1}}}, parameters: 1, because: B, "
            "sources: [transformers-5-trials]}]",
            "expected a number, found a mapping",
        ),
    ],
    "drift": [
        (
            'changes: [{id: a, name: "*a*", of: class, kind: removed, since: "5", because: B, '
            "sources: [transformers-5-trials]}]",
            "a name can have at most one `*`",
        ),
        (
            'changes: [{id: a, name: b, of: class, kind: gone, since: "5.x", because: B, '
            "sources: [nobody]}]",
            "a version such as `5.0`",
        ),
    ],
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_entries_are_refused_at_their_places(small_folder, tmp_path, kind):
    """Each in a file of its own; where forms are broken, references are not looked at yet."""
    rules, overlays = None, (tmp_path,)
    if kind == "programs":
        rules, overlays = shutil.copytree(small_folder, tmp_path / "rules"), ()
    (folder := (rules or tmp_path) / kind).mkdir(exist_ok=True)
    left = {}
    for number, (text, said) in enumerate(BROKEN[kind]):
        file = folder / f"broken{number}.yaml"
        file.write_text(text.replace("{id: a,", f"{{id: a{number},"))
        left[file] = said
    while left:
        with pytest.raises(BrokenFileError) as caught:
            load_rules(rules, overlays)
        problems = caught.value.problems
        refused = [
            file
            for file, said in left.items()
            if any(file.name in problem and said in problem for problem in problems)
        ]
        assert refused, (left, problems)
        for file in refused:
            del left[file]
            file.unlink()
