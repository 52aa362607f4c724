"""Hold advisor's unified VLP against what the original computed: `python parity.py FIXTURE.npz`.

A fixture holds outputs of LuoweiZhou/VLP@74c4d85, run unmodified under Python 3.6 and torch 1.1;
README.md says what each key means. Weights and regions come from `recipe`, by the size and seed
that the file names. Prints one line a quantity with its largest difference, relative to the
largest value, beams' totals to the largest word score, of whose differences they are sums;
decodings, masks and ids have to be identical. Label smoothing, dropping the worst examples and the
region pretext, which no published command turns on, are not reproduced. Exit code 1 where anything
is off by 1e-5 or more, with the worst named.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import recipe
import torch
from beams import ALIVE, described, is_plain, plain_beams, search, traced
from original import Original, regions
from quantities import Quantity, every, gradients, near, same, thinned_states

from advisor.unified_vlp import UnifiedVLPForAnswering, UnifiedVLPForCaptioning
from advisor.unified_vlp import processor as layouts
from advisor.unified_vlp import regions as place_numbers
from advisor.unified_vlp.decoding import write

PENALTIES = (-1.5, -0.4, 0.4, 1.2, 4.0)
SOFT = (1.0, 0.6, 0.3)
MODES = {"bi": layouts.BIDIRECTIONAL, "s2s": layouts.SEQUENCE}
THINNED_WORDS, THINNED_ANSWERS = 101, 29


def compare(path: Path) -> Iterator[Quantity]:
    """Yield every quantity that a fixture holds.

    Those that are off by so little that rounding may be the reason come last, from a comparison in
    double precision: what the original itself rounded away stays, and is told as it is.
    """
    doubtful = set()
    for quantity in everything(Original(path)):
        if quantity is not None and quantity.doubtful:
            doubtful.add(quantity.name)
        elif quantity is not None:
            yield quantity
    if doubtful:
        precise = everything(Original(path, torch.float64))
        yield from (each for each in precise if each is not None and each.name in doubtful)


def everything(original: Original) -> Iterator[Quantity | None]:
    """Yield every quantity, None for what this fixture does not hold."""
    yield from places(original)
    captioner = original.network(UnifiedVLPForCaptioning)
    for mode in MODES:
        yield from objective(original, captioner, mode)
    yield from captions(original, captioner)
    del captioner
    if "vqa.input_ids" in original.stored:
        yield from answers(original)


def places(original: Original) -> Iterator[Quantity | None]:
    """Yield the place numbers of the regions, and of boxes that no detector should give."""
    found = original.picture()["region_places"]
    box = recipe.BOX
    yield near("geometry", found[..., :box], original["geometry"])
    sample = original["class_sample"]
    if sample is not None:
        rows, columns = sample.shape[1:]
        yield near("class_sample", found[:, :rows, box : box + columns], sample)
    _, probabilities, boxes = regions(original.batch, original.seed)
    turned = boxes[..., [2, 1, 0, 3, 4, 5]]  # their area is below 0, which no fixture shows
    turned = torch.where((torch.arange(turned.shape[1]) % 3 == 0)[:, None], turned, boxes)
    found = place_numbers.place_vectors(turned, probabilities)[..., :box]
    yield near("geometry, boxes turned over", found, specified_numbers(turned.numpy()))


def specified_numbers(boxes: Any) -> Any:
    """Return the six place numbers as the specification has them, in NumPy's doubles."""
    x1, y1, x2, y2, _, score = (boxes[..., n].astype("float64") for n in range(6))
    right = numpy.maximum(x1, x2).max(-1, keepdims=True) + 1e-5
    low = numpy.maximum(y1, y2).max(-1, keepdims=True) + 1e-5
    x1, x2, y1, y2 = x1 / right, x2 / right, y1 / low, y2 / low
    area = numpy.maximum((y2 - y1) * (x2 - x1), 0)
    six = numpy.stack([x1, y1, x2, y2, area, score], -1)
    spread = numpy.sqrt(six.var(-1, keepdims=True) + 1e-5)
    return torch.from_numpy((six - six.mean(-1, keepdims=True)) / spread)


def objective(original: Original, network: Any, mode: str) -> Iterator[Quantity | None]:
    """Yield layout, states, scores, losses and gradients of hidden words under one mask."""
    arranged = layouts.arrange(original.texts, MODES[mode], original.config)
    yield from laid_out(original, arranged, mode)
    hidden, words, weights = (
        original[f"{mode}.masked_{name}"] for name in ("positions", "labels", "weights")
    )
    ids = arranged.ids.gather(1, hidden)
    yield same(f"{mode}.masked_labels", ids * weights, words * weights)
    inputs = {
        "input_ids": original[f"{mode}.input_ids"],
        "token_type_ids": arranged.segments,
        "attention_mask": arranged.seen,
        **original.picture(),
    }
    aims = {"hidden_places": hidden, "labels": words, "label_weights": weights}
    with torch.no_grad():
        states = network.vlp(**inputs, output_hidden_states=True)
    last, first = states.last_hidden_state, states.hidden_states[1]
    stored = original[f"{mode}.first_layer"]
    if stored is not None:
        yield near(f"{mode}.first_layer", thinned_states(first[: len(stored)], stored), stored)
    stored = original[f"{mode}.hidden"]
    yield near(f"{mode}.hidden", thinned_states(last, stored), stored)
    yield near(f"{mode}.hidden_norms", last.norm(dim=-1), original[f"{mode}.hidden_norms"])
    yield near(f"{mode}.pooled", states.pooler_output, original[f"{mode}.pooled"])
    network.zero_grad(set_to_none=True)
    output = network(**inputs, **aims)
    stored = original[f"{mode}.masked_scores"]
    yield near(f"{mode}.masked_scores", every(output.logits, stored, THINNED_WORDS), stored)
    yield near(f"{mode}.loss", output.loss, original[f"{mode}.loss"])
    output.loss.backward()
    yield gradients(f"{mode}.gradient_norms", network, original.meta.get(f"{mode}.gradient_norms"))
    network.zero_grad(set_to_none=True)


