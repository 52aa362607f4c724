"""Runs as they lie on disk, written from what candidates gave, without a checkpoint."""

import json
import random
import sqlite3
import struct
from contextlib import closing

from advisor.evaluate.options import Gates
from advisor.evaluate.responses import (
    EvaluationRun,
    EvaluationSet,
    LabelledImage,
    Response,
    UnreadableImage,
)
from advisor.evaluate.run_file import RunFile, writing
from advisor.evaluate.scores import score
from advisor.evaluate.verdict import verdict
from advisor.model.library import ANSWER, CAPTION, EXTRACT, LABEL, READ_LINE, SEARCH
from advisor.trial.candidate import Candidate

CLASSES = ("cat", "dog", "owl")


class ClosedRun(RunFile):
    """The file of a run that nobody writes to, opened for each question."""

    def __init__(self, folder):
        super().__init__(folder, None)

    def rows(self, query, *values):
        address = f"{self.path.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True)) as self._connection:
            yield from super().rows(query, *values)


def read_run(folder):
    """Return a run as its file has it."""
    file = ClosedRun(folder)
    ((text,),) = file.rows("SELECT manifest FROM run")
    body = json.loads(text)
    images = [json.loads(text) for (text,) in file.rows("SELECT image FROM images")]
    for image in images:
        image |= {key: tuple(image.get(key, ())) for key in ("labels", "references")}
    assert len(images) == body["data"]["images"]
    body["data"] |= {
        **{key: tuple(body["data"][key]) for key in ("classes", "notes")},
        "left_out": tuple(UnreadableImage(*each) for each in body["data"]["left_out"]),
        "images": tuple(LabelledImage(**image) for image in images),
    }
    return EvaluationRun(
        data=EvaluationSet(**body["data"]),
        candidates=tuple(
            Candidate(**{**each, "warnings": tuple(each["warnings"])})
            for each in body["candidates"]
        ),
        settings=body["settings"],
        file=file,
    )


def written(folder, data, given, seed=0, scored_by="softmax", failed=(), files=None, timed=()):
    """Return a run; `given` is for each candidate's name a response (its fields) for each image.

    `files` are names of what is shown, which images share that are the same file; `timed` is what
    was timed of each candidate.
    """
    candidates = tuple(
        Candidate(
            name=name,
            checkpoint=f"lab/{name}",
            digest=name,
            scored_by=scored_by if data.act == LABEL else "",
            failed="out of memory" if name in failed else None,
        )
        for name in given
    )
    with writing(folder) as file:
        run = EvaluationRun(data=data, candidates=candidates, settings={"seed": seed}, file=file)
        file.begin(run, fresh=True)
        for number, (candidate, some) in enumerate(zip(candidates, given.values(), strict=True)):
            keys = [f"{candidate.name} {files[n] if files else n}" for n in range(len(some))]
            responses = [
                Response(n, key, **one) for n, (key, one) in enumerate(zip(keys, some, strict=True))
            ]
            file.write(candidate, list(enumerate(keys)), responses)
            for line in timed[number] if timed else ():
                file.write(candidate, (), (), line)
    return EvaluationRun(
        data=data, candidates=candidates, settings={"seed": seed}, file=ClosedRun(folder)
    )


def packed(image, texts):
    """Return vectors of an image and of its texts as a run keeps them."""
    return b"".join(struct.pack(f"<{len(one)}f", *one) for one in (image, *texts))


def judged(run, rules, priority=(), gates=None):
    """Return the figures of a run, its verdict, and the exit code."""
    scores = score(run)
    said = verdict(scores, rules, priority)
    return scores, said, (gates or Gates()).exit_code(scores, said)


def labelled(truth, classes=CLASSES, many=False, ids=None):
    images = tuple(
        LabelledImage(n, ids[n] if ids else f"{n}.png", labels=(t,) if isinstance(t, str) else t)
        for n, t in enumerate(truth)
    )
    return EvaluationSet("photos", "zero-shot-classification", LABEL, images, classes, many)


def picks(names, sure=0.8, classes=CLASSES):
    """Return responses that pick classes by name."""
    rest = (1 - sure) / (len(classes) - 1)
    return [{"scores": tuple(sure if one == name else rest for one in classes)} for name in names]


def with_references(act, references, questions=None, ids=None):
    images = tuple(
        LabelledImage(
            n,
            ids[n] if ids else f"{n}.png",
            question=questions[n] if questions else "",
            references=tuple(some),
        )
        for n, some in enumerate(references)
    )
    return EvaluationSet("photos", "a task", act, images)


def partly_right(truth, share, seed, classes=CLASSES):
    """Return names of which a share is right, and the others are wrong."""
    draw = random.Random(seed)
    return [
        one if draw.random() < share else draw.choice([c for c in classes if c != one])
        for one in truth
    ]


def random_labels(size, seed, weights=(5, 3, 2)):
    return random.Random(seed).choices(CLASSES, weights, k=size)


__all__ = ["ANSWER", "CAPTION", "EXTRACT", "READ_LINE", "SEARCH"]
