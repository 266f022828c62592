"""Tensors that a model keeps outside its registered buffers, such as the layers of a HuggingFace ``StaticCache``.

torch.export takes them for constants, and their in-place changes are lost. While a model is traced they stand in
as buffers instead, so that they become state of the program.
"""

# torch and the wheel's importer are extended through names of theirs that begin with an underscore.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator, Iterator, MutableMapping, MutableSequence
from dataclasses import dataclass
from typing import Any, cast

import torch

from ireekit.errors import ModelImportError

_MAX_DEPTH = 6
_OPAQUE = (type, str, bytes, int, float, bool, complex, torch.dtype, torch.device, torch.nn.Module)
_MODULE_INTERNALS = frozenset(vars(torch.nn.Module()))


@dataclass(frozen=True)
class Slot:
    """A place that holds a tensor: ``holder[key]``.

    Attributes:
      holder: an object's ``__dict__``, a dict or a list.
      key: index into ``holder``.
      buffer: dotted name of the buffer that stands in for the tensor.
      path: of the place, as people would write it.
    """

    holder: Any
    key: Any
    buffer: str
    path: str


def adopt_tensors(module: torch.nn.Module) -> tuple[Slot, ...]:
    """Register the loose tensors reachable from ``module`` as its non-persistent buffers.

    ``module`` must be a private shallow copy: its tables of buffers are replaced.
    """
    registered = {
        id(tensor): name
        for name, tensor in (
            *module.named_parameters(remove_duplicate=False),
            *module.named_buffers(remove_duplicate=False),
        )
    }
    module.__dict__["_buffers"] = dict(module._buffers)
    module.__dict__["_non_persistent_buffers_set"] = set(module._non_persistent_buffers_set)
    slots: list[Slot] = []
    for holder, key, tensor, path in _loose_tensors(module):
        name = registered.get(id(tensor))
        if name is None:
            name = _free_name(module, path)
            registered[id(tensor)] = name
            module._buffers[name] = tensor
            module._non_persistent_buffers_set.add(name)
        slots.append(Slot(holder, key, name, path))
    return tuple(slots)


@contextlib.contextmanager
def standing_in(module: torch.nn.Module, slots: tuple[Slot, ...]) -> Generator[None]:
    """Put the module's buffers, as they are while tracing, into the places of the tensors adopted.

    Raises:
      ModelImportError: the model replaced such a tensor by one of another shape or dtype.
    """
    before = [slot.holder[slot.key] for slot in slots]
    tensors = [_lookup(module, slot.buffer) for slot in slots]
    for slot, tensor in zip(slots, tensors, strict=True):
        slot.holder[slot.key] = tensor
    try:
        yield
        for slot, tensor in zip(slots, tensors, strict=True):
            _write_back(slot, tensor)
    finally:
        for slot, tensor in zip(slots, before, strict=True):
            slot.holder[slot.key] = tensor


def _write_back(slot: Slot, tensor: torch.Tensor) -> None:
    """An attribute that was assigned anew is state as well."""
    now = slot.holder[slot.key]
    if now is tensor:
        return
    if not isinstance(now, torch.Tensor) or now.shape != tensor.shape or now.dtype != tensor.dtype:
        raise ModelImportError(
            f"the model replaces its tensor {slot.path} by something of another shape or type",
            location=slot.path,
            remedy="keep state in tensors of fixed shape, and change them in place",
        )
    tensor.copy_(now)


def _lookup(module: torch.nn.Module, name: str) -> torch.Tensor:
    path, _, leaf = name.rpartition(".")
    return cast("torch.Tensor", getattr(module.get_submodule(path), leaf))


def _free_name(module: torch.nn.Module, path: str) -> str:
    stem = re.sub(r"\W+", "_", path)
    name, count = stem, 0
    while hasattr(module, name):
        count += 1
        name = f"{stem}_{count}"
    return name


def _loose_tensors(module: torch.nn.Module) -> Iterator[tuple[Any, Any, torch.Tensor, str]]:
    seen: set[int] = set()
    for prefix, child in module.named_modules():
        for key, value in list(vars(child).items()):
            # RNNs keep a flat list of their own parameters.
            if key not in _MODULE_INTERNALS and not key.startswith("_flat_weight"):
                path = f"{prefix}.{key}" if prefix else key
                yield from _visit(vars(child), key, value, path, 0, seen)


def _visit(
    holder: Any, key: Any, value: Any, path: str, depth: int, seen: set[int]
) -> Iterator[tuple[Any, Any, torch.Tensor, str]]:
    if isinstance(value, torch.Tensor):
        if not isinstance(value, torch.nn.Parameter):
            yield holder, key, value, path
        return
    if value is None or isinstance(value, _OPAQUE) or depth > _MAX_DEPTH or id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, MutableMapping):
        items, inner = list(cast("MutableMapping[Any, Any]", value).items()), cast("Any", value)
    elif isinstance(value, MutableSequence):
        items, inner = list(enumerate(cast("MutableSequence[Any]", value))), cast("Any", value)
    elif isinstance(getattr(value, "__dict__", None), dict):
        items, inner = list(vars(value).items()), vars(value)
    else:
        return
    for name, item in items:
        yield from _visit(inner, name, item, f"{path}.{name}", depth + 1, seen)
