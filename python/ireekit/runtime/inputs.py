"""One flat argument: what it must look like, and how it gets onto the device."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from iree.runtime import VmVariantList
from numpy.typing import NDArray

from ireekit.errors import InputError
from ireekit.runtime import arrays
from ireekit.runtime.arrays import ArrayKind
from ireekit.runtime.dtypes import numpy_dtype
from ireekit.runtime.tensors import ALIGNMENT, DeviceTensor, copy_in, native, share_in
from ireekit.signature import Leaf

if TYPE_CHECKING:
    from ireekit.runtime.device import Device

SHARE_ARGUMENTS_FROM = 1 << 16
"""Bytes from which an aligned argument is used in place rather than copied."""

_INTEGERS = {"i32": 32, "i64": 64}


class Arguments:
    """The arguments of one call, converted.

    Attributes:
      packed: what the VM takes.
      kind: of the first torch or jax array, else numpy; None if no array was on the host.
      arrays: how many were arrays; ``on_device``: how many of these lay on the device already.
      numbers: how many were Python numbers.
      lent: host arrays the device reads in place, which must live as long as the call.
      extents: dynamic dimension name -> (extent, the argument that set it).
    """

    __slots__ = ("arrays", "extents", "kind", "lent", "numbers", "on_device", "packed")

    def __init__(self, capacity: int) -> None:
        self.packed = VmVariantList(capacity)
        self.kind: ArrayKind | None = None
        self.arrays = self.on_device = self.numbers = 0
        self.lent: list[NDArray[Any]] = []
        self.extents: dict[str, tuple[int, str]] = {}

    def note(self, kind: ArrayKind) -> None:
        """Counts an array; the first torch or jax array decides the kind, else numpy does."""
        self.arrays += 1
        if self.kind is None or (self.kind.name == "numpy" and kind.name != "numpy"):
            self.kind = kind

    def push(self, view: Any) -> None:
        """Appends an array; IREE's type hints ask for a reference where a buffer view does."""
        self.packed.push_ref(view)


class ScalarInput:
    """A number passed by value."""

    def __init__(self, leaf: Leaf, entry: str) -> None:
        self._leaf = leaf
        self._entry = entry
        self._bits = _INTEGERS.get(leaf.dtype)

    def add(self, value: Any, arguments: Arguments, device: Device) -> None:
        del device
        cls = type(value)
        if cls not in arrays.SCALAR_TYPES:
            value = self._unwrap(value, arguments)
        else:
            arguments.numbers += 1
        if self._bits is None:
            if isinstance(value, complex):
                raise self._error(f"must be a real number, got {value!r}")
            arguments.packed.push_float(float(value))
            return
        if isinstance(value, float | complex):
            raise self._error(f"must be an integer, got {value!r}")
        if not -(1 << (self._bits - 1)) <= value < 1 << (self._bits - 1):
            raise self._error(f"must fit {self._bits} bits, got {value}")
        arguments.packed.push_int(int(value))

    def _unwrap(self, value: Any, arguments: Arguments) -> Any:
        kind = arrays.kind_of(type(value))
        if kind is None:
            raise self._error(f"must be a number, got {type(value).__name__}")
        array = kind.to_numpy(value)
        if array.size != 1 or array.dtype.kind not in "biuf":
            raise self._error(f"must be one number, got {array.dtype.name}{list(array.shape)}")
        arguments.note(kind)
        return array.item()

    def _error(self, cause: str) -> InputError:
        return InputError(
            f"argument {self._leaf.name!r} {cause}",
            op=self._entry,
            remedy=f"pass a Python {'number' if self._bits is None else 'int'}",
        )


