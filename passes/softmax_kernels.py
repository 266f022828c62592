"""Softmax kernels that compute each exponential once.

A row is read for its maximum; then for the exponentials, which are stored and summed on the way; then scaled by the
reciprocal of the sum. The compiler's own form computes every exponential twice and divides each element. Against the
exact quotient the reciprocal adds at most 1.5 units in the last place. Rows of dynamic length have no place to be
stored: their exponentials are computed twice here too, but nothing else has to be stored for them either, where the
compiler would ask for a stack without bound.
"""

from __future__ import annotations

from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.codegen import Kernel, LoweringConfig, Translation, configure_each, indexing_maps, is_configured, kernels
from ireekit.passes import Statistic, option, walk
from ireekit.passes.builders import before, constant, empty, full, generic
from ireekit.passes.uses import defining_op

from .elementwise_fusion import fused_producers
from .reshapes import sizes_of

_PEELED = Translation("DoubleTilingExpert", ("enable_loop_peeling",))


class SoftmaxKernels(ireekit.Pass):
    """Write ``linalg.softmax`` over the last, static dimension of a kernel out, and configure the kernel.

    What is computed before and after it in the same kernel has to be elementwise. Runs at phase
    ``executable-sources``.
    """

    name = "mypipeline-softmax-kernels"
    anchor = "builtin.module"
    acts_on = ("linalg.softmax",)
    rewritten = Statistic("softmax kernels written out")
    rows: int = option(64, "rows of a workgroup at most", minimum=1, trials=(16, 64, 256))

    def run(self, op: ir.Operation) -> None:
        for kernel in kernels(op):
            computed = [each for each in walk(kernel.function) if each.name.startswith("linalg.")]
            structured = [each for each in computed if each.name not in ("linalg.yield", "linalg.index")]
            softmax = [each for each in structured if each.name == "linalg.softmax"]
            others = [each for each in structured if each.name != "linalg.softmax"]
            if len(softmax) != 1 or is_configured(kernel.function) or not _fits(softmax[0], kernel):
                continue
            after = [each for each in others if not each.is_before_in_block(softmax[0])]
            if not _length_is_static(softmax[0]) and len(after) > 1:
                continue
            if all(_is_elementwise(each, softmax[0]) for each in others):
                _write_out(softmax[0], others, kernel, self.rows)
                self.rewritten.increment()


def _fits(softmax: ir.Operation, kernel: Kernel) -> bool:
    type: Any = softmax.operands[0].type  # noqa: A001
    dimension: Any = softmax.attributes["dimension"]
    last = type.rank - 1
    if dimension.value != last or type.rank < 2 or str(type.element_type) != "f32":
        return False
    return type.is_dynamic_dim(last) or type.shape[last] >= _width(kernel)


def _length_is_static(softmax: ir.Operation) -> bool:
    type: Any = softmax.operands[0].type  # noqa: A001
    return not type.is_dynamic_dim(type.rank - 1)


def _width(kernel: Kernel) -> int:
    return 2 * kernel.machine.lanes(4)


def _is_elementwise(op: ir.Operation, softmax: ir.Operation) -> bool:
    """Whether it computes a tensor of the softmax's shape, element by element."""
    if op.name != "linalg.generic" or len(op.results) != 1 or "reduction" in str(op.attributes["iterator_types"]):
        return False
    result: Any = op.results[0].type
    same_shape = result.shape == ir.RankedTensorType(softmax.operands[0].type).shape
    return same_shape and indexing_maps(op)[-1] == ir.AffineMap.get_identity(result.rank, op.context)


