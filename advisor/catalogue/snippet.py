"""A few lines of Python that load a checkpoint with the class that is right for it."""

from __future__ import annotations

from advisor.rulebase.model import Checkpoint


def snippet(checkpoint: Checkpoint) -> str | None:
    """Return the program that loads a checkpoint; None where advisor knows no safe way."""
    if checkpoint.loader == "open_clip":
        return (
            "import open_clip\n\n"
            f'name = "hf-hub:{checkpoint.id}"\n'
            "model, preprocess = open_clip.create_model_from_pretrained(name)\n"
            "tokenizer = open_clip.get_tokenizer(name)"
        )
    if checkpoint.loader != "transformers" or not checkpoint.model_class:
        return None
    processor = checkpoint.processor
    if processor is None:
        return (
            "from transformers import AutoImageProcessor, AutoTokenizer, "
            f"{checkpoint.model_class}\n\n"
            f'name = "{checkpoint.id}"\n'
            f"model = {checkpoint.model_class}.from_pretrained(name)\n"
            "image_processor = AutoImageProcessor.from_pretrained(name)\n"
            "tokenizer = AutoTokenizer.from_pretrained(name)"
        )
    names = ", ".join(sorted((checkpoint.model_class, processor)))
    return (
        f"from transformers import {names}\n\n"
        f'name = "{checkpoint.id}"\n'
        f"model = {checkpoint.model_class}.from_pretrained(name)\n"
        f"processor = {processor}.from_pretrained(name)"
    )
