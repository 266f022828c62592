"""Which passes the compiler runs for a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ireekit.bindings.actions import PassExecution
from ireekit.compiler.hooks import PassHooks
from ireekit.compiler.host import TargetLike, import_for
from ireekit.compiler.options import CompileOptions
from ireekit.compiler.phases import PhaseRunner
from ireekit.compiler.progress import Dump, ProgressLine
from ireekit.pipeline import PipelineDefinition

SAMPLE = """
func.func @main(%lhs: tensor<64x128xf32>, %rhs: tensor<128x32xf32>) -> tensor<64x32xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<64x32xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
  %product = linalg.matmul ins(%lhs, %rhs : tensor<64x128xf32>, tensor<128x32xf32>)
                           outs(%init : tensor<64x32xf32>) -> tensor<64x32xf32>
  return %product : tensor<64x32xf32>
}
"""
"""A program of one operation, for whoever asks what the compiler does in general."""


def record_passes(
    model: Any = SAMPLE,
    inputs: Sequence[Any] = (),
    *,
    target: TargetLike = "cpu",
    options: CompileOptions | None = None,
) -> tuple[PassExecution, ...]:
    """Compile ``model`` as the compiler does without a pipeline, on one thread; gives every pass it ran, in order.

    Raises:
      CapabilityError: the installed compiler, or this installation of ireekit, cannot watch passes.
      As :meth:`ireekit.Pipeline.compile`.
    """
    options = options or CompileOptions()
    session = import_for(PipelineDefinition("none"), model, inputs, target=target, options=options)
    hooks = PassHooks(session.compiler, (), watch_all=True)
    # One operation after the other, so that the order means something.
    session.compiler.context.enable_multithreading(False)
    with session.compiler.invocation() as invocation:
        invocation.import_module(session.imported.module.operation)
        progress = ProgressLine("", False)
        PhaseRunner(invocation, (), None, session.timings, progress, Dump(None), hooks=hooks).run()
    return hooks.executions()
