"""Runners with one network for image and text: fusion encoders, chat matchers, the unified VLP."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, ClassVar

from advisor.trial.answer import Prediction, Reply, Request, ranked
from advisor.trial.images import OpenedImage
from advisor.trial.likelihood import spelled_apart
from advisor.trial.loading import cut_texts, in_batches, text_limit
from advisor.trial.prompted import Chat
from advisor.trial.runner import Runner
from advisor.trial.runtime import UnsupportedError, library

SHOWN = 5
AT_ONCE = 16
"""Maximum number of image-text pairs in a batch."""
MATCHING_SWITCHES = ("use_itm_head", "use_image_text_matching_head")
"""Arguments of `forward` that select the matching head, by class."""


class Matcher(Runner):
    """Scores each text by the probability that it matches the image; several or none may match."""

    scored_by = "match"
    measure: ClassVar[str] = "probability"

    def prepare(self) -> None:
        """Load the processor and determine the maximum text length."""
        super().prepare()
        config = self.network.config
        names = ("text_config", "qformer_config")
        texts = next(filter(None, (getattr(config, name, None) for name in names)), config)
        self.limit = text_limit(self.tokenizer, texts)

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Rank the texts, each scored independently."""
        (matches,) = self.label_scores([image], request)
        answers = ranked(request.texts, matches, self.measure)
        cut = cut_texts(self.tokenizer, request.wrapped_texts, self.limit)
        return Reply(answers=answers, warnings=cut)

    def label_scores(self, images: Sequence[OpenedImage], request: Request) -> list[list[float]]:
        """Return the match of each text for each image; `measure` names its kind."""
        texts, scores = request.wrapped_texts, []
        for image in images:
            inputs = [self.processed(image, text=text, **self.limit) for text in texts]
            scores.append(in_batches(self.matches, inputs, AT_ONCE))
        return scores

    def matches(self, inputs: dict[str, Any]) -> list[float]:
        """Return the probability of each row, an image-text pair, from the matching head."""
        parameters = inspect.signature(self.network.forward).parameters
        switches = {name: True for name in MATCHING_SWITCHES if name in parameters}
        outputs = self.network(**inputs, **switches)
        scores = getattr(outputs, "itm_score", None)
        scores = outputs.logits_per_image if scores is None else scores
        fits: list[float] = scores.float().softmax(dim=-1)[:, 1].tolist()
        return fits


class ViltMatcher(Matcher):
    """Ranks texts by an uncalibrated matching score."""

    scored_by = ""
    measure = "similarity"

    def matches(self, inputs: dict[str, Any]) -> list[float]:
        """Return the matching logit of each row, an image-text pair."""
        matches: list[float] = self.network(**inputs).logits[:, 0].float().tolist()
        return matches


class ViltAnswerer(Matcher):
    """Picks answers from the list it was trained on, with an independent probability for each."""

    scored_by = ""

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Return the SHOWN most probable answers of its list."""
        question = request.question or request.prompt or ""
        inputs = self.processed(image, text=question, **self.limit)
        logits = self.network(**inputs).logits[0].float()
        values, places = logits.sigmoid().topk(min(SHOWN, logits.shape[-1]))
        names = self.network.config.id2label
        answers = tuple(
            Prediction(text=names[int(place)], probability=float(value))
            for value, place in zip(values, places, strict=True)
        )
        cut = cut_texts(self.tokenizer, (question,), self.limit)
        return Reply(answers=answers, warnings=cut)


YES, NO = "Yes", "No"


class ChatMatcher(Chat):
    """Asks for each text whether the image shows it; the match is P(Yes) / (P(Yes) + P(No)).

    This is VQAScore. Several texts or none may match.
    """

    respond_to_all = Runner.respond_to_all

    def prepare(self) -> None:
        """Find the tokens of Yes and No; raise UnsupportedError if thinking cannot be disabled."""
        self.loading = self.loading._replace(thinking=False)
        super().prepare()
        if self.thinks:
            raise UnsupportedError(
                f"`{self.checkpoint.name}` always thinks before it answers, so advisor cannot "
                "compute a match score",
                hint="choose another checkpoint. If this one is a local copy, pass its Hub id",
            )
        spelled = (self.tokenizer.encode(word, add_special_tokens=False) for word in (YES, NO))
        self.answers = tuple(ids[0] for ids in spelled)

    def prompt(self, request: Request) -> str:
        """Return the question about one text."""
        return str(request.prompt)

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Rank the texts by the share of Yes, against No, as the first word of the answer."""
        form, shares = request.prompt or self.prompts[0], []
        for text in request.wrapped_texts:
            wrapped = Request(prompt=form.replace("{text}", text))
            logits = self.network(**self.inputs(image, wrapped)).logits[0, -1]
            shares.append(float(logits[list(self.answers)].float().softmax(dim=-1)[0]))
        return Reply(answers=ranked(request.texts, shares))


