"""The optimiser of the published training: Adam without bias correction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

NO_DECAY = ("bias", "norm.weight")
"""How names end that are not decayed."""


class BertAdam(torch.optim.Optimizer):
    """Adam without bias correction, with decoupled decay and a clip per tensor (optimization.py).

    Lines 90-175 of pytorch_pretrained_bert/optimization.py: betas 0.9 and 0.999, epsilon 1e-6,
    decay 0.01 but for biases and layer norms, each gradient cut to norm 1 by itself. Whoever trains
    sets `lr` before each step: published is a linear warm-up over 10 % and a linear way to 0.
    """

    def __init__(
        self,
        named: Iterable[tuple[str, torch.nn.Parameter]],
        lr: float,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.01,
        max_grad_norm: float = 1.0,
    ) -> None:
        decayed: list[torch.nn.Parameter] = []
        plain: list[torch.nn.Parameter] = []
        for name, parameter in named:
            (plain if name.endswith(NO_DECAY) else decayed).append(parameter)
        groups = [
            {"params": decayed, "weight_decay": weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        defaults = {"lr": lr, "betas": betas, "eps": eps, "max_grad_norm": max_grad_norm}
        super().__init__([group for group in groups if group["params"]], defaults)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # noqa: ARG002 - torch's signature
        """Move every parameter that has a gradient."""
        for group in self.param_groups:
            first, second = group["betas"]
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                gradient = parameter.grad
                gradient.mul_((group["max_grad_norm"] / (gradient.norm() + 1e-6)).clamp(max=1.0))
                state = self.state[parameter]
                if not state:
                    state["mean"] = torch.zeros_like(parameter)
                    state["square"] = torch.zeros_like(parameter)
                mean = state["mean"].mul_(first).add_(gradient, alpha=1 - first)
                square = state["square"].mul_(second).addcmul_(gradient, gradient, value=1 - second)
                update = mean / (square.sqrt() + group["eps"])
                if group["weight_decay"]:
                    update.add_(parameter, alpha=group["weight_decay"])
                parameter.add_(update, alpha=-group["lr"])
