"""Constant folding as a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ireekit.errors import PipelineError
from ireekit.passes.base import ANY, Pass
from ireekit.passes.folding.fold import MAX_BYTES, fold_constants
from ireekit.passes.statistics import Statistic

if TYPE_CHECKING:
    from iree.compiler import ir


class FoldConstants(Pass):
    """Computes, with numpy, what has only constant operands: arith, math, elementwise linalg, reshapes and slices."""

    name = "ireekit-fold-constants"
    anchor = ANY
    folded = Statistic("operations folded")
    too_large = Statistic("operations left alone for the size of their results")

    max_bytes: int = MAX_BYTES
    """The largest constant to make, in bytes; splats may be larger."""

    def validate(self) -> None:
        if self.max_bytes < 0:
            raise PipelineError(f"max-bytes={self.max_bytes} is negative", phase=f"pass {self.name}")

    def run(self, op: ir.Operation) -> None:
        result = fold_constants(op, max_bytes=self.max_bytes)
        self.folded.increment(result.folded)
        self.too_large.increment(result.too_large)
