"""ExecuTorch with the XNNPACK delegate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from suite.engines import Built, Run
from suite.engines.timing import Timed
from suite.engines.torch_eager import restored
from suite.folders import Arrays, ModelFolder


def build(model: ModelFolder, out: Path) -> Built:
    import torch
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower

    module = restored(model)
    inputs = tuple(map(torch.from_numpy, model.inputs()))
    exported = torch.export.export(module, inputs)
    with Timed() as timed:
        lowered = to_edge_transform_and_lower(exported, partitioner=[XnnpackPartitioner()])
        program = lowered.to_executorch()
    file = out / "model.pte"
    file.write_bytes(program.buffer)
    return Built(timed.seconds, timed.cpu_seconds, file.stat().st_size)


def load(model: ModelFolder, out: Path, threads: int) -> Run:
    import torch
    from executorch.extension.pybindings import portable_lib

    reset: Any = getattr(portable_lib, "_unsafe_reset_threadpool")  # noqa: B009
    reset(threads)
    torch.set_num_threads(threads)
    module: Any = getattr(portable_lib, "_load_for_executorch")(str(out / "model.pte"))  # noqa: B009
    inputs = tuple(map(torch.from_numpy, model.inputs()))
    return lambda: module.forward(inputs, clone_outputs=False)


def arrays(result: Any) -> Arrays:
    return [each.numpy() for each in result]
