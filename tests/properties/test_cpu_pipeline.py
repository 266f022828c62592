"""Random convolutional networks, compiled with the CPU passes, compute what torch computes."""

from __future__ import annotations

import copy
import random

import numpy as np
import pytest
import torch
from torch import nn

import mypipeline

BRANCHES = 5
"""Networks in one program: compiling it is what takes the time."""
TOLERANCE = 3e-5
"""Of the largest absolute difference to double precision, relative to the largest absolute value."""
_MOST = 40_000


class Branches(nn.Module):
    """Several chains of layers, each with a residual and a concatenation somewhere, on one image."""

    def __init__(self, chains: list[list[nn.Module]]) -> None:
        super().__init__()
        self.chains = nn.ModuleList(nn.Sequential(*chain) for chain in chains)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(chain(x) for chain in self.chains)


class Joined(nn.Module):
    """What a layer gives, put together with its input: by an addition, or along the channels."""

    def __init__(self, inner: nn.Module, adds: bool) -> None:
        super().__init__()
        self.inner, self.adds = inner, adds

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inner(x) if self.adds else torch.cat([self.inner(x), x], 1)


def _pair(rng: random.Random, *numbers: int) -> tuple[int, int]:
    return rng.choice(numbers), rng.choice(numbers)


def _convolution(rng: random.Random, channels: int) -> nn.Module:
    groups = rng.choice([1, 1, channels, rng.choice([each for each in range(1, channels + 1) if channels % each == 0])])
    made = groups * rng.choice([1, 2]) if groups > 1 else rng.choice([1, 3, 5, 8, 16, 17, 32])
    kernel, dilation, bias = _pair(rng, 1, 2, 3, 3, 5), _pair(rng, 1, 1, 2, 3), rng.random() < 0.7
    if rng.random() < 0.25:
        return nn.Conv2d(channels, made, kernel, 1, "same", dilation, groups, bias)
    stride, padding = _pair(rng, 1, 1, 2, 3), _pair(rng, 0, 1, 2)
    return nn.Conv2d(channels, made, kernel, stride, padding, dilation, groups, bias)


def _transposed(rng: random.Random, channels: int) -> nn.Module:
    stride, groups = _pair(rng, 1, 2, 3), rng.choice([1, 1, channels])
    more = (rng.randrange(stride[0]), rng.randrange(stride[1]))
    kernel, padding = _pair(rng, 1, 2, 3, 4), _pair(rng, 0, 1)
    return nn.ConvTranspose2d(channels, groups * rng.choice([1, 2, 4]), kernel, stride, padding, more, groups)


def _norm(rng: random.Random, channels: int) -> nn.Module:
    if rng.random() < 0.3:
        return nn.GroupNorm(1, channels)
    made = nn.BatchNorm2d(channels)
    nn.init.uniform_(made.running_mean, -1, 1)
    nn.init.uniform_(made.running_var, 0.5, 2)
    nn.init.uniform_(made.weight, -1.5, 1.5)
    return made


def _pooling(rng: random.Random, channels: int) -> nn.Module:
    kernel, stride, ceil = _pair(rng, 2, 3), _pair(rng, 1, 2, 3), rng.random() < 0.3
    if rng.random() < 0.5:
        return nn.MaxPool2d(kernel, stride, rng.choice([0, 1]), ceil_mode=ceil)
    return nn.AvgPool2d(kernel, stride, rng.choice([0, 1]), ceil, count_include_pad=rng.random() < 0.5)


def _activation(rng: random.Random, channels: int) -> nn.Module:
    return rng.choice([nn.ReLU, nn.SiLU, nn.GELU, nn.Hardswish, nn.ELU, nn.Tanh, nn.Sigmoid, nn.PReLU])()


_KINDS = (_convolution, _convolution, _convolution, _transposed, _norm, _pooling, _activation)


def _chain(rng: random.Random, x: torch.Tensor) -> list[nn.Module]:
    """Layers that fit one after the other, with results of a size that is neither zero nor large."""
    layers: list[nn.Module] = []
    wanted = rng.randint(2, 4)
    while len(layers) < wanted:
        channels = int(x.shape[1])
        layer = rng.choice(_KINDS)(rng, channels).eval()
        try:
            made = layer(x)
        except RuntimeError:  # a window larger than the image
            continue
        if made.shape[2:] == x.shape[2:] and rng.random() < 0.5:
            layer = Joined(layer, adds=made.shape == x.shape and rng.random() < 0.5)
            made = layer(x)
        if 0 < made.numel() < _MOST:
            layers, x = [*layers, layer], made
    return layers


@pytest.mark.parametrize("seed", range(2))
def test_results(seed: int) -> None:
    rng = random.Random(seed)
    torch.manual_seed(seed)
    x = torch.randn(rng.choice([1, 2]), rng.choice([3, 5, 16]), rng.randint(9, 16), rng.randint(9, 16))
    with torch.no_grad():
        model = Branches([_chain(rng, x) for _ in range(BRANCHES)]).eval()
        expected = copy.deepcopy(model).double()(x.double())
    artifact = mypipeline.compile(model, x, target="cpu", cache=False)
    for found, wanted, chain in zip(artifact(x.numpy()), expected, model.chains, strict=True):
        assert np.asarray(found).shape == tuple(wanted.shape), chain
        difference = np.abs(np.asarray(found) - wanted.numpy()).max() / max(wanted.abs().max().item(), 1e-6)
        assert difference < TOLERANCE, chain
