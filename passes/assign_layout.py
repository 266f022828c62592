"""Images with channels last, throughout a function.

Kernels of convolutions vectorise over channels, so these have to be innermost: a depthwise convolution is twenty times
faster then, a network three to four times. Transpositions around each convolution would cost more than they gain, so
everything between convolutions changes its layout too; what remains are transpositions where images enter and leave.
"""

from __future__ import annotations

from iree.compiler import ir

from ireekit import Pass, walk
from ireekit.passes import Statistic

from .layout.operations import SEEDS, SOURCES, assign
from .layout.values import Images


class AssignLayout(Pass):
    """Convolutions, poolings and all between them with channels last, transposed at the edges only."""

    name = "mypipeline-assign-layout"
    anchor = "util.func"
    acts_on = tuple(SEEDS)
    rewritten = Statistic("operations rewritten to channels last")
    edges = Statistic("transpositions at edges")

    def run(self, op: ir.Operation) -> None:
        operations = list(walk(op))
        if not any(each.name in SEEDS for each in operations):
            return
        images = Images(SOURCES)
        self.rewritten.increment(sum(assign(images, each) for each in operations))
        images.finish()
        self.edges.increment(images.edges)
