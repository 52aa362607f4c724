"""`advisor code`: a program that Python reads, for what was recommended; links to model pages."""

import ast
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from advisor.decide.programs import snippet
from advisor.draw.formats import Report, drawn

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "code.schema.json"
TRAINED = ["--training", "fine-tune"]
OWN = ["--training", "fine-tune", "--examples", "texts", "--pairs", "30000", "--parts", "own-parts"]


def first(advisor, *arguments):
    return advisor("recommend", *arguments, "--format", "json").json["checkpoints"][0]


@pytest.mark.parametrize("task", ["captioning", "vqa", "image-search", "ocr-line"])
def test_it_is_the_program_of_the_first_checkpoint(advisor, task):
    written = advisor("code", "--task", task)
    assert written.code == 0
    ast.parse(written.out)
    assert f'name = "{first(advisor, "--task", task)["id"]}"' in written.out
    assert f"# by: advisor code --task {task}\n" in written.out


def test_a_notebook_and_another_format_cannot_go_together(advisor):
    result = advisor("code", "--task", "vqa", "--notebook", "--format", "json")
    assert (result.code, "cannot go together" in result.out) == (2, True)
    assert advisor("code", "--task", "vqa", "--notebook", "--format", "notebook").code == 0


@pytest.mark.slow
def test_every_task_that_has_a_checkpoint_has_a_program_or_says_that_it_has_none(advisor, rulebase):
    for task in rulebase.tasks:
        page = advisor("recommend", "--task", task.id).out
        written = advisor("code", "--task", task.id)
        assert (f"advisor code --task {task.id}\n" in page) == (written.code == 0), task.id
        if written.code:
            assert written.err.startswith("advisor: ")
            assert written.out == ""
        else:
            ast.parse(written.out)


def test_json_follows_its_schema_and_repeats_itself(advisor):
    document = advisor("code", "--task", "vqa", "--format", "json").json
    Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    assert document["python"] == advisor("code", "--task", "vqa").out
    assert document["command"] == "advisor code --task vqa"


def test_where_it_has_to_be_trained_the_program_trains(advisor):
    text = advisor("code", "--task", "ocr-line", *TRAINED).out
    assert "pairs.csv" in text
    assert "save_pretrained" in text
    assert "\n# fine-tunes " in text
    page = " ".join(
        advisor("recommend", "--task", "captioning", *OWN).out.replace("\\", "").split()
    )
    assert "--components custom --join" in page or "--num-examples 30000 --join" in page
    joined = advisor("code", "--task", "captioning", *OWN, "--join")
    assert joined.code == 0
    assert "from_encoder_decoder_pretrained" in joined.out
    ast.parse(joined.out)
    refused = advisor("code", "--task", "vqa", "--join")
    assert (refused.code, refused.out) == (2, "")


def test_what_may_be_trained_is_trained_or_the_program_says_that_it_is_not(advisor):
    found = advisor("code", "--task", "image-search", *TRAINED)
    assert "class KeptTrainer(OwnNamesTrainer):" in found.out
    assert found.err == ""
    labelled = ("--examples", "labels", "--pairs", "6000")
    probe = advisor("code", "--task", "supervised-classification", *TRAINED, *labelled).out
    assert "with one subfolder per label" in probe
    untrained = advisor("code", "--task", "similar-images", *TRAINED)
    assert untrained.code == 0
    assert "this program does not train, because" in untrained.err
    assert untrained.err.strip().removeprefix("advisor: ") in untrained.out
    assert (
        "this program does not train, because"
        not in advisor("code", "--task", "similar-images").out
    )


def test_the_program_and_the_page_agree_on_the_memory_of_training(advisor):
    row = first(advisor, "--task", "captioning", *TRAINED)
    text = advisor("code", "--task", "captioning", *TRAINED).out
    assert f"about {row['training']['lora_gb']:g} GB of memory" in text


def test_a_named_checkpoint_gets_its_own_program(advisor):
    text = advisor("code", "Salesforce/blip-vqa-base", "--task", "vqa").out
    assert 'name = "Salesforce/blip-vqa-base"' in text
    assert "# by: advisor code Salesforce/blip-vqa-base --task vqa\n" in text
    refused = advisor("code", "Salesforce/blip-vqa-base", "--task", "ocr-page")
    assert (refused.code, refused.out) == (2, "")
    assert "does not support ocr-page" in refused.err


