"""From a published file of weights to a folder that loads: names, sizes, words, a card.

The files are state dicts that `torch.save` wrote (run_img2txt_dist.py:598), in the format before
torch 1.6. Nothing but tensors is unpickled, and that in a child.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from advisor.unified_vlp.region_reader import UnifiedVLPRegionReader
from advisor.unified_vlp.vlp_config import BOX_NUMBERS, UnifiedVLPConfig
from advisor.writing import creating_folder

WORDS = "bert.embeddings.word_embeddings.weight"
WORD_HEAD = "cls.predictions.decoder.weight"
POSITIONS = "bert.embeddings.position_embeddings.weight"
SEGMENTS = "bert.embeddings.token_type_embeddings.weight"
CONTENT, INTO_WIDTH, PLACE = "vis_embed.0.weight", "vis_embed.2.weight", "vis_pe_embed.0.weight"
ANSWERS = "ans_classifier.2.weight"
INNER = re.compile(r"bert\.encoder\.layer\.(\d{1,4})\.intermediate\.dense\.weight")
HEAD_WIDTH = 64
"""The one size that no shape shows; BERT's heads are this wide."""
FEW_HEADS = 4
"""What is assumed of a narrower network, as those for tests mostly have."""
DROPPED = (
    (
        re.compile(r"cls\.predictions\.decoder\.weight"),
        "the word table once more, for the head",
    ),
    (re.compile(r"crit_mask_lm_smoothed\.one_hot"), "a constant of label smoothing"),
)
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
"""The Auto class of each class, and the two lines that use it, for a card."""
OTHER = (
    "give a whole file that the training of LuoweiZhou/VLP wrote; BERT and UniLM have no regions"
)
FOR_ANSWERS = (re.compile(r"cls\.predictions\..*"), "the word head, which answering does not use")


class ConversionError(AdvisorError, kind="cannot-convert"):
    """The file holds something else than the weights of a unified VLP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What was written: the class, its parameters, and what the file held beside them, with why."""

    folder: Path
    class_name: str
    parameters: int
    dropped: Mapping[str, str]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the conversion as JSON keys."""
        return {
            "output": str(self.folder),
            "class": self.class_name,
            "parameters": self.parameters,
            "dropped": dict(self.dropped),
            "notes": list(self.notes),
        }


def convert(
    file: str | Path,
    folder: str | Path,
    *,
    vocabulary: str | Path,
    answers: str | Path | None = None,
    tell: Callable[[Conversion, Path], None] | None = None,
) -> Conversion:
    """Write a folder that `from_pretrained` loads, from a published state dict.

    `vocabulary` is the `vocab.txt` of BERT-base cased, `answers` a file with an answer a line;
    neither is in the file. `tell` gets what is returned and where the folder's files are before
    they are put in place together: where it raises, there is no folder. Raises ConversionError
    where anything does not fit; nothing half-written is left.
    """
    stored = read_state_dict(Path(file))
    dropped, kept = _parted(stored, str(file))
    words = words_in(vocabulary)
    named = lines_in(answers, "give a text file, an answer a line") if answers is not None else []
    config = _config(kept, str(file), words, named)
    kind = UnifiedVLPForAnswering if ANSWERS in kept else UnifiedVLPForCaptioning
    network = _loaded(kind, config, kept, str(file))
    notes = []
    if config.hidden_size % HEAD_WIDTH:
        notes.append(
            f"no shape shows how many heads there are, and a width of {config.hidden_size} is not "
            f"a multiple of {HEAD_WIDTH}: {config.num_attention_heads} is assumed; "
            "set num_attention_heads in config.json where it has others"
        )
    if kind is UnifiedVLPForAnswering and not named:
        notes.append(
            "the answers come out as numbers: their words are not in the file; give them with "
            "--answers FILE, one a line (Pythia's answers_vqa.txt)"
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
        (scratch / "README.md").write_text(_card(done, Path(file).name), encoding="utf-8")
        if tell is not None:
            tell(done, scratch)
    return done


def _card(done: Conversion, file: str) -> str:
    """Return the README.md of a folder that was converted from `file`: `card.md`, filled in."""
    auto, *use = USES[done.class_name]
    lines = [f"`{name}`: {why}" for name, why in done.dropped.items()] + list(done.notes)
    left = "\n".join(f"- {visible(line)}" for line in lines) or "- nothing"
    template = Path(__file__).with_name("card.md").read_text(encoding="utf-8")
    return template.format(file=visible(file), auto=auto, use="\n".join(use), left=left)


def read_state_dict(file: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a file by their names; anything but tensors is refused."""
    wanted = "the file that the original's training wrote, model.EPOCH.bin"
    if not file.is_file():
        raise ConversionError(f"there is no file `{file}`", hint=f"give {wanted}", kind="not-found")
    try:
        stored = tensors_of(file)
    except PickledError as error:
        raise ConversionError(error.message, hint=f"give {wanted}, not optim.EPOCH.bin") from error
    return {name.removeprefix("module."): value.float() for name, value in stored.items()}


