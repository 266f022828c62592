"""Segmentation networks: DeepLabV3 (Chen et al., 2017) on a ResNet-18, and UNet (Ronneberger et al., 2015)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class DeepLab(nn.Module):
    """From images of shape [N, 3, H, W] to logits of shape [N, classes, H, W]; output stride 16."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(*_convolution(3, 64, 7, stride=2), nn.MaxPool2d(3, 2, 1))
        self.backbone = nn.Sequential(
            _Residual(64, 64),
            _Residual(64, 64),
            _Residual(64, 128, stride=2),
            _Residual(128, 128),
            _Residual(128, 256, stride=2),
            _Residual(256, 256),
            _Residual(256, 512, dilation=2),
            _Residual(512, 512, dilation=2),
        )
        self.branches = nn.ModuleList(
            [
                nn.Sequential(*_convolution(512, 128, 1)),
                *(nn.Sequential(*_convolution(512, 128, 3, dilation=rate)) for rate in (6, 12, 18)),
            ]
        )
        self.pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(512, 128, 1), nn.ReLU())
        self.head = nn.Sequential(*_convolution(5 * 128, 128, 1), nn.Conv2d(128, classes, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = self.backbone(self.stem(image))
        parts = [branch(features) for branch in self.branches]
        parts.append(self.pooled(features).expand(-1, -1, features.shape[2], features.shape[3]))
        logits = self.head(torch.cat(parts, 1))
        return functional.interpolate(logits, size=image.shape[2:], mode="bilinear", align_corners=False)


class _Residual(nn.Module):
    def __init__(self, channels: int, out: int, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_convolution(channels, out, 3, stride=stride, dilation=dilation),
            *_convolution(out, out, 3, dilation=dilation)[:-1],
        )
        self.shortcut = (
            nn.Identity()
            if channels == out and stride == 1
            else nn.Sequential(*_convolution(channels, out, 1, stride=stride)[:-1])
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.layers(image) + self.shortcut(image))


class UNet(nn.Module):
    """From images of shape [N, 3, H, W], H and W multiples of 8, to logits of shape [N, classes, H, W]."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        widths = (32, 64, 128, 256)
        self.down = nn.ModuleList(_double(i, o) for i, o in zip((3, *widths), widths, strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * width, width, 2, 2) for width in widths[-2::-1])
        self.merge = nn.ModuleList(_double(2 * width, width) for width in widths[-2::-1])
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        skipped: list[torch.Tensor] = []
        for level, layer in enumerate(self.down):
            image = layer(functional.max_pool2d(image, 2) if level else image)
            skipped.append(image)
        for up, merge, skip in zip(self.up, self.merge, skipped[-2::-1], strict=True):
            image = merge(torch.cat([skip, up(image)], 1))
        return self.head(image)


def _double(channels: int, out: int) -> nn.Module:
    return nn.Sequential(*_convolution(channels, out, 3), *_convolution(out, out, 3))


def _convolution(channels: int, out: int, kernel: int, *, stride: int = 1, dilation: int = 1) -> list[nn.Module]:
    padding = dilation * (kernel // 2)
    convolution = nn.Conv2d(channels, out, kernel, stride, padding, dilation, bias=False)
    return [convolution, nn.BatchNorm2d(out), nn.ReLU()]