def laid_out(original: Original, arranged: Any, mode: str) -> Iterator[Quantity | None]:
    """Yield ids (but for the hidden places), segments and mask."""
    ids, hidden = original[f"{mode}.input_ids"].clone(), original[f"{mode}.masked_positions"]
    used = original[f"{mode}.masked_weights"].bool()
    for row, (slots, which) in enumerate(zip(hidden, used, strict=True)):
        ids[row, slots[which]] = arranged.ids[row, slots[which]]
    yield same(f"{mode}.input_ids", arranged.ids, ids)
    yield same(f"{mode}.token_type_ids", arranged.segments, original[f"{mode}.token_type_ids"])
    bits = numpy.packbits(arranged.seen.numpy(), axis=-1)
    yield same(f"{mode}.mask_bits", torch.from_numpy(bits).long(), original[f"{mode}.mask_bits"])


def answers(original: Original) -> Iterator[Quantity | None]:
    """Yield scores, loss, gradients and choice of answers."""
    network = original.network(UnifiedVLPForAnswering)
    arranged = layouts.arrange(original.texts, layouts.BIDIRECTIONAL, original.config)
    yield same("vqa.token_type_ids", arranged.segments, original["vqa.token_type_ids"])
    targets = torch.zeros(original.batch, network.config.num_answers)
    for row, chosen in enumerate(original["vqa.chosen"].tolist()):
        for place, value in zip(chosen, SOFT, strict=True):
            targets[row, place] = value
    output = network(
        original["vqa.input_ids"],
        arranged.segments,
        arranged.seen,
        labels=targets,
        **original.picture(),
    )
    stored = original["vqa.scores"]
    yield near("vqa.scores", every(output.logits, stored, THINNED_ANSWERS), stored)
    yield near("vqa.loss", output.loss, original["vqa.loss"])
    chosen = torch.tensor(network.answers(output.logits))
    yield same("vqa.answer", chosen, original["vqa.answer"])
    output.loss.backward()
    yield gradients("vqa.gradient_norms", network, original.meta.get("vqa.gradient_norms"))


def captions(original: Original, network: Any) -> Iterator[Quantity | None]:
    """Yield the start of writing, and captions under every setting that forbids nothing."""
    config = original.config
    start = layouts.arrange([[]] * original.batch, layouts.SEQUENCE, config).ids
    yield same("decode.input_ids", start[:, : config.text_start], original["decode.input_ids"])
    longest = [[recipe.FIRST_WORD] * config.longest_text] * original.batch
    segments = layouts.arrange(longest, layouts.SEQUENCE, config).segments
    stored = original["decode.token_type_ids"]
    if stored is not None:
        yield same("decode.token_type_ids", segments[:, : stored.shape[1]], stored)
    for number, setting in enumerate(original.meta["decode.variants"]):
        if not is_plain(setting):
            continue
        with torch.no_grad():
            picture = network.vlp.picture(**original.picture())
            found: Any = write(network, picture, **search(setting))
        key, what = f"decode.{number}", described(setting)
        if setting["search_beam_size"] == 1:
            yield same(f"{key} {what} ids", found.ids, original[f"{key}.ids"])
            yield near(f"{key} {what} scores", found.scores, original[f"{key}.scores"])
            continue
        yield same(f"{key} {what} pred", found.ids, original[f"{key}.pred"])
        scores = original[f"{key}.scores"]
        alive = scores > ALIVE
        yield same(f"{key} {what} alive", found.scores > ALIVE, alive)
        yield same(f"{key} {what} wids", found.words[alive], original[f"{key}.wids"][alive])
        yield same(f"{key} {what} ptrs", found.pointers[alive], original[f"{key}.ptrs"][alive])
        sums = found.scores[alive], scores[alive]  # of differences of word scores
        yield near(f"{key} {what} scores", *sums, made_of=original.largest_word_score)
        if number == plain_beams(original.meta["decode.variants"]):
            yield same(f"{key} {what} by penalty", *by_penalty(original, network, number))


def by_penalty(original: Original, network: Any, number: int) -> tuple[Any, Any]:
    """Return what is written under other penalties, and what the stored beams say it should be.

    The penalty only chooses among the beams, and few of a file's settings have one.
    """
    setting, found, expected = original.meta["decode.variants"][number], [], []
    stored = [original.stored[f"decode.{number}.{each}"] for each in ("scores", "wids", "ptrs")]
    for penalty in PENALTIES:
        own = {**search(setting), "length_penalty": penalty}
        found.append(network.generate(**original.picture(), **own))
        pictures = zip(*stored, strict=True)
        rows = [traced(scores, words, back, penalty) for scores, words, back in pictures]
        expected.append(torch.tensor(rows))
    return torch.stack(found), torch.stack(expected)


def main(arguments: list[str]) -> int:
    """Print the comparison; 1 where anything differs."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        sys.stderr.write("give one fixture: python parity.py FIXTURE.npz\n")
        return 2
    worst = Quantity(name="nothing", difference=-1.0)
    for quantity in compare(Path(arguments[0])):
        sys.stdout.write(f"{quantity.line}\n")
        sys.stdout.flush()
        worst = max(worst, quantity, key=lambda each: each.difference)
    verdict = "equal to the original" if worst.passed else "NOT equal to the original"
    sys.stdout.write(f"{verdict}; the worst is {worst.name} with {worst.difference:.1e}\n")
    return 0 if worst.passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
