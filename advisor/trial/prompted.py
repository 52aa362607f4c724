"""Runners that generate text, greedily by default, after a prompt if the checkpoint takes one."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

from advisor.decide.command_lines import fixed_prompt
from advisor.decide.programs import prompt_with, way_of
from advisor.model.library import ANSWER, LABEL
from advisor.trial.answer import Prediction, Reply, Request
from advisor.trial.images import OpenedImage
from advisor.trial.likelihood import forced_likelihoods
from advisor.trial.loading import USES, Inputs, in_batches, text_limit
from advisor.trial.runner import Runner
from advisor.trial.runtime import ImageError, UnsupportedError, library

THINKS = "the model thinks before it answers. advisor removes the thinking from the output"
FPS = 1.0
"""Frames per second of a clip given as a folder."""


class TextWriter(Runner, abc.ABC):
    """A runner whose answer is one generated text."""

    scored_by = "likelihood"
    by_token: bool | None = None
    """True if texts have to be scored token by token; None until that is known."""

    @abc.abstractmethod
    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the network's inputs."""

    def decode(self, ids: list[int], inputs: Inputs) -> Prediction:  # noqa: ARG002
        """Return the answer that the generated token ids encode."""
        return Prediction(text=self.spelled(ids))

    def spelled(self, ids: list[int]) -> str:
        """Return token ids as text, without special tokens."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=True)).strip()

    def generation_settings(self) -> dict[str, Any]:
        """Return further settings for `generate`."""
        return {}

    def prompt_length(self, inputs: Inputs) -> int:
        """Return the number of prompt tokens that the decoder reads; 1 (a start token) if none."""
        decodes = getattr(self.network.config, "is_encoder_decoder", False)
        ids = inputs.get("decoder_input_ids" if decodes else "input_ids")
        return 1 if ids is None else int(ids.shape[-1])

    def respond_to_all(
        self, images: Sequence[OpenedImage], requests: Sequence[Request]
    ) -> list[Reply]:
        """Generate the answers, in batches of inputs of one shape, without padding; warn if cut."""
        inputs = [self.inputs(*each) for each in zip(images, requests, strict=True)]
        rows = in_batches(lambda batch: self.generate(batch, self._limit(batch)), inputs)
        replies = []
        for given, ids in zip(inputs, rows, strict=True):
            limit = self._limit(given)
            long = len(ids) - self.prompt_length(given) >= limit
            cut = long and ids[-1] not in self._end_tokens()
            text = f"the answer was cut after {limit} tokens. Pass a higher --max-new-tokens"
            answers = (self.decode(ids, given),)
            replies.append(Reply(answers=answers, warnings=(text,) if cut else ()))
        return replies

    def generate(self, inputs: Inputs, limit: int, **settings: Any) -> list[list[int]]:
        """Return the token ids of each row; shorter rows of a batch end in padding.

        `settings` override the runner's own. Inputs are copied, since `generate` may change ids in
        place.
        """
        copied = {
            key: each.clone() if hasattr(each, "clone") else each for key, each in inputs.items()
        }
        greedy = {"do_sample": False, "num_beams": 1, **self.generation_settings(), **settings}
        rows: list[list[int]] = self.network.generate(
            **copied, max_new_tokens=limit, **greedy
        ).tolist()
        return rows

    def label_scores(self, images: Sequence[OpenedImage], request: Request) -> list[list[float]]:
        """Return the likelihood of generating each text, normalized to sum to 1 for each image."""
        likely = (forced_likelihoods(self, image, request) for image in images)
        return [each.softmax(dim=-1).tolist() for each in likely]

    def _limit(self, inputs: Inputs) -> int:
        """Return the maximum number of new tokens: requested or usual, within positions left."""
        limit = self.loading.max_new_tokens
        wanted = self.new_tokens if limit is None else limit
        config = self.network.config
        decoder = getattr(config, "decoder", None) or getattr(config, "text_config", None) or config
        positions = getattr(decoder, "max_position_embeddings", None)
        if not isinstance(positions, int):
            return wanted
        return max(1, min(wanted, positions - self.prompt_length(inputs)))

    def _end_tokens(self) -> set[int]:
        config = self.network.config
        text_config = getattr(config, "text_config", None)
        configs = (getattr(self.network, "generation_config", None), config, text_config)
        names = ("eos_token_id", "sep_token_id", "pad_token_id")
        values = [getattr(each, name, None) for each in configs for name in names]
        listed = [value if isinstance(value, list) else [value] for value in values]
        return {id for ids in listed for id in ids if id is not None}


class BlipCaptioner(TextWriter):
    """BLIP: generates a caption; a prompt is the beginning of the caption."""

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the pixels and the beginning of the caption."""
        return self.processed(image, **({"text": request.prompt} if request.prompt else {}))

    def prompt_length(self, inputs: Inputs) -> int:
        """Return the number of tokens of the beginning, without its end token."""
        return int(inputs["input_ids"].shape[-1]) - 1 if "input_ids" in inputs else 1


