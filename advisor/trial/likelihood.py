"""Log-likelihoods of given texts under a text-generating network.

The image and the prompt are computed once, and all texts continue from that cache in batches. Some
networks cannot do so: the first texts are also scored by `generate`, forced to the next token at
each step, and if the results differ, all texts are scored in this slow way.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import lru_cache
from inspect import signature
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from advisor.model.library import LABEL
from advisor.trial.answer import Request
from advisor.trial.images import OpenedImage
from advisor.trial.loading import Inputs, joined
from advisor.trial.runtime import UnsupportedError, library

if TYPE_CHECKING:
    from advisor.trial.prompted import TextWriter

AT_ONCE = 16
"""Maximum number of texts in a batch."""
CHECKED = 2
"""Number of texts of the first image that are also scored step by step."""
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
"""Settings of `generate` that undo those of a checkpoint, which would change likelihoods."""


def forced_likelihoods(runner: TextWriter, image: OpenedImage, request: Request) -> Any:
    """Return the log-likelihood of each text of a request after its prompt, (texts,), float64.

    The end token does not count, unless a text is the beginning of another: then it counts for all,
    since the shorter text would never be less likely.
    """
    bare = runner.act == LABEL  # an instruction that names the labels wants them so
    texts = tuple(request.texts) if bare else request.wrapped_texts
    tokens = spelled_apart(runner.tokenizer, texts)
    inputs = runner.inputs(image, request)
    if runner.goes_on is not False:
        scores = _from_the_prompt(runner, inputs, tokens)
        if runner.goes_on is None:
            wanted = _step_by_step(runner, inputs, tokens[:CHECKED])
            tolerance = 1e-3 if runner.placement.dtype == "float32" else 0.5
            runner.goes_on = scores is not None and bool(
                ((scores[:CHECKED] - wanted).abs() <= tolerance).all()
            )
        if runner.goes_on and scores is not None:
            return scores
    return _step_by_step(runner, inputs, tokens)


def _from_the_prompt(runner: TextWriter, inputs: Inputs, tokens: Sequence[Sequence[int]]) -> Any:
    """Return the log-likelihood of each text from one cached prompt; None if the network fails."""
    torch = library("torch")
    network, given = runner.writing(inputs)
    decodes = bool(network.config.is_encoder_decoder)
    given.pop("labels", None)  # some processors add them, to train on
    if decodes:
        start = network.generation_config.decoder_start_token_id or 0
        given.setdefault("decoder_input_ids", torch.full((1, 1), start, device=network.device))
    if "logits_to_keep" in signature(network.forward).parameters:
        given["logits_to_keep"] = 1
    totals = []
    try:
        prompt = network(**given, use_cache=True)
        first = prompt.logits[0, -1].float().log_softmax(dim=-1)
        for begun in range(0, len(tokens), AT_ONCE):
            some = tokens[begun : begun + AT_ONCE]
            longest = max(map(len, some))
            padded = [[*text, *[text[-1]] * (longest - len(text))] for text in some]
            spelled = [[place < len(text) for place in range(longest)] for text in some]
            ids, written = (torch.tensor(each).to(network.device) for each in (padded, spelled))
            total = first[ids[:, 0]].double()
            if ids.shape[1] > 1:
                after = _continued(network, prompt, ids[:, :-1], given, decodes=decodes)
                logs = after.float().log_softmax(dim=-1).gather(2, ids[:, 1:, None])[:, :, 0]
                total = total + (logs.double() * written[:, 1:]).sum(dim=1)
            totals.append(total)
    except (TypeError, ValueError, RuntimeError, AttributeError, KeyError, IndexError):
        return None  # it cannot go on from what it has computed
    return torch.cat(totals).cpu()


def _continued(network: Any, prompt: Any, ids: Any, given: Inputs, *, decodes: bool) -> Any:
    """Return the logits after each of the ids, (texts, tokens), that continue the cached prompt.

    The encoded image is repeated for each text. No mask is needed, since nothing is padded on the
    left.
    """
    cache = deepcopy(prompt.past_key_values)
    cache.batch_repeat_interleave(len(ids))
    inputs: Inputs = {"input_ids": ids}
    if (seen := given.get("encoder_hidden_states")) is not None:
        inputs["encoder_hidden_states"] = seen.repeat_interleave(len(ids), dim=0)
    if decodes:
        output = library("transformers.modeling_outputs").BaseModelOutput
        states = prompt.encoder_last_hidden_state.repeat_interleave(len(ids), dim=0)
        inputs = {"decoder_input_ids": ids, "encoder_outputs": output(last_hidden_state=states)}
    return network(**inputs, past_key_values=cache, use_cache=True).logits


def _step_by_step(runner: TextWriter, inputs: Inputs, tokens: Sequence[Sequence[int]]) -> Any:
    """Return the log-likelihood of each text by forcing `generate` to produce it."""
    torch = library("torch")

    def forced(some: Sequence[Sequence[int]]) -> Any:
        forcing, longest = Forcing(some), max(map(len, some))
        several = joined([inputs] * len(some))
        runner.generate(several, longest, logits_processor=[forcing], **AS_LEARNED)
        return forcing.total

    try:
        return torch.cat([forced(tokens[n : n + AT_ONCE]) for n in range(0, len(tokens), AT_ONCE)])
    except RuntimeError:  # a network that packs its images takes no batch of the same one
        return torch.cat([forced([text]) for text in tokens])


@lru_cache(maxsize=1)
def spelled_apart(tokenizer: Any, texts: tuple[str, ...]) -> list[list[int]]:
    """Return the token ids of texts, with an end token if one text is a prefix of another."""
    tokens = [list(tokenizer.encode(text, add_special_tokens=False)) for text in texts]
    for text, ids in zip(texts, tokens, strict=True):
        if not ids:
            raise UnsupportedError(
                f"the tokenizer of this checkpoint has no tokens for the label `{text}`",
                hint="use a label made of words",
            )
    ordered = sorted(tokens)
    if any(after[: len(before)] == before for before, after in pairwise(ordered)):
        end = tokenizer.eos_token_id
        end = tokenizer.sep_token_id if end is None else end
        tokens = [[*ids, end] for ids in tokens] if end is not None else tokens
    return tokens


class Forcing:
    """A logits processor that forces each row to its own tokens and sums their log-probabilities.

    `total` is (rows,), float64, on the CPU.
    """

    def __init__(self, tokens: Sequence[Sequence[int]]) -> None:
        torch = library("torch")
        self.tokens, self.step = tokens, 0
        self.total = torch.zeros(len(tokens), dtype=torch.float64)

    def __call__(self, _ids: Any, scores: Any) -> Any:
        """Return scores, (rows, vocabulary), that allow only the next token of each row."""
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
