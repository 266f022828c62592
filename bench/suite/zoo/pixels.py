"""Convolutional networks with a result per pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suite.zoo.definition import ZooModel

if TYPE_CHECKING:
    import torch

    from suite.zoo.definition import Built


def deeplab() -> Built:
    from suite.zoo.segmentation import DeepLab

    return _calibrated(DeepLab(21), 257)


def unet() -> Built:
    from suite.zoo.segmentation import UNet

    return _calibrated(UNet(2), 192)


def _calibrated(model: torch.nn.Module, side: int) -> Built:
    import torch

    from suite.zoo.normalisation import calibrate

    return calibrate(model, torch.randn(2, 3, side, side)), (torch.randn(1, 3, side, side),)


PIXEL_MODELS = (
    ZooModel("deeplab", "DeepLabV3 on a dilated ResNet-18, 1x3x257x257, 21 classes", deeplab, cnn=True),
    ZooModel("unet", "UNet, 4 levels from 32 channels, 1x3x192x192, 2 classes", unet, cnn=True),
)
