"""IR types of arguments and results as :class:`ireekit.signature.Leaf`: builtin, torch and VHLO types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ireekit.frontends.imported import F64_FLAG
from ireekit.signature import Dim, EntryPoint, Leaf

if TYPE_CHECKING:
    from iree.compiler import ir

ELEMENT_DTYPES = {
    "i1": "bool",
    "i2": "int2",
    "i4": "int4",
    "i8": "int8",
    "i16": "int16",
    "i32": "int32",
    "i64": "int64",
    "ui2": "uint2",
    "ui4": "uint4",
    "ui8": "uint8",
    "ui16": "uint16",
    "ui32": "uint32",
    "ui64": "uint64",
    "f16": "float16",
    "bf16": "bfloat16",
    "f32": "float32",
    "f64": "float64",
    "complex<f32>": "complex64",
    "complex<f64>": "complex128",
    "index": "int64",
    "f4E2M1FN": "float4_e2m1fn",
    "f6E2M3FN": "float6_e2m3fn",
    "f6E3M2FN": "float6_e3m2fn",
    "f8E3M4": "float8_e3m4",
    "f8E4M3": "float8_e4m3",
    "f8E4M3FN": "float8_e4m3fn",
    "f8E4M3FNUZ": "float8_e4m3fnuz",
    "f8E4M3B11FNUZ": "float8_e4m3b11fnuz",
    "f8E5M2": "float8_e5m2",
    "f8E5M2FNUZ": "float8_e5m2fnuz",
    "f8E8M0FNU": "float8_e8m0fnu",
}
"""MLIR element type to numpy or ml_dtypes name; signed (``si8``) and signless integers are the same."""

_SCALAR_TYPES = {
    "i1": "i32",
    "i8": "i32",
    "i16": "i32",
    "i32": "i32",
    "i64": "i64",
    "index": "i64",
    "f32": "f32",
    "f64": "f64",
    "!torch.int": "i64",
    "!torch.float": "f64",
    "!torch.bool": "i32",
}
"""Types of values passed by value to the VM type that carries them."""

_BUILTIN_TENSOR = re.compile(r"tensor<((?:(?:\d+|\?)x)*)([^,]+?)(?:, .*)?>")
_TORCH_TENSOR = re.compile(r"!torch\.v?tensor<\[([^\]]*)\],(.+)>")
_VHLO_TENSOR = re.compile(r"!vhlo\.tensor_v1<((?:(?:\d+|\?)x)*)!vhlo\.(.+?)(?:, .*)?>")
_VHLO_COMPLEX = re.compile(r"complex_v1<!vhlo\.(\w+?)_v1>")

_TENSOR_OF_F64 = re.compile(r"tensor.*\bf64\b|x(?:complex<)?f64|,f64>|f64_v1")


def leaf_of_type(name: str, ir_type: object) -> Leaf | None:
    """``ir_type`` (an ``ir.Type`` or its text) as a leaf; ``None`` where programs cannot take it."""
    text = str(ir_type)
    if text in _SCALAR_TYPES:
        return Leaf(name, _SCALAR_TYPES[text], None)
    if match := _BUILTIN_TENSOR.fullmatch(text):
        return _leaf(name, match[1].split("x")[:-1], match[2])
    if match := _TORCH_TENSOR.fullmatch(text):
        return _leaf(name, [dim for dim in match[1].split(",") if dim], match[2])
    if match := _VHLO_TENSOR.fullmatch(text):
        return _leaf(name, match[1].split("x")[:-1], _vhlo_element(match[2]))
    return None


def _leaf(name: str, dims: Sequence[str], element: str) -> Leaf | None:
    dtype = ELEMENT_DTYPES.get(element.removeprefix("s") if element.startswith("si") else element)
    if dtype is None:
        return None
    shape: tuple[Dim, ...] = tuple(dim if dim == "?" else int(dim) for dim in dims)
    return Leaf(name, dtype, shape)


def _vhlo_element(text: str) -> str:
    if match := _VHLO_COMPLEX.fullmatch(text):
        return f"complex<{match[1]}>"
    element = text.removesuffix("_v1")
    if element == "bool":
        return "i1"
    return re.sub(r"^f(\d+)_e(\d+)m(\d+)(\w*)$", _small_float, element, flags=re.IGNORECASE)


def _small_float(match: re.Match[str]) -> str:
    return f"f{match[1]}E{match[2]}M{match[3]}{match[4].upper()}"


def flags_for(module: ir.Module, entry_points: Sequence[EntryPoint]) -> tuple[str, ...]:
    """Compiler flags that the types in ``module`` and in its signatures call for."""
    leaves = [leaf for entry in entry_points for leaf in (*entry.inputs, *entry.results)]
    wide = any(leaf.dtype in ("float64", "complex128", "f64") for leaf in leaves)
    return (F64_FLAG,) if wide or _computes_f64(module) else ()


def _computes_f64(module: ir.Module) -> bool:
    from iree.compiler import ir

    seen: dict[ir.Type, bool] = {}

    def visit(op: ir.Operation) -> ir.WalkResult:
        for result in op.results:
            type_ = result.type
            if type_ not in seen:
                seen[type_] = _TENSOR_OF_F64.search(str(type_)) is not None
            if seen[type_]:
                return ir.WalkResult.INTERRUPT
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    return any(seen.values())


def unique_names(names: Sequence[str]) -> list[str]:
    """``names`` with ``_2``, ``_3``, ... added to repeated ones."""
    seen: dict[str, int] = {}
    taken = set(names)
    unique: list[str] = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        candidate = name
        while seen[name] > 1 and candidate in taken:
            candidate = f"{name}_{seen[name]}"
            seen[name] += candidate in taken
        taken.add(candidate)
        unique.append(candidate)
    return unique


def as_text(value: Any) -> str:
    """The text of a string attribute."""
    return str(value.value) if hasattr(value, "value") else str(value).strip('"')
