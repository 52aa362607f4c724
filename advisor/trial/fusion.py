"""Runners of fusion encoders: does this text fit, which of them fits best, which answer."""

from __future__ import annotations

from typing import Any

from advisor.trial.answer import Answer, Reply, Request, best_first
from advisor.trial.images import OpenedImage
from advisor.trial.loading import load_part
from advisor.trial.runner import Runner
from advisor.trial.tokens import cut_texts, longest_text

SHOWN = 5


class _Fusion(Runner):
    """Reads image and text together through a processor."""

    def prepare(self) -> None:
        """Load the processor."""
        self.processor = load_part(self.checkpoint, "AutoProcessor")
        config = getattr(self.network.config, "text_config", None)
        config = config or getattr(self.network.config, "qformer_config", self.network.config)
        self.longest = longest_text(self.processor.tokenizer, config)

    def together(self, image: OpenedImage, text: str) -> dict[str, Any]:
        """Return the inputs of one pair."""
        limit = {} if self.longest is None else {"truncation": True, "max_length": self.longest}
        return self.on_device(
            self.processor(images=image.pixels, text=text, return_tensors="pt", **limit)
        )


class Matcher(_Fusion):
    """Gives each text the probability that it fits the image; several or none may fit."""

    needs_texts = True

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Judge each text by the image-text matching head."""
        texts = tuple(request.template.format(text) for text in request.texts)
        answers = []
        for given, text in zip(request.texts, texts, strict=True):
            outputs = self.network(**self.together(image, text), **self.matching_head())
            scores = getattr(outputs, "itm_score", None)
            if scores is None:
                scores = outputs.logits_per_image
            answers.append(
                Answer(text=given, probability=float(scores.float().softmax(dim=-1)[0, 1]))
            )
        cut = cut_texts(self.processor.tokenizer, texts, self.longest)
        return Reply(answers=best_first(answers), warnings=cut)

    def matching_head(self) -> dict[str, bool]:
        """Return the switch that asks for the matching head, as this class names it."""
        import inspect

        known = inspect.signature(self.network.forward).parameters
        return {
            name: True for name in ("use_itm_head", "use_image_text_matching_head") if name in known
        }


class ViltMatcher(_Fusion):
    """Ranks texts by an uncalibrated match."""

    needs_texts = True

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Judge each text by itself."""
        texts = tuple(request.template.format(text) for text in request.texts)
        answers = [
            Answer(
                text=given,
                similarity=float(self.network(**self.together(image, text)).logits[0, 0]),
            )
            for given, text in zip(request.texts, texts, strict=True)
        ]
        cut = cut_texts(self.processor.tokenizer, texts, self.longest)
        return Reply(answers=best_first(answers), warnings=cut)


class ViltAnswerer(_Fusion):
    """Picks the answer from the list it was trained on; each has a probability of its own."""

    needs_question = True

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Return the most probable answers of its list."""
        question = request.question or request.prompt or ""
        logits = self.network(**self.together(image, question)).logits[0].float()
        values, places = logits.sigmoid().topk(min(SHOWN, logits.shape[-1]))
        names = self.network.config.id2label
        answers = [
            Answer(text=names[int(place)], probability=float(value))
            for value, place in zip(values, places, strict=True)
        ]
        cut = cut_texts(self.processor.tokenizer, (question,), self.longest)
        return Reply(answers=tuple(answers), warnings=cut)
