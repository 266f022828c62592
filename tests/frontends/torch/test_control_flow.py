from __future__ import annotations

from typing import Any

import torch
import torch_helpers as helpers
from torch import nn
from torch._higher_order_ops import while_loop
from torch.export import Dim


def test_cond_takes_the_branch_the_values_ask_for(check_close: Any) -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.positive, self.negative = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cond(x.sum() > 0, lambda v: self.positive(v), lambda v: self.negative(v) * 2, (x,))

    model = Model().eval()
    artifact = helpers.compile_(model, torch.randn(3, 4))
    for x in (torch.ones(3, 4), -torch.ones(3, 4)):
        check_close(artifact(x), model(x))


def test_cond_on_a_size(check_close: Any) -> None:
    class Model(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cond(x.shape[0] > 4, lambda v: v.sin(), lambda v: v.cos(), (x,))

    artifact = helpers.compile_(Model().eval(), torch.randn(3), dynamic_shapes={"x": {0: Dim("rows", min=2, max=9)}})
    for rows in (3, 6):
        x = torch.randn(rows)
        check_close(artifact(x), Model()(x))


def test_while_loop_with_captured_weights(check_close: Any) -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.step = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor, limit: torch.Tensor) -> Any:
            return while_loop(
                lambda i, v: (i < limit) & (v.abs().max() < 100),
                lambda i, v: (i + 1, torch.tanh(self.step(v)) * 2),
                (torch.tensor(0), x),
            )

    model = Model().eval()
    artifact = helpers.compile_(model, torch.randn(3, 4), torch.tensor(2))
    for limit in (0, 5):
        arguments = (torch.randn(3, 4), torch.tensor(limit))
        for got, wanted in zip(artifact(*arguments), model(*arguments), strict=True):
            check_close(got, wanted)
