"""What `advisor evaluate` reads: labelled data in every layout, its runs, and its own answers.

Data goes as far as an evaluation takes it before a checkpoint is loaded: the task is inferred, the
set made and written down, every image fetched. A run is read back and scored.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from advisor.decide.own_measurements import read_measurements
from advisor.errors import AdvisorError
from advisor.evaluate.evaluation_set import infer_task, make_set, read_data
from advisor.evaluate.options import Gates
from advisor.evaluate.responses import EvaluationRun, EvaluationSet, LabelledImage, Response, key_of
from advisor.evaluate.run_file import NAME, RunFile, writing
from advisor.evaluate.scores import score
from advisor.model.library import LABEL
from advisor.rulebase.store import load_rules
from advisor.trial.candidate import Candidate

TASKS = ("zero-shot-classification", "captioning", "vqa", "image-search", "field-extraction")
RULES = load_rules()
BATCH = 2
FOUND = tuple(Response(n, f"{n}", scores=(0.25, 0.75)) for n in range(4))


def _red() -> bytes:
    from PIL import Image

    drawn = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(drawn, "PNG")
    return drawn.getvalue()


RED = _red()


def data_in(name: str, given: bytes, folder: Path) -> None:
    """A file of labelled data beside an image and the half of a VQA set."""
    home = folder / "data"
    home.mkdir(exist_ok=True)
    for file in home.iterdir():
        file.unlink()
    (home / "a.png").write_bytes(RED)
    if name == "questions.json":
        (home / "annotations.json").write_text(json.dumps(ANSWERS))
    (home / name).write_bytes(given)
    _as_far_as_loading(str(home / name))


def saved_rows(name: str, given: bytes, folder: Path) -> None:
    """One of the files that the library `datasets` saves."""
    home = folder / "rows"
    shutil.copytree(_rows(), home, dirs_exist_ok=True)
    (home / name).write_bytes(given)
    _as_far_as_loading(str(home))


def _as_far_as_loading(data: str) -> None:
    read = read_data(data)
    with contextlib.suppress(AdvisorError):
        infer_task(RULES, read)
    for task in TASKS:
        with contextlib.suppress(AdvisorError):
            made = make_set(RULES, data, read, task, limit=3)
            for each in made.images:
                key_of("", str(_fetched(read.store.read, each.id)), each.references)
            with tempfile.TemporaryDirectory() as folder, writing(Path(folder)) as file:
                run = EvaluationRun(data=made, candidates=(), settings={}, file=file)
                file.begin(run, fresh=False)


def _fetched(read: Callable[[str], bytes], name: str) -> bytes | None:
    try:
        return read(name)
    except OSError:
        return None


def run_with(given: bytes, folder: Path) -> None:
    """The file of a run."""
    (folder / NAME).write_bytes(given)
    with writing(folder) as file:
        run, there = _small(file), file.keys()
        file.began()
        file.begin(run, fresh=False)
        new = [answer for answer in FOUND if answer.key not in there]
        file.write(run.candidates[0], [(each.number, each.key) for each in FOUND], new)
        score(run)


def gate(given: bytes, folder: Path) -> None:
    """The answer of an earlier evaluation, that another may not fall behind."""
    (folder / "b.json").write_bytes(given)
    Gates(baseline=folder / "b.json").earlier()


def measured(given: bytes, folder: Path) -> None:
    """The answer of an evaluation, that `recommend` ranks by."""
    (folder / "m.json").write_bytes(given)
    read_measurements(folder / "m.json")


def _small(file: RunFile) -> EvaluationRun:
    """Return a small run in a file."""
    images = tuple(LabelledImage(n, f"{n}.png", labels=("ab"[n % 2],)) for n in range(4))
    return EvaluationRun(
        data=EvaluationSet("d", TASKS[0], LABEL, images, ("a", "b"), digest="d"),
        candidates=(Candidate("c", "lab/c", scored_by="softmax"),),
        settings={"seed": 0, "batch": BATCH},
        file=file,
    )


@cache
def _run() -> Path:
    """Return the folder of a small run."""
    folder = Path(tempfile.mkdtemp(prefix="advisor-fuzz-"))
    with writing(folder) as file:
        run = _small(file)
        file.begin(run, fresh=False)
        timed = {"images": 2, "ms": 3.5, "wall_ms": 4, "batch": 2, "load_ms": 5, "peak_mb": 80}
        keys = [(each.number, each.key) for each in FOUND]
        file.write(run.candidates[0], keys, FOUND, timed)
    return folder


@cache
def _rows() -> Path:
    """Return a folder as `datasets` saves it."""
    import datasets
    import pyarrow

    folder = Path(tempfile.mkdtemp(prefix="advisor-fuzz-"))
    kinds = {
        "image": datasets.Image(),
        "label": datasets.ClassLabel(names=["a", "b"]),
        "captions": datasets.Sequence(datasets.Value("string")),
    }
    rows = {
        "image": [{"bytes": RED, "path": None}] * 2,
        "label": [0, 1],
        "captions": [["a b"], ["c", "d"]],
    }
    datasets.disable_progress_bars()
    features = datasets.Features(kinds)
    table = pyarrow.Table.from_pydict(rows, schema=features.arrow_schema)
    # Told a fingerprint, the library does not pickle what the rows are made of: with some releases
    # of what it pickles by, it cannot.
    made = datasets.Dataset(table, info=datasets.DatasetInfo(features=features), fingerprint="0")
    made.save_to_disk(str(folder))
    return folder


def _shard() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, body in (
            ("x/0.png", RED), ("x/0.cls", b"1"), ("x/1.png", RED), ("x/1.txt", b"a caption"),
            ("x/2.png", RED), ("x/2.json", b'{"question": "q?", "answers": ["a", "b"]}'),
            ("\u00e9" * 120 + ".png", RED),
        ):  # fmt: skip
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return packed.getvalue()


ANSWERS = {
    "annotations": [
        {"question_id": 1, "image_id": 7, "answers": [{"answer": "red"}] * 3},
        {"question_id": 2, "image_id": 7, "multiple_choice_answer": "two"},
    ]
}
QUESTIONS = {
    "data_subtype": "val2014",
    "questions": [
        {"question_id": 1, "image_id": 7, "question": "what?"},
        {"question_id": 2, "image_id": "a.png", "question": "how many?"},
    ],
}
COCO = {
    "images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}],
    "annotations": [{"image_id": 1, "caption": "a dog"}, {"image_id": 1, "category_id": 3}],
    "categories": [{"id": 3, "name": "dog"}],
}
FIGURES = {
    "schema_version": 1,
    "data": {"name": "d", "digest": "e", "task": "captioning"},
    "results": [
        {
            "candidate": "c",
            "checkpoint": "lab/c",
            "metrics": {"accuracy": {"value": 0.5, "interval": [0.4, 0.6], "n": 9}},
        }
    ],
}


def _seed(name: str, made: Callable[[], Path]) -> tuple[bytes, ...]:
    return ((made() / name).read_bytes(),)


def evaluation_readers() -> dict[str, tuple[Callable[[bytes, Path], object], tuple[object, ...]]]:
    """Return what reads bytes, and honest inputs, by name; rows only where `datasets` is there."""
    made = {
        "csv": (
            partial(data_in, "a.csv"),
            (
                "image,labels,caption\na.png,a|b,x\na.png,c,\n",
                'file,question,answers\na.png,"q?",a|b',
            ),
        ),
        "tsv": (partial(data_in, "a.tsv"), ("path\tlabel\tfields\na.png\ta\t{}\n",)),
        "json lines": (
            partial(data_in, "a.jsonl"),
            (
                '{"image": "a.png", "label": 1, "caption": "x"}\n{"image": "a.png", "text": "y"}\n',
                '{"file_name": "a.png", "ground_truth": {"gt_parse": {"a": [{"b": "1"}]}}}',
            ),
        ),
        "coco": (
            partial(data_in, "a.json"),
            (json.dumps(COCO), '[{"image": "a.png", "label": 1}]'),
        ),
        "vqa": (partial(data_in, "questions.json"), (json.dumps(QUESTIONS),)),
        "shards": (partial(data_in, "a.tar"), (_shard(),)),
        "gates": (gate, (json.dumps(FIGURES),)),
        "measurements": (measured, (json.dumps(FIGURES),)),
    }
    made["run"] = run_with, _seed(NAME, _run)
    with contextlib.suppress(ImportError):
        for name in ("dataset_info.json", "state.json", "data-00000-of-00001.arrow"):
            made[f"rows {name}"] = partial(saved_rows, name), _seed(name, _rows)
    return made
