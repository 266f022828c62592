from __future__ import annotations

from typing import Any

import torch
import torch.utils._pytree as pytree

import mypipeline


def import_(model: Any, *inputs: Any, **settings: Any) -> Any:
    return mypipeline.import_model(model, *inputs, **settings)


def compile_(model: Any, *inputs: Any, **settings: Any) -> Any:
    return mypipeline.compile(model, *inputs, target="cpu", cache=False, **settings)


def tensors(value: Any) -> list[torch.Tensor]:
    """Tensors in a model's or a program's result, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    return [leaf for leaf in pytree.tree_leaves(value) if isinstance(leaf, torch.Tensor)]
