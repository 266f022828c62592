"""Element types: their names in signatures, in IREE's ABI, in numpy and in the HAL."""

from __future__ import annotations

import functools
from typing import Any

import ml_dtypes
import numpy as np
from iree.runtime import HalElementType

from ireekit.errors import CapabilityError

ABI_DTYPES: dict[str, str] = {
    "i1": "bool",
    **{f"{prefix}{bits}": f"int{bits}" for prefix in ("i", "si") for bits in (8, 16, 32, 64)},
    **{f"ui{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"f{bits}": f"float{bits}" for bits in (16, 32, 64)},
    "bf16": "bfloat16",
    "f8E4M3FN": "float8_e4m3fn",
    "f8E4M3FNUZ": "float8_e4m3fnuz",
    "f8E5M2": "float8_e5m2",
    "f8E5M2FNUZ": "float8_e5m2fnuz",
    "f8E8M0FNU": "float8_e8m0fnu",
    "complex<f32>": "complex64",
    "complex<f64>": "complex128",
}
"""MLIR element type -> dtype name of a :class:`~ireekit.signature.Leaf`."""

VM_SCALARS: dict[str, str] = {
    "i1": "i32",
    "i8": "i32",
    "i16": "i32",
    "i32": "i32",
    "i64": "i64",
    "index": "i64",
    "f32": "f32",
    "f64": "f64",
}
"""MLIR type of a value passed by value -> the VM register type it travels in."""

_ELEMENT_TYPES: dict[str, HalElementType] = {
    "bool": HalElementType.BOOL_8,
    **{f"int{bits}": getattr(HalElementType, f"SINT_{bits}") for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": getattr(HalElementType, f"UINT_{bits}") for bits in (8, 16, 32, 64)},
    **{f"float{bits}": getattr(HalElementType, f"FLOAT_{bits}") for bits in (16, 32, 64)},
    "bfloat16": HalElementType.BFLOAT_16,
    "float8_e4m3fn": HalElementType.FLOAT_8_E4M3_FN,
    "float8_e4m3fnuz": HalElementType.FLOAT_8_E4M3_FNUZ,
    "float8_e5m2": HalElementType.FLOAT_8_E5M2,
    "float8_e5m2fnuz": HalElementType.FLOAT_8_E5M2_FNUZ,
    "float8_e8m0fnu": HalElementType.FLOAT_8_E8M0_FNU,
    "complex64": HalElementType.COMPLEX_64,
    "complex128": HalElementType.COMPLEX_128,
}


@functools.cache
def numpy_dtype(name: str) -> np.dtype[Any]:
    """The numpy dtype of a signature's dtype name.

    Raises:
      CapabilityError: for types that cannot cross the border of a program (sub-byte integers, strings).
    """
    if name not in _ELEMENT_TYPES:
        raise CapabilityError(
            f"values of type {name} cannot be passed in or out of a program",
            remedy="cast them inside the model to a type of whole bytes, such as int8",
        )
    return np.dtype(getattr(ml_dtypes, name)) if hasattr(ml_dtypes, name) else np.dtype(name)


@functools.cache
def element_type(dtype: np.dtype[Any]) -> HalElementType:
    """The HAL element type of a dtype that :func:`numpy_dtype` returned."""
    return _ELEMENT_TYPES[dtype.name]


@functools.cache
def carrier(dtype: np.dtype[Any]) -> np.dtype[Any] | None:
    """The integer dtype to view arrays of ``dtype`` as for the buffer protocol; None where none is needed."""
    return None if dtype.isbuiltin == 1 else np.dtype(f"u{dtype.itemsize}")