def _write_out(softmax: ir.Operation, others: list[ir.Operation], kernel: Kernel, most_rows: int) -> None:
    from iree.compiler.dialects import arith, math

    source, into = softmax.operands
    type: Any = source.type  # noqa: A001
    rank, element = type.rank, type.element_type
    with before(softmax):
        rows = sizes_of(source)[:-1]

    static = _length_is_static(softmax)
    inputs, maps, element_of = fused_producers(source, others)
    count = len(inputs)

    def larger(*scalars: Any) -> Any:
        return arith.maxnumf(element_of(scalars), scalars[-1])

    def exponential(scalars: Any) -> Any:
        return math.exp(arith.subf(element_of(scalars), scalars[count]))

    def kept_and_summed(*scalars: Any) -> list[Any]:
        power = exponential(scalars)
        return [power, arith.addf(power, scalars[-1])]

    def summed_only(*scalars: Any) -> Any:
        return arith.addf(exponential(scalars), scalars[-1])

    def reciprocal(whole: Any, _: Any) -> Any:
        return arith.divf(one, whole)

    def scaled(power: Any, by: Any, _: Any) -> Any:
        return arith.mulf(power, by)

    def computed_and_scaled(*scalars: Any) -> Any:
        return arith.mulf(exponential(scalars), scalars[-2])

    with before(softmax):
        every, row = ir.AffineMap.get_identity(rank), ir.AffineMap.get_identity(rank - 1)
        by_row = ir.AffineMap.get(rank, 0, [ir.AffineDimExpr.get(axis) for axis in range(rank - 1)])
        parallel = ["parallel"] * rank
        summed = [*parallel[1:], "reduction"]
        lowest, zero, one = full(rows, float("-inf"), element), full(rows, 0.0, element), constant(1.0, element)
        (most,) = generic(inputs, [lowest], [*maps, by_row], summed, larger)
        inputs, maps = [*inputs, most], [*maps, by_row]
        if static:
            powers, total = generic(inputs, [into, zero], [*maps, every, by_row], summed, kept_and_summed)
        else:
            powers, (total,) = None, generic(inputs, [zero], [*maps, by_row], summed, summed_only)
        (scale,) = generic([total], [empty(rows, element)], [row, row], parallel[1:], reciprocal)
        if powers is not None:
            (result,) = generic([powers, scale], [into], [every, by_row, every], parallel, scaled)
        else:
            (result,) = generic([*inputs, scale], [into], [*maps, by_row, every], parallel, computed_and_scaled)
    softmax.results[0].replace_all_uses_with(result)
    softmax.erase()
    if not static:
        result = _with_follower(result, others)
    for producer in reversed(others):
        if not any(True for made in producer.results for _ in made.uses):
            producer.erase()
            others.remove(producer)
    by_row_ops = [_maker(each) for each in (lowest, zero, scale)]
    elementwise_ops = [*others, _maker(result)]
    tall = min(rows[-1], most_rows) if isinstance(rows[-1], int) else most_rows
    tilings = _tilings(rank, tall, _width(kernel), by_row_ops, elementwise_ops, _maker(most), _maker(total))
    configure_each(kernel.function, tilings, _PEELED)


def _with_follower(result: ir.Value, others: list[ir.Operation]) -> ir.Value:
    """Compute what reads ``result`` element by element together with it: between them would be a row to store."""
    made = _maker(result)
    follower = next((each for each in others if made.is_before_in_block(each)), None)
    if follower is None:
        return result
    inputs, maps, element_of = fused_producers(follower.results[0], {made, follower})

    def followed(*scalars: Any) -> Any:
        return element_of(scalars)

    with before(follower):
        every = indexing_maps(follower)[-1]
        into = follower.operands[len(follower.operands) - 1]
        (fused,) = generic(inputs, [into], [*maps, every], ["parallel"] * every.n_dims, followed)
    follower.results[0].replace_all_uses_with(fused)
    others.remove(follower)
    follower.erase()
    made.erase()
    return fused


def _tilings(
    rank: int,
    tall: int,
    width: int,
    by_row: list[ir.Operation],
    elementwise: list[ir.Operation],
    most: ir.Operation,
    total: ir.Operation,
) -> dict[ir.Operation, LoweringConfig]:
    """One row at a time; along it, vectors."""
    ones = (1,) * (rank - 1)
    along = (*(0,) * (rank - 1), width)
    rowwise = {"vector_common_parallel": (*ones, 0)}
    distribution = (*(1,) * (rank - 2), tall, 0)
    return {
        **{op: LoweringConfig({"vector_common_parallel": ones}) for op in by_row},
        **{op: LoweringConfig({**rowwise, "vector_inner_parallel": along}) for op in elementwise},
        most: LoweringConfig({**rowwise, "vector_reduction": along}),
        total: LoweringConfig({"distribution": distribution, **rowwise, "vector_reduction": along}),
    }


def _maker(value: ir.Value) -> ir.Operation:
    made = defining_op(value)
    assert made is not None
    return made
