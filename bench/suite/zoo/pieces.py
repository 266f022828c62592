"""Parts of models in torch."""

from __future__ import annotations

import torch
from torch import nn


class ResNeXtBlock(nn.Module):
    """A bottleneck with a grouped convolution (Xie et al., *Aggregated Residual Transformations*, 2017)."""

    def __init__(self, channels: int, width: int, groups: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, groups=groups, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.body(x))
