"""Building named operations of ``linalg`` on tensors.

The bindings' own module for them takes 0.1 s to import, which each compilation that makes one would pay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iree.compiler import ir


def named(name: str, inputs: Sequence[ir.Value], into: ir.Value, attributes: Mapping[str, Any] | None = None) -> Any:
    """``linalg.NAME`` with the body that belongs to it; gives its result.

    Args:
      into: the initial value of the result.
      attributes: beyond the number of operands; those without a default are needed.
    """
    from iree.compiler import ir
    from iree.compiler._mlir_libs import (
        _mlirDialectsLinalg as native,  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
    )

    made = ir.Operation.create(
        f"linalg.{name}",
        results=[into.type],
        operands=[*inputs, into],
        attributes={"operandSegmentSizes": ir.DenseI32ArrayAttr.get([len(inputs), 1]), **(attributes or {})},
        regions=1,
    )
    fill: Any = native.fill_builtin_region  # pyright: ignore[reportUnknownMemberType]
    fill(made)
    return made.results[0]


def transpose(value: ir.Value, into: ir.Value, order: Sequence[int]) -> ir.Value:
    """``value`` with axis ``order[i]`` as axis ``i``."""
    return _moved("transpose", value, into, "permutation", order)


def broadcast(value: ir.Value, into: ir.Value, dimensions: Sequence[int]) -> ir.Value:
    """``value`` repeated along the axes ``dimensions`` of ``into``, which it lacks."""
    return _moved("broadcast", value, into, "dimensions", dimensions)


def convolution(
    name: str, image: ir.Value, filters: ir.Value, into: ir.Value, strides: Sequence[int], dilations: Sequence[int]
) -> ir.Value:
    """``into`` and the convolution ``linalg.NAME``."""
    from iree.compiler import ir

    def of_axes(values: Sequence[int]) -> Any:
        return ir.Attribute.parse(f"dense<{list(values)}> : tensor<{len(values)}xi64>")

    return named(name, [image, filters], into, {"strides": of_axes(strides), "dilations": of_axes(dilations)})


def _moved(name: str, value: ir.Value, into: ir.Value, attribute: str, axes: Sequence[int]) -> ir.Value:
    from iree.compiler import ir

    made = ir.Operation.create(
        f"linalg.{name}",
        results=[into.type],
        operands=[value, into],
        attributes={attribute: ir.DenseI64ArrayAttr.get(list(axes))},
        regions=1,
    )
    types: list[Any] = [value.type, into.type]
    block = made.regions[0].blocks.append(*(each.element_type for each in types), arg_locs=[made.location] * len(types))
    with ir.InsertionPoint(block), made.location:
        ir.Operation.create("linalg.yield", operands=[block.arguments[0]])
    return made.results[0]


def matmul(left: ir.Value, right: ir.Value, into: ir.Value) -> ir.Value:
    """``into`` and the product of two matrices."""
    from iree.compiler import ir

    m, n, k = (ir.AffineDimExpr.get(loop) for loop in range(3))
    maps = [ir.AffineMapAttr.get(ir.AffineMap.get(3, 0, each)) for each in ([m, k], [k, n], [m, n])]
    return named("matmul", [left, right], into, {"indexing_maps": ir.ArrayAttr.get(maps)})
