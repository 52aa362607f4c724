"""Loading of a network and its processors, with their limits.

Before any file beside the weights is used here, all are tried once in a child process with limits:
sizes in a configuration, settings of a processor, words of a tokenizer and a chat template may
demand endless memory or time. Files that pass are remembered by the digest of all that was read,
and not tried again. Demos are as much advisor's own as its code is, and not tried.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from advisor.child import NO_MEMORY, ChildError, LimitExceededError, Limits, run_in_child
from advisor.rulebase.store import PACKAGE, cache_folder
from advisor.trial import runtime
from advisor.trial.images import LONGEST_RATIO, USEFUL_PIXELS
from advisor.trial.local_checkpoint import LocalCheckpoint
from advisor.trial.placement import QUANTIZED, Placement, refuse_what_does_not_fit

LIMITS = Limits(memory_mb=4_000, cpu_seconds=40, wall_seconds=240)
"""Limits of the child; the largest usual checkpoints take a quarter of each."""
MOST_TIMES = 2.2
"""Maximum parameters per stored byte: two of four bits each, and some that are not stored."""
ALWAYS_ALLOWED = 20_000_000
"""Number of parameters that are allowed beyond the stored ones, such as a new head."""
FROM_DISK = {"local_files_only": True, "trust_remote_code": False}
WITH_REPORT = {
    "use_safetensors": True,
    "output_loading_info": True,
    "ignore_mismatched_sizes": True,
}
"""Settings for weights: a report on them comes with the network, in place of an error."""
MOST_CHARACTERS = 100_000
"""Maximum length of a chat turn after the template."""
SIGNS = (*range(1, 0xD800), *range(0xE000, 0x10000))
"""Code points of Unicode's first plane, without the surrogates."""
QUESTION = "What is in this image?"


def refuse_what_has_no_end(checkpoint: LocalCheckpoint, class_name: str) -> None:
    """Raise BrokenCheckpointError if files of a checkpoint demand too much memory, time or text.

    This includes a network that its configuration makes far larger than its weights. The loader
    reports all other errors.
    """
    path = _passed(checkpoint, class_name)
    if checkpoint.folder.is_relative_to(PACKAGE) or (path is not None and path.exists()):
        return
    try:
        numbers, characters = _tried(str(checkpoint.folder), class_name)
    except (LimitExceededError, ChildError) as error:
        raise runtime.BrokenCheckpointError(
            f"loading the configuration files of `{checkpoint.name}` exceeds the memory or time "
            f"limit: {error}",
            hint="download the checkpoint again. advisor loaded config.json, the processor, "
            "tokenizer.json and the chat template",
        ) from error
    most = MOST_TIMES * checkpoint.weights.stored_bytes + ALWAYS_ALLOWED
    if numbers > most or characters > MOST_CHARACTERS:
        raise runtime.BrokenCheckpointError(
            f"the configuration of `{checkpoint.name}` describes {numbers:,} parameters, far more "
            f"than its weights of {checkpoint.weights.stored_bytes / 1e6:,.1f} MB can contain, or "
            f"its chat template turns one message into {characters:,} characters",
            hint="download the checkpoint again",
        )
    if path is not None:
        with contextlib.suppress(OSError):  # it is tried again the next time
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


@cache
def _tried(folder: str, class_name: str) -> tuple[int, int]:
    """Return the result of `rehearse` in a child process."""
    libraries = ("torch", "transformers", "PIL.Image")
    numbers, characters = run_in_child(
        rehearse, folder, class_name, limits=LIMITS, imports=libraries
    )
    return numbers, characters


def _passed(checkpoint: LocalCheckpoint, class_name: str) -> Path | None:
    """Return the path of the marker that exists once these files passed; None without a cache."""
    home = cache_folder()
    if home is None:
        return None
    digest = hashlib.sha256(repr((class_name, checkpoint.weights, runtime.versions())).encode())
    for path in sorted(checkpoint.folder.iterdir()):
        if path.is_file() and path.suffix != ".safetensors":
            digest.update(f"{path.name} {path.stat().st_size} ".encode())
            digest.update(path.read_bytes())
    return home / "rehearsed" / digest.hexdigest()


