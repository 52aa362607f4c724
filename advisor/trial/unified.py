"""Runners of the unified VLP of 2020: captions and answers from stored regions, or from a grid."""

from __future__ import annotations

from typing import Any, ClassVar

from advisor.trial.answer import Prediction, Reply, Request
from advisor.trial.images import OpenedImage
from advisor.trial.runner import Runner

SHOWN = 5


class SharedTransformer(Runner):
    """What captions and answers have in common: how a picture gets in."""

    takes_regions: ClassVar[bool] = True

    def picture(self, image: OpenedImage) -> dict[str, Any]:
        """Return regions or pixels; a photograph is refused where regions are needed."""
        return self.on_device(self.processor.image_processor([image.regions or image.pixels]))


class SharedCaptioner(SharedTransformer):
    """Writes a caption greedily, one [MASK] after the other."""

    def respond(self, image: OpenedImage, request: Request) -> Reply:  # noqa: ARG002
        """Write the caption; a warning says where it was cut."""
        config = self.network.config
        limit = self.loading.max_new_tokens or config.longest_text
        ids = self.network.generate(**self.picture(image), max_new_tokens=limit)[0].tolist()
        ended = {config.sep_token_id, config.pad_token_id} & set(ids)
        cut = (f"the answer was cut after {len(ids)} tokens; raise --max-new-tokens",)
        answer = Prediction(text=self.processor.decode(ids))
        return Reply(answers=(answer,), warnings=() if ended else cut)


class SharedAnswerer(SharedTransformer):
    """Picks from the list of answers it was trained on; each has a probability of its own."""

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Return the most probable answers; `<unk>` is none."""
        question = request.question or request.prompt or ""
        words = self.on_device(dict(self.processor(text=question)))
        scores = self.network(**words, **self.picture(image)).logits[0].float().sigmoid()
        places = scores[1:].topk(min(SHOWN, len(scores) - 1)).indices + 1
        names = self.network.answer_texts(places.tolist())
        answers = tuple(
            Prediction(text=name, probability=float(scores[place]))
            for name, place in zip(names, places, strict=True)
        )
        return Reply(answers=answers, warnings=self._doubts(question))

    def _doubts(self, question: str) -> tuple[str, ...]:
        """Return what the user should know: a question that was cut, answers without words."""
        config, count = self.network.config, len(self.processor.ids(question))
        notes = []
        if count > config.longest_text:
            notes.append(
                f"the question has {count} pieces; only the first {config.longest_text} were read"
            )
        if not config.answers:
            notes.append(
                "the answers are numbers: their words are not in the checkpoint, and were not "
                "given when it was converted (--answers)"
            )
        return tuple(notes)
