"""A runner of chat models that judges texts by how sure a yes is."""

from __future__ import annotations

from dataclasses import replace

from advisor.trial.answer import Prediction, Reply, Request, best_first
from advisor.trial.failures import UnsupportedError
from advisor.trial.images import OpenedImage
from advisor.trial.prompted import Chat

YES, NO = "Yes", "No"


class ChatMatcher(Chat):
    """Asks for each text whether the image shows it; the share of yes against no is its match.

    This is VQAScore. Several texts or none may fit.
    """

    def prepare(self) -> None:
        """Find the words that it answers with; a thought would stand before them, so it is off."""
        super().prepare()
        if self.thinks and not self.switch:
            raise UnsupportedError(
                f"`{self.checkpoint.name}` thinks before it answers, and nothing is known that has "
                "it answer at once, so no match can be read off",
                hint="choose another checkpoint for this, or give it by its id",
            )
        self.warnings, self.thinks = self.scoring_warnings, False
        spelled = (self.tokenizer.encode(word, add_special_tokens=False) for word in (YES, NO))
        self.answers = tuple(ids[0] for ids in spelled)
        if len(set(self.answers)) < len(self.answers):
            raise UnsupportedError(
                f"`{self.checkpoint.name}` spells yes and no alike, so no match can be read off",
                hint="choose another checkpoint for this",
            )

    def prompt(self, request: Request) -> str:
        """Return the question about one text."""
        return str(request.prompt)

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Judge each text by itself."""
        form = request.prompt or self.prompts[0]
        answers = [
            replace(self.judged(image, form.replace("{text}", text)), text=name)
            for name, text in zip(request.texts, request.wrapped_texts, strict=True)
        ]
        return Reply(answers=best_first(answers))

    def judged(self, image: OpenedImage, question: str) -> Prediction:
        """Return the share of yes as the next word."""
        logits = self.network(**self.inputs(image, Request(prompt=question))).logits[0, -1]
        share = logits[list(self.answers)].float().softmax(dim=-1)[0]
        return Prediction(text=question, probability=float(share))
