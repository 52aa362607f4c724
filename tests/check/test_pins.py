"""A project is judged by the transformers that it asks for, and says which that was."""

import json

import pytest

from advisor.catalogue.release import described_releases
from advisor.scan.pin import pin_of_notebook, read_pin
from advisor.scan.version_range import read_range

NEWEST = described_releases()[-1]
SECOND = described_releases()[-2]
OLD_CLASS = "from transformers import CLIPFeatureExtractor, CLIPModel\n"
OLD_ARGUMENT = (
    "from transformers import CLIPModel\n"
    'm = CLIPModel.from_pretrained("openai/clip-vit-base-patch32", torch_dtype="auto")\n'
)


def rules_of(result, level):
    return [(one["path"], one["rule"]) for one in result.of(level)]


@pytest.mark.parametrize(
    ("file", "text", "allowed", "refused"),
    [
        ("requirements.txt", "torch\ntransformers==4.54.1  # newest that works\n", "4.54.1", "5"),
        ("requirements.txt", "transformers[torch]>=4.40,<5; python_version > '3.8'", "4.57", "5"),
        ("requirements.txt", "transformers~=4.51.3\n", "4.51.9", "4.52"),
        ("reqs.txt", "transformers==4.31.0\n", "4.31", "4.32"),
        ("cog.yaml", 'build:\n  python_packages:\n    - "transformers==4.8.1"\n', "4.8.1", "4.9"),
        (
            "requirements.txt",
            "transformers==4.3; python_version < '3.9'\ntransformers>=5; python_version >= '3.9'\n",
            "5.1",
            "4.9",
        ),
        (
            "a-requirements.in",
            "transformers==4.3; python_version < '3'\ntransformers>=5",
            "5",
            "4.3",
        ),
        ("requirements-dev.txt", "-r x.txt\ntransformers>=4.5,!=4.6", "4.7", "4.6"),
        ("pyproject.toml", '[project]\ndependencies = ["transformers<5"]', "4.57", "5.0"),
        ("pyproject.toml", '[tool.poetry.dependencies]\ntransformers = "^4.40"', "4.57", "5.0"),
        ("pyproject.toml", '[dependency-groups]\ntest = ["transformers>=5.2"]', "5.3", "5.1"),
        ("setup.py", 'setup(install_requires=["torch", "transformers>=4.6,<5"])', "4.7", "5.0"),
        ("setup.cfg", "[options]\ninstall_requires =\n    transformers==5.0.0\n", "5", "5.1"),
        (
            "environment.yml",
            "dependencies:\n  - conda-forge::transformers=4.33\n",
            "4.33.2",
            "4.34",
        ),
        ("Pipfile", '[packages]\ntransformers = "==4.46.3"\n', "4.46.3", "4.47"),
        (
            "Pipfile",
            '[packages]\ntransformers = {extras = ["torch"], version = "<5"}',
            "4.57",
            "5",
        ),
        (
            "Pipfile.lock",
            '{"default": {"torch": {"version": "==2.6"},\n"transformers": {"extras": ["torch"],\n'
            '"hashes": ["sha256:0a", "sha256:1b"], "version": "==4.46.3"}}}',
            "4.46.3",
            "4.46.2",
        ),
        ("environment_home.yml", "dependencies:\n- pip:\n  - transformers==4.16.2", "4.16.2", "5"),
        ("uv.lock", '[[package]]\nname = "transformers"\nversion = "5.5.4"\n', "5.5.4", "5.5.3"),
        (
            "requirements.txt",
            "git+https://github.com/huggingface/transformers.git@v4.49.0\n",
            "4.49",
            "4.50",
        ),
    ],
)
def test_files_of_every_kind_tell_the_range(file, text, allowed, refused):
    pin = read_pin(text, file)
    numbers = [tuple(map(int, version.split("."))) for version in (allowed, refused)]
    assert [pin.range.allows(number) for number in numbers] == [True, False]
    assert text.splitlines()[pin.line - 1].find("transformers") >= 0 or file == "uv.lock"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("requirements.txt", "sentence-transformers==2.2\ntransformers-stream-generator==0.0.4\n"),
        ("requirements.txt", "# transformers==4.30\n"),
        ("requirements.txt", "numpy\t# transformers==4.30\n"),
        ("requirements.txt", "numpy; extra == 'transformers==4.30'\n"),
        ("requirements.txt", "numpy --hash=sha256:transformers==4.30\n"),
        ("pyproject.toml", '[tool.isort]\nknown_third_party = ["transformers"]'),
        ("pyproject.toml", "not = [toml"),
        ("setup.py", 'setup(keywords=["transformers"])'),
        ("Pipfile", '[packages]\nsentence-transformers = "==2.2"\n'),
        ("Pipfile.lock", '{"default": {"transformers": {"git": "x"}, "a": {"version": "==4.3"}}}'),
    ],
)
def test_what_only_looks_like_a_requirement_is_none(file, text):
    assert read_pin(text, file) is None


