"""Tensors of a model as IR: literals, references into an archive, or mutable globals.

A tensor is known by the storage it looks at, so tied weights and buffers shared by several entry points become
one literal, one archive entry or one global.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import numpy as np
import torch
from iree.compiler import ir

from ireekit.errors import ModelImportError
from ireekit.frontends.archive import PendingTensor

IrValue: TypeAlias = "ir.Value[Any]"

TensorKey: TypeAlias = tuple[int, int, tuple[int, ...], tuple[int, ...], torch.dtype]

_ELEMENT_TYPES: dict[torch.dtype, str] = {
    torch.float16: "f16",
    torch.bfloat16: "bf16",
    torch.float32: "f32",
    torch.float64: "f64",
    torch.complex64: "complex<f32>",
    torch.complex128: "complex<f64>",
    torch.bool: "i1",
    torch.int8: "i8",
    torch.uint8: "i8",
    torch.int16: "i16",
    torch.uint16: "i16",
    torch.int32: "i32",
    torch.uint32: "i32",
    torch.int64: "i64",
    torch.uint64: "i64",
    torch.float8_e4m3fn: "f8E4M3FN",
    torch.float8_e4m3fnuz: "f8E4M3FNUZ",
    torch.float8_e5m2: "f8E5M2",
    torch.float8_e5m2fnuz: "f8E5M2FNUZ",
    torch.float8_e8m0fnu: "f8E8M0FNU",
}


def tensor_key(tensor: torch.Tensor) -> TensorKey:
    """Equal for tensors that look at the same elements of the same storage in the same way."""
    storage = tensor.untyped_storage().data_ptr()
    return storage, int(tensor.storage_offset()), tuple(tensor.shape), tuple(tensor.stride()), tensor.dtype


# Bytes. Small constants are folded and copied into kernels, which not every pass can do with resources.
_SMALL = 4096

# torch's ScalarType numbers.
_TORCH_UINT8 = 0
_TORCH_BOOL = 11


@dataclass
class Global:
    """A tensor held in a ``util.global``.

    Attributes:
      symbol: of the global.
      stored_type: the builtin tensor type it has.
    """

    symbol: str
    stored_type: ir.Type


@dataclass
class WeightTable:
    """Makes the IR of every tensor of a module, once each.

    Attributes:
      module: receives the globals.
      mutable: tensors some entry point writes.
      external: whether large tensors go into an archive.
      externalize_above: bytes; tensors of at most that size stay inside.
      scope: of the archive.
    """

    module: ir.Module
    mutable: Collection[TensorKey]
    external: bool
    externalize_above: int
    scope: str
    archived: dict[str, PendingTensor] = field(default_factory=dict[str, PendingTensor])
    retained: list[Any] = field(default_factory=list[Any])
    _globals: dict[TensorKey, Global] = field(default_factory=dict[TensorKey, Global])
    _literals: dict[TensorKey, ir.Attribute] = field(default_factory=dict[TensorKey, ir.Attribute])
    _symbols: set[str] = field(default_factory=set[str])

    def value(self, tensor: torch.Tensor, name: str, torch_type: ir.Type) -> IrValue:
        """The current value of ``tensor`` as a ``torch_type``, at the current insertion point."""
        key = tensor_key(tensor)
        if key not in self.mutable and not self._is_external(tensor):
            return self._constant(key, tensor, name, torch_type)
        place = self._global(key, tensor, name)
        immutable = {} if key in self.mutable else {"is_immutable": ir.UnitAttr.get()}
        loaded = _operation(
            "util.global.load", place.stored_type, global_=ir.FlatSymbolRefAttr.get(place.symbol), **immutable
        )
        if tensor.dtype == torch.bool:
            return _to_bool(loaded, tensor, torch_type)
        return _convert("torch_c.from_builtin_tensor", loaded, torch_type)

    def store(self, tensor: torch.Tensor, name: str, value: IrValue) -> None:
        """Make ``value``, a ``!torch.vtensor``, the new value of ``tensor``."""
        place = self._global(tensor_key(tensor), tensor, name)
        if tensor.dtype == torch.bool:
            value = _from_bool(value, tensor)
        ir.Operation.create(
            "util.global.store",
            operands=[_convert("torch_c.to_builtin_tensor", value, place.stored_type)],
            attributes={"global": ir.FlatSymbolRefAttr.get(place.symbol)},
        )

    def _is_external(self, tensor: torch.Tensor) -> bool:
        return self.external and tensor.nbytes > self.externalize_above

    def _constant(self, key: TensorKey, tensor: torch.Tensor, name: str, torch_type: ir.Type) -> IrValue:
        if key not in self._literals:
            self._literals[key] = self._elements(_storable(tensor), name, signed=True)
            self.retained.append(tensor)
        attribute = self._literals[key]
        if tensor.dtype != torch.bool:
            return _operation("torch.vtensor.literal", torch_type, value=attribute)
        bytes_ = _operation("torch.vtensor.literal", _bytes_type(tensor), value=attribute)
        return _convert_element_type(bytes_, torch_type, _TORCH_BOOL)

    def _global(self, key: TensorKey, tensor: torch.Tensor, name: str) -> Global:
        if key in self._globals:
            return self._globals[key]
        stored = _storable(tensor)
        stored_type = builtin_type(stored)
        symbol = self._unique(re.sub(r"\W", "_", name))
        if self._is_external(tensor):
            archive_key = self._archive_key(name)
            self.archived[archive_key] = _pending(stored)
            initial = ir.Attribute.parse(
                f"#flow.parameter.named<{_quoted(self.scope)}::{_quoted(archive_key)}> : {stored_type}"
            )
        else:
            initial = self._elements(stored.clone(), name, signed=False)
        attributes: dict[str, ir.Attribute] = {
            "sym_name": ir.StringAttr.get(symbol),
            "sym_visibility": ir.StringAttr.get("private"),
            "type": ir.TypeAttr.get(stored_type),
            "initial_value": initial,
        }
        if key in self.mutable:
            attributes["is_mutable"] = ir.UnitAttr.get()
        ir.Operation.create("util.global", attributes=attributes, ip=ir.InsertionPoint.at_block_begin(self.module.body))
        self._globals[key] = Global(symbol, stored_type)
        self.retained.append(tensor)
        return self._globals[key]

    def _unique(self, symbol: str) -> str:
        taken = {
            *self._symbols,
            *(ir.StringAttr(op.attributes["sym_name"]).value for op in self.module.body if "sym_name" in op.attributes),
        }
        unique, count = symbol, 0
        while unique in taken:
            count += 1
            unique = f"{symbol}_{count}"
        self._symbols.add(unique)
        return unique

    def _archive_key(self, name: str) -> str:
        unique, count = name, 0
        while unique in self.archived:
            count += 1
            unique = f"{name}.{count}"
        return unique

    def _elements(self, tensor: torch.Tensor, name: str, *, signed: bool) -> ir.Attribute:
        """``tensor`` as a constant attribute that refers to its memory, without a copy where that can be."""
        element_type = _element_type(tensor.dtype, signed=signed)
        shaped = ir.RankedTensorType.get(tuple(tensor.shape), element_type)
        data = to_bytes(tensor)
        unit = tensor.element_size()
        if not data.size:
            return ir.Attribute.parse(f"dense<> : {shaped}")
        if _is_splat(data, unit):
            return _dense(data[:unit], unit, element_type, tensor.shape)
        if data.size <= _SMALL:
            return _dense(data, unit, element_type, tensor.shape)
        self.retained.append(data)
        return ir.DenseResourceElementsAttr.get_from_buffer(cast("Any", data), name, shaped, alignment=64)


def _pending(tensor: torch.Tensor) -> PendingTensor:
    dtype = str(tensor.dtype).removeprefix("torch.")
    return PendingTensor(dtype, tuple(tensor.shape), tensor.nbytes, lambda: to_bytes(tensor))


def to_bytes(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """The elements of a tensor in row-major order, one byte each item; shares its memory if it is contiguous.

    Raises:
      ModelImportError: the tensor has no values (meta device), or is not dense.
    """
    if tensor.is_meta or tensor.layout != torch.strided:
        kind = "on the meta device" if tensor.is_meta else f"in {tensor.layout} layout"
        raise ModelImportError(
            f"a weight of shape {tuple(tensor.shape)} is {kind}: it has no plain values",
            remedy="load the model with real, dense weights before compiling it",
        )
    flat = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy()


def builtin_type(tensor: torch.Tensor) -> ir.Type:
    """The builtin tensor type of ``tensor``, integers signless."""
    return ir.RankedTensorType.get(tuple(tensor.shape), _element_type(tensor.dtype, signed=False))


def _element_type(dtype: torch.dtype, *, signed: bool) -> ir.Type:
    name = _ELEMENT_TYPES.get(dtype)
    if name is None:
        raise ModelImportError(f"tensors of {dtype} cannot be compiled", remedy="convert the model to another dtype")
    if signed and dtype != torch.bool and name.startswith("i"):
        return ir.Type.parse(("s" if dtype.is_signed else "u") + name)
    return ir.Type.parse(name)


def _is_splat(data: np.ndarray[Any, Any], unit: int) -> bool:
    """Whether all elements, of ``unit`` bytes each, are equal."""
    rows = data.reshape(-1, unit)
    # Look at few before all: most weights are told apart by their second element.
    return bool((rows[:16] == rows[0]).all()) and bool((rows == rows[0]).all())


def _dense(data: np.ndarray[Any, Any], unit: int, element_type: ir.Type, shape: Sequence[int]) -> ir.Attribute:
    carrier = data.view({1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64, 16: np.complex128}[unit])
    if isinstance(element_type, ir.ComplexType) and unit == 8:
        carrier = data.view(np.complex64)
    return ir.DenseElementsAttr.get(cast("Any", carrier), type=element_type, shape=list(shape))


def _operation(name: str, result: ir.Type, *operands: IrValue, **attributes: ir.Attribute) -> IrValue:
    """Create an operation with one result; a trailing underscore of an attribute name is dropped."""
    table = {key.rstrip("_"): value for key, value in attributes.items()}
    return ir.Operation.create(name, results=[result], operands=list(operands), attributes=table).result


def _convert(name: str, value: IrValue, result: ir.Type) -> IrValue:
    return _operation(name, result, value)


def _storable(tensor: torch.Tensor) -> torch.Tensor:
    """Truth values as bytes, as literals, globals and archives hold them; everything else as it is."""
    return tensor.view(torch.uint8) if tensor.dtype == torch.bool else tensor


def _bytes_type(tensor: torch.Tensor) -> ir.Type:
    return ir.Type.parse(f"!torch.vtensor<[{','.join(map(str, tensor.shape))}],ui8>")


def _to_bool(loaded: IrValue, tensor: torch.Tensor, torch_type: ir.Type) -> IrValue:
    bytes_ = _convert("torch_c.from_builtin_tensor", loaded, _bytes_type(tensor))
    return _convert_element_type(bytes_, torch_type, _TORCH_BOOL)


def _from_bool(value: IrValue, tensor: torch.Tensor) -> IrValue:
    return _convert_element_type(value, _bytes_type(tensor), _TORCH_UINT8)


def _convert_element_type(value: IrValue, result: ir.Type, scalar_type: int) -> IrValue:
    number = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), scalar_type)
    dtype = _operation("torch.constant.int", ir.Type.parse("!torch.int"), value=number)
    return _operation("torch.prims.convert_element_type", result, value, dtype)


def _quoted(text: str) -> str:
    return str(ir.StringAttr.get(text))
