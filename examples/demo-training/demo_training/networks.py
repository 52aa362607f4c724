"""Three small networks of the demo, built untrained, with their tokenizers and processors."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from advisor.trial.runtime import library
from demo_training import texts
from demo_training.dataset import MEAN, SIDE, STANDARD_DEVIATION

torch: Any = library("torch")
transformers: Any = library("transformers")

WIDTH, PATCH, VISION_LAYERS, TEXT_LAYERS, HEADS = 96, 8, 4, 2, 4
LONGEST_TEXT = 24
WORD_END = "</w>"
CLIP_SPECIAL = ("<|startoftext|>", "<|endoftext|>")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]")
VISION = {
    "hidden_size": WIDTH,
    "intermediate_size": 2 * WIDTH,
    "num_hidden_layers": VISION_LAYERS,
    "num_attention_heads": HEADS,
    "image_size": SIDE,
    "patch_size": PATCH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """An untrained network with what turns pictures and words into its inputs."""

    model: Any
    processor: Any
    tokenizer: Any
    vision: Any


def dual_encoder() -> Network:
    """Build a CLIP of about half a million parameters."""
    tokenizer = _byte_pairs()
    config = transformers.CLIPConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "num_hidden_layers": TEXT_LAYERS,
            "num_attention_heads": HEADS,
            "max_position_embeddings": LONGEST_TEXT,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config=VISION,
        projection_dim=64,
    )
    model = transformers.CLIPModel(config)
    images = transformers.CLIPImageProcessorPil(**_image_settings(), do_center_crop=False)
    processor = transformers.CLIPProcessor(image_processor=images, tokenizer=tokenizer)
    _start_positions(model.vision_model.embeddings.position_embedding.weight)
    return Network(model=model, processor=processor, tokenizer=tokenizer, vision=model.vision_model)


def encoder_decoder() -> Network:
    """Build a ViT and a BERT decoder joined by cross-attention."""
    tokenizer = _words()
    encoder = transformers.ViTConfig(**VISION)
    decoder = transformers.BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=TEXT_LAYERS,
        num_attention_heads=HEADS,
        max_position_embeddings=LONGEST_TEXT,
        is_decoder=True,
        add_cross_attention=True,
    )
    config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    config.tie_word_embeddings = False
    model = transformers.VisionEncoderDecoderModel(config=config)
    ids = {
        "decoder_start_token_id": tokenizer.cls_token_id,
        "eos_token_id": tokenizer.sep_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    for name, value in ids.items():
        setattr(model.config, name, value)
        setattr(model.generation_config, name, value)
    model.generation_config.max_new_tokens = 16
    processor = transformers.ViTImageProcessorPil(**_image_settings())
    _start_positions(model.encoder.embeddings.position_embeddings)
    return Network(model=model, processor=processor, tokenizer=tokenizer, vision=model.encoder)


def unified() -> Network:
    """Build a BLIP whose one set of weights serves captions, questions and matching."""
    tokenizer = _words()
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in SPECIAL}
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": WIDTH,
        "encoder_hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": TEXT_LAYERS,
        "num_attention_heads": HEADS,
        "max_position_embeddings": LONGEST_TEXT,
        "bos_token_id": ids["[DEC]"],
        "pad_token_id": ids["[PAD]"],
        "eos_token_id": ids["[SEP]"],
        "sep_token_id": ids["[SEP]"],
    }
    config = transformers.BlipConfig(
        text_config=text,
        vision_config={**VISION, "initializer_range": 0.02},
        projection_dim=64,
        image_text_hidden_size=64,
    )
    model = transformers.BlipForQuestionAnswering(config)
    matcher = transformers.BlipForImageTextRetrieval(config)
    for part in ("itm_head", "vision_proj", "text_proj"):
        setattr(model, part, getattr(matcher, part))
    images = transformers.BlipImageProcessorPil(**_image_settings())
    processor = transformers.BlipProcessor(image_processor=images, tokenizer=tokenizer)
    _start_positions(model.vision_model.embeddings.position_embedding)
    return Network(model=model, processor=processor, tokenizer=tokenizer, vision=model.vision_model)


def _image_settings() -> dict[str, Any]:
    return {
        "size": {"height": SIDE, "width": SIDE},
        "resample": 3,
        "image_mean": [MEAN] * 3,
        "image_std": [STANDARD_DEVIATION] * 3,
        "do_convert_rgb": True,
    }


def _byte_pairs() -> Any:
    """Return CLIP's kind of tokenizer with every word of the demo as one token.

    `train_new_from_iterator` orders equally frequent pairs another way each time.
    """
    letters = sorted(library("tokenizers").pre_tokenizers.ByteLevel.alphabet())
    merges = learn_merges(Counter(" ".join(texts.corpus()).replace("?", " ? ").split()))
    known = [*letters, *(f"{letter}{WORD_END}" for letter in letters), *map("".join, merges)]
    vocabulary = {
        token: place for place, token in enumerate(dict.fromkeys([*known, *CLIP_SPECIAL]))
    }
    return transformers.CLIPTokenizer(
        vocab=vocabulary, merges=merges, model_max_length=LONGEST_TEXT
    )


def learn_merges(words: Counter[str]) -> list[tuple[str, str]]:
    """Return the pairs to join, most frequent first, until every word is one token.

    Byte-pair encoding (Sennrich et al. 2016, algorithm 1); equal counts go by the alphabet.
    """
    parts = {word: [*word[:-1], word[-1] + WORD_END] for word in words}
    merges: list[tuple[str, str]] = []
    while True:
        counts: Counter[tuple[str, str]] = Counter()
        for word, tokens in parts.items():
            for pair in pairwise(tokens):
                counts[pair] += words[word]
        if not counts:
            return merges
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(best)
        for tokens in parts.values():
            _join(tokens, best)


def _join(tokens: list[str], pair: tuple[str, str]) -> None:
    place = 0
    while place < len(tokens) - 1:
        if (tokens[place], tokens[place + 1]) == pair:
            tokens[place : place + 2] = ["".join(pair)]
        place += 1


def _words() -> Any:
    known = sorted({word for text in texts.corpus() for word in text.replace("?", " ?").split()})
    vocabulary = {word: place for place, word in enumerate((*SPECIAL, *known))}
    return transformers.BertTokenizer(
        vocab=vocabulary,
        do_lower_case=True,
        model_max_length=LONGEST_TEXT,
        extra_special_tokens=list(SPECIAL[-2:]),
    )


def _start_positions(positions: Any) -> None:
    """Start position embeddings as sines and cosines of row and column (Vaswani et al. 2017)."""
    side = SIDE // PATCH
    quarter = WIDTH // 4
    rates = torch.exp(-math.log(100.0) * torch.arange(quarter) / quarter)
    rows = torch.arange(side).repeat_interleave(side)[:, None] * rates
    columns = torch.arange(side).repeat(side)[:, None] * rates
    waves = torch.cat([rows.sin(), rows.cos(), columns.sin(), columns.cos()], dim=1)
    with torch.no_grad():
        positions.view(-1, WIDTH)[1:] = 0.2 * waves
