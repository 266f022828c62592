"""Addresses in local memory."""

from __future__ import annotations

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic

from .dialect import Buffer, Kernel, Loop, Space, allocations, npu


class Allocate(ireekit.Pass):
    """Choose an address for each tile: tiles of a block follow those of the blocks around it.

    Loops that follow one another use the same memory.
    """

    name = "npu-allocate"
    anchor = Kernel.name
    dependent_dialects = (npu,)

    allocated = Statistic("tiles that got an address")

    def run(self, op: ir.Operation) -> None:
        for space in (Space.sram, Space.acc):
            self._block(op.regions[0].blocks[0], space, 0)

    def _block(self, block: ir.Block, space: Space, start: int) -> None:
        for each in allocations(block, space):
            each.address = start
            start += Buffer.view(each.buffer.type).size
            self.allocated.increment()
        for op in block:
            if op.operation.name == Loop.name:
                self._block(op.operation.regions[0].blocks[0], space, start)
