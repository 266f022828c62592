"""Reduce exported programs to operators that IREE's torch lowering takes."""

from __future__ import annotations

from typing import Any

import torch
from torch._decomp import decomposition_table as decomposition_table_of_torch
from torch.export import ExportedProgram

_NAMES = """
_native_batch_norm_legit _native_batch_norm_legit_functional _native_batch_norm_legit_no_training lstm gru rnn_tanh rnn_relu diff new_ones new_zeros new_full new_empty
"""


def functional_program(program: ExportedProgram) -> ExportedProgram:
    _relax_views(program)
    return program.run_decompositions(decomposition_table())


def decomposition_table() -> dict[Any, Any]:
    """Decompositions of the operators named above, by operator overload."""
    available = {**decomposition_table_of_torch, **dict(torch.export.default_decompositions().items())}
    packets = (getattr(torch.ops.aten, name, None) for name in _NAMES.split())
    overloads = (getattr(p, overload) for p in packets if p is not None for overload in p.overloads())
    return {op: available[op] for op in overloads if op in available}


def _relax_views(program: ExportedProgram) -> None:
    for module in program.graph_module.modules():
        if isinstance(module, torch.fx.GraphModule):
            for node in module.graph.nodes:
                if node.target is torch.ops.aten.view.default:
                    node.target = torch.ops.aten.reshape.default
            module.recompile()
