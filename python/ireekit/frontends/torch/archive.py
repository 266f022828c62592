"""Write a model's weights to a parameter archive: ``.irpa``, or ``.safetensors``.

Tensors are written from where they lie; only one that is not contiguous, or lies on another device, is copied.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import struct
import tempfile
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from ireekit.errors import ModelImportError
from ireekit.frontends.imported import ParameterArchive
from ireekit.frontends.torch.weights import to_bytes

_WRITER = "ireekit"

_SAFETENSORS_DTYPES: dict[torch.dtype, str] = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.uint16: "U16",
    torch.uint32: "U32",
    torch.uint64: "U64",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
}


def write_archive(path: Path, scope: str, tensors: Mapping[str, torch.Tensor]) -> ParameterArchive:
    """Write ``tensors`` to ``path``, atomically: the old file stays until the new one is whole.

    A ``.safetensors`` file that already holds all of them is used as it is.

    Raises:
      ModelImportError: the suffix is unknown, the file belongs to someone else, or it cannot be written.
    """
    write = _WRITERS.get(path.suffix)
    if write is None:
        raise ModelImportError(
            f"weights cannot be written to {path.name!r}: its suffix names no archive format",
            remedy=f"use one of: {', '.join(_WRITERS)}",
        )
    archive = ParameterArchive(path, scope, len(tensors), sum(tensor.nbytes for tensor in tensors.values()))
    try:
        if path.suffix == ".safetensors" and path.exists() and _reusable(path, tensors):
            return archive
        _require_room(path, archive.byte_size)
        with _replacing(path) as temporary:
            write(temporary, tensors)
    except OSError as error:
        raise ModelImportError(
            f"weights cannot be written to {path}: {error.strerror or error}",
            remedy=f"{archive.byte_size / 1e6:.0f} MB are needed in a directory that can be written to",
        ) from error
    return archive


def _require_room(path: Path, byte_size: int) -> None:
    """Archives are written through a memory map: a disk that fills up meanwhile would end the process."""
    if path.parent.is_dir() and shutil.disk_usage(path.parent).free < byte_size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextlib.contextmanager
def _replacing(path: Path) -> Generator[Path]:
    """A temporary file in the same directory, renamed to ``path`` on success and removed on failure."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes the file private; an archive is as readable as any other file.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write_irpa(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    from iree.runtime import ParameterIndex

    index = ParameterIndex()
    for key, tensor in tensors.items():
        index.add_buffer(key, to_bytes(tensor) if tensor.nbytes else np.zeros(0, np.uint8))
    try:
        index.create_archive_file(str(path))
    except Exception as error:
        # The runtime raises what it likes (IndexError on a full disk): what can go wrong here is the file.
        raise OSError(0, str(error).strip().splitlines()[0]) from error


def _write_safetensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt", "writer": _WRITER}}
    # Wide elements first keep every tensor aligned to its element size.
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0]))
    offset = 0
    for key, tensor in ordered:
        if tensor.dtype not in _SAFETENSORS_DTYPES:
            raise ModelImportError(
                f"the weight {key!r} is of {tensor.dtype}, which .safetensors files cannot hold",
                remedy="write an .irpa archive instead",
            )
        header[key] = {
            "dtype": _SAFETENSORS_DTYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + tensor.nbytes],
        }
        offset += tensor.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 64)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for _, tensor in ordered:
            file.write(to_bytes(tensor).data)
        file.flush()
        os.fsync(file.fileno())


def _reusable(path: Path, tensors: Mapping[str, torch.Tensor]) -> bool:
    """Whether ``path`` holds ``tensors``, bit by bit; refuses to overwrite a file that is not ours."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = cast("Mapping[str, str]", file.metadata() or {})
            keys = set(file.keys())
            if all(key in keys and _equal(file.get_tensor(key), tensor) for key, tensor in tensors.items()):
                return True
    except SafetensorError:
        metadata = {}
    if metadata.get("writer") == _WRITER:
        return False
    raise ModelImportError(
        f"{path} exists, holds other tensors than this model, and was not written by us",
        remedy="give another path for the weights, or remove the file",
    )


def _equal(one: torch.Tensor, other: torch.Tensor) -> bool:
    return (
        one.dtype == other.dtype and one.shape == other.shape and bool(np.array_equal(to_bytes(one), to_bytes(other)))
    )


_WRITERS: dict[str, Callable[[Path, Mapping[str, torch.Tensor]], None]] = {
    ".irpa": _write_irpa,
    ".safetensors": _write_safetensors,
}
