"""What each task asks of a runner, and what it takes beside the image."""

from __future__ import annotations

from enum import Enum


class Act(Enum):
    """What a runner does with a image. Many tasks share one act."""

    LABEL = "label"
    MATCH = "match"
    SEARCH = "search"
    COMPARE = "compare"
    EMBED = "embed"
    CAPTION = "caption"
    ANSWER = "answer"
    READ = "read"
    EXTRACT = "extract"


ACT_OF_TASK = {
    "zero-shot-classification": Act.LABEL,
    "content-moderation": Act.LABEL,
    "document-classification": Act.LABEL,
    "image-text-matching": Act.MATCH,
    "dataset-filtering": Act.MATCH,
    "generation-scoring": Act.MATCH,
    "image-search": Act.SEARCH,
    "similar-images": Act.COMPARE,
    "deduplication": Act.COMPARE,
    "embeddings": Act.EMBED,
    "supervised-classification": Act.EMBED,
    "captioning": Act.CAPTION,
    "detailed-captioning": Act.CAPTION,
    "alt-text": Act.CAPTION,
    "dataset-captioning": Act.CAPTION,
    "vqa": Act.ANSWER,
    "document-vqa": Act.ANSWER,
    "chart-reading": Act.ANSWER,
    "counting": Act.ANSWER,
    "visual-reasoning": Act.ANSWER,
    "visual-entailment": Act.ANSWER,
    "video-captioning": Act.ANSWER,
    "ocr-line": Act.READ,
    "handwriting": Act.READ,
    "ocr-page": Act.READ,
    "math-ocr": Act.READ,
    "field-extraction": Act.EXTRACT,
}
PLAINEST_TASK = {
    Act.LABEL: "zero-shot-classification",
    Act.CAPTION: "captioning",
    Act.ANSWER: "vqa",
    Act.SEARCH: "image-search",
}
BESIDE = {
    Act.LABEL: ("labels",),
    Act.MATCH: ("labels",),
    Act.ANSWER: ("question",),
    Act.COMPARE: ("folder",),
    Act.SEARCH: ("folder", "query"),
}
"""Flags of `advisor try` that an act needs beside the image."""
WRITE_THEIR_CLASS = ("vision-encoder-decoder",)
"""Types of models that label by writing a class that they were trained on; they take no list."""


def act_of(task: str) -> Act | None:
    """Return what a task asks of a runner, None for a task no runner knows."""
    return ACT_OF_TASK.get(task)


def tasks_with(*, labels: bool, question: bool, query: bool) -> tuple[str, ...]:
    """Return the plainest tasks that such inputs beside the image suffice for."""
    given = {Act.LABEL: labels, Act.CAPTION: True, Act.ANSWER: question, Act.SEARCH: query}
    return tuple(task for act, task in PLAINEST_TASK.items() if given[act])


def takes_a_gallery(task: str) -> bool:
    """Return whether a task needs no image of its own where there is a folder of them."""
    return act_of(task) in {Act.SEARCH, Act.EMBED}


def looks_for_something(task: str) -> bool:
    """Return whether a task ranks the images of a folder by a text or by a image."""
    return act_of(task) is Act.SEARCH


def gives_vectors(task: str) -> bool:
    """Return whether a task's answers are vectors."""
    return act_of(task) is Act.EMBED


def answers_questions(task: str) -> bool:
    """Return whether a task answers a question."""
    return act_of(task) is Act.ANSWER


def ranks_images(task: str) -> bool:
    """Return whether a task's answers are names of images."""
    return act_of(task) in {Act.SEARCH, Act.COMPARE}


def beside(task: str, model_type: str | None = None) -> tuple[str, ...]:
    """Return the flags of `advisor try` that a task needs beside the image."""
    act = act_of(task)
    if act is None or (act is Act.LABEL and model_type in WRITE_THEIR_CLASS):
        return ()
    return BESIDE.get(act, ())
