"""Conversion of a published weight file to a checkpoint folder: names, sizes, words, a card.

The files are state dicts that `torch.save` wrote (run_img2txt_dist.py:598), in the format before
torch 1.6. Only tensors are unpickled, in a child process.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import BertTokenizer

from advisor.errors import AdvisorError
from advisor.foreign import visible
from advisor.pickled import PickledError, tensors_of
from advisor.unified_vlp.beginnings import labels_of, lines_in, special_ids, words_in
from advisor.unified_vlp.heads import UnifiedVLPForAnswering, UnifiedVLPForCaptioning
from advisor.unified_vlp.processor import UnifiedVLPProcessor
from advisor.unified_vlp.regions import UnifiedVLPRegionReader
from advisor.unified_vlp.vlp_config import BOX_NUMBERS, UnifiedVLPConfig
from advisor.writing import creating_folder

WORDS = "bert.embeddings.word_embeddings.weight"
WORD_HEAD = "cls.predictions.decoder.weight"
ANSWERS = "ans_classifier.2.weight"
SIZES = {
    "vocab_size": (WORDS, 0),
    "hidden_size": (WORDS, 1),
    "intermediate_size": ("bert.encoder.layer.0.intermediate.dense.weight", 0),
    "max_position_embeddings": ("bert.embeddings.position_embeddings.weight", 0),
    "type_vocab_size": ("bert.embeddings.token_type_embeddings.weight", 0),
    "region_feature_size": ("vis_embed.0.weight", 1),
    "region_class_size": ("vis_pe_embed.0.weight", 1),
}
"""The tensor and the axis whose length is each size of the configuration."""
INNER = re.compile(r"bert\.encoder\.layer\.\d{1,4}\.intermediate\.dense\.weight")
HEAD_WIDTH = 64
"""Width of an attention head, as in BERT; no tensor shape shows it."""
FEW_HEADS = 4
"""Number of heads that is assumed if HEAD_WIDTH does not divide the width."""
DROPPED = {
    WORD_HEAD: "a copy of the word embeddings for the head",
    "crit_mask_lm_smoothed.one_hot": "a constant of label smoothing",
}
FOR_CAPTIONS, UNUSED = "cls.predictions.", "the head that predicts words, unused for VQA"
USES = {
    "UnifiedVLPForCaptioning": (
        "AutoModelForImageTextToText",
        'inputs = processor(images="regions.npz")',
        "print(processor.decode(model.generate(**inputs, num_beams=5)[0]))",
    ),
    "UnifiedVLPForAnswering": (
        "AutoModelForVisualQuestionAnswering",
        'inputs = processor(images="regions.npz", text="what is in the image?")',
        "print(model.answer_texts(model.answers(model(**inputs).logits)))",
    ),
}
"""The Auto class of each class, and two lines of code that use it, for the model card."""
OTHER = (
    "pass a complete file that LuoweiZhou/VLP training wrote. BERT and UniLM have no region layers"
)


class ConversionError(AdvisorError, kind="cannot-convert"):
    """The file does not hold the weights of a unified VLP, or does not match the other files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """The result: the folder, the class, its parameters, and the dropped tensors with reasons."""

    folder: Path
    class_name: str
    parameters: int
    dropped: Mapping[str, str]
    notes: tuple[str, ...]


def convert(
    file: str | Path,
    folder: str | Path,
    *,
    vocabulary: str | Path,
    answers: str | Path | None = None,
) -> Conversion:
    """Write a folder that `from_pretrained` loads, from a published state dict.

    `vocabulary` is the `vocab.txt` of BERT-base cased, `answers` a file with one answer per line;
    the weights include neither. Raises ConversionError if anything does not fit; the folder is
    written completely or not at all.
    """
    stored = read_state_dict(Path(file))
    dropped, weights = _parted(stored, str(file))
    words = words_in(vocabulary)
    wanted = "pass a text file with one answer per line"
    named = lines_in(answers, wanted) if answers is not None else []
    config = _config(weights, str(file), words, named)
    kind = UnifiedVLPForAnswering if ANSWERS in weights else UnifiedVLPForCaptioning
    network = _loaded(kind, config, weights, str(file))
    notes = []
    if config.hidden_size % HEAD_WIDTH:
        notes.append(
            "the number of attention heads cannot be inferred from a width of "
            f"{config.hidden_size}, so {config.num_attention_heads} is assumed. If this is wrong, "
            "set num_attention_heads in config.json"
        )
    if kind is UnifiedVLPForAnswering and not named:
        notes.append(
            "the model returns class numbers, because the file has no answer texts. Pass them with "
            "--answers FILE, one answer per line (such as Pythia's answers_vqa.txt)"
        )
    tokenizer = BertTokenizer(
        vocab={word: place for place, word in enumerate(words)},
        do_lower_case=False,
        model_max_length=config.max_position_embeddings,
    )
    processor = UnifiedVLPProcessor(UnifiedVLPRegionReader.of(config), tokenizer)
    done = Conversion(
        folder=Path(folder),
        class_name=kind.__name__,
        parameters=sum(each.numel() for each in network.parameters()),
        dropped=dropped,
        notes=tuple(notes),
    )
    with creating_folder(done.folder) as scratch:
        network.save_pretrained(scratch)
        processor.save_pretrained(scratch)
        shutil.copyfile(vocabulary, scratch / "vocab.txt")
        auto, *use = USES[done.class_name]
        lines = [f"`{name}`: {why}" for name, why in dropped.items()] + notes
        left = "\n".join(f"- {visible(line)}" for line in lines) or "- nothing"
        card = Path(__file__).with_name("card.md").read_text(encoding="utf-8")
        (scratch / "README.md").write_text(
            card.format(file=visible(Path(file).name), auto=auto, use="\n".join(use), left=left),
            encoding="utf-8",
        )
    return done


