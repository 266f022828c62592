"""Kernels divided so that threads have equally much to do.

What a workgroup computes is chosen for the caches of one core; how many workgroups that makes is left to chance, which
often gives one of two threads half as much again as its share, or more. Here shares of rows become smaller, or blocks
of columns are put together, until the number of workgroups suits several numbers of threads
(:mod:`ireekit.codegen.balance`). One thread computes the same tiles as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from iree.compiler import ir

from ireekit import Pass, walk
from ireekit.bindings.linalg import indexing_maps
from ireekit.codegen import LoweringConfig, balance, kernels
from ireekit.passes import Statistic
from ireekit.targets.machines import Machine

from .contractions import NAMES, Contraction, contraction

_CONFIG = "lowering_config"
_DISTRIBUTION, _PARALLEL = "distribution", "vector_common_parallel"
_BYTES = {"f32": 4, "f64": 8, "f16": 2, "bf16": 2}
_LEAST_TILES = 4
"""Register tiles, one above the other, that a workgroup of a product computes at least."""
_LEAST_POINTS = {True: 64 << 10, False: 4 << 10}
"""Iterations of a workgroup, of products and of others: below, starting it is what takes time."""


class BalanceWorkgroups(Pass):
    """Change how configured kernels with a reduction are divided into workgroups.

    Runs at phase ``executable-configurations``. Kernels of products may get larger workgroups as well as smaller ones;
    the others only smaller ones, since what they compute on the way has to fit the stack.
    """

    name = "mypipeline-balance-workgroups"
    anchor = "builtin.module"
    acts_on = ("linalg.generic{iterator_types=reduction}", "linalg.*conv_*", *sorted(NAMES - {"linalg.generic"}))
    for_speed = True
    balanced = Statistic("kernels divided anew")

    def run(self, op: ir.Operation) -> None:
        for kernel in kernels(op):
            if (root := _root(kernel.function)) is not None and _balance(root, kernel.machine):
                self.balanced.increment()


@dataclass(frozen=True)
class _Root:
    """The operation that a kernel is divided by.

    Attributes:
      op: it; it has a reduction.
      config: its tiles.
      extents: of its loops; ``None`` where that is dynamic.
      product: it as a matrix product, where it is one.
    """

    op: ir.Operation
    config: LoweringConfig
    extents: tuple[int | None, ...]
    product: Contraction | None

    @property
    def shares(self) -> tuple[int, ...]:
        """Tiles of a workgroup; ``0``: the loop is not distributed."""
        return self.config.tiles[_DISTRIBUTION]

    @property
    def steps(self) -> tuple[int, ...]:
        """What a workgroup computes at a time."""
        return self.config.tiles[_PARALLEL]


def _root(function: ir.Operation) -> _Root | None:
    found = [op for op in walk(function) if _DISTRIBUTION in str(op.attributes.get(_CONFIG, ""))]
    if len(found) != 1 or not found[0].name.startswith("linalg."):
        return None
    (op,) = found
    config = LoweringConfig.read(op.attributes[_CONFIG])
    if config is None or not {_DISTRIBUTION, _PARALLEL} <= config.tiles.keys():
        return None
    extents = _extents(op)
    kinds: Any = op.attributes.get("iterator_types", ())
    if config.loops != len(extents) or (op.name == "linalg.generic" and "reduction" not in str(kinds)):
        return None
    return _Root(op, config, extents, contraction(op))


def _extents(op: ir.Operation) -> tuple[int | None, ...]:
    """Of loops that are a dimension of an operand as they are; the others are left open."""
    maps = indexing_maps(op)
    found: list[int | None] = [None] * maps[0].n_dims
    for value, indexing in zip(op.operands, maps, strict=False):
        kind: Any = value.type
        for axis, result in enumerate(indexing.results):
            if isinstance(result, ir.AffineDimExpr) and not kind.is_dynamic_dim(axis):
                found[result.position] = kind.shape[axis]
    return tuple(found)


def _balance(root: _Root, machine: Machine) -> bool:
    distributed = [loop for loop, share in enumerate(root.shares) if share]
    known = [(loop, root.extents[loop] or 0) for loop in distributed]
    if not known or not all(extent for _, extent in known):
        return False
    points = prod(extent or 1 for extent in root.extents)
    choices: list[tuple[int, ...]] = []
    for loop, extent in known:
        share, step = min(root.shares[loop], extent), max(root.steps[loop], 1)
        least, most = _limits(root, loop, extent, machine)
        # A remainder that is not known when the kernel is compiled is computed number by number; and a pipeline without
        # peeling may rely on there being none.
        equal = extent % step != 0 or root.product is None
        sizes = balance.shares(extent, least, most, step, equal=equal)
        choices.append(tuple(sorted({share, *sizes})))
    extents = [extent for _, extent in known]
    shares = [min(root.shares[loop], extent) for loop, extent in known]
    atmost = points // _LEAST_POINTS[root.product is not None]
    chosen = balance.choose(extents, shares, choices, most=atmost)
    if list(chosen) == shares:
        return False
    tiles = list(root.shares)
    for loop, size in zip(distributed, chosen, strict=True):
        tiles[loop] = size
    config = LoweringConfig({**root.config.tiles, _DISTRIBUTION: tuple(tiles)})
    root.op.attributes[_CONFIG] = ir.Attribute.parse(str(config), root.op.context)
    return True


def _limits(root: _Root, loop: int, extent: int, machine: Machine) -> tuple[int, int]:
    """The smallest and the largest share of a loop that would do."""
    share, step = min(root.shares[loop], extent), max(root.steps[loop], 1)
    product = root.product
    if product is None:
        return min(step, share), share
    rows = max(product.m, key=lambda each: root.extents[each] or 0, default=-1)
    if loop not in product.n:
        # More rows than were chosen do not fit the second-level cache, and each product of a batch has rows of its own.
        return min(_LEAST_TILES * step if loop == rows else step, share), share
    if loop < rows:
        return min(step, share), extent
    # Inside of the loop over rows: each tile of these passes all columns of the workgroup.
    (element,) = {str(ir.RankedTensorType(product.out.type).element_type)}
    others = prod(root.shares[each] for each in (*product.n, *product.batch) if each != loop and root.shares[each])
    bytes_ = prod(root.extents[each] or 1 for each in product.k) * others * _BYTES.get(element, 8)
    fitting = machine.l2_bytes // 2 // max(bytes_, 1)
    return min(step, share), max(min(fitting, extent), share)
