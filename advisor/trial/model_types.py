"""The table of model types: which runner drives which network for which task.

Of what stands outside `rules/`, this and the acts of tasks know model types, class names and task
ids. A checkpoint's own `model_type` picks the row, never its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisor.trial.acts import ACT_OF_TASK, Act
from advisor.trial.extra import transformers

DETAILED_TASKS = frozenset({"detailed-captioning", "dataset-captioning"})
LINE_TASKS = frozenset({"ocr-line", "handwriting"})
LINE_READERS = frozenset({"trocr"})
PAGE_ENCODERS = frozenset({"donut-swin"})
PROMPTS = {
    "captioning": "Describe this picture in one sentence.",
    "alt-text": "Write one sentence of alternative text for this picture.",
    "detailed-captioning": "Describe this picture in detail.",
    "dataset-captioning": "Describe this picture in detail.",
    "ocr-line": "Write down the text in this picture, exactly and nothing else.",
    "handwriting": "Write down the handwritten text in this picture, exactly and nothing else.",
    "ocr-page": "Write down all the text in this picture, in reading order and nothing else.",
    "math-ocr": "Write down the formula in this picture as LaTeX and nothing else.",
    "field-extraction": "List the fields of this document and their values as one JSON object.",
}

CHOICE = "Which of these fits this picture: {}? Answer with one of them and nothing else."


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: the runner (`module:class`) and the transformers class it loads.

    `harmless` names weights that may be absent since this use never reads them.
    """

    runner: str
    loads: str
    harmless: tuple[str, ...] = ()

    def import_class(self) -> Any:
        """Return the transformers class, None where the installed version has none."""
        return getattr(transformers(), self.loads, None)


_CONTRASTIVE = (Act.LABEL, Act.MATCH, Act.SEARCH, Act.COMPARE, Act.EMBED)
_SOFTMAX = "contrastive:Contrastive"
_SIGMOID = "contrastive:SigmoidContrastive"
_CHAT = Row(runner="chat:Chat", loads="AutoModelForImageTextToText")
_ENCODER_DECODER = ("encoder.pooler.", "encoder.layernorm_pooler.")


def _same(row: Row, *acts: Act) -> dict[Act, Row]:
    return dict.fromkeys(acts, row)


def _encoder_decoder(runner: str) -> Row:
    return Row(runner=runner, loads="VisionEncoderDecoderModel", harmless=_ENCODER_DECODER)


ROWS: dict[str, dict[Act, Row]] = {
    "clip": _same(Row(runner=_SOFTMAX, loads="CLIPModel"), *_CONTRASTIVE),
    "altclip": _same(Row(runner=_SOFTMAX, loads="AltCLIPModel"), *_CONTRASTIVE),
    "chinese_clip": _same(Row(runner=_SOFTMAX, loads="ChineseCLIPModel"), *_CONTRASTIVE),
    "align": _same(Row(runner=_SOFTMAX, loads="AlignModel"), *_CONTRASTIVE),
    "metaclip_2": _same(Row(runner=_SOFTMAX, loads="MetaClip2Model"), *_CONTRASTIVE),
    "vision-text-dual-encoder": _same(
        Row(runner=_SOFTMAX, loads="VisionTextDualEncoderModel"), *_CONTRASTIVE
    ),
    "siglip": _same(Row(runner=_SIGMOID, loads="SiglipModel"), *_CONTRASTIVE),
    "siglip2": _same(Row(runner=_SIGMOID, loads="Siglip2Model"), *_CONTRASTIVE),
    "vision-encoder-decoder": {
        Act.CAPTION: _encoder_decoder("encoder_decoder:Writer"),
        Act.READ: _encoder_decoder("encoder_decoder:Reader"),
        Act.EXTRACT: _encoder_decoder("encoder_decoder:DocumentReader"),
        Act.ANSWER: _encoder_decoder("encoder_decoder:DocumentAnswerer"),
        Act.LABEL: _encoder_decoder("encoder_decoder:DocumentReader"),
    },
    "blip": {
        Act.CAPTION: Row(runner="blip:BlipCaptioner", loads="BlipForConditionalGeneration"),
        Act.ANSWER: Row(runner="blip:BlipAnswerer", loads="BlipForQuestionAnswering"),
        Act.MATCH: Row(runner="fusion:Matcher", loads="BlipForImageTextRetrieval"),
        Act.LABEL: Row(runner="fusion:Matcher", loads="BlipForImageTextRetrieval"),
    },
    "blip-2": {
        Act.CAPTION: Row(runner="prompted:Blip2", loads="Blip2ForConditionalGeneration"),
        Act.ANSWER: Row(runner="prompted:Blip2", loads="Blip2ForConditionalGeneration"),
        Act.MATCH: Row(runner="fusion:Matcher", loads="Blip2ForImageTextRetrieval"),
        Act.LABEL: Row(runner="fusion:Matcher", loads="Blip2ForImageTextRetrieval"),
    },
    "instructblip": _same(
        Row(runner="prompted:InstructBlip", loads="InstructBlipForConditionalGeneration"),
        Act.CAPTION,
        Act.ANSWER,
    ),
    "git": {
        Act.CAPTION: Row(runner="prompted:GitCaptioner", loads="GitForCausalLM"),
        Act.ANSWER: Row(runner="prompted:GitAnswerer", loads="GitForCausalLM"),
    },
    "vilt": {
        Act.ANSWER: Row(runner="fusion:ViltAnswerer", loads="ViltForQuestionAnswering"),
        Act.MATCH: Row(runner="fusion:ViltMatcher", loads="ViltForImageAndTextRetrieval"),
    },
    "florence2": _same(
        Row(runner="prompted:Florence2", loads="Florence2ForConditionalGeneration"),
        Act.CAPTION,
        Act.READ,
    ),
    "paligemma": _same(
        Row(runner="prompted:PaliGemma", loads="PaliGemmaForConditionalGeneration"),
        Act.CAPTION,
        Act.ANSWER,
        Act.READ,
    ),
    "kosmos-2": _same(
        Row(runner="prompted:Kosmos2", loads="Kosmos2ForConditionalGeneration"),
        Act.CAPTION,
        Act.ANSWER,
    ),
}
CHAT = _same(_CHAT, Act.CAPTION, Act.ANSWER, Act.READ, Act.EXTRACT, Act.LABEL)


def tasks_of(acts: dict[Act, Row]) -> tuple[str, ...]:
    """Return the task ids that these acts cover, in the table's order."""
    return tuple(task for task, act in ACT_OF_TASK.items() if act in acts)


def may_run(model_type: str | None, task: str) -> bool:
    """Return whether a runner may exist for a type and a task, without importing transformers.

    A type outside the table may be a chat model; whether it is one, only transformers says.
    """
    act = ACT_OF_TASK.get(task)
    return act is not None and act in (CHAT if model_type is None else ROWS.get(model_type, CHAT))
