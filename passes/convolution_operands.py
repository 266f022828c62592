"""What convolutions with channels last are given, for kernels written by hand that take their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iree.compiler import ir

from ireekit.passes.builders import constant, tensor_type
from ireekit.passes.uses import defining_op

from .slices import integers

if TYPE_CHECKING:
    from .vector_epilogues import Epilogue
    from .winograd.kernels import Padding


def numbers(op: ir.Operation, name: str) -> list[int]:
    """Of an attribute, such as strides; none where it is absent."""
    return integers(op, name) if name in op.attributes else []


def unpadded(image: ir.Value) -> tuple[ir.Value, Padding]:
    """What is padded with zeros along height and width to ``image``, and by how much."""
    from ireekit.passes.constants import constant_value

    from .winograd.kernels import Padding

    pad = defining_op(image)
    none = Padding(0, 0)
    if pad is None or pad.name != "tensor.pad" or len(pad.operands) != 1:
        return image, none
    low, high = numbers(pad, "static_low"), numbers(pad, "static_high")
    yielded = list(pad.regions[0].blocks[0].operations)[-1].operation.operands[0]
    value = None if defining_op(yielded) is None else constant_value(yielded)
    if value is None or value.array.any() or min(low + high) < 0 or low[0] or low[3] or high[0] or high[3]:
        return image, none
    return pad.operands[0], Padding(low[1], low[2])


def initial_operands(initial: ir.Value) -> list[ir.Value]:
    """What a convolution is added to, as an operand of the kernel behind it: nothing, a vector or images."""
    import numpy as np

    from ireekit.passes.constants import constant_value

    from .constant_views import view_of

    made = defining_op(initial)
    if made is not None and made.name == "linalg.fill":
        filled = constant_value(made.operands[0])
        return [] if filled is not None and not filled.array.any() else [initial]
    known = view_of(initial)
    if known is None:
        return [initial]
    if not known.any():
        return []
    channels = known[0, 0, 0]
    if (known != channels).any():
        return [initial]
    return [constant(np.ascontiguousarray(channels), tensor_type(channels.shape, ir.F32Type.get()))]


def shapes_of(values: list[ir.Value]) -> list[tuple[int, ...]]:
    """Of tensors."""
    return [tuple(ir.RankedTensorType(each.type).shape) for each in values]


def with_initial(epilogue: Epilogue, count: int) -> Any:
    """The epilogue of a kernel whose last ``count`` operands are what the convolution is added to."""

    def emit(kernel: Any, value: str, buffers: Any, element: Any) -> str:
        for buffer in buffers[len(epilogue.operands) :]:
            value = kernel.add(value, kernel.load(buffer, *element[len(element) - len(buffer.shape) :]))
        return epilogue.emit(kernel, value, buffers[: len(epilogue.operands)], element)

    assert count <= 1
    return emit
