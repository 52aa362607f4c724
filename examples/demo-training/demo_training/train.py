"""Train the demo checkpoints: `python -m demo_training.train KIND FOLDER`.

The cards of the shipped checkpoints state the commands that made them. One thread computes and
every generator is seeded, so the same machine writes the same bytes again; the three kinds can
train side by side.
Beside the drawn pictures it reads the public easy-vqa set (PyPI `easy-vqa`, in the `dev` extra).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from advisor.trial.runtime import library, quiet
from demo_training import dataset, networks, texts
from demo_training.dataset import Pictures, Questions
from demo_training.networks import Network
from demo_training.optimisation import (
    AttributeHeads,
    optimise,
    pixel_values,
    reproducible,
)
from demo_training.recipe import Recipe

READ_OUT_WEIGHT = 0.5
NO_QUESTIONS = Questions(texts=(), answers=(), pictures=())
torch: Any = library("torch")
Loss = Callable[[Random], Any]


def main() -> None:
    """Train one network and save it with its processor, in half precision."""
    usual = Recipe()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("folder", type=Path)
    for name in ("steps", "batch", "rate", "seed", "images"):
        value = getattr(usual, name)
        parser.add_argument(f"--{name}", type=type(value), default=value)
    parser.add_argument("--start", type=Path, help="go on from the weights in this folder")
    parser.add_argument(
        "--without-pairs", action="store_true", help="leave six pairs of colour and shape out"
    )
    options = vars(parser.parse_args())
    kind, folder, start = (options.pop(name) for name in ("kind", "folder", "start"))
    train(kind, folder, Recipe(**options), start)


def train(kind: str, folder: Path, recipe: Recipe, start: Path | None = None) -> None:
    """Train the network of this kind on drawn pictures and easy-vqa's, and save it."""
    easy, questions = dataset.easy_vqa("train")
    drawn = dataset.drawn(recipe.images, recipe.seed)
    if recipe.without_pairs:
        easy, questions = dataset.without_pairs(easy, questions)
        drawn, _ = dataset.without_pairs(drawn, NO_QUESTIONS)
    with reproducible(recipe.seed):
        build, losses = KINDS[kind]
        network = build()
        if start is not None:
            take_weights(network, start)
        heads = AttributeHeads(networks.WIDTH)
        parameters = [*network.model.parameters(), *heads.parameters()]
        network.model.train()
        loss = losses(network, heads, drawn, easy, questions, recipe)
        means = optimise(parameters, loss, recipe)
        with torch.no_grad():
            for place, parameter in enumerate(parameters):
                parameter.copy_(means[place])
    save(network, folder)


def take_weights(network: Network, folder: Path) -> None:
    """Put stored weights into the network: the class's own, and the heads that ride along."""
    stored = library("safetensors.torch").load_file(folder / "model.safetensors")
    network.model.load_state_dict({k: v.float() for k, v in stored.items()}, strict=False)
    with quiet():
        loaded, report = type(network.model).from_pretrained(
            folder, dtype=torch.float32, output_loading_info=True
        )
    if report["missing_keys"] or report["mismatched_keys"]:
        raise SystemExit(f"{folder} holds another network")
    network.model.load_state_dict(loaded.state_dict(), strict=False)


def save(network: Network, folder: Path) -> None:
    """Write weights (float16), configuration, tokenizer and processor."""
    with quiet():
        network.model.eval().half().save_pretrained(folder)
        network.processor.save_pretrained(folder)
        network.tokenizer.save_pretrained(folder)
    for path in folder.iterdir():
        path.chmod(0o644)


def contrastive_losses(
    network: Network,
    heads: AttributeHeads,
    drawn: Pictures,
    easy: Pictures,
    questions: Questions,  # noqa: ARG001
    recipe: Recipe,
) -> Loss:
    """Return CLIP's loss with every true text of the batch as a positive (Radford et al. 2021)."""
    known = [place for place, truth in enumerate(easy.truths) if truth.colours and truth.shape]

    def loss(random: Random) -> Any:
        pictures, chosen = _mixed(random, drawn, easy, known, recipe.batch)
        pairs = [texts.label(pictures.truths[place], random) for place in chosen]
        tokens = _tokens(network, [text for text, _ in pairs])
        vision = network.vision(pixel_values=pixel_values(pictures, chosen))
        words = network.model.text_model(**tokens)
        left = _unit(network.model.visual_projection(vision.pooler_output))
        right = _unit(network.model.text_projection(words.pooler_output))
        scale = network.model.logit_scale.exp().clamp(max=100)
        judged = [[texts.agrees(pictures.truths[p], named) for _, named in pairs] for p in chosen]
        true = torch.tensor([[fits is True for fits in row] for row in judged]).float()
        doubtful = torch.tensor([[fits is None for fits in row] for row in judged])
        scores = (scale * left @ right.T).masked_fill(doubtful, -1e4)
        contrast = (_soft(scores, true) + _soft(scores.T, true.T)) / 2
        return contrast + READ_OUT_WEIGHT * heads.loss(vision.last_hidden_state, pictures, chosen)

    return loss


