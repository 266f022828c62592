"""Find every node of a program that has no counterpart in the torch dialect."""

# torch and the wheel's importer are extended through names of theirs that begin with an underscore.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import operator
from collections.abc import Collection
from typing import Any

import torch
from iree.compiler import ir
from torch.export import ExportedProgram
from torch.fx import Node

from ireekit.errors import UnsupportedOpsError
from ireekit.frontends.torch.canonical import graph_modules
from ireekit.frontends.torch.locate import layer_of, source_line

_REMEDY = (
    "register a decomposition for it (torch.library: a CompositeImplicitAutograd kernel), or write the layer "
    "with other operators"
)


def refuse_unsupported(program: ExportedProgram, context: ir.Context, control_flow: Collection[str]) -> None:
    """Raise one error that lists all operators of ``program`` that cannot be imported.

    Args:
      program: functional and canonical.
      context: with the torch dialect loaded.
      control_flow: names of the higher-order operators the importer knows.

    Raises:
      UnsupportedOpsError: there are any.
    """
    found = [
        (_name(node), layer_of(node), source_line(node))
        for module in graph_modules(program)
        for node in module.graph.nodes
        if node.op == "call_function" and not _is_supported(node, context, control_flow)
    ]
    if found:
        raise UnsupportedOpsError("torch", tuple(dict.fromkeys(found)), _REMEDY)


def dialect_name(target: torch._ops.OpOverload) -> str:
    """The torch dialect's name of an operator overload."""
    schema = target._schema
    overload = f".{schema.overload_name}" if schema.overload_name else ""
    return "torch." + schema.name.replace("::", ".") + overload


def is_importable(target: torch._ops.OpOverload, context: ir.Context) -> bool:
    """Whether the importer can emit an operator other than as an opaque ``torch.operator``."""
    return target in _REWRITTEN_ON_IMPORT or context.is_registered_operation(dialect_name(target))


def _is_supported(node: Node, context: ir.Context, control_flow: Collection[str]) -> bool:
    target: Any = node.target
    if target is operator.getitem:
        return True
    if isinstance(target, torch._ops.OpOverload):
        return is_importable(target, context) and not _is_miscompiled(node)
    if isinstance(target, torch._ops.HigherOrderOperator):
        return target.name() in control_flow
    # Mixed arithmetic on sizes: the importer promotes integers to floats.
    return getattr(target, "__name__", None) in _MIXED_ARITHMETIC


def _is_miscompiled(node: Node) -> bool:
    """What IREE accepts and gets wrong: weighted embedding bags, and conversions to complex (which abort)."""
    target: Any = node.target
    if target in _EMBEDDING_BAGS:
        return len(node.args) > 6 and node.args[6] is not None
    if target is not torch.ops.aten._to_copy.default:
        return False
    source: Any = node.args[0]
    return node.meta["val"].is_complex() and not source.meta["val"].is_complex()


def _name(node: Node) -> str:
    target: Any = node.target
    if isinstance(target, torch._ops.HigherOrderOperator):
        wrapped = [str(argument) for argument in node.args if isinstance(argument, torch._ops.OpOverload)]
        return wrapped[0] if wrapped else f"torch.{target.name()}"
    return str(target) if isinstance(target, torch._ops.OpOverload) else getattr(target, "__name__", str(target))


_EMBEDDING_BAGS = frozenset({torch.ops.aten._embedding_bag.default, torch.ops.aten._embedding_bag_forward_only.default})

_MIXED_ARITHMETIC = frozenset({"truediv", "mul", "add", "sub", "lt", "le", "ge", "ne", "gt", "eq", "neg"})

# The wheel's importer replaces these before it looks for an operation.
_REWRITTEN_ON_IMPORT = frozenset(
    {
        torch.ops.aten._unsafe_index_put.default,
        torch.ops.aten.as_strided.default,
        torch.ops.aten.lift_fresh_copy.default,
        torch.ops.aten._embedding_bag_forward_only.default,
        torch.ops.aten._local_scalar_dense.default,
        torch.ops.aten.sym_size.int,
        torch.ops.aten.sym_size.default,
        torch.ops.aten.sym_numel.default,
        torch.ops.aten.sym_stride.int,
        torch.ops.aten.sym_stride.default,
    }
)
