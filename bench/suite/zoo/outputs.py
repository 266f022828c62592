"""Modules that return plain tensors, whatever the model within returns."""

from __future__ import annotations

from typing import Any

import torch


class Field(torch.nn.Module):
    """One field of what a model of ``transformers`` returns."""

    def __init__(self, model: torch.nn.Module, field: str, **options: Any) -> None:
        super().__init__()
        self.model = model
        self.field = field
        self.options = options

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        return getattr(self.model(value, **self.options), self.field)
