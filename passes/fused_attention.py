"""Attention as one kernel: no scores in memory, no transposed copies of queries, keys and values.

Written out, attention is two products and a softmax, with scores of the size of tokens squared that are written and
read three times, and keys that each kernel transposes again for each tile of queries. See :mod:`.attention.kernels`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from iree.compiler import ir

import ireekit
from ireekit.codegen.executables import program_machine
from ireekit.passes import Statistic, option
from ireekit.passes.builders import before, constant, dim, empty, generic, tensor_type
from ireekit.passes.uses import defining_op

from .constant_views import view_of
from .contractions import Contraction, contraction
from .exponential import has_fused_arithmetic
from .reshapes import sizes_of

if TYPE_CHECKING:
    from ireekit.codegen.custom_kernels import CustomKernels, Index
    from ireekit.targets.machines import Machine

    from .attention.kernels import Step
    from .attention.pattern import Change, Pattern
    from .attention.places import Place, Sum

_LARGEST_MASK = 1 << 22
"""Bytes of a constant mask that is converted here."""


class FusedAttention(ireekit.Pass):
    """Fuse softmax of a product, perhaps scaled and masked, with the product it goes into.

    For single precision, heads as wide as some vectors, and several queries or a number of them that is dynamic.
    """

    name = "mypipeline-fused-attention"
    anchor = "builtin.module"
    acts_on = ("math.exp",)
    for_speed = True
    fused = Statistic("attentions fused")
    rows: int = option(0, "queries of a tile; 0: as the table of machines says", minimum=0, trials=(0, 4, 6, 12))

    def run(self, op: ir.Operation) -> None:
        machine = program_machine(op)
        if machine is None or not has_fused_arithmetic(machine):
            return
        machine = replace(machine, rows=self.rows or machine.rows)
        plans: list[_Plan] = []
        for function in ireekit.find(op, "util.func"):
            names = ("linalg.batch_matmul", "linalg.generic")
            found = (contraction(each) for each in ireekit.walk(function) if each.name in names)
            plans += [plan for product in found if product is not None and (plan := _plan(product, machine))]
        if plans:
            from ireekit.codegen.custom_kernels import CustomKernels

            kernels, masks = CustomKernels(op), dict[Any, ir.Value]()
            for plan in plans:
                _rewrite(plan, kernels, machine, masks)
                self.fused.increment()


@dataclass(frozen=True)
class _Plan:
    """An attention that can be fused.

    Attributes:
      pattern: it.
      query, key, value: where its operands are; ``None``: to be transposed first.
      queries, keys: how many there are, where that is static.
      ahead: as in :class:`.attention.kernels.Attention`.
    """

    pattern: Pattern
    query: Place
    key: Place | None
    value: Place | None
    queries: int | None
    keys: int | None
    ahead: int | None


def _plan(mixed: Contraction, machine: Machine) -> _Plan | None:
    from .attention.pattern import batch_indices, batch_is_known, pattern_of

    pattern = pattern_of(mixed)
    if pattern is None or not batch_is_known(pattern.scores) or not batch_is_known(mixed):
        return None
    scores = pattern.scores
    if [scores.extent(each) for each in scores.batch] != [mixed.extent(each) for each in mixed.batch]:
        return None
    queries, keys = scores.extent(scores.m[0]), scores.extent(scores.n[0])
    width, value_width = scores.extent(scores.k[0]), mixed.extent(mixed.n[0])
    lanes = machine.lanes(4)
    if width is None or value_width is None or width % lanes or value_width % lanes:
        return None
    few = queries is not None and queries < 4 * machine.rows
    if few or (keys is not None and keys < 2 * lanes):
        return None
    batch = batch_indices(scores)
    query = _place(scores, 0, {scores.m[0]: "query", scores.k[0]: "depth"}, batch, "depth")
    key = _place(scores, 1, {scores.n[0]: "key", scores.k[0]: "depth"}, batch, "depth")
    value = _place(mixed, 1, {mixed.k[0]: "key", mixed.n[0]: "column"}, batch_indices(mixed), "column")
    if query is None:
        return None
    return _Plan(pattern, query, key, value, queries, keys, _ahead(pattern))


def _ahead(pattern: Pattern) -> int | None:
    """How far behind its own number a query sees keys, where masks say so: what is hidden weighs nothing."""
    from .attention.causality import reach
    from .attention.places import loop

    found: list[int] = []
    for change in pattern.changes:
        hides = change.kind == "where" and change.number == -math.inf and change.indices[-2:-1] == (loop("query"),)
        limit = reach(change.tensor) if hides and change.tensor is not None else None
        found += [] if limit is None else [limit]
    return min(found, default=None)


def _place(
    product: Contraction, operand: int, names: dict[int, str], batch: tuple[Sum, ...], along: str
) -> Place | None:
    """Where an operand of a product is."""
    from .attention.places import furthest, loop

    heads = dict(zip(product.batch, batch, strict=True))
    dims = product.dims[operand]
    indices = tuple(heads[each] if each in heads else loop(names[each]) for each in dims)
    return furthest(product.op.operands[operand], indices, along, scaled=operand == 0 or along == "depth")


class _Sizes:
    """Dynamic sizes of a kernel, by name."""

    def __init__(self) -> None:
        self.values: list[ir.Value] = []

    def named(self, value: int | ir.Value) -> Index:
        """A static size as it is; the name of a dynamic one."""
        if isinstance(value, int):
            return value
        if value not in self.values:
            self.values.append(value)
        return f"%size{self.values.index(value)}"

    def shape(self, value: ir.Value) -> tuple[Index, ...]:
        """Sizes of a tensor."""
        return tuple(self.named(each) for each in sizes_of(value))

    @property
    def names(self) -> list[str]:
        """Of those so far."""
        return [f"%size{index}" for index in range(len(self.values))]


def _rewrite(plan: _Plan, kernels: CustomKernels, machine: Machine, masks: dict[Any, ir.Value]) -> None:
    from .attention.kernels import Attention, Operand, attention_kernel, packing_kernel

    scores, mixed = plan.pattern.scores, plan.pattern.mixed
    with before(mixed.op):
        key, value = plan.key, plan.value
        key = key if key is not None else _turned(scores, 1, [*scores.batch, scores.n[0], scores.k[0]], "key", "depth")
        value = (
            value if value is not None else _turned(mixed, 1, [*mixed.batch, mixed.k[0], mixed.n[0]], "key", "column")
        )
        heads, queries, keys = (_size(scores, each) for each in (scores.batch, scores.m, scores.n))
        steps, tensors = _steps(plan.pattern.changes, masks)
        factor = plan.query.factor * key.factor
        if factor != 1.0:
            steps = [_scale(factor), *steps]
        sizes = _Sizes()
        shape = Attention(
            heads=sizes.named(heads),
            queries=sizes.named(queries),
            keys=sizes.named(keys),
            width=scores.extent(scores.k[0]) or 0,
            value_width=mixed.extent(mixed.n[0]) or 0,
            rows=machine.rows,
            lanes=machine.lanes(4),
            steps=tuple(steps),
            ahead=plan.ahead,
            empty_is_zero=plan.pattern.empty_is_zero,
        )
        blocks = sizes.named(_quotient(keys, shape.block))
        key_operand = Operand(sizes.shape(key.value), key.indices)
        (packed,) = kernels.dispatch(packing_kernel(shape, key_operand, blocks, sizes.names), [key.value], sizes.values)
        result, indices = _result(mixed)
        made_sizes = _result_sizes(result, indices, {"head": heads, "query": queries})
        target = Operand(tuple(sizes.named(each) for each in made_sizes), indices)
        operands = [Operand(sizes.shape(each.value), each.indices) for each in (plan.query, value)]
        mask_operands = [Operand(sizes.shape(tensor), indices) for tensor, indices in tensors]
        kernel = attention_kernel(shape, operands[0], blocks, operands[1], mask_operands, target, sizes.names)
        given = [plan.query.value, packed, value.value, *(tensor for tensor, _ in tensors)]
        (made,) = kernels.dispatch(kernel, given, sizes.values)
        result.replace_all_uses_with(made)


def _scale(factor: float) -> Step:
    from .attention.kernels import Step

    return Step("scale", factor)


def _steps(
    changes: tuple[Change, ...], masks: dict[Any, ir.Value]
) -> tuple[list[Step], list[tuple[ir.Value, tuple[Sum, ...]]]]:
    """Steps of the kernel, and the tensors that they read."""
    from .attention.kernels import Step

    steps: list[Step] = []
    tensors: list[tuple[ir.Value, tuple[Sum, ...]]] = []
    for change in changes:
        if change.tensor is None:
            steps.append(_scale(change.number))
            continue
        tensor = change.tensor
        if change.kind != "add":
            if tensor not in masks:
                masks[tensor] = _numbers(tensor)
            tensor = masks[tensor]
        steps.append(Step(change.kind, change.number, len(tensors)))
        tensors.append((tensor, change.indices))
    return steps, tensors


def _numbers(mask: ir.Value) -> ir.Value:
    """Truth values as 0.0 and 1.0, once for all layers."""
    import numpy as np

    f32 = ir.F32Type.get()
    array = view_of(mask)
    made = defining_op(mask)
    if array is not None and made is not None and 4 * array.size <= _LARGEST_MASK:
        with before(made):
            return constant(np.ascontiguousarray(array.astype(np.float32)), tensor_type(array.shape, f32))

    def body(element: ir.Value, _: ir.Value) -> ir.Value:
        return ir.Operation.create("arith.uitofp", results=[f32], operands=[element]).results[0]

    def converted() -> ir.Value:
        rank = ir.RankedTensorType(mask.type).rank
        identity = ir.AffineMap.get_identity(rank)
        return generic([mask], [empty(sizes_of(mask), f32)], [identity] * 2, ["parallel"] * rank, body)[0]

    if made is None:
        return converted()
    from ireekit.passes.builders import after

    with after(made):
        return converted()


def _size(product: Contraction, loops: tuple[int, ...]) -> int | ir.Value:
    """Iterations of some loops, of which only the first one may be dynamic."""
    total: int | ir.Value = 1
    for each in loops:
        total = _product(total, _extent(product, each))
    return total


def _extent(product: Contraction, loop: int) -> int | ir.Value:
    extent = product.extent(loop)
    if extent is not None:
        return extent
    operand = next(index for index, dims in enumerate(product.dims) if loop in dims)
    return dim(product.op.operands[operand], product.dims[operand].index(loop))


def _product(first: int | ir.Value, second: int | ir.Value) -> int | ir.Value:
    if isinstance(first, int) and isinstance(second, int):
        return first * second
    if first == 1:
        return second
    return _computed("arith.muli", first, second)


def _quotient(value: int | ir.Value, by: int) -> int | ir.Value:
    """Rounded up."""
    return -(-value // by) if isinstance(value, int) else _computed("arith.ceildivui", value, by)


def _computed(name: str, first: int | ir.Value, second: int | ir.Value) -> ir.Value:
    index = ir.IndexType.get()
    operands = [constant(each, index) if isinstance(each, int) else each for each in (first, second)]
    return ir.Operation.create(name, results=[index], operands=operands).results[0]


def _turned(product: Contraction, operand: int, order: list[int], first: str, last: str) -> Place:
    """An operand with its dimensions in another order, as a copy."""
    from .attention.pattern import batch_indices
    from .attention.places import Place, loop

    value, dims = product.op.operands[operand], list(product.dims[operand])
    if dims == order:
        turned = value
    else:
        type_: Any = value.type
        source = ir.AffineMap.get(len(dims), 0, [ir.AffineDimExpr.get(order.index(each)) for each in dims])
        sizes = sizes_of(value)
        into = empty([sizes[dims.index(each)] for each in order], type_.element_type)

        def body(element: ir.Value, _: ir.Value) -> ir.Value:
            return element

        maps = [source, ir.AffineMap.get_identity(len(dims))]
        turned = generic([value], [into], maps, ["parallel"] * len(dims), body)[0]
    return Place(turned, (*batch_indices(product), loop(first), loop(last)))


def _result(product: Contraction) -> tuple[ir.Value, tuple[Sum, ...]]:
    """What the kernel makes in place of a product's result, and the indices of an element there.

    That is a transposition of it (which brings heads side by side) where that is its only use.
    """
    from .attention.pattern import batch_indices
    from .attention.places import loop, moved

    value = product.op.results[0]
    indices: tuple[Sum, ...] = (*batch_indices(product), loop("query"), loop("column"))
    best = (value, indices)
    while len(uses := list(value.uses)) == 1:
        op = uses[0].owner.operation
        if op.name == "linalg.transpose" and op.operands[0] == value:
            permutation: Any = op.attributes["permutation"]
            indices = tuple(indices[int(axis)] for axis in permutation)
        elif op.name in ("tensor.expand_shape", "tensor.collapse_shape", "tensor.reshape") and op.operands[0] == value:
            following = moved(op, indices)
            if following is None:
                break
            indices = following
        else:
            break
        value = op.results[0]
        if op.name == "linalg.transpose" and indices[-1] == loop("column") and _sizes_are_known(value, indices):
            best = (value, indices)
    return best


def _sizes_are_known(value: ir.Value, indices: tuple[Sum, ...]) -> bool:
    type_: Any = value.type
    return all(not type_.is_dynamic_dim(axis) or _dynamic_loop(index) is not None for axis, index in enumerate(indices))


def _dynamic_loop(index: Sum) -> tuple[str, int] | None:
    """The loop that an index is, or is a quotient of, and the divisor."""
    if len(index.terms) != 1 or index.number or index.terms[0][1] != 1:
        return None
    atom = index.terms[0][0]
    if isinstance(atom, str):
        return atom, 1
    inner = None if atom.remains else _dynamic_loop(atom.of)
    return None if inner is None else (inner[0], inner[1] * atom.by)


def _result_sizes(value: ir.Value, indices: tuple[Sum, ...], sizes: dict[str, int | ir.Value]) -> list[int | ir.Value]:
    """Sizes of what the kernel makes, where the value itself is not made yet."""
    type_: Any = value.type
    found: list[int | ir.Value] = []
    for axis, index in enumerate(indices):
        if not type_.is_dynamic_dim(axis):
            found.append(type_.shape[axis])
            continue
        known = _dynamic_loop(index)
        assert known is not None
        whole = sizes[known[0]]
        found.append(whole if known[1] == 1 else _quotient(whole, known[1]))
    return found
