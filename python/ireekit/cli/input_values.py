"""From ``--input`` specifications to the arguments of an entry point."""

from __future__ import annotations

import difflib
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ireekit.cli.input_spec import InputSpec, TensorType, make_array, read_raw
from ireekit.errors import InputError
from ireekit.runtime.dtypes import numpy_dtype
from ireekit.signature import EntryPoint, Leaf

_POSITIONAL_KEY = re.compile(r"arr_(\d+)")
_MAGIC = (b"\x93NUMPY", b"PK\3\4", b"PK\5\6")
_SCALAR_DTYPES = {"i32": "int32", "i64": "int64", "f32": "float32", "f64": "float64"}


def bind_inputs(specs: Sequence[InputSpec], entry: EntryPoint) -> list[Any]:
    """One array or number per flat input of ``entry``.

    Specifications without a name are taken in order; those with one may come anywhere.

    Raises:
      InputError: an input is missing, unknown, given twice, or its value cannot be read.
    """
    leaves = {leaf.name: leaf for leaf in entry.inputs}
    order = list(leaves)
    values: dict[str, Any] = {}
    position = 0
    for spec in specs:
        for key, source in _expand(spec, leaves):
            if key is None:
                if position == len(order):
                    raise _error(entry, f"more inputs are given than the {len(order)} there are")
                name, position = order[position], position + 1
            elif key in leaves:
                name = key
            else:
                near = difflib.get_close_matches(key, order, 1, 0.5)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise _error(entry, f"there is no input {key!r}{hint}")
            if name in values:
                raise _error(entry, f"input {name!r} is given twice")
            values[name] = _value(source, leaves[name], order.index(name), entry)
    if missing := [leaf for name, leaf in leaves.items() if name not in values]:
        raise _error(entry, f"input {missing[0].name!r} is missing", f"e.g. --input '{_example(missing[0])}'")
    return [values[name] for name in order]


def read_arrays(path: str | Path) -> dict[str, NDArray[Any]]:
    """The arrays of an ``.npz`` by name; of an ``.npy`` the one, as ``arr_0``.

    Raises:
      InputError: the file cannot be read, or holds Python objects.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            if not file.read(6).startswith(_MAGIC):
                raise ValueError("it begins with other bytes")
            file.seek(0)
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {"arr_0": loaded}
            return dict(loaded.items())
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}", remedy="check the path") from None
    except (ValueError, EOFError, zipfile.BadZipFile, KeyError, SyntaxError) as error:
        raise InputError(
            f"{path} is no readable .npy or .npz: {' '.join(str(error).split()) or type(error).__name__}",
            remedy="write it with numpy.save or numpy.savez, without Python objects",
        ) from None


def assign_names(arrays: Mapping[str, NDArray[Any]], names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Arrays of a file by name, those called ``arr_N`` by position."""
    for key, array in arrays.items():
        match = _POSITIONAL_KEY.fullmatch(key)
        if key in names or match is None or int(match[1]) >= len(names):
            yield key, array
        else:
            yield names[int(match[1])], array


def as_declared(array: NDArray[Any], dtype: str) -> NDArray[Any]:
    """numpy files keep bfloat16 and 8-bit floats as raw bytes: give them their type back."""
    wanted = numpy_dtype(dtype)
    if array.dtype.kind == "V" and array.dtype.itemsize == wanted.itemsize:
        return array.view(wanted)
    return array


def _expand(spec: InputSpec, leaves: Mapping[str, Leaf]) -> Iterator[tuple[str | None, Any]]:
    """``(name or None, spec or array)`` of each input a specification stands for."""
    if spec.kind != "file":
        yield spec.name, spec
        return
    if not spec.content.lower().endswith((".npy", ".npz")):
        if spec.type is None:
            raise InputError(
                f"--input {spec.text!r}: the type of the raw data is missing",
                remedy=f"e.g. --input '2x2xf32=@{spec.content}'",
            )
        yield spec.name, read_raw(spec)
        return
    arrays = read_arrays(spec.content)
    if spec.content.lower().endswith(".npy") or (spec.name is not None and len(arrays) == 1):
        yield spec.name, _checked(next(iter(arrays.values())), spec)
        return
    if spec.name is not None:
        raise InputError(
            f"--input {spec.text!r}: {spec.content} holds {len(arrays)} arrays, one is wanted",
            remedy="give the .npz without a name: its arrays have theirs",
        )
    yield from assign_names(arrays, list(leaves))


def _checked(array: NDArray[Any], spec: InputSpec) -> NDArray[Any]:
    if spec.type is None:
        return array
    array = as_declared(array, spec.type.dtype)
    found = TensorType(array.shape, array.dtype.name)
    if found != spec.type:
        raise InputError(f"--input {spec.text!r}: {spec.content} holds {found}", remedy="correct the type")
    return array


def _value(source: InputSpec | NDArray[Any], leaf: Leaf, index: int, entry: EntryPoint) -> Any:
    if isinstance(source, np.ndarray):
        return source if leaf.shape is None else as_declared(source, leaf.dtype)
    if leaf.shape is None:
        array = make_array(source, TensorType((), _SCALAR_DTYPES.get(leaf.dtype, leaf.dtype)), default_seed=index)
        if array.size != 1:
            raise _error(entry, f"input {leaf.name!r} is one number, {array.size} are given")
        return array.item()
    if source.type is not None:
        return make_array(source, source.type, default_seed=index)
    dynamic = [dim for dim in leaf.shape if isinstance(dim, str)]
    if dynamic:
        raise _error(
            entry,
            f"input {leaf.name!r} has no fixed shape: {leaf}",
            f"give one, e.g. --input '{_example(leaf)}'",
        )
    shape = tuple(dim for dim in leaf.shape if isinstance(dim, int))
    return make_array(source, TensorType(shape, leaf.dtype), default_seed=index)


def _example(leaf: Leaf) -> str:
    if leaf.shape is None:
        return f"{leaf.name}=1"
    shape = "x".join("1" if isinstance(dim, str) else str(dim) for dim in leaf.shape)
    return f"{leaf.name}={shape}{'x' if shape else ''}{leaf.dtype}=0"


def _error(entry: EntryPoint, cause: str, remedy: str | None = None) -> InputError:
    return InputError(cause, op=entry.name, remedy=remedy or f"the entry point is {entry}")
