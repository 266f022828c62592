"""Array libraries: recognise their arrays, and share memory with numpy in both directions.

A kind is looked up by type name, so no library is imported before one of its arrays arrives.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from ireekit.errors import InputError, MissingDependencyError

KindName = Literal["numpy", "torch", "jax", "device", "scalar"]
Returns = Literal["numpy", "torch", "jax", "device"]


@dataclass(frozen=True)
class ArrayKind:
    """How one library's arrays meet numpy.

    Attributes:
      name: as in ``returns=``.
      to_numpy: shares memory where the array lies on the CPU.
      from_numpy: shares memory; keeps the numpy array alive.
    """

    name: KindName
    to_numpy: Callable[[Any], NDArray[Any]]
    from_numpy: Callable[[NDArray[Any]], Any]


def _same(array: Any) -> Any:
    return array


def _from_torch(tensor: Any) -> NDArray[Any]:
    try:
        return tensor.numpy(force=True)
    except TypeError:
        name = str(tensor.dtype).removeprefix("torch.")
        if not hasattr(ml_dtypes, name):
            raise
        torch = sys.modules["torch"]
        word = {1: torch.uint8, 2: torch.int16}[tensor.element_size()]
        return tensor.detach().contiguous().view(word).numpy(force=True).view(getattr(ml_dtypes, name))


def _to_torch(array: NDArray[Any]) -> Any:
    torch = _library("torch", "torch")
    if array.dtype.isbuiltin == 1:
        return torch.from_numpy(array)
    word = np.uint8 if array.dtype.itemsize == 1 else np.int16
    return torch.from_numpy(array.view(word)).view(getattr(torch, array.dtype.name))


def _from_jax(array: Any) -> NDArray[Any]:
    return np.asarray(array)


def _to_jax(array: NDArray[Any]) -> Any:
    jax = _library("jax", "jax")
    if array.dtype.itemsize == 8 and array.dtype.kind in "iuf" and not jax.config.jax_enable_x64:
        # JAX would narrow it with a warning; narrowing is what its users asked for by their configuration.
        array = array.astype(np.dtype(f"{array.dtype.kind}4"))
    return jax.numpy.asarray(array)


def _library(name: str, extra: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingDependencyError(name, extra) from None


NUMPY = ArrayKind("numpy", _same, _same)
TORCH = ArrayKind("torch", _from_torch, _to_torch)
JAX = ArrayKind("jax", _from_jax, _to_jax)
OTHER = ArrayKind("numpy", np.asarray, _same)

BY_NAME: dict[str, ArrayKind] = {kind.name: kind for kind in (NUMPY, TORCH, JAX)}
SCALAR_TYPES = frozenset({bool, int, float, complex})

_kinds: dict[type, ArrayKind | None] = {
    np.ndarray: NUMPY,
    **dict.fromkeys(set(np.sctypeDict.values()), NUMPY),
}


known_kind: Callable[[type], ArrayKind | None] = _kinds.get
"""The kind of a type met before; None for any other type, which :func:`kind_of` must look at."""


def kind_of(cls: type) -> ArrayKind | None:
    """The kind of arrays of this type; None where it is no array (numbers, lists, strings)."""
    try:
        return _kinds[cls]
    except KeyError:
        return _kinds.setdefault(cls, _classify(cls))


def _classify(cls: type) -> ArrayKind | None:
    if issubclass(cls, np.ndarray | np.generic):
        return NUMPY
    for base in cls.__mro__:
        package = base.__module__.partition(".")[0]
        if package == "torch" and base.__name__ == "Tensor":
            return TORCH
        if package in ("jax", "jaxlib") and hasattr(cls, "__array__"):
            return JAX
    return OTHER if hasattr(cls, "__array__") else None


def parse_returns(returns: str | None) -> None:
    """Checks the ``returns`` argument of a call.

    Raises:
      InputError: it is none of ``numpy``, ``torch``, ``jax``, ``device``.
    """
    if returns is not None and returns != "device" and returns not in BY_NAME:
        raise InputError(
            f"returns={returns!r} is no kind of array",
            remedy="use 'numpy', 'torch', 'jax' or 'device'",
        )