def test_a_notebook_holds_the_same_program(advisor):
    notebook = advisor("code", "--task", "vqa", "--notebook").json
    snippet = advisor("recommend", "--task", "vqa", "--format", "json").json["snippet"]
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    _, packages, program = notebook["cells"]
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    assert kinds == ["markdown", "code", "code"]
    assert packages["source"][0].startswith('%pip install "torch>=')
    assert "".join(program["source"]) == snippet
    assert len({cell["id"] for cell in notebook["cells"]}) == 3


def test_recommend_writes_the_program_to_a_file(advisor, tmp_path):
    run = tmp_path / "run.py"
    arguments = ["--task", "vqa", "--output", f"python={run}", "--format", "json"]
    assert advisor("recommend", *arguments).code == 0
    assert run.read_text(encoding="utf-8") == advisor("code", "--task", "vqa").out
    assert advisor("recommend", "--task", "speech", "--output", f"python={run}").code == 2


def test_a_known_revision_is_pinned(rulebase):
    checkpoint = rulebase.checkpoint("Salesforce/blip-vqa-base")._replace(revision="0123abc")
    text = snippet(checkpoint, "vqa", rulebase)
    assert 'revision = "0123abc"\n' in text
    loads = [line for line in text.splitlines() if ".from_pretrained(" in line]
    assert loads
    assert all("(name, revision=revision" in line for line in loads)
    ast.parse(text)


# -- links -------------------------------------------------------------------------------------


def test_a_name_begins_no_line():
    from advisor.draw.blocks import Heading, Item, Items, Pairs, Table, Text
    from advisor.draw.terminal import terminal

    name = "a\n::error::b"
    page = [
        Heading(name), Items((Item("", name),)), Pairs(((name, name),)), Table((name,), ((name,),)),
    ]  # fmt: skip
    text = terminal(page)
    assert not [line for line in text.splitlines() if line.startswith("::")]
    assert len(terminal([Text(name)]).splitlines()) == 2  # a paragraph keeps its lines


def test_json_html_and_markdown_name_the_model_page(advisor):
    one = first(advisor, "--task", "vqa")
    assert one["model_page"] == f"https://huggingface.co/{one['id']}"
    for format, link in (("html", 'href="{}"'), ("markdown", "]({})")):
        page = advisor("recommend", "--task", "vqa", "--format", format).out
        assert link.format(one["model_page"]) in page


# -- on a pipe ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_on_a_pipe_a_record_is_a_line_and_an_id_is_whole(process):
    listed = process("list", "checkpoints", "--task", "handwriting", "--format", "json").json
    ids = {one["id"] for one in listed["checkpoints"]}
    printed = process("list", "checkpoints", "--task", "handwriting")
    rows = [line.split() for line in printed.out.splitlines()]
    assert ids == {row[0] for row in rows if row and row[0] in ids}
    assert sum(row[0] in ids for row in rows if row) == len(ids)
    page = process("recommend", "--task", "vqa").out
    assert "\x1b" not in page
    assert all(len(line) <= 80 for line in page.splitlines())
    assert "advisor recommend --task vqa -v" in page


def test_a_number_of_examples_beside_a_task_s_name_trains(advisor):
    said = advisor("code", "classification", "--num-examples", "40")
    assert "--task supervised-classification" in said.err


def test_a_need_says_the_task_as_for_recommend(advisor):
    by_flag = advisor("code", "--task", "captioning").out
    assert advisor("code", "captioning").out == by_flag
    in_words = advisor("code", "caption photos in French")
    assert "by: advisor code --task captioning --language fr" in in_words.out
    assert "understood as `advisor code --task captioning --language fr`" in in_words.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("read photos",), 3, "`read photos` may mean ocr-line or ocr-page"),
        (("is this X-ray like earlier ones",), 3, "does not name a task and may mean captioning, "),
        (("ocr",), 3, "`ocr` may mean ocr-line, handwriting or ocr-page"),
        (("foo bar",), 2, "`foo bar` contains no word that advisor understands"),
        (("clip",), 2, "`clip` is a family"),
        (("our/model",), 2, "unknown checkpoint `our/model`"),
        (("read", "photos/pictures"), 3, "may mean ocr-line or ocr-page"),
        (("florence-community/Florence-2-large",), 2, "9 tasks, and a program is for one"),
    ],
)
def test_a_program_is_for_one_task(advisor, words, code, said):
    result = advisor("code", *words)
    assert (result.code, result.out) == (code, "")
    assert said in result.err


