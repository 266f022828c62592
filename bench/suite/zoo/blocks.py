"""Parts of models, for passes that act on none of the models: columns of the ablation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suite.zoo.definition import ZooModel

if TYPE_CHECKING:
    from suite.zoo.definition import Built


def resnext() -> Built:
    import torch

    from suite.zoo.normalisation import calibrate
    from suite.zoo.pieces import ResNeXtBlock

    model = torch.nn.Sequential(ResNeXtBlock(256, 128, 32), ResNeXtBlock(256, 128, 32))
    return calibrate(model, torch.randn(4, 256, 28, 28)), (torch.randn(1, 256, 28, 28),)


def head() -> Built:
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(256, 8192), torch.nn.Softmax(-1))
    return model.eval(), (torch.randn(64, 256),)


def window() -> Built:
    import torch

    model = torch.nn.Sequential(torch.nn.Conv2d(16, 64, 3, padding=1), torch.nn.MaxPool2d(5, 4))
    return model.eval(), (torch.randn(1, 16, 8, 8),)


BLOCKS = (
    ZooModel("resnext-block", "two blocks of ResNeXt-50 32x4d, 1x256x28x28", resnext, cnn=True),
    ZooModel("softmax-head", "linear layer and softmax over 8192 classes, batch 64", head),
    ZooModel(
        "one-window",
        "convolution and pooling, of one window that leaves rows and columns out, 1x16x8x8",
        window,
        cnn=True,
    ),
)