def test_requirements_as_powershell_writes_them_are_read(check):
    files = {"requirements.txt": "transformers==4.30\n".encode("utf-16"), "a.py": OLD_CLASS}
    assert check(files).json["releases"][0]["requirement"] == "transformers==4.30"


@pytest.mark.parametrize(
    ("files", "believed"),
    [
        ({"Pipfile": 'transformers = "*"', "Pipfile.lock": "==4.46.3"}, "Pipfile.lock"),
        ({"Pipfile": 'transformers = "==4.50"', "Pipfile.lock": "==4.46.3"}, "Pipfile"),
        ({"Pipfile": 'transformers = "==4.46.3"'}, "Pipfile"),
        ({"environment_home.yml": "  - transformers=4.46.3"}, "environment_home.yml"),
        ({"conda-cpu.yaml": "  - transformers==4.46.3"}, "conda-cpu.yaml"),
        (
            {"environment-a.yml": "- transformers=4.5", "environment.yml": "- transformers=4.46.3"},
            "environment.yml",
        ),
    ],
)
def test_pins_of_pipenv_and_of_environments_by_any_name_are_believed(check, files, believed):
    if lock := files.get("Pipfile.lock"):
        files["Pipfile.lock"] = json.dumps({"default": {"transformers": {"version": lock}}})
    result = check({**files, "app.py": OLD_CLASS})
    assert result.of("error") == []
    assert [one["path"] for one in result.json["releases"]] == [believed]


def test_each_file_is_judged_by_the_nearest_requirement_above_it(check):
    files = {
        "requirements.txt": "transformers<5\n",
        "old/deep/app.py": OLD_CLASS,
        "new/requirements.txt": "transformers>=4.57\n",
        "new/app.py": OLD_CLASS,
        "docs/requirements.txt": "sphinx\n",
        "docs/app.py": OLD_CLASS,
    }
    result = check(files)
    assert rules_of(result, "error") == [("new/app.py", "removed-class")]
    told = {(one["path"], one["transformers"], one["files"]) for one in result.json["releases"]}
    assert told == {("requirements.txt", "4.57.6", 2), ("new/requirements.txt", NEWEST, 1)}


def test_what_breaks_only_above_the_pin_is_a_note_about_upgrading(check):
    files = {"requirements.txt": "transformers==4.57.6\n", "app.py": OLD_CLASS}
    result = check(files)
    assert result.code == 0
    (note,) = [one for one in result.of("note") if one["rule"] == "removed-class"]
    assert note["upgrade"] == NEWEST
    asked = check({}, "--transformers", NEWEST)
    assert rules_of(asked, "error") == [("app.py", "removed-class")]
    assert asked.json["releases"] == []


@pytest.mark.parametrize(("asked", "level"), [("@1931a35", "note"), ("@main", "error")])
def test_of_a_commit_nobody_knows_which_release_it_is(check, asked, level):
    pinned = f"git+https://github.com/huggingface/transformers{asked}\n"
    result = check({"requirements.txt": pinned, "app.py": OLD_CLASS})
    (found,) = [one for one in result.json["findings"] if one["rule"] == "removed-class"]
    assert found["level"] == level
    assert found.get("upgrade") == (NEWEST if level == "note" else None)


