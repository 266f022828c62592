"""``linalg.generic`` where it computes element by element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ireekit.passes.constants import Array, Constant, shape_of
from ireekit.passes.folding.elementwise import ELEMENTWISE_OPS, evaluate_elementwise

if TYPE_CHECKING:
    from iree.compiler import ir


def evaluate_generic(
    op: ir.Operation, inputs: Sequence[Array | None], known: Callable[[ir.Value], Constant | None]
) -> list[Array] | None:
    """The results of a ``linalg.generic`` whose loops are all parallel and whose maps are projected permutations.

    Args:
      inputs: for each operand its elements, ``None`` where it is not constant (outputs that are only written).
      known: constants from outside that the body uses.

    Returns:
      ``None`` where it is another kind of generic, or its body holds something that is not computed.
    """
    from iree.compiler import ir

    attributes: dict[str, Any] = {name: op.attributes[name] for name in ("iterator_types", "indexing_maps")}
    if any("parallel" not in str(each) for each in attributes["iterator_types"]):
        return None
    maps: list[Any] = [ir.AffineMapAttr(each).value for each in attributes["indexing_maps"]]
    count = len(op.results)
    loops = _loop_sizes(maps, op)
    if loops is None:
        return None
    block = op.regions[0].blocks[0]
    values: dict[Any, Array] = {}
    for argument, array, each in zip(block.arguments, inputs, maps, strict=True):
        if array is not None:
            spread = _to_loops(array, each, len(loops))
            if spread is None:
                return None
            values[argument] = spread
    yielded = _run_body(block, values, loops, known)
    if yielded is None:
        return None
    made: list[Array] = []
    for array, each, result in zip(yielded, maps[-count:], op.results, strict=True):
        placed = _from_loops(array, each, loops, shape_of(result.type))
        if placed is None:
            return None
        made.append(placed)
    return made


def _positions(affine_map: Any) -> list[int | None] | None:
    """The loop of each dimension, ``None`` for a constant zero; nothing for other maps."""
    from iree.compiler import ir

    positions: list[int | None] = []
    for expression in affine_map.results:
        if isinstance(expression, ir.AffineDimExpr):
            positions.append(expression.position)
        elif isinstance(expression, ir.AffineConstantExpr) and expression.value == 0:
            positions.append(None)
        else:
            return None
    taken = [each for each in positions if each is not None]
    return positions if len(set(taken)) == len(taken) else None


def _loop_sizes(maps: Sequence[Any], op: ir.Operation) -> list[int] | None:
    sizes: dict[int, int] = {}
    for each, operand in zip(maps, op.operands, strict=True):
        positions = _positions(each)
        type_: Any = operand.type
        if positions is None or not hasattr(type_, "has_static_shape") or not type_.has_static_shape:
            return None
        for loop, size in zip(positions, type_.shape, strict=True):
            if loop is not None:
                sizes[loop] = size  # noqa: PERF403 (loops of several operands)
    count = maps[0].n_dims
    return [sizes[loop] for loop in range(count)] if len(sizes) == count else None


def _to_loops(array: Array, affine_map: Any, loops: int) -> Array | None:
    """``array`` with one axis for each loop, of size one where the array does not depend on it."""
    positions = _positions(affine_map)
    if positions is None:
        return None
    dropped = array
    for axis in reversed([axis for axis, loop in enumerate(positions) if loop is None]):
        dropped = np.take(dropped, 0, axis=axis)
    kept = [loop for loop in positions if loop is not None]
    ordered = np.transpose(dropped, np.argsort(kept)) if kept else dropped
    return ordered.reshape(
        tuple(ordered.shape[sorted(kept).index(loop)] if loop in kept else 1 for loop in range(loops))
    )


def _from_loops(array: Array, affine_map: Any, loops: Sequence[int], shape: tuple[int, ...]) -> Array | None:
    positions = _positions(affine_map)
    if positions is None or None in positions or len(positions) != len(loops):
        return None
    order = [each for each in positions if each is not None]
    if array.size == 1:
        return array.reshape((1,) * len(shape))
    return np.transpose(np.broadcast_to(array, tuple(loops)), order)


def _run_body(
    block: Any, values: dict[Any, Array], loops: Sequence[int], known: Callable[[Any], Constant | None]
) -> list[Array] | None:
    rank = len(loops)

    def read(value: Any) -> Array | None:
        if value in values:
            return values[value]
        constant = known(value)
        return None if constant is None or constant.shape else constant.array.reshape((1,) * rank)

    for child in block.operations:
        op = child.operation
        operands = [read(operand) for operand in op.operands]
        if op.name == "linalg.yield":
            given = [each for each in operands if each is not None]
            return given if len(given) == len(operands) else None
        if op.name == "arith.constant":
            continue  # read where it is used
        if op.name == "linalg.index":
            from iree.compiler import ir

            dim = ir.IntegerAttr(op.attributes["dim"]).value
            values[op.results[0]] = np.arange(loops[dim], dtype=np.int64).reshape(
                tuple(loops[dim] if axis == dim else 1 for axis in range(rank))
            )
            continue
        given = [each for each in operands if each is not None]
        if op.name == "cf.assert" and given and bool(np.all(given[0])):
            continue
        if op.name == "tensor.extract":
            made = _gathered(known(op.operands[0]), operands[1:])
        elif op.name not in ELEMENTWISE_OPS or len(given) != len(operands):
            return None
        else:
            made = evaluate_elementwise(op, given)
        if made is None:
            return None
        values[op.results[0]] = made
    return None


def _gathered(source: Constant | None, indices: Sequence[Array | None]) -> Array | None:
    """The elements at ``indices``, which broadcast to the loops; ``None`` where one is out of bounds."""
    given = [each for each in indices if each is not None]
    if source is None or not given or len(given) != len(indices):
        return None
    for each, size in zip(given, source.shape, strict=True):
        if each.min(initial=0) < 0 or each.max(initial=0) >= size:
            return None
    return source.broadcast()[tuple(given)]
