"""What the compiler tells of linalg operations, without its Python module ``linalg``: that takes 160 ms."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iree.compiler import ir


def is_contraction(op: ir.Operation) -> bool:
    """Whether a linalg operation is a product of matrices or its like."""
    return _functions().isa_contraction_op(op)


def indexing_maps(op: ir.Operation) -> list[ir.AffineMap]:
    """From the loops of a linalg operation to the dimensions of each operand."""
    return [each.value for each in _functions().get_indexing_maps(op)]


def _functions() -> Any:
    return import_module("iree.compiler._mlir_libs._mlirDialectsLinalg")
