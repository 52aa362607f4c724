"""Runners of BLIP: captions, with or without a beginning, and answers to questions."""

from __future__ import annotations

from typing import Any

from advisor.trial.answer import Answer, Request
from advisor.trial.generation import Writer
from advisor.trial.images import OpenedImage
from advisor.trial.loading import load_part
from advisor.trial.tokens import longest_text


class BlipCaptioner(Writer):
    """Writes a caption; a prompt, where given, is its beginning."""

    def prepare(self) -> None:
        """Load the processor."""
        self.processor = load_part(self.checkpoint, "AutoProcessor")

    def inputs(self, image: OpenedImage, request: Request) -> dict[str, Any]:
        """Return the pixels and the beginning of the caption."""
        words = {"text": request.prompt} if request.prompt else {}
        return self.on_device(self.processor(images=image.pixels, **words, return_tensors="pt"))

    def written_after(self, inputs: dict[str, Any]) -> int:
        """Return the length of the beginning, without its end token."""
        return int(inputs["input_ids"].shape[-1]) - 1 if "input_ids" in inputs else 1

    def decode(self, ids: list[int], inputs: dict[str, Any]) -> Answer:  # noqa: ARG002
        """Return the caption."""
        return Answer(text=self.processor.decode(ids, skip_special_tokens=True).strip())


class BlipAnswerer(BlipCaptioner):
    """Answers a question in a word or two."""

    needs_question = True

    def inputs(self, image: OpenedImage, request: Request) -> dict[str, Any]:
        """Return the pixels and the question."""
        longest = longest_text(self.processor.tokenizer, self.network.config.text_config)
        return self.on_device(
            self.processor(
                images=image.pixels,
                text=request.question or request.prompt,
                truncation=True,
                max_length=longest,
                return_tensors="pt",
            )
        )

    def written_after(self, inputs: dict[str, Any]) -> int:  # noqa: ARG002
        """Return 1: the decoder starts afresh, with its start token alone."""
        return 1
