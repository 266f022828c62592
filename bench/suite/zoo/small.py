"""Recurrent, recommendation and plain perceptron models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suite.zoo.definition import ZooModel

if TYPE_CHECKING:
    from suite.zoo.definition import Built


def lstm() -> Built:
    import torch

    from suite.zoo.perceptrons import Lstm

    return Lstm(128, 256, 2).eval(), (torch.randn(1, 32, 128),)


def dlrm() -> Built:
    import torch

    from suite.zoo.perceptrons import Dlrm

    model = Dlrm(dense=13, tables=26, rows=2000, width=64).eval()
    return model, (torch.randn(64, 13), torch.randint(0, 2000, (64, 26)))


def _mlp(batch: int) -> Built:
    import torch

    from suite.zoo.perceptrons import perceptron

    return perceptron(1024, 2048, 2048, 1024).eval(), (torch.randn(batch, 1024),)


def mlp_1() -> Built:
    return _mlp(1)


def mlp_64() -> Built:
    return _mlp(64)


SMALL_MODELS = (
    ZooModel("lstm", "LSTM, 2 layers, hidden 256, 32 steps of 128, batch 1", lstm),
    ZooModel("dlrm", "DLRM-like, 26 tables of 2000x64, 13 dense features, batch 64", dlrm),
    ZooModel("mlp-1", "MLP 1024-2048-2048-1024, batch 1", mlp_1),
    ZooModel("mlp-64", "MLP 1024-2048-2048-1024, batch 64", mlp_64),
)
