"""ONNX Runtime on the exported ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from suite.engines import Built, Run
from suite.failures import BenchError
from suite.folders import Arrays, ModelFolder


def build(model: ModelFolder, out: Path) -> Built:
    """Nothing is made: the session is, when it is loaded."""
    if problem := model.problem("onnx"):
        raise BenchError(f"ONNX export: {problem}")
    return Built(None, None, model.onnx.stat().st_size)


def load(model: ModelFolder, out: Path, threads: int) -> Run:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session: Any = ort.InferenceSession(model.onnx, options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    feeds = dict(zip(names, model.inputs(), strict=True))
    return lambda: session.run(None, feeds)


def arrays(result: Any) -> Arrays:
    return list(result)
