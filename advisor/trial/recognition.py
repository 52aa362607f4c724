"""A runner of recognisers that spell one line of text at once, without a decoder."""

from __future__ import annotations

from advisor.trial.answer import Prediction, Reply, Request
from advisor.trial.encoder_decoder import page_doubts
from advisor.trial.images import OpenedImage
from advisor.trial.loading import load_part
from advisor.trial.runner import Runner


class LineRecogniser(Runner):
    """A recogniser of one line: it says a letter for each step along the line, and how sure."""

    def prepare(self) -> None:
        """Load the image processor, which knows the letters."""
        self.processor = load_part(self.checkpoint, "AutoImageProcessor")

    def respond(self, image: OpenedImage, request: Request) -> Reply:  # noqa: ARG002
        """Read the line."""
        outputs = self.network(**self.processed(image))
        read = self.processor.post_process_text_recognition(outputs)[0]
        sure = read["score"] if read["text"] else None
        answer = Prediction(text=str(read["text"]), probability=sure)
        return Reply(answers=(answer,), warnings=page_doubts(image))
