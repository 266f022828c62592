"""The text form of an input, as ``iree-run-module`` has it and a little more::

1x3x224x224xf32=0       one value for all elements
2x2xi32=[[1 2][3 4]]    every element; brackets and commas are optional
4xf32=random:7          random values, seed 7; also without a seed
2x2xf32=@raw.bin        elements as raw bytes, little-endian
@x.npy  x.npy           an array; an .npz gives several, by name or as arr_0, arr_1, ...
3.14  random            shape and data type as the program declares them
name=...                any of these, for the input of that name
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ireekit.errors import InputError
from ireekit.runtime.dtypes import ABI_DTYPES, numpy_dtype

SourceKind = Literal["numbers", "random", "file"]

# Both spellings of a data type: IREE's and numpy's.
_DTYPES = ABI_DTYPES | {name: name for name in ABI_DTYPES.values()}
_TYPE = re.compile(r"(?P<dims>(?:[\d?]+x)*)(?P<dtype>[A-Za-z]\w*(?:<\w+>)?)")
_RANDOM = re.compile(r"random(?::(\d+))?")
_ARRAY_FILES = (".npy", ".npz")
_WITHOUT_SIGN = ("float8_e8m0fnu",)
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class TensorType:
    """Shape and numpy dtype name of an input."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def count(self) -> int:
        return math.prod(self.shape)

    def __str__(self) -> str:
        return "x".join([*map(str, self.shape), self.dtype])


@dataclass(frozen=True)
class InputSpec:
    """One ``--input``.

    Attributes:
      text: as given.
      kind: what ``content`` is.
      content: the numbers; the seed or ``""``; the path of the file.
      type: where the text names one.
      name: of the input, where the text names one.
    """

    text: str
    kind: SourceKind
    content: str
    type: TensorType | None = None
    name: str | None = None


def parse_input(text: str) -> InputSpec:
    """Parse one ``--input``.

    Raises:
      InputError: it has none of the forms above.
    """
    head, separator, rest = text.partition("=")
    if text.startswith("@"):
        kind, content = _source(text, text)
        return InputSpec(text, kind, content)
    if kind_of_type := _type(head, text):
        kind, content = _source(rest if separator else "0", text)
        return InputSpec(text, kind, content, kind_of_type)
    if not separator:
        kind, content = _source(text, text)
        return InputSpec(text, kind, content)
    if not head.strip():
        raise _error(text, "the name before = is empty")
    inner = parse_input(rest) if not rest.startswith("=") else InputSpec(text, "numbers", rest)
    if inner.name is not None:
        raise _error(text, f"{inner.name!r} is neither a value nor a type")
    return InputSpec(text, inner.kind, inner.content, inner.type, head.strip())


def make_array(spec: InputSpec, wanted: TensorType, *, default_seed: int = 0) -> NDArray[Any]:
    """The array that a specification of numbers or random values stands for.

    Args:
      spec: of kind ``numbers`` or ``random``.
      wanted: its type, where ``spec`` names none.
      default_seed: of random values for which none is given. Floats are standard normal, integers 0 to 9.

    Raises:
      InputError: a number cannot be read or does not fit, or there are too few or too many.
    """
    kind = spec.type or wanted
    try:
        if spec.kind == "random":
            return _random(kind, int(spec.content) if spec.content else default_seed)
        return _from_numbers(spec, kind)
    except (MemoryError, ValueError) as error:
        raise _error(spec.text, f"an array of {kind} cannot be made: {error}") from None


def read_raw(spec: InputSpec) -> NDArray[Any]:
    """The array whose bytes are in the file of ``TYPE=@FILE``.

    Raises:
      InputError: the file cannot be read, or is of another size.
    """
    assert spec.type is not None
    dtype = numpy_dtype(spec.type.dtype)
    try:
        data = Path(spec.content).read_bytes()
    except OSError as error:
        raise _error(spec.text, f"{spec.content} cannot be read: {error.strerror or error}") from None
    expected = spec.type.count * dtype.itemsize
    if len(data) != expected:
        raise _error(spec.text, f"{spec.content} has {len(data)} bytes, {spec.type} takes {expected}")
    return np.frombuffer(data, dtype).reshape(spec.type.shape)


def _type(head: str, text: str) -> TensorType | None:
    match = _TYPE.fullmatch(head)
    looks_like_one = re.match(r"(\d+|\?)x", head) is not None
    if match is None or match["dtype"] not in _DTYPES:
        if not looks_like_one:
            return None
        dtype = head.rpartition("x")[2]
        raise _error(text, f"{head!r} is no type: {dtype!r} is no data type", "e.g. 1x3x224x224xf32=0")
    dims = match["dims"].split("x")[:-1]
    if "?" in match["dims"]:
        raise _error(text, "a given array has no dynamic dimensions", "give a number for each ?")
    return TensorType(tuple(map(int, dims)), _DTYPES[match["dtype"]])


def _source(content: str, text: str) -> tuple[SourceKind, str]:
    content = content.strip()
    if content.startswith("@"):
        if len(content) == 1:
            raise _error(text, "the name of the file after @ is missing")
        return "file", content[1:]
    if content.lower().endswith(_ARRAY_FILES):
        return "file", content
    if match := _RANDOM.fullmatch(content):
        return "random", match[1] or ""
    return "numbers", content


def _random(kind: TensorType, seed: int) -> NDArray[Any]:
    generator = np.random.default_rng(seed)
    dtype = numpy_dtype(kind.dtype)
    if dtype.kind == "b":
        return generator.integers(0, 2, kind.shape).astype(dtype)
    if dtype.kind in "iu":
        return generator.integers(0, 10, kind.shape).astype(dtype)
    values = generator.standard_normal(kind.shape, np.float32)
    if dtype.name in _WITHOUT_SIGN:
        return np.abs(values).astype(dtype)
    if dtype.kind == "c":
        return (values + 1j * generator.standard_normal(kind.shape, np.float32)).astype(dtype)
    return values.astype(dtype)


def _from_numbers(spec: InputSpec, kind: TensorType) -> NDArray[Any]:
    if spec.content.count("[") != spec.content.count("]"):
        raise _error(spec.text, "brackets do not match")
    words = re.sub(r"[\[\],;]", " ", spec.content).split()
    dtype = numpy_dtype(kind.dtype)
    if len(words) not in (1, kind.count):
        raise _error(
            spec.text,
            f"{kind} takes {kind.count} values, or one for all; {len(words)} are given",
        )
    values = np.array([_number(word, dtype, spec.text) for word in words], dtype)
    if len(words) == 1:
        return np.full(kind.shape, values[0], dtype)
    return values.reshape(kind.shape)


def _number(word: str, dtype: np.dtype[Any], text: str) -> Any:
    try:
        if dtype.kind == "b":
            return _TRUTH[word.lower()]
        if dtype.kind in "iu":
            value = int(word, 0)
            limits = np.iinfo(dtype)
            if not limits.min <= value <= limits.max:
                raise _error(text, f"{word} does not fit {dtype.name}")
            return value
        return complex(word) if dtype.kind == "c" else float(word)
    except (ValueError, KeyError):
        raise _error(text, f"{word!r} is no value of type {dtype.name}") from None


def _error(text: str, cause: str, remedy: str | None = None) -> InputError:
    shown = text if len(text) <= 60 else text[:56] + " ..."
    return InputError(
        f"--input {shown!r}: {cause}",
        remedy=remedy or "`ireekit run --help` shows the forms an input can have",
    )
