"""Normalisations that are taken apart on import."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
import torch_helpers as helpers
from torch import nn


class Norms(nn.Module):
    """Instance normalisations of one image: bare, with scale and shift, and by running statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [nn.InstanceNorm2d(6), nn.InstanceNorm2d(6, affine=True), nn.InstanceNorm2d(6, track_running_stats=True)]
        )
        nn.init.uniform_(self.layers[1].weight, 0.5, 1.5)
        nn.init.uniform_(self.layers[1].bias, -0.5, 0.5)
        self.layers[2].running_mean.uniform_(-0.5, 0.5)
        self.layers[2].running_var.uniform_(0.5, 1.5)
        self.last = nn.InstanceNorm1d(6, eps=1e-2)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (*(layer(x) for layer in self.layers), self.last(x.flatten(2)))


def test_instance_norm(check_close: Any) -> None:
    torch.manual_seed(0)
    model, x = Norms().eval(), 3.0 * torch.randn(2, 6, 5, 7) + 1.0
    got = helpers.compile_(model, x)(x)
    for ours, torchs in zip(got, model(x), strict=True):
        check_close(ours, torchs.detach())


@pytest.mark.parametrize("make", [lambda: nn.BatchNorm2d(4), lambda: nn.InstanceNorm2d(4, track_running_stats=True)])
def test_a_module_in_training_mode_is_compiled_in_evaluation_mode(make: Any, check_close: Any) -> None:
    torch.manual_seed(0)
    model, x = make(), torch.randn(2, 4, 3, 5)
    model.running_mean.uniform_(-0.5, 0.5)
    model.train()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = helpers.compile_(model, x)(x)
    assert model.training
    check_close(got, model.eval()(x).detach())