def test_a_fix_has_to_hold_for_all_that_is_allowed(check, tmp_path):
    files = {"app.py": OLD_ARGUMENT, "requirements.txt": "transformers>=4.40\n"}
    check(files, "--fix")
    assert "torch_dtype" in (tmp_path / "app.py").read_text()
    check({"requirements.txt": "transformers>=5.0\n"}, "--fix")
    assert "(dtype=" in (tmp_path / "app.py").read_text().replace(" ", "").replace(",", "(")


def test_a_notebook_is_judged_by_what_it_installs(check):
    source = ["%pip install -q transformers==4.57.6\n", OLD_CLASS]
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": [text]} for text in source
    ]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}, indent=1)
    result = check({"a.ipynb": notebook, "requirements.txt": "transformers>=5\n"})
    assert rules_of(result, "error") == []
    assert [one["path"] for one in result.json["releases"]] == ["a.ipynb"]


@pytest.mark.parametrize(("declared", "errors"), [("^4.52", []), ("^5.0", ["removed-class"])])
def test_a_lock_that_breaks_what_is_declared_beside_it_is_an_old_one(check, declared, errors):
    lock = '[[package]]\nname = "transformers"\nversion = "4.57.6"\n'
    poetry = f'[tool.poetry.dependencies]\ntransformers = "{declared}"\n'
    result = check({"app.py": OLD_CLASS, "poetry.lock": lock, "pyproject.toml": poetry})
    assert [rule for _, rule in rules_of(result, "error")] == errors


def test_a_bare_install_in_a_notebook_is_no_pin():
    assert pin_of_notebook(b"", "!pip install transformers\n", "a.ipynb") is None
    assert pin_of_notebook(b"", "!pip install -U transformers\n", "a.ipynb") is not None


def test_older_than_all_that_is_described_gives_no_error(check):
    result = check({"requirements.txt": "transformers==4.20.1\n", "app.py": OLD_CLASS})
    assert result.code == 0
    assert [one["transformers"] for one in result.json["releases"]] == [described_releases()[0]]


@pytest.mark.parametrize("asked", ["<4.46", "<4.46.0", ">=4.41,<4.46"])
def test_a_release_that_the_pin_leaves_out_is_above_it(check, asked):
    text = (
        "from transformers import SiglipModel, Trainer\n"
        "class Mine(Trainer):\n"
        "    def compute_loss(self, model, inputs, return_outputs=False):\n"
        "        return model(**inputs).loss\n"
    )
    result = check({"requirements.txt": f"transformers{asked}\n", "app.py": text})
    assert rules_of(result, "error") == []
    assert ("app.py", "narrower-override") in rules_of(result, "note")


@pytest.mark.parametrize(
    ("asked", "judging"),
    [(">=4.50.4,<4.51", "4.50.3"), ("<4.46.2", "4.46.3"), ("<=4.46", "4.46.3"), ("<5", "4.57.6")],
)
def test_where_no_described_release_is_allowed_one_of_a_minor_that_is_judges(check, asked, judging):
    files = {"requirements.txt": f"transformers{asked}\n", "app.py": OLD_CLASS}
    (one,) = check(files).json["releases"]
    assert one["transformers"] == judging


@pytest.mark.parametrize(
    "guarded",
    [
        "if is_transformers_version('<', '5'):\n    pipe = pipeline('visual-question-answering')\n",
        "@pytest.mark.skipif(is_transformers_version('>=', '5'), reason='gone')\n"
        "def test():\n    pipe = pipeline('visual-question-answering')\n",
        "if version.parse(transformers.__version__) < version.parse('5'):\n"
        "    pipe = pipeline('visual-question-answering')\n",
        "try:\n    pipe = pipeline('visual-question-answering')\nexcept ImportError:\n    pass\n",
    ],
)
def test_what_stands_behind_a_version_is_not_held_against_another_one(check, guarded):
    bare = "from transformers import pipeline\npipe = pipeline('visual-question-answering')\n"
    asked = ("--transformers", "5.24")
    assert rules_of(check({"app.py": bare}, *asked), "error") == [("app.py", "removed-pipeline")]
    text = "import pytest\nimport transformers\nfrom transformers import pipeline\n" + guarded
    assert rules_of(check({"app.py": text}, *asked), "error") == []


