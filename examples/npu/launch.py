"""Kernels as calls of the accelerator's driver, with their command streams as constants of the program."""

from __future__ import annotations

from iree.compiler import ir
from iree.compiler.dialects import arith, hal, util

import ireekit
from ireekit.errors import PassError

from .dialect import Kernel, npu
from .emit import emit
from .machine import MAX_INPUTS

_VIEW = "!hal.buffer_view"


class Launch(ireekit.Pass):
    """Replace each ``npu.kernel`` by a call of ``@npu.launchN``, a function of the host module ``npu``.

    It takes the command stream, the N inputs and what the result holds at first, and gives the result.
    """

    name = "npu-launch"
    dependent_dialects = (npu,)

    def run(self, op: ir.Operation) -> None:
        arities: set[int] = set()
        for number, kernel in enumerate(ireekit.find(op, Kernel.name)):
            view = Kernel.view(kernel)
            arities.add(len(view.inputs))
            with ir.InsertionPoint(kernel), kernel.location:
                result = _launch(view, f"kernel_{number}")
            kernel.results[0].replace_all_uses_with(result)
            kernel.erase()
        with op.context, op.location:
            start = ir.InsertionPoint.at_block_begin(op.regions[0].blocks[0])
            for inputs in sorted(arities):
                views = ", ".join([_VIEW] * (inputs + 2))
                start.insert(ir.Operation.parse(f"util.func private @{_driver(inputs)}({views}) -> {_VIEW}"))


def _launch(kernel: Kernel, name: str) -> ir.Value:
    inputs = list(kernel.inputs)
    if len(inputs) > MAX_INPUTS:
        raise PassError(f"the driver takes {MAX_INPUTS} inputs, not {len(inputs)}", op=Kernel.name)
    stream = memoryview(emit(kernel, name).encode()).cast("b")
    text = ir.DenseElementsAttr.get(stream, type=ir.IntegerType.get_signless(8))
    view = ir.Type.parse(_VIEW)
    buffers = [arith.constant(text.type, text), *inputs, kernel.init]
    exported = [hal.tensor_export(view, buffer, buffer.type, []) for buffer in buffers]
    called = util.CallOp([view], _driver(len(inputs)), exported)
    kind = kernel.output.type
    return hal.tensor_import(kind, called.results[0], kind, [])


def _driver(inputs: int) -> str:
    return f"npu.launch{inputs}"
