"""The runner of chat models: a image and an instruction through the checkpoint's own template."""

from __future__ import annotations

from typing import Any

from advisor.trial.acts import Act
from advisor.trial.answer import Answer, Request
from advisor.trial.failures import UnsupportedError
from advisor.trial.images import OpenedImage
from advisor.trial.model_types import CHOICE, PROMPTS
from advisor.trial.prompted import Prompted
from advisor.trial.runner import Setting

LIMITS = {Act.CAPTION: 96, Act.ANSWER: 128, Act.READ: 512, Act.EXTRACT: 512, Act.LABEL: 32}


class Chat(Prompted):
    """Asks in the form of the chat template; the answer is what comes after it.

    Labels are named in the instruction, and what it writes is the answer, without a probability.
    """

    def __init__(self, setting: Setting) -> None:
        self.needs_texts = setting.act is Act.LABEL
        super().__init__(setting)

    def prepare(self) -> None:
        """Load the processor; refuse one without a chat template."""
        super().prepare()
        if not getattr(self.processor, "chat_template", None):
            raise UnsupportedError(
                f"`{self.checkpoint.name}` has no chat template, and advisor has no runner of its "
                f"own for a `{self.checkpoint.model_type}`",
                hint="choose an instruction-tuned version of it",
            )
        self.longest_answer = LIMITS[self.setting.act]

    def prompt(self, request: Request) -> str | None:
        """Return the instruction: the user's, or one that fits the task."""
        if request.prompt:
            return request.prompt
        if self.setting.act is Act.ANSWER:
            return request.question
        if self.setting.act is Act.LABEL:
            labels = "; ".join(request.template.format(text) for text in request.texts)
            return CHOICE.format(labels)
        return PROMPTS.get(self.task, PROMPTS["captioning"])

    def inputs(self, image: OpenedImage, request: Request) -> dict[str, Any]:
        """Return the inputs of one turn: the image, others after it, and the instruction."""
        others = [each for each in request.others_opened() if isinstance(each, OpenedImage)]
        images = [image, *others]
        content: list[dict[str, Any]] = [
            {"type": "image", "image": each.pixels} for each in images
        ]
        content.append({"type": "text", "text": self.prompt(request)})
        return self.on_device(
            self.processor.apply_chat_template(
                [{"role": "user", "content": content}],
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
            )
        )

    def decode(self, ids: list[int], inputs: dict[str, Any]) -> Answer:
        """Return what the model said in its turn."""
        return Answer(text=self.spelled(self._new(ids, inputs)))
