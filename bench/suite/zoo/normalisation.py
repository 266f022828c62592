"""Batch normalisations of models with random weights."""

from __future__ import annotations

import torch


def calibrate(model: torch.nn.Module, batch: torch.Tensor) -> torch.nn.Module:
    """Give batch normalisations the statistics of ``batch`` and random scales, as after training.

    Freshly made ones are identities: activations of a deep network then vanish or explode, and folding them into
    weights would not be tested.
    """
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # running statistics become plain averages
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        torch.nn.init.uniform_(norm.bias, -0.2, 0.2)
    model.train()
    with torch.no_grad():
        model(batch)
    return model.eval()