def writing_losses(
    network: Network,
    heads: AttributeHeads,
    drawn: Pictures,
    easy: Pictures,
    questions: Questions,  # noqa: ARG001
    recipe: Recipe,
) -> Loss:
    """Return the cross-entropy of the caption given the picture."""
    known = [place for place, truth in enumerate(easy.truths) if truth.colours and truth.shape]
    tokenizer = network.tokenizer

    def loss(random: Random) -> Any:
        pictures, chosen = _mixed(random, drawn, easy, known, recipe.batch)
        ids = _tokens(network, [texts.caption(pictures.truths[p]) for p in chosen])["input_ids"]
        labels = ids[:, 1:].masked_fill(ids[:, 1:] == tokenizer.pad_token_id, -100)
        values = pixel_values(pictures, chosen)
        encoded = network.vision(pixel_values=values)
        written = network.model(encoder_outputs=encoded, labels=labels)
        steadied = heads.loss(encoded.last_hidden_state, pictures, chosen)
        return written.loss + READ_OUT_WEIGHT * steadied

    return loss


def unified_losses(
    network: Network,
    heads: AttributeHeads,
    drawn: Pictures,
    easy: Pictures,
    questions: Questions,
    recipe: Recipe,
) -> Loss:
    """Return captioning, answering and matching on one batch (Li et al. 2022)."""
    captioned = [place for place, truth in enumerate(easy.truths) if truth.colours and truth.shape]
    asked = len(questions.texts)
    model = network.model

    def loss(random: Random) -> Any:
        pictures, chosen = _mixed(random, drawn, easy, captioned, recipe.batch)
        seen = network.vision(pixel_values=pixel_values(pictures, chosen)).last_hidden_state
        steadied = heads.loss(seen, pictures, chosen)
        captions = [texts.caption(pictures.truths[place]) for place in chosen]
        written = _written(network, captions, seen, None)
        extra = [random.randrange(asked) for _ in range(recipe.batch // 4)]
        more = pixel_values(easy, [questions.pictures[number] for number in extra])
        both = torch.cat([seen, network.vision(pixel_values=more).last_hidden_state])
        own = [texts.question(pictures.truths[place], random) for place in chosen]
        every = own + [(questions.texts[n], questions.answers[n]) for n in extra]
        asked_tokens = _tokens(network, [text for text, _ in every])
        read = _read(model, asked_tokens, both)
        answered = _written(network, [a for _, a in every], read, asked_tokens["attention_mask"])
        matched = _matched(network, seen, pictures, chosen, random)
        return written + 1.5 * answered + 0.5 * matched + READ_OUT_WEIGHT * steadied

    return loss


def _mixed(
    random: Random, drawn: Pictures, easy: Pictures, known: list[int], batch: int
) -> tuple[Pictures, list[int]]:
    """Return a batch of mostly drawn pictures with some of easy-vqa's, as pictures of their own."""
    few = batch // 6
    ours = [random.randrange(len(drawn.truths)) for _ in range(batch - few)]
    theirs = [random.choice(known) for _ in range(few)]
    import numpy

    pixels = numpy.concatenate([drawn.pixels[ours], easy.pixels[theirs]])
    truths = (*(drawn.truths[p] for p in ours), *(easy.truths[p] for p in theirs))
    return Pictures(pixels=pixels, truths=truths), list(range(batch))


def _tokens(network: Network, sentences: list[str]) -> dict[str, Any]:
    encoded = network.tokenizer(
        sentences, padding=True, truncation=True, return_tensors="pt", return_token_type_ids=False
    )
    return {name: encoded[name] for name in ("input_ids", "attention_mask")}


def _read(model: Any, tokens: dict[str, Any], seen: Any) -> Any:
    return model.text_encoder(
        **tokens,
        encoder_hidden_states=seen,
        encoder_attention_mask=torch.ones(seen.shape[:2], dtype=torch.long),
    ).last_hidden_state


def _written(network: Network, sentences: list[str], seen: Any, mask: Any | None) -> Any:
    tokens = _tokens(network, sentences)
    ids = tokens["input_ids"].clone()
    ids[:, 0] = network.model.config.text_config.bos_token_id
    labels = ids.masked_fill(tokens["attention_mask"] == 0, -100)
    loss: Any = network.model.text_decoder(
        input_ids=ids,
        attention_mask=tokens["attention_mask"],
        encoder_hidden_states=seen,
        encoder_attention_mask=mask,
        labels=labels,
        reduction="mean",
    ).loss
    return loss


def _matched(
    network: Network, seen: Any, pictures: Pictures, chosen: list[int], random: Random
) -> Any:
    model = network.model
    pairs = [texts.match_text(pictures.truths[place], random) for place in chosen]
    tokens = _tokens(network, [text for text, _ in pairs])
    truth = torch.tensor([int(true) for _, true in pairs])
    head = torch.nn.functional.cross_entropy(
        model.itm_head(_read(model, tokens, seen)[:, 0]), truth
    )
    words = model.text_encoder(**tokens).last_hidden_state
    left = _unit(model.vision_proj(seen[:, 0]))
    right = _unit(model.text_proj(words[:, 0]))
    apart = torch.nn.functional.binary_cross_entropy_with_logits(
        8 * (left * right).sum(dim=1), truth.float()
    )
    return head + 0.3 * apart


def _unit(vectors: Any) -> Any:
    return vectors / vectors.norm(dim=-1, keepdim=True)


def _soft(scores: Any, true: Any) -> Any:
    """Return cross-entropy against all positives of a row, each with an equal share."""
    share = true / true.sum(dim=1, keepdim=True).clamp(min=1)
    return -(share * scores.log_softmax(dim=1)).sum(dim=1).mean()


KINDS: dict[str, tuple[Callable[[], Network], Callable[..., Loss]]] = {
    "clip": (networks.dual_encoder, contrastive_losses),
    "vision-encoder-decoder": (networks.encoder_decoder, writing_losses),
    "blip": (networks.unified, unified_losses),
}

if __name__ == "__main__":
    main()
