"""Runners that write after a prompt in the words the checkpoint was trained on."""

from __future__ import annotations

from typing import Any

from advisor.trial.acts import Act
from advisor.trial.answer import Answer, Request
from advisor.trial.generation import Writer
from advisor.trial.images import OpenedImage
from advisor.trial.loading import load_part
from advisor.trial.model_types import DETAILED_TASKS
from advisor.trial.runner import Setting


class Prompted(Writer):
    """Writes after a prompt; what is generated may or may not repeat it."""

    def __init__(self, setting: Setting) -> None:
        self.needs_question = setting.act is Act.ANSWER
        super().__init__(setting)

    def prepare(self) -> None:
        """Load the processor."""
        self.processor = load_part(self.checkpoint, "AutoProcessor")

    def prompt(self, request: Request) -> str | None:
        """Return the prompt in the checkpoint's own form, None where it takes none."""
        return request.prompt or request.question

    def inputs(self, image: OpenedImage, request: Request) -> dict[str, Any]:
        """Return the pixels and the prompt."""
        prompt = self.prompt(request)
        words = {} if prompt is None else {"text": prompt}
        return self.on_device(self.processor(images=image.pixels, **words, return_tensors="pt"))

    def written_after(self, inputs: dict[str, Any]) -> int:
        """Return the length of the prompt where the decoder reads it."""
        if getattr(self.network.config, "is_encoder_decoder", False) or "input_ids" not in inputs:
            return 1
        return int(inputs["input_ids"].shape[-1])

    def decode(self, ids: list[int], inputs: dict[str, Any]) -> Answer:
        """Return the text that follows the prompt."""
        return Answer(text=self.spelled(self._new(ids, inputs)))

    def spelled(self, ids: list[int]) -> str:
        """Return the words of token ids."""
        return str(self.processor.tokenizer.decode(ids, skip_special_tokens=True)).strip()

    def _new(self, ids: list[int], inputs: dict[str, Any]) -> list[int]:
        if "input_ids" not in inputs:
            return ids
        prompt = [int(each) for each in inputs["input_ids"][0]]
        return ids[len(prompt) :] if ids[: len(prompt)] == prompt else ids


class Blip2(Prompted):
    """BLIP-2: captions from the image alone, questions as `Question: ... Answer:`."""

    def prompt(self, request: Request) -> str | None:
        """Return the form of the authors."""
        if request.prompt or self.setting.act is not Act.ANSWER:
            return request.prompt
        return f"Question: {request.question} Answer:"


class InstructBlip(Prompted):
    """InstructBLIP: an instruction, free in form."""

    def prompt(self, request: Request) -> str | None:
        """Return the instruction."""
        if request.prompt or self.setting.act is Act.ANSWER:
            return request.prompt or request.question
        return (
            "Write a detailed description."
            if self.task in DETAILED_TASKS
            else "Write a short description."
        )


class GitCaptioner(Prompted):
    """GIT: captions from the image alone."""

    def prompt(self, request: Request) -> str | None:
        """Return the beginning of the caption, where the user gave one."""
        return request.prompt

    def inputs(self, image: OpenedImage, request: Request) -> dict[str, Any]:
        """Return the pixels and, where there is one, the beginning; no end token closes it."""
        pixels = self.processor(images=image.pixels, return_tensors="pt")["pixel_values"]
        prompt = self.prompt(request)
        if prompt is None:
            return self.on_device({"pixel_values": pixels})
        words = self.processor.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        ids = [self.processor.tokenizer.cls_token_id, *words]
        return self.on_device({"pixel_values": pixels, "input_ids": _row(ids)})


class GitAnswerer(GitCaptioner):
    """GIT: the answer continues the question."""

    def prompt(self, request: Request) -> str | None:
        """Return the question."""
        return request.prompt or request.question


class Florence2(Prompted):
    """Florence-2: a task token, nothing free."""

    def prompt(self, request: Request) -> str | None:
        """Return the task token."""
        if request.prompt:
            return request.prompt
        if self.setting.act is Act.READ:
            return "<OCR>"
        return "<MORE_DETAILED_CAPTION>" if self.task in DETAILED_TASKS else "<CAPTION>"

    def inputs(self, image: OpenedImage, request: Request) -> dict[str, Any]:
        """Return the inputs, and remember the token and the size for reading the answer."""
        self.asked, self.size = self.prompt(request) or "<CAPTION>", image.pixels.size
        return super().inputs(image, request)

    def decode(self, ids: list[int], inputs: dict[str, Any]) -> Answer:  # noqa: ARG002
        """Return the text, by the processor's own reading of the task."""
        written = self.processor.tokenizer.decode(ids, skip_special_tokens=False)
        written = written.replace(self.processor.tokenizer.pad_token, "")
        found = self.processor.post_process_generation(
            text=written, task=self.asked, image_size=self.size
        )
        value = next(iter(found.values()))
        if isinstance(value, str):
            return Answer(text=value)
        return Answer(text=self.spelled(ids), fields=value)


class PaliGemma(Prompted):
    """PaliGemma: short prefixes, `caption en`, `answer en ...`, `ocr`."""

    def prompt(self, request: Request) -> str | None:
        """Return the prefix, after the mark where the image stands."""
        words = request.prompt
        if words is None and self.setting.act is Act.ANSWER:
            words = f"answer en {request.question}"
        elif words is None:
            words = "ocr" if self.setting.act is Act.READ else "caption en"
        return words if words.startswith("<image>") else f"<image>{words}"


class Kosmos2(Prompted):
    """Kosmos-2: grounded captions and answers; the places it names are left out of the text."""

    def prompt(self, request: Request) -> str | None:
        """Return the grounded prompt of the authors."""
        if request.prompt:
            return request.prompt
        if self.setting.act is Act.ANSWER:
            return f"<grounding> Question: {request.question} Answer:"
        detailed = self.task in DETAILED_TASKS
        return "<grounding>Describe this image in detail:" if detailed else "<grounding>An image of"

    def decode(self, ids: list[int], inputs: dict[str, Any]) -> Answer:
        """Return the words without the marks of places."""
        written = self.processor.tokenizer.decode(self._new(ids, inputs), skip_special_tokens=True)
        text, _ = self.processor.post_process_generation(written)
        return Answer(text=text.strip())


def _row(ids: list[int]) -> Any:
    from advisor.trial.extra import library

    return library("torch").tensor([ids])