class BlipAnswerer(TextWriter):
    """BLIP: answers a question in a word or two; decoding begins with the start token alone."""

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the pixels and the question."""
        limit = text_limit(self.tokenizer, self.network.config.text_config)
        return self.processed(image, text=request.question or request.prompt, **limit)

    def prompt_length(self, inputs: Inputs) -> int:  # noqa: ARG002
        """Return 1, for the start token: the question is read by an encoder."""
        return 1


class Prompted(TextWriter):
    """Generates text after the prompt of rules/programs; the output may repeat the prompt."""

    def prompt(self, request: Request) -> str | None:
        """Return the user's prompt, or that of the checkpoint or program, with question or labels.

        A question is the prompt itself if no prompt has a place for it, unless the checkpoint has a
        fixed one for the task. None: no prompt is used.
        """
        fixed = None if request.prompt else fixed_prompt(self.entry, self.task)
        if fixed is not None:
            return fixed or None
        return worded(self.act, self.prompts, request)

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the pixels and the prompt."""
        prompt = self.prompt(request)
        return self.processed(image, **({} if prompt is None else {"text": prompt}))

    def decode(self, ids: list[int], inputs: Inputs) -> Prediction:
        """Return the generated text, without the prompt if the ids repeat it."""
        prompt = [int(each) for each in inputs["input_ids"][0]] if "input_ids" in inputs else []
        repeated = ids[: len(prompt)] == prompt
        return Prediction(text=self.spelled(ids[len(prompt) :] if repeated else ids))


class GitWriter(Prompted):
    """GIT: generates the continuation of a caption's beginning, or of a question."""

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the pixels and the tokens to continue, without an end token."""
        inputs = {"pixel_values": self.processed(image)["pixel_values"]}
        prompt = self.prompt(request)
        if prompt is not None:
            words = self.tokenizer(prompt, add_special_tokens=False)["input_ids"]
            inputs["input_ids"] = library("torch").tensor([[self.tokenizer.cls_token_id, *words]])
        return self.on_device(inputs)


class Florence2(Prompted):
    """Florence-2: its prompt is a task token."""

    def generation_settings(self) -> dict[str, Any]:
        """Use three beams, as its model card and the printed program do."""
        return {"num_beams": 3}

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the inputs; keep the task token and the image size for `decode`."""
        self.token, self.size = self.prompt(request), image.pixels.size
        return super().inputs(image, request)

    def decode(self, ids: list[int], inputs: Inputs) -> Prediction:  # noqa: ARG002
        """Return the text, or the fields (such as boxes), that the processor reads for the task."""
        text = self.tokenizer.decode(ids, skip_special_tokens=False)
        parsed = self.processor.post_process_generation(
            text=text.replace(self.tokenizer.pad_token, ""), task=self.token, image_size=self.size
        )
        value = next(iter(parsed.values()))
        if isinstance(value, str):
            return Prediction(text=value)
        return Prediction(text=self.spelled(ids), fields=value)


class Kosmos2(Prompted):
    """Kosmos-2: grounded captions and answers; the text is returned without locations."""

    def decode(self, ids: list[int], inputs: Inputs) -> Prediction:
        """Return the text without the marks of locations."""
        text, _ = self.processor.post_process_generation(super().decode(ids, inputs).text)
        return Prediction(text=text.strip())


