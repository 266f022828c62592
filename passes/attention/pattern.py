"""Attention as operations on tensors: a product, what is done with the scores, their softmax, and another product."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from iree.compiler import ir

from ireekit.bindings.linalg import indexing_maps
from ireekit.passes.constants import constant_value
from ireekit.passes.uses import defining_op

from ..contractions import Contraction, contraction
from ..zeros import is_zero
from .places import Sum, loop, moved

_RESHAPES = ("tensor.collapse_shape", "tensor.expand_shape", "tensor.reshape", "tensor.cast")
_LENGTH = 12
"""Operations between the product and the softmax, at most."""


@dataclass(frozen=True)
class Change:
    """What an elementwise operation does with each score.

    Attributes:
      kind: ``"scale"``, ``"add"``, ``"where"`` or ``"unless"``, as in :class:`.kernels.Step`.
      number: for all but ``"add"``.
      tensor: for all but ``"scale"``.
      indices: of its element, of loops ``head``, ``query`` and ``key``.
    """

    kind: str
    number: float = 0.0
    tensor: ir.Value | None = None
    indices: tuple[Sum, ...] = ()


@dataclass(frozen=True)
class Pattern:
    """An attention.

    Attributes:
      scores: the first product.
      changes: of scores, in order.
      mixed: the second product.
      empty_is_zero: weights of masked scores are 0 also where all of a row are.
    """

    scores: Contraction
    changes: tuple[Change, ...]
    mixed: Contraction
    empty_is_zero: bool


def pattern_of(mixed: Contraction) -> Pattern | None:
    """The attention that ends with a product, or ``None``."""
    if not is_simple(mixed):
        return None
    weights = _reshaped(mixed.lhs, rows=True)
    zeroed = _selected(weights)
    if zeroed is not None:
        weights = _reshaped(zeroed.operands[_own(zeroed)], rows=True)
    source = _softmaxed(weights)
    if source is None:
        return None
    made = _changed(source)
    if made is None:
        return None
    product, changes = made
    if zeroed is not None and not any(_is_same(zeroed, each) for each in changes):
        return None
    return Pattern(product, changes, mixed, zeroed is not None)


def is_simple(product: Contraction) -> bool:
    """Whether it is a batch of products of matrices in single precision, the result in order of loops."""
    out = product.dims[2]
    if any(len(each) != 1 for each in (product.m, product.n, product.k)) or not is_zero(product.out):
        return False
    types = [ir.RankedTensorType(each.type) for each in product.op.operands]
    single = all(str(each.element_type) == "f32" for each in types)
    return single and out == (*product.batch, *product.m, *product.n) and len(product.batch) > 0


def _softmaxed(value: ir.Value) -> ir.Value | None:
    """What ``value`` is the softmax of, along its last dimension; nothing else uses what is on the way."""
    quotient = _elementwise(value, "arith.divf", 2)
    powers = None if quotient is None else _elementwise(_plain(quotient.operands[0]), "math.exp", 1)
    shifted = None if powers is None else _elementwise(_plain(powers.operands[0]), "arith.subf", 2)
    if quotient is None or powers is None or shifted is None:
        return None
    total = _by_row(quotient, "arith.addf")
    most = _by_row(shifted, "arith.maximumf")
    if total is None or total != powers.results[0] or most is None or most != shifted.operands[0]:
        return None
    users = [len(list(each.uses)) for each in (quotient.results[0], powers.results[0], shifted.results[0], most)]
    return most if users == [1, 2, 1, 2] else None


def _by_row(op: ir.Operation, name: str) -> ir.Value | None:
    """What the second operand of an elementwise generic is reduced from by ``name``, one number for each row."""
    sizes, indexing = _sizes(op.results[0]), indexing_maps(op)[1]
    spread = _spread(op.operands[1])
    value, results = op.operands[1], list(indexing.results)
    if spread is not None and indexing == ir.AffineMap.get_identity(indexing.n_dims, op.context):
        value, results = spread
    last = len(sizes) - 1
    dims = [each.position if isinstance(each, ir.AffineDimExpr) else None for each in results]
    in_order = all(dim == axis or (dim is None and sizes[axis] == 1) for axis, dim in enumerate(dims[:last]))
    kept = dims[last:] == [] or (_sizes(value)[-1] == 1 and dims[last:] in ([None], [last]))
    return _reduced(value, name) if in_order and len(dims) >= last and kept else None


def _spread(value: ir.Value) -> tuple[ir.Value, list[Any]] | None:
    """Of a generic that hands its operand on to more dimensions: the operand and which they are."""
    op = defining_op(value)
    if op is None or op.name != "linalg.generic" or len(op.operands) != 2 or _body(op):
        return None
    source, result = indexing_maps(op)
    block = op.regions[0].blocks[0]
    hands_on = next(iter(block.operations)).operation.operands[0] == block.arguments[0]
    identity = ir.AffineMap.get_identity(result.n_dims, op.context)
    return (op.operands[0], list(source.results)) if hands_on and result == identity else None


def _reduced(value: ir.Value, name: str) -> ir.Value | None:
    """What ``value`` is reduced from by ``name`` along the last dimension, that dimension kept with size 1 or not."""
    reduced = _reshaped(value)
    op = defining_op(reduced)
    if op is None or op.name != "linalg.generic" or len(op.operands) != 1 + len(op.results):
        return None
    if reduced != op.results[0] or any(True for other in list(op.results)[1:] for _ in other.uses):
        return None
    kinds: Any = op.attributes["iterator_types"]
    reductions = ["reduction" in str(each) for each in kinds]
    source, body = indexing_maps(op)[0], op.regions[0].blocks[0]
    *_, last = body.operations
    made = defining_op(last.operation.operands[0])
    along_last = reductions == [False] * (len(reductions) - 1) + [True]
    whole = source == ir.AffineMap.get_identity(source.n_dims, op.context)
    arguments = {body.arguments[0], body.arguments[1]}
    is_named = made is not None and made.name == name and set(made.operands) == arguments
    starts = name != "arith.addf" or is_zero(op.operands[1])
    return _plain(op.operands[0]) if along_last and whole and is_named and starts else None


def _changed(value: ir.Value) -> tuple[Contraction, tuple[Change, ...]] | None:
    """The product whose results become ``value``, and how."""
    way: list[ir.Operation] = []
    source, uses = value, 2
    while (op := defining_op(source)) is not None and len(way) < _LENGTH:
        if sum(1 for _ in source.uses) != uses:
            return None
        uses = 1
        product = contraction(op)
        if product is not None:
            return _followed(product, way[::-1]) if is_simple(product) else None
        if op.name not in _RESHAPES and op.name != "linalg.generic":
            return None
        way.append(op)
        source = op.operands[_own(op)]
    return None


def _own(op: ir.Operation) -> int:
    """Which operand of an elementwise operation on scores they are: the first one of its type that is no constant."""
    if op.name in _RESHAPES:
        return 0
    types = [each.type == op.results[0].type for each in op.operands][:-1]
    candidates = [index for index, same in enumerate(types) if same and _leads_to_product(op.operands[index])]
    return candidates[0] if candidates else 0


def _leads_to_product(value: ir.Value) -> bool:
    for _ in range(_LENGTH):
        op = defining_op(value)
        if op is None:
            return False
        if contraction(op) is not None or _body_is(op, "arith.divf"):
            return True
        if op.name not in _RESHAPES and op.name != "linalg.generic":
            return False
        same = [each for each in list(op.operands)[:-1] if each.type == op.results[0].type]
        if op.name in _RESHAPES:
            same = [op.operands[0]]
        if not same:
            return False
        if len(same) > 1:
            return any(_leads_to_product(each) for each in same)
        value = same[0]
    return False


def _followed(product: Contraction, way: list[ir.Operation]) -> tuple[Contraction, tuple[Change, ...]] | None:
    """What operations behind a product do with its results."""
    indices = (*batch_indices(product), loop("query"), loop("key"))
    changes: list[Change] = []
    for op in way:
        if op.name in _RESHAPES:
            following = moved(op, indices)
            if following is None:
                return None
            indices = following
            continue
        change = _change(op, indices)
        if change is None:
            return None
        changes.append(change)
    return product, tuple(changes)


def batch_indices(product: Contraction) -> tuple[Sum, ...]:
    """Which product of the batch a head is, for each loop of it."""
    found, index = list[Sum](), loop("head")
    extents = [product.extent(each) for each in product.batch]
    for size in reversed(extents[1:]):
        index, rest = index.parts(size) if size is not None else (index, Sum())
        found.insert(0, rest)
    return (index, *found)


def batch_is_known(product: Contraction) -> bool:
    """Whether all loops of the batch but the first are static, so that a number says which product it is."""
    return all(product.extent(each) is not None for each in product.batch[1:])


def _change(op: ir.Operation, indices: tuple[Sum, ...]) -> Change | None:
    if len(op.results) != 1 or not _is_elementwise(op):
        return None
    block = op.regions[0].blocks[0]
    body = [each.operation for each in block.operations]
    if len(body) != 2 or body[1].operands[0] != body[0].results[0]:
        return None
    own = block.arguments[_own(op)]
    computed = body[0]
    operands = list(computed.operands)
    if operands.count(own) != 1:
        return None
    if computed.name in ("arith.mulf", "arith.divf"):
        return _scaled(op, computed, own)
    if computed.name == "arith.addf":
        tensor = _tensor(op, operands[1 - operands.index(own)], indices)
        return None if tensor is None else Change("add", 0.0, *tensor)
    if computed.name == "arith.select" and operands[1] == own:
        tensor, number = _tensor(op, operands[0], indices), _number(op, operands[2])
        return None if tensor is None or number is None else Change("where", number, *tensor)
    if computed.name == "arith.select" and operands[2] == own:
        tensor, number = _tensor(op, operands[0], indices), _number(op, operands[1])
        return None if tensor is None or number is None else Change("unless", number, *tensor)
    return None


def _scaled(op: ir.Operation, computed: ir.Operation, own: ir.Value) -> Change | None:
    operands = list(computed.operands)
    number = _number(op, operands[1 - operands.index(own)])
    if computed.name == "arith.divf":
        exact = number is not None and operands[0] == own and number != 0 and math.frexp(abs(number))[0] == 0.5
        number = 1 / number if exact and number is not None else None
    return None if number is None or not math.isfinite(number) else Change("scale", number)


def _tensor(op: ir.Operation, scalar: ir.Value, indices: tuple[Sum, ...]) -> tuple[ir.Value, tuple[Sum, ...]] | None:
    """The operand that a scalar of the body is an element of, and which; along keys, or ``None``."""
    arguments = list(op.regions[0].blocks[0].arguments)
    if scalar not in arguments:
        return None
    number = arguments.index(scalar)
    value, sizes = op.operands[number], _sizes(op.operands[number])
    found: list[Sum] = []
    for axis, each in enumerate(indexing_maps(op)[number].results):
        if isinstance(each, ir.AffineDimExpr):
            found.append(Sum() if sizes[axis] == 1 else indices[each.position])
        elif sizes[axis] == 1:
            found.append(Sum())
        else:
            return None
    along = bool(found) and found[-1] == loop("key") and not any("key" in each.loops() for each in found[:-1])
    return (value, tuple(found)) if along else None


def _number(op: ir.Operation, scalar: ir.Value) -> float | None:
    """A scalar of a body that is a constant, of its own or as an operand with one element."""
    arguments = list(op.regions[0].blocks[0].arguments)
    value = op.operands[arguments.index(scalar)] if scalar in arguments else scalar
    constant = None if defining_op(value) is None else constant_value(value)
    if constant is None or str(constant.array.dtype) != "float32" or math.prod(constant.array.shape) != 1:
        return None
    return float(constant.array.reshape(()))


def _selected(value: ir.Value) -> ir.Operation | None:
    """A selection between weights and 0."""
    op = defining_op(value)
    if op is None or op.name != "linalg.generic" or not _body_is(op, "arith.select") or not _is_elementwise(op):
        return None
    computed = next(iter(op.regions[0].blocks[0].operations)).operation
    arguments = list(op.regions[0].blocks[0].arguments)
    kept = computed.operands[0] in arguments and computed.operands[1] == arguments[_own(op)]
    return op if kept and _number(op, computed.operands[2]) == 0.0 and sum(1 for _ in value.uses) == 1 else None


def _is_same(zeroed: ir.Operation, change: Change) -> bool:
    """Whether a selection of weights is by the mask of the scores."""
    arguments = list(zeroed.regions[0].blocks[0].arguments)
    condition = next(iter(zeroed.regions[0].blocks[0].operations)).operation.operands[0]
    mask = zeroed.operands[arguments.index(condition)]
    return change.kind == "where" and change.number == -math.inf and change.tensor == mask


def _is_elementwise(op: ir.Operation) -> bool:
    kinds: Any = op.attributes["iterator_types"]
    maps = indexing_maps(op)
    identity = ir.AffineMap.get_identity(maps[0].n_dims, op.context)
    parallel = all("parallel" in str(each) for each in kinds)
    return parallel and maps[-1] == identity and maps[_own(op)] == identity


def _elementwise(value: ir.Value, name: str, operands: int) -> ir.Operation | None:
    op = defining_op(value)
    if op is None or op.name != "linalg.generic" or len(op.operands) != operands + 1 or not _body_is(op, name):
        return None
    body, maps = op.regions[0].blocks[0], indexing_maps(op)
    identity = ir.AffineMap.get_identity(maps[0].n_dims, op.context)
    computed = next(iter(body.operations)).operation
    ordered = list(computed.operands) == [body.arguments[index] for index in range(operands)]
    return op if ordered and maps[0] == identity and maps[-1] == identity else None


def _body_is(op: ir.Operation, name: str) -> bool:
    return op.name == "linalg.generic" and _body(op) == [name]


def _body(op: ir.Operation) -> list[str]:
    return [each.operation.name for each in op.regions[0].blocks[0].operations][:-1]


def _plain(value: ir.Value) -> ir.Value:
    """What ``value`` is but for reshapes to its own type."""
    while (op := defining_op(value)) is not None and op.name in _RESHAPES and op.operands[0].type == value.type:
        value = op.operands[0]
    return value


def _reshaped(value: ir.Value, *, rows: bool = False) -> ir.Value:
    """What ``value`` is a reshape of; where it has ``rows``, these stay as long as they are."""
    while (op := defining_op(value)) is not None and op.name in _RESHAPES:
        if rows and not _keeps_rows(op):
            break
        value = op.operands[0]
    return value


def _keeps_rows(op: ir.Operation) -> bool:
    if "reassociation" not in op.attributes:
        return op.operands[0].type == op.results[0].type
    groups: Any = op.attributes["reassociation"]
    larger = op.operands[0] if op.name == "tensor.collapse_shape" else op.results[0]
    last = [int(axis.value) for axis in groups[len(groups) - 1]]
    return all(_sizes(larger)[axis] == 1 for axis in last[:-1])


def _sizes(value: ir.Value) -> list[int]:
    return list(ir.RankedTensorType(value.type).shape)
