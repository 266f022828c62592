"""``tanh`` and ``erf`` in single precision from one ``exp(y) - 1``, without branches.

``exp(y) - 1 = 2**n * (exp(r) - 1) + (2**n - 1)``, with ``n`` and ``r`` as in :mod:`.exponential`: nothing cancels where
``y`` is small, so that one form does for every argument (as ``expm1`` of Sun's fdlibm, 1993, without its cases).

* ``tanh(x) = e / (e + 2)``, ``e = exp(2|x|) - 1``: at most 2.3 units in the last place.
* ``erf(x) = 1 - exp(-a T(a))``, ``a = |x|``, where ``a T(a) = -log(erfc(a))`` is smooth (N. Juffa's form of ``erff``
  for larger arguments, here for all): at most 1.7 units in the last place. ``T`` is a minimax polynomial on [0, 3.95],
  found by Lawson's algorithm with the relative error of ``erf`` as weight: 4e-9.

The compiler's rational forms have 4.3 and 4.2 units, erf's without the sign of zero. Arguments beyond the range,
infinities and NaN give what they should; the sign is the argument's.
"""

from __future__ import annotations

import math
from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.codegen import kernels
from ireekit.passes import Statistic, walk
from ireekit.passes.builders import before, constant

from .exponential import LOG2_HIGH, LOG2_LOW, POLYNOMIAL, ROUNDING, has_fused_arithmetic

_ONE_BITS = 0x3F800000
_TANH_LIMIT = 9.5
"""From 9.02 on, tanh is 1 in single precision."""
_ERF_LIMIT = 3.95
"""From 3.92 on, erf is 1 in single precision."""
_ERF = (
    -9.255595614376944e-06,
    0.00011763502698158845,
    -0.0006328134913928807,
    0.0016669824253767729,
    -0.00016034791769925505,
    -0.019153092056512833,
    0.10277783870697021,
    0.6366193890571594,
    0.12837916612625122,
)
"""``T - 1``, from the highest power down."""
_GREATER = 2
_FRACTION_BITS = 23


class PreciseFunctions(ireekit.Pass):
    """Compute ``math.tanh`` and ``math.erf`` of f32 in kernels within 2.3 units in the last place, as vector code.

    For machines with fused multiplication and addition. Runs at phase ``executable-sources``.
    """

    name = "mypipeline-precise-functions"
    anchor = "builtin.module"
    acts_on = ("math.tanh", "math.erf")
    rewritten = Statistic("functions written out")

    def run(self, op: ir.Operation) -> None:
        for kernel in kernels(op):
            if not has_fused_arithmetic(kernel.machine):
                continue
            for each in [found for found in walk(kernel.function) if found.name in _FORMS]:
                if str(each.results[0].type) == "f32":
                    with before(each):
                        each.results[0].replace_all_uses_with(_FORMS[each.name](each.operands[0]))
                    each.erase()
                    self.rewritten.increment()


def _op(name: str, *operands: ir.Value, type: ir.Type | None = None, **attributes: ir.Attribute) -> ir.Value:  # noqa: A002
    made = ir.Operation.create(name, [type or operands[-1].type], list(operands), attributes)
    return made.results[0]


def _fma(a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
    return _op("math.fma", a, b, c)


def _number(value: float) -> ir.Value:
    return constant(value, ir.F32Type.get())


def _size(x: ir.Value, limit: float) -> ir.Value:
    """``|x|``, at most ``limit``; NaN stays."""
    size, most = _op("math.absf", x), _number(limit)
    predicate = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), _GREATER)
    beyond = _op("arith.cmpf", size, most, type=ir.IntegerType.get_signless(1), predicate=predicate)
    return _op("arith.select", beyond, most, size)


def _polynomial(coefficients: tuple[float, ...], x: ir.Value) -> ir.Value:
    value = _number(coefficients[0])
    for each in coefficients[1:]:
        value = _fma(value, x, _number(each))
    return value


def _exponential_less_one(y: ir.Value) -> ir.Value:
    """``exp(y) - 1`` for ``y`` from -80 to 80, or NaN."""
    integer = ir.IntegerType.get_signless(32)
    rounding = _number(ROUNDING)
    shifted = _fma(y, _number(1 / math.log(2)), rounding)
    n = _op("arith.subf", shifted, rounding)
    r = _fma(n, _number(-LOG2_LOW), _fma(n, _number(-LOG2_HIGH), y))
    p = _fma(_op("arith.mulf", _polynomial(POLYNOMIAL, r), r), r, r)
    bits = _op("arith.bitcast", shifted, type=integer)
    exponent = _op("arith.shli", bits, constant(_FRACTION_BITS, integer))
    power = _op("arith.bitcast", _op("arith.addi", exponent, constant(_ONE_BITS, integer)), type=p.type)
    return _fma(power, p, _op("arith.subf", power, _number(1.0)))


def _tanh(x: ir.Value) -> ir.Value:
    size = _size(x, _TANH_LIMIT)
    e = _exponential_less_one(_op("arith.addf", size, size))
    return _op("math.copysign", _op("arith.divf", e, _op("arith.addf", e, _number(2.0))), x)


def _erf(x: ir.Value) -> ir.Value:
    size = _size(x, _ERF_LIMIT)
    negative = _op("arith.negf", size)
    e = _exponential_less_one(_fma(negative, _polynomial(_ERF, size), negative))
    return _op("math.copysign", e, x)


_FORMS: dict[str, Any] = {"math.tanh": _tanh, "math.erf": _erf}
