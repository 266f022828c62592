"""Elementwise operations behind a kernel that is written by hand, computed on its vectors before they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iree.compiler import ir

from ireekit.bindings.linalg import indexing_maps
from ireekit.passes.constants import constant_value
from ireekit.passes.uses import defining_op, users

if TYPE_CHECKING:
    from ireekit.codegen.custom_kernels import Buffer, Index, KernelWriter

_VECTORISED = frozenset(
    f"arith.{name}"
    for name in (
        *("addf", "subf", "mulf", "divf", "negf"),
        *("maximumf", "minimumf", "maxnumf", "minnumf", "cmpf", "select", "constant"),
    )
) | {"math.exp", "math.tanh", "math.absf"}
"""What a body may consist of: operations that mean the same on vectors."""


@dataclass
class Epilogue:
    """Generics that are computed one after the other on what a kernel made, an image with channels last.

    Attributes:
      result: what the last one makes; what the kernel has to make in its place.
      operands: further tensors they read, of the shape of the image, or with one element for each channel.
      generics: they, in order.
    """

    result: ir.Value
    operands: list[ir.Value] = field(default_factory=list[ir.Value])
    generics: list[ir.Operation] = field(default_factory=list[ir.Operation])

    def shapes(self) -> list[tuple[int, ...]]:
        """Of the operands."""
        return [tuple(ir.RankedTensorType(each.type).shape) for each in self.operands]

    def emit(self, kernel: KernelWriter, value: str, buffers: Sequence[Buffer], element: tuple[Index, ...]) -> str:
        """Write the epilogue of a vector that begins at ``element`` of the result; gives what is to be stored."""
        for generic in self.generics:
            inputs = list(generic.operands)[:-1]
            known: dict[Any, str] = {}
            for operand, argument in zip(inputs, generic.regions[0].blocks[0].arguments, strict=False):
                if (number := uniform(operand)) is not None:
                    known[argument] = kernel.splat(number)
                elif operand in self.operands:
                    buffer = buffers[self.operands.index(operand)]
                    known[argument] = kernel.load(buffer, *element[len(element) - len(buffer.shape) :])
                else:
                    known[argument] = value
            value = vector_body(kernel, generic, known)
        return value


def epilogue_of(value: ir.Value) -> Epilogue:
    """The longest chain of elementwise generics behind ``value``, a static image with channels last, that has only
    those users."""
    found = Epilogue(value)
    while (generic := _only_user(found.result)) is not None and _joins(found, generic):
        found.generics.append(generic)
        found.result = generic.results[0]
    return found


def add_operand(epilogue: Epilogue, value: ir.Value) -> int:
    """Make a kernel with that epilogue read another tensor; gives its place among the operands."""
    epilogue.operands.append(value)
    return len(epilogue.operands) - 1


def _only_user(value: ir.Value) -> ir.Operation | None:
    found = users(value)
    return found[0] if found and all(each == found[0] for each in found) else None


def _joins(epilogue: Epilogue, generic: ir.Operation) -> bool:
    if generic.name != "linalg.generic" or len(generic.results) != 1 or generic.results[0].type != epilogue.result.type:
        return False
    *inputs, out = list(generic.operands)
    *input_maps, out_map = indexing_maps(generic)
    identity = ir.AffineMap.get_identity(4, generic.context)
    block = generic.regions[0].blocks[0]
    if out_map != identity or out == epilogue.result or any(True for _ in block.arguments[len(inputs)].uses):
        return False
    if not is_vectorised(block):
        return False
    channels = ir.AffineMap.get(4, 0, [ir.AffineDimExpr.get(3, generic.context)], generic.context)
    for operand, where in zip(inputs, input_maps, strict=True):
        own = operand == epilogue.result
        if not where.results and uniform(operand) is not None:
            continue
        if (where != identity and (own or where != channels)) or not _is_like(operand, epilogue.result):
            return False
    for operand in inputs:
        if operand != epilogue.result and operand not in epilogue.operands and uniform(operand) is None:
            epilogue.operands.append(operand)
    return True


def _is_like(operand: ir.Value, image: ir.Value) -> bool:
    if not isinstance(operand.type, ir.RankedTensorType):
        return False
    one, other = ir.RankedTensorType(operand.type), ir.RankedTensorType(image.type)
    fits = list(one.shape) in (list(other.shape), list(other.shape)[-1:])
    return one.has_static_shape and fits and one.element_type == other.element_type


def is_vectorised(block: ir.Block) -> bool:
    """Whether :func:`vector_body` can write the body of a generic."""
    inner = {result for each in block.operations for result in each.operation.results} | set(block.arguments)
    for each in block.operations:
        op = each.operation
        if op.name != "linalg.yield" and op.name not in _VECTORISED:
            return False
        if any(operand not in inner and _scalar(operand) is None for operand in op.operands):
            return False
        if op.name == "arith.constant" and _scalar(op.results[0]) is None:
            return False
    return True


def _scalar(value: ir.Value) -> float | None:
    """A number of the element type that stands outside of the body, or in it."""
    if str(value.type) != "f32" or defining_op(value) is None:
        return None
    constant = constant_value(value)
    return None if constant is None else float(constant.array)


def uniform(operand: ir.Value) -> float | None:
    """The number that a constant tensor without dimensions holds."""
    if not isinstance(operand.type, ir.RankedTensorType) or ir.RankedTensorType(operand.type).rank != 0:
        return None
    if str(ir.RankedTensorType(operand.type).element_type) != "f32" or defining_op(operand) is None:
        return None
    constant = constant_value(operand)
    return None if constant is None else float(constant.array)


def vector_body(kernel: KernelWriter, generic: ir.Operation, known: dict[Any, str]) -> str:
    """Write the body of a generic on vectors, its arguments ``known``; gives what it yields."""

    def name_of(operand: ir.Value) -> str:
        if operand not in known:
            number = _scalar(operand)
            assert number is not None
            known[operand] = kernel.splat(number)
        return known[operand]

    for each in generic.regions[0].blocks[0].operations:
        op = each.operation
        if op.name == "linalg.yield":
            return name_of(op.operands[0])
        if op.name == "arith.constant":
            continue
        names = ", ".join(name_of(operand) for operand in op.operands)
        attributes = ", ".join(f"{key} = {op.attributes[key]}" for key in op.attributes)
        types = ", ".join(_vector(kernel, operand) for operand in op.operands)
        known[op.results[0]] = kernel.let(
            f'"{op.name}"({names}) {{{attributes}}} : ({types}) -> {_vector(kernel, op.results[0])}'
        )
    raise AssertionError("a body yields")


def _vector(kernel: KernelWriter, value: ir.Value) -> str:
    return f"vector<{kernel.lanes}x{value.type}>"
