"""Runners of encoder-decoders: captions, text lines, pages, fields and document questions."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from typing import Any

from advisor.trial import model_types
from advisor.trial.answer import Answer, Request
from advisor.trial.extra import transformers
from advisor.trial.failures import UnsupportedError
from advisor.trial.generation import Writer as TextWriter
from advisor.trial.images import OpenedImage
from advisor.trial.loading import load_part, load_processor

PAGE_TOKENS = 1536
KNOWN = frozenset({"pixel_values", "decoder_input_ids"})
TASK_TOKEN = re.compile(r"<s_[^<>/]+>")
QUESTION = "<s_question>"
TIDIERS = ("nltk", "Levenshtein")
PAGE_RATIO, PAGE_HEIGHT = 1.5, 300


class Writer(TextWriter):
    """An encoder-decoder that writes one text about the image, with no prompt."""

    def prepare(self) -> None:
        """Load image processor and tokenizer apart where no processor unites them."""
        processor = load_processor(self.checkpoint)
        if processor is not None:
            self.image_processor, self.tokenizer = processor.image_processor, processor.tokenizer
        else:
            self.image_processor = load_part(self.checkpoint, "AutoImageProcessor")
            self.tokenizer = load_part(self.checkpoint, "AutoTokenizer")

    def inputs(self, image: OpenedImage, request: Request) -> dict[str, Any]:  # noqa: ARG002
        """Return the pixels."""
        return self.on_device(self.image_processor(images=image.pixels, return_tensors="pt"))

    def generate(self, inputs: dict[str, Any]) -> list[int]:
        """Write, from the pixels and, where there is one, the prompt."""
        known = {key: value for key, value in inputs.items() if key in KNOWN}
        return super().generate(known)

    def decode(self, ids: list[int], inputs: dict[str, Any]) -> Answer:  # noqa: ARG002
        """Return the text without special tokens."""
        return Answer(text=self.tokenizer.decode(ids, skip_special_tokens=True).strip())

    @property
    def encoder_type(self) -> str:
        """The model type of the vision encoder."""
        return str(self.network.config.encoder.model_type)


class Reader(Writer):
    """An encoder-decoder that reads a line, or, with a page encoder, a page."""

    def prepare(self) -> None:
        """Load the parts and find out whether pages are read."""
        super().prepare()
        self.pages = self.encoder_type in model_types.PAGE_ENCODERS
        self.academic = self.pages and "Nougat" in type(self.tokenizer).__name__ + _named(self)
        self.longest_answer = PAGE_TOKENS if self.pages else None
        self.processor: Any = None
        self.tidy = self.academic and all(find_spec(name) for name in TIDIERS)
        if self.tidy:
            self.processor = transformers().NougatProcessor(self.image_processor, self.tokenizer)

    def settings(self) -> dict[str, Any]:
        """Forbid the unknown token to page readers, as their authors do."""
        unknown = self.tokenizer.unk_token_id
        return {"bad_words_ids": [[unknown]]} if self.pages and unknown is not None else {}

    def decode(self, ids: list[int], inputs: dict[str, Any]) -> Answer:
        """Return the text; markup of scientific pages is set right."""
        answer = super().decode(ids, inputs)
        if not self.tidy:
            return answer
        return Answer(text=self.processor.post_process_generation(answer.text, fix_markdown=False))

    def doubts(self, image: OpenedImage) -> tuple[str, ...]:
        """Say so where a line reader gets what looks like a page, or markup stays untidy."""
        if self.academic and not self.tidy:
            return ("the markup is as written; pip install nltk python-Levenshtein tidies it",)
        width, height = image.pixels.size
        line = self.task in model_types.LINE_TASKS or (
            self.network.config.decoder.model_type in model_types.LINE_READERS
        )
        if not line or self.pages or height < PAGE_HEIGHT or width / height >= PAGE_RATIO:
            return ()
        return (
            f"this reads one line of text, and a image of {width} x {height} looks like more: "
            "cut it into lines first",
        )


class DocumentReader(Writer):
    """An encoder-decoder that writes a document's fields (or its class) after a task prompt."""

    def prepare(self) -> None:
        """Load the parts and find the checkpoint's own task prompt."""
        super().prepare()
        if self.encoder_type not in model_types.PAGE_ENCODERS:
            raise UnsupportedError(
                f"`{self.checkpoint.name}` writes plain text and cannot do `{self.task}`",
                hint="that takes a document reader such as Donut",
            )
        self.processor = transformers().DonutProcessor(self.image_processor, self.tokenizer)
        self.task_prompt = task_prompt(self.tokenizer, self.network)
        self.longest_answer = 512

    def inputs(self, image: OpenedImage, request: Request) -> dict[str, Any]:
        """Return the pixels and the prompt."""
        prompt = self.prompt(request)
        tokens = self.tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
        pixels = self.image_processor(images=image.pixels, return_tensors="pt")["pixel_values"]
        return self.on_device({"pixel_values": pixels, "decoder_input_ids": tokens["input_ids"]})

    def prompt(self, request: Request) -> str:
        """Return the prompt: the user's, or the checkpoint's own."""
        return request.prompt or self.task_prompt

    def settings(self) -> dict[str, Any]:
        """Forbid the unknown token, as the authors do."""
        unknown = self.tokenizer.unk_token_id
        return {"bad_words_ids": [[unknown]]} if unknown is not None else {}

    def written_after(self, inputs: dict[str, Any]) -> int:
        """Return the length of the prompt."""
        return int(inputs["decoder_input_ids"].shape[-1])

    def decode(self, ids: list[int], inputs: dict[str, Any]) -> Answer:  # noqa: ARG002
        """Return the fields, and as text their JSON."""
        written = self.tokenizer.decode(ids, skip_special_tokens=False)
        for token in (self.tokenizer.eos_token, self.tokenizer.pad_token):
            written = written.replace(token, "") if token else written
        written = re.sub(r"<.*?>", "", written, count=1).strip()
        fields = self.processor.token2json(written)
        return Answer(text=json.dumps(fields, ensure_ascii=False), fields=fields)


