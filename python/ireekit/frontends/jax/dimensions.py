"""Symbolic dimensions of lowered JAX programs: computed from the inputs instead of passed in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from iree.compiler import ir

from ireekit.errors import ModelImportError
from ireekit.frontends.contexts import load_dialects
from ireekit.frontends.ir_types import as_text
from ireekit.frontends.mlir.signatures import public_functions

if TYPE_CHECKING:
    from collections.abc import Mapping

_ATTRIBUTE = "jax.global_constant"


def bind_dimensions(module: ir.Module, shapes: Sequence[Sequence[Any]]) -> None:
    """Replace the leading arguments by which JAX passes symbolic dimensions with sizes of the inputs.

    Args:
      module: with one public function, whose first arguments carry ``jax.global_constant``.
      shapes: of the other arguments, in JAX's dimensions.

    Raises:
      ModelImportError: a dimension is no plain size of an input (only ``2*b`` is, say).
    """
    function = public_functions(module)[0]
    names = _dimension_names(function)
    if not names:
        return
    block = function.regions[0].blocks[0]
    load_dialects(module.context, "arith", "tensor")
    with module.context, ir.Location.unknown(), ir.InsertionPoint.at_block_begin(block):
        for position, name in enumerate(names):
            argument = block.arguments[position]
            argument.replace_all_uses_with(_size(block, len(names), argument.type, name, shapes))
        for _ in names:
            block.erase_argument(0)
        _drop_leading_types(function, len(names))


def _dimension_names(function: ir.Operation) -> list[str]:
    if "arg_attrs" not in function.attributes:
        return []
    names: list[str] = []
    for entry in ir.ArrayAttr(function.attributes["arg_attrs"]):
        attributes: Mapping[str, Any] = {item.name: item.attr for item in ir.DictAttr(entry)}
        if _ATTRIBUTE not in attributes:
            break
        names.append(as_text(ir.StringAttr(attributes[_ATTRIBUTE])))
    return names


def _size(block: ir.Block, offset: int, type_: ir.Type, name: str, shapes: Sequence[Sequence[Any]]) -> ir.Value:
    from iree.compiler.dialects import arith, tensor

    for index, shape in enumerate(shapes):
        for dim, given in enumerate(shape):
            if str(given) == name:
                position = arith.constant(ir.IndexType.get(), dim)
                size = tensor.dim(block.arguments[offset + index], position)
                element = ir.RankedTensorType(type_).element_type
                return tensor.from_elements(type_, [arith.index_cast(element, size)])
    raise ModelImportError(
        f"the symbolic dimension {name!r} is not the plain size of any input",
        remedy="give one input a dimension of exactly that name",
    )


def _drop_leading_types(function: ir.Operation, count: int) -> None:
    signature = ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value)
    function.attributes["function_type"] = ir.TypeAttr.get(
        ir.FunctionType.get(signature.inputs[count:], signature.results)
    )
    attributes = list(ir.ArrayAttr(function.attributes["arg_attrs"]))[count:]
    function.attributes["arg_attrs"] = ir.ArrayAttr.get(attributes)
