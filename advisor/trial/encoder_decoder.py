"""Runners that read text from images: encoder-decoders, and line recognizers without a decoder."""

from __future__ import annotations

import json
import re
from typing import Any

from advisor.trial.answer import Prediction, Reply, Request
from advisor.trial.images import OpenedImage
from advisor.trial.loading import Inputs, load_image_processor_and_tokenizer, load_part
from advisor.trial.prompted import TextWriter
from advisor.trial.runner import Runner
from advisor.trial.runtime import UnsupportedError, transformers

TASK_TOKEN = re.compile(r"<s_[^<>/]+>")
QUESTION = "<s_question>"


class EncoderDecoder(TextWriter):
    """An encoder-decoder that generates one text about the image, without a prompt."""

    def prepare(self) -> None:
        """Load the image processor and the tokenizer."""
        self.image_processor, self.tokenizer = load_image_processor_and_tokenizer(self.checkpoint)

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:  # noqa: ARG002
        """Return the pixels."""
        pixels = self.image_processor(images=image.pixels, return_tensors="pt")["pixel_values"]
        return self.on_device({"pixel_values": pixels})


class FormulaReader(EncoderDecoder):
    """An encoder-decoder that generates a formula as LaTeX, cleaned up by its processor."""

    def prepare(self) -> None:
        """Load the parts, and the processor of both."""
        super().prepare()
        self.processor = load_part(self.checkpoint, "AutoProcessor")

    def decode(self, ids: list[int], inputs: Inputs) -> Prediction:
        """Return the formula with normalized spaces."""
        text = super().decode(ids, inputs).text
        return Prediction(text=str(self.processor.post_process_generation(text)))


class DocumentWriter(EncoderDecoder):
    """An encoder-decoder trained on whole pages; it never generates the unknown token.

    The markup of a scientific page is returned as generated.
    """

    def generation_settings(self) -> dict[str, Any]:
        """Return the setting of `generate` that forbids the unknown token."""
        unknown = self.tokenizer.unk_token_id
        return {"bad_words_ids": [[unknown]]} if unknown is not None else {}


class DocumentReader(DocumentWriter):
    """A document writer that returns a document's fields (or its class) after a task prompt."""

    def prepare(self) -> None:
        """Load the parts and find the checkpoint's own task prompt."""
        super().prepare()
        self.processor = transformers().DonutProcessor(self.image_processor, self.tokenizer)
        self.task_prompt = task_prompt(self.tokenizer, self.network)

    def inputs(self, image: OpenedImage, request: Request) -> Inputs:
        """Return the pixels and the prompt."""
        words = self.tokenizer(self.prompt(request), add_special_tokens=False, return_tensors="pt")
        prompt = self.on_device({"decoder_input_ids": words["input_ids"]})
        return {**super().inputs(image, request), **prompt}

    def prompt(self, request: Request) -> str:
        """Return the prompt: the user's, or the checkpoint's own."""
        return request.prompt or self.task_prompt

    def decode(self, ids: list[int], inputs: Inputs) -> Prediction:  # noqa: ARG002
        """Return the fields, and as text the fields in JSON."""
        text = self.tokenizer.decode(ids, skip_special_tokens=False)
        for token in filter(None, (self.tokenizer.eos_token, self.tokenizer.pad_token)):
            text = text.replace(token, "")
        fields = self.processor.token2json(re.sub(r"<.*?>", "", text, count=1).strip())
        return Prediction(text=json.dumps(fields, ensure_ascii=False), fields=fields)


class DocumentAnswerer(DocumentReader):
    """A document reader that answers a question about the page."""

    def prepare(self) -> None:
        """Load the parts; raise UnsupportedError if the prompt has no slot for a question."""
        super().prepare()
        if QUESTION not in self.tokenizer.get_vocab():
            raise UnsupportedError(
                f"the prompt of `{self.checkpoint.name}` has no slot for a question",
                hint="choose a checkpoint fine-tuned for document questions, or --task "
                "field-extraction",
            )

    def prompt(self, request: Request) -> str:
        """Return the user's prompt, or else the catalog's or the usual one with the question."""
        if request.prompt:
            return request.prompt
        catalog_prompt = self.entry.prompts.get(self.task) if self.entry else None
        form = catalog_prompt or f"{self.task_prompt}{QUESTION}{{question}}</s_question><s_answer>"
        return form.replace("{question}", str(request.question))

    def decode(self, ids: list[int], inputs: Inputs) -> Prediction:
        """Return the answer alone if the network marked it, else all fields."""
        read = super().decode(ids, inputs)
        answer = read.fields.get("answer") if isinstance(read.fields, dict) else None
        return read if answer is None else Prediction(text=str(answer), fields=read.fields)


class LineRecogniser(Runner):
    """A recognizer of one text line without a decoder; it returns the text and its probability."""

    def prepare(self) -> None:
        """Load the image processor, which maps outputs to letters."""
        self.processor = load_part(self.checkpoint, "AutoImageProcessor")

    def respond(self, image: OpenedImage, request: Request) -> Reply:  # noqa: ARG002
        """Return the text of the line, with a probability unless it is empty."""
        outputs = self.network(**self.processed(image))
        read = self.processor.post_process_text_recognition(outputs)[0]
        sure = read["score"] if read["text"] else None
        return Reply(answers=(Prediction(text=str(read["text"]), probability=sure),))


def task_prompt(tokenizer: Any, network: Any) -> str:
    """Return the prompt a document reader was fine-tuned with.

    It is the decoder's start token if that is a task token (`<s_cord-v2>`); else the last added
    task token without a closing token; else the BOS or CLS token.
    """
    start = getattr(network.config, "decoder_start_token_id", None)
    token = None if start is None else tokenizer.convert_ids_to_tokens(start)
    if token and TASK_TOKEN.fullmatch(token):
        return str(token)
    added = tokenizer.get_added_vocab()
    alone = [
        name
        for name in sorted(added, key=added.get)
        if TASK_TOKEN.fullmatch(name) and f"</s_{name[3:-1]}>" not in added
    ]
    return alone[-1] if alone else str(tokenizer.bos_token or tokenizer.cls_token)
