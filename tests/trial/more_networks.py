"""Tiny networks of classes that only the programs of the catalogue need, beside `networks`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import latest_networks
import member_networks
import networks as n
import page_networks
import torch
import transformers as t

LEFT = {"longest": 4096, "left": True}
EMBEDS = {"vocab_size": 300, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}


def _clip_images() -> Any:
    return t.CLIPImageProcessorPil(size=n.SIZE, do_center_crop=False, **n.HALF)


def _llama(words: Any) -> dict[str, Any]:
    return {**n.LLAMA, "vocab_size": len(words)}


def florence2(folder: Path) -> Path:
    """The one of `networks`, able to read every kind of answer as the published ones are."""
    n.florence2(folder)
    file = folder / "processor_config.json"
    settings = json.loads(file.read_text())
    kinds = ("description_with_bboxes", "phrase_grounding", "polygons", "ocr")
    settings["post_processor_config"] |= {kind: {} for kind in kinds}
    file.write_text(json.dumps(settings))
    return folder


def vision_text_dual_encoder(folder: Path) -> Path:
    words = n.bert_tokenizer()
    config = t.VisionTextDualEncoderConfig.from_vision_text_configs(
        t.ViTConfig(**n.VISION), t.BertConfig(**n.TEXT, vocab_size=len(words)), projection_dim=8
    )
    images = t.ViTImageProcessorPil(size=n.SIZE, **n.HALF)
    parts = t.VisionTextDualEncoderProcessor(images, words)
    return n._save(folder, t.VisionTextDualEncoderModel(config), parts)


def aimv2(folder: Path) -> Path:
    config = t.Aimv2Config(
        text_config={**n.TEXT, **EMBEDS, "vocab_size": len(n.clip_tokenizer())},
        vision_config=n.VISION,
        projection_dim=8,
    )
    return n._save(
        folder, t.Aimv2Model(config), t.CLIPProcessor(_clip_images(), n.clip_tokenizer())
    )


def _owl(folder: Path, name: str) -> Path:
    config = getattr(t, f"{name}Config")(
        text_config={**n.TEXT, **EMBEDS}, vision_config=n.VISION, projection_dim=16
    )
    images = getattr(t, f"{name}ImageProcessorPil")(size=n.SIZE, **n.HALF)
    parts = getattr(t, f"{name}Processor")(images, n.clip_tokenizer())
    return n._save(folder, getattr(t, f"{name}ForObjectDetection")(config), parts)


def owlvit(folder: Path) -> Path:
    return _owl(folder, "OwlViT")


def owlv2(folder: Path) -> Path:
    return _owl(folder, "Owlv2")


def clipseg(folder: Path) -> Path:
    config = t.CLIPSegConfig(
        text_config={**n.TEXT, **EMBEDS},
        vision_config={**n.VISION, "num_hidden_layers": 2},
        projection_dim=16,
        extract_layers=[0, 1],
        reduce_dim=8,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
    )
    images = t.ViTImageProcessorPil(size=n.SIZE, **n.HALF)
    parts = t.CLIPSegProcessor(images, n.clip_tokenizer())
    return n._save(folder, t.CLIPSegForImageSegmentation(config), parts)


def vilt_pair(folder: Path) -> Path:
    config = t.ViltConfig(
        **{**n.TEXT, **n.VISION}, vocab_size=60, num_images=2, modality_type_vocab_size=3
    )
    images = t.ViltImageProcessorPil(size={"shortest_edge": 32}, size_divisor=16)
    parts = t.ViltProcessor(images, n.bert_tokenizer())
    return n._save(folder, t.ViltForImagesAndTextClassification(config), parts)


def git_video(folder: Path) -> Path:
    words = n.bert_tokenizer()
    config = t.GitConfig(
        vision_config=n.VISION,
        **{**n.TEXT, "max_position_embeddings": 64},
        vocab_size=len(words),
        num_image_with_embedding=6,
        bos_token_id=2,
        eos_token_id=3,
        pad_token_id=0,
    )
    return n._save(folder, t.GitForCausalLM(config), t.GitProcessor(_clip_images(), words))


def _bridgetower(folder: Path, name: str) -> Path:
    words = n.word_tokenizer()
    wide = {"hidden_size": 64, "intermediate_size": 16}  # a vision head is 64 wide in this class
    text = {**n.TEXT, **wide, "vocab_size": 60, "pad_token_id": 0, "max_position_embeddings": 64}
    vision = {**wide, "num_hidden_layers": 2, "image_size": 288, "patch_size": 32}
    config = t.BridgeTowerConfig(
        **{**wide, "num_attention_heads": 2, "num_hidden_layers": 1, "contrastive_hidden_size": 8},
        text_config=text,
        vision_config=vision,
        logit_scale_init_value=2.6592,  # stands in published files, not in the class
    )
    images = t.BridgeTowerImageProcessorPil()
    return n._save(folder, getattr(t, name)(config), t.BridgeTowerProcessor(images, words))


def bridgetower_matcher(folder: Path) -> Path:
    return _bridgetower(folder, "BridgeTowerForImageAndTextRetrieval")


def bridgetower_vectors(folder: Path) -> Path:
    return _bridgetower(folder, "BridgeTowerForContrastiveLearning")


def pix2struct(folder: Path) -> Path:
    words = n.word_tokenizer()
    shared = {"hidden_size": 16, "d_ff": 16, "d_kv": 8}
    config = t.Pix2StructConfig(
        text_config={
            **shared, "num_layers": 1, "num_heads": 2, "vocab_size": len(words),
            "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 2,
        },
        vision_config={
            **shared, "num_hidden_layers": 1, "num_attention_heads": 2, "seq_len": 64,
            "patch_embed_hidden_size": 768,
        },
    )  # fmt: skip
    images = t.Pix2StructImageProcessorPil(max_patches=16, is_vqa=False)
    return n._save(
        folder, t.Pix2StructForConditionalGeneration(config), t.Pix2StructProcessor(images, words)
    )


def llava_next(folder: Path) -> Path:
    words = n.word_tokenizer("<image>", **LEFT)
    images = t.LlavaNextImageProcessorPil(
        size={"shortest_edge": 32}, crop_size=n.SIZE, image_grid_pinpoints=[[32, 64]], **n.HALF
    )
    parts = t.LlavaNextProcessor(
        images,
        words,
        patch_size=16,
        vision_feature_select_strategy="default",
        chat_template=n.TEMPLATE,
        num_additional_image_tokens=1,
    )
    config = t.LlavaNextConfig(
        vision_config={"model_type": "clip_vision_model", **n.VISION, "num_hidden_layers": 2},
        text_config=_llama(words),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        image_grid_pinpoints=[[32, 64]],
        vision_feature_layer=-1,
    )
    return n._save(folder, t.LlavaNextForConditionalGeneration(config), parts)


def idefics3(folder: Path) -> Path:
    named = {
        "image_token": "<image>",
        "fake_image_token": "<fake_token_around_image>",
        "global_image_token": "<global-img>",
        "end_of_utterance_token": "<end_of_utterance>",
    }
    words = n.word_tokenizer(*named.values(), **LEFT, named=named)
    sizes = {"size": {"longest_edge": 64}, "max_image_size": {"longest_edge": 32}}
    images = t.Idefics3ImageProcessorPil(**sizes, **n.HALF)
    parts = t.Idefics3Processor(images, words, image_seq_len=1, chat_template=n.TEMPLATE)
    config = t.Idefics3Config(
        vision_config=n.VISION,
        text_config=_llama(words),
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        pad_token_id=0,
    )
    return n._save(folder, t.Idefics3ForConditionalGeneration(config), parts)


def qwen3_vl(folder: Path) -> Path:
    return _qwen3_vl(folder, "Qwen3VL")


def qwen3_vl_moe(folder: Path) -> Path:
    return _qwen3_vl(folder, "Qwen3VLMoe", **latest_networks.EXPERTS)


def _qwen3_vl(folder: Path, model: str, **more: Any) -> Path:
    vision = {
        "depth": 2, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "patch_size": 14,
        "out_hidden_size": 16, "num_position_embeddings": 16, "deepstack_visual_indexes": [0],
        "temporal_patch_size": 2,
    }  # fmt: skip
    words = n.word_tokenizer(*(f"<|{mark}|>" for mark in n.QWEN_MARKS), "Yes", "No", **LEFT)
    ids = {
        key: words.convert_tokens_to_ids(f"<|{mark}|>")
        for key, mark in zip(
            ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id"),
            n.QWEN_MARKS,
            strict=True,
        )
    }
    text = {key: value for key, value in _llama(words).items() if key != "model_type"} | {
        "head_dim": 8,
        "rope_parameters": {
            "rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0,
        },
    }  # fmt: skip
    images = t.Qwen2VLImageProcessorPil(
        min_pixels=28 * 28, max_pixels=56 * 56, patch_size=14, merge_size=2
    )
    parts = t.Qwen3VLProcessor(
        images, words, t.Qwen3VLVideoProcessor(patch_size=14), chat_template=n.QWEN_TEMPLATE
    )
    config = getattr(t, f"{model}Config")(text_config=text | more, vision_config=vision, **ids)
    return n._save(folder, getattr(t, f"{model}ForConditionalGeneration")(config), parts)


def tipsv2(folder: Path) -> Path:
    words = n.word_tokenizer(longest=40)
    text = {**n.TEXT, "vocab_size": 60, "pad_token_id": 0}
    vision = {**n.VISION, "mlp_ratio": 1}
    vision.pop("intermediate_size")
    config = t.Tipsv2Config(text_config=text, vision_config=vision)
    images = t.Tipsv2ImageProcessor(size=n.SIZE)
    return n._save(folder, t.Tipsv2Model(config), t.Tipsv2Processor(images, words))


def idefics2(folder: Path) -> Path:
    marks = ("<image>", "<fake_token_around_image>", "<end_of_utterance>")
    words = n.word_tokenizer(*marks, **LEFT)
    images = t.Idefics2ImageProcessorPil(
        size={"shortest_edge": 16, "longest_edge": 32}, do_image_splitting=False, **n.HALF
    )
    parts = t.Idefics2Processor(images, words, image_seq_len=2, chat_template=n.TEMPLATE)
    config = t.Idefics2Config(
        vision_config=n.VISION,
        perceiver_config={
            "hidden_size": 16, "resampler_n_latents": 2, "resampler_depth": 1,
            "resampler_n_heads": 2, "resampler_head_dim": 8, "num_key_value_heads": 2,
        },
        text_config=_llama(words),
        image_token_id=words.convert_tokens_to_ids("<image>"),
    )  # fmt: skip
    return n._save(folder, t.Idefics2ForConditionalGeneration(config), parts)


def gemma3(folder: Path) -> Path:
    named = {
        "image_token": "<image_soft_token>",
        "boi_token": "<start_of_image>",
        "eoi_token": "<end_of_image>",
    }
    words = n.word_tokenizer(*named.values(), **LEFT, named=named)
    words.add_tokens("<end_of_turn>", special_tokens=True)  # special without a name, as published
    images = t.Gemma3ImageProcessorPil(size=n.SIZE, **n.HALF)
    template = n.TEMPLATE.replace("<image>", "<start_of_image>").replace("</s>", "<end_of_turn>")
    parts = t.Gemma3Processor(images, words, chat_template=template, image_seq_length=4)
    text = {key: value for key, value in _llama(words).items() if key != "model_type"}
    config = t.Gemma3Config(
        text_config={**text, "head_dim": 8, "sliding_window": 32},
        vision_config={**n.VISION, "image_size": 32, "patch_size": 16},
        mm_tokens_per_image=4,
        image_token_id=words.convert_tokens_to_ids("<image_soft_token>"),
        boi_token_index=words.convert_tokens_to_ids("<start_of_image>"),
        eoi_token_index=words.convert_tokens_to_ids("<end_of_image>"),
    )
    model = t.Gemma3ForConditionalGeneration(config)
    projector = model.model.multi_modal_projector
    torch.nn.init.normal_(projector.mm_input_projection_weight, std=0.2)  # zeros see no image
    ends = words.convert_tokens_to_ids(["</s>", "<end_of_turn>"])
    model.generation_config.eos_token_id = ends
    return n._save(folder, model, parts)


def internvl(folder: Path) -> Path:
    named = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    words = n.word_tokenizer(*named.values(), "<image>", **LEFT, named=named)
    images = t.GotOcr2ImageProcessorPil(size=n.SIZE, crop_to_patches=False, **n.HALF)
    template = n.TEMPLATE.replace("<image>", "<IMG_CONTEXT>")
    parts = t.InternVLProcessor(
        images,
        words,
        t.InternVLVideoProcessor(size=n.SIZE),
        image_seq_length=1,
        chat_template=template,
    )
    config = t.InternVLConfig(
        vision_config={**n.VISION, "image_size": [32, 32], "patch_size": [16, 16]},
        text_config=_llama(words),
        image_token_id=words.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=1,
    )
    return n._save(folder, t.InternVLForConditionalGeneration(config), parts)


BUILDERS: dict[str, Callable[[Path], Path]] = {
    each.__name__: each
    for each in (
        florence2, vision_text_dual_encoder, aimv2, owlvit, owlv2, clipseg, vilt_pair, git_video,
        bridgetower_matcher, bridgetower_vectors, pix2struct, llava_next, idefics3, qwen3_vl,
        qwen3_vl_moe,
        tipsv2, idefics2, gemma3, internvl,
    )
}  # fmt: skip


BUILDERS |= latest_networks.BUILDERS | member_networks.BUILDERS | page_networks.BUILDERS


def build(kind: str, folder: Path) -> Path:
    """Save a tiny checkpoint of a kind, of this module or of those it imports."""
    if kind not in BUILDERS:
        return n.build(kind, folder)
    torch.manual_seed(sum(map(ord, kind)))
    return BUILDERS[kind](folder)
