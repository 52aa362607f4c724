"""Examples, CI files and pages: they say what the commands do."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from commands import ran

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples"


def run_there(advisor, monkeypatch, name, *arguments):
    monkeypatch.chdir(EXAMPLES / name)
    return advisor("check", *arguments, "--format", "json")


def test_the_failing_project_fails_for_what_its_corrected_twin_fixes(advisor, monkeypatch):
    result = run_there(advisor, monkeypatch, "project-failing")
    assert result.code == 1
    rules = {one["rule"] for one in result.of("error", "warning")}
    assert rules == {
        "family-excluded",
        "family-discouraged",
        "task-not-done",
        "unused-choice",
        "undeclared-usage",
        "weights-random-or-unused",
        "class-does-not-match",
        "softmax-for-sigmoid",
        "removed-class",
    }


def test_the_corrected_project_passes_strictly(advisor, monkeypatch):
    result = run_there(advisor, monkeypatch, "project-passing", "--strict")
    assert (result.code, result.of("error", "warning")) == (0, [])


def test_a_folder_is_checked_by_its_own_advisor_yaml_from_anywhere(advisor, monkeypatch):
    monkeypatch.chdir(ROOT)
    result = advisor("check", "examples/project-passing", "--format", "json")
    assert result.code == 0
    assert result.json["transformers"] == "5.24.0"
    assert {one["path"] for one in result.json["usages"]} == {
        f"examples/project-passing/src/{name}.py"
        for name in ("alt_texts", "product_search", "receipts")
    }


@pytest.mark.parametrize("name", ["project-failing", "project-passing"])
def test_the_examples_are_python_that_compiles(name):
    files = sorted((EXAMPLES / name).rglob("*.py"))
    assert len(files) == 3
    for file in files:
        compile(file.read_text(encoding="utf-8"), file.name, "exec")


def test_the_ci_files_of_the_examples_run_commands_that_exist(advisor, monkeypatch, tmp_path):
    monkeypatch.chdir(EXAMPLES / "project-passing")
    texts = [
        (EXAMPLES / "project-passing" / name).read_text(encoding="utf-8")
        for name in (".github/workflows/advisor.yml", ".gitlab-ci.yml", ".pre-commit-config.yaml")
    ]
    for text in texts:
        assert yaml.safe_load(text)
        (line,) = re.findall(r"(?:- run: |- |entry: )(?:python -I -m )?(advisor check.*)", text)
        words = line.replace("advisor.xml", str(tmp_path / "advisor.xml")).split()[1:]
        assert advisor(*words).code == 0


def test_every_input_of_the_action_reaches_the_command_through_the_environment():
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps = action["runs"]["steps"]
    passed = " ".join(value for step in steps for value in step["env"].values())
    for name in action["inputs"]:
        assert f"${{{{ inputs.{name} }}}}" in passed
    for step in steps:
        assert "${{" not in step["run"]  # what stands in an input never becomes shell code


@pytest.mark.skipif(sys.platform == "win32", reason="the step is written for bash")
def test_the_action_without_a_python_it_can_use_says_which_it_needs(tmp_path):
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    (tmp_path / "python").write_text("#!/bin/sh\nexit 1\n")  # as one that is too old answers
    (tmp_path / "python").chmod(0o755)
    done = ran(
        ["bash", "-euo", "pipefail", "-c", action["runs"]["steps"][0]["run"]],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "RUNNER_TEMP": str(tmp_path), "ACTION_PATH": "."},
    )
    assert done.returncode == 2
    assert "needs Python 3.11 or later" in done.stdout
    assert not (tmp_path / "advisor").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the step is written for bash")
@pytest.mark.parametrize("programs", ["bin", "Scripts"])
def test_the_step_of_the_action_checks_the_paths_it_is_given(tmp_path, programs):
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    folder = tmp_path / "advisor" / programs
    folder.mkdir(parents=True)
    (folder / "python").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (folder / "python").chmod(0o755)
    variables = {
        "PATH": "/usr/bin:/bin",
        "RUNNER_TEMP": str(tmp_path),
        "PATHS": "src\na folder; echo $HOME\n",
        "TRANSFORMERS": "5.24",
        "FAIL_ON": "",
        "BASELINE": "",
        "SARIF": "out file.sarif",
        "ACTION_PATH": str(tmp_path),
    }
    done = ran(
        ["bash", "-euo", "pipefail", "-c", action["runs"]["steps"][1]["run"]],
        env=variables,
        check=True,
    )
    assert done.stdout.splitlines() == [
        *("-I", "-m", "advisor"),
        "check",
        "--transformers",
        "5.24",
        "--output",
        "sarif=out file.sarif",
        "--",
        "src",
        "a folder; echo $HOME",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="the step is written for bash")
def test_the_copy_of_the_action_beside_the_project_is_not_checked(advisor, monkeypatch, tmp_path):
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True)
    wrong = "from transformers import AutoModelForVision2Seq\n"
    for folder in (".advisor-action/examples", "src", "runner/advisor/bin"):
        Path(folder).mkdir(parents=True)
    for file in (".advisor-action/examples/a.py", "src/a.py"):
        Path(file).write_text(wrong)
    (python := Path("runner/advisor/bin/python")).write_text("#!/bin/sh\n")
    python.chmod(0o755)
    given = ("PATHS", "TRANSFORMERS", "FAIL_ON", "BASELINE", "SARIF")
    for path in (f"{tmp_path}/./.advisor-action", str(tmp_path)):
        subprocess.run(
            ["bash", "-euo", "pipefail", "-c", action["runs"]["steps"][1]["run"]],
            env={
                **dict.fromkeys(given, ""),
                "PATH": "/usr/bin:/bin",
                "RUNNER_TEMP": f"{tmp_path}/runner",
                "ACTION_PATH": path,
            },
            check=True,
        )
    result = advisor("check", ".", "--format", "json")
    assert {one["path"] for one in result.json["findings"]} == {"src/a.py"}
    assert result.json["suppressed"]["gitignored"] == 1


PLANTED = ("advisor", "venv", "pip", "ensurepip", "typer", "rich", "yaml", "json", "sitecustomize",
           "usercustomize", "transformers", "encodings")  # fmt: skip


@pytest.fixture
def planted(tmp_path):
    """A checked tree with a finding, and a module for each that a careless step would import."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in PLANTED:
        (tree / f"{name}.py").write_text("open('PWNED', 'w').close()\n")
        (tree / name).mkdir()
        (tree / name / "__init__.py").write_text("open('PWNED', 'w').close()\n")
    (tree / "wrong.py").write_text("from transformers import AutoModelForVision2Seq\n")
    (tree / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "advisor"\n'
    )
    return tree


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the commands are written for bash")
@pytest.mark.parametrize(
    "file",
    [
        "docs/check.md",
        "examples/project-passing/.gitlab-ci.yml",
        "examples/project-passing/.github/workflows/advisor.yml",
        "examples/project-passing/.pre-commit-config.yaml",
    ],
)
def test_a18_no_recipe_imports_anything_of_the_checked_tree(planted, file):
    text = (ROOT / file).read_text(encoding="utf-8").rpartition("\n## In CI\n")[2]
    line = r"(?:- run: |- |entry: |`)((?:python -I -m )?advisor check(?: [^`\n#]*)?)"
    commands = {one.strip() for one in re.findall(line, text) if "FILE" not in one}
    assert commands
    folder = os.path.dirname(sys.executable)  # noqa: PTH120 - where its programs are, unresolved
    for command in commands:
        words = command.replace(" --baseline advisor-baseline.json", "")
        done = ran(
            ["bash", "-c", f"{words} --format json"],
            cwd=planted,
            env={**os.environ, "PATH": f"{folder}:/usr/bin:/bin"},
        )
        assert done.returncode == 1, done.stderr
        assert "removed-class" in done.stdout
        assert not (planted / "PWNED").exists(), command


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the steps are written for bash")
def test_a18_the_action_imports_nothing_of_the_checked_tree(planted, tmp_path):
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    wheel = tmp_path / "advisor-1-py3-none-any.whl"  # in the place of the action's own folder
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("advisor/__init__.py", "")
        packed.writestr("advisor/__main__.py", "import sys\nprint('checked', *sys.argv[1:])\n")
        packed.writestr(
            "advisor-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: advisor\nVersion: 1\n"
        )
        packed.writestr(
            "advisor-1.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        packed.writestr("advisor-1.dist-info/RECORD", "")
    (runner := tmp_path / "runner").mkdir()
    variables = {
        "PATH": f"{os.path.dirname(os.path.realpath(sys.executable))}:/usr/bin:/bin",  # noqa: PTH120
        "RUNNER_TEMP": str(runner),
        "ACTION_PATH": str(wheel),
        "PYTHONPATH": str(planted),  # as a careless workflow sets it
        "PIP_NO_INDEX": "1",
        **dict.fromkeys(("TRANSFORMERS", "FAIL_ON", "BASELINE", "SARIF"), ""),
        "PATHS": ".",
    }
    for step in action["runs"]["steps"]:
        folder = runner if "runner.temp" in step.get("working-directory", "") else planted
        if "pip" not in step["run"]:
            variables["ACTION_PATH"] = str(wheel.parent)  # which the check is told to pass over
        done = ran(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder,
            env=variables,
        )
        assert done.returncode == 0, done.stderr
        assert not (planted / "PWNED").exists()
        assert not (runner / "PWNED").exists()
    assert done.stdout == "checked check -- .\n"


def test_the_hook_runs_the_check_once_for_the_whole_project():
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["id"], hook["entry"]) == ("advisor-check", "advisor check")
    assert hook["pass_filenames"] is False
    for name in ("a.py", "b.ipynb", "advisor.yaml", "c.toml"):
        assert re.search(hook["files"], name)


def test_the_yaml_on_the_page_is_yaml():
    text = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(blocks) > 3
    for block in blocks:
        assert yaml.safe_load(block)