def rehearse(folder: str, class_name: str) -> tuple[int, int]:
    """Do once, without weights, all steps of loading and running; for a child process.

    Returns the number of parameters (on torch's meta device) and the characters of a rendered turn.
    """
    with runtime.quiet():
        numbers, characters = _attempted(_numbers, folder, class_name) or 0, 0
        for kind in ("AutoProcessor", "AutoImageProcessor", "AutoTokenizer"):
            load = getattr(runtime.transformers(), kind).from_pretrained
            part = _attempted(load, folder, **FROM_DISK)
            characters = max(characters, _attempted(_turn, part) or 0)
            for step in _steps(part):
                _attempted(step)
            if hasattr(part, "tokenizer") and hasattr(part, "image_processor"):
                break
    return numbers, characters


def _attempted(work: Callable[..., Any], *given: Any, **settings: Any) -> Any:
    """Return the result of `work`, or None if it fails: the loader will meet that error again.

    Out-of-memory errors are raised.
    """
    try:
        return work(*given, **settings)
    except BaseException as error:
        failed = isinstance(error, Exception) or type(error).__name__ == runtime.PANIC
        if not failed or isinstance(error, MemoryError) or NO_MEMORY in str(error):
            raise
        return None


def _numbers(folder: str, class_name: str) -> int:
    """Return the number of parameters of a network; buffers count as four bytes per parameter."""
    torch, loader = runtime.library("torch"), runtime.network_class(class_name)
    with torch.device("meta"):
        kind = getattr(loader, "config_class", None) or runtime.transformers().AutoConfig
        config = kind.from_pretrained(folder, **FROM_DISK)
        network = (loader.from_config if hasattr(loader, "from_config") else loader)(config)
    held = sum(each.numel() for each in network.parameters())
    return int(held + sum(each.numel() * each.element_size() // 4 for each in network.buffers()))


def _turn(part: Any) -> int:
    """Return the number of characters that the chat template makes of a question about an image."""
    content = [{"type": "image"}, {"type": "text", "text": QUESTION}]
    turn = [{"role": "user", "content": content}]
    return len(part.apply_chat_template(turn, add_generation_prompt=True, tokenize=False))


def _steps(part: Any) -> Iterator[Callable[[], Any]]:
    """Yield calls that process a very large and a very long image, texts, and both together.

    Texts are a question, all characters of Unicode's first plane, and every token decoded. A call
    fails if the part is of another kind.
    """
    from PIL import Image

    tensors = {"return_tensors": "pt"}
    longest = int((USEFUL_PIXELS * LONGEST_RATIO) ** 0.5)
    for size in ((int(USEFUL_PIXELS**0.5),) * 2, (longest, longest // LONGEST_RATIO)):
        image = Image.new("RGB", size)
        yield partial(lambda picture: part.image_processor(images=picture, **tensors), image)
        yield partial(lambda picture: part(images=picture, **tensors), image)
    yield lambda: part(images=Image.new("RGB", (64, 64)), text=QUESTION, **tensors)
    words = getattr(part, "tokenizer", part)
    yield lambda: words.decode(words(QUESTION)["input_ids"])
    yield lambda: words(" ".join(map(chr, SIGNS)))
    yield lambda: words.batch_decode([[token] for token in range(len(words))])


Inputs = dict[str, Any]

NO_LIMIT = 100_000
SPECIAL_TOKENS = 2
OFFSET_POSITIONS = frozenset({"roberta", "xlm-roberta", "altclip_text_model"})
"""Model types of text encoders whose first two positions belong to no token."""
USES = "`uses` in rules/programs/programs.yaml"
"""The file that assigns a runner and a class to each model type."""


def load_network(
    checkpoint: LocalCheckpoint,
    class_name: str,
    placement: Placement,
    *,
    unused_by_task: Iterable[str] = (),
    pretrained_only: bool = False,
) -> tuple[Any, tuple[str, ...]]:
    """Return the network in evaluation mode on its device, and warnings for the user.

    Raises InferenceError if the file lacks weights that the class needs (they would be random),
    except those whose names begin with one of `unused_by_task`; with `pretrained_only` it warns
    instead.
    """
    loader = runtime.network_class(class_name)
    if loader is None:
        version = runtime.transformers().__version__
        raise runtime.UnsupportedError(
            f"the installed transformers {version} has no class `{class_name}`",
            hint=f"run `pip install --upgrade transformers`, or set another class under {USES}",
        )
    refuse_what_does_not_fit(checkpoint.name, checkpoint.weights, placement)
    refuse_what_has_no_end(checkpoint, class_name)
    quantized = placement.dtype in QUANTIZED
    settings: dict[str, Any] = {}
    if quantized:  # linear layers, by bitsandbytes, as they are loaded
        logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it advises kernels of the Hub
        settings["device_map"] = {"": placement.device}
        settings["quantization_config"] = runtime.transformers().BitsAndBytesConfig(
            load_in_8bit=placement.dtype == "8-bit",
            load_in_4bit=placement.dtype == "4-bit",
            bnb_4bit_quant_type="nf4",  # as the printed programs have it
            bnb_4bit_compute_dtype=placement.torch_dtype,
        )
    with runtime.plain_errors(checkpoint.name), runtime.quiet():
        settings |= {"dtype": placement.torch_dtype, **WITH_REPORT, **FROM_DISK}
        network, report = loader.from_pretrained(checkpoint.folder, **settings)
        network = (network if quantized else network.to(placement.device)).eval()
        for layer in network.modules() if quantized else ():  # a CPU's kernel takes no other sizes
            if getattr(layer, "out_features", 0) % 32 or getattr(layer, "in_features", 0) % 64:
                layer.support_avx512bf16_for_cpu = False
    absent = [
        key for key in report.get("missing_keys", ()) if not key.startswith(tuple(unused_by_task))
    ]
    lacking = sorted(absent) + sorted(str(each[0]) for each in report.get("mismatched_keys", ()))
    unused = sorted(report.get("unexpected_keys", ()))
    name, loaded = checkpoint.name, type(network).__name__
    saved_from = " and ".join(checkpoint.architectures)
    notes = []
    if lacking and not pretrained_only:
        origin = f". The checkpoint was saved from {saved_from}" if saved_from else ""
        raise runtime.InferenceError(
            f"`{name}` lacks {len(lacking)} of the weights that {loaded} needs "
            f"({_parts(lacking)}), so its answers would be random{origin}",
            hint="choose a checkpoint that was fine-tuned for this task",
            kind="weights-mismatch",
        )
    if lacking:
        notes.append(
            f"{len(lacking)} weights are random ({_parts(lacking)}): `{name}` is only "
            "pre-trained, so its output is random until you fine-tune it"
        )
    elif pretrained_only:
        notes.append(f"`{name}` is only pre-trained. Fine-tune the model before use")
    if unused and saved_from and loaded not in checkpoint.architectures:
        notes.append(
            f"`{name}` was saved from {saved_from} and is loaded as {loaded}, so {len(unused)} of "
            f"its weights are unused ({_parts(unused)})"
        )
    return network, tuple(notes)


def load_part(checkpoint: LocalCheckpoint, class_name: str) -> Any:
    """Load a tokenizer, image processor or processor by class name; refuse an empty tokenizer."""
    with runtime.plain_errors(checkpoint.name), runtime.quiet():
        part = getattr(runtime.transformers(), class_name).from_pretrained(
            checkpoint.folder, **FROM_DISK
        )
    tokenizer = getattr(part, "tokenizer", part)
    added = getattr(tokenizer, "added_tokens_decoder", None)
    if added is not None and len(tokenizer) <= len(added):  # made of nothing: no file was there
        raise runtime.BrokenCheckpointError(
            f"the tokenizer of `{checkpoint.name}` has no vocabulary, because its files are "
            "missing",
            hint="download the checkpoint again, with tokenizer.json or its vocabulary file",
            kind="incomplete-checkpoint",
        )
    return part


def load_image_processor_and_tokenizer(checkpoint: LocalCheckpoint) -> tuple[Any, Any]:
    """Load the two from one processor if the checkpoint has it, else separately.

    Errors of memory or of a missing library are raised: they say nothing about the folder.
    """
    try:
        processor = load_part(checkpoint, "AutoProcessor")
    except runtime.BrokenCheckpointError:
        processor = None
    if hasattr(processor, "image_processor") and hasattr(processor, "tokenizer"):
        return processor.image_processor, processor.tokenizer
    return load_part(checkpoint, "AutoImageProcessor"), load_part(checkpoint, "AutoTokenizer")


def text_limit(tokenizer: Any, text_config: Any) -> dict[str, Any]:
    """Return the tokenizer settings that truncate texts to the network's limit, if it is known."""
    limits = [tokenizer.model_max_length, NO_LIMIT]
    positions = getattr(text_config, "max_position_embeddings", None)
    if isinstance(positions, int):
        offset = 2 if getattr(text_config, "model_type", "") in OFFSET_POSITIONS else 0
        limits.append(positions - offset)
    longest = int(min(limits))
    return {"truncation": True, "max_length": longest} if longest < NO_LIMIT else {}


def cut_texts(tokenizer: Any, texts: tuple[str, ...], limit: dict[str, Any]) -> tuple[str, ...]:
    """Return a warning for each text that the limit truncates.

    A token is at least a byte, so short texts need no counting.
    """
    longest = limit.get("max_length", NO_LIMIT)
    notes = []
    for text in texts:
        if len(text.encode()) + SPECIAL_TOKENS <= longest:
            continue
        count = len(tokenizer(text, truncation=False)["input_ids"])
        if count > longest:
            start = text if len(text) <= 40 else f"{text[:37]}..."
            notes.append(f"`{start}` has {count} tokens. Only the first {longest} were used")
    return tuple(notes)


def in_batches(
    compute: Callable[[Inputs], Iterable[Any]], inputs: Sequence[Inputs], most: int = 0
) -> list[Any]:
    """Return the result for each of the inputs; `compute` returns those of a batch of one shape.

    Inputs of different shapes stay apart, since padding would change what a network computes.
    Batches have at most `most` members (0: any number). Tensors are concatenated along dimension 0,
    and other values are those of the first member.
    """
    torch = runtime.library("torch")
    results: list[Any] = [None] * len(inputs)
    groups: dict[Any, list[int]] = {}
    for place, each in enumerate(inputs):
        shape = tuple(
            (key, tuple(value.shape), str(value.dtype)) if hasattr(value, "shape") else (key,)
            for key, value in each.items()
        )
        groups.setdefault(shape, []).append(place)
    for places in groups.values():
        size = most or len(places)
        for start in range(0, len(places), size):
            some = places[start : start + size]
            batch = {
                key: torch.cat([inputs[place][key] for place in some])
                if hasattr(value, "shape")
                else value
                for key, value in inputs[some[0]].items()
            }
            for place, result in zip(some, compute(batch), strict=True):
                results[place] = result
    return results


def _parts(keys: list[str]) -> str:
    """Return the first four top-level modules in a list of weight names, as text."""
    parts = list(dict.fromkeys(key.split(".")[0] for key in keys))
    return ", ".join(parts[:4]) + (", ..." if len(parts) > 4 else "")
