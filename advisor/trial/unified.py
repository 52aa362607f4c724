"""Runners of the unified VLP of 2020: captions and answers from stored regions, or from a grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from advisor.trial.answer import Prediction, Reply, Request
from advisor.trial.images import OpenedImage
from advisor.trial.likelihood import spelled_apart
from advisor.trial.loading import stacked
from advisor.trial.runner import Runner
from advisor.trial.runtime import library

SHOWN = 5
NUMBERS = (
    "the answers are numbers: their words are not in the checkpoint, and were not given when it "
    "was converted (--answers)"
)


class SharedTransformer(Runner):
    """What captions and answers have in common: how a picture gets in."""

    takes_regions: ClassVar[bool] = True

    def picture(self, *images: OpenedImage) -> dict[str, Any]:
        """Return regions or pixels; a photograph is refused where regions are needed."""
        shown = [image.regions or image.pixels for image in images]
        return self.on_device(self.processor.image_processor(shown))


class SharedCaptioner(SharedTransformer):
    """Writes a caption greedily, one [MASK] after the other."""

    scored_by = "likelihood"

    def respond_to_all(
        self,
        images: Sequence[OpenedImage],
        requests: Sequence[Request],  # noqa: ARG002
    ) -> list[Reply]:
        """Write the captions; a warning says where one was cut."""
        limit = self.loading.max_new_tokens or self.network.config.longest_text
        rows = self.network.generate(**self.picture(*images), max_new_tokens=limit)
        config = self.network.config
        ends = {config.sep_token_id, config.pad_token_id}
        cut = (f"the answer was cut after {limit} tokens; raise --max-new-tokens",)
        return [
            Reply(
                answers=(Prediction(text=self.processor.decode(ids)),),
                warnings=() if ends & set(ids) else cut,
            )
            for ids in rows.tolist()
        ]

    def label_scores(self, images: Sequence[OpenedImage], request: Request) -> list[list[float]]:
        """Return the likelihood with which each text would be written, made to sum to one."""
        torch = library("torch")
        tokens = spelled_apart(self.processor.tokenizer, request.wrapped_texts)
        pictures = self.picture(*images)
        likely = torch.stack(
            [self.network.likelihood(tokens=ids, **pictures) for ids in tokens], dim=1
        )
        scores: list[list[float]] = likely.softmax(dim=-1).tolist()
        return scores


class SharedAnswerer(SharedTransformer):
    """Picks from the list of answers it was trained on; each has a probability of its own."""

    def respond_to_all(
        self, images: Sequence[OpenedImage], requests: Sequence[Request]
    ) -> list[Reply]:
        """Return the most probable answers; `<unk>` is none."""
        questions = [request.question or request.prompt or "" for request in requests]
        inputs = [
            {**self.on_device(dict(self.processor(text=question))), **self.picture(image)}
            for image, question in zip(images, questions, strict=True)
        ]
        limit = self.network.config.longest_text
        unnamed = () if self.network.config.answers else (NUMBERS,)
        replies: list[Reply] = [Reply(answers=())] * len(inputs)
        for places, batch in stacked(inputs):
            for place, logits in zip(places, self.network(**batch).logits.float(), strict=True):
                scores = logits.sigmoid()
                best = (scores[1:].topk(min(SHOWN, len(scores) - 1)).indices + 1).tolist()
                answers = tuple(
                    Prediction(text=name, probability=float(scores[number]))
                    for name, number in zip(self.network.answer_texts(best), best, strict=True)
                )
                pieces = len(self.processor.ids(questions[place]))
                cut = f"the question has {pieces} pieces; only the first {limit} were read"
                long = (cut,) if pieces > limit else ()
                replies[place] = Reply(answers=answers, warnings=(*long, *unnamed))
        return replies
