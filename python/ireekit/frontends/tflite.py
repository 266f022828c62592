"""TensorFlow Lite as a frontend: ``.tflite`` files, through ``tf2onnx`` and the ONNX frontend.

Settings of :class:`~ireekit.frontends.ImportOptions`, besides those of the ONNX frontend:

- ``python`` (path): the interpreter that has ``tf2onnx``; default: this one.
- ``timeout`` (seconds, default 600).
"""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.errors import MissingDependencyError, ModelImportError
from ireekit.frontends import onnx
from ireekit.frontends.imported import EntryPointRequest, ImportedModule
from ireekit.frontends.tools import run_tool

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.frontends.registry import ImportOptions

_IDENTIFIER = b"TFL3"
_OPSET = 18
"""The newest opset tf2onnx 1.17 writes; the ONNX frontend upgrades it further."""


def import_(requests: Mapping[str, EntryPointRequest], context: ir.Context, options: ImportOptions) -> ImportedModule:
    """Import TFLite models, one entry point each.

    Args:
      requests: entry point name to the path of a ``.tflite`` file.
      context: the context the module is made in.
      options: see the module's documentation for the settings.

    Raises:
      MissingDependencyError: ``tf2onnx`` is not installed.
      ModelImportError: a file is no TFLite model, or cannot be converted.
      UnsupportedOpsError: as the ONNX frontend raises it.
    """
    python = options.settings.get("python")
    if python is None and importlib.util.find_spec("tf2onnx") is None:
        raise MissingDependencyError("tf2onnx", "tflite")
    with tempfile.TemporaryDirectory(prefix="ireekit-tflite-") as folder:
        converted = {
            name: dataclasses.replace(
                request,
                function=_convert(request.function, Path(folder) / f"{i}.onnx", python, options.settings),
            )
            for i, (name, request) in enumerate(requests.items())
        }
        imported = onnx.import_(converted, context, options)
    return dataclasses.replace(imported, framework="tflite")


def _convert(model: Any, output: Path, python: Any, settings: Mapping[str, Any]) -> bytes:
    path = Path(model).resolve()
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise ModelImportError(f"cannot read {path}: {error.strerror}") from None
    if head[4:8] != _IDENTIFIER:
        raise ModelImportError("this is no TFLite model", location=str(path), remedy="check the file")
    command = [str(python or sys.executable), "-m", "tf2onnx.convert", "--tflite", str(path)]
    run_tool(
        [*command, "--opset", str(_OPSET), "--output", str(output)],
        what="tf2onnx cannot convert the model",
        location=str(path),
        remedy="convert it by hand: python -m tf2onnx.convert --tflite MODEL --output MODEL.onnx",
        timeout=float(settings.get("timeout", 600)),
        folder=output.parent,
    )
    return output.read_bytes()