def test_the_closing_line_says_which_release_and_from_where(check):
    files = {"requirements.txt": "torch\ntransformers<5\n", "app.py": OLD_ARGUMENT}
    page = " ".join(check(files, format="terminal").out.split())
    assert "transformers 4.57.6 (transformers<5 in requirements.txt)" in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            "<=5.8.0",
            "5.7.0 (transformers<=5.8.0 in requirements.txt, advisor has no data on 5.8.0)",
        ),
        (
            "==4.52.3",
            "4.52.4 (transformers==4.52.3 in requirements.txt, advisor has no data on 4.52.3)",
        ),
        (
            f"<={SECOND}.9",
            f"{SECOND} (transformers<={SECOND}.9 in requirements.txt, advisor has no data on "
            f"{SECOND}.9)",
        ),
        (">=5.3,<=5.8.1", "5.8.1 (transformers>=5.3,<=5.8.1 in requirements.txt)"),
        ("<=99", f"{NEWEST} (transformers<=99 in requirements.txt)"),
        ("~=4.52.3", "4.52.4 (transformers~=4.52.3 in requirements.txt)"),
    ],
)
def test_a_release_in_between_is_said_to_be_judged_by_another(check, asked, said):
    files = {"requirements.txt": f"transformers{asked}\n", "app.py": OLD_ARGUMENT}
    page = " ".join(check(files, format="terminal").out.split())
    assert f"transformers {said}" in page


def pyproject(*dependencies, **extras):
    lines = [f"{name} = {[text]}" for name, text in extras.items()]
    return "\n".join(
        [
            "[project]",
            f"dependencies = {[*dependencies]}",
            "[project.optional-dependencies]",
            *lines,
        ]
    )


EXACT, LATER = "transformers==4.57.6", "transformers>=5.5.0"


@pytest.mark.parametrize(
    ("text", "judged", "said"),
    [
        (pyproject(LATER, local=EXACT), NEWEST, LATER),
        (pyproject("transformers", reward=EXACT), "4.57.6", EXACT),
        (pyproject(reward=EXACT, local=LATER), "4.57.6", EXACT),
        (pyproject("transformers @ git+https://x/transformers", reward=EXACT), "4.57.6", EXACT),
    ],
)
def test_of_several_requirements_the_first_with_a_range_judges(check, text, judged, said):
    (told,) = check({"pyproject.toml": text, "app.py": OLD_ARGUMENT}).json["releases"]
    assert (told["transformers"], told["requirement"]) == (judged, said)


def test_extras_that_differ_leave_only_fixes_that_hold_for_each(check, tmp_path):
    files = {"pyproject.toml": pyproject(a="transformers==4.48.3", b=LATER), "app.py": OLD_ARGUMENT}
    check(files, "--fix")
    assert "torch_dtype" in (tmp_path / "app.py").read_text()


def test_notes_are_counted_and_each_one_stands_there_with_verbose(check):
    load = 'CLIPModel.from_pretrained("openai/clip-vit-{}-patch32")\n'
    text = "from transformers import CLIPModel\n" + load.format("base") + load.format("large")
    short = check({"app.py": text}, format="terminal").out
    assert "unpinned-revision" not in short
    assert "`-v` shows 2 notes" in short
    assert check({}, "-v", format="terminal").out.count("unpinned-revision") == 2


def test_requirements_that_are_too_large_to_read_are_said_to_be_unread(check):
    result = check({"a.py": "import transformers\n", "requirements.txt": "a==1\n" * 1_100_000})
    (note,) = result.of("note")
    assert (note["rule"], note["path"]) == ("file-not-checked", "requirements.txt")
    assert "larger than 5 MB" in note["message"]
    assert result.json["suppressed"]["not_parsed"] == 1


def test_a_star_among_the_clauses_of_a_requirement_leaves_the_others():
    allowed = read_range("*, >=4.40, <5")
    assert (allowed.allows((4, 57, 6)), allowed.allows((5, 1, 0))) == (True, False)
