"""``torch.compile`` with inductor."""

from __future__ import annotations

from pathlib import Path

from suite.engines import Run
from suite.engines.torch_eager import arrays, build, inference, restored
from suite.folders import ModelFolder

__all__ = ["arrays", "build", "load"]


def load(model: ModelFolder, out: Path, threads: int) -> Run:
    import torch
    import torch._inductor.config as inductor

    torch.set_num_threads(threads)
    inductor.freezing = True
    run = inference(torch.compile(restored(model), dynamic=False), model)
    run()
    return run
