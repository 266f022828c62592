"""The exponential function in single precision, as arithmetic that vectorises.

``exp(x) = 2**n * exp(r)``, where ``n`` is ``x / log(2)`` rounded and ``r`` what remains, at most half of ``log(2)``.
That is subtracted in two parts (Cody and Waite, *Software Manual for the Elementary Functions*, 1980), and ``exp(r)``
is ``1 + r + r² q(r)`` with a minimax polynomial. Adding and subtracting 1.5 * 2**23 rounds, and leaves ``n`` in the low
bits of the sum, from where it is shifted into the exponent. Error: at most 0.9 units in the last place.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ireekit.codegen.custom_kernels import KernelWriter
    from ireekit.targets.machines import Machine

LOWEST = -87.3
"""Below, results are 0: the exact ones are less than twice the smallest normal number."""
ROUNDING = 12582912.0
"""Added and subtracted, it rounds to an integer."""
LOG2_HIGH = 0.693147182464599609375
LOG2_LOW = math.log(2) - LOG2_HIGH
"""With :data:`LOG2_HIGH`, ``log(2)`` in two parts."""
POLYNOMIAL = (0.001381453825160861, 0.00836874544620514, 0.04166838899254799, 0.1666652113199234, 0.4999999403953552)
"""``q``, from the highest power down: of relative error 3.1e-9 at most for ``exp(r)``, found by Lawson's algorithm."""
_FUSED = frozenset({"avx512", "avx2", "neon", "sve"})


def has_fused_arithmetic(machine: Machine) -> bool:
    """Whether multiplication and addition are one instruction there, which :func:`exponential` is made of."""
    return machine.name in _FUSED


def exponential(kernel: KernelWriter, x: str) -> str:
    """Write ``exp`` of a vector of single precision whose elements are not positive, or NaN."""
    integers = f"vector<{kernel.lanes}xi32>"
    shifted = kernel.scale_add(1 / math.log(2), x, kernel.splat(ROUNDING))
    n = kernel.subtract(shifted, kernel.splat(ROUNDING))
    r = kernel.scale_add(-LOG2_LOW, n, kernel.scale_add(-LOG2_HIGH, n, x))
    p = kernel.splat(POLYNOMIAL[0])
    for each in (*POLYNOMIAL[1:], 1.0, 1.0):
        p = kernel.multiply_add(p, r, kernel.splat(each))
    bits = kernel.let(f"arith.bitcast {shifted} : {kernel.vector} to {integers}")
    by = kernel.let(f"arith.constant dense<23> : {integers}")
    exponent = kernel.let(f"arith.shli {bits}, {by} : {integers}")
    fraction = kernel.let(f"arith.bitcast {p} : {kernel.vector} to {integers}")
    made = kernel.let(f"arith.addi {fraction}, {exponent} : {integers}")
    power = kernel.let(f"arith.bitcast {made} : {integers} to {kernel.vector}")
    is_low = kernel.let(f"arith.cmpf olt, {x}, {kernel.splat(LOWEST)} : {kernel.vector}")
    choice = f"arith.select {is_low}, {kernel.splat(0.0)}, {power} : vector<{kernel.lanes}xi1>, {kernel.vector}"
    return kernel.let(choice)