@pytest.mark.parametrize(
    ("id", "runtime"),
    [
        ("HuggingFaceTB/SmolVLM-256M-Instruct", "transformers.js"),
        ("florence-community/Florence-2-large", "vllm"),
        ("florence-community/Florence-2-large", "transformers"),
        ("Qwen/Qwen3.5-9B", "vllm"),
    ],
)
def test_the_task_to_pass_is_one_that_the_runtime_runs(advisor, id, runtime):
    """Where it runs the checkpoint for none, that is said at once."""
    refused = advisor("code", id, "--runtime", runtime)
    assert (refused.code, refused.out) == (2, "")
    if "a program is for one task" not in refused.err:
        assert f"{id} " in refused.err
        assert "nearest" not in refused.err
        return
    (line,) = re.findall("`advisor (code .*)`, or", refused.err)
    assert advisor(*shlex.split(line)).code == 0


def test_what_a_program_leaves_out_of_its_sentence_is_said_beside_it(advisor):
    letters = advisor("code", "OCR of handwritten French letters, whole pages, quxly")
    assert "--ocr page" in letters.err
    assert "advisor: not understood: quxly" in letters.err
    apart = advisor("code", "OCR of handwritten text, deduplicate")
    assert "another task, left out (deduplication): deduplicate" in apart.err


def test_a_checkpoint_of_one_task_needs_none(advisor):
    id = "Salesforce/blip-vqa-base"
    assert advisor("code", id).out == advisor("code", id, "--task", "vqa").out


@pytest.mark.parametrize("task", ["zero-shot-classification", "image-search", "vqa"])
def test_the_program_has_the_words_of_the_command_that_tries_it(advisor, rulebase, task):
    code = advisor("recommend", "--task", task, "--format", "json").json["snippet"].lower()
    asked = [text for flag, text in rulebase.task(task).example.items() if flag != "folder"]
    assert asked
    assert all(f'"{word}"' in code for text in asked for word in text.split(","))


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("image-text-matching", "# thinking is off. The published results used thinking\n"),
        ("vqa", "# the model thinks before it answers, as in its published results"),
    ],
)
def test_the_head_says_whether_the_program_thinks(advisor, task, said):
    written = advisor("code", "Qwen/Qwen3.5-9B", "--task", task).out
    assert said in written
    assert ("enable_thinking=False" in written) == ("off" in said)


# -- what stands in a name stays a name ----------------------------------------------------------

FORGED = "ours\nimport os; os._exit(7)  # it's `x` ##[group]\x1b[2J\u202e"


@pytest.fixture
def forged(tmp_path, monkeypatch):
    """A folder of rules whose name would be code, in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / FORGED / "decisions").mkdir(parents=True)
    (tmp_path / FORGED / "decisions" / "none.yaml").write_text("rules: []\n")
    return FORGED


@pytest.mark.slow
def test_a_folder_of_rules_is_no_line_of_the_program(advisor, forged):
    plain = advisor("code", "counting").out
    written = advisor("code", "counting", "--rules", forged).out
    assert ast.dump(ast.parse(written)) == ast.dump(ast.parse(plain))
    assert written.isascii()
    notebook = json.loads(advisor("code", "counting", "--rules", forged, "--notebook").out)
    head, _, code = ("".join(cell["source"]) for cell in notebook["cells"])
    snippet = advisor("recommend", "counting", "--format", "json").json["snippet"]
    assert ast.dump(ast.parse(code)) == ast.dump(ast.parse(snippet))
    assert [line[:4] for line in head.splitlines() if "import os" in line] == [" " * 4]


@pytest.mark.slow
def test_a_folder_of_rules_says_no_encoding(advisor, tmp_path, monkeypatch):
    name = "coding: utf-7 +AAo-import os # vim: fileencoding=rot13"
    monkeypatch.chdir(tmp_path)
    (tmp_path / name / "decisions").mkdir(parents=True)
    (tmp_path / name / "decisions" / "none.yaml").write_text("rules: []\n")
    plain = advisor("code", "counting").out
    written = advisor("code", "counting", "--rules", name).out
    assert ast.dump(ast.parse(written.encode())) == ast.dump(ast.parse(plain))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a command line of POSIX shells")
def test_the_command_in_the_program_names_the_folder_to_a_shell(advisor, forged):
    document = advisor("code", "captioning", "--rules", forged, "--format", "json").json
    asked = f"printf '%s' {document['command'].partition('--rules ')[2]}"
    said = subprocess.run(["bash", "-c", asked], capture_output=True, check=True).stdout
    assert said.decode() == forged


@pytest.mark.parametrize(
    "prompt",
    [
        'Say "cheese".\nimport os',
        "a\\b {class} {memory-full} {names}",
        "\u202e\U000e0100 ##[group]x ##vso[x]",
        "Größe, 'ça va' 大",
        '"""',
        "'''",
        "tail\\",
    ],
)
def test_a_prompt_is_a_literal_of_the_program(rulebase, prompt):
    donut = next(
        one for one in rulebase.checkpoints.values() if "<s_cord-v2>" in one.prompts.values()
    )
    code = snippet(donut._replace(prompts={donut.tasks[0]: prompt}), donut.tasks[0], rulebase)
    shown = drawn(Report(dict, list, drawings={"python": lambda: code}), "python")
    assert "##[" not in shown
    constants = {one.value for one in ast.walk(ast.parse(shown)) if isinstance(one, ast.Constant)}
    assert prompt in constants


