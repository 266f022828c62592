"""``arith`` and ``math`` on floats.

Sums, products, quotients and square roots are rounded once, as IEEE 754 has it: narrow types are computed in float32,
which has more than twice their digits and two more, so that rounding again changes nothing (S. Figueroa, "When is
double rounding innocuous?", 1995). Elementary functions are computed in float64 and rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from ireekit.passes.constants import Array, ElementType

Binary: TypeAlias = Callable[[Array, Array], Array]
Unary: TypeAlias = Callable[[Array], Array]


def _wide(values: Array) -> Array:
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float32)


def _maximum(a: Array, b: Array) -> Array:
    """NaN where one is NaN; +0 above -0."""
    made = np.maximum(a, b)
    return np.where((a == 0) & (b == 0), np.where(np.signbit(a), b, a), made)


def _minimum(a: Array, b: Array) -> Array:
    made = np.minimum(a, b)
    return np.where((a == 0) & (b == 0), np.where(np.signbit(a), a, b), made)


def _number(extreme: Binary) -> Binary:
    """The other one where one is NaN."""

    def compute(a: Array, b: Array) -> Array:
        return np.where(np.isnan(a), b, np.where(np.isnan(b), a, extreme(a, b)))

    return compute


FLOAT_BINARY: dict[str, Binary] = {
    "arith.addf": np.add,
    "arith.subf": np.subtract,
    "arith.mulf": np.multiply,
    "arith.divf": np.divide,
    "arith.remf": np.fmod,
    "arith.maximumf": _maximum,
    "arith.minimumf": _minimum,
    "arith.maxnumf": _number(_maximum),
    "arith.minnumf": _number(_minimum),
    "math.copysign": np.copysign,
}

# Computed in the type itself, or in float32: exact, or rounded once.
_EXACT_UNARY: dict[str, Unary] = {
    "math.absf": np.abs,
    "math.floor": np.floor,
    "math.ceil": np.ceil,
    "math.trunc": np.trunc,
    "math.roundeven": np.rint,
    "math.sqrt": np.sqrt,
}


def _erf(values: Array) -> Array:
    import math

    return np.vectorize(math.erf, otypes=[np.float64])(values)


def _erfc(values: Array) -> Array:
    import math

    return np.vectorize(math.erfc, otypes=[np.float64])(values)


def _round_away(values: Array) -> Array:
    return np.copysign(np.floor(np.abs(values) + 0.5), values)


# Computed in float64.
_ELEMENTARY: dict[str, Unary] = {
    "math.exp": np.exp,
    "math.exp2": np.exp2,
    "math.expm1": np.expm1,
    "math.log": np.log,
    "math.log2": np.log2,
    "math.log10": np.log10,
    "math.log1p": np.log1p,
    "math.sin": np.sin,
    "math.cos": np.cos,
    "math.tan": np.tan,
    "math.asin": np.arcsin,
    "math.acos": np.arccos,
    "math.atan": np.arctan,
    "math.sinh": np.sinh,
    "math.cosh": np.cosh,
    "math.tanh": np.tanh,
    "math.asinh": np.arcsinh,
    "math.acosh": np.arccosh,
    "math.atanh": np.arctanh,
    "math.cbrt": np.cbrt,
    "math.erf": _erf,
    "math.erfc": _erfc,
    "math.rsqrt": lambda values: 1.0 / np.sqrt(values),
}
_ELEMENTARY_BINARY: dict[str, Binary] = {"math.powf": np.power, "math.atan2": np.arctan2}

FLOAT_UNARY_OPS = frozenset({*_EXACT_UNARY, *_ELEMENTARY, "arith.negf", "math.round"})
FLOAT_BINARY_OPS = frozenset({*FLOAT_BINARY, *_ELEMENTARY_BINARY})


def float_unary(name: str, a: Array, element: ElementType) -> Array | None:
    """One operand, of ``element``."""
    if name == "arith.negf":
        return _flip_sign(a, element)
    with np.errstate(all="ignore"):
        if name == "math.round":
            return _round_away(a.astype(np.float64)).astype(element.dtype) if element.dtype != np.float64 else None
        if name in _EXACT_UNARY:
            return _EXACT_UNARY[name](_wide(a)).astype(element.dtype)
        return _ELEMENTARY[name](a.astype(np.float64)).astype(element.dtype)


def float_binary(name: str, a: Array, b: Array, element: ElementType) -> Array:
    """Two operands, of ``element``."""
    with np.errstate(all="ignore"):
        if name in FLOAT_BINARY:
            return FLOAT_BINARY[name](_wide(a), _wide(b)).astype(element.dtype)
        return _ELEMENTARY_BINARY[name](a.astype(np.float64), b.astype(np.float64)).astype(element.dtype)


def _flip_sign(a: Array, element: ElementType) -> Array | None:
    """The sign bit changed, of NaNs too."""
    if element.text.endswith("FNUZ") or element.text == "f8E8M0FNU":
        return None  # these have no negative zero, or no sign
    size = element.dtype.itemsize
    bits = np.ascontiguousarray(a).view(f"uint{size * 8}")
    return (bits ^ bits.dtype.type(1 << (size * 8 - 1))).view(element.dtype)


def _ordered(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    return lambda a, b, unordered: function(a, b) & ~unordered


def _unordered(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    return lambda a, b, unordered: function(a, b) | unordered


_ORDER: tuple[Callable[[Any, Any], Any], ...] = (
    np.equal,
    np.greater,
    np.greater_equal,
    np.less,
    np.less_equal,
    np.not_equal,
)
# arith.cmpf: false, o{eq,gt,ge,lt,le,ne}, ord, u{eq,gt,ge,lt,le,ne}, uno, true.
_COMPARISONS: tuple[Callable[[Any, Any, Any], Any], ...] = (
    lambda _a, _b, unordered: np.zeros_like(unordered),
    *map(_ordered, _ORDER),
    lambda _a, _b, unordered: ~unordered,
    *map(_unordered, _ORDER),
    lambda _a, _b, unordered: unordered,
    lambda _a, _b, unordered: np.ones_like(unordered),
)


def compare_floats(predicate: int, a: Array, b: Array) -> Array:
    """``arith.cmpf``; 0 or 1."""
    x, y = _wide(a), _wide(b)
    return np.asarray(_COMPARISONS[predicate](x, y, np.isnan(x) | np.isnan(y))).astype(np.int8)
