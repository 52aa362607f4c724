"""How far the time of an image is off on networks that set no constant.

The first network of each kind says how many operations a second this core does, and how many bytes
of weights a second a decoder reads; all others are predicted by that and measured, in CPU time of
one thread. Weights are random, so nothing is downloaded.

    python benchmarks/hours.py
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import torch  # noqa: TID253
import transformers as t  # noqa: TID253
from torch.utils.flop_counter import FlopCounterMode  # noqa: TID253

from advisor.model.figures import Tower

DECODED = 8
PROMPT = 128


def towers() -> Iterator[tuple[str, str, Any, int, Tower | None]]:
    """Yield kind, name, network, side of the picture and, of a plain one, its dimensions."""
    yield "plain", "ViT-B/16", t.ViTModel(t.ViTConfig()), 224, Tower(12, 768, 3072, 16, 224)
    clip = t.CLIPVisionModel(t.CLIPVisionConfig())
    yield "plain", "CLIP ViT-B/32", clip, 224, Tower(12, 768, 3072, 32, 224)
    small = {"hidden_size": 384, "num_attention_heads": 6, "num_hidden_layers": 12}
    dino = t.Dinov2Model(t.Dinov2Config(**small, image_size=518))
    yield "plain", "DINOv2 S/14 at 518", dino, 518, Tower(12, 384, 1536, 14, 518)
    yield "windowed", "Swin-T", t.SwinModel(t.SwinConfig()), 224, None
    base = {"embed_dim": 128, "depths": [2, 2, 18, 2], "num_heads": [4, 8, 16, 32]}
    swin = t.SwinModel(t.SwinConfig(**base, window_size=12, image_size=384))
    yield "windowed", "Swin-B at 384", swin, 384, None
    second = t.Swinv2Model(t.Swinv2Config(image_size=256, window_size=8))
    yield "windowed", "Swin V2-T at 256", second, 256, None
    yield "convolutional", "ConvNeXt-T", t.ConvNextModel(t.ConvNextConfig()), 224, None
    wide = t.ConvNextConfig(hidden_sizes=[128, 256, 512, 1024], depths=[3, 3, 27, 3])
    yield "convolutional", "ConvNeXt-B at 256", t.ConvNextModel(wide), 256, None
    yield "convolutional", "ResNet-50", t.ResNetModel(t.ResNetConfig()), 224, None
    yield "small", "MobileNetV2", t.MobileNetV2Model(t.MobileNetV2Config()), 224, None
    yield "small", "MobileNetV1", t.MobileNetV1Model(t.MobileNetV1Config()), 224, None
    tiny = t.EfficientNetConfig(
        image_size=224, width_coefficient=1.0, depth_coefficient=1.0, hidden_dim=1280
    )
    yield "small", "EfficientNet-B0", t.EfficientNetModel(tiny), 224, None


def decoders() -> Iterator[tuple[str, Any]]:
    """Yield the name of a decoder and the network."""
    shape = {"hidden_size": 1024, "num_hidden_layers": 8, "intermediate_size": 3072}
    heads = {"num_key_value_heads": 4, "num_attention_heads": 8, "head_dim": 128}
    qwen = t.Qwen3Config(**shape, **heads, vocab_size=32000, tie_word_embeddings=True)
    yield "Qwen3, 134 M", t.Qwen3ForCausalLM(qwen)
    shape = {"hidden_size": 768, "num_hidden_layers": 12, "intermediate_size": 2048}
    llama = t.LlamaConfig(**shape, vocab_size=32000, tie_word_embeddings=True)
    yield "Llama, 110 M", t.LlamaForCausalLM(llama)
    yield "GPT-2, 124 M", t.GPT2LMHeadModel(t.GPT2Config())


def seconds(call: Callable[[], Any]) -> float:
    """Return the least CPU time of three calls after one that warms up."""
    took = []
    with torch.no_grad():
        for _ in range(4):
            begun = time.process_time()
            call()
            took.append(time.process_time() - begun)
    return min(took[1:])


def main() -> None:
    """Measure all and print a line each: measured, predicted, and how far that is off."""
    torch.set_num_threads(1)
    rates: dict[str, float] = {}
    for kind, name, network, side, tower in towers():
        network.eval()
        picture = torch.randn(1, 3, side, side)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(picture)
        operations = tower.gflops(0) if tower else counter.get_total_flops() / 1e9
        tell(rates, kind, name, operations, seconds(lambda: network(picture)))  # noqa: B023
    for name, network in decoders():
        network.eval()
        words = torch.randint(0, 100, (1, PROMPT))
        with torch.no_grad():
            cache = network(words, use_cache=True).past_key_values
        step = seconds(lambda: network(words[:, :1], past_key_values=cache))  # noqa: B023
        size = sum(weight.numel() * weight.element_size() for weight in network.parameters())
        tell(rates, "decoder", name, size / 2**30, step)


def tell(rates: dict[str, float], kind: str, name: str, work: float, took: float) -> None:
    """Print one measurement; the first of a kind sets the rate of those after it."""
    if kind not in rates:
        rates[kind] = work / took
        print(f"{kind:<14} {name:<20} {took:8.3f} s  sets the rate: {rates[kind]:.1f} a second")
        return
    predicted = work / rates[kind]
    print(f"{kind:<14} {name:<20} {took:8.3f} s  {predicted:8.3f} s  {predicted / took - 1:+.0%}")


if __name__ == "__main__":
    main()
