"""MobileNetV3 large (Howard et al., Searching for MobileNetV3, 2019, table 1)."""

from __future__ import annotations

import torch
from torch import nn

# kernel, expanded channels, channels out, squeeze and excite, activation, stride
_BLOCKS = (
    (3, 16, 16, False, nn.ReLU, 1),
    (3, 64, 24, False, nn.ReLU, 2),
    (3, 72, 24, False, nn.ReLU, 1),
    (5, 72, 40, True, nn.ReLU, 2),
    (5, 120, 40, True, nn.ReLU, 1),
    (5, 120, 40, True, nn.ReLU, 1),
    (3, 240, 80, False, nn.Hardswish, 2),
    (3, 200, 80, False, nn.Hardswish, 1),
    (3, 184, 80, False, nn.Hardswish, 1),
    (3, 184, 80, False, nn.Hardswish, 1),
    (3, 480, 112, True, nn.Hardswish, 1),
    (3, 672, 112, True, nn.Hardswish, 1),
    (5, 672, 160, True, nn.Hardswish, 2),
    (5, 960, 160, True, nn.Hardswish, 1),
    (5, 960, 160, True, nn.Hardswish, 1),
)


class MobileNetV3(nn.Module):
    """From images of shape [N, 3, H, W] to logits of shape [N, classes]."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [*_convolution(3, 16, 3, stride=2), nn.Hardswish()]
        channels = 16
        for kernel, expanded, out, excite, activation, stride in _BLOCKS:
            layers.append(_Block(channels, expanded, out, kernel, stride, activation, excite=excite))
            channels = out
        layers += [*_convolution(channels, 960, 1), nn.Hardswish()]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Linear(960, 1280), nn.Hardswish(), nn.Linear(1280, classes))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(image).mean((2, 3)))


class _Block(nn.Module):
    def __init__(
        self,
        channels: int,
        expanded: int,
        out: int,
        kernel: int,
        stride: int,
        activation: type[nn.Module],
        *,
        excite: bool,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        if expanded != channels:
            layers += [*_convolution(channels, expanded, 1), activation()]
        layers += [*_convolution(expanded, expanded, kernel, stride=stride, groups=expanded), activation()]
        if excite:
            layers.append(_Excite(expanded))
        layers += _convolution(expanded, out, 1)
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and channels == out

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        result = self.layers(image)
        return image + result if self.residual else result


class _Excite(nn.Module):
    """Squeeze and excite: channels weighted by a gate of their means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = (channels // 4 + 7) // 8 * 8
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            nn.ReLU(),
            nn.Conv2d(squeezed, channels, 1),
            nn.Hardsigmoid(),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image * self.gate(image)


def _convolution(channels: int, out: int, kernel: int, *, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(out, eps=1e-3)]