def _parted(
    stored: dict[str, torch.Tensor], file: str
) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """Return what is dropped, with why, and what has a place here; anything else is refused."""
    names = own_names(stored)
    table, head = stored.get(WORDS), stored.get(WORD_HEAD)
    if table is None:
        raise ConversionError(
            f"`{file}` holds no `{WORDS}`, so it is not a unified VLP", hint=OTHER
        )
    if head is not None and not torch.equal(table, head):
        raise ConversionError(
            f"`{WORD_HEAD}` of `{file}` differs from the word table, and the two are one here",
            hint=OTHER,
        )
    droppable = [*DROPPED, *([FOR_ANSWERS] if ANSWERS in stored else [])]
    dropped = {
        name: why for name in stored for pattern, why in droppable if pattern.fullmatch(name)
    }
    unknown = [name for name in stored if name not in names and name not in dropped]
    if unknown:
        raise ConversionError(
            f"`{file}` holds {len(unknown)} tensors that a unified VLP has no place for, "
            f"`{unknown[0]}` first",
            hint=OTHER,
        )
    return dropped, {name: value for name, value in stored.items() if name not in dropped}


def _config(
    kept: dict[str, torch.Tensor],
    file: str,
    words: Sequence[str],
    named: Sequence[str],
) -> UnifiedVLPConfig:
    """Return the sizes that the shapes show."""
    needed = (POSITIONS, SEGMENTS, CONTENT, INTO_WIDTH, PLACE)
    missing = [name for name in needed if name not in kept]
    if missing:
        raise ConversionError(
            f"`{file}` lacks {len(missing)} of the tensors of a unified VLP, `{missing[0]}` first",
            hint=OTHER,
        )
    for name, value in kept.items():
        table = name in (WORDS, ANSWERS, *needed) or INNER.fullmatch(name)
        if table and (value.dim() != 2 or not value.numel()):
            raise ConversionError(
                f"`{name}` of `{file}` is not a table: it has the shape {tuple(value.shape)}",
                hint=OTHER,
            )
    layers = {int(match[1]): name for name in kept if (match := INNER.fullmatch(name))}
    count, width = kept[WORDS].shape
    if len(words) != count:
        raise ConversionError(
            f"the vocabulary has {len(words)} lines, and the file {count} words",
            hint="the published files go with the vocab.txt of BERT-base cased, 28,996 lines",
        )
    answers = len(kept[ANSWERS]) if ANSWERS in kept else 0
    if named and answers and len(named) != answers:
        raise ConversionError(
            f"there are {len(named)} answers, and the file has {answers}",
            hint="give the list that it was trained with, an answer a line, `<unk>` first",
        )
    few = FEW_HEADS if width % FEW_HEADS == 0 else 1
    return UnifiedVLPConfig(
        vocab_size=count,
        hidden_size=width,
        num_hidden_layers=len(layers),
        num_attention_heads=few if width % HEAD_WIDTH else width // HEAD_WIDTH,
        intermediate_size=len(kept[layers[0]]) if 0 in layers else width,
        max_position_embeddings=len(kept[POSITIONS]),
        type_vocab_size=len(kept[SEGMENTS]),
        region_feature_size=kept[CONTENT].shape[1],
        region_class_size=kept[PLACE].shape[1] - BOX_NUMBERS,
        num_answers=answers or UnifiedVLPConfig().num_answers,
        **special_ids(words),
        **(labels_of(named) if named and answers else {}),
    )


def _loaded(
    kind: type[Any], config: UnifiedVLPConfig, kept: dict[str, torch.Tensor], file: str
) -> Any:
    """Return the network with the weights; refuses any that is missing or has another shape.

    It is built without memory first: sizes that a file makes up may have no end.
    """
    names = own_names(kept)
    values = {names[name]: value for name, value in kept.items()}
    with torch.device("meta"):
        needed = kind(config).state_dict()
    shapes = {name: value.shape for name, value in values.items()}
    wrong = sorted(name for name, value in needed.items() if shapes.get(name) != value.shape)
    wrong += sorted(shapes.keys() - needed.keys())
    if wrong:
        more = f", and {len(wrong) - 1} more do not fit" if wrong[1:] else ""
        raise ConversionError(f"`{file}` has no tensor that fits `{wrong[0]}`{more}", hint=OTHER)
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
_PATTERNS = tuple(
    (re.compile(rf"{old}\.(?P<last>weight|bias)"), rf"{new}.\g<last>")
    for old, new in _NAMES.items()
)


def own_names(originals: Iterable[str]) -> dict[str, str]:
    """Return the names here of those weights of the original that have a place here.

    The word head's own table has none, since it is the word table itself.
    """
    return {
        original: match.expand(new)
        for original in originals
        for pattern, new in _PATTERNS
        if (match := pattern.fullmatch(original))
    }
