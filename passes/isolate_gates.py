"""Gates of channels (squeeze and excite) computed once for each channel.

The compiler computes what is elementwise where it is used: the sigmoid of a gate anew for each pixel of the image that
it scales. It belongs to the product in front of it instead.
"""

from __future__ import annotations

from math import prod
from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic, walk
from ireekit.passes.uses import defining_op

_BARRIER = "iree_tensor_ext.compute_barrier.start"
_COSTLY = ("math.", "arith.divf")
_RESHAPES = ("tensor.expand_shape", "tensor.collapse_shape")
_PRODUCTS = ("linalg.conv_2d", "linalg.matmul", "linalg.batch_matmul", "linalg.vecmat", "linalg.matvec")
_LEAST_USES = 16
"""Pixels for each channel: where they are fewer, another dispatch costs as much."""


class IsolateGates(ireekit.Pass):
    """Put a barrier, which no fusion crosses, between elementwise functions of a product and what broadcasts them.

    Only where the functions have exponentials or divisions, and where what is broadcast is static.
    """

    name = "mypipeline-isolate-gates"
    anchor = "builtin.module"
    acts_on = ("math.*", "arith.divf")
    for_speed = True
    isolated = Statistic("gates isolated")

    def run(self, op: ir.Operation) -> None:
        for generic in ireekit.find(op, "linalg.generic"):
            if not _is_elementwise(generic):
                continue
            inputs = len(generic.operands) - 1
            for place in range(inputs):
                if _is_gate(generic, place):
                    _isolate(generic, place)
                    self.isolated.increment()


def _is_elementwise(generic: ir.Operation) -> bool:
    return len(generic.results) == 1 and "reduction" not in str(generic.attributes["iterator_types"])


def _is_gate(generic: ir.Operation, place: int) -> bool:
    gate, image = (ir.RankedTensorType(value.type) for value in (generic.operands[place], generic.results[0]))
    if not gate.has_static_shape or _uses(gate, image) < _LEAST_USES:
        return False
    return _is_costly_function_of_product(generic.operands[place])


def _uses(gate: Any, image: Any) -> int:
    """How often an element of the gate is used; dynamic dimensions of the image count as one."""
    known = prod(size for axis, size in enumerate(image.shape) if not image.is_dynamic_dim(axis))
    return known // max(1, prod(gate.shape))


def _is_costly_function_of_product(value: ir.Value) -> bool:
    costly, made = False, defining_op(value)
    while made is not None and (made.name in _RESHAPES or (made.name == "linalg.generic" and _is_elementwise(made))):
        costly = costly or any(each.name.startswith(_COSTLY) for each in walk(made))
        made = defining_op(made.operands[0])
    return costly and made is not None and made.name.startswith(_PRODUCTS)


def _isolate(generic: ir.Operation, place: int) -> None:
    gate = generic.operands[place]
    with ir.InsertionPoint(generic), generic.location:
        barrier = ir.Operation.create(_BARRIER, results=[gate.type], operands=[gate])
    generic.operands[place] = barrier.result
