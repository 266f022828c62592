"""Attention as people write it in torch."""

from __future__ import annotations

import math
from typing import Any

import torch


class SelfAttention(torch.nn.Module):
    """Multi-head self-attention by hand: two products, a scale, a softmax.

    Args:
      width: of the embeddings.
      heads: divides ``width``.
      causal: whether a position sees only those before it.
    """

    def __init__(self, width: int, heads: int, *, causal: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.causal = causal
        self.query, self.key, self.value, self.output = (torch.nn.Linear(width, width) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape

        def split(projected: torch.Tensor) -> torch.Tensor:
            return projected.view(batch, length, self.heads, -1).transpose(1, 2)

        query, key, value = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = torch.matmul(query, key.transpose(-2, -1)) / math.sqrt(width // self.heads)
        if self.causal:
            scores = scores + torch.full((1, 1, length, length), -1e9).triu(1)
        weights = torch.softmax(scores, dim=-1)
        return self.output(torch.matmul(weights, value).transpose(1, 2).reshape(batch, length, width))


def bert(layers: int = 2) -> Any:
    """A small BERT of transformers, with the attention it calls eager: written out."""
    from transformers import BertConfig, BertModel

    config = BertConfig(
        hidden_size=64, num_hidden_layers=layers, num_attention_heads=4, intermediate_size=128, vocab_size=512
    )
    model = BertModel(config, add_pooling_layer=False)
    model.set_attn_implementation("eager")
    return model.eval()
