"""Products of one row whose columns are gates: what recurrent layers compute in each step, in one kernel.

A step of an LSTM multiplies the state by a matrix, adds, cuts the row in four, and computes elementwise on these parts:
dispatches that take longer to begin than to run. Here a workgroup computes some columns of each part, and all that is
elementwise behind them at once. Weights are stored in the order in which they are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

from iree.compiler import ir

import ireekit
from ireekit.bindings.erasure import address
from ireekit.bindings.linalg import indexing_maps
from ireekit.passes import Statistic
from ireekit.passes.builders import before, constant, tensor_type
from ireekit.passes.constants import constant_value
from ireekit.passes.uses import defining_op, users

from .slices import integers
from .vector_epilogues import is_vectorised, uniform, vector_body

if TYPE_CHECKING:
    from ireekit.codegen.custom_kernels import Buffer, CustomKernels, KernelWriter
    from ireekit.targets.machines import Machine

_PRODUCTS = ("linalg.batch_matmul", "linalg.matmul", "linalg.vecmat")
_WORKGROUPS = 15
"""At most: of more, threads take eight at a time."""
_ACCUMULATORS = 8
"""Vectors of sums at most: as many as additions that wait for each other keep a core busy with."""
_PARTS = 8


class GatedProducts(ireekit.Pass):
    """Compute products of one row by constant weights together with what is elementwise behind equal parts of it.

    For static f32 rows whose parts fill vectors. A product of zeros, that of a first step, is left out.
    """

    name = "mypipeline-gated-products"
    anchor = "builtin.module"
    acts_on = ("tensor.extract_slice",)
    for_speed = True
    rewritten = Statistic("products computed with their gates")

    def run(self, op: ir.Operation) -> None:
        rows = [row for name in _PRODUCTS for each in ireekit.find(op, name) if (row := _row(each)) is not None]
        if not rows:
            return
        from ireekit.codegen import program_machine

        machine = program_machine(op)
        if machine is None:
            return
        from ireekit.codegen.custom_kernels import CustomKernels

        kernels, places = CustomKernels(op), dict[ir.Block, _Places]()
        for row in rows:
            block = row.op.block
            if block not in places:
                places[block] = _Places(block)
            if _collect(row, places[block]) and _rewrite(row, kernels, machine, places[block]):
                self.rewritten.increment()


class _Places:
    """Where the operations of a block stand; found by their addresses, since what they are hashed by changes with their
    operands.

    Attributes:
      packed: weights that were stored anew, by what they are and how they are packed.
    """

    def __init__(self, block: ir.Block) -> None:
        self._known = {address(each.operation): index for index, each in enumerate(block.operations)}
        self.packed: dict[Any, ir.Value] = {}

    def of(self, op: ir.Operation) -> int:
        """-1 for what is in no place."""
        return self._known.get(address(op), -1)

    def put(self, op: ir.Operation, place: int) -> None:
        """What is new stands where another one stood."""
        self._known[address(op)] = place

    def erase(self, op: ir.Operation) -> None:
        """Erase an operation."""
        del self._known[address(op)]
        op.erase()


@dataclass
class _Row:
    """A product of a row, and what is computed from its result.

    Attributes:
      op: the product.
      columns: of it.
      depth: terms of a sum.
      width: columns of a part; 0 until one is known.
      members: what is elementwise behind it, and the slices, in order.
      operands: tensors they read besides, of as many elements as the product or a part has.
    """

    op: ir.Operation
    columns: int
    depth: int
    width: int = 0
    members: list[ir.Operation] = field(default_factory=list[ir.Operation])
    operands: list[ir.Value] = field(default_factory=list[ir.Value])

    @property
    def parts(self) -> int:
        """The result is cut into."""
        return self.columns // self.width

    def results(self) -> list[ir.Value]:
        """What others than the members read."""
        made = [self.op.results[0], *(each.results[0] for each in self.members)]
        return [each for each in made if any(user not in self.members for user in users(each))]


def _row(op: ir.Operation) -> _Row | None:
    types = [ir.RankedTensorType(each.type) for each in op.operands]
    if not all(each.has_static_shape and str(each.element_type) == "f32" for each in types):
        return None
    if op.name != "linalg.vecmat" and not _is_plain(op):
        return None
    depth, columns = types[0].shape[-1], types[2].shape[-1]
    if prod(types[0].shape) != depth or prod(types[2].shape) != columns or prod(types[1].shape) != depth * columns:
        return None
    initial = defining_op(op.operands[2])
    if initial is None or initial.name != "linalg.fill":
        return None
    zero = constant_value(initial.operands[0])
    if zero is None or zero.array.any() or not _slices(op.results[0]):
        return None
    return _Row(op, columns, depth)


def _is_plain(op: ir.Operation) -> bool:
    """Whether the right-hand side of a product is not transposed."""
    maps = indexing_maps(op)
    loops = maps[0].n_dims
    return list(maps[1].results)[-2:] == [ir.AffineDimExpr.get(loops - 1), ir.AffineDimExpr.get(loops - 2)]


def _slices(value: ir.Value) -> bool:
    """Whether slices are somewhere behind a value, with nothing but generics between."""
    found = users(value)
    while len({*found}) == 1 and found[0].name == "linalg.generic":
        found = users(found[0].results[0])
    return len(found) > 1 and all(each.name == "tensor.extract_slice" for each in found)


def _collect(row: _Row, places: _Places) -> bool:
    """Find what can be computed with a product; whether there are parts, and a kernel can stand where the last is."""
    known: set[ir.Operation] = {row.op}
    waiting = list(users(row.op.results[0]))
    while waiting:
        op = min(waiting, key=places.of)
        waiting = [each for each in waiting if each != op]
        if op in known or places.of(op) < 0 or not _joins(row, op, known, places):
            continue
        known.add(op)
        row.members.append(op)
        waiting += users(op.results[0])
    if not row.width or row.columns % row.width:
        return False
    last = max(places.of(each) for each in known)
    outside = [user for each in row.results() for user in users(each) if user not in known]
    return all(places.of(user) > last for user in outside)


def _joins(row: _Row, op: ir.Operation, known: set[ir.Operation], places: _Places) -> bool:
    if len(op.results) != 1 or not isinstance(op.results[0].type, ir.RankedTensorType):
        return False
    if op.name == "tensor.extract_slice":
        return _is_part(row, op)
    if op.name != "linalg.generic" or not is_vectorised(op.regions[0].blocks[0]):
        return False
    *inputs, out = list(op.operands)
    *maps, out_map = indexing_maps(op)
    size = _size(row, out)
    if size is None or not out_map.is_projected_permutation or any(True for _ in _argument(op, len(inputs)).uses):
        return False
    others: list[ir.Value] = []
    for operand, where in zip(inputs, maps, strict=True):
        if not where.results and uniform(operand) is not None:
            continue
        if _size(row, operand) != size or not where.results or list(where.results)[-1] != list(out_map.results)[-1]:
            return False
        maker = defining_op(operand)
        if maker is None or maker not in known:
            if _depends(operand, known, places.of(row.op), places):
                return False
            others.append(operand)
    row.operands += [each for each in others if each not in row.operands]
    return True


def _argument(op: ir.Operation, index: int) -> ir.Value:
    return op.regions[0].blocks[0].arguments[index]


def _size(row: _Row, value: ir.Value) -> int | None:
    """Elements of a row of f32, as long as the product or a part."""
    if not isinstance(value.type, ir.RankedTensorType):
        return None
    kind = ir.RankedTensorType(value.type)
    if not kind.has_static_shape or not kind.rank or str(kind.element_type) != "f32":
        return None
    size = kind.shape[-1]
    return size if prod(kind.shape) == size and size in (row.columns, row.width) else None


def _is_part(row: _Row, op: ir.Operation) -> bool:
    """Whether a slice is one of equal parts of the product; the first one says how wide they are."""
    offsets, sizes = integers(op, "static_offsets"), integers(op, "static_sizes")
    if len(op.operands) != 1 or _size(row, op.operands[0]) != row.columns or any(offsets[:-1]):
        return False
    width = sizes[-1]
    if prod(sizes) != width or integers(op, "static_strides")[-1] != 1 or offsets[-1] % width or row.columns % width:
        return False
    if not row.width and 1 < row.columns // width <= _PARTS:
        row.width = width
    return width == row.width


def _depends(value: ir.Value, known: set[ir.Operation], first: int, places: _Places) -> bool:
    """Whether a value is computed from the members, which begin at place ``first``."""
    waiting, seen = [value], set[Any]()
    while waiting:
        op = defining_op(waiting.pop())
        if op is None or op in seen or 0 <= places.of(op) < first:
            continue
        if op in known or places.of(op) < 0 or len(op.regions):
            return op in known or places.of(op) < 0 or any(_depends(each, known, first, places) for each in op.operands)
        seen.add(op)
        waiting += list(op.operands)
    return False


def _rewrite(row: _Row, kernels: CustomKernels, machine: Machine, places: _Places) -> bool:
    from .constant_views import view_of

    lanes = machine.lanes(4)
    vectors = next(
        (each for each in (2, 1) if row.width % (each * lanes) == 0 and each * row.parts <= _ACCUMULATORS), 0
    )
    weights = view_of(row.op.operands[1])
    if not vectors or weights is None:
        return False
    state = view_of(row.op.operands[0])
    depth = 0 if state is not None and not state.any() else row.depth
    kernel = _kernel(row, depth, lanes, vectors)
    last = max([row.op, *row.members], key=places.of)
    operands: list[ir.Value] = []
    if depth:
        key = (row.op.name, row.op.operands[1], row.parts, vectors)
        if key not in places.packed:
            with before(row.op):
                places.packed[key] = _packed(weights.reshape(depth, row.parts, -1, vectors * lanes))
        operands = [row.op.operands[0], places.packed[key]]
    with before(last, row.op.location):
        made = kernels.dispatch(kernel, [*operands, *row.operands])
        results = row.results()
        shaped = [_with_shape(value, result) for value, result in zip(made, results, strict=True)]
    for value, result in zip(shaped, results, strict=True):
        result.replace_all_uses_with(value)
        if (maker := defining_op(value)) is not None:
            places.put(maker, places.of(last))
    for each in [*sorted(row.members, key=lambda each: -places.of(each)), row.op]:
        places.erase(each)
    return True


def _packed(weights: Any) -> ir.Value:
    """``[depth, parts, blocks, block]`` as a constant ``[blocks, depth, parts, block]``."""
    import numpy as np

    stored = np.ascontiguousarray(weights.transpose(2, 0, 1, 3))
    return constant(stored, tensor_type(stored.shape, ir.F32Type.get()))


def _with_shape(value: ir.Value, like: ir.Value) -> ir.Value:
    from .reshapes import expand

    shape = list(ir.RankedTensorType(like.type).shape)
    return value if len(shape) == 1 else expand(value, [list(range(len(shape)))], shape)


def _kernel(row: _Row, depth: int, lanes: int, vectors: int) -> KernelWriter:
    from ireekit.codegen.custom_kernels import KernelWriter

    results, block = row.results(), vectors * lanes
    blocks = row.width // block
    share = min(range(1, blocks + 1), key=lambda each: _cost(blocks, each))
    kernel = KernelWriter(
        f"gates_{row.parts}x{row.width}x{depth}",
        operands=[
            *([(depth,), (blocks, depth, row.parts, block)] if depth else []),
            *((_length(each),) for each in row.operands),
        ],
        results=[(_length(each),) for each in results],
        lanes=lanes,
        workgroups=(-(-blocks // share), 1, 1),
        flops=2 * depth * row.columns,
    )
    first = kernel.times(kernel.workgroup_id(0), share)
    with kernel.loop(kernel.least(kernel.shifted(first, share), blocks), start=first) as part:
        sums = _sums(kernel, part, depth, row.parts, vectors)
        for vector in range(vectors):
            place = kernel.shifted(kernel.times(part, block), vector * lanes)
            _write_members(kernel, row, sums[vector::vectors], place)
    return kernel


def _cost(blocks: int, share: int) -> float:
    from ireekit.codegen import balance

    count = -(-blocks // share)
    return balance.cost(count) * count * share / blocks + (count > _WORKGROUPS)


def _sums(kernel: KernelWriter, block: str, depth: int, parts: int, vectors: int) -> list[str]:
    """Of a block of columns, part by part."""
    sums = [kernel.splat(0.0)] * (parts * vectors)
    if not depth:
        return sums
    state, weights = kernel.buffers[:2]

    def step(k: str, totals: Sequence[str]) -> list[str]:
        value, made = kernel.load_splat(state, k), list[str]()
        for part in range(parts):
            for vector in range(vectors):
                factor = kernel.load(weights, block, k, part, vector * kernel.lanes)
                made.append(kernel.multiply_add(value, factor, totals[len(made)]))
        return made

    return kernel.accumulate(depth, sums, step)


def _write_members(kernel: KernelWriter, row: _Row, sums: Sequence[str], place: str) -> None:
    """All that is elementwise, for a vector of each part that begins at ``place`` of it."""
    results = row.results()
    targets = kernel.buffers[len(kernel.buffers) - len(results) :]
    others = kernel.buffers[len(kernel.buffers) - len(results) - len(row.operands) : len(kernel.buffers) - len(results)]
    known: dict[Any, list[str]] = {row.op.results[0]: list(sums)}
    for operand, buffer in zip(row.operands, others, strict=True):
        known[operand] = [kernel.load(buffer, at) for at in _places(kernel, row, buffer, place)]
    for op in row.members:
        if op.name == "tensor.extract_slice":
            known[op.results[0]] = [known[op.operands[0]][integers(op, "static_offsets")[-1] // row.width]]
            continue
        arguments, inputs = list(op.regions[0].blocks[0].arguments), list(op.operands)[:-1]
        known[op.results[0]] = []
        for part in range(row.parts if _length(op.results[0]) == row.columns else 1):
            values: dict[Any, str] = {}
            for argument, operand in zip(arguments, inputs, strict=False):
                number = uniform(operand)
                values[argument] = known[operand][part] if number is None else kernel.splat(number)
            known[op.results[0]].append(vector_body(kernel, op, values))
    for result, target in zip(results, targets, strict=True):
        for value, at in zip(known[result], _places(kernel, row, target, place), strict=True):
            kernel.store(value, target, at)


def _places(kernel: KernelWriter, row: _Row, buffer: Buffer, place: str) -> list[str]:
    """Where a vector of each part begins in a buffer."""
    (size,) = buffer.shape
    return [kernel.shifted(place, start) for start in range(0, int(size), row.width)]


def _length(value: ir.Value) -> int:
    return ir.RankedTensorType(value.type).shape[-1]
