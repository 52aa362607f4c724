"""How likely a network that writes would write each of some texts, word for word.

The network generates as ever, and each step is forced to the next token of the text; what it would
have given that token is added up. So nothing has to be known of how a network takes its prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from advisor.model.library import LABEL
from advisor.trial.answer import Request
from advisor.trial.failures import UnsupportedError
from advisor.trial.images import OpenedImage
from advisor.trial.runtime import library
from advisor.trial.stacked import repeated

if TYPE_CHECKING:
    from advisor.trial.prompted import TextWriter

AT_ONCE = 16
"""Texts that are written together, at most."""
AS_LEARNED = {
    "forced_bos_token_id": None,
    "forced_eos_token_id": None,
    "min_length": 0,
    "min_new_tokens": None,
    "repetition_penalty": None,
    "no_repeat_ngram_size": None,
    "use_cache": True,
    "renormalize_logits": False,
}
"""What a checkpoint adds to greedy writing, taken away: a likelihood is that of the network."""


def forced_likelihoods(runner: TextWriter, image: OpenedImage, request: Request) -> Any:
    """Return the log-likelihood of each text of a request after its prompt, (texts,), float64.

    The end of the text is not part of it, unless one text is the beginning of another: then all
    are closed, since the shorter one would never be less likely.
    """
    torch = library("torch")
    tokens = spelled_apart(runner.tokenizer, request, written_whole=runner.act != LABEL)
    inputs = runner.inputs(image, request)
    totals = []
    for start in range(0, len(tokens), AT_ONCE):
        some = tokens[start : start + AT_ONCE]
        forcing = Forcing(some)
        runner.generate(
            repeated(inputs, len(some)),
            max(map(len, some)),
            logits_processor=[forcing],
            **AS_LEARNED,
        )
        totals.append(forcing.total)
    return torch.cat(totals)


def spelled_apart(tokenizer: Any, request: Request, *, written_whole: bool) -> list[list[int]]:
    """Return the token ids of each text of a request, so that none begins another.

    In the template where `written_whole`; an instruction that names the labels wants them bare.
    """
    texts = request.wrapped_texts if written_whole else request.texts
    tokens = [list(tokenizer.encode(text, add_special_tokens=False)) for text in texts]
    for text, ids in zip(texts, tokens, strict=True):
        if not ids:
            raise UnsupportedError(
                f"the label `{text}` has no words that this checkpoint can write",
                hint="give the class a name in words",
            )
    if begins_another(tokens):
        end = tokenizer.eos_token_id
        end = tokenizer.sep_token_id if end is None else end
        tokens = [[*ids, end] for ids in tokens] if end is not None else tokens
    return tokens


def begins_another(tokens: Sequence[Sequence[int]]) -> bool:
    """True where one sequence is the beginning of another."""
    ordered = sorted(map(tuple, tokens))
    return any(after[: len(before)] == before for before, after in pairwise(ordered))


class Forcing:
    """Makes each row of a batch write its own tokens, and adds up their log-probabilities.

    `total` is (rows,), float64, on the CPU.
    """

    def __init__(self, tokens: Sequence[Sequence[int]]) -> None:
        torch = library("torch")
        self.tokens, self.step = tokens, 0
        self.total = torch.zeros(len(tokens), dtype=torch.float64)

    def __call__(self, _ids: Any, scores: Any) -> Any:
        """Return scores, (rows, vocabulary), under which only the next token can come."""
        torch = library("torch")
        logs = scores.float().log_softmax(dim=-1)
        forced = torch.full_like(scores, -torch.inf)
        for row, tokens in enumerate(self.tokens):
            if self.step < len(tokens):
                token = tokens[self.step]
                self.total[row] += float(logs[row, token])
            else:
                token = tokens[-1]  # it waits for the longer ones
            forced[row, token] = 0.0
        self.step += 1
        return forced
