"""Activations that are taken apart on import."""

from __future__ import annotations

from typing import Any

import torch
import torch_helpers as helpers
from torch import nn


class Activations(nn.Module):
    """GELU in both forms, in single and in half precision."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        by_tanh = nn.functional.gelu(x, approximate="tanh")
        return by_tanh, nn.functional.gelu(x), nn.functional.gelu(x.half(), approximate="tanh")


def test_gelu_is_as_exact_as_its_precision(check_close: Any) -> None:
    """With the compiler's own constants the form with tanh is off by 5e-5."""
    x = torch.linspace(-8.0, 8.0, 4099)
    got = helpers.compile_(Activations().eval(), x)(x)
    expected = Activations()(x)
    for ours, torchs, tolerance in zip(got, expected, (2e-7, 2e-7, 1e-3), strict=True):
        check_close(ours, torchs, tolerance)