NUMBERS = (
    "the model returns class numbers, because it was converted without the answer texts (--answers)"
)


class SharedTransformer(Runner):
    """Base of the two runners of the unified VLP: it encodes images or region features."""

    takes_regions: ClassVar[bool] = True

    def picture(self, *images: OpenedImage) -> dict[str, Any]:
        """Return inputs for regions or pixels; the processor refuses pixels if it needs regions."""
        shown = [image.regions or image.pixels for image in images]
        return self.on_device(self.processor.image_processor(shown))


class SharedCaptioner(SharedTransformer):
    """Generates a caption greedily, one [MASK] token after the other."""

    scored_by = "likelihood"

    def respond_to_all(
        self,
        images: Sequence[OpenedImage],
        requests: Sequence[Request],  # noqa: ARG002
    ) -> list[Reply]:
        """Generate a caption for each image; a warning says that it was cut at the token limit."""
        limit = self.loading.max_new_tokens or self.network.config.longest_text
        rows = self.network.generate(**self.picture(*images), max_new_tokens=limit)
        config = self.network.config
        ends = {config.sep_token_id, config.pad_token_id}
        cut = (f"the answer was cut after {limit} tokens. Pass a higher --max-new-tokens",)
        return [
            Reply(
                answers=(Prediction(text=self.processor.decode(ids)),),
                warnings=() if ends & set(ids) else cut,
            )
            for ids in rows.tolist()
        ]

    def label_scores(self, images: Sequence[OpenedImage], request: Request) -> list[list[float]]:
        """Return the likelihood of generating each text, normalized to sum to 1 for each image."""
        torch = library("torch")
        tokens = spelled_apart(self.processor.tokenizer, request.wrapped_texts)
        pictures = self.picture(*images)
        likely = torch.stack(
            [self.network.likelihood(tokens=ids, **pictures) for ids in tokens], dim=1
        )
        scores: list[list[float]] = likely.softmax(dim=-1).tolist()
        return scores


class SharedAnswerer(SharedTransformer):
    """Picks answers from the list it was trained on, with an independent probability for each."""

    def respond_to_all(
        self, images: Sequence[OpenedImage], requests: Sequence[Request]
    ) -> list[Reply]:
        """Return the SHOWN most probable answers to each question, without number 0 (`<unk>`)."""
        questions = [request.question or request.prompt or "" for request in requests]
        inputs = [
            {**self.on_device(dict(self.processor(text=question))), **self.picture(image)}
            for image, question in zip(images, questions, strict=True)
        ]
        limit = self.network.config.longest_text
        unnamed = () if self.network.config.answers else (NUMBERS,)
        rows = in_batches(lambda batch: self.network(**batch).logits.float().sigmoid(), inputs)
        replies = []
        for question, scores in zip(questions, rows, strict=True):
            best = (scores[1:].topk(min(SHOWN, len(scores) - 1)).indices + 1).tolist()
            answers = tuple(
                Prediction(text=name, probability=float(scores[number]))
                for name, number in zip(self.network.answer_texts(best), best, strict=True)
            )
            pieces = len(self.processor.ids(question))
            cut = f"the question has {pieces} tokens. Only the first {limit} were used"
            long = (cut,) if pieces > limit else ()
            replies.append(Reply(answers=answers, warnings=(*long, *unnamed)))
        return replies
