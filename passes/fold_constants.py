"""Constant folding with numpy.

The compiler evaluates constant expressions by compiling programs for them and running these, one after the other: the
square roots and divisions of fifty batch normalisations take it ten seconds. numpy takes milliseconds.
"""

from __future__ import annotations

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic, option
from ireekit.passes.folding import fold_constants


class FoldConstants(ireekit.Pass):
    """Compute what has only constant operands: arithmetic, elementwise generics, reshapes, slices, transpositions."""

    name = "mypipeline-fold-constants"
    anchor = "util.func"
    # A generic may compute a constant from its loop indices alone.
    acts_on = ("arith.constant", "flow.tensor.constant", "linalg.index")
    folded = Statistic("operations folded")

    max_bytes: int = option(1 << 20, "the largest constant to make, in bytes; splats may be larger", minimum=0)

    def run(self, op: ir.Operation) -> None:
        # A constant in place of a fill would be read from memory.
        result = fold_constants(op, max_bytes=self.max_bytes, keep=("linalg.fill", "tensor.splat"))
        self.folded.increment(result.folded)