NO_CLASSES = ["AutoModel\nimport os", "AutoModel, os", "a.b()", "1x", "x y", "a..b", "AutoModel\n"]


@pytest.mark.parametrize("field", ["class", "processor"])
def test_a_class_of_an_overlay_is_a_dotted_name(advisor, tmp_path, field):
    refused = code_of_an_overlay(advisor, tmp_path, field, *NO_CLASSES)
    assert refused.err.count("is not a class such as `CLIPModel`") == len(NO_CLASSES)


def code_of_an_overlay(advisor, tmp_path, field, *names):
    """Return what `code` says of an overlay with a checkpoint for each name in a field."""
    folder = tmp_path / "ours" / "checkpoints"
    folder.mkdir(parents=True)
    entry = {"label": "Ours", "loader": "transformers", "tasks": ["vqa"]}
    entry |= {"class": "transformers.AutoModel", "processor": "AutoProcessor"}
    entries = [{**entry, "id": f"our/model{n}", field: name} for n, name in enumerate(names)]
    (folder / "clip.yaml").write_text(json.dumps({"checkpoints": entries}, indent=1))
    refused = advisor("code", "our/model0", "--task", "vqa", "--rules", folder.parent)
    assert refused.code == 2
    return refused


@pytest.mark.parametrize("field", ["class", "processor"])
def test_a_class_of_an_overlay_is_no_keyword(advisor, tmp_path, field):
    refused = code_of_an_overlay(advisor, tmp_path, field, "transformers.lambda")
    assert "`transformers.lambda` is not a class: `lambda` is a keyword of Python" in refused.err


def test_an_overlay_brings_no_programs(advisor, tmp_path):
    """What is printed is run by its reader, so that it comes from advisor alone."""
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "ours.yaml").write_text("parts: [{id: picture, code: import os}]\n")
    refused = advisor("code", "--task", "captioning", "--rules", str(tmp_path))
    assert (refused.code, refused.out) == (2, "")
    assert "programs/ours.yaml:1:1: overlays cannot change programs" in refused.err


@pytest.mark.parametrize(
    ("task", "said"),
    [("zero-shot-classification", "ein Foto: {}"), ("image-search", "ein Foto von einem Hund")],
)
def test_labels_and_what_is_searched_for_are_in_the_language_of_the_need(advisor, task, said):
    german = advisor("code", "--task", task, "--language", "de")
    assert said in german.out
    assert "a photo of a" not in german.out
    assert "a photo of a" in advisor("code", "--task", task).out
    ast.parse(german.out)


