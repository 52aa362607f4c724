"""Runners that write text: greedily, after a prompt where the checkpoint takes one."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any, ClassVar

from advisor.model.library import (
    ANSWER,
    CAPTION,
    DESCRIBE,
    EXTRACT,
    LABEL,
    READ_LINE,
    READ_PAGE,
)
from advisor.trial.answer import Prediction, Reply, Request
from advisor.trial.failures import UnsupportedError
from advisor.trial.images import OpenedImage
from advisor.trial.loading import load_part, longest_text
from advisor.trial.runner import Runner
from advisor.trial.runtime import library

Inputs = dict[str, Any]


class TextWriter(Runner, abc.ABC):
    """A runner whose answer is one text, written greedily."""

    limits: ClassVar[Mapping[str, int]] = {
        CAPTION: 50, DESCRIBE: 256, ANSWER: 50, READ_LINE: 128, READ_PAGE: 128, EXTRACT: 512,
        LABEL: 16,
    }  # fmt: skip
    """How many tokens are written where nobody asks for more, by act."""

    @abc.abstractmethod
    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the network's inputs."""

    @abc.abstractmethod
    def decode(self, ids: list[int], inputs: Inputs) -> Prediction:
        """Return the answer that generated token ids spell."""

    def limit(self, inputs: Inputs) -> int:
        """Return how many tokens may be written: asked for or usual, and never beyond the room."""
        asked = self.setting.loading.max_new_tokens
        wanted = self.limits[self.act] if asked is None else asked
        config = self.network.config
        decoder = getattr(config, "decoder", None) or getattr(config, "text_config", None) or config
        positions = getattr(decoder, "max_position_embeddings", None)
        if not isinstance(positions, int):
            return wanted
        return max(1, min(wanted, positions - self.prompt_length(inputs)))

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Write the answer."""
        inputs = self.inputs(image, request)
        ids = self.generate(inputs)
        warnings = (*self.doubts(image), *self._ending(ids, inputs))
        return Reply(answers=(self.decode(ids, inputs),), warnings=warnings)

    def generate(self, inputs: Inputs) -> list[int]:
        """Return the token ids of one answer. `generate` may write into ids, so they are copied."""
        own = {
            key: each.clone() if hasattr(each, "clone") else each for key, each in inputs.items()
        }
        ids = self.network.generate(
            **own,
            max_new_tokens=self.limit(inputs),
            do_sample=False,
            num_beams=1,
            **self.generation_settings(),
        )
        return [int(each) for each in ids[0]]

    def generation_settings(self) -> dict[str, Any]:
        """Return what else `generate` needs."""
        return {}

    def doubts(self, image: OpenedImage) -> tuple[str, ...]:  # noqa: ARG002
        """Return warnings that the image itself gives rise to."""
        return ()

    def prompt_length(self, inputs: Inputs) -> int:  # noqa: ARG002
        """Return how many of the ids are a prompt; one start token by default."""
        return 1

    def _ending(self, ids: list[int], inputs: Inputs) -> tuple[str, ...]:
        limit = self.limit(inputs)
        if len(ids) - self.prompt_length(inputs) < limit or ids[-1] in self._end_tokens():
            return ()
        return (f"the answer was cut after {limit} tokens; raise --max-new-tokens",)

    def _end_tokens(self) -> set[int]:
        config = self.network.config
        configs = [
            getattr(self.network, "generation_config", None),
            config,
            getattr(config, "text_config", None),
        ]
        names = ("eos_token_id", "sep_token_id", "pad_token_id")
        values = [getattr(each, name, None) for each in configs for name in names]
        listed = [value if isinstance(value, list) else [value] for value in values]
        return {id for ids in listed for id in ids if id is not None}


class BlipCaptioner(TextWriter):
    """BLIP: writes a caption; a prompt, where given, is its beginning."""

    def prepare(self) -> None:
        """Load the processor."""
        self.processor = load_part(self.checkpoint, "AutoProcessor")

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the pixels and the beginning of the caption."""
        words = {"text": request.prompt} if request.prompt else {}
        return self.on_device(self.processor(images=image.pixels, **words, return_tensors="pt"))

    def prompt_length(self, inputs: Inputs) -> int:
        """Return the length of the beginning, without its end token."""
        return int(inputs["input_ids"].shape[-1]) - 1 if "input_ids" in inputs else 1

    def decode(self, ids: list[int], inputs: Inputs) -> Prediction:  # noqa: ARG002
        """Return the caption."""
        return Prediction(text=self.processor.decode(ids, skip_special_tokens=True).strip())


class BlipAnswerer(BlipCaptioner):
    """BLIP: answers a question in a word or two."""

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
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

    def prompt_length(self, inputs: Inputs) -> int:  # noqa: ARG002
        """Return 1: the decoder starts afresh, with its start token alone."""
        return 1


