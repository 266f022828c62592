"""The engines of the bench, as data; their modules run in environments of their own."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from suite.folders import Arrays, ModelFolder

__all__ = ["ENGINES", "Built", "Engine", "EngineModule", "Run"]

Run = Callable[[], Any]
"""One inference with the standing inputs; what it returns is read by the module's ``arrays``."""


@dataclass(frozen=True)
class Built:
    """What building gave.

    Attributes:
      seconds: of the compiler alone, wall clock; ``None`` where the engine compiles when it loads.
      cpu_seconds: of all its threads.
      size: of what is shipped, in bytes, weights included.
      note: e.g. the variant that was chosen.
    """

    seconds: float | None
    cpu_seconds: float | None
    size: int
    note: str = ""


class EngineModule(Protocol):
    """What the module of an engine defines."""

    def build(self, model: ModelFolder, out: Path) -> Built:
        """Compile or convert the model into files in ``out``; runs in a process of its own."""
        ...

    def load(self, model: ModelFolder, out: Path, threads: int) -> Run:
        """Make what :func:`build` wrote ready to run on ``threads`` threads; the first call may still be slow."""
        ...

    def arrays(self, result: Any) -> Arrays:
        """The results of a run as arrays, in the order of the model."""
        ...


@dataclass(frozen=True)
class Engine:
    """One way to run a model.

    Attributes:
      name: on the command line and in tables.
      about: what it is, for the table.
      module: implements it, see :class:`EngineModule`.
      packages: what pip installs in its environment; none: the interpreter that runs the bench.
      variables: of the environment of its processes.
      rebuild: whether it is built again each time: its compiler is what is worked on.
    """

    name: str
    about: str
    module: str
    packages: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    rebuild: bool = False

    def load_module(self) -> EngineModule:
        return cast("EngineModule", importlib.import_module(self.module))


_ALL = (
    Engine("ours", "mypipeline.compile, target cpu", "suite.engines.ours", rebuild=True),
    Engine(
        "stock",
        "iree-compile -O3 of the wheel, larger stack limit, the faster of with and without data tiling",
        "suite.engines.stock",
    ),
    Engine(
        "stock-nhwc", "the same with IREE's own channels-last preprocessing pass", "suite.engines.stock_channels_last"
    ),
    Engine(
        "onnxruntime",
        "ONNX Runtime, CPU provider, all graph optimisations",
        "suite.engines.onnx_runtime",
        ("onnxruntime==1.31.1", "numpy"),
    ),
    Engine(
        "executorch",
        "ExecuTorch, XNNPACK partitioner",
        "suite.engines.executorch_xnnpack",
        ("executorch==1.5.1", "torch==2.13.0", "transformers==5.23.0"),
    ),
    Engine(
        "openvino", "OpenVINO, CPU, latency hint, f32", "suite.engines.openvino_cpu", ("openvino==2026.4.1", "numpy")
    ),
    Engine("torch", "torch, eager", "suite.engines.torch_eager"),
    Engine("torch-compile", "torch.compile, inductor, freezing", "suite.engines.torch_compile"),
)

ENGINES: dict[str, Engine] = {engine.name: engine for engine in _ALL}
"""Name -> engine, in the order of the tables."""