def test_a_program_that_goes_to_a_file_is_not_printed(advisor, tmp_path):
    for name, words in (("run.py", ()), ("run.ipynb", ()), ("again.ipynb", ("--notebook",))):
        file = tmp_path / name
        result = advisor("code", "captioning", "-o", str(file), *words)
        assert (result.code, result.out) == (0, "")
        assert f"wrote {file}" in result.err
        assert "Qwen" in file.read_text(encoding="utf-8")
    printed = advisor("code", "captioning", "-o", str(tmp_path / "other.py"), "--json")
    assert (tmp_path / "other.py").read_text("utf-8") == json.loads(printed.out)["python"]


@pytest.mark.parametrize("name", ["run.py", "run.ipynb", "page.html", "run.json"])
def test_a_file_that_exists_is_overwritten_only_by_force(advisor, tmp_path, name):
    file = tmp_path / name
    write = ["code", "captioning", "-o", str(file)]
    assert advisor(*write).code == 0
    written = file.read_text("utf-8")
    file.write_text(f"{written}mine", "utf-8")
    refused = advisor(*write)
    assert (refused.code, file.read_text("utf-8")) == (2, f"{written}mine")
    assert f"`{file}` already exists" in refused.err
    assert "--force overwrites the file" in refused.err
    assert advisor(*write, "--force").code == 0
    assert file.read_text("utf-8") == written


def test_how_to_run_a_file_is_what_its_head_says(advisor, tmp_path):
    for words in (("captioning",), ("ocr-line", "--training", "fine-tune"), ("image-search",)):
        file = tmp_path / "my program.py"
        run = advisor("code", *words, "-o", str(file), "--force").err.partition("e.g. `uv run ")[2]
        own, *rest = shlex.split(run.partition("`")[0])
        assert own == str(file)
        head = file.read_text(encoding="utf-8")
        assert f"#   uv run 'my program.py' {shlex.join(rest)}\n" in head
        assert "program.py and run it" not in head
        assert "Save this as program.py and run it." in advisor("code", *words).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "for captioning. The first run downloads "),
        (("--components", "custom", "--training", "fine-tune", "--join"), "combines and trains"),
    ],
)
def test_what_was_written_is_said_with_its_download(advisor, tmp_path, words, said):
    written = advisor("code", "captioning", *words, "-o", str(tmp_path / "cap.py"))
    (line,) = [
        line for line in written.err.splitlines() if line.startswith("advisor: the program ")
    ]
    assert said in line
    assert ("GB: " in line) == ("--join" not in words)
    assert "advisor: the program " not in advisor("code", "captioning", *words).err
    assert all(line.startswith("advisor") for line in written.err.splitlines())


@pytest.mark.parametrize(
    ("task", "label"),
    [("nsfw", "a photo with nudity"), ("zero-shot-classification", "a photo of a cat")],
)
def test_a_program_is_run_with_the_example_of_its_task(advisor, task, label):
    assert f'#   uv run program.py photos --labels "{label},' in advisor("code", task).out


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (("--labels", "red car, dog"), '"red car,dog"'),
        (("--labels=red car,dog",), '"red car,dog"'),
        (("--labels=labels.txt",), "labels.txt"),
        (("--labels", "here/labels"), "here/labels"),
    ],
)
def test_labels_given_to_code_are_those_of_the_program(advisor, words, typed):
    """In its command, and as its default; programs for other tasks take none."""
    result = advisor("code", "zero-shot-classification", *words)
    assert f"#   uv run program.py photos --labels {typed}\n" in result.out
    assert f'usual = "{typed.strip(chr(34))}"\n' in result.out
    assert 'add_argument("--labels", default=usual, required=not usual' in result.out
    assert 'usual = ""\n' in advisor("code", "zero-shot-classification").out
    assert result.err == ""
    chat = ("Qwen/Qwen3-VL-4B-Instruct", "--task", "zero-shot-classification")
    asked = advisor("code", *chat, *words).out
    assert f"#   uv run program.py photos --labels {typed}\n" in asked
    assert f'usual = "{typed.strip(chr(34)).replace(",", "; ")}"\n' in asked
    program = advisor("code", "captioning", *words)
    assert program.out == advisor("code", "captioning").out
    answered = advisor("code", "zero-shot-classification", "--labels", "several")
    assert '--labels "a photo of a cat,a photo of a dog"' in answered.out
    assert "--multi-label several" in answered.out


def test_labels_given_to_another_command_are_left_to_code_and_try(advisor):
    result = advisor("explain", "zero-shot-classification", "--labels", "cat,dog")
    assert "is for `advisor code` and `advisor try`" in result.err
    assert "not understood" not in result.err


