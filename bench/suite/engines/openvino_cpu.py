"""OpenVINO on the exported ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from suite.engines import Built, Run
from suite.failures import BenchError
from suite.folders import Arrays, ModelFolder


def build(model: ModelFolder, out: Path) -> Built:
    """Nothing is made: the model is compiled when it is loaded."""
    if problem := model.problem("onnx"):
        raise BenchError(f"ONNX export: {problem}")
    return Built(None, None, model.onnx.stat().st_size)


def load(model: ModelFolder, out: Path, threads: int) -> Run:
    import openvino

    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request: Any = openvino.Core().compile_model(model.onnx, "CPU", settings).create_infer_request()
    inputs = model.inputs()

    def run() -> Any:
        return request.infer(inputs, share_inputs=True)

    return run


def arrays(result: Any) -> Arrays:
    return [result[index] for index in range(len(result))]
