"""Constant attributes as numpy arrays and back, without blowing splats up.

Every integer and float element type is read and written: ``i1`` to ``i64`` and ``index`` as the next wider numpy type,
``bf16`` and the 8-bit floats through ``ml_dtypes``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ireekit.bindings.elements import dense_bytes, dense_from_memory, resource_bytes
from ireekit.passes.uses import defining_op

if TYPE_CHECKING:
    from iree.compiler import ir

Array: TypeAlias = np.ndarray[Any, Any]

_FLOATS = {
    "f64": "float64",
    "f32": "float32",
    "f16": "float16",
    "bf16": "bfloat16",
    "f8E4M3FN": "float8_e4m3fn",
    "f8E5M2": "float8_e5m2",
    "f8E4M3FNUZ": "float8_e4m3fnuz",
    "f8E5M2FNUZ": "float8_e5m2fnuz",
    "f8E4M3B11FNUZ": "float8_e4m3b11fnuz",
    "f8E4M3": "float8_e4m3",
    "f8E3M4": "float8_e3m4",
    "f8E8M0FNU": "float8_e8m0fnu",
}
_INTEGER = re.compile(r"([us]?)i(\d+)$")


@dataclass(frozen=True)
class ElementType:
    """How elements of one type are computed with and stored.

    Attributes:
      text: of the type in MLIR.
      dtype: of numpy; for integers the signed one that is wide enough.
      bits: of an integer (64 for ``index``); 0 for floats.
      unsigned: whether the type itself says so (``ui8``); signless integers are taken as signed.
    """

    text: str
    dtype: np.dtype[Any]
    bits: int = 0
    unsigned: bool = False

    @property
    def stored_bytes(self) -> int:
        """Bytes of an element in a dense attribute."""
        return (self.bits + 7) // 8 or self.dtype.itemsize

    def unpack(self, data: bytes | memoryview) -> Array:
        """The elements of a dense attribute from its bytes; may share memory with them."""
        if self.stored_bytes == self.dtype.itemsize:
            return self.wrap(np.frombuffer(data, self.dtype))
        rows = np.frombuffer(data, np.uint8).reshape(-1, self.stored_bytes)
        padded = np.zeros((len(rows), self.dtype.itemsize), np.uint8)
        padded[:, : self.stored_bytes] = rows
        return self.wrap(padded.reshape(-1).view(self.dtype))

    def pack(self, values: Array) -> Array:
        """The bytes of a dense attribute with these elements, contiguous; may share memory with them."""
        if self.is_integer and self.bits < self.dtype.itemsize * 8:
            values = values & values.dtype.type((1 << self.bits) - 1)
        flat = np.ascontiguousarray(values).reshape(-1)
        if self.stored_bytes == self.dtype.itemsize:
            return flat
        stored = flat.view(np.uint8).reshape(-1, self.dtype.itemsize)[:, : self.stored_bytes]
        return np.ascontiguousarray(stored).reshape(-1)

    @property
    def is_integer(self) -> bool:
        return self.bits > 0

    def wrap(self, values: Array) -> Array:
        """Integers reduced to ``bits``, in two's complement; may share memory with ``values``."""
        if not self.is_integer or self.bits == self.dtype.itemsize * 8:
            return values.astype(self.dtype, copy=False)
        if self.bits == 1:
            return (values & 1).astype(self.dtype)
        shift = self.dtype.itemsize * 8 - self.bits
        wide = values.astype(self.dtype)
        return (wide << shift) >> shift


@dataclass(frozen=True)
class Constant:
    """A constant with its shape; of a splat only one element is kept.

    Attributes:
      array: of the shape of ``type``, or of as many ones for a splat; ``i1`` is 0 or 1 in int8. Not to be written to:
        it may be the memory of the program.
      type: a shaped type, or an element type for a scalar.
    """

    array: Array
    type: ir.Type
    element: ElementType

    @property
    def shape(self) -> tuple[int, ...]:
        return shape_of(self.type)

    @property
    def is_splat(self) -> bool:
        return self.array.shape != self.shape

    def broadcast(self) -> Array:
        """All elements; those of a splat share memory."""
        return np.broadcast_to(self.array, self.shape)


def element_type(type: ir.Type) -> ElementType | None:  # noqa: A002 (the field's own term)
    """How to compute with elements of ``type``, scalar or shaped; ``None`` for others (complex, wider than 64)."""
    import ml_dtypes

    shaped: Any = type
    text = str(shaped.element_type if hasattr(type, "has_static_shape") else type)
    if text == "index":
        return ElementType(text, np.dtype(np.int64), 64)
    if text in _FLOATS:
        name = _FLOATS[text]
        found = getattr(ml_dtypes, name, None) or getattr(np, name, None)
        return None if found is None else ElementType(text, np.dtype(found))
    match = _INTEGER.match(text)
    if match is None or not 1 <= int(match[2]) <= 64:
        return None
    bits = int(match[2])
    size = next(size for size in (8, 16, 32, 64) if size >= bits)
    unsigned = match[1] == "u"
    return ElementType(text, np.dtype(f"{'u' if unsigned else ''}int{size}"), bits, unsigned)


