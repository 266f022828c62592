"""Operations that rearrange tensors: reshapes, slices, transpositions, broadcasts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ireekit.passes.constants import Array, shape_of

if TYPE_CHECKING:
    from iree.compiler import ir

Evaluator: TypeAlias = "Callable[[ir.Operation, Sequence[Array | None]], Array | None]"
DYNAMIC = -(1 << 63)
"""What stands in static offsets, sizes and strides for one that is an operand."""


def _reshape(op: ir.Operation, inputs: Sequence[Array | None]) -> Array | None:
    source, shape = inputs[0], shape_of(op.results[0].type)
    if source is None:
        return None
    return source.reshape((1,) * len(shape)) if _is_splat(source, op.operands[0].type) else source.reshape(shape)


def _slice(op: ir.Operation, inputs: Sequence[Array | None]) -> Array | None:
    source = inputs[0]
    windows = _windows(op)
    if source is None or windows is None:
        return None
    shape = shape_of(op.results[0].type)
    if _is_splat(source, op.operands[0].type):
        return source.reshape((1,) * len(shape))
    return source[windows].reshape(shape)


def _insert(op: ir.Operation, inputs: Sequence[Array | None]) -> Array | None:
    piece, whole = inputs[0], inputs[1]
    windows = _windows(op)
    if piece is None or whole is None or windows is None:
        return None
    made = np.array(np.broadcast_to(whole, shape_of(op.results[0].type)))
    window = made[windows]
    filled = np.broadcast_to(piece, shape_of(op.operands[0].type)).reshape(window.shape)
    made[windows] = filled
    return made


def _windows(op: ir.Operation) -> tuple[slice, ...] | None:
    offsets, sizes, strides = (_numbers(op, f"static_{name}") for name in ("offsets", "sizes", "strides"))
    if DYNAMIC in (*offsets, *sizes, *strides):
        return None
    return tuple(
        slice(start, start + size * step, step) for start, size, step in zip(offsets, sizes, strides, strict=True)
    )


def _extract(op: ir.Operation, inputs: Sequence[Array | None]) -> Array | None:
    source = inputs[0]
    indices = [None if each is None else int(each) for each in inputs[1:]]
    if source is None or None in indices:
        return None
    shape = shape_of(op.operands[0].type)
    if any(index is None or not 0 <= index < size for index, size in zip(indices, shape, strict=True)):
        return None
    return np.broadcast_to(source, shape)[tuple(index for index in indices if index is not None)].reshape(())


def _splat(op: ir.Operation, inputs: Sequence[Array | None]) -> Array | None:
    if inputs[0] is None:
        return None
    return inputs[0].reshape((1,) * len(shape_of(op.results[0].type)))


def _from_elements(op: ir.Operation, inputs: Sequence[Array | None]) -> Array | None:
    given = [each for each in inputs if each is not None]
    if len(given) != len(inputs):
        return None
    return np.stack([each.reshape(()) for each in given]).reshape(shape_of(op.results[0].type))


def _concat(op: ir.Operation, inputs: Sequence[Array | None]) -> Array | None:
    given = [each for each in inputs if each is not None]
    if len(given) != len(inputs):
        return None
    from iree.compiler import ir

    parts = [np.broadcast_to(each, shape_of(operand.type)) for each, operand in zip(given, op.operands, strict=True)]
    return np.concatenate(parts, axis=ir.IntegerAttr(op.attributes["dim"]).value)


def _same(op: ir.Operation, inputs: Sequence[Array | None]) -> Array | None:
    shape_of(op.results[0].type)
    return inputs[0]


def _transpose(op: ir.Operation, inputs: Sequence[Array | None]) -> Array | None:
    return None if inputs[0] is None else np.transpose(inputs[0], _numbers(op, "permutation"))


def _broadcast(op: ir.Operation, inputs: Sequence[Array | None]) -> Array | None:
    source = inputs[0]
    if source is None:
        return None
    made = np.expand_dims(source, tuple(_numbers(op, "dimensions")))
    return made if made.size == 1 else np.broadcast_to(made, shape_of(op.results[0].type))


def _fill(op: ir.Operation, inputs: Sequence[Array | None]) -> Array | None:
    return _splat(op, inputs)


TENSOR_OPS: dict[str, Evaluator] = {
    "tensor.expand_shape": _reshape,
    "tensor.collapse_shape": _reshape,
    "tensor.reshape": _reshape,
    "tensor.cast": _same,
    "tensor.extract_slice": _slice,
    "tensor.insert_slice": _insert,
    "tensor.extract": _extract,
    "tensor.splat": _splat,
    "tensor.from_elements": _from_elements,
    "tensor.concat": _concat,
    "linalg.transpose": _transpose,
    "linalg.broadcast": _broadcast,
    "linalg.fill": _fill,
}
"""Of operands that are not constant an evaluator is given ``None``."""


def _numbers(op: ir.Operation, name: str) -> list[int]:
    held: Any = op.attributes[name]
    return list(held)


def _is_splat(array: Array, type: Any) -> bool:  # noqa: A002
    return array.shape != shape_of(type)
