"""Constant folding with numpy: what the compiler folds only for scalars and splats, for all constants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ireekit.bindings.erasure import erase_now, guard_erasure
from ireekit.passes.constants import (
    CONSTANT_OPS,
    Array,
    Constant,
    constant_attribute,
    constant_value,
    element_type,
    shape_of,
)
from ireekit.passes.folding.elementwise import ELEMENTWISE_OPS, evaluate_elementwise
from ireekit.passes.folding.generic import evaluate_generic
from ireekit.passes.folding.tensors import TENSOR_OPS

if TYPE_CHECKING:
    from iree.compiler import ir

MAX_BYTES = 1 << 20
"""Constants larger than this are not made, unless they are splats."""

FOLDABLE_OPS = frozenset({*ELEMENTWISE_OPS, *TENSOR_OPS, "linalg.generic"})


@dataclass(frozen=True)
class FoldResult:
    """What was folded.

    Attributes:
      counts: operations folded, by name.
      too_large: operations left alone since their results exceed the limit.
    """

    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    too_large: int = 0

    @property
    def folded(self) -> int:
        return sum(self.counts.values())

    def __bool__(self) -> bool:
        return self.folded > 0


def fold_constants(op: Any, *, max_bytes: int = MAX_BYTES, keep: Collection[str] = ()) -> FoldResult:
    """Compute operations within ``op`` whose operands are constants, and put constants in their place.

    Integers are exact; floats are as IEEE 754 has them, elementary functions as numpy has them in float64. What is
    undefined or poison (division by zero, overflowing shifts, conversions out of range) stays.

    Args:
      op: a module, function or other operation, or a view of one.
      max_bytes: the largest constant to make that is not a splat.
      keep: names of operations that stay where something that is not folded uses them.
    """
    guard_erasure()
    folder = _Folder(max_bytes, frozenset(keep))
    folder.fold_within(op.operation)
    folder.commit()
    return FoldResult(dict(folder.counts), folder.too_large)


class _Folder:
    def __init__(self, max_bytes: int, keep: frozenset[str]) -> None:
        self.counts: Counter[str] = Counter()
        self.too_large = 0
        self._max_bytes = max_bytes
        self._keep = keep
        self._known: dict[Any, Constant | None] = {}
        self._folded: list[ir.Operation] = []

    def fold_within(self, root: ir.Operation) -> None:
        """Compute what is nested in ``root``; nothing is changed yet."""
        from iree.compiler.ir import WalkOrder, WalkResult

        failed: list[BaseException] = []

        # Blocks give operations as classes of their dialects, whose modules take up to 160 ms to import.
        def visit(op: ir.Operation) -> WalkResult:
            try:
                folded = op != root and op.name in FOLDABLE_OPS and self._fold(op)
            except BaseException as error:  # the bindings would raise the text of it
                failed.append(error)
                return WalkResult.INTERRUPT
            return WalkResult.SKIP if folded else WalkResult.ADVANCE

        root.walk(visit, WalkOrder.PRE_ORDER)
        if failed:
            raise failed[0]

    def commit(self) -> None:
        """Make constants of the results that something still uses, and erase what was folded."""
        self._leave_kept()
        folded = set(self._folded)
        for op in self._folded:
            for result in op.results:
                if any(use.owner.operation not in folded for use in result.uses):
                    self._materialize(op, result)
        feeding = {_maker(operand) for op in self._folded for operand in op.operands if _is_constant(operand)}
        for op in reversed(self._folded):
            erase_now(op)
        for op in feeding:
            if not any(True for result in op.results for _use in result.uses):
                erase_now(op)

    def _leave_kept(self) -> None:
        """Forget what was computed of operations to keep that something else still uses."""
        folded = set(self._folded)
        for op in reversed(self._folded):
            if op.name not in self._keep:
                continue
            if any(use.owner.operation not in folded for result in op.results for use in result.uses):
                folded.discard(op)
                self.counts[op.name] -= 1
        self._folded = [op for op in self._folded if op in folded]

    def _fold(self, op: ir.Operation) -> bool:
        if not len(op.results) or any(not self._is_computable(result.type) for result in op.results):
            return False
        constants = [self._constant(operand) for operand in op.operands]
        # A generic may compute from its loop indices alone; what it needs besides is found out in its body.
        needed = any if op.name in TENSOR_OPS else all
        if op.name != "linalg.generic" and not needed(constants):
            return False
        if self._exceeds(op, constants):
            self.too_large += 1
            return False
        made = self._evaluate(op, [None if each is None else each.array for each in constants])
        if made is None:
            return False
        for result, array in zip(op.results, made, strict=True):
            element = element_type(result.type)
            assert element is not None
            self._known[result] = Constant(_splat_again(array, result.type), result.type, element)
        self._folded.append(op)
        self.counts[op.name] += 1
        return True

    def _evaluate(self, op: ir.Operation, inputs: Sequence[Array | None]) -> list[Array] | None:
        if op.name == "linalg.generic":
            return evaluate_generic(op, inputs, self._constant)
        evaluator = TENSOR_OPS.get(op.name)
        if evaluator is not None:
            made = evaluator(op, inputs)
        else:
            made = evaluate_elementwise(op, [each for each in inputs if each is not None])
        return None if made is None else [made]

    def _constant(self, value: Any) -> Constant | None:
        if value not in self._known:
            self._known[value] = constant_value(value)
        return self._known[value]

    def _is_computable(self, type: Any) -> bool:  # noqa: A002
        return element_type(type) is not None and (not hasattr(type, "has_static_shape") or type.has_static_shape)

    def _exceeds(self, op: ir.Operation, constants: Sequence[Constant | None]) -> bool:
        if op.name in ("linalg.fill", "tensor.splat"):
            return False
        if all(each is not None and each.array.size == 1 for each in constants) and op.name in ELEMENTWISE_OPS:
            return False
        return any(self._bytes(result.type) > self._max_bytes for result in op.results)

    def _bytes(self, type: Any) -> int:  # noqa: A002
        element = element_type(type)
        return 0 if element is None else int(np.prod(shape_of(type), dtype=np.int64)) * element.dtype.itemsize

    def _materialize(self, op: ir.Operation, result: Any) -> None:
        from iree.compiler import ir

        constant = self._known[result]
        assert constant is not None
        value = constant_attribute(constant.array, constant.type)
        made = ir.Operation.create(
            "arith.constant",
            results=[result.type],
            attributes={"value": value},
            ip=ir.InsertionPoint(op),
            loc=op.location,
        )
        result.replace_all_uses_with(made.results[0])


def _splat_again(array: Array, type: Any) -> Array:  # noqa: A002
    """Of an array whose elements share memory one element, so that it stays a splat."""
    shape = shape_of(type)
    if array.size > 1 and not any(array.strides):
        return array[(slice(0, 1),) * array.ndim]
    return array if array.size > 1 or array.shape == shape else array.reshape((1,) * len(shape))


def _maker(value: Any) -> ir.Operation:
    return value.owner.operation


def _is_constant(value: Any) -> bool:
    operation = getattr(value.owner, "operation", None)
    return operation is not None and operation.name in CONSTANT_OPS
