"""numpy arrays and dense constants."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ireekit.dialect.constraints.base import describe_python, ir_of
from ireekit.dialect.errors import ConstraintError

# numpy's (and ml_dtypes') names of dtypes that MLIR spells differently.
_NAMES = {
    "bool": "i1",
    "float16": "f16",
    "float32": "f32",
    "float64": "f64",
    "bfloat16": "bf16",
    "float8_e4m3fn": "f8E4M3FN",
    "float8_e5m2": "f8E5M2",
    "float8_e4m3fnuz": "f8E4M3FNUZ",
    "float8_e5m2fnuz": "f8E5M2FNUZ",
} | {f"{sign}int{width}": f"{mlir}{width}" for sign, mlir in (("", "i"), ("u", "ui")) for width in (8, 16, 32, 64)}
_DTYPES = {mlir: name for name, mlir in _NAMES.items()}
# Those whose memory the bindings take and give as numpy has it.
_BUFFERS = frozenset(name for name in _DTYPES if name not in {"i1", "bf16"} and not name.startswith("f8"))
_NUMBER = re.compile(r"0x[0-9A-Fa-f]+|[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?")


def dense_elements(array: np.ndarray[Any, Any], context: Any) -> Any:
    """A ``dense<...>`` constant of type ``tensor<shape x dtype>`` for a numpy array of any rank.

    Raises:
      ConstraintError: the bindings have no such element type (complex numbers among them).
    """
    name = _NAMES.get(array.dtype.name)
    if name is None:
        raise ConstraintError(f"no element type for numpy's {array.dtype.name}: {describe_python(array)}")
    module = ir_of(context)
    contiguous = np.ascontiguousarray(array).reshape(array.shape)
    if name == "i1":
        return module.DenseElementsAttr.get(contiguous, context=context)
    element = module.Type.parse(name, context=context)
    memory = contiguous if name in _BUFFERS else contiguous.view(f"u{array.dtype.itemsize}")
    return module.DenseElementsAttr.get(memory, type=element, shape=array.shape, context=context)


def numpy_of(value: Any) -> Any:
    """The array of a dense constant; the attribute itself where it is a resource or of a type numpy lacks."""
    element = str(value.type.element_type)
    dtype = _dtype(element)
    if dtype is None or type(value).__name__ not in {"DenseIntElementsAttr", "DenseFPElementsAttr"}:
        return value
    shape = tuple(value.type.shape)
    if element not in _BUFFERS and element not in {"i1", "index"}:
        return _from_text(value, dtype, shape)
    if value.is_splat and shape:
        return np.full(shape, value.get_splat_value().maybe_downcast().value, dtype)
    return np.array(value).astype(dtype, copy=False).reshape(shape)


def _dtype(element: str) -> np.dtype[Any] | None:
    name = "int64" if element == "index" else _DTYPES.get(element.removeprefix("s"))
    if name is None:
        return None
    try:
        return np.dtype(name)
    except TypeError:
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, name))


def _from_text(value: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Any:
    """Small floats, whose memory the bindings do not give: from what is printed, exact for up to 16 bits."""
    text = str(value).partition("dense<")[2].rpartition("> : ")[0]
    if text.startswith('"'):
        raw = np.frombuffer(bytes.fromhex(text.strip('"').removeprefix("0x")), dtype)
        return (np.full(shape, raw[0], dtype) if raw.size == 1 else raw.reshape(shape)).copy()
    numbers = [_number(token, dtype) for token in _NUMBER.findall(text)]
    return np.full(shape, numbers[0], dtype) if len(numbers) == 1 else np.array(numbers, dtype).reshape(shape)


def _number(token: str, dtype: np.dtype[Any]) -> Any:
    if token.startswith("0x"):
        return np.array(int(token, 16), f"u{dtype.itemsize}").view(dtype)[()]
    return np.float64(token).astype(dtype)
