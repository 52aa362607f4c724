"""Tiny networks of the classes that read pages, which came with transformers 5."""

from collections.abc import Callable
from pathlib import Path

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import networks as n
import transformers as t
from latest_networks import LEFT, TEXT, TURNS, ids_of, template


def paddleocr_vl(folder: Path) -> Path:
    named = {"image_token": "<|IMAGE_PLACEHOLDER|>"}
    marks = ("<|video_pad|>", "<|IMAGE_START|>", "<|IMAGE_END|>")
    words = n.word_tokenizer(*named.values(), *marks, **LEFT, named=named)
    words.add_tokens(list(marks), special_tokens=True)
    parts = t.PaddleOCRVLProcessor(
        t.PaddleOCRVLImageProcessorPil(size={"shortest_edge": 28 * 28, "longest_edge": 56 * 56}),
        words,
        chat_template=template("<|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>"),
    )
    config = t.PaddleOCRVLConfig(
        text_config={**TEXT, "vocab_size": len(words), "rope_parameters": dict(TURNS)},
        vision_config={**n.VISION, "image_size": 56, "patch_size": 14},
        **ids_of(
            words,
            image_token_id="<|IMAGE_PLACEHOLDER|>",
            video_token_id="<|video_pad|>",
            vision_start_token_id="<|IMAGE_START|>",
            vision_end_token_id="<|IMAGE_END|>",
        ),
    )
    return n._save(folder, t.PaddleOCRVLForConditionalGeneration(config), parts)


def lighton_ocr(folder: Path) -> Path:
    named = {
        "image_token": "<|image_pad|>",
        "image_break_token": "<|vision_pad|>",
        "image_end_token": "<|vision_end|>",
    }
    words = n.word_tokenizer(*named.values(), **LEFT, named=named)
    images = t.PixtralImageProcessorPil(size={"longest_edge": 56}, patch_size=28)
    parts = t.LightOnOcrProcessor(
        images,
        words,
        patch_size=14,
        spatial_merge_size=2,
        chat_template=template("<|image_pad|>"),
    )
    config = t.LightOnOcrConfig(
        text_config={**TEXT, "model_type": "qwen3", "vocab_size": len(words)},
        vision_config={
            "model_type": "pixtral", **n.VISION, "head_dim": 8, "image_size": 56, "patch_size": 14,
        },
        image_token_id=words.convert_tokens_to_ids("<|image_pad|>"),
    )  # fmt: skip
    return n._save(folder, t.LightOnOcrForConditionalGeneration(config), parts)


def got_ocr2(folder: Path) -> Path:
    marks = ("<|im_start|>", "<|im_end|>", "<img>", "</img>", "<imgpad>")
    words = n.word_tokenizer(*marks, **LEFT)
    images = t.GotOcr2ImageProcessorPil(size={"height": 1024, "width": 1024}, **n.HALF)
    vision = {
        "hidden_size": 8, "output_channels": 8, "num_hidden_layers": 1, "num_attention_heads": 1,
        "mlp_dim": 8, "image_size": 1024, "window_size": 4, "global_attn_indexes": [],
    }  # fmt: skip
    config = t.GotOcr2Config(
        text_config={**TEXT, "model_type": "qwen2", "vocab_size": len(words)},
        vision_config=vision,
        image_token_index=words.convert_tokens_to_ids("<imgpad>"),
    )
    parts = t.GotOcr2Processor(images, words)
    return n._save(folder, t.GotOcr2ForConditionalGeneration(config), parts)


def kosmos_2_5(folder: Path) -> Path:
    named = {"boi_token": "<image>", "eoi_token": "</image>", "image_token": "<s>"}
    words = n.word_tokenizer("<image>", "</image>", **LEFT, named=named)
    images = t.Kosmos2_5ImageProcessorPil(max_patches=64)
    parts = t.Kosmos2_5Processor(images, words, num_image_tokens=8)
    config = t.Kosmos2_5Config(
        text_config={
            "vocab_size": len(words), "embed_dim": 16, "layers": 1, "ffn_dim": 16,
            "attention_heads": 2, "max_position_embeddings": 512, "pad_token_id": 0,
            "bos_token_id": 1, "eos_token_id": 2,
        },
        vision_config={
            "hidden_size": 16, "intermediate_size": 16, "head_dim": 8, "num_hidden_layers": 1,
            "num_attention_heads": 2,
        },
        latent_query_num=8,
    )  # fmt: skip
    return n._save(folder, t.Kosmos2_5ForConditionalGeneration(config), parts)


BUILDERS: dict[str, Callable[[Path], Path]] = {
    each.__name__: each for each in (paddleocr_vl, lighton_ocr, got_ocr2, kosmos_2_5)
}
