"""PyTorch: ``nn.Module``, methods of one, ``ExportedProgram`` and ``.pt2`` files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import torch
from iree.compiler import ir

from ireekit.errors import ModelImportError
from ireekit.frontends.archive import SCOPE, write_archive
from ireekit.frontends.imported import EntryPointRequest, ImportedModule
from ireekit.frontends.ir_types import flags_for
from ireekit.frontends.registry import ImportOptions
from ireekit.frontends.torch.export import Exported, export_request
from ireekit.frontends.torch.importer import import_exported
from ireekit.frontends.torch.probe import unsupported_ops
from ireekit.frontends.torch.weights import TensorKey, WeightTable, tensor_key

__all__ = ["import_"]

# An operation made before its dialect is loaded stays unregistered for good.
_DIALECTS = ("builtin", "func", "torch", "torch_c", "util", "flow")

# One synchronous function for each entry point, instead of a pair with fences.
_FLAGS = ("--iree-torch-emit-async-entry-points=false",)


def import_(requests: Mapping[str, EntryPointRequest], context: ir.Context, options: ImportOptions) -> ImportedModule:
    """Import every request as a function of one module; see :mod:`ireekit.frontends.registry`.

    Entry points of one model share its weights and buffers. Buffers that any of them changes are kept in the
    program between calls.

    Raises:
      UnsupportedOpsError: the model uses operators that cannot be imported; it lists all of them.
      ModelImportError: the model cannot be traced, or its weights cannot be written.
    """
    with context, ir.Location.unknown():
        for dialect in _DIALECTS:
            context.get_dialect_descriptor(dialect)
        exported = [export_request(name, request, context) for name, request in requests.items()]
        module = ir.Module.create()
        weights = WeightTable(module, _mutable(exported), options.weights is not None, options.externalize_above, SCOPE)
        for entry in exported:
            import_exported(entry, module, weights)
    archives = (
        (write_archive(Path(options.weights), weights.archived),)
        if options.weights is not None and weights.archived
        else ()
    )
    entries = tuple(entry.entry for entry in exported)
    return ImportedModule(
        module,
        entries,
        "torch",
        f"torch {torch.__version__}",
        parameters=archives,
        compiler_flags=(*_FLAGS, *flags_for(module, entries)),
        unsupported_ops=unsupported_ops,
        retained=weights.retained,
    )


def _mutable(exported: Sequence[Exported]) -> frozenset[TensorKey]:
    """Tensors that some entry point stores to."""
    keys = frozenset(
        tensor_key(tensor)
        for entry in exported
        for tensor in _state(entry, entry.program.graph_signature.buffers_to_mutate.values())
    )
    storages = {key[0] for key in keys}
    for entry in exported:
        signature = entry.program.graph_signature
        names = [*signature.inputs_to_buffers.values(), *signature.inputs_to_parameters.values()]
        for name, tensor in zip(names, _state(entry, names), strict=True):
            key = tensor_key(tensor)
            if tensor.nbytes and key[0] in storages and key not in keys:
                raise ModelImportError(
                    f"the buffer {name!r} is another view of memory that the model changes in place",
                    op=name,
                    remedy="give each changing buffer memory of its own (clone it)",
                )
    return keys


def _state(entry: Exported, names: Iterable[str]) -> Iterator[torch.Tensor]:
    program = entry.program
    for name in names:
        value = program.state_dict.get(name)
        yield cast("torch.Tensor", program.constants[name]) if value is None else value
