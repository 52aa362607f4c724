"""Generation of captions: append [MASK], predict it, replace it by the word; greedy or beams.

The loop is the original's (modeling.py:1189-1494), with cached keys and values instead of the
inputs of each layer. It differs from that of transformers, which divides by the length penalty and
replaces ended beams.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache

from advisor.unified_vlp.network import CACHE, Picture
from advisor.unified_vlp.processor import SEGMENTS, SEQUENCE

FORBIDDEN = -10_000.0
"""Added to the scores of words after an ended beam."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """Captions and their scores.

    `ids` are (batch, longest). Greedily, `scores` are those of the words, (batch, longest). With
    beams, `scores`, `words` and `pointers` are the totals, words and back-pointers of all beams,
    (batch, longest, beams).
    """

    ids: torch.Tensor
    scores: torch.Tensor
    words: torch.Tensor | None = None
    pointers: torch.Tensor | None = None


class Steps:
    """The network word by word; the cache keeps the states of the words, not those of [MASK]."""

    def __init__(self, network: Any, picture: Picture) -> None:
        self.network, self.config = network, network.config
        self.device = picture[0].device
        self.picture: Picture | None = picture
        self.cache = DynamicCache()

    def scores(self, words: torch.Tensor | None) -> torch.Tensor:
        """Return the scores of the next word, (rows, vocabulary), after `words`, (rows,).

        The first call, without words, encodes the image.
        """
        start = self.config.text_start
        if words is None:
            assert self.picture is not None
            rows = len(self.picture[0])
            ids = torch.full((rows, start + 1), self.config.unk_token_id, device=self.device)
            ids[:, 0], ids[:, start - 1] = self.config.cls_token_id, self.config.sep_token_id
        else:
            rows = len(words)
            ids = torch.stack([words, torch.zeros_like(words)], dim=1)
        ids[:, -1] = self.config.mask_token_id
        first, new = self.cache.get_seq_length(), ids.shape[1]
        slots = torch.arange(first, first + new, device=self.device)
        of_picture, of_text = SEGMENTS[SEQUENCE]
        segments = torch.where(slots < start, of_picture, of_text).expand(rows, -1)
        columns = torch.arange(first + new, device=self.device)
        seen = (columns[None] < start) | (
            (slots[:, None] >= start) & (columns[None] <= slots[:, None])
        )
        vlp = self.network.vlp
        entered = vlp.bert.embeddings.slots(ids, segments, self.picture, first_slot=first)
        seen = seen[None].expand(rows, -1, -1)
        states = vlp.states(entered, seen, **{CACHE: self.cache}).last_hidden_state
        self.cache.crop(-1)  # no later slot sees this [MASK]
        self.picture = None
        scores: torch.Tensor = self.network.word_scores(states[:, -1]).float()
        return scores


def write(
    network: Any,
    picture: Picture,
    num_beams: int = 1,
    max_new_tokens: int | None = None,
    length_penalty: float = 0.0,
) -> Searched:
    """Return captions of images, given content and place of their regions.

    The published settings are 5 beams and no length penalty, which is *added* for each word.
    `max_new_tokens` counts [SEP] as well; None is the longest text of the configuration.
    """
    steps = Steps(network, picture)
    room = network.config.max_position_embeddings - network.config.text_start
    longest = min(max_new_tokens or network.config.longest_text, room)
    if num_beams > 1:
        return _beams(steps, num_beams, longest, length_penalty)
    words, scores, word = [], [], None
    for _ in range(longest):  # all steps are taken (modeling.py:1189)
        best, word = steps.scores(word).max(dim=-1)
        words.append(word)
        scores.append(best)
    return Searched(ids=torch.stack(words, dim=1), scores=torch.stack(scores, dim=1))


def log_likelihood(network: Any, picture: Picture, tokens: Sequence[int]) -> torch.Tensor:
    """Return the log-likelihood of generating a text for each image, (batch,), float64.

    The text is scored word by word, without an end token.
    """
    steps, word = Steps(network, picture), None
    total = torch.zeros(len(picture[0]), dtype=torch.float64)
    for token in tokens:
        logs = steps.scores(word).log_softmax(dim=-1)[:, token]
        total += logs.double().cpu()
        word = torch.full((len(logs),), token, device=logs.device)
    return total


def _beams(steps: Steps, beams: int, longest: int, penalty: float) -> Searched:
    """Return the best sequence of each image among its beams (modeling.py:1256-1494)."""
    end = steps.config.sep_token_id
    totals: list[torch.Tensor] = []
    words: list[torch.Tensor] = []
    pointers: list[torch.Tensor] = []
    for _ in range(longest):
        logs = steps.scores(words[-1].flatten() if words else None).log_softmax(dim=-1)
        best, ids = logs.topk(beams, dim=-1)
        if not words:
            total, word, pointer = best, ids, torch.zeros_like(ids)
            batch = len(ids)
            first_row = torch.arange(batch, device=ids.device) * beams
            steps.cache.batch_repeat_interleave(beams)
        else:
            ended = (words[-1] == end).float().view(-1, 1)
            before = ended * FORBIDDEN + totals[-1].view(-1, 1)
            sums = (best + before).view(batch, -1)
            total, place = sums.topk(beams, dim=-1)
            pointer = place // beams
            word = ids.view(batch, -1).gather(1, place)
            steps.cache.batch_select_indices((pointer + first_row[:, None]).flatten())
        totals.append(total)
        words.append(word)
        pointers.append(pointer)
    scores, chosen, back = (torch.stack(each, dim=1) for each in (totals, words, pointers))
    rows = zip(scores.tolist(), chosen.tolist(), back.tolist(), strict=True)
    sequences = [_best(*row, end=end, penalty=penalty) for row in rows]
    ids = torch.full((len(sequences), longest), steps.config.pad_token_id)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
    return Searched(ids=ids.to(scores.device), scores=scores, words=chosen, pointers=back)


def _best(
    totals: list[list[float]],
    words: list[list[int]],
    pointers: list[list[int]],
    *,
    end: int,
    penalty: float,
) -> list[int]:
    """Return the best sequence of one image, its [SEP] included, from (steps, beams) each.

    Candidates are the beams that end at any step, and every beam of the last step: the first in
    which all beams end, or else the final one. The penalty is added for each word; the first
    maximum wins.
    """
    last = next(
        (step for step, row in enumerate(words) if all(word == end for word in row)),
        len(words) - 1,
    )
    best, at, beam = -math.inf, 0, 0
    for step in range(last + 1):
        for place, word in enumerate(words[step]):
            total = totals[step][place] + penalty * (step + 1)
            if (word == end or step == last) and total > best:
                best, at, beam = total, step, place
    sequence = []
    for step in range(at, -1, -1):
        sequence.append(words[step][beam])
        beam = pointers[step][beam]
    return sequence[::-1]
