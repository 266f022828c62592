"""PyTorch: ``nn.Module``, methods of one, ``ExportedProgram`` and ``.pt2`` files."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from iree.compiler import ir

from ireekit.frontends.imported import EntryPointRequest, ImportedModule
from ireekit.frontends.registry import ImportOptions
from ireekit.frontends.torch.export import export_request
from ireekit.frontends.torch.importer import import_exported
from ireekit.frontends.torch.weights import WeightTable, tensor_key


def import_(
    requests: Mapping[str, EntryPointRequest], context: ir.Context, options: ImportOptions
) -> ImportedModule:
    exported = [export_request(name, request) for name, request in requests.items()]
    mutable = set()
    for e in exported:
        p = e.program
        for t in p.graph_signature.buffers_to_mutate.values():
            v = p.state_dict.get(t)
            v = p.constants.get(t) if v is None else v
            mutable.add(tensor_key(v))
    with context, ir.Location.unknown():
        module = ir.Module.create()
        weights = WeightTable(
            module, mutable, options.weights is not None, options.externalize_above, "model"
        )
        for e in exported:
            import_exported(e, module, weights)
    return ImportedModule(
        module, tuple(e.entry for e in exported), "torch", f"torch {torch.__version__}", (), weights.retained
    )
