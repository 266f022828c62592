"""The exponential function in single precision, as arithmetic that vectorises.

``exp(x) = 2**n * exp(r)``, where ``n`` is ``x / log(2)`` rounded and ``r`` what remains, at most half of ``log(2)``. That
is subtracted in two parts (Cody and Waite, *Software Manual for the Elementary Functions*, 1980), and ``exp(r)`` is
``1 + r + r² q(r)`` with a minimax polynomial. Adding and subtracting 1.5 * 2**23 rounds, and leaves ``n`` in the low bits
of the sum, from where it is shifted into the exponent. Error: at most 0.9 units in the last place.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

from iree.compiler import ir

from ireekit.passes.builders import constant
from ireekit.targets.machines import Machine

LOWEST = -87.3
"""Below, results are 0: the exact ones are less than twice the smallest normal number."""
ROUNDING = 12582912.0
_LOG2_HIGH = 0.693147182464599609375
_LOG2_LOW = math.log(2) - _LOG2_HIGH
# q, from the highest power down: of largest relative error 3.1e-9 for exp(r), found by Lawson's algorithm.
POLYNOMIAL = (0.001381453825160861, 0.00836874544620514, 0.04166838899254799, 0.1666652113199234, 0.4999999403953552)
_FUSED = frozenset({"avx512", "avx2", "neon"})


def log2_parts() -> tuple[float, float]:
    """The logarithm of 2 as a sum: a number of single precision, and the rest."""
    return _LOG2_HIGH, _LOG2_LOW


def has_fused_arithmetic(machine: Machine) -> bool:
    """Whether multiplication and addition are one instruction there, which :func:`exponential` is made of."""
    return machine.name in _FUSED


def exponential(x: ir.Value) -> ir.Value:
    """``exp(x)`` of an ``f32`` that is not positive, NaN or -inf, at the insertion point."""
    number, integer = ir.F32Type.get(), ir.IntegerType.get_signless(32)

    def f(value: float) -> ir.Value:
        return constant(value, number)

    def make(name: str, *operands: ir.Value, type: Any = number) -> ir.Value:  # noqa: A002
        return ir.Operation.create(name, results=[type], operands=operands).results[0]

    shifted = make("math.fma", x, f(1 / math.log(2)), f(ROUNDING))
    n = make("arith.subf", shifted, f(ROUNDING))
    r = make("math.fma", n, f(-_LOG2_LOW), make("math.fma", n, f(-_LOG2_HIGH), x))
    powers = (*POLYNOMIAL[1:], 1.0, 1.0)
    p = reduce(lambda value, each: make("math.fma", value, r, f(each)), powers, f(POLYNOMIAL[0]))
    exponent = make("arith.shli", make("arith.bitcast", shifted, type=integer), constant(23, integer), type=integer)
    sum_ = make("arith.addi", make("arith.bitcast", p, type=integer), exponent, type=integer)
    less = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), 4)  # olt
    is_low = ir.Operation.create(
        "arith.cmpf", results=[ir.IntegerType.get_signless(1)], operands=[x, f(LOWEST)], attributes={"predicate": less}
    ).results[0]
    return make("arith.select", is_low, f(0.0), make("arith.bitcast", sum_, type=number))