class DocumentAnswerer(DocumentReader):
    """A document reader that answers a question about the page."""

    needs_question = True

    def prepare(self) -> None:
        """Refuse a checkpoint that has no place for a question."""
        super().prepare()
        if QUESTION not in self.tokenizer.get_vocab():
            raise UnsupportedError(
                f"`{self.checkpoint.name}` has no place for a question in its prompt",
                hint="choose a checkpoint fine-tuned for document questions, or --task "
                "field-extraction",
            )

    def prompt(self, request: Request) -> str:
        """Return the prompt with the question set in."""
        if request.prompt:
            return request.prompt
        return f"{self.task_prompt}{QUESTION}{request.question}</s_question><s_answer>"

    def decode(self, ids: list[int], inputs: dict[str, Any]) -> Answer:
        """Return the answer alone where the network marked it."""
        found = super().decode(ids, inputs)
        answer = found.fields.get("answer") if isinstance(found.fields, dict) else None
        return found if answer is None else Answer(text=str(answer), fields=found.fields)


def task_prompt(tokenizer: Any, network: Any) -> str:
    """Return the prompt a document reader was fine-tuned with.

    It is the start token where that is a task token (`<s_cord-v2>`); else the last added task
    token that no closing token belongs to; else the start-of-text token.
    """
    start = getattr(network.config, "decoder_start_token_id", None)
    if start is not None:
        token = tokenizer.convert_ids_to_tokens(start)
        if token and TASK_TOKEN.fullmatch(token):
            return str(token)
    added = sorted(tokenizer.get_added_vocab().items(), key=lambda item: item[1])
    names = {name for name, _ in added}
    alone = [
        name
        for name, _ in added
        if TASK_TOKEN.fullmatch(name) and f"</s_{name[3:-1]}>" not in names
    ]
    return alone[-1] if alone else str(tokenizer.bos_token or tokenizer.cls_token)


def _named(reader: Reader) -> str:
    """Return the processor class that the folder names."""
    for file in ("processor_config.json", "preprocessor_config.json", "tokenizer_config.json"):
        path = reader.checkpoint.folder / file
        if path.is_file():
            found = json.loads(path.read_text(encoding="utf-8"))
            named = f"{found.get('processor_class', '')} {found.get('tokenizer_class', '')}"
            if named.strip():
                return named
    return ""
