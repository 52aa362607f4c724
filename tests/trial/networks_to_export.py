"""Tiny networks as transformers 4 saves them, which optimum-onnx exports: python FILE FOLDER."""

import sys
from pathlib import Path

import torch  # noqa: TID253 - a script of its own
import transformers as t  # noqa: TID253
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

WORDS = [
    "this",
    "is",
    "a",
    "photo",
    "of",
    "cat",
    "red",
    "dog",
    "car",
    "blue",
    "green",
    "one",
    "two",
]
SIDE = {"height": 32, "width": 32}
VISION = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
    "image_size": 32, "patch_size": 8,
}  # fmt: skip
IDS = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}


def tokenizer(length: int, **more: object) -> t.PreTrainedTokenizerFast:
    """A tokenizer of words, in the one file that transformers.js reads."""
    vocab = {word: id for id, word in enumerate(["<pad>", "<s>", "</s>", "<unk>", *WORDS])}
    words = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    words.normalizer, words.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    ends = [("<s>", 1), ("</s>", 2)]
    words.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=ends)
    words.decoder = decoders.WordPiece(prefix="##")
    marks = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    return t.PreTrainedTokenizerFast(
        tokenizer_object=words, model_max_length=length, **marks, **more
    )


def widened(model: torch.nn.Module) -> torch.nn.Module:
    """A network whose outputs differ from image to image, as usual random weights do not give."""
    torch.manual_seed(5)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim > 1:
                torch.nn.init.normal_(weight, std=0.6 / weight.shape[-1] ** 0.5 + 0.05)
    return model.eval()


def main() -> None:
    """Write the networks."""
    folder = Path(sys.argv[1])
    text = {**{k: v for k, v in VISION.items() if "size" not in k or k[0] in "hi"}}
    text.pop("image_size")
    text |= {"vocab_size": len(WORDS) + 4, "max_position_embeddings": 16, **IDS}
    clip = t.CLIPConfig(
        text_config={**text, "projection_dim": 24},
        vision_config={**VISION, "projection_dim": 24},
        projection_dim=24,
    )
    siglip = t.SiglipConfig(text_config={**text, "projection_size": 32}, vision_config=VISION)
    decoder = t.GPT2Config(
        vocab_size=len(WORDS) + 4, n_positions=320, n_embd=32, n_layer=2, n_head=2,
        bos_token_id=1, eos_token_id=2, add_cross_attention=True,
    )  # fmt: skip
    writer = t.VisionEncoderDecoderConfig.from_encoder_decoder_configs(
        t.ViTConfig(**VISION), decoder
    )
    writer.decoder_start_token_id, writer.pad_token_id, writer.eos_token_id = 1, 0, 2
    reader = t.VisionEncoderDecoderConfig.from_encoder_decoder_configs(
        t.ViTConfig(**VISION),
        t.TrOCRConfig(
            vocab_size=len(WORDS) + 4, d_model=32, decoder_layers=2, decoder_attention_heads=2,
            decoder_ffn_dim=64, max_position_embeddings=320, cross_attention_hidden_size=32, **IDS,
        ),
    )  # fmt: skip
    reader.decoder_start_token_id, reader.pad_token_id, reader.eos_token_id = 1, 0, 2
    eye = {key: value for key, value in VISION.items() if key != "intermediate_size"}
    images = t.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=SIDE)
    alone = tokenizer(16, model_input_names=["input_ids"])  # as published tokenizers of SigLIP
    made = {
        "clip": (t.CLIPModel(clip), images, tokenizer(16)),
        "siglip": (t.SiglipModel(siglip), t.SiglipImageProcessor(size=SIDE), alone),
        "captioner": (
            t.VisionEncoderDecoderModel(writer), t.ViTImageProcessor(size=SIDE), tokenizer(24),
        ),
        "reader": (
            t.VisionEncoderDecoderModel(reader),
            t.TrOCRProcessor(t.ViTImageProcessor(size=SIDE), tokenizer(24)),
        ),
        "dinov2": (
            t.Dinov2Model(t.Dinov2Config(**eye, mlp_ratio=2)),
            t.BitImageProcessor(size={"shortest_edge": 32}, crop_size=SIDE),
        ),
    }  # fmt: skip
    for kind, (model, *others) in made.items():
        for part in (widened(model), *others):
            part.save_pretrained(folder / kind)


main()
