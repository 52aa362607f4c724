"""Log-likelihoods of given texts under a text-generating network.

`generate` computes the image and the prompt once, and all texts continue from its cache in batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.model.library import LABEL
from advisor.trial.answer import Request
from advisor.trial.images import OpenedImage
from advisor.trial.loading import Inputs
from advisor.trial.runtime import UnsupportedError, library

if TYPE_CHECKING:
    from advisor.trial.prompted import TextWriter

AT_ONCE = 16
"""Maximum number of texts in a batch."""
CHECKED = 2
"""Number of texts of the first image that are also scored token by token."""
OF_WRITING = ("logits_processor", "stopping_criteria")
"""Arguments of a way of writing; none changes what the network computes."""
OF_TEXTS = ("input_ids", "decoder_input_ids", "cache", "past_key_values", "inputs_embeds",
           "logits_to_keep")  # fmt: skip
"""Inputs of the prompt that a batch of texts replaces by its own."""


class Prompt(NamedTuple):
    """What `generate` has when it begins to write: a network, its outputs and its arguments."""

    network: Any
    outputs: Any
    given: Inputs


def forced_likelihoods(runner: TextWriter, image: OpenedImage, request: Request) -> Any:
    """Return the log-likelihood of each text of a request after its prompt, (texts,), float64.

    The end token does not count, unless a text is the beginning of another: then it counts for all,
    since the shorter text would never be less likely.
    """
    bare = runner.act == LABEL  # an instruction that names the labels wants them so
    texts = tuple(request.texts) if bare else request.wrapped_texts
    tokens = spelled_apart(runner.tokenizer, texts)
    prompt = _prompted(runner, runner.inputs(image, request))
    if runner.by_token is None:  # some networks continue a cache by one token only
        both = (_scores(prompt, tokens[:CHECKED], by_token=by_token) for by_token in (False, True))
        tolerance = 1e-4 if runner.placement.dtype == "float32" else 0.5
        together, apart = both
        runner.by_token = not bool(((together - apart).abs() <= tolerance).all())
    return _scores(prompt, tokens, by_token=runner.by_token)


def _prompted(runner: TextWriter, inputs: Inputs) -> Prompt:
    """Return what `generate` has computed from a prompt when it begins to write."""
    prompts: list[Prompt] = []

    def begun(network: Any, input_ids: Any, generation_config: Any, **given: Any) -> Any:
        given = {key: each for key, each in given.items() if key not in OF_WRITING}
        outputs = network._prefill(input_ids, generation_config, given)  # noqa: SLF001
        prompts.append(Prompt(network, outputs, given))
        return input_ids

    settings = {"num_beams": 1, "use_cache": True, "cache_implementation": "dynamic"}
    runner.generate(inputs, 1, custom_generate=begun, **settings)
    (prompt,) = prompts
    return prompt


def _scores(prompt: Prompt, tokens: Sequence[Sequence[int]], *, by_token: bool) -> Any:
    """Return the log-likelihood of each text after the prompt, (texts,), float64, on the CPU."""
    torch = library("torch")
    first, totals = prompt.outputs.logits[0, -1].float().log_softmax(dim=-1), []
    for begun in range(0, len(tokens), AT_ONCE):
        some = tokens[begun : begun + AT_ONCE]
        longest = max(map(len, some))
        padded = [[*text, *[text[-1]] * (longest - len(text))] for text in some]
        spelled = [[place < len(text) for place in range(longest)] for text in some]
        ids, written = (torch.tensor(each).to(first.device) for each in (padded, spelled))
        total = first[ids[:, 0]].double()
        if longest > 1:
            after = _continued(prompt, ids[:, :-1], 1 if by_token else longest)
            logs = after.float().log_softmax(dim=-1).gather(2, ids[:, 1:, None])[:, :, 0]
            total = total + (logs.double() * written[:, 1:]).sum(dim=1)
        totals.append(total)
    return torch.cat(totals).cpu()


def _continued(prompt: Prompt, ids: Any, width: int) -> Any:
    """Return the logits after each of the ids, (texts, tokens), that continue the prompt.

    They are passed `width` at a time, with the inputs that `generate` would prepare. Their places
    are the same for all texts, and nothing is padded on the left.
    """
    torch = library("torch")
    network, outputs, given = prompt.network, prompt.outputs, dict(prompt.given)
    decodes = bool(network.config.is_encoder_decoder)
    cached = "cache" if "cache" in outputs else "past_key_values"
    cache = deepcopy(outputs[cached])
    cache.reorder_cache(ids.new_zeros(len(ids)))
    logits = []
    for step in ids.split(width, dim=1):
        length = step.shape[1]
        for _ in range(length):
            given = network._update_model_kwargs_for_generation(  # noqa: SLF001
                outputs, given, is_encoder_decoder=decodes
            )
        if (last := given.get("cache_position")) is not None:  # of early transformers 5
            given["cache_position"] = last + torch.arange(1 - length, 1, device=last.device)
        inputs = network.prepare_inputs_for_generation(step[:1], **given)
        repeated = {
            key: each if key.endswith("position_ids") else _repeated(each, len(ids))
            for key, each in inputs.items()
            if key not in OF_TEXTS
        }
        name = "decoder_input_ids" if decodes else "input_ids"
        logits.append(network(**repeated, **{name: step, cached: cache}).logits)
    return torch.cat(logits, dim=1)


def _repeated(value: Any, rows: int) -> Any:
    """Return an input of one row for so many rows; what is no tensor of rows stays."""
    if isinstance(value, dict):  # outputs of an encoder
        return type(value)(**{key: _repeated(each, rows) for key, each in value.items()})
    is_row = hasattr(value, "repeat_interleave") and value.ndim > 1
    return value.repeat_interleave(rows, dim=0) if is_row else value


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