class Prompted(TextWriter):
    """Writes after the prompt of the table; what is generated may or may not repeat it."""

    def prepare(self) -> None:
        """Load the processor."""
        self.processor = load_part(self.checkpoint, "AutoProcessor")

    def prompt(self, request: Request) -> str | None:
        """Return the user's prompt, or that of the table with the question or labels put in.

        A question that no prompt has a place for is the prompt. None: it takes none.
        """
        if request.prompt:
            return request.prompt
        words = {}
        if self.act == ANSWER:
            words["question"] = request.question or ""
        elif self.act == LABEL:
            words["labels"] = "; ".join(request.wrapped_texts)
        return self.prompt_of_the_table(words) or words.get("question")

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the pixels and the prompt."""
        prompt = self.prompt(request)
        words = {} if prompt is None else {"text": prompt}
        return self.on_device(self.processor(images=image.pixels, **words, return_tensors="pt"))

    def prompt_length(self, inputs: Inputs) -> int:
        """Return the length of the prompt where the decoder reads it."""
        if getattr(self.network.config, "is_encoder_decoder", False) or "input_ids" not in inputs:
            return 1
        return int(inputs["input_ids"].shape[-1])

    def decode(self, ids: list[int], inputs: Inputs) -> Prediction:
        """Return the text that follows the prompt."""
        return Prediction(text=self.spelled(self.after_prompt(ids, inputs)))

    def spelled(self, ids: list[int]) -> str:
        """Return the words of token ids."""
        return str(self.processor.tokenizer.decode(ids, skip_special_tokens=True)).strip()

    def after_prompt(self, ids: list[int], inputs: Inputs) -> list[int]:
        """Return the ids without the prompt, where they repeat it."""
        if "input_ids" not in inputs:
            return ids
        prompt = [int(each) for each in inputs["input_ids"][0]]
        return ids[len(prompt) :] if ids[: len(prompt)] == prompt else ids


class GitWriter(Prompted):
    """GIT: a caption continues its beginning, where there is one, and an answer the question."""

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the pixels and the words to continue; no end token closes them."""
        pixels = self.processor(images=image.pixels, return_tensors="pt")["pixel_values"]
        prompt = self.prompt(request)
        if prompt is None:
            return self.on_device({"pixel_values": pixels})
        words = self.processor.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        ids = library("torch").tensor([[self.processor.tokenizer.cls_token_id, *words]])
        return self.on_device({"pixel_values": pixels, "input_ids": ids})


class Florence2(Prompted):
    """Florence-2: a task token, nothing free."""

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the inputs, and remember the token and the size for reading the answer."""
        self.token, self.size = self.prompt(request), image.pixels.size
        return super().inputs(image, request)

    def decode(self, ids: list[int], inputs: Inputs) -> Prediction:  # noqa: ARG002
        """Return the text, by the processor's own reading of the task."""
        text = self.processor.tokenizer.decode(ids, skip_special_tokens=False)
        text = text.replace(self.processor.tokenizer.pad_token, "")
        parsed = self.processor.post_process_generation(
            text=text, task=self.token, image_size=self.size
        )
        value = next(iter(parsed.values()))
        if isinstance(value, str):
            return Prediction(text=value)
        return Prediction(text=self.spelled(ids), fields=value)


class PaliGemma(Prompted):
    """PaliGemma: short prefixes after the mark where the image stands."""

    def prompt(self, request: Request) -> str | None:
        """Return the prefix with the mark before it."""
        words = super().prompt(request) or ""
        return words if words.startswith("<image>") else f"<image>{words}"


class Kosmos2(Prompted):
    """Kosmos-2: grounded captions and answers; the places it names are left out of the text."""

    def decode(self, ids: list[int], inputs: Inputs) -> Prediction:
        """Return the words without the marks of places."""
        text, _ = self.processor.post_process_generation(
            self.spelled(self.after_prompt(ids, inputs))
        )
        return Prediction(text=text.strip())


class Chat(Prompted):
    """Asks in the form of the chat template; the answer is what comes after it.

    Labels are named in the instruction, and what it writes is the answer, without a probability.
    """

    limits: ClassVar[Mapping[str, int]] = {
        CAPTION: 96, DESCRIBE: 96, ANSWER: 128, READ_LINE: 512, READ_PAGE: 512, EXTRACT: 512,
        LABEL: 32,
    }  # fmt: skip

    def prepare(self) -> None:
        """Load the processor; refuse one without a chat template."""
        super().prepare()
        if not getattr(self.processor, "chat_template", None):
            raise UnsupportedError(
                f"`{self.checkpoint.name}` has no chat template, and advisor has no runner of its "
                f"own for a `{self.checkpoint.model_type}`",
                hint="choose an instruction-tuned version of it",
            )

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the inputs of one turn: the image, others after it, and the instruction."""
        others = [each for each in request.opened_others() if isinstance(each, OpenedImage)]
        content = [{"type": "image", "image": each.pixels} for each in (image, *others)]
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
