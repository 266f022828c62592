"""Write parameter archives (``.irpa``, ``.safetensors``): whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ireekit.errors import ModelImportError
from ireekit.frontends.imported import ParameterArchive

SCOPE = "model"
"""The scope under which programs refer to the parameters of their model."""

_HEADER_BYTES = 1 << 20


@dataclass(frozen=True)
class PendingTensor:
    """A tensor of an archive to be; ``read`` gives it when it is written, so few are in memory at once.

    Attributes:
      dtype: numpy or ml_dtypes name.
      shape: static extents.
      byte_size: of the data.
      read: the data, C-contiguous.
    """

    dtype: str
    shape: tuple[int, ...]
    byte_size: int
    read: Callable[[], np.ndarray[Any, Any]]


def write_archive(path: Path, tensors: Mapping[str, PendingTensor], scope: str = SCOPE) -> ParameterArchive:
    """Write ``tensors`` to ``path``: to a temporary file beside it first, renamed when complete.

    Args:
      path: ends in ``.irpa`` or ``.safetensors``.
      tensors: by key.
      scope: recorded in the result; archives do not hold it.

    Raises:
      ModelImportError: unknown suffix, not enough space, or the folder cannot be written.
    """
    writer = _WRITERS.get(path.suffix)
    if writer is None:
        raise ModelImportError(
            f"weights cannot be written as *{path.suffix}: {path}",
            remedy="name the file *.irpa or *.safetensors",
        )
    size = sum(tensor.byte_size for tensor in tensors.values())
    _check_space(path, size)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        writer(temporary, tensors)
        temporary.chmod(0o644)
        temporary.replace(path)
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelImportError(f"the weights cannot be written to {path}: {error}") from None
    finally:
        temporary.unlink(missing_ok=True)
    return ParameterArchive(path, scope, len(tensors), size)


def _check_space(path: Path, size: int) -> None:
    # The runtime writes through a memory map: a full disk would end the process, not raise.
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError as error:
        raise ModelImportError(
            f"the folder of {path} cannot be used: {error.strerror}",
            remedy="create it, or choose another one",
        ) from None
    if free < size + _HEADER_BYTES:
        raise ModelImportError(
            f"{size / 1e6:.1f} MB of weights do not fit on the disk of {path}: {free / 1e6:.1f} MB are free",
            remedy="free some space or write the weights elsewhere",
        )


def _write_irpa(path: Path, tensors: Mapping[str, PendingTensor]) -> None:
    import iree.runtime as rt

    index = rt.ParameterIndex()
    for key, tensor in tensors.items():
        index.add_buffer(key, as_bytes(tensor.read()))
    index.create_archive_file(os.fspath(path))


def _write_safetensors(path: Path, tensors: Mapping[str, PendingTensor]) -> None:
    from ireekit.errors import MissingDependencyError

    try:
        from safetensors import numpy as safetensors
    except ImportError:
        raise MissingDependencyError("safetensors", "torch") from None
    safetensors.save_file({key: tensor.read() for key, tensor in tensors.items()}, os.fspath(path))


def as_bytes(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The memory of ``array`` as flat uint8; a copy only where it is not contiguous."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


_WRITERS = {".irpa": _write_irpa, ".safetensors": _write_safetensors}
