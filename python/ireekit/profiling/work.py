"""How much arithmetic and memory traffic operations on tensors need, from their static shapes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iree.compiler import ir

LOAD, STORE = "iree_tensor_ext.dispatch.tensor.load", "iree_tensor_ext.dispatch.tensor.store"

# Operations of the body of a structured operation that are no arithmetic on data.
_FREE = frozenset(
    f"arith.{name}"
    for name in (
        *("constant", "index_cast", "index_castui", "select", "cmpf", "cmpi", "bitcast"),
        *("extf", "truncf", "extsi", "extui", "trunci", "sitofp", "uitofp", "fptosi", "fptoui"),
    )
)
_FMA = "math.fma"
_SOFTMAX_FLOPS = 5  # maximum, difference, exponential, sum, quotient
_CALLED = ("conv", "matmul", "matvec", "contract")
_NAMED = re.compile(r"_(\w*?(?:conv|matmul|matvec|contract)\w*?)_((?:\d+x)*\d+)_", re.IGNORECASE)


def flops(op: ir.Operation) -> int | None:
    """Operations on numbers: additions, multiplications, divisions, comparisons for a maximum, and calls of
    functions such as ``exp`` count one each, a fused multiply-add two. ``None`` where a shape is dynamic.

    Operations that compute nothing on numbers (copies, fills, transposes) count zero, as do unknown ones.
    """
    if op.name == "iree_linalg_ext.attention":
        return _attention_flops(op)
    if not op.name.startswith("linalg."):
        return 0
    if op.name == "linalg.softmax":
        size = elements(op.operands[0].type)
        return None if size is None else _SOFTMAX_FLOPS * size
    each = sum(_cost(inner) for inner in _body(op))
    if not each:
        return 0
    size = _iterations(op)
    return None if size is None else each * size


def flops_by_name(name: str) -> int | None:
    """Of a dispatch that is known by name only: those of convolutions and products, whose loops are in it."""
    match = _NAMED.search(name)
    return None if match is None else 2 * math.prod(map(int, match[2].split("x")))


def traffic(ops: Iterable[ir.Operation]) -> int | None:
    """Bytes that a dispatch reads and writes at least: what it loads, stores and has as constants, each once.

    A tensor that is only looked up (an embedding table) counts as many elements as are looked up.
    ``None`` where a shape is dynamic.
    """
    total = 0
    for op in ops:
        if op.name == LOAD:
            size = _looked_up_bytes(op) if _is_table(op) else byte_size(op.results[0].type)
        elif op.name == STORE:
            size = byte_size(op.operands[0].type)
        elif op.name == "arith.constant":
            size = byte_size(op.results[0].type)
        else:
            continue
        if size is None:
            return None
        total += size
    return total


def elements(tensor: ir.Type) -> int | None:
    """Of a ranked tensor of static shape."""
    shape = _shape(tensor)
    return None if shape is None else math.prod(shape)


def byte_size(tensor: ir.Type) -> int | None:
    """Of a ranked tensor of static shape with elements of integers or floats; a number by itself takes nothing."""
    from iree.compiler import ir

    if not isinstance(tensor, ir.RankedTensorType):
        return 0
    size, bits = elements(tensor), _bits(tensor.element_type)
    return None if size is None or bits is None else math.ceil(size * bits / 8)


def _iterations(op: ir.Operation) -> int | None:
    """The product of the extents of the loops that a structured operation stands for."""
    from iree.compiler.dialects import linalg

    indexing_maps: Any = getattr(linalg, "get_indexing_maps")  # noqa: B009 (not in the type hints)
    maps = indexing_maps(op)
    return None if maps is None else _loops(maps, [operand.type for operand in op.operands])


def _attention_flops(op: ir.Operation) -> int | None:
    attribute: Any = op.attributes["indexing_maps"]
    maps = list(attribute)
    query, key, value, result = 0, 1, 2, len(maps) - 1
    types: list[Any] = [operand.type for operand in op.operands][: len(maps)]
    scores = _loops([maps[query], maps[key]], [types[query], types[key]])
    mixed = _loops([maps[value], maps[result]], [types[value], op.results[0].type])
    return None if scores is None or mixed is None else 2 * (scores + mixed)


def _loops(maps: Iterable[Any], types: Sequence[Any]) -> int | None:
    """The product of the extents of all loops that appear by themselves in a map."""
    from iree.compiler import ir

    extents: dict[str, int] = {}
    for attribute, type_ in zip(maps, types, strict=False):
        shape = _shape(type_)
        if shape is None:
            return None
        results: list[Any] = list(ir.AffineMapAttr(attribute).value.results)
        for expression, extent in zip(results, shape, strict=True):
            if isinstance(expression, ir.AffineDimExpr):
                extents[str(expression)] = extent
    return math.prod(extents.values())


def _body(op: ir.Operation) -> Iterable[ir.Operation]:
    return [inner.operation for region in op.regions for block in region.blocks for inner in block.operations]


def _cost(op: ir.Operation) -> int:
    dialect = op.name.partition(".")[0]
    if dialect not in ("arith", "math") or op.name in _FREE or str(op.results[0].type) == "index":
        return 0
    return 2 if op.name == _FMA else 1


def _is_table(load: ir.Operation) -> bool:
    users = [use.owner.operation for use in load.results[0].uses]
    return bool(users) and all(user.name == "tensor.extract" for user in users)


def _looked_up_bytes(load: ir.Operation) -> int | None:
    table: Any = load.results[0].type
    total = 0
    for use in load.results[0].uses:
        structured = use.owner.operation.parent
        size = None if structured is None else _iterations(structured.operation)
        bits = _bits(table.element_type)
        if size is None or bits is None:
            return None
        total += math.ceil(size * bits / 8)
    return total


def _shape(type_: Any) -> list[int] | None:
    """``[]`` for a number; ``None`` for a dynamic shape."""
    from iree.compiler import ir

    if not isinstance(type_, ir.RankedTensorType):
        return []
    return list(type_.shape) if type_.has_static_shape else None


def _bits(element: Any) -> int | None:
    match = re.search(r"\d+", str(element))
    return int(match[0]) if match else None
