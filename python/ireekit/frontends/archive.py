"""Write parameter archives (``.irpa``, ``.safetensors``): whole or not at all.

Tensors are written one after the other from where they lie, so a large model is never in memory twice.
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import shutil
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ireekit.errors import ModelImportError
from ireekit.files import replacing
from ireekit.frontends.imported import ParameterArchive

SCOPE = "model"
"""The scope under which programs refer to the parameters of their model."""

_WRITER = "ireekit"
_HEADER_BYTES = 1 << 20

# numpy or ml_dtypes name -> that of the safetensors format.
_SAFETENSORS_DTYPES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
}


@dataclass(frozen=True)
class PendingTensor:
    """A tensor of an archive to be; ``read`` gives it when it is written, so few are in memory at once.

    Attributes:
      dtype: numpy or ml_dtypes name.
      shape: static extents.
      byte_size: of the data.
      read: the data, in row-major order; of any dtype, its bytes count.
    """

    dtype: str
    shape: tuple[int, ...]
    byte_size: int
    read: Callable[[], np.ndarray[Any, Any]]

    def bytes(self) -> np.ndarray[Any, Any]:
        """The data as flat uint8; a copy only where ``read`` gives an array that is not contiguous."""
        return np.ascontiguousarray(self.read()).reshape(-1).view(np.uint8)


def write_archive(path: Path, tensors: Mapping[str, PendingTensor], scope: str = SCOPE) -> ParameterArchive:
    """Write ``tensors`` to ``path``: to a temporary file beside it first, renamed when complete.

    A ``.safetensors`` file that already holds all of them is used as it is; one of somebody else's is never
    overwritten.

    Args:
      path: ends in ``.irpa`` or ``.safetensors``.
      tensors: by key.
      scope: recorded in the result; archives do not hold it.

    Raises:
      ModelImportError: unknown suffix, somebody else's file, not enough space, or the folder cannot be written.
    """
    write = _WRITERS.get(path.suffix)
    if write is None:
        raise ModelImportError(
            f"weights cannot be written to {path.name!r}: its suffix names no archive format",
            remedy=f"use one of: {', '.join(_WRITERS)}",
        )
    archive = ParameterArchive(path, scope, len(tensors), sum(tensor.byte_size for tensor in tensors.values()))
    try:
        if path.suffix == ".safetensors" and path.exists() and _holds(path, tensors):
            return archive
        _require_room(path, archive.byte_size)
        with replacing(path) as temporary:
            write(temporary, tensors)
    except OSError as error:
        raise ModelImportError(
            f"weights cannot be written to {path}: {error.strerror or error}",
            remedy=f"{archive.byte_size / 1e6:.0f} MB are needed in a directory that can be written to",
        ) from error
    return archive


def _require_room(path: Path, byte_size: int) -> None:
    # The runtime writes through a memory map: a disk that fills up meanwhile would end the process, not raise.
    if path.parent.is_dir() and shutil.disk_usage(path.parent).free < byte_size + _HEADER_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _write_irpa(path: Path, tensors: Mapping[str, PendingTensor]) -> None:
    from iree.runtime import ParameterIndex

    index = ParameterIndex()
    for key, tensor in tensors.items():
        index.add_buffer(key, tensor.bytes())
    try:
        index.create_archive_file(os.fspath(path))
    except Exception as error:
        # The runtime raises what it likes (IndexError on a full disk): what can go wrong here is the file.
        raise OSError(0, str(error).strip().splitlines()[0]) from error


def _write_safetensors(path: Path, tensors: Mapping[str, PendingTensor]) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt", "writer": _WRITER}}
    # Wide elements first keep every tensor aligned to its element size.
    ordered = sorted(tensors.items(), key=lambda item: (-_element_size(item[1]), item[0]))
    offset = 0
    for key, tensor in ordered:
        header[key] = _described(key, tensor) | {"data_offsets": [offset, offset + tensor.byte_size]}
        offset += tensor.byte_size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 64)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for _, tensor in ordered:
            file.write(tensor.bytes().data)
        file.flush()
        os.fsync(file.fileno())


def _element_size(tensor: PendingTensor) -> int:
    return tensor.byte_size // max(1, int(np.prod(tensor.shape)))


def _described(key: str, tensor: PendingTensor) -> dict[str, Any]:
    dtype = _SAFETENSORS_DTYPES.get(tensor.dtype)
    if dtype is None:
        raise ModelImportError(
            f"the weight {key!r} is of {tensor.dtype}, which .safetensors files cannot hold",
            remedy="write an .irpa archive instead",
        )
    return {"dtype": dtype, "shape": list(tensor.shape)}


def _holds(path: Path, tensors: Mapping[str, PendingTensor]) -> bool:
    """Whether ``path`` holds ``tensors``, bit by bit; refuses to overwrite a file that is not ours."""
    header: dict[str, Any] = {}
    if path.stat().st_size:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            header, start = _header(data)
            if header and all(_equal(data, start, header.get(key), key, each) for key, each in tensors.items()):
                return True
    if header.get("__metadata__", {}).get("writer") == _WRITER:
        return False
    raise ModelImportError(
        f"{path} exists, holds other tensors than this model, and was not written by us",
        remedy="give another path for the weights, or remove the file",
    )


def _header(data: mmap.mmap) -> tuple[dict[str, Any], int]:
    try:
        length = struct.unpack_from("<Q", data)[0]
        header = json.loads(data[8 : 8 + length])
    except (ValueError, struct.error, OverflowError):
        return {}, 0
    return (header, 8 + length) if isinstance(header, dict) else ({}, 0)


def _equal(data: mmap.mmap, start: int, found: Any, key: str, tensor: PendingTensor) -> bool:
    if found is None or {"dtype": found["dtype"], "shape": found["shape"]} != _described(key, tensor):
        return False
    first, last = found["data_offsets"]
    return data[start + first : start + last] == tensor.bytes().tobytes()


_WRITERS = {".irpa": _write_irpa, ".safetensors": _write_safetensors}
