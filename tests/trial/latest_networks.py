"""Tiny networks of the chat classes that came with transformers 5, and of GroupViT."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import networks as n
import transformers as t

LEFT = {"longest": 4096, "left": True}
TEXT = {
    **{key: value for key, value in n.LLAMA.items() if key != "model_type"},
    "head_dim": 8,
}
TURNS = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0}
"""Positions turned by time, height and width; a class writes into the copy it is given."""


HYBRID = {
    **TEXT,
    "num_hidden_layers": 2,
    "layer_types": ["linear_attention", "full_attention"],
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 2,
}
"""A decoder of Qwen3.5: one layer of linear attention and one of the usual."""
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 8}
"""Four experts in place of one, of which two work on each token."""


def template(image: str, video: str = "<video>") -> str:
    """The chat template of `networks`, with other words for an image and a video."""
    return n.TEMPLATE.replace("<image> ", f"{image} ").replace("<video> ", f"{video} ")


def ids_of(words: Any, **tokens: str) -> dict[str, int]:
    return {key: words.convert_tokens_to_ids(token) for key, token in tokens.items()}


def _gemma4(folder: Path, name: str, features: Any, vision: dict[str, Any]) -> Path:
    named = {
        "image_token": "<|image|>",
        "boi_token": "<|image>",
        "eoi_token": "<image|>",
        "audio_token": "<|audio|>",
        "boa_token": "<|audio>",
        "eoa_token": "<audio|>",
    }
    words = n.word_tokenizer(*named.values(), "<|video|>", **LEFT, named=named)
    sizes = {"patch_size": 4, "pooling_kernel_size": 2, "max_soft_tokens": 70}
    parts = getattr(t, f"{name}Processor")(
        features,
        getattr(t, f"{name}ImageProcessor")(**sizes),
        words,
        getattr(t, f"{name}VideoProcessor")(**sizes),
        chat_template=template("<|image|>"),
    )
    text = {
        **TEXT,
        "vocab_size": len(words),
        "num_hidden_layers": 2,
        "layer_types": ["sliding_attention", "full_attention"],
        "global_head_dim": 8,
        "sliding_window": 32,
    }
    if name == "Gemma4":
        text |= {"vocab_size_per_layer_input": len(words), "hidden_size_per_layer_input": 8}
    config = getattr(t, f"{name}Config")(
        text_config=text,
        vision_config={**vision, "patch_size": 4, "pooling_kernel_size": 2},
        **ids_of(
            words,
            image_token_id="<|image|>",
            boi_token_id="<|image>",
            eoi_token_id="<image|>",
            audio_token_id="<|audio|>",
            boa_token_id="<|audio>",
            eoa_token_index="<audio|>",
            video_token_id="<|video|>",
        ),
    )
    return n._save(folder, getattr(t, f"{name}ForConditionalGeneration")(config), parts)


def gemma4(folder: Path) -> Path:
    vision = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "head_dim": 8,
        "num_attention_heads": 2, "num_key_value_heads": 2, "position_embedding_size": 512,
    }  # fmt: skip
    return _gemma4(folder, "Gemma4", t.Gemma4AudioFeatureExtractor(), vision)


def gemma4_unified(folder: Path) -> Path:
    vision = {"mm_embed_dim": 16, "mm_posemb_size": 80, "output_proj_dims": 16}
    return _gemma4(folder, "Gemma4Unified", t.Gemma4UnifiedAudioFeatureExtractor(), vision)


def minicpm_v(folder: Path) -> Path:
    named = {
        "image_token": "<|image_pad|>",
        "video_token": "<|video_pad|>",
        "image_start_token": "<image>",
        "image_end_token": "</image>",
        "slice_start_token": "<slice>",
        "slice_end_token": "</slice>",
        "image_id_start_token": "<image_id>",
        "image_id_end_token": "</image_id>",
    }
    words = n.word_tokenizer(*named.values(), **LEFT, named=named)
    sizes = {"scale_resolution": 112, "max_slice_nums": 2}
    parts = t.MiniCPMV4_6Processor(
        t.MiniCPMV4_6ImageProcessorPil(**sizes),
        t.MiniCPMV4_6VideoProcessor(**sizes),
        words,
        chat_template=template("<|image_pad|>", "<|video_pad|>"),
    )
    config = t.MiniCPMV4_6Config(
        text_config={
            **HYBRID,
            "model_type": "qwen3_5_text",
            "vocab_size": len(words),
            "rope_parameters": dict(TURNS),
        },
        vision_config={
            **n.VISION, "num_hidden_layers": 2, "image_size": 112, "patch_size": 14,
        },
        insert_layer_id=0,
        **ids_of(words, image_token_id="<|image_pad|>", video_token_id="<|video_pad|>"),
    )  # fmt: skip
    return n._save(folder, t.MiniCPMV4_6ForConditionalGeneration(config), parts)


def _glm(folder: Path, model: str, processor: str, **more: Any) -> Path:
    marks = (
        "<|image|>", "<|video|>", "<|begin_of_image|>", "<|end_of_image|>", "<|begin_of_video|>",
        "<|end_of_video|>",
    )  # fmt: skip
    named = {"image_token": "<|image|>", "video_token": "<|video|>"}
    words = n.word_tokenizer(*marks, **LEFT, named=named)
    words.add_tokens(list(marks), special_tokens=True)
    sizes = {"shortest_edge": 28 * 28, "longest_edge": 56 * 56}
    parts = getattr(t, f"{processor}Processor")(
        getattr(t, f"{processor}ImageProcessorPil")(size=sizes),
        words,
        getattr(t, f"{processor}VideoProcessor")(),
        chat_template=template(
            "<|begin_of_image|><|image|><|end_of_image|>",
            "<|begin_of_video|><|video|><|end_of_video|>",
        ),
    )
    ids = ids_of(
        words,
        image_token_id="<|image|>",
        video_token_id="<|video|>",
        image_start_token_id="<|begin_of_image|>",
        image_end_token_id="<|end_of_image|>",
        video_start_token_id="<|begin_of_video|>",
        video_end_token_id="<|end_of_video|>",
    )
    config = getattr(t, f"{model}Config")(
        text_config={**TEXT, **more, "vocab_size": len(words), "rope_parameters": dict(TURNS)},
        vision_config={
            "depth": 1, "hidden_size": 16, "num_heads": 2, "out_hidden_size": 16,
            "intermediate_size": 16, "patch_size": 14,
        },
        **ids,
    )  # fmt: skip
    return n._save(folder, getattr(t, f"{model}ForConditionalGeneration")(config), parts)


def glm_ocr(folder: Path) -> Path:
    return _glm(folder, "GlmOcr", "Glm46V")


def glm4v(folder: Path) -> Path:
    return _glm(folder, "Glm4v", "Glm4v")


def glm4v_moe(folder: Path) -> Path:
    experts = {"n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 8}
    layers = {"num_hidden_layers": 2, "first_k_dense_replace": 1, "head_dim": 16}
    return _glm(folder, "Glm4vMoe", "Glm4v", **experts, **layers)


def qwen3_5(folder: Path) -> Path:
    return _qwen3_5(folder, "Qwen3_5")


def qwen3_5_moe(folder: Path) -> Path:
    return _qwen3_5(folder, "Qwen3_5Moe", shared_expert_intermediate_size=8, **EXPERTS)


def _qwen3_5(folder: Path, model: str, **more: Any) -> Path:
    """Transformers reads the words of such a folder by this class, whatever wrote them."""
    special = "<pad>", "<s>", "</s>", "<unk>", *(f"<|{mark}|>" for mark in n.QWEN_MARKS)
    named = {"pad_token": special[0], "bos_token": special[1], "eos_token": special[2]}
    vocabulary = {word: place for place, word in enumerate(special)}
    base = t.Qwen3_5Tokenizer(
        vocab=vocabulary, merges=[], extra_special_tokens=special[4:], **named
    )
    words = base.train_new_from_iterator([" ".join(("Yes", "No", *n.WORDS))] * 50, vocab_size=600)
    words.model_max_length, words.padding_side = 4096, "left"
    keys = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
    tokens = {key: f"<|{mark}|>" for key, mark in zip(keys, n.QWEN_MARKS, strict=True)}
    images = t.Qwen2VLImageProcessorPil(
        min_pixels=32 * 32, max_pixels=64 * 64, patch_size=16, merge_size=2
    )
    parts = t.Qwen3VLProcessor(
        images, words, t.Qwen3VLVideoProcessor(), chat_template=n.QWEN_TEMPLATE
    )
    config = getattr(t, f"{model}Config")(
        text_config={**HYBRID, **more, "vocab_size": len(words), "rope_parameters": dict(TURNS)},
        vision_config={
            "depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2,
            "out_hidden_size": 16, "num_position_embeddings": 16,
        },
        **ids_of(words, **tokens),
    )  # fmt: skip
    return n._save(folder, getattr(t, f"{model}ForConditionalGeneration")(config), parts)


def lfm2_vl(folder: Path) -> Path:
    marks = ("<image>", "<|image_start|>", "<|image_end|>", "<|img_thumbnail|>")
    words = n.word_tokenizer(*marks, **LEFT)
    words.image_token, words.image_token_id = "<image>", words.convert_tokens_to_ids("<image>")
    images = t.Lfm2VlImageProcessor(
        do_image_splitting=False, min_image_tokens=1, max_image_tokens=4, tile_size=64,
        encoder_patch_size=16,
    )  # fmt: skip
    parts = t.Lfm2VlProcessor(images, words, chat_template=template("<image>"))
    vision = {key: value for key, value in n.VISION.items() if key != "image_size"}
    config = t.Lfm2VlConfig(
        text_config={
            **TEXT, "model_type": "lfm2", "vocab_size": len(words), "num_hidden_layers": 2,
            "layer_types": ["conv", "full_attention"], "block_multiple_of": 8,
        },
        vision_config={"model_type": "siglip2_vision_model", **vision, "num_patches": 16},
        projector_hidden_size=16,
        image_token_id=words.convert_tokens_to_ids("<image>"),
    )  # fmt: skip
    return n._save(folder, t.Lfm2VlForConditionalGeneration(config), parts)


def mistral3(folder: Path) -> Path:
    marks = ("[IMG]", "[IMG_BREAK]", "[IMG_END]")
    words = n.word_tokenizer(*marks, **LEFT)
    parts = t.PixtralProcessor(
        t.PixtralImageProcessorPil(size={"longest_edge": 56}, patch_size=14),
        words,
        patch_size=14,
        spatial_merge_size=2,
        chat_template=template("[IMG]"),
    )
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    config = t.Mistral3Config(
        text_config={**TEXT, "model_type": "mistral", "vocab_size": len(words)},
        vision_config={
            "model_type": "pixtral", **vision, "num_attention_heads": 2, "head_dim": 8,
            "patch_size": 14, "image_size": 56,
        },
        image_token_index=words.convert_tokens_to_ids("[IMG]"),
    )  # fmt: skip
    return n._save(folder, t.Mistral3ForConditionalGeneration(config), parts)


def groupvit(folder: Path) -> Path:
    config = t.GroupViTConfig(
        text_config={**n.TEXT, "vocab_size": 300, "bos_token_id": 0, "eos_token_id": 1},
        vision_config={
            "hidden_size": 16, "intermediate_size": 16, "depths": [1, 1, 1],
            "num_hidden_layers": 3, "num_group_tokens": [8, 4, 0], "num_output_groups": [8, 4, 0],
            "num_attention_heads": 2, "image_size": 32, "patch_size": 8,
        },
        projection_dim=16,
        projection_intermediate_dim=16,
    )  # fmt: skip
    images = t.CLIPImageProcessorPil(size=n.SIZE, do_center_crop=False, **n.HALF)
    return n._save(folder, t.GroupViTModel(config), t.CLIPProcessor(images, n.clip_tokenizer()))


BUILDERS: dict[str, Callable[[Path], Path]] = {
    each.__name__: each
    for each in (
        gemma4, gemma4_unified, minicpm_v, glm_ocr, glm4v, glm4v_moe, qwen3_5, qwen3_5_moe, lfm2_vl,
        groupvit, mistral3,
    )
}  # fmt: skip