def read_state_dict(file: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a file by name, as float32; raise ConversionError for other content."""
    wanted = "model.EPOCH.bin, which the original training wrote"
    if not file.is_file():
        raise ConversionError(
            f"the file `{file}` does not exist", hint=f"pass {wanted}", kind="not-found"
        )
    try:
        stored = tensors_of(file)
    except PickledError as error:
        raise ConversionError(error.message, hint=f"pass {wanted}, not optim.EPOCH.bin") from error
    return {name.removeprefix("module."): value.float() for name, value in stored.items()}


def _parted(
    stored: dict[str, torch.Tensor], file: str
) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """Return the dropped tensors with reasons, and the tensors to keep; refuse unknown ones."""
    table, head = stored.get(WORDS), stored.get(WORD_HEAD)
    if table is None:
        raise ConversionError(
            f"`{file}` has no tensor `{WORDS}`, so it is not a unified VLP", hint=OTHER
        )
    if head is not None and not torch.equal(table, head):
        raise ConversionError(
            f"`{WORD_HEAD}` of `{file}` differs from the word embeddings, but a unified VLP "
            "shares them",
            hint=OTHER,
        )
    dropped = {name: why for name, why in DROPPED.items() if name in stored}
    if ANSWERS in stored:
        unused = [name for name in stored if name.startswith(FOR_CAPTIONS) and name not in dropped]
        dropped |= dict.fromkeys(unused, UNUSED)
    unknown = sorted(stored.keys() - own_names(stored).keys() - dropped.keys())
    if unknown:
        raise ConversionError(
            f"`{file}` has {len(unknown)} tensors that a unified VLP does not have, the first is "
            f"`{unknown[0]}`",
            hint=OTHER,
        )
    return dropped, {name: value for name, value in stored.items() if name not in dropped}


def _config(
    weights: dict[str, torch.Tensor],
    file: str,
    words: Sequence[str],
    named: Sequence[str],
) -> UnifiedVLPConfig:
    """Return the configuration that the shapes imply; raise ConversionError if one is wrong."""
    sizes: dict[str, int] = {}
    for size, (tensor, axis) in SIZES.items():
        shape = weights[tensor].shape if tensor in weights else ()
        if len(shape) <= axis or not shape[axis]:
            raise ConversionError(
                f"`{file}` lacks the tensor `{tensor}`, which every unified VLP has", hint=OTHER
            )
        sizes[size] = shape[axis]
    count, width = sizes["vocab_size"], sizes["hidden_size"]
    answers = len(weights[ANSWERS]) if ANSWERS in weights and weights[ANSWERS].dim() else 0
    for given, number, what in ((words, count, "vocabulary"), (named, answers, "list of answers")):
        if given and number and len(given) != number:
            raise ConversionError(
                f"the {what} has {len(given)} lines, but the weights need {number}",
                hint="the published files go with the vocab.txt of BERT-base cased, 28,996 lines, "
                "and a list of 3,129 answers, `<unk>` first",
            )
    few = FEW_HEADS if width % FEW_HEADS == 0 else 1
    return UnifiedVLPConfig(
        **{**sizes, "region_class_size": sizes["region_class_size"] - BOX_NUMBERS},
        num_hidden_layers=sum(1 for name in weights if INNER.fullmatch(name)),
        num_attention_heads=few if width % HEAD_WIDTH else width // HEAD_WIDTH,
        num_answers=answers or UnifiedVLPConfig().num_answers,
        **special_ids(words),
        **(labels_of(named) if named and answers else {}),
    )


def _loaded(
    kind: type[Any], config: UnifiedVLPConfig, weights: dict[str, torch.Tensor], file: str
) -> Any:
    """Return the network with the weights; raise ConversionError if one is missing or misshapen.

    Shapes are compared on torch's meta device first: a file may demand any size.
    """
    names = own_names(weights)
    values = {names[name]: value for name, value in weights.items()}
    shapes = {name: value.shape for name, value in values.items()}
    with torch.device("meta"):
        needed = {name: value.shape for name, value in kind(config).state_dict().items()}
    wrong = sorted({name for name, _ in needed.items() ^ shapes.items()})
    if wrong:
        more = f", and {len(wrong) - 1} more tensors do not fit" if wrong[1:] else ""
        raise ConversionError(
            f"`{file}` has no tensor with the shape of `{wrong[0]}`{more}", hint=OTHER
        )
    network = kind(config)
    network.load_state_dict(values, strict=True)
    return network.eval()


_NAMES = {
    r"(bert\.(?:embeddings|encoder|pooler)\..*)": r"vlp.\1",
    r"vis_embed\.(0|2)": r"vlp.regions.content.\1",
    r"vis_pe_embed\.0": "vlp.regions.place.0",
    r"cls\.predictions": "word_head",
    r"cls\.predictions\.transform\.dense": "word_head.dense",
    r"cls\.predictions\.transform\.LayerNorm": "word_head.norm",
    r"ans_classifier\.(0|2)": r"answer_head.\1",
}


def own_names(originals: Iterable[str]) -> dict[str, str]:
    """Return the new name of each original weight that the network has.

    The word head's own table has none, since it is the word table itself.
    """
    return {
        original: match.expand(rf"{new}.\g<last>")
        for original in originals
        for old, new in _NAMES.items()
        if (match := re.fullmatch(rf"{old}\.(?P<last>weight|bias)", original))
    }
