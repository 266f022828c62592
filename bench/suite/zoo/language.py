"""GPT-2 and Llama-like decoders that take and return the cache as tensors.

A cache has shape [layers, 2, batch, heads, tokens, head size]: keys, then values. A step returns only what its own
token adds, as servers keep the cache and append to it.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class _Gpt2Block(nn.Module):
    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(hidden)
        self.attention_in = nn.Linear(hidden, 3 * hidden)
        self.attention_out = nn.Linear(hidden, hidden)
        self.mlp_norm = nn.LayerNorm(hidden)
        self.mlp_in = nn.Linear(hidden, 4 * hidden)
        self.mlp_out = nn.Linear(4 * hidden, hidden)

    def forward(self, x: torch.Tensor, cache: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        batch, tokens, hidden = x.shape
        projected = self.attention_in(self.attention_norm(x)).view(batch, tokens, 3, self.heads, hidden // self.heads)
        query, key, value = projected.permute(2, 0, 3, 1, 4)
        added = torch.stack([key, value])
        if cache is not None:
            key, value = torch.cat([cache[0], key], 2), torch.cat([cache[1], value], 2)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=cache is None)
        x = x + self.attention_out(mixed.transpose(1, 2).reshape(batch, tokens, hidden))
        return x + self.mlp_out(functional.gelu(self.mlp_in(self.mlp_norm(x)), approximate="tanh")), added


class _Gpt2(nn.Module):
    def __init__(self, layers: int, hidden: int, heads: int, vocabulary: int, positions: int = 1024) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, hidden)
        self.positions = nn.Embedding(positions, hidden)
        self.blocks = nn.ModuleList(_Gpt2Block(hidden, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(hidden)
        self.head = nn.Linear(hidden, vocabulary, bias=False)

    def run(self, tokens: torch.Tensor, cache: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        past = 0 if cache is None else cache.shape[4]
        positions = torch.arange(past, past + tokens.shape[1], device=tokens.device)
        x = self.tokens(tokens) + self.positions(positions)
        added: list[torch.Tensor] = []
        for index, block in enumerate(self.blocks):
            x, own = block(x, None if cache is None else cache[index])
            added.append(own)
        return self.head(self.norm(x[:, -1])), torch.stack(added)


class Gpt2Prefill(_Gpt2):
    """Tokens [batch, tokens] to the last token's logits [batch, vocabulary] and the cache."""

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.run(tokens, None)


class Gpt2Decode(_Gpt2):
    """One token [batch, 1] and the cache to logits [batch, vocabulary] and the token's keys and values."""

    def forward(self, tokens: torch.Tensor, cache: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.run(tokens, cache)


class _LlamaBlock(nn.Module):
    def __init__(self, hidden: int, heads: int, shared: int, wide: int) -> None:
        super().__init__()
        self.heads, self.shared, self.size = heads, shared, hidden // heads
        self.attention_norm = nn.RMSNorm(hidden, eps=1e-5)
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key = nn.Linear(hidden, shared * self.size, bias=False)
        self.value = nn.Linear(hidden, shared * self.size, bias=False)
        self.attention_out = nn.Linear(hidden, hidden, bias=False)
        self.mlp_norm = nn.RMSNorm(hidden, eps=1e-5)
        self.gate = nn.Linear(hidden, wide, bias=False)
        self.up = nn.Linear(hidden, wide, bias=False)
        self.down = nn.Linear(wide, hidden, bias=False)

    def forward(
        self, x: torch.Tensor, cache: torch.Tensor, angles: tuple[torch.Tensor, torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        batch, tokens, hidden = x.shape
        normed = self.attention_norm(x)
        query = self.query(normed).view(batch, tokens, self.heads, self.size).transpose(1, 2)
        key = self.key(normed).view(batch, tokens, self.shared, self.size).transpose(1, 2)
        value = self.value(normed).view(batch, tokens, self.shared, self.size).transpose(1, 2)
        query, key = _rotated(query, *angles), _rotated(key, *angles)
        added = torch.stack([key, value])
        keys, values = torch.cat([cache[0], key], 2), torch.cat([cache[1], value], 2)
        group = self.heads // self.shared
        keys, values = (each.repeat_interleave(group, 1) for each in (keys, values))
        mixed = functional.scaled_dot_product_attention(query, keys, values)
        x = x + self.attention_out(mixed.transpose(1, 2).reshape(batch, tokens, hidden))
        normed = self.mlp_norm(x)
        return x + self.down(functional.silu(self.gate(normed)) * self.up(normed)), added


def _rotated(x: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
    """Rotary position embedding of x [batch, heads, tokens, size] (Su et al., RoFormer, 2021), halves paired."""
    low, high = x.chunk(2, -1)
    return x * cosine + torch.cat([-high, low], -1) * sine


class LlamaDecode(nn.Module):
    """One token [batch, 1] and the cache to logits [batch, vocabulary] and the token's keys and values."""

    cosine: torch.Tensor
    sine: torch.Tensor

    def __init__(
        self, layers: int, hidden: int, heads: int, shared: int, wide: int, vocabulary: int, positions: int
    ) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, hidden)
        self.blocks = nn.ModuleList(_LlamaBlock(hidden, heads, shared, wide) for _ in range(layers))
        self.norm = nn.RMSNorm(hidden, eps=1e-5)
        self.head = nn.Linear(hidden, vocabulary, bias=False)
        size = hidden // heads
        frequencies = 10000.0 ** (-torch.arange(0, size, 2) / size)
        angles = torch.outer(torch.arange(positions), frequencies).repeat(1, 2)
        self.register_buffer("cosine", angles.cos())
        self.register_buffer("sine", angles.sin())

    def forward(self, tokens: torch.Tensor, cache: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        past = cache.shape[4]
        angles = self.cosine[past : past + 1], self.sine[past : past + 1]
        x = self.tokens(tokens)
        added: list[torch.Tensor] = []
        for index, block in enumerate(self.blocks):
            x, own = block(x, cache[index], angles)
            added.append(own)
        return self.head(self.norm(x[:, -1])), torch.stack(added)
