"""``arith`` on integers, exact, in two's complement; whatever is undefined or poison is not folded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from ireekit.passes.constants import Array, ElementType

Binary: TypeAlias = Callable[[Array, Array, ElementType], Array | None]


def _unsigned(values: Array, element: ElementType) -> Array:
    """The same bits as numbers from 0 on."""
    wide = values.astype(np.uint64) if element.bits == 64 else values.astype(np.int64)
    return wide if element.bits == 64 else (wide & ((1 << element.bits) - 1)).astype(np.uint64)


def _signed(values: Array, element: ElementType) -> Array:
    """As signed 64-bit numbers; an ``i1`` of 1 is -1."""
    wide = values.astype(np.int64)
    return -wide if element.bits == 1 else wide


def _minimum(element: ElementType) -> int:
    return -(1 << (element.bits - 1))


def _wrapping(function: Callable[[Array, Array], Array]) -> Binary:
    def compute(a: Array, b: Array, element: ElementType) -> Array:
        with np.errstate(over="ignore"):
            return element.wrap(function(a.astype(np.int64), b.astype(np.int64)))

    return compute


def _divide_signed(a: Array, b: Array, element: ElementType) -> tuple[Array, Array] | None:
    """Quotient towards zero and remainder; ``None`` for a division by zero or one that overflows."""
    x, y = np.broadcast_arrays(_signed(a, element), _signed(b, element))
    if np.any(y == 0) or np.any((x == _minimum(element)) & (y == -1)):
        return None
    floor = x // y
    remainder = x - floor * y
    towards_zero = floor + ((remainder != 0) & ((x < 0) != (y < 0)))
    return towards_zero, x - towards_zero * y


def _signed_division(pick: int) -> Binary:
    def compute(a: Array, b: Array, element: ElementType) -> Array | None:
        made = _divide_signed(a, b, element)
        return None if made is None else element.wrap(made[pick])

    return compute


def _rounded_division(up: bool) -> Binary:
    def compute(a: Array, b: Array, element: ElementType) -> Array | None:
        made = _divide_signed(a, b, element)
        if made is None:
            return None
        quotient, remainder = made
        x, y = np.broadcast_arrays(_signed(a, element), _signed(b, element))
        same_sign = (x < 0) == (y < 0)
        step = (
            ((remainder != 0) & same_sign).astype(np.int64) if up else -((remainder != 0) & ~same_sign).astype(np.int64)
        )
        return element.wrap(quotient + step)

    return compute


def _unsigned_operation(function: Callable[[Array, Array], Array], *, divides: bool = False) -> Binary:
    def compute(a: Array, b: Array, element: ElementType) -> Array | None:
        x, y = _unsigned(a, element), _unsigned(b, element)
        if divides and np.any(y == 0):
            return None
        return element.wrap(function(x, y).astype(np.uint64).view(np.int64))

    return compute


def _ceil_unsigned(x: Array, y: Array) -> Array:
    return x // y + (x % y != 0).astype(np.uint64)


def _shift(function: Callable[[Array, Array], Array], *, signed: bool) -> Binary:
    def compute(a: Array, b: Array, element: ElementType) -> Array | None:
        amount = _unsigned(b, element)
        if np.any(amount >= element.bits):
            return None  # poison
        if signed:
            return element.wrap(function(_signed(a, element), amount.astype(np.int64)))
        return element.wrap(function(_unsigned(a, element), amount).astype(np.uint64).view(np.int64))

    return compute


def _extreme(function: Any, *, signed: bool) -> Binary:
    def compute(a: Array, b: Array, element: ElementType) -> Array:
        read = _signed if signed else _unsigned
        made = function(read(a, element), read(b, element))
        return element.wrap(made if signed else made.view(np.int64))

    return compute


INTEGER_BINARY: dict[str, Binary] = {
    "arith.addi": _wrapping(np.add),
    "arith.subi": _wrapping(np.subtract),
    "arith.muli": _wrapping(np.multiply),
    "arith.andi": _wrapping(np.bitwise_and),
    "arith.ori": _wrapping(np.bitwise_or),
    "arith.xori": _wrapping(np.bitwise_xor),
    "arith.divsi": _signed_division(0),
    "arith.remsi": _signed_division(1),
    "arith.floordivsi": _rounded_division(up=False),
    "arith.ceildivsi": _rounded_division(up=True),
    "arith.divui": _unsigned_operation(np.floor_divide, divides=True),
    "arith.remui": _unsigned_operation(np.remainder, divides=True),
    "arith.ceildivui": _unsigned_operation(_ceil_unsigned, divides=True),
    "arith.shli": _shift(np.left_shift, signed=False),
    "arith.shrui": _shift(np.right_shift, signed=False),
    "arith.shrsi": _shift(np.right_shift, signed=True),
    "arith.maxsi": _extreme(np.maximum, signed=True),
    "arith.minsi": _extreme(np.minimum, signed=True),
    "arith.maxui": _extreme(np.maximum, signed=False),
    "arith.minui": _extreme(np.minimum, signed=False),
}

_COMPARISONS: tuple[tuple[Callable[[Any, Any], Any], bool], ...] = (
    (np.equal, True),
    (np.not_equal, True),
    (np.less, True),
    (np.less_equal, True),
    (np.greater, True),
    (np.greater_equal, True),
    (np.less, False),
    (np.less_equal, False),
    (np.greater, False),
    (np.greater_equal, False),
)


def compare_integers(predicate: int, a: Array, b: Array, element: ElementType) -> Array:
    """``arith.cmpi``; 0 or 1."""
    function, signed = _COMPARISONS[predicate]
    read = _signed if signed else _unsigned
    return function(read(a, element), read(b, element)).astype(np.int8)


def absolute(a: Array, element: ElementType) -> Array | None:
    """``math.absi``; the smallest number has none."""
    values = _signed(a, element)
    return None if np.any(values == _minimum(element)) else element.wrap(np.abs(values))


def count_leading_zeros(a: Array, element: ElementType) -> Array:
    values = _unsigned(a, element)
    count = np.full(values.shape, element.bits, np.int64)
    for bit in range(element.bits):
        count = np.where((values >> np.uint64(bit)) & np.uint64(1), element.bits - 1 - bit, count)
    return element.wrap(count)


def count_trailing_zeros(a: Array, element: ElementType) -> Array:
    values = _unsigned(a, element)
    count = np.full(values.shape, element.bits, np.int64)
    for bit in reversed(range(element.bits)):
        count = np.where((values >> np.uint64(bit)) & np.uint64(1), bit, count)
    return element.wrap(count)


def population_count(a: Array, element: ElementType) -> Array:
    values = _unsigned(a, element)
    count = np.zeros(values.shape, np.int64)
    for bit in range(element.bits):
        count = count + ((values >> np.uint64(bit)) & np.uint64(1)).astype(np.int64)
    return element.wrap(count)


INTEGER_UNARY: dict[str, Callable[[Array, ElementType], Array | None]] = {
    "math.absi": absolute,
    "math.ctlz": count_leading_zeros,
    "math.cttz": count_trailing_zeros,
    "math.ctpop": population_count,
}


def as_signed(a: Array, element: ElementType) -> Array:
    """The numbers that signless integers are as signed ones, in int64."""
    return _signed(a, element)


def as_unsigned(a: Array, element: ElementType) -> Array:
    """The numbers that signless integers are as unsigned ones, in uint64."""
    return _unsigned(a, element)
