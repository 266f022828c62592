"""Images with channels last: which values there are in that form, and the edges where they are brought into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from iree.compiler import ir

from ireekit.bindings.erasure import erase_now
from ireekit.passes import named_ops
from ireekit.passes.builders import after, before, constant, empty, tensor_type
from ireekit.passes.constants import constant_value
from ireekit.passes.uses import defining_op

from ..reshapes import sizes_of
from .reshape import reordered

LAST = (0, 2, 3, 1)
"""Axis ``i`` with channels last is axis ``LAST[i]`` with channels first."""
FIRST = (0, 3, 1, 2)

_BARRIER = "iree_tensor_ext.compute_barrier.start"


@dataclass(frozen=True)
class Version:
    """A value with its axes in another order.

    Attributes:
      value: axis ``i`` is axis ``order[i]`` of the original.
      order: a permutation.
      computed: whether it is computed in that order, and not transposed from the original.
    """

    value: ir.Value
    order: tuple[int, ...]
    computed: bool = True


Source = Callable[["Images", ir.Operation], "ir.Value | None"]


class Images:
    """What is known of the values of one function.

    Args:
      sources: by name of operation, what makes its result with channels last wherever that is asked for; the original
        stays. ``None`` where it cannot.
    """

    def __init__(self, sources: dict[str, Source]) -> None:
        self._sources = sources
        self._versions: dict[ir.Value, Version] = {}
        self._replaced: dict[ir.Operation, None] = {}
        self.edges = 0

    def version(self, value: ir.Value) -> Version | None:
        """The one known version of ``value`` in another order."""
        return self._versions.get(value)

    def is_computed(self, value: ir.Value) -> bool:
        """Whether a four-dimensional ``value`` is computed with channels last."""
        found = self._versions.get(value)
        return found is not None and found.computed and found.order == LAST

    def last(self, value: ir.Value) -> ir.Value:
        """A four-dimensional value with channels last: known, made by its source, or transposed."""
        found = self._versions.get(value)
        if found is None:
            found = self._make(value)
            self._versions[value] = found
        return found.value

    def define(self, value: ir.Value, version: ir.Value, order: Sequence[int] = LAST) -> None:
        """``version`` is ``value`` in another order."""
        self._versions[value] = Version(version, tuple(order))

    def replace(self, op: ir.Operation, results: Sequence[ir.Value]) -> None:
        """Of ``op`` there are ``results`` now: with channels last those of four dimensions."""
        for old, new in zip(op.results, results, strict=True):
            if rank_of(old) == 4:
                self.define(old, new)
            else:
                old.replace_all_uses_with(new)
        self.drop(op)

    def drop(self, op: ir.Operation) -> None:
        """Erase ``op`` in the end: all its results are defined in another order."""
        self._replaced[op] = None

    def is_replaced(self, op: ir.Operation) -> bool:
        """Whether ``op`` is only there until :meth:`finish`."""
        return op in self._replaced

    def finish(self) -> None:
        """Give what still uses a replaced value that value with channels first again; erase what is replaced."""
        gone = set(self._replaced)
        for op in self._replaced:
            for result in op.results:
                found = self._versions.get(result)
                if found is not None:
                    self._give_back(result, found, gone)
        for op in reversed([*self._replaced]):
            erase_now(op)

    def _give_back(self, value: ir.Value, version: Version, gone: set[ir.Operation]) -> None:
        uses = [(use.owner.operation, use.operand_number) for use in value.uses]
        back: ir.Value | None = None
        for user, number in uses:
            if user in gone:
                continue
            if user.name == "tensor.dim" and self._redirect(user, version):
                continue
            if back is None:
                with after(version.value):
                    order = [version.order.index(axis) for axis in range(len(version.order))]
                    back = self._edge(version.value, order)
            user.operands[number] = back

    @staticmethod
    def _redirect(user: ir.Operation, version: Version) -> bool:
        found = constant_value(user.operands[1])
        if found is None:
            return False
        axis = version.order.index(int(found.array))
        with before(user):
            user.operands[0], user.operands[1] = version.value, constant(axis, "index")
        return True

    def _make(self, value: ir.Value) -> Version:
        maker = defining_op(value)
        source = None if maker is None else self._sources.get(maker.name)
        if source is not None and maker is not None:
            with before(maker):
                made = source(self, maker)
            if made is not None:
                return Version(made, LAST, computed=False)
        with after(value):
            return Version(self._edge(value, LAST), LAST, computed=False)

    def _edge(self, value: ir.Value, order: Sequence[int]) -> ir.Value:
        self.edges += 1
        reshaped = reordered(value, order)
        if reshaped is not None:
            return reshaped
        # A transposition that is fused with a convolution makes that many times slower.
        return isolate(transpose(isolate(value), order))


def transpose(value: ir.Value, order: Sequence[int]) -> ir.Value:
    """``value`` with axis ``order[i]`` as axis ``i``: a constant where it is one, else ``linalg.transpose``."""
    found = constant_value(value)
    kind: Any = value.type
    if found is not None:
        made = tensor_type([kind.shape[axis] for axis in order], kind.element_type)
        return constant(found.array if found.is_splat else np.transpose(found.array, order), made)
    sizes = sizes_of(value)
    target = empty([sizes[axis] for axis in order], kind.element_type)
    return named_ops.transpose(value, target, order)


def isolate(value: ir.Value) -> ir.Value:
    """``value`` behind a barrier, which no fusion crosses."""
    extents = [size for size in sizes_of(value) if not isinstance(size, int)]
    return ir.Operation.create(_BARRIER, results=[value.type], operands=[value, *extents]).results[0]


def rank_of(value: ir.Value) -> int | None:
    """The number of dimensions of a ranked tensor."""
    kind: Any = value.type
    return kind.rank if isinstance(kind, ir.RankedTensorType) else None
