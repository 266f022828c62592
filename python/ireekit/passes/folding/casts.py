"""Conversions between integer and float types."""

from __future__ import annotations

import numpy as np

from ireekit.passes.constants import Array, ElementType
from ireekit.passes.folding.integers import as_signed, as_unsigned

CAST_OPS = frozenset(
    {
        "arith.extsi",
        "arith.extui",
        "arith.trunci",
        "arith.index_cast",
        "arith.index_castui",
        "arith.sitofp",
        "arith.uitofp",
        "arith.fptosi",
        "arith.fptoui",
        "arith.extf",
        "arith.truncf",
        "arith.bitcast",
    }
)


def cast(name: str, a: Array, source: ElementType, target: ElementType) -> Array | None:
    """``None`` where the result is poison, or would be rounded twice."""
    if name == "arith.bitcast":
        return _bitcast(a, source, target)
    if name in ("arith.extui", "arith.index_castui"):
        return target.wrap(as_unsigned(a, source).view(np.int64))
    if source.is_integer and target.is_integer:
        return target.wrap(as_signed(a, source))
    if name in ("arith.sitofp", "arith.uitofp"):
        values = as_signed(a, source) if name == "arith.sitofp" else as_unsigned(a, source)
        return _to_float(values, target)
    if name in ("arith.fptosi", "arith.fptoui"):
        return _to_integer(a, target, signed=name == "arith.fptosi")
    with np.errstate(all="ignore"):
        return a.astype(target.dtype)


def _to_float(values: Array, target: ElementType) -> Array | None:
    if target.text in ("f32", "f64"):
        return values.astype(target.dtype)
    wide = values.astype(np.float64)
    # Above 2**53 the way through float64 could round twice.
    return None if np.any(np.abs(wide) >= 2.0**53) else _narrow(wide, target)


def _narrow(wide: Array, target: ElementType) -> Array | None:
    narrow = wide.astype(np.float32)
    if target.dtype == np.float16:
        return wide.astype(np.float16)
    return narrow.astype(target.dtype) if np.array_equal(narrow.astype(np.float64), wide) else None


def _to_integer(a: Array, target: ElementType, *, signed: bool) -> Array | None:
    values = np.trunc(a.astype(np.float64))
    low = -(2.0 ** (target.bits - 1)) if signed else 0.0
    high = 2.0 ** (target.bits - 1 if signed else target.bits)
    if not np.all((values >= low) & (values < high)):
        return None
    made = values.astype(np.int64) if signed else values.astype(np.uint64).view(np.int64)
    return target.wrap(made)


def _bitcast(a: Array, source: ElementType, target: ElementType) -> Array | None:
    size = source.dtype.itemsize
    whole = all(each.bits in (0, 8, 16, 32, 64) for each in (source, target))
    return np.ascontiguousarray(a).view(target.dtype) if whole and size == target.dtype.itemsize else None
