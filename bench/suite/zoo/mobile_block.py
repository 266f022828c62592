"""A block of EfficientNet, for passes on depthwise convolutions and gates: a column of the ablation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suite.zoo.definition import ZooModel

if TYPE_CHECKING:
    from suite.zoo.definition import Built


def mbconv() -> Built:
    import torch

    from suite.zoo.mobile_pieces import MBConv
    from suite.zoo.normalisation import calibrate

    return calibrate(MBConv(40, 6, 10), torch.randn(4, 40, 28, 28)), (torch.randn(1, 40, 28, 28),)


MOBILE_BLOCKS = (ZooModel("mbconv-block", "a block of EfficientNet-B0 with its gates, 1x40x28x28", mbconv, cnn=True),)
