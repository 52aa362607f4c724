"""The files beside the weights, tried once in a child before any of them is used here.

Sizes of a configuration, settings of a processor, words of a tokenizer and a chat template may ask
for memory or time without end. In a child with limits they end; what passes is remembered by the
digest of all it read, and not tried again.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

from advisor.child import NO_MEMORY, ChildError, LimitExceededError, Limits, run_in_child
from advisor.rulebase.store import cache_folder
from advisor.trial.images import LONGEST_RATIO, USEFUL_PIXELS
from advisor.trial.local_checkpoint import LocalCheckpoint
from advisor.trial.runtime import (
    PANIC,
    BrokenCheckpointError,
    library,
    network_class,
    quiet,
    transformers,
    versions,
)

LIMITS = Limits(memory_mb=4_000, cpu_seconds=40, wall_seconds=240)
"""Of the largest honest ones each takes a quarter."""
MOST_TIMES = 2.2
"""Parameters a stored byte, at most: two of four bits, and some that are made anew."""
ALWAYS_ALLOWED = 20_000_000
"""So many parameters, of a head that is to be trained, say, do no harm."""
FROM_DISK = {"local_files_only": True, "trust_remote_code": False}
MOST_CHARACTERS = 100_000
"""Of a rendered turn."""
SIGNS = (*range(1, 0xD800), *range(0xE000, 0x10000))
"""The numbers of what Unicode has in its first plane; between them are halves of characters."""
QUESTION = "What is in this image?"


def refuse_what_has_no_end(checkpoint: LocalCheckpoint, class_name: str) -> None:
    """Raise BrokenCheckpointError where files of a checkpoint ask for more than they explain.

    A network whose configuration is far larger than its weights is one of these. Whatever else is
    wrong with a file is left to the loader, which says it better.
    """
    path = _passed(checkpoint, class_name)
    if path is not None and path.exists():
        return
    try:
        numbers, characters = _tried(str(checkpoint.folder), class_name)
    except (LimitExceededError, ChildError) as error:
        raise BrokenCheckpointError(
            f"the files beside the weights of `{checkpoint.name}` take more memory or time than "
            f"any checkpoint needs: {error}",
            hint="fetch the checkpoint again; config.json, the settings of its processor, "
            "tokenizer.json and the chat template are what was tried",
        ) from error
    most = MOST_TIMES * checkpoint.weights.stored_bytes + ALWAYS_ALLOWED
    name, size = checkpoint.name, f"{checkpoint.weights.stored_bytes / 1e6:,.1f} MB"
    if numbers > most or characters > MOST_CHARACTERS:
        raise BrokenCheckpointError(
            f"the chat template of `{name}` makes {characters:,} letters of a turn"
            if characters > MOST_CHARACTERS
            else f"the configuration of `{name}` promises {numbers:,} numbers, far more than its "
            f"weights of {size} hold",
            hint="fetch the checkpoint again",
        )
    if path is not None:
        with contextlib.suppress(OSError):  # it is tried again the next time
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


@cache
def _tried(folder: str, class_name: str) -> tuple[int, int]:
    """Return what `rehearse` found in a child."""
    libraries = ("torch", "transformers", "PIL.Image")
    numbers, characters = run_in_child(
        rehearse, folder, class_name, limits=LIMITS, imports=libraries
    )
    return numbers, characters


def _passed(checkpoint: LocalCheckpoint, class_name: str) -> Path | None:
    """Return the file that is there where a rehearsal of these very files has passed."""
    home = cache_folder()
    if home is None:
        return None
    digest = hashlib.sha256(repr((class_name, checkpoint.weights, versions())).encode())
    for path in sorted(checkpoint.folder.iterdir()):
        if path.is_file() and path.suffix != ".safetensors":
            digest.update(f"{path.name} {path.stat().st_size} ".encode())
            digest.update(path.read_bytes())
    return home / "rehearsed" / digest.hexdigest()


def rehearse(folder: str, class_name: str) -> tuple[int, int]:
    """Do once, without weights, what loading and running does; for a child.

    Returns the numbers of the network, built without memory, and the letters of a rendered turn.
    """
    with quiet():
        numbers, characters = _attempted(_numbers, folder, class_name) or 0, 0
        for kind in ("AutoProcessor", "AutoImageProcessor", "AutoTokenizer"):
            load = getattr(transformers(), kind).from_pretrained
            part = _attempted(load, folder, **FROM_DISK)
            characters = max(characters, _attempted(_turn, part) or 0)
            for step in _steps(part):
                _attempted(step)
            if hasattr(part, "tokenizer") and hasattr(part, "image_processor"):
                break
    return numbers, characters


def _attempted(work: Callable[..., Any], *given: Any, **settings: Any) -> Any:
    """Return what work returns, None where it fails: who loads meets that again.

    Want of memory is raised.
    """
    try:
        return work(*given, **settings)
    except BaseException as error:
        failed = isinstance(error, Exception) or type(error).__name__ == PANIC
        if not failed or isinstance(error, MemoryError) or NO_MEMORY in str(error):
            raise
        return None


def _numbers(folder: str, class_name: str) -> int:
    """Return how many numbers a network has, buffers as so many of four bytes."""
    torch, loader = library("torch"), network_class(class_name)
    with torch.device("meta"):
        kind = getattr(loader, "config_class", None) or transformers().AutoConfig
        config = kind.from_pretrained(folder, **FROM_DISK)
        network = (loader.from_config if hasattr(loader, "from_config") else loader)(config)
    held = sum(each.numel() for each in network.parameters())
    return int(held + sum(each.numel() * each.element_size() // 4 for each in network.buffers()))


def _turn(part: Any) -> int:
    """Return how many letters the chat template makes of one question about one image."""
    content = [{"type": "image"}, {"type": "text", "text": QUESTION}]
    turn = [{"role": "user", "content": content}]
    return len(part.apply_chat_template(turn, add_generation_prompt=True, tokenize=False))


def _steps(part: Any) -> Iterator[Callable[[], Any]]:
    """Yield what a part is asked for: the largest image and the longest, texts, and both at once.

    Texts are a question, all signs of Unicode's first plane, and every token as words. Each fails
    where the part is of another kind.
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