def shape_of(type: Any) -> tuple[int, ...]:  # noqa: A002
    """The static shape of a shaped type; of scalar types ``()``.

    Raises:
      ValueError: a dimension is dynamic.
    """
    if not hasattr(type, "has_static_shape"):
        return ()
    if not type.has_static_shape:
        raise ValueError(f"{type} has no static shape")
    return tuple(type.shape)


def read_constant(attribute: Any) -> Constant | None:
    """A constant attribute (integer, float, boolean, dense elements, dense resource) as numpy; ``None`` for others."""
    from iree.compiler import ir

    type: Any = getattr(attribute, "type", None)  # noqa: A001
    element = None if type is None else element_type(type)
    if type is None or element is None or (hasattr(type, "has_static_shape") and not type.has_static_shape):
        return None
    if isinstance(attribute, ir.DenseElementsAttr):
        shape = shape_of(type)
        if attribute.is_splat:
            one = element.unpack(dense_bytes(attribute, element.stored_bytes))
            return Constant(one.reshape((1,) * len(shape)), type, element)
        values = element.unpack(dense_bytes(attribute, element.stored_bytes * int(np.prod(shape))))
        return Constant(values.reshape(shape), type, element)
    resource = _as_resource(attribute)
    if resource is not None:
        return _read_resource(resource, type, element)
    if isinstance(attribute, ir.IntegerAttr | ir.BoolAttr | ir.FloatAttr):
        value: Any = attribute.value
        held = np.array(int(value), np.object_) if element.is_integer else np.array(value)
        if element.is_integer:
            mask = (1 << (element.dtype.itemsize * 8)) - 1
            held = np.array(int(value) & mask, f"uint{element.dtype.itemsize * 8}").view(element.dtype)
        return Constant(element.wrap(held), type, element)
    return None


def constant_value(value: Any) -> Constant | None:
    """The constant that an SSA value is, from the ``value`` attribute of the operation that makes it, or ``None``."""
    operation = defining_op(value)
    if operation is None or operation.name not in CONSTANT_OPS or "value" not in operation.attributes:
        return None
    found = read_constant(operation.attributes["value"])
    return found if found is not None and found.type == value.type else None


CONSTANT_OPS = frozenset({"arith.constant", "flow.tensor.constant"})
"""Operations whose result is their attribute ``value``."""


def constant_attribute(array: Any, type: Any) -> Any:  # noqa: A002
    """``array`` as an attribute of ``type``: a splat where one element (or an array of one) stands for all.

    Raises:
      ValueError: the shape does not fit, or the element type cannot be written.
    """

    element = element_type(type)
    if element is None:
        raise ValueError(f"constants of type {type} cannot be written")
    given = np.asarray(array)
    values = element.wrap(given) if element.is_integer else given.astype(element.dtype, copy=False)
    if not hasattr(type, "has_static_shape"):
        return _integer(values, type) if element.is_integer else _float(values, type)
    shape = shape_of(type)
    if values.shape != shape and values.size != 1:
        raise ValueError(f"an array of shape {values.shape} is no {type}")
    packed = element.pack(values)
    return dense_from_memory(packed.ctypes.data, packed.nbytes, type)


def _integer(values: Array, type: ir.Type) -> Any:  # noqa: A002
    from iree.compiler import ir

    return ir.IntegerAttr.get(type, int(values.reshape(())))


def _float(values: Array, type: Any) -> Any:  # noqa: A002
    from iree.compiler import ir

    return ir.FloatAttr.get(type, float(values.reshape(())), ir.Location.unknown(type.context))


def _as_resource(attribute: Any) -> Any:
    """A resource found among the attributes of an operation comes as a plain ``Attribute``."""
    from iree.compiler import ir

    try:
        return ir.DenseResourceElementsAttr(attribute)
    except ValueError:
        return None


def _read_resource(attribute: Any, type: Any, element: ElementType) -> Constant | None:  # noqa: A002
    shape = shape_of(type)
    data = resource_bytes(attribute)
    if data is None or element.bits not in (0, 8, 16, 32, 64):
        return None
    if len(data) != element.dtype.itemsize * int(np.prod(shape)):
        return None
    return Constant(np.frombuffer(data, element.dtype).reshape(shape), type, element)
