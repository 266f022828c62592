"""torch, eager."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from suite.engines import Built, Run
from suite.folders import Arrays, ModelFolder
from suite.reference import built, flat


def build(model: ModelFolder, out: Path) -> Built:
    """Nothing is made."""
    return Built(None, None, model.weights.stat().st_size)


def load(model: ModelFolder, out: Path, threads: int) -> Run:
    import torch

    torch.set_num_threads(threads)
    return inference(restored(model), model)


def restored(model: ModelFolder) -> Any:
    """The module with the weights of the folder."""
    import torch

    module, _ = built(model.name)
    module.load_state_dict(torch.load(model.weights, weights_only=True))
    return module


def inference(module: Any, model: ModelFolder) -> Run:
    """A call of ``module`` without gradients."""
    import torch

    inputs = tuple(map(torch.from_numpy, model.inputs()))

    def run() -> Any:
        with torch.inference_mode():
            return module(*inputs)

    return run


def arrays(result: Any) -> Arrays:
    return [each.numpy() for each in flat(result)]
