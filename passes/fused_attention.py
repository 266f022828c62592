"""Attention as one kernel: no scores in memory, no transposed copies of keys and values.

Written out, attention is two products and a softmax, with scores of the size of tokens squared that are written and
read three times, and keys that each kernel transposes again for each tile of queries. See :mod:`.attention.kernels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iree.compiler import ir

import ireekit
from ireekit.bindings.linalg import indexing_maps
from ireekit.codegen.executables import program_machine
from ireekit.passes import Statistic
from ireekit.passes.builders import before, empty, generic
from ireekit.passes.uses import defining_op

from .contractions import Contraction, contraction
from .exponential import has_fused_arithmetic
from .reshapes import expand
from .zeros import is_zero

if TYPE_CHECKING:
    from ireekit.targets.machines import Machine

    from .attention.kernels import Layout

_SCRATCH = 6144
"""Elements that scores of a tile may have: they are on the stack, and in the first-level cache."""
_PRODUCT = "linalg.batch_matmul"
_RESHAPES = ("tensor.collapse_shape", "tensor.expand_shape")


class FusedAttention(ireekit.Pass):
    """Fuse softmax of a product with the product it goes into, where there is no mask.

    For single precision and static shapes, several queries, heads as wide as some vectors, and rows of scores that fit
    the first-level cache.
    """

    name = "mypipeline-fused-attention"
    anchor = "builtin.module"
    acts_on = (_PRODUCT,)
    fused = Statistic("attentions fused")

    def run(self, op: ir.Operation) -> None:
        machine = program_machine(op)
        if machine is None or not has_fused_arithmetic(machine):
            return
        plans: list[_Plan] = []
        for function in ireekit.find(op, "util.func"):
            found = (contraction(each) for each in ireekit.walk(function) if each.name == _PRODUCT)
            plans += [plan for product in found if product is not None and (plan := _plan(product, machine))]
        if plans:
            from ireekit.codegen.custom_kernels import CustomKernels

            kernels = CustomKernels(op)
            for plan in plans:
                _rewrite(plan, kernels, machine)
                self.fused.increment()


@dataclass(frozen=True)
class _Plan:
    """Queries and keys are multiplied by ``scores``, what becomes of it and values by ``mixed``."""

    scores: Contraction
    mixed: Contraction


def _plan(mixed: Contraction, machine: Machine) -> _Plan | None:
    scores = _softmaxed(mixed.lhs)
    product = None if scores is None else contraction(scores)
    if product is None or not _is_simple(product) or not _is_simple(mixed):
        return None
    (_, queries, width), (_, keys, value_width) = _shape(product.lhs), _shape(mixed.rhs)
    lanes = machine.lanes(4)
    block = 2 * lanes
    fits = machine.rows * (-(-keys // block)) * block <= _SCRATCH
    if not fits or queries < 4 * machine.rows or keys < block or width % lanes or value_width % block:
        return None
    return _Plan(product, mixed)


def _is_simple(product: Contraction) -> bool:
    """Whether it is a batch of products of matrices in single precision, each dimension static and one loop."""
    lhs, rhs, out = product.dims
    batch, m, n, k = product.batch, product.m, product.n, product.k
    if any(len(each) != 1 for each in (batch, m, n, k)) or not is_zero(product.out):
        return False
    types = [ir.RankedTensorType(each.type) for each in product.op.operands]
    single = all(each.has_static_shape and str(each.element_type) == "f32" for each in types)
    return single and (lhs, rhs, out) == ((*batch, *m, *k), (*batch, *k, *n), (*batch, *m, *n))


def _softmaxed(value: ir.Value) -> ir.Operation | None:
    """The operation that makes what ``value`` is the softmax of, along its last dimension and used by nothing else."""
    quotient = _elementwise(_reshaped(value, rows=True), "arith.divf", 2)
    powers = None if quotient is None else _elementwise(quotient.operands[0], "math.exp", 1)
    shifted = None if powers is None else _elementwise(powers.operands[0], "arith.subf", 2)
    if quotient is None or powers is None or shifted is None or not (_by_row(quotient) and _by_row(shifted)):
        return None
    total = _reduced(quotient.operands[1], "arith.addf")
    most = _reduced(shifted.operands[1], "arith.maximumf")
    if total != powers.results[0] or most is None or most != shifted.operands[0]:
        return None
    users = [len(list(each.uses)) for each in (quotient.results[0], powers.results[0], shifted.results[0], most)]
    made = defining_op(_reshaped(most, rows=True))
    return made if users == [1, 2, 1, 2] and made is not None and len(list(made.results[0].uses)) == 1 else None


def _reshaped(value: ir.Value, *, rows: bool = False) -> ir.Value:
    """What ``value`` is a reshape of; where it has ``rows``, these stay as long as they are."""
    while (op := defining_op(value)) is not None and op.name in _RESHAPES:
        if rows and _sizes(op.operands[0])[-1:] != _sizes(value)[-1:]:
            break
        value = op.operands[0]
    return value


def _by_row(op: ir.Operation) -> bool:
    """Whether the second operand of an elementwise generic has one element for each row, in order."""
    sizes, results = _sizes(op.results[0]), list(indexing_maps(op)[1].results)
    last = len(sizes) - 1
    dims = [each.position if isinstance(each, ir.AffineDimExpr) else None for each in results]
    in_order = all(dim == axis or (dim is None and sizes[axis] == 1) for axis, dim in enumerate(dims[:last]))
    return in_order and len(dims) >= last and dims[last:] in ([], [None])


def _elementwise(value: ir.Value, name: str, operands: int) -> ir.Operation | None:
    op = defining_op(value)
    if op is None or op.name != "linalg.generic" or len(op.operands) != operands + 1 or _body(op) != [name]:
        return None
    body, maps = op.regions[0].blocks[0], indexing_maps(op)
    identity = ir.AffineMap.get_identity(maps[0].n_dims, op.context)
    computed = next(iter(body.operations)).operation
    ordered = list(computed.operands) == [body.arguments[index] for index in range(operands)]
    return op if ordered and maps[0] == identity and maps[-1] == identity else None


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
    arguments = [body.arguments[0], body.arguments[1]]
    is_named = made is not None and made.name == name and list(made.operands) == arguments
    starts = name != "arith.addf" or is_zero(op.operands[1])
    return op.operands[0] if along_last and whole and is_named and starts else None


def _body(op: ir.Operation) -> list[str]:
    return [each.operation.name for each in op.regions[0].blocks[0].operations][:-1]


def _shape(value: ir.Value) -> tuple[int, int, int]:
    first, second, third = _sizes(value)
    return first, second, third


def _sizes(value: ir.Value) -> list[int]:
    return list(ir.RankedTensorType(value.type).shape)


def _rewrite(plan: _Plan, kernels: Any, machine: Machine) -> None:
    from .attention.kernels import Attention, Layout, attention_kernel, packing_kernel

    heads, queries, width = _shape(plan.scores.lhs)
    _, keys, value_width = _shape(plan.mixed.rhs)
    shape = Attention(heads, queries, keys, width, value_width, machine.rows, machine.lanes(4))
    query, query_layout = _source(plan.scores.lhs, (0, 1, 2))
    key, key_layout = _source(plan.scores.rhs, (0, 2, 1))
    value, value_layout = _source(plan.mixed.rhs, (0, 1, 2))
    with before(plan.mixed.op):
        if key_layout.order[2] != 2:
            key, key_layout = _turned(plan.scores.rhs), Layout((heads, keys, width), (0, 1, 2))
        if value_layout.order[2] != 2:
            value, value_layout = plan.mixed.rhs, Layout((heads, keys, value_width), (0, 1, 2))
        (packed,) = kernels.dispatch(packing_kernel(shape, key_layout), [key])
        turned = _turned_result(plan.mixed.op)
        order = (0, 1, 2) if turned is None else (1, 0, 2)
        sizes = (heads, queries, value_width) if turned is None else (queries, heads, value_width)
        kernel = attention_kernel(shape, query_layout, value_layout, Layout(sizes, order))
        (made,) = kernels.dispatch(kernel, [query, packed, value])
        if turned is None:
            plan.mixed.op.results[0].replace_all_uses_with(made)
        else:
            turned.results[0].replace_all_uses_with(expand(made, [[0, 1], [2], [3]], _sizes(turned.results[0])))


def _source(value: ir.Value, order: tuple[int, int, int]) -> tuple[ir.Value, Layout]:
    """The tensor that ``value`` is but for transpositions and dimensions of size 1, and where its dimensions are there.

    Args:
      order: of heads, tokens and width in ``value``.
    """
    from .attention.kernels import Layout

    axes, source = list(order), value
    found, best = list(order), value
    while (op := defining_op(source)) is not None and (op.name in _RESHAPES or op.name == "linalg.transpose"):
        before_ = _sizes(op.operands[0])
        if op.name == "linalg.transpose":
            permutation: Any = op.attributes["permutation"]
            axes = [int(permutation[axis]) for axis in axes]
        else:
            old, new = ([axis for axis, size in enumerate(each) if size != 1] for each in (before_, _sizes(source)))
            if [before_[axis] for axis in old] != [_sizes(source)[axis] for axis in new] or not set(axes) <= set(new):
                break
            axes = [old[new.index(axis)] for axis in axes]
        source = op.operands[0]
        found, best = list(axes), source
    present = sorted(found)
    sizes = _sizes(best)
    first, second, third = (sizes[axis] for axis in present)
    heads, tokens, width = (present.index(axis) for axis in found)
    return best, Layout((first, second, third), (heads, tokens, width))


def _turned(value: ir.Value) -> ir.Value:
    """``[heads, width, tokens]`` with the last two exchanged."""
    heads, width, tokens = _sizes(value)
    type_: Any = value.type
    source = ir.AffineMap.get(3, 0, [ir.AffineDimExpr.get(axis) for axis in (0, 2, 1)])
    maps = [source, ir.AffineMap.get_identity(3)]
    into = empty([heads, tokens, width], type_.element_type)

    def body(element: ir.Value, _: ir.Value) -> ir.Value:
        return element

    return generic([value], [into], maps, ["parallel"] * 3, body)[0]


def _turned_result(op: ir.Operation) -> ir.Operation | None:
    """The transposition that brings the results of the heads side by side, where that is their only use."""
    (expanded, *others) = [use.owner.operation for use in op.results[0].uses] or [None]
    if others or expanded is None or expanded.name != "tensor.expand_shape":
        return None
    heads, queries, width = _shape(op.results[0])
    (turned, *others) = [use.owner.operation for use in expanded.results[0].uses] or [None]
    if others or turned is None or turned.name != "linalg.transpose":
        return None
    permutation: Any = turned.attributes["permutation"]
    is_turn = [int(axis) for axis in permutation] == [0, 2, 1, 3]
    return turned if is_turn and _sizes(turned.results[0]) == [1, queries, heads, width] else None
