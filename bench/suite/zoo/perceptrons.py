"""Modules of the recurrent, recommendation and perceptron models."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn


class Lstm(nn.Module):
    """From x [batch, steps, features] to the last step's projected state [batch, features]."""

    def __init__(self, features: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, hidden, layers, batch_first=True)
        self.head = nn.Linear(hidden, features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        states, _ = self.lstm(x)
        return self.head(states[:, -1])


class Dlrm(nn.Module):
    """Dense features [batch, dense] and rows [batch, tables] to scores [batch, 1] (Naumov et al., DLRM, 2019)."""

    pairs: torch.Tensor

    def __init__(self, *, dense: int, tables: int, rows: int, width: int) -> None:
        super().__init__()
        self.bottom = perceptron(dense, 512, 256, width)
        self.tables = nn.ModuleList(nn.Embedding(rows, width) for _ in range(tables))
        every = tables + 1
        first, second = torch.tril_indices(every, every, -1)
        self.register_buffer("pairs", first * every + second)
        self.top = perceptron(width + len(first), 512, 256, 1)

    def forward(self, dense: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        bottom = self.bottom(dense)
        vectors = torch.stack([bottom, *(table(rows[:, i]) for i, table in enumerate(self.tables))], 1)
        products = torch.bmm(vectors, vectors.transpose(1, 2)).flatten(1)
        return torch.sigmoid(self.top(torch.cat([bottom, products[:, self.pairs]], 1)))


def perceptron(*widths: int) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for width, out in pairwise(widths):
        layers += [nn.Linear(width, out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
