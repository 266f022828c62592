"""Read ONNX models; large initializers are kept apart from the graph and never copied."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ireekit.errors import ModelImportError

if TYPE_CHECKING:
    import onnx

SMALL_BYTES = 1024
"""Initializers up to this size stay in the graph: shape inference and upgrades may need their values."""


@dataclass
class OnnxModel:
    """A model whose large initializers are held apart.

    Attributes:
      proto: large initializers have no data in it.
      data: bytes of the large initializers by name, little endian as ``raw_data``; file-backed where they
        were external.
      name: of the file, for messages.
    """

    proto: onnx.ModelProto
    data: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict[str, "np.ndarray[Any, Any]"])
    name: str = "<model>"


def load_model(model: Any, data_dir: str | Path | None = None) -> OnnxModel:
    """Read ``model``.

    Args:
      model: a path, bytes or ``onnx.ModelProto`` (which is not changed).
      data_dir: where external data lies; the folder of the file where there is one.

    Raises:
      ModelImportError: it cannot be read, is empty, or its external data are missing.
    """
    import onnx

    if isinstance(model, str | Path):
        path = Path(model)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ModelImportError(f"cannot read {path}: {error.strerror}") from None
        return _apart(_parse(data, str(path)), Path(data_dir or path.parent), str(path))
    if isinstance(model, bytes | bytearray | memoryview):
        return _apart(_parse(bytes(model), "<bytes>"), Path(data_dir) if data_dir else None, "<bytes>")
    if isinstance(model, onnx.ModelProto):
        return _apart(_skeleton(model), Path(data_dir) if data_dir else None, "<model>", model.graph.initializer)
    raise ModelImportError(
        f"{type(model).__module__}.{type(model).__qualname__} is no ONNX model",
        remedy="give a path, bytes, or an onnx.ModelProto",
    )


def _parse(data: bytes, name: str) -> onnx.ModelProto:
    import onnx
    from google.protobuf.message import DecodeError

    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(data)
    except DecodeError:
        raise ModelImportError("this is no ONNX model, or a damaged one", location=name) from None
    if not proto.HasField("graph") or not (proto.graph.node or proto.graph.output):
        raise ModelImportError(
            "this is no ONNX model: it has no graph", location=name, remedy="check that the file is complete"
        )
    return proto


def _skeleton(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy without initializers: those may be larger than a protobuf message may be."""
    import onnx

    if not model.HasField("graph") or not (model.graph.node or model.graph.output):
        raise ModelImportError("the ONNX model has no graph")
    copy = onnx.ModelProto()
    for descriptor, value in model.ListFields():
        if descriptor.name != "graph":
            _copy_field(copy, descriptor.name, value)
    for descriptor, value in model.graph.ListFields():
        if descriptor.name != "initializer":
            _copy_field(copy.graph, descriptor.name, value)
    return copy


def _copy_field(message: Any, name: str, value: Any) -> None:
    target = getattr(message, name)
    if hasattr(target, "extend"):
        target.extend(value)
    elif hasattr(target, "CopyFrom"):
        target.CopyFrom(value)
    else:
        setattr(message, name, value)


def _apart(
    proto: onnx.ModelProto,
    data_dir: Path | None,
    name: str,
    initializers: Iterable[onnx.TensorProto] | None = None,
) -> OnnxModel:
    """Move data of large initializers out of ``proto``, and bring all small ones into ``raw_data`` form."""
    model = OnnxModel(proto, name=name)
    files = _Files(data_dir, name)
    if proto.graph.sparse_initializer:
        raise ModelImportError(
            f"the ONNX model has sparse initializers ({proto.graph.sparse_initializer[0].values.name!r})",
            location=name,
            remedy="store them as dense initializers",
        )
    kept = [_initializer(tensor, model, files) for tensor in initializers or proto.graph.initializer]
    del proto.graph.initializer[:]
    proto.graph.initializer.extend(kept)
    for tensor in _attribute_tensors(proto):
        if _is_external(tensor):
            data = files.read(tensor).tobytes()
            _clear_data(tensor)
            tensor.raw_data = data
        else:
            _to_raw(tensor)
    return model


def _initializer(tensor: onnx.TensorProto, model: OnnxModel, files: _Files) -> onnx.TensorProto:
    import onnx

    kept = onnx.TensorProto(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims)
    if _is_external(tensor):
        data = files.read(tensor)
    elif tensor.HasField("raw_data"):
        data = np.frombuffer(tensor.raw_data, np.uint8)
    else:
        kept.CopyFrom(tensor)
        _to_raw(kept)
        if not kept.HasField("raw_data"):
            return kept
        data = np.frombuffer(kept.raw_data, np.uint8)
    _check_size(tensor, data.nbytes, model.name)
    if data.nbytes <= SMALL_BYTES:
        kept.raw_data = data.tobytes()
        return kept
    kept.ClearField("raw_data")
    kept.data_location = onnx.TensorProto.EXTERNAL
    kept.external_data.add(key="location", value="apart")
    model.data[tensor.name] = data
    return kept