class Chat(Prompted):
    """Asks by the chat template; the answer is the text after it.

    The instruction names the labels. The generated text is the answer, without a probability.
    """

    def prepare(self) -> None:
        """Load the processor; raise UnsupportedError without a chat template. Set up thinking."""
        super().prepare()
        if not getattr(self.processor, "chat_template", None):
            raise UnsupportedError(
                f"`{self.checkpoint.name}` has no chat template, and advisor has no runner for "
                f"the model type `{self.checkpoint.model_type}`",
                hint="choose an instruction-tuned version of the checkpoint, or add a runner for "
                f"`{self.checkpoint.model_type}` under {USES}",
            )
        self.of_clips = self.task in self.use.clips and hasattr(self.processor, "video_processor")
        if self.of_clips:
            self.needs += ("folder",)
            self.processor.video_processor.cap_pixels_per_frame = True  # as in qwen-vl-utils
        entry, wanted = self.entry, self.loading.thinking
        self.switch = entry.thinking_switch if entry and entry.thinks else None
        self.thinks = bool(entry and entry.thinks)
        if entry is None:  # its turn may end with the mark of a thought
            turn = self.processor.apply_chat_template(
                _turn("?", [None]), add_generation_prompt=True, tokenize=False
            )
            self.thinks = bool(self.use.thought) and turn.rstrip().endswith(self.use.thought[0])
        self.marks: Sequence[str] = (entry.answer_marks if entry else ()) or self.use.thought[1:]
        if self.thinks:
            self.warnings += (way_of(entry, self.task, thinking=wanted) if entry else THINKS,)
        self.thinks &= wanted or not self.switch
        self.new_tokens = self.use.thought_tokens if self.thinks else self.new_tokens

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the inputs of one user turn: the image, the other images, and the instruction.

        For a clip, the other images are its frames and replace the image.
        """
        others = [each for each in request.opened_others() if isinstance(each, OpenedImage)]
        pictures = [each.pixels for each in (image, *others)]
        turn, details = _turn(self.prompt(request), pictures), {}
        if self.of_clips:
            if not others:
                why = f"`{self.checkpoint.name}` needs the frames of a clip, and none can be read"
                raise ImageError(why, hint="pass a folder of valid images with --folder FRAMES")
            turn = _turn(self.prompt(request), [pictures[1:]], "video")
            frames = len(others)
            times = {"fps": FPS, "duration": frames / FPS, "frames_indices": [*range(frames)]}
            metadata = {"total_num_frames": frames, **times}
            details = {"processor_kwargs": {"video_metadata": [metadata]}}
        made = self.processor.apply_chat_template(
            turn,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            **({self.switch: self.thinks} if self.switch else {}),
            **details,
        )
        return self.on_device(made)

    def generation_settings(self) -> dict[str, Any]:
        """Sample while thinking, if the checkpoint does: a greedy thought may repeat forever."""
        sampled = self.network.generation_config.do_sample
        return {"do_sample": sampled} if self.thinks else {}

    def decode(self, ids: list[int], inputs: Inputs) -> Prediction:
        """Return the text after the thought; empty if the thought did not end."""
        if not self.thinks:
            return super().decode(ids, inputs)
        first, *others = self.marks
        written = self.tokenizer.decode(ids[self.prompt_length(inputs) :])
        cut = first not in written and ids[-1] not in self._end_tokens()
        answer = "" if cut else written.rpartition(first)[2]
        for mark in (*others, *self.tokenizer.all_special_tokens):
            answer = answer.replace(mark, "")
        return Prediction(text=answer.strip())


def worded(act: str, prompts: Sequence[str], request: Request) -> str | None:
    """Return the user's prompt, else the first prompt that fits the request, else its question."""
    if request.prompt:
        return request.prompt
    words = {"question": request.question or ""} if act == ANSWER else {}
    if act == LABEL:
        words["labels"] = "; ".join(request.wrapped_texts)
    return prompt_with(prompts, words) or words.get("question")


def _turn(prompt: str | None, seen: Sequence[Any], kind: str = "image") -> list[dict[str, Any]]:
    """Return a chat of one user turn: images or clips, and the instruction unless it is empty."""
    content = [{"type": kind, kind: each} for each in seen]
    content += [{"type": "text", "text": prompt}] if prompt else []
    return [{"role": "user", "content": content}]
