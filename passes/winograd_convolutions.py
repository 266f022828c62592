"""3x3 convolutions by Winograd's minimal filtering.

Kernels of convolutions run near the machine's peak; what makes them faster is less arithmetic. A tile of 4x4 results
takes 36 multiplications for each pair of channels instead of 144. Filters are transformed at compile time, in float64;
images in a kernel of vector code before the products, results in another one behind them, together with what is
elementwise there (bias, residual, activation).

Rounding errors are larger than those of sums: about five times for tiles of 4x4 (1e-6 of the largest result, in f32),
no more for those of 2x2. Weights grow, by 4 and by 16/9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic, option
from ireekit.passes.builders import before, constant, empty, fill, generic, tensor_type
from ireekit.passes.uses import defining_op

if TYPE_CHECKING:
    from ireekit.codegen.custom_kernels import CustomKernels
    from ireekit.targets.machines import Machine

    from .vector_epilogues import Epilogue
    from .winograd.algorithm import Array
    from .winograd.choice import Convolution
    from .winograd.kernels import Padding, Tiles

_CONVOLUTION = "linalg.conv_2d_nhwc_hwcf"


class WinogradConvolutions(ireekit.Pass):
    """Compute 3x3 convolutions of stride 1 by Winograd's algorithm where the model of costs says that it gains.

    Those of static shape in f32 with constant filters, whose channels fill vectors. ``outputs`` bounds the error,
    ``max_growth`` what all weights together may grow by: those that gain most for it come first.
    """

    name = "mypipeline-winograd-convolutions"
    anchor = "builtin.module"
    acts_on = (_CONVOLUTION,)
    rewritten = Statistic("convolutions by Winograd's algorithm")
    growth = Statistic("bytes that weights grew by")
    outputs: int = option(
        4, "results of a tile in each direction at most: 4, 2, or 0 for none", minimum=0, maximum=4, trials=(4, 2, 0)
    )
    max_growth: int = option(512, "MiB that the weights of a program may grow by", minimum=0)

    def run(self, op: ir.Operation) -> None:
        convolutions = ireekit.find(op, _CONVOLUTION)
        if not convolutions:
            return
        from ireekit.codegen import program_machine

        machine = program_machine(op)
        if machine is None:
            return
        plans = [plan for each in convolutions if (plan := _plan(each, machine, self.outputs)) is not None]
        chosen = _within(plans, self.max_growth << 20)
        if not chosen:
            return
        from ireekit.codegen.custom_kernels import CustomKernels

        kernels, tiled = CustomKernels(op), dict[Any, ir.Value]()
        for plan in chosen:
            _rewrite(plan, kernels, tiled)
            self.rewritten.increment()
            self.growth.increment(plan.growth)


@dataclass(frozen=True)
class _Plan:
    """A convolution that is to be rewritten.

    Attributes:
      op: it.
      filters: ``[3, 3, C, F]``, a view.
      shape: of it.
      outputs: of a tile.
      machine: it is for.
    """

    op: ir.Operation
    filters: Array
    shape: Convolution
    outputs: int
    machine: Machine

    @property
    def lanes(self) -> int:
        """Of a vector."""
        return self.machine.lanes(4)

    @property
    def growth(self) -> int:
        """Of the weights, in bytes."""
        return self.shape.weights(self.outputs) - self.shape.weights(None)

    @property
    def gain(self) -> float:
        """For each byte of it."""
        from .winograd.choice import cost

        return (cost(self.shape, None) - cost(self.shape, self.outputs)) / self.growth

    @property
    def tiles(self) -> Tiles:
        """Of the results."""
        return self.shape.tiles(self.outputs)


def _within(plans: list[_Plan], budget: int) -> list[_Plan]:
    """Those that gain most for their bytes, as many as the budget has room for, in their first order."""
    chosen: set[int] = set()
    for index in sorted(range(len(plans)), key=lambda index: -plans[index].gain):
        if plans[index].growth <= budget:
            budget -= plans[index].growth
            chosen.add(index)
    return [plan for index, plan in enumerate(plans) if index in chosen]


def _plan(op: ir.Operation, machine: Machine, largest: int) -> _Plan | None:
    from .winograd.choice import Convolution, best_tile

    types = [ir.RankedTensorType(value.type) for value in op.operands]
    if not all(each.has_static_shape and str(each.element_type) == "f32" for each in types):
        return None
    vertical, horizontal = _numbers(op, "dilations") or [1, 1]
    if _numbers(op, "strides") not in ([], [1, 1]) or vertical != horizontal:
        return None
    rows, columns, channels, filters = types[1].shape
    batch, height, width, _ = types[2].shape
    lanes = machine.lanes(4)
    if (rows, columns) != (3, 3) or channels % lanes or filters % lanes:
        return None
    shape = Convolution(batch, height, width, channels, filters, vertical)
    outputs = best_tile(shape, largest)
    if outputs is None:
        return None
    from .constant_views import view_of

    weights = view_of(op.operands[1])
    if weights is None:
        return None
    return _Plan(op, weights, shape, outputs, machine)


def _numbers(op: ir.Operation, name: str) -> list[int]:
    found: Any = op.attributes.get(name, ())
    return [int(each) for each in found]


def _unpadded(image: ir.Value) -> tuple[ir.Value, Padding]:
    """What is padded with zeros along height and width to ``image``, and by how much."""
    from ireekit.passes.constants import constant_value

    from .winograd.kernels import Padding

    pad = defining_op(image)
    none = Padding(0, 0)
    if pad is None or pad.name != "tensor.pad" or len(pad.operands) != 1:
        return image, none
    low, high = _numbers(pad, "static_low"), _numbers(pad, "static_high")
    yielded = list(pad.regions[0].blocks[0].operations)[-1].operation.operands[0]
    value = None if defining_op(yielded) is None else constant_value(yielded)
    if value is None or value.array.any() or min(low + high) < 0 or low[0] or low[3] or high[0] or high[3]:
        return image, none
    return pad.operands[0], Padding(low[1], low[2])


def _rewrite(plan: _Plan, kernels: CustomKernels, tiled: dict[Any, ir.Value]) -> None:
    from .vector_epilogues import epilogue_of
    from .winograd.choice import is_large
    from .winograd.fused import fused_kernel, strips_of
    from .winograd.kernels import output_kernel

    op, tiles, shape = plan.op, plan.tiles, plan.shape
    epilogue = epilogue_of(op.results[0])
    with before(op):
        bias = _bias(op.operands[2])
        others, emit = epilogue.shapes() + _shapes(bias), _with_bias(epilogue, bias)
        if is_large(shape, plan.outputs, plan.machine):
            image, padding = _unpadded(op.operands[0])
            _, height, width, channels = ir.RankedTensorType(image.type).shape
            strips = strips_of(tiles, channels, plan.machine)
            size = (height, width, channels)
            kernel = fused_kernel(strips, size, shape.filters, padding, plan.lanes, others, emit)
            read = [image, _weights(plan)]
        else:
            kernel = output_kernel(tiles, shape.filters, plan.lanes, others, emit)
            read = [_products(plan, _tiles(plan, kernels, tiled))]
    with before(epilogue.generics[-1] if epilogue.generics else op, op.location):
        made, *_ = kernels.dispatch(kernel, [*read, *epilogue.operands, *bias])
    epilogue.result.replace_all_uses_with(made)
    for each in [*reversed(epilogue.generics), op]:
        each.erase()


def _tiles(plan: _Plan, kernels: CustomKernels, tiled: dict[Any, ir.Value]) -> ir.Value:
    """The image in transformed tiles, ``[elements, tiles, C]``; made once for convolutions that share it."""
    from .winograd.kernels import input_kernel

    image, padding = _unpadded(plan.op.operands[0])
    key = (image, plan.tiles, padding)
    if key not in tiled:
        _, height, width, channels = ir.RankedTensorType(image.type).shape
        kernel = input_kernel(plan.tiles, (height, width, channels), padding, plan.lanes)
        (tiled[key],) = kernels.dispatch(kernel, [image])
    return tiled[key]


def _weights(plan: _Plan) -> ir.Value:
    """The filters transformed, ``[elements, F / block, C, block]``."""
    from .winograd.algorithm import winograd

    block = plan.lanes * (1 if plan.shape.filters % (2 * plan.lanes) else 2)
    weights = winograd(plan.outputs).weights(plan.filters)
    blocked = weights.reshape(plan.tiles.elements, plan.shape.channels, -1, block).transpose(0, 2, 1, 3)
    return constant(_contiguous(blocked), tensor_type(blocked.shape, ir.F32Type.get()))


def _products(plan: _Plan, tiles: ir.Value) -> ir.Value:
    """``[elements, tiles, F]``: a product of matrices for each element, the weights in blocks of columns."""
    from iree.compiler.dialects import arith

    from .reshapes import collapse

    f32 = ir.F32Type.get()
    packed = _weights(plan)
    _, blocks, _, block = ir.RankedTensorType(packed.type).shape
    out = fill(constant(0.0, f32), empty([plan.tiles.elements, plan.tiles.count, blocks, block], f32))
    p, t, f, x, k = (ir.AffineDimExpr.get(loop) for loop in range(5))
    maps = [ir.AffineMap.get(5, 0, each) for each in ([p, t, k], [p, f, k, x], [p, t, f, x])]

    def body(a: Any, b: Any, total: Any) -> Any:
        return arith.addf(total, arith.mulf(a, b))

    (made,) = generic([tiles, packed], [out], maps, ["parallel"] * 4 + ["reduction"], body)
    return collapse(made, [[0], [1], [2, 3]])


def _contiguous(array: Array) -> Array:
    import numpy as np

    return np.ascontiguousarray(array)


def _bias(initial: ir.Value) -> list[ir.Value]:
    """What a convolution is added to, as an operand of the kernel behind it: nothing, a vector or images."""
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
    return [constant(_contiguous(channels), tensor_type(channels.shape, ir.F32Type.get()))]


def _shapes(values: list[ir.Value]) -> list[tuple[int, ...]]:
    return [tuple(ir.RankedTensorType(each.type).shape) for each in values]


def _with_bias(epilogue: Epilogue, bias: list[ir.Value]) -> Any:
    def emit(kernel: Any, value: str, buffers: Any, element: Any) -> str:
        for buffer in buffers[len(epilogue.operands) :]:
            value = kernel.add(value, kernel.load(buffer, *element[len(element) - len(buffer.shape) :]))
        return epilogue.emit(kernel, value, buffers[: len(epilogue.operands)], element)

    assert len(bias) <= 1
    return emit
