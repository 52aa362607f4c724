"""No answer is written over a file that the same command reads, or keeps."""

import shutil

import pytest

from advisor.cli.main import run

CODE = "from transformers import AutoModelForVision2Seq\n"
NAMED = [
    "check a.py --output json=a.py",
    "check --config advisor.yaml --output json=link.yaml",
    "check --write-baseline new.json --profile new.json",
    "recommend --profile p.json --output markdown=./p.json",
    "recommend --batch p.json --output json=p.json",
    "recommend --task captioning --measurements p.json --output json=p.json",
    "try --image photo.png --output json=photo.png",
    "try --folder . --task embeddings --vectors v.npy --image v.npy",
    "evaluate pairs.csv --demo --output html=pairs.csv",
    "evaluate pairs.csv --demo --baseline p.json --output json=p.json",
    "compose --checkpoint a --finetune pairs.csv --save new --output html=pairs.csv",
    "train vlp pairs.csv --save new --output html=pairs.csv",
    "convert vlp a.py new --vocabulary p.json --output json=p.json",
]
"""What the command line names to be read is known before anything is done."""
FOUND = [
    "check --output json=a.py",
    "check --output json=plain.py",
    "check --output json=config.yaml",
    "check --output json=advisor.yaml",
    "check --output json=requirements.txt",
    pytest.param(
        "rules coverage --rules our --output json=our/sources.yaml",
        marks=[pytest.mark.slow, pytest.mark.long],
    ),
    "show ./model --output json=model/config.json",
    "compare ./model openai/clip-vit-base-patch32 --output json=model/config.json",
]
"""The rest is known once it was read."""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts = {
        "a.py": CODE,
        "plain.py": "x = 1\n",
        "config.yaml": "model: Salesforce/blip-vqa-base\n",
        "advisor.yaml": "fail_on: never\n",
        "requirements.txt": "transformers==5.0\n",
        "p.json": '{"task": "captioning"}',
        "new.json": "",
        "photo.png": "no image",
        "v.npy": "no image",
        "pairs.csv": "image,text\nphoto.png,a photo\n",
        "our/sources.yaml": (
            'sources: [{id: our, title: Our trials, kind: results, read: "2026-11"}]\n'
        ),
        "model/config.json": '{"model_type": "blip"}',
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "link.yaml").symlink_to("advisor.yaml")
    return tmp_path


def contents(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("line", NAMED + FOUND)
def test_an_answer_over_what_it_is_made_from_is_refused(project, advisor, line):
    before = contents(project)
    result = advisor(*line.split())
    assert (
        result.code,
        "so the answer cannot be written to the same file" in result.out + result.err,
    ) == (2, True)
    assert contents(project) == before


def test_an_earlier_answer_is_written_anew(project, advisor):
    words = [
        "check",
        "--output",
        "json=r.json",
        "--output",
        "sarif=s.json",
        "--output",
        "markdown=r.md",
    ]
    assert [advisor(*words).code for _ in range(3)] == [0, 0, 0]
    again = ("recommend", "--task", "captioning", "--output", "json=r.json")
    assert [advisor(*again).code for _ in range(2)] == [0, 0]


def test_a_batch_leaves_no_file_unwritten_that_was_asked_for(project, advisor):
    result = advisor("recommend", "--batch", "p.json", "--output", "json=new-answer.json")
    assert result.code == 2
    assert "`--batch` always prints one line of JSON per input line" in result.out


@pytest.mark.parametrize("asked", [("-q",), ("-v",), ("--format", "html")])
def test_a_batch_answers_in_no_other_way_than_its_own(project, advisor, asked):
    result = advisor("recommend", "--batch", "p.json", *asked)
    assert (result.code, f"so `{' '.join(asked)}` has no effect" in result.out) == (2, True)


def test_standard_input_is_not_read_for_two_options(advisor):
    result = advisor("recommend", "--profile", "-", "--batch", "-")
    assert (result.code, "two options read standard input, which can be read" in result.out) == (
        2,
        True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["evaluation.sqlite", "evaluation.sqlite-journal"])
def test_a_page_is_no_part_of_a_run(project, capsys, name):
    pytest.importorskip("torch")
    shutil.copy(project / "photo.png", project / "b.png")
    (project / "pairs.csv").write_text("image,label\nphoto.png,cat\nb.png,dog\n")
    words = ("evaluate", "pairs.csv", "--demo", "--run", "run", "--output", f"html=run/{name}")
    assert run(list(words)) == 2
    assert "into `run`" in capsys.readouterr().err
    assert not (project / "run").exists()