class ArrayInput:
    """An array: any kind in, checked against the signature, then copied, lent or handed over.

    Args:
      leaf: what the signature says.
      compiled: the dtype the compiled function takes, where the compiler changed it.
      sharing: whether large arrays may be lent to the device.
    """

    def __init__(self, leaf: Leaf, compiled: np.dtype[Any] | None, entry: str, *, sharing: bool) -> None:
        assert leaf.shape is not None
        self._leaf = leaf
        self._entry = entry
        self._sharing = sharing
        self.dtype = numpy_dtype(leaf.dtype)
        self.compiled = compiled or self.dtype
        self._rank = len(leaf.shape)
        self._static = [(i, d) for i, d in enumerate(leaf.shape) if isinstance(d, int)]
        self._named = [(i, d) for i, d in enumerate(leaf.shape) if isinstance(d, str) and d != "?"]
        self.shape = tuple(d for _, d in self._static) if len(self._static) == self._rank else None

    def add(self, value: Any, arguments: Arguments, device: Device) -> None:
        if type(value) is DeviceTensor and value.device is device and self.compiled == self.dtype:
            arguments.arrays += 1
            arguments.on_device += 1
            self._check(value.dtype, value.shape, arguments)
            arguments.push(value.view)
            return
        self.add_host(self.host(value, arguments), arguments, device)

    def host(self, value: Any, arguments: Arguments) -> NDArray[Any]:
        """The value as a checked, contiguous array of the signature's dtype; in place where it is one."""
        if type(value) in arrays.SCALAR_TYPES:
            arguments.numbers += 1
            array = self._number(value)
        else:
            kind = arrays.NUMPY if type(value) is DeviceTensor else arrays.kind_of(type(value))
            if kind is None:
                raise self._error(f"must be an array, got {type(value).__name__}", "pass a numpy, torch or jax array")
            array = value.numpy() if type(value) is DeviceTensor else self._to_numpy(kind, value)
            arguments.note(kind)
        self._check(array.dtype, array.shape, arguments)
        return native(array)

    def add_host(self, array: NDArray[Any], arguments: Arguments, device: Device) -> None:
        """Passes an array that :meth:`host` returned, or one like it."""
        if self.compiled != self.dtype:
            array = array.astype(self.compiled)
        if self._sharing and array.nbytes >= SHARE_ARGUMENTS_FROM and array.ctypes.data % ALIGNMENT == 0:
            arguments.lent.append(array)
            arguments.push(share_in(array, device))
        else:
            arguments.push(copy_in(array, device))

    def _to_numpy(self, kind: ArrayKind, value: Any) -> NDArray[Any]:
        try:
            return np.asarray(kind.to_numpy(value))
        except (TypeError, ValueError, RuntimeError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise self._error(f"cannot be read as an array: {reason}", "pass a dense array") from error

    def _number(self, value: Any) -> NDArray[Any]:
        if self._rank:
            raise self._error(f"must have shape {self._shape_text()}, got the number {value!r}", "pass an array")
        dtype = self.dtype
        if isinstance(value, float) and dtype.kind in "biu":
            raise self._error(f"must be {dtype.name}, got the float {value!r}", "pass an int")
        if isinstance(value, complex) and dtype.kind != "c":
            raise self._error(f"must be {dtype.name}, got the complex {value!r}", "pass a real number")
        try:
            return np.array(value, dtype)
        except OverflowError as error:
            raise self._error(f"must fit {dtype.name}, got {value!r}", "pass a smaller number") from error

    def _check(self, dtype: np.dtype[Any], shape: tuple[int, ...], arguments: Arguments) -> None:
        if dtype != self.dtype and dtype.newbyteorder("=") != self.dtype:
            raise self._error(
                f"must be {self.dtype.name}, got {dtype.name}",
                f"convert it first, e.g. {self._leaf.name}.astype({self.dtype.name!r})",
            )
        if self.shape is not None:
            if shape != self.shape:
                raise self._shape_error(shape)
            return
        if len(shape) != self._rank or any(shape[i] != extent for i, extent in self._static):
            raise self._shape_error(shape)
        for axis, name in self._named:
            extent, setter = arguments.extents.setdefault(name, (shape[axis], self._leaf.name))
            if extent != shape[axis]:
                raise self._error(
                    f"has {shape[axis]} as dimension {name!r}, but {setter!r} has {extent}",
                    f"give both the same extent for {name!r}",
                )

    def _shape_text(self) -> str:
        return f"[{', '.join(map(str, self._leaf.shape or ()))}]"

    def _shape_error(self, shape: tuple[int, ...]) -> InputError:
        return self._error(
            f"must have shape {self._shape_text()}, got {list(shape)}",
            "reshape the array, or compile with that dimension dynamic",
        )

    def _error(self, cause: str, remedy: str) -> InputError:
        return InputError(f"argument {self._leaf.name!r} {cause}", op=self._entry, remedy=remedy)


Input = ScalarInput | ArrayInput


def plan_input(leaf: Leaf, compiled: Leaf | None, entry: str, *, sharing: bool) -> Input:
    """How to pass one flat argument; ``compiled`` is the same argument as the module declares it."""
    if leaf.shape is None:
        return ScalarInput(leaf, entry)
    return ArrayInput(leaf, compiled_dtype(leaf, compiled), entry, sharing=sharing)


def static_signature(plans: Sequence[Input]) -> list[tuple[np.dtype[Any], tuple[int, ...]]] | None:
    """dtype and shape of every argument; None unless all are arrays of static shape, at least one."""
    signature: list[tuple[np.dtype[Any], tuple[int, ...]]] = []
    for plan in plans:
        if not isinstance(plan, ArrayInput) or plan.shape is None or plan.compiled != plan.dtype:
            return None
        signature.append((plan.dtype, plan.shape))
    return signature or None


def compiled_dtype(leaf: Leaf, compiled: Leaf | None) -> np.dtype[Any] | None:
    """The dtype inside the module where it differs by more than signedness, as demoted f64 does."""
    if compiled is None or compiled.shape is None:
        return None
    declared, inside = numpy_dtype(leaf.dtype), numpy_dtype(compiled.dtype)
    same = declared.itemsize == inside.itemsize and operator.eq(*(d.kind in "iu" for d in (declared, inside)))
    return None if same else inside


def shares_bytes(array: NDArray[Any], lent: Sequence[NDArray[Any]]) -> bool:
    """Whether an array lies within one of those lent to the device."""
    start = array.ctypes.data
    return any(0 <= start - other.ctypes.data < max(other.nbytes, 1) for other in lent)