def test_labels_and_fields_given_to_recommend_go_on_to_the_commands_it_proposes(advisor):
    result = advisor("recommend", "zero-shot-classification", "--labels", "cat, dog")
    assert (
        "--labels cat,dog\n  advisor code zero-shot-classification --labels cat,dog" in result.out
    )
    assert result.err == ""
    result = advisor("wine labels to JSON", "--fields", "vintage,region")
    again = (
        "advisor code 'wine labels to JSON' --task field-extraction \\\n    --fields vintage,region"
    )
    assert again in result.out
    program = advisor("code", "wine labels to JSON", "--fields", "vintage, region").out
    assert 'default="vintage,region"' in program
    assert (
        "code 'extract a.png' --fields a,b\n" in advisor("extract", "a.png", "--fields", "a,b").out
    )


def test_a_folder_with_fields_or_one_label_needs_no_sentence(advisor, tmp_path):
    folder = f"{tmp_path}/"
    assert "code --task field-extraction --fields a,b\n" in advisor(folder, "--fields", "a,b").out
    labeled = "code --task zero-shot-classification --labels dog\n"
    assert labeled in advisor(folder, "--labels", "dog").out
    cluster = advisor("cluster photos", folder, "-k", "5")
    assert "--device ''" not in cluster.err


def test_a_task_outside_the_families_has_no_program_and_the_reason(advisor):
    refused = advisor("code", "segmentation")
    assert "advisor has no program for segmentation, because no family fits" in refused.err
    assert "so use a segmentation model. `advisor recommend --task segmentation`" in refused.err


def test_a_question_is_the_one_that_the_program_asks(advisor):
    program = advisor("code", "vqa", "--question", "is there a helmet?").out
    assert 'question = "is there a helmet?"' in program


def test_labels_and_the_question_of_a_sentence_stand_in_the_command_that_tries_it(advisor):
    assert "--labels cat,dog,rabbit\n" in advisor("sort photos into cat, dog, rabbit").out
    question = "--question 'How many boats are in the image?'"
    counting = advisor("count the boats in each photo").out
    assert question in counting
    assert '"boats" to count' in counting
    assert "Not understood" not in counting


def test_a_page_goes_to_a_file_of_its_suffix_and_a_program_to_none(advisor, tmp_path):
    page = tmp_path / "page.html"
    assert advisor("code", "image-search", "--device", "browser", "-o", str(page)).code == 0
    assert "<script" in page.read_text(encoding="utf-8")
    refused = advisor(
        "code", "vqa", "-o", str(tmp_path / "x.html"), "--project", str(tmp_path / "new")
    )
    assert (refused.code, refused.out) == (2, "")
    assert "transformers.js" in refused.err
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize("words", [["-o", "cap.py"], ["-o", "cap.ipynb"], ["--notebook"]])
def test_a_page_is_not_written_where_python_is_asked_for(advisor, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    refused = advisor("code", "image captions in the browser", *words)
    assert (refused.code, refused.out, [*tmp_path.iterdir()]) == (2, "", [])
    (line,) = re.findall("`(advisor code .* -o .*html)`", refused.err)
    assert advisor(*shlex.split(line)[1:]).code == 0
    (page,) = tmp_path.iterdir()
    assert "<!doctype html>" in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "runtime"), [("browser", "transformers.js"), ("Phone", "transformers.js")]
)
def test_a_runtime_is_named_by_where_it_runs(advisor, name, runtime):
    said = advisor("code", "image-search", "--runtime", name, "--json")
    assert json.loads(said.out)["runtime"] == runtime


@pytest.mark.parametrize(
    ("need", "fields"),
    [
        ("read invoice number, amount and date from invoices", "invoice number,amount,date"),
        ("Rechnungsnummer, Betrag und Datum aus Belegen auslesen", "Rechnungsnummer,Betrag,Datum"),
        ("提取发票的金额和日期", "金额,日期"),
    ],
)
def test_fields_that_a_need_names_are_those_of_its_program(advisor, need, fields):
    program = advisor("code", need).out
    assert f'add_argument("--fields", default="{fields}"' in program
    assert "#   uv run program.py photos\n" in program
    ast.parse(program)
    assert "fields to extract" in " ".join(advisor("recommend", need).out.split())


