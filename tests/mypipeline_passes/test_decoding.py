"""Attention to a cache of keys and values, and what one token adds to it, computes what torch computes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import mypipeline

HEADS, WIDTH = 3, 16
RELATIVE = 1e-5


class Decoder(nn.Module):
    """Attention of new tokens to cached ones and themselves, ``shared`` heads on one of keys and values."""

    def __init__(self, shared: int) -> None:
        super().__init__()
        self.shared = shared

    def forward(
        self, q: torch.Tensor, key: torch.Tensor, value: torch.Tensor, cache: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        key, value = torch.cat([cache[0], key], 2), torch.cat([cache[1], value], 2)
        if self.shared > 1:
            key, value = (each.repeat_interleave(self.shared, 1) for each in (key, value))
        return nn.functional.scaled_dot_product_attention(q, key, value), q * 2


def _inputs(shared: int, past: int, tokens: int) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    key, value = (torch.randn(1, HEADS, tokens, WIDTH) for _ in range(2))
    return torch.randn(1, HEADS * shared, tokens, WIDTH), key, value, torch.randn(2, 1, HEADS, past, WIDTH)


def _check(artifact: Any, model: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    for got, expected in zip(artifact(*inputs), model(*inputs), strict=True):
        assert (got - expected).abs().max() <= RELATIVE * expected.abs().max()


@pytest.mark.parametrize(("shared", "past", "tokens"), [(1, 31, 1), (2, 40, 1), (1, 17, 3)])
def test_attention_to_a_cache(shared: int, past: int, tokens: int) -> None:
    model, inputs = Decoder(shared).eval(), _inputs(shared, past, tokens)
    _check(mypipeline.compile(model, *inputs, target="cpu", cache=False), model, inputs)


def test_attention_to_a_cache_of_any_length() -> None:
    model, inputs = Decoder(1).eval(), _inputs(1, 9, 1)
    length = torch.export.Dim("length", min=2, max=512)
    dynamic = {"q": None, "key": None, "value": None, "cache": {3: length}}
    artifact = mypipeline.compile(model, *inputs, target="cpu", cache=False, dynamic_shapes=dynamic)
    for past in (9, 2, 100):
        _check(artifact, model, _inputs(1, past, 1))
