"""What all runners that write text share: greedy generation, its limit, and how it ended."""

from __future__ import annotations

import abc
from typing import Any

from advisor.trial.acts import Act
from advisor.trial.answer import Answer, Reply, Request
from advisor.trial.images import OpenedImage
from advisor.trial.model_types import DETAILED_TASKS
from advisor.trial.runner import Runner

LIMITS = {Act.CAPTION: 50, Act.ANSWER: 50, Act.READ: 128, Act.EXTRACT: 512, Act.LABEL: 16}
DETAILED_LIMIT = 256


class Writer(Runner, abc.ABC):
    """A runner whose answer is one text, written greedily."""

    longest_answer: int | None = None

    @abc.abstractmethod
    def inputs(self, image: OpenedImage, request: Request) -> dict[str, Any]:
        """Return the network's inputs."""

    @abc.abstractmethod
    def decode(self, ids: list[int], inputs: dict[str, Any]) -> Answer:
        """Return the answer that generated token ids spell."""

    def limit(self, inputs: dict[str, Any]) -> int:
        """Return how many tokens may be written: asked for or usual, and never beyond the room."""
        if self.setting.max_new_tokens is not None:
            wanted = self.setting.max_new_tokens
        elif self.longest_answer is not None:
            wanted = self.longest_answer
        else:
            detailed = self.task in DETAILED_TASKS
            wanted = DETAILED_LIMIT if detailed else LIMITS[self.setting.act]
        config = self.network.config
        decoder = getattr(config, "decoder", None) or getattr(config, "text_config", None) or config
        positions = getattr(decoder, "max_position_embeddings", None)
        if not isinstance(positions, int):
            return wanted
        return max(1, min(wanted, positions - self.written_after(inputs)))

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Write the answer."""
        inputs = self.inputs(image, request)
        ids = self.generate(inputs)
        answer = self.decode(ids, inputs)
        return Reply(
            answers=(answer,), warnings=(*self.doubts(image), *self._ending(ids, inputs))
        )

    def generate(self, inputs: dict[str, Any]) -> list[int]:
        """Return the token ids of one answer. `generate` may write into ids, so they are copied."""
        own = {k: v.clone() if hasattr(v, "clone") else v for k, v in inputs.items()}
        ids = self.network.generate(
            **own,
            max_new_tokens=self.limit(inputs),
            do_sample=False,
            num_beams=1,
            **self.settings(),
        )
        return [int(each) for each in ids[0]]

    def settings(self) -> dict[str, Any]:
        """Return what else `generate` needs."""
        return {}

    def doubts(self, image: OpenedImage) -> tuple[str, ...]:  # noqa: ARG002
        """Return warnings that the image itself gives rise to."""
        return ()

    def written_after(self, inputs: dict[str, Any]) -> int:  # noqa: ARG002
        """Return how many of the ids are a prompt; one start token by default."""
        return 1

    def _ending(self, ids: list[int], inputs: dict[str, Any]) -> tuple[str, ...]:
        written = len(ids) - self.written_after(inputs)
        limit = self.limit(inputs)
        if written < limit or ids[-1] in self._ends():
            return ()
        return (f"the answer was cut after {limit} tokens; raise --max-new-tokens",)

    def _ends(self) -> set[int]:
        found: set[int] = set()
        configs = [getattr(self.network, "generation_config", None), self.network.config]
        configs.append(getattr(self.network.config, "text_config", None))
        for config in configs:
            for name in ("eos_token_id", "sep_token_id", "pad_token_id"):
                value = getattr(config, name, None)
                found.update(value if isinstance(value, list) else [] if value is None else [value])
        return found
