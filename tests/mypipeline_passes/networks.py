"""Small convolutional networks with what the layout passes have to cope with, by name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    """Convolutions with batch normalisation, a strided shortcut, pooling and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.pool = nn.MaxPool2d(3, 2, padding=1)
        self.one = nn.Sequential(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU())
        self.two = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.BatchNorm2d(16))
        self.shortcut = nn.Sequential(nn.Conv2d(8, 16, 1, stride=2), nn.BatchNorm2d(16))
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.classify = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.stem(x))
        x = torch.relu(self.two(self.one(x)) + self.shortcut(x))
        return self.classify(self.mean(x).flatten(1))


class Inverted(nn.Module):
    """Depthwise convolutions, squeeze and excitation, several activations."""

    def __init__(self) -> None:
        super().__init__()
        self.expand = nn.Sequential(nn.Conv2d(4, 24, 1, bias=False), nn.BatchNorm2d(24), nn.SiLU())
        self.depth = nn.Sequential(nn.Conv2d(24, 24, 5, padding=2, groups=24, bias=False), nn.BatchNorm2d(24))
        self.squeeze = nn.Conv2d(24, 6, 1)
        self.excite = nn.Conv2d(6, 24, 1)
        self.project = nn.Sequential(nn.Conv2d(24, 4, 1, bias=False), nn.BatchNorm2d(4, affine=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.hardswish(self.depth(self.expand(x)))
        scale = functional.hardsigmoid(self.excite(functional.relu6(self.squeeze(y.mean((2, 3), keepdim=True)))))
        return x + self.project(y * scale)


class Segmenter(nn.Module):
    """Dilation, concatenation, resizing, transposed convolution, cropping, average pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, padding=2, dilation=2)
        self.deep = nn.Conv2d(8, 8, 3, padding=1)
        self.up = nn.ConvTranspose2d(8, 6, 2, stride=2)
        self.last = nn.Conv2d(8 + 8 + 6, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = torch.tanh(self.down(x))
        b = self.deep(functional.avg_pool2d(a, 2))
        near = functional.interpolate(b, scale_factor=2, mode="nearest")
        smooth = functional.interpolate(b, size=a.shape[2:], mode="bilinear", align_corners=False)
        joined = torch.cat([a, near * smooth, self.up(b)], 1)
        return self.last(joined)[:, :, 1:-1, 2:]


class Patches(nn.Module):
    """A convolution whose image becomes a list of pixels, and comes back."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, 16, 4, stride=4)
        self.mix = nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.norm = nn.LayerNorm(16)
        self.dense = nn.Linear(16, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.embed(x)
        tokens = self.dense(self.norm(y.flatten(2).transpose(1, 2)))
        image = self.norm(self.mix(y).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return tokens.sum(1) + torch.relu(image + y).mean((2, 3))


class Grouped(nn.Module):
    """Grouped convolutions, shuffled channels, an image that also leaves the network."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(4, 8, 3, padding=1, groups=2)
        self.second = nn.Conv2d(8, 8, 1)
        self.norm = nn.GroupNorm(2, 8)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = self.first(functional.pad(x, (1, 0, 0, 2), mode="constant", value=0.5))
        shuffled = y.reshape(y.shape[0], 2, 4, y.shape[2], y.shape[3]).transpose(1, 2).reshape(y.shape)
        z = self.norm(self.second(shuffled))
        return y, torch.softmax(z, 1)


class Shared(nn.Module):
    """One convolution of two images, a bias without normalisation, a result that two others use."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y, z = self.conv(x), self.conv(x.flip(3))
        return self.norm(y) * y + self.norm(z).amax(1, keepdim=True) - z.reshape(z.shape[0], -1).sum()


NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "residual": (Residual, (2, 3, 33, 31)),
    "inverted": (Inverted, (2, 4, 12, 10)),
    "segmenter": (Segmenter, (1, 3, 16, 20)),
    "patches": (Patches, (2, 3, 16, 16)),
    "grouped": (Grouped, (2, 4, 9, 7)),
    "shared": (Shared, (1, 3, 8, 8)),
}


def network(name: str) -> tuple[nn.Module, torch.Tensor]:
    """One of them with random weights and statistics, and an input."""
    torch.manual_seed(0)
    make, shape = NETWORKS[name]
    model = make().eval()
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0.0, 0.3)
            part.running_var.uniform_(0.5, 2.0)
            if part.affine:
                nn.init.uniform_(part.weight, 0.5, 1.5)
                nn.init.normal_(part.bias, 0.0, 0.3)
    return model, torch.randn(shape)
