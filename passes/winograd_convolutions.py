"""3x3 convolutions by Winograd's minimal filtering.

Kernels of convolutions run near the machine's peak; what makes them faster is less arithmetic. A tile of 4x4 results
takes 36 multiplications for each pair of channels instead of 144. Filters are transformed at compile time, in float64;
images in a kernel of vector code before the products, results in another one behind them, together with what is
elementwise there (bias, residual, activation).

Rounding errors are larger than those of sums: about five times for tiles of 4x4 (1e-6 of the largest result, in f32),
no more for those of 2x2. Weights grow, by 4 and by 16/9.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from iree.compiler import ir

import ireekit
from ireekit.errors import PipelineError
from ireekit.locations import first_name
from ireekit.passes import Statistic, option
from ireekit.passes.builders import before, constant, empty, fill, generic, tensor_type

from .convolution_operands import initial_operands, numbers, shapes_of, unpadded, with_initial

if TYPE_CHECKING:
    from ireekit.codegen.custom_kernels import CustomKernels
    from ireekit.targets.machines import Machine

    from .winograd.algorithm import Array
    from .winograd.choice import Convolution
    from .winograd.kernels import Tiles

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
        4,
        "results of a tile in each direction at most: 4, 2, or 0 for none",
        minimum=0,
        maximum=4,
        trials=(4, 2, 0),
        by_layer="outputs_of",
    )
    outputs_of: tuple[str, ...] = option((), "other tiles of single layers, LAYER=RESULTS")
    memory_flops: float = option(
        0.0,
        "operations in the time that a byte takes from memory; 0: as the table of machines says",
        minimum=0,
        measured="memory_flops",
    )
    cache_flops: float = option(
        0.0,
        "operations in the time that a byte takes through the caches; 0: as the table of machines says",
        minimum=0,
        measured="cache_flops",
    )
    max_growth: int = option(512, "MiB that the weights of a program may grow by", minimum=0)

    def validate(self) -> None:
        for text in self.outputs_of:
            if text.rpartition("=")[2] not in ("0", "2", "4"):
                raise PipelineError(f"{text!r} says no tile of a layer", remedy="LAYER=4, LAYER=2 or LAYER=0")

    def run(self, op: ir.Operation) -> None:
        convolutions = ireekit.find(op, _CONVOLUTION)
        if not convolutions:
            return
        from ireekit.codegen import program_machine

        machine = program_machine(op)
        if machine is None:
            return
        memory, cache = self.memory_flops or machine.memory_flops, self.cache_flops or machine.cache_flops
        machine = replace(machine, memory_flops=memory, cache_flops=cache)
        of_layers = _by_layer(self.outputs_of)
        plans = [plan for each in convolutions if (plan := _plan(each, machine, self.outputs, of_layers)) is not None]
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

        direct, tiled = (cost(self.shape, each, self.machine) for each in (None, self.outputs))
        return (direct - tiled) / self.growth

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


def _by_layer(texts: tuple[str, ...]) -> dict[str | None, int]:
    pairs = (text.rpartition("=") for text in texts)
    return {layer: int(outputs) for layer, _, outputs in pairs}


def _plan(op: ir.Operation, machine: Machine, largest: int, of_layers: dict[str | None, int]) -> _Plan | None:
    from .winograd.choice import Convolution, best_tile

    types = [ir.RankedTensorType(value.type) for value in op.operands]
    if not all(each.has_static_shape and str(each.element_type) == "f32" for each in types):
        return None
    vertical, horizontal = numbers(op, "dilations") or [1, 1]
    if numbers(op, "strides") not in ([], [1, 1]) or vertical != horizontal:
        return None
    rows, columns, channels, filters = types[1].shape
    batch, height, width, _ = types[2].shape
    lanes = machine.lanes(4)
    if (rows, columns) != (3, 3) or channels % lanes or filters % lanes:
        return None
    shape = Convolution(batch, height, width, channels, filters, vertical)
    given = of_layers.get(first_name(op.location)) if of_layers else None
    outputs = best_tile(shape, largest, machine) if given is None else given
    if not outputs:
        return None
    from .constant_views import view_of

    weights = view_of(op.operands[1])
    if weights is None:
        return None
    return _Plan(op, weights, shape, outputs, machine)


def _rewrite(plan: _Plan, kernels: CustomKernels, tiled: dict[Any, ir.Value]) -> None:
    from .vector_epilogues import epilogue_of
    from .winograd.choice import is_large
    from .winograd.fused import fused_kernel, strips_of
    from .winograd.kernels import output_kernel

    op, tiles, shape = plan.op, plan.tiles, plan.shape
    epilogue = epilogue_of(op.results[0])
    with before(op):
        bias = initial_operands(op.operands[2])
        others, emit = epilogue.shapes() + shapes_of(bias), with_initial(epilogue, len(bias))
        if is_large(shape, plan.outputs, plan.machine):
            image, padding = unpadded(op.operands[0])
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

    image, padding = unpadded(plan.op.operands[0])
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