@pytest.mark.parametrize(
    ("need", "labels"),
    [
        ("classify photos of clothes: dress, rain coat, shirt", '"dress,rain coat,shirt"'),
        ("Scans einsortieren: Rechnung, Brief, Formular", "Rechnung,Brief,Formular"),
    ],
)
def test_labels_that_a_need_lists_are_in_the_command_of_its_program(advisor, need, labels):
    assert f"#   uv run program.py photos --labels {labels}\n" in advisor("code", need).out


def test_fields_are_asked_for_where_a_need_names_none(advisor):
    program = advisor("code", "field-extraction").out
    assert 'add_argument("--fields", required=True' in program
    assert "#   uv run program.py photos --fields vendor,total\n" in program


def test_the_date_of_a_search_is_no_field(advisor):
    said = advisor("recommend", "search photos by text and date").out
    assert "fields to extract" not in said
    assert "No effect" in said


@pytest.mark.parametrize(
    ("id", "task", "trainer"),
    [
        ("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "image-search", "open_clip trains it, see https"),
        (
            "PaddlePaddle/PP-OCRv6_medium_rec_safetensors",
            "ocr-line",
            "PaddleOCR trains it, see http",
        ),
    ],
)
def test_who_trains_what_no_program_here_trains_is_named(advisor, id, task, trainer):
    written = advisor("code", id, "--task", task, "--training", "fine-tune")
    assert f"advisor has no program that trains {id} for {task}. {trainer}" in written.out


def test_the_task_to_choose_keeps_what_else_was_understood(advisor):
    refused = advisor("code", "find the words on signs in photos, at most 4 GB")
    assert refused.code == 3
    command = refused.err.partition("e.g. `advisor ")[2].partition("`")[0]
    assert "--memory-gb 4" in command
    assert advisor(*shlex.split(command)).code == 0


@pytest.mark.parametrize(
    ("need", "flags"),
    [
        (
            "classify product photos with 40 examples a class",
            "--task supervised-classification --training fine-tune --num-examples 40",
        ),
        (
            "search 50,000 photos by words on a laptop",
            "--task image-search --num-items 50000 --device cpu",
        ),
    ],
)
def test_a_need_as_newcomers_typed_it_has_one_task(advisor, need, flags):
    result = advisor("code", need)
    assert result.code == 0
    command = result.err.partition("understood as `")[2].partition("`")[0]
    assert set(re.findall(r"--\S+ \S+", flags)) <= set(re.findall(r"--\S+ \S+", command))


@pytest.mark.parametrize(
    ("words", "run", "said"),
    [
        (
            ("--task", "document-classification"),
            'photos --labels "an invoice,a letter,a form"',
            "runs Qwen/",
        ),
        (
            ("--task", "document-vqa"),
            'photos --question "What is the total on this document?"',
            "Input: a folder of images and PDFs, one file, or a CSV with the columns image and",
        ),
        (("--task", "ocr-page"), "photos", "Input: a folder of images and PDFs, or one file."),
        (
            ("--task", "supervised-classification"),
            "photos",
            "trains a logistic regression on frozen vectors of google/",
        ),
    ],
)
def test_the_head_says_what_it_takes_asks_and_does(advisor, words, run, said):
    """What nobody gave is in the line that runs it, and is what the program has by itself."""
    written = advisor("code", *words).out
    head, code = written.split("\n\nimport ", 1)
    assert f"#   uv run program.py {run}\n" in head
    assert f"\n# {said}" in head
    if asked := re.search(r'--(?:labels|question) "(.*)"', run):
        assert f'"{asked[1]}"' in code.replace("; ", ",")


@pytest.mark.parametrize(
    ("need", "counted"),
    [
        ("how many people are in my photos", "people"),
        ("count the parked cars on photos of my lot", "parked cars"),
        ("count how many cats are in photos", "cats"),
        ("combien de voitures sont sur mes photos", "voitures"),
        ("count all cells in my 200 photos on a CPU", "cells"),
    ],
)
def test_a_program_that_counts_asks_for_what_the_sentence_counts(advisor, need, counted):
    code = advisor("code", need).out
    asked = f'"How many {counted} are in the image?"'
    assert f"uv run program.py photos --question {asked}\n" in code
    assert f"\nquestion = {asked}\n" in code
