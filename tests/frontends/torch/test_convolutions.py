"""What the compiler refuses or miscompiles as it is: some convolutions, views, logarithms."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

import ireekit


class _Several(nn.Module):
    """Layers on two images and a row of pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.row = nn.ConvTranspose1d(3, 3, 4, stride=3, padding=1, dilation=2, groups=3)
        self.image = nn.ConvTranspose2d(3, 6, (4, 1), stride=(3, 2), padding=(1, 0), output_padding=(1, 0), groups=3)
        self.cropped = nn.ConvTranspose2d(3, 3, 2, stride=2, padding=2, groups=3, bias=False)
        self.volume = nn.Conv3d(3, 4, (2, 3, 2), padding="same", dilation=(1, 1, 2))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        volume = torch.stack([x, 2 * x], 2)
        return self.row(x[:, :, 0]), self.image(x), self.cropped(x), self.volume(volume), torch.log10(x.abs() + 0.1)


class _Heads(nn.Module):
    """Two dynamic dimensions become one, next to a dimension of 1."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(6, 2, 5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.einsum("btd,dhe->bthe", x, self.weight)


def _check(model: nn.Module, x: torch.Tensor, dynamic: object = None) -> None:
    compiled = ireekit.Pipeline("plain").compile(model, x, target="cpu", cache=False, dynamic_shapes=dynamic)
    results = compiled(x.numpy())
    with torch.no_grad():
        expected = model(x)
    pairs = zip(results, expected, strict=True) if isinstance(expected, tuple) else [(results, expected)]
    for found, wanted in pairs:
        assert np.asarray(found).shape == tuple(wanted.shape)
        np.testing.assert_allclose(np.asarray(found), wanted.numpy(), atol=1e-5)


def test_layers() -> None:
    torch.manual_seed(0)
    _check(_Several().eval(), torch.randn(2, 3, 7, 6))


def test_merged_dynamic_dimensions() -> None:
    torch.manual_seed(0)
    anything = torch.export.Dim.DYNAMIC
    _check(_Heads().eval(), torch.randn(2, 7, 6), ({0: anything, 1: anything},))