def _check_size(tensor: onnx.TensorProto, size: int, name: str) -> None:
    from onnx import helper

    try:
        item = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    except (KeyError, TypeError, ValueError):
        return
    needed = int(np.prod(tensor.dims, dtype=np.int64)) * item
    if needed > size and tensor.data_type not in _PACKED_TYPES:
        raise ModelImportError(
            f"the data of initializer {tensor.name!r} has {size} bytes; its shape {tuple(tensor.dims)} needs {needed}",
            location=name,
            remedy="the model or its external data are damaged: write them again",
        )


_PACKED_TYPES = (21, 22, 23, 25, 26)
"""UINT4, INT4, FLOAT4E2M1, UINT2, INT2: several elements a byte."""


def _to_raw(tensor: onnx.TensorProto) -> None:
    """Data given in typed fields as ``raw_data``, the one form the importer reads for every type."""
    import onnx
    from onnx import numpy_helper

    if tensor.HasField("raw_data") or tensor.data_type == onnx.TensorProto.STRING or 0 in tensor.dims:
        return
    if tensor.data_type in _PACKED_TYPES or tensor.data_type == onnx.TensorProto.UNDEFINED:
        return
    data = np.ascontiguousarray(numpy_helper.to_array(tensor)).tobytes()
    _clear_data(tensor)
    tensor.raw_data = data


def _clear_data(tensor: onnx.TensorProto) -> None:
    for name in ("float_data", "int32_data", "int64_data", "double_data", "uint64_data", "external_data"):
        tensor.ClearField(name)
    tensor.ClearField("data_location")


def _is_external(tensor: onnx.TensorProto) -> bool:
    import onnx

    return tensor.data_location == onnx.TensorProto.EXTERNAL


def _attribute_tensors(proto: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Tensors in attributes of nodes, of subgraphs and functions too, and initializers of subgraphs."""
    nodes = [*proto.graph.node, *(node for function in proto.functions for node in function.node)]
    while nodes:
        for attribute in nodes.pop().attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for graph in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from graph.initializer
                nodes.extend(graph.node)


class _Files:
    """Maps files of external data into memory, each once."""

    def __init__(self, folder: Path | None, name: str) -> None:
        self._folder = folder
        self._name = name
        self._maps: dict[str, np.ndarray[Any, Any]] = {}

    def read(self, tensor: onnx.TensorProto) -> np.ndarray[Any, Any]:
        """The bytes of an external tensor, not copied.

        Raises:
          ModelImportError: the file is missing, too short, or outside of the model's folder.
        """
        fields = {entry.key: entry.value for entry in tensor.external_data}
        location = fields.get("location", "")
        mapped = self._map(location, tensor.name)
        try:
            offset = int(fields.get("offset", 0))
            length = int(fields.get("length", mapped.nbytes - offset))
        except ValueError:
            raise self._error(f"offset or length of the external data of {tensor.name!r} is no number") from None
        if offset < 0 or length < 0 or offset + length > mapped.nbytes:
            raise self._error(
                f"the external data of {tensor.name!r} end at byte {offset + length} of {location}, "
                f"which has {mapped.nbytes}"
            )
        return mapped[offset : offset + length]

    def _map(self, location: str, tensor: str) -> np.ndarray[Any, Any]:
        if location in self._maps:
            return self._maps[location]
        if self._folder is None:
            raise self._error(f"the data of {tensor!r} are in the file {location!r}, and its folder is not known")
        folder = self._folder.resolve()
        path = (folder / location).resolve()
        if not path.is_relative_to(folder):
            raise self._error(f"the external data of {tensor!r} lie outside of the model's folder: {location}")
        try:
            with path.open("rb") as file:
                self._maps[location] = _map_file(file)
        except OSError as error:
            raise self._error(f"cannot read {path}, external data of {tensor!r}: {error.strerror}") from None
        return self._maps[location]

    def _error(self, cause: str) -> ModelImportError:
        return ModelImportError(
            cause, location=self._name, remedy="give the path of the model, with its data files beside it"
        )


def _map_file(file: Any) -> np.ndarray[Any, Any]:
    file.seek(0, 2)
    if file.tell() == 0:
        return np.empty(0, np.uint8)
    return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
